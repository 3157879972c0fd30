import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { getNumThreads, setNumThreads } from "../../../mod.ts";
import { KernelError, ValueError } from "../../../src/errors.ts";
import { Formula } from "../../../src/kernels/formula.ts";
import type { Convolution, Kernels } from "../../../src/kernels/kernels.ts";
import { compile } from "../../../src/kernels/wasm/threads/instances.ts";
import { code } from "../../../src/kernels/wasm/assembler/code.ts";
import { loopUntil } from "../../../src/kernels/wasm/assembler/control.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import { i32 } from "../../../src/kernels/wasm/assembler/scalars.ts";
import { type Call, parallel, readyThreads } from "../../../src/kernels/wasm/threads/pool.ts";
import { startWorker } from "../../../src/kernels/wasm/threads/worker.ts";
import { arena } from "../../../src/storage/arena.ts";
import { NDArray } from "../../../src/storage/ndarray.ts";
import { viewPermute } from "../../../src/storage/views.ts";
import { wasmMemory } from "../../../src/storage/wasm_memory.ts";
import { runArguments } from "../../support/runtime.ts";
import { withLimit } from "../../storage/limit.ts";
import { useThreads } from "../../support/threads.ts";
import { array, list, noise } from "../arrays.ts";
import { CALLS } from "../calls.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

/** Asserts that every result has the same bits on 1, 2, 3 and 4 threads. */
async function sameBits(cases: Record<string, () => NDArray[]>): Promise<void> {
  const expected = new Map<string, number[][]>();
  for (const threads of [1, 2, 3, 4]) {
    for (const [name, run] of Object.entries(cases)) {
      await useThreads(threads);
      const results = run();
      const values = results.map(list);
      for (const { storage } of results) {
        // A thread must not find the right result already in place.
        wasmMemory.u8.fill(0xa5, storage.ptr, storage.ptr + storage.bytes);
        arena.free(storage, "temporary");
      }
      if (threads === 1) expected.set(name, values);
      assertSame(values, expected.get(name), `${name} on ${threads} threads`);
    }
  }
}

test("products have the same bits on any number of threads", async () => {
  const cases: Record<string, () => NDArray[]> = {};
  const sizes = [[1, 1, 1], [1, 300, 77], [7, 5, 3], [64, 64, 10], [33, 257, 130], [200, 3, 5]];
  for (const [m, k, n] of sizes) {
    for (const dtype of ["float32", "float64"] as const) {
      const [a, b, bias] = [noise([m, k], dtype), noise([k, n], dtype), noise([n], dtype)];
      const [aTurned, bTurned] = [noise([k, m], dtype), noise([n, k], dtype)].map((x) =>
        viewPermute(x, [1, 0])
      );
      cases[`${m}x${k}x${n} ${dtype}`] = () => [
        wasm.matmul(a, b, bias),
        wasm.matmul(aTurned, b, null),
        wasm.matmul(a, bTurned, bias),
        wasm.matmul(aTurned, bTurned, null),
      ];
    }
  }
  for (const batch of [2, 3, 5, 70]) {
    const [a, b] = [noise([batch, 9, 20]), noise([batch, 20, 31])];
    cases[`batch of ${batch}`] = () => [wasm.matmul(a, b, null)];
  }
  await sameBits(cases);
});

/** Kernels that run when all threads are ready, on dense copies of their operands, so that they copy none first. */
const onDense = new Proxy(wasm, {
  get(kernels, name: keyof Kernels) {
    const kernel = kernels[name] as (...args: unknown[]) => unknown;
    const writes = name === "assign" || name.endsWith("Into");
    const copy = (x: unknown): unknown => {
      if (Array.isArray(x)) return x.map(copy);
      return x instanceof NDArray && !writes ? array(list(x), x.shape, x.dtype) : x;
    };
    return (...args: unknown[]) => {
      const copies = args.map(copy);
      const end = performance.now() + 20_000;
      while (readyThreads() < getNumThreads()) assert(performance.now() < end);
      return kernel(...copies);
    };
  },
});

test("every kernel has the same bits on any number of threads", async () => {
  const cases = Object.entries(CALLS).flatMap(([name, call]) => [
    [name, () => [...call(wasm)]] as const,
    [`${name} of dense arrays`, () => [...call(onDense)]] as const,
  ]);
  await sameBits(Object.fromEntries(cases));
});

