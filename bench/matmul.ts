/**
 * Speed of float32 matrix products on one thread, beside the ceiling of their innermost loop.
 *
 *     deno run bench/matmul.ts
 *     bun bench/matmul.ts
 *
 * @module
 */

import { parseArgs } from "node:util";
import { products } from "../src/kernels/wasm/kernels/matmul.ts";
import { arena } from "../src/storage/arena.ts";
import { NDArray } from "../src/storage/ndarray.ts";
import { viewPermute } from "../src/storage/views.ts";
import { innermostLoop } from "./ceilings.ts";

// Refuses arguments: it takes none.
parseArgs({});

/** Floating-point operations each time is measured over. */
const WORK = 2e8;
const REPEATS = 12;

/** GFLOP/s of `run`, which does `flops` operations: the best of some repeats. */
function speed(flops: number, run: () => void): number {
  const calls = Math.max(1, Math.ceil(WORK / flops));
  let best = Infinity;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const start = performance.now();
    for (let call = 0; call < calls; call++) run();
    best = Math.min(best, (performance.now() - start) / calls);
  }
  return flops / best / 1e6;
}

function ramp(rows: number, columns: number): NDArray {
  const values = Float32Array.from({ length: rows * columns }, (_, i) => (i % 17) / 17 - 0.5);
  return NDArray.from(values, [rows, columns], "float32");
}

function product(m: number, k: number, n: number, transposed: boolean): number {
  const a = ramp(m, k);
  const b = transposed ? viewPermute(ramp(n, k), [1, 0]) : ramp(k, n);
  return speed(2 * m * k * n, () => {
    arena.free(products.matmul(a, b, null).storage, "temporary");
  });
}

const top = await innermostLoop();
console.log(`innermost loop        ${top.toFixed(1)} GFLOP/s`);
const SIZES = [
  ...[64, 128, 256, 510, 511, 512, 1024].map((n) => [n, n, n]),
  [64, 64, 10],
  [63, 784, 128],
  [64, 784, 128],
  [64, 128, 64],
  [1, 784, 128],
  [8, 784, 128],
];
for (const [m, k, n] of SIZES) {
  const [plain, turned] = [product(m, k, n, false), product(m, k, n, true)];
  console.log(
    `${`${m}x${k}x${n}`.padEnd(16)} ${plain.toFixed(1).padStart(6)} ` +
      `(${(100 * plain / top).toFixed(0)} %), second operand transposed ` +
      `${turned.toFixed(1).padStart(6)} (${(100 * turned / top).toFixed(0)} %)`,
  );
}
