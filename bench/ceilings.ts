/**
 * Measures the ceilings of this machine: the innermost loop of matrix products on operands that stay
 * in the first cache, and copying, on any number of threads.
 *
 * Threads here are workers of their own that run one kernel each at the same time, so a ceiling does
 * not depend on how the library splits its work.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { Assembler } from "../src/kernels/wasm/assembler/assembler.ts";
import type { Body } from "../src/kernels/wasm/assembler/code.ts";
import { loopUntil, memoryCopy } from "../src/kernels/wasm/assembler/control.ts";
import { i32 } from "../src/kernels/wasm/assembler/scalars.ts";
import { f32x4, v128 } from "../src/kernels/wasm/assembler/vectors.ts";
import { emitProductPanels, PANEL } from "../src/kernels/wasm/kernels/panel.ts";
import { FLOAT_LANES, VECTOR } from "../src/kernels/wasm/simd/lanes.ts";
import { NDArray } from "../src/storage/ndarray.ts";
import { wasmMemory } from "../src/storage/wasm_memory.ts";

/** The best that a number of threads do together. */
export interface Ceilings {
  readonly threads: number;
  /** GFLOP/s of the library's own innermost loop: a multiplication and an addition, both rounded. */
  readonly unfused: number;
  /** GFLOP/s of multiply-adds that round once, where the engine has them. */
  readonly fused: number;
  /** GB/s of `memory.copy`, bytes read and bytes written. */
  readonly copy: number;
}

/** A kernel alone: `run(...args)` does `amount` operations or moves as many bytes. */
interface Kernel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly amount: number;
  readonly args: readonly number[];
}

/** Bytes copied: those of a million floats, split among the threads. */
const COPIED = 4_000_000;

const DEPTH = 512;
/** With fused multiply-adds, 6 × 2 vectors of sums are the fastest tile. */
const [ROWS, VECTORS] = [6, 2];

/** Measures the ceilings of `threads` threads. */
export async function measureCeilings(threads: number): Promise<Ceilings> {
  return {
    threads,
    unfused: await speed(threads, unfused),
    fused: await speed(threads, fused),
    copy: await speed(threads, () => copy(COPIED / threads)),
  };
}

/** GFLOP/s of the innermost loop that the library uses, on one thread. */
export function innermostLoop(): Promise<number> {
  return speed(1, unfused);
}

function operand(floats: number): number {
  const values = Float32Array.from({ length: floats }, (_, i) => (i % 17) / 17 - 0.5);
  return NDArray.from(values, [floats], "float32").ptr;
}

function unfused(): Kernel {
  const assembler = new Assembler();
  const panel = emitProductPanels(assembler, FLOAT_LANES.float32, "columns")[PANEL - 1];
  assembler.procedure("run", 11, (_, ...parameters) => [panel.call(...parameters)]);
  const [m, k, n] = [32, 256, PANEL * FLOAT_LANES.float32.count];
  const [a, b, c] = [operand(m * k), operand(k * n), operand(m * n)];
  const args = [m, k, a, k * 4, b, PANEL * VECTOR, c, n * 4, 0, 0, 0];
  return { bytes: assembler.bytes(), amount: 2 * m * k * n, args };
}

function fused(): Kernel {
  const assembler = new Assembler();
  assembler.procedure("run", 3, (f, a, b, c) => {
    const sums = f.locals("v128", ROWS * VECTORS);
    const right = f.locals("v128", VECTORS);
    const factor = f.local("v128");
    const end = f.local("i32");
    const step: Body[] = [right.map((x, v) => x.set(v128.load(b, v * VECTOR)))];
    for (let r = 0; r < ROWS; r++) {
      step.push([factor.set(v128.load32Splat(a, r * 4))]);
      step.push(right.map((x, v) => {
        const sum = sums[r * VECTORS + v];
        return sum.set(f32x4.relaxedMadd(factor, x, sum));
      }));
    }
    return [
      end.set(i32.add(a, DEPTH * ROWS * 4)),
      loopUntil(a, end, ROWS * 4, [...step.flat(), b.set(i32.add(b, VECTORS * VECTOR))]),
      ...sums.map((sum, i) => v128.store(c, sum, i * VECTOR)),
    ];
  });
  const columns = VECTORS * FLOAT_LANES.float32.count;
  const args = [operand(DEPTH * ROWS), operand(DEPTH * columns), operand(ROWS * columns)];
  return { bytes: assembler.bytes(), amount: 2 * DEPTH * ROWS * columns, args };
}

function copy(bytes: number): Kernel {
  const assembler = new Assembler();
  assembler.procedure("run", 3, (_, to, from, count) => [memoryCopy(to, from, count)]);
  const args = [operand(bytes / 4), operand(bytes / 4), bytes];
  return { bytes: assembler.bytes(), amount: 2 * bytes, args };
}

/** Runs as CommonJS in a worker: warm up, wait until all are ready, and report the best speed. */
const WORKER = `
const { parentPort, workerData } = require("node:worker_threads");
const { bytes, args, memory, gate, threads } = workerData;
const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
const { run } = instance.exports;
function callsPerMillisecond(milliseconds) {
  const start = performance.now();
  let [calls, now] = [0, start];
  for (; now < start + milliseconds; now = performance.now()) {
    for (let i = 0; i < 20; i++) run(...args);
    calls += 20;
  }
  return calls / (now - start);
}
callsPerMillisecond(200);
Atomics.add(gate, 0, 1);
while (Atomics.load(gate, 0) < threads);
let best = 0;
for (let i = 0; i < 8; i++) best = Math.max(best, callsPerMillisecond(40));
parentPort.postMessage(best);
`;

/** Billions a second that `threads` kernels do at the same time. */
async function speed(threads: number, make: () => Kernel): Promise<number> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const speeds = Array.from({ length: threads }, async () => {
    const { bytes, args, amount } = make();
    const workerData = { bytes, args, memory: wasmMemory.memory, gate, threads };
    const worker = new Worker(WORKER, { eval: true, workerData });
    const calls = await new Promise<number>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    await worker.terminate();
    return calls * amount / 1e6;
  });
  return (await Promise.all(speeds)).reduce((sum, x) => sum + x, 0);
}