test("threads that pack both operands of a large product keep to their own memory", async () => {
  const [a, b] = [noise([512, 700]), noise([300, 512])].map((x) => viewPermute(x, [1, 0]));
  const product = (): number[] => {
    const y = wasm.matmul(a, b, null);
    const values = list(y);
    arena.free(y.storage, "temporary");
    return values;
  };
  await useThreads(1);
  const expected = product();
  for (let repeat = 0; repeat < 5; repeat++) {
    await useThreads(3);
    assert(product().every((value, i) => value === expected[i]));
  }
});

test("elementwise functions have the same bits on any number of threads", async () => {
  const f = new Formula("test", 2, (k, [a, b]) => k.add(k.tanh(a), k.mul(b, k.exp(a))));
  const map = (a: NDArray, b: NDArray): NDArray => {
    return wasm.map(f, [a, b], a.shape, a.dtype, a.dtype);
  };
  const cases: Record<string, () => NDArray[]> = {};
  for (const size of [1, 2, 63, 64, 65, 257, 1000]) {
    const [a, b] = [noise([size]), noise([size])];
    cases[`${size} elements`] = () => [map(a, b)];
  }
  for (const [rows, columns] of [[1, 100], [2, 3], [5, 200], [131, 67]]) {
    const [a, b, row] = [noise([rows, columns]), noise([columns, rows]), noise([columns])];
    cases[`${rows} × ${columns}`] = () => [map(a, viewPermute(b, [1, 0])), map(a, row)];
  }
  await sameBits(cases);
});

test("reductions have the same bits on any number of threads", async () => {
  const cases: Record<string, () => NDArray[]> = {};
  for (const shape of [[3, 5, 7], [1, 1000], [1000, 1], [129, 130], [2, 40, 33], [70_001]]) {
    const x = noise(shape);
    const axes = shape.map((_, axis) => axis);
    cases[`${shape}`] = () => [
      wasm.reduce("sum", x, axes, false, "float32"),
      wasm.reduce("max", x, axes, false, "float32"),
      ...axes.map((axis) => wasm.reduce("sum", x, [axis], false, "float32")),
      ...axes.map((axis) => wasm.argReduce("max", x, axis, false)),
      ...axes.map((axis) => wasm.argsort(x, axis, true, [0, 1])),
      ...axes.map((axis) => wasm.softmax(x, axis, axis === 0)),
    ];
  }
  await sameBits(cases);
});

test("convolutions and pooling have the same bits on any number of threads", async () => {
  const cases: Record<string, () => NDArray[]> = {};
  const plain: Convolution = {
    ...{ kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 },
  };
  const add = (batch: number, planes: number, channels: number, window: Convolution): void => {
    const x = noise([batch, planes, 9, 10]);
    const weight = noise([channels, planes / window.groups, ...window.kernel]);
    const bias = noise([channels]);
    const g = wasm.conv2d(x, weight, bias, window);
    const even = viewPermute(noise([batch, g.shape[2], channels, g.shape[3]]), [0, 2, 1, 3]);
    cases[JSON.stringify([batch, planes, channels, window])] = () => {
      const { output, indices } = wasm.maxPool2d(x, window);
      return [
        wasm.conv2d(x, weight, bias, window),
        wasm.conv2dInputGradient(g, weight, x.shape, window),
        wasm.conv2dWeightGradient(g, x, weight.shape, window),
        wasm.conv2dWeightGradient(even, x, weight.shape, window),
        ...[output, indices, wasm.avgPool2d(x, window)],
      ];
    };
  };
  for (const batch of [1, 2, 3, 5]) {
    add(batch, 2, 50, plain);
    add(batch, 6, 4, { ...plain, groups: 2, stride: [2, 2] });
    add(batch, 5, 5, { ...plain, groups: 5, padding: [0, 0] });
    add(batch, 1, 1, { ...plain, kernel: [2, 3], stride: [3, 2], dilation: [2, 1] });
  }
  await sameBits(cases);
});

test("a list of calls that is longer than a worker's block", async () => {
  await useThreads(3);
  const { increase } = compile((assembler) => {
    assembler.procedure("increase", 2, (_, at, by) => [
      i32.store(at, i32.add(i32.load(at), by)),
    ]);
  });
  const counts = NDArray.from([0, 0, 0], [3], "int32");
  const add = (first: number, call: Call): void => {
    for (let i = 1; i <= 3000; i++) call(increase, counts.ptr + 4 * first, i);
  };
  for (let repeat = 0; repeat < 20; repeat++) {
    await useThreads(3);
    parallel(3, 3, (first, _, call) => add(first, call));
  }
  assertEquals(list(counts), new Array(3).fill(20 * 3000 * 3001 / 2));
});

