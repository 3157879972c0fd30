export default {
  base: "./",
  logLevel: "error",
  // The same file also runs in a worker, which has no document to preload modules in.
  build: { outDir: "vite", modulePreload: false, target: "es2024", chunkSizeWarningLimit: 1000 },
};
