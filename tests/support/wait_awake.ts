/**
 * Waits for a thread where the caller may not sleep, as on the main thread of a page, until that thread has
 * counted to a large number; prints whether it has.
 *
 * @module
 */

Atomics.wait = () => {
  throw new TypeError("Atomics.wait cannot be called in this context");
};

const { setNumThreads } = await import("../../mod.ts");
const { compile } = await import("../../src/kernels/wasm/threads/instances.ts");
const { parallel, readyThreads, startThreads } = await import(
  "../../src/kernels/wasm/threads/pool.ts"
);
const { loopUntil } = await import("../../src/kernels/wasm/assembler/control.ts");
const { i32 } = await import("../../src/kernels/wasm/assembler/scalars.ts");
const { NDArray } = await import("../../src/storage/ndarray.ts");
const { wasmMemory } = await import("../../src/storage/wasm_memory.ts");

const { count } = compile((assembler) => {
  assembler.procedure("count", 1, (f, at) => {
    const i = f.local("i32");
    return [i32.store(at, 1), loopUntil(i, 100_000_000, 1, []), i32.store(at, 2)];
  });
});
const state = NDArray.from([0], [1], "int32");
const read = (): number => Atomics.load(wasmMemory.i32, state.ptr / 4);
setNumThreads(2);
startThreads();
while (readyThreads() < 2) await new Promise((resolve) => setTimeout(resolve, 1));
parallel(2, 2, (_first, _last, call, thread) => {
  if (thread === 1) return call(count, state.ptr);
  // Otherwise the caller might take the work back.
  while (read() === 0);
});
console.log(read() === 2);
