// `@std/streams` for Bun and Node, to which `paths` in tsconfig.json leads.
export * from "deno-std/streams/mod.js";