test("threads see memory that has grown since they started", async () => {
  await useThreads(2);
  const size = 2 ** 23;
  const double = new Formula("double", 1, (k, [a]) => k.add(a, a));
  // Other tests may have let the memory grow as far as the usual limit.
  withLimit(3 * 2 ** 30, () => {
    const before = wasmMemory.byteLength;
    const arrays: NDArray[] = [];
    do arrays.push(NDArray.allocate([size], "float32")); while (arrays.at(-1)!.ptr < before);
    const x = arrays.at(-1)!;
    x.values().fill(1);
    const y = wasm.map(double, [x], [size], "float32", "float32");
    assert(y.values().every((value) => value === 2));
    for (const { storage } of [...arrays, y]) arena.free(storage, "temporary");
  });
});

test("a kernel that fails on another thread is an error here, and the next one is computed", async () => {
  const { fail } = compile((assembler) => {
    const unreachable = code("void", "\0");
    assembler.procedure("fail", 1, (_, at) => [i32.store(at, 1), unreachable]);
  });
  const flag = NDArray.from([0], [1], "int32");
  const at = flag.ptr / 4;
  for (let repeat = 0; repeat < 2; repeat++) {
    await useThreads(2);
    Atomics.store(wasmMemory.i32, at, 0);
    const start = performance.now();
    const run = () =>
      parallel(2, 2, (_first, _last, call, thread) => {
        if (thread === 1) return call(fail, flag.ptr);
        // Otherwise the caller might take the work back.
        while (Atomics.load(wasmMemory.i32, at) === 0 && performance.now() < start + 900);
      });
    assertThrowsMessage(run, KernelError, /unreachable/i);
    assert(performance.now() - start < 1000);
    const [a, b] = [noise([40, 40]), noise([40, 40])];
    const alone = wasm.matmul(a, b, null);
    await useThreads(2);
    assertEquals(list(wasm.matmul(a, b, null)), list(alone));
  }
});

test("an error of the caller's own part leaves no thread behind", async () => {
  await useThreads(2);
  const { wait } = compile((assembler) => {
    assembler.procedure("wait", 1, (f, turns) => {
      const i = f.local("i32");
      return [loopUntil(i, turns, 1, [])];
    });
  });
  const run = () =>
    parallel(2, 2, (_first, _last, call, thread) => {
      if (thread === 0) throw new TypeError("mine");
      call(wait, 10_000_000);
    });
  for (let repeat = 0; repeat < 3; repeat++) {
    assertThrowsMessage(run, TypeError, "mine");
    assertStrictEquals(readyThreads(), 2);
  }
});

test("where no thread can start, the work stays with the caller", () => {
  const own = process.getBuiltinModule;
  let tried = 0;
  const Worker = function (): void {
    tried++;
    throw new Error("Resource temporarily unavailable (os error 11)");
  };
  process.getBuiltinModule = (() => ({ Worker })) as unknown as typeof own;
  try {
    startWorker(0);
  } finally {
    process.getBuiltinModule = own;
  }
  assertEquals(tried, 1);
});

test("the number of threads is checked and told", () => {
  for (const count of [0, -1, 1.5, NaN, Infinity, 17]) {
    assertThrows(() => setNumThreads(count), ValueError, "", `${count}`);
  }
  const before = getNumThreads();
  setNumThreads(16);
  assertEquals(getNumThreads(), 16);
  setNumThreads(1);
  assertEquals(getNumThreads(), 1);
  setNumThreads(before);
});

/** Asserts what a program prints, which needs no permission but this one. */
function assertPrints(program: string, text: string, permission?: string): void {
  const file = fileURLToPath(new URL(`../../support/${program}`, import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, runArguments(file, permission), {
    timeout: 60_000,
  });
  assertEquals(`${stderr}`, "");
  assertEquals(`${stdout}`.trim(), text);
  assertStrictEquals(status, 0);
}

test("a program with threads ends by itself, and needs no permission", () => {
  assertPrints("train_on_threads.ts", "3 of 3 threads, 256,256");
});

test("a caller that may not sleep, as in a page, waits for threads awake", () => {
  assertPrints("wait_awake.ts", "true", "--allow-read");
});
