import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { loopUntil } from "../../../src/kernels/wasm/assembler/control.ts";
import { WORKER_BLOCKS } from "../../../src/kernels/wasm/scratch.ts";
import { compile } from "../../../src/kernels/wasm/threads/instances.ts";
import { parallel, readyThreads } from "../../../src/kernels/wasm/threads/pool.ts";
import { BLOCK } from "../../../src/kernels/wasm/threads/worker.ts";
import { arena } from "../../../src/storage/arena.ts";
import { wasmMemory } from "../../../src/storage/wasm_memory.ts";
import { useThreads } from "../../support/threads.ts";

/** More calls than a worker's block has room for, so that their list goes on in scratch memory. */
const MANY = 300;

/** Closes a scope, and writes over all that it has freed. */
function overwriteScope(mark: number): void {
  arena.close(mark, "call", []);
  const storages = [16384, 65536, 262144].flatMap((bytes) =>
    Array.from({ length: 8 }, () => arena.allocate(bytes))
  );
  for (const { ptr, bytes } of storages) wasmMemory.f32.fill(0.5, ptr / 4, (ptr + bytes) / 4);
  for (const storage of storages) arena.free(storage, "temporary");
}

test("a worker that wakes late finds its list where it was written", async () => {
  const { nothing } = compile((assembler) => {
    assembler.procedure("nothing", 0, () => []);
  });
  await useThreads(2);
  for (let i = 0; i < 100; i++) {
    // Long enough for the worker to fall asleep.
    await new Promise((resolve) => setTimeout(resolve, 3));
    const end = performance.now() + 2000;
    while (readyThreads() < 2) {
      assert(performance.now() < end, `the worker has not ended list ${i}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const mark = arena.open();
    parallel(2, 2, (first, _, call) => {
      for (let j = 0; first === 1 && j < MANY; j++) call(nothing);
    });
    overwriteScope(mark);
  }
});

test("a worker is given the code of a kernel once", async () => {
  const { nothing } = compile((assembler) => {
    assembler.procedure("nothing", 0, () => []);
  });
  let given = 0;
  for (let i = 0; i < 3; i++) {
    await useThreads(2);
    parallel(2, 2, (_first, _last, call) => {
      const before = arena.stats().storages;
      call(nothing);
      given += arena.stats().storages - before;
    });
  }
  assertEquals(given, 1);
});

test("the caller steals back the work that no worker has started", async () => {
  const { nothing } = compile((assembler) => {
    assembler.procedure("nothing", 0, () => []);
  });
  const end = performance.now() + 5000;
  let isTaken = false;
  while (!isTaken && performance.now() < end) {
    await useThreads(2);
    // Long enough for the worker to fall asleep; to wake takes it longer than the caller's part.
    await new Promise((resolve) => setTimeout(resolve, 3));
    let times = 0;
    parallel(2, 2, (_first, _last, call, thread) => {
      call(nothing);
      times += thread;
    });
    isTaken = times === 2;
  }
  assert(isTaken, "the caller waits for what it could do");
});

test("neither the worker nor the caller is taken for asleep once it has been woken", async () => {
  const { spin } = compile((assembler) => {
    assembler.procedure("spin", 1, (f, turns) => [loopUntil(f.local("i32"), turns, 1, [])]);
  });
  const word = (name: keyof typeof BLOCK) => wasmMemory.i32[WORKER_BLOCKS / 4 + BLOCK[name]];
  const end = performance.now() + 5000;
  let isAwake = false;
  while (!isAwake && performance.now() < end) {
    await useThreads(2);
    // Long enough for the worker to fall asleep.
    await new Promise((resolve) => setTimeout(resolve, 3));
    parallel(2, 2, (_first, _last, call, thread) => {
      // So many that the caller cannot steal them back, and so long that it sleeps, too.
      for (let j = 0; thread === 1 && j < MANY; j++) call(spin, 10_000);
    });
    isAwake = word("parked") === 0;
    assertEquals(word("awaited"), 0);
  }
  assert(isAwake, "the worker seems to sleep while it works");
});
