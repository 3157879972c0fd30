/**
 * Speed of float32 convolutions, forward and both gradients, on one thread.
 *
 *     deno run bench/conv2d.ts
 *     bun bench/conv2d.ts
 *
 * @module
 */

import { parseArgs } from "node:util";
import { setNumThreads } from "../mod.ts";
import type { Convolution } from "../src/kernels/kernels.ts";
import { convolutions } from "../src/kernels/wasm/kernels/conv.ts";
import { outputSize } from "../src/kernels/window.ts";
import { arena } from "../src/storage/arena.ts";
import { NDArray } from "../src/storage/ndarray.ts";
import { type Shape, sizeOf } from "../src/shape.ts";

// Refuses arguments: it takes none.
parseArgs({});

const REPEATS = 12;
setNumThreads(1);

function ramp(shape: Shape): NDArray {
  const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i % 17) / 17 - 0.5);
  return NDArray.from(values, shape, "float32");
}

/** Milliseconds of `run`: the best of some repeats. */
function time(run: () => NDArray): number {
  let best = Infinity;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const start = performance.now();
    const result = run();
    best = Math.min(best, performance.now() - start);
    arena.free(result.storage, "temporary");
  }
  return best;
}

interface Options extends Partial<Convolution> {
  /** Channels of the result. */
  readonly to: number;
}

/** Prints the speeds for images of `shape`; the default is 3 × 3 with padding 1. */
function report(shape: Shape, { to, ...options }: Options): void {
  const window: Convolution = {
    ...{ kernel: [3, 3], padding: [1, 1], stride: [1, 1], dilation: [1, 1], groups: 1 },
    ...options,
  };
  const x = ramp(shape);
  const weight = ramp([to, shape[1] / window.groups, ...window.kernel]);
  const g = ramp([shape[0], to, ...outputSize(shape, window)]);
  const flops = 2 * g.size * sizeOf(weight.shape.slice(1));
  const speed = (run: () => NDArray): string => {
    const ms = time(run);
    return `${ms.toFixed(2).padStart(7)} ms ${(flops / ms / 1e6).toFixed(1).padStart(5)} GFLOP/s`;
  };
  const details = Object.entries(options).map(([name, value]) => `, ${name} ${value}`).join("");
  console.log(
    `${`${shape.join("x")} -> ${to}${details}`.padEnd(56)}` +
      ` forward ${speed(() => convolutions.conv2d(x, weight, null, window))}` +
      `  input ${speed(() => convolutions.conv2dInputGradient(g, weight, shape, window))}` +
      `  weight ${speed(() => convolutions.conv2dWeightGradient(g, x, weight.shape, window))}`,
  );
}

report([32, 1, 28, 28], { to: 32 });
report([32, 32, 14, 14], { to: 64 });
report([32, 32, 28, 28], { to: 64 });
report([32, 64, 7, 7], { to: 64 });
report([32, 64, 14, 14], { to: 64, kernel: [1, 1], padding: [0, 0] });
report([32, 32, 28, 28], { to: 64, stride: [2, 2] });
report([4, 3, 224, 224], { to: 64, kernel: [7, 7], padding: [3, 3], stride: [2, 2] });
// Widths that fill no vector, windows of other kinds, and few channels.
report([32, 32, 13, 13], { to: 64 });
report([32, 32, 30, 30], { to: 64 });
report([32, 32, 15, 15], { to: 64, padding: [0, 0] });
report([32, 32, 3, 3], { to: 64 });
report([32, 32, 14, 14], { to: 64, padding: [2, 2], dilation: [2, 2] });
report([32, 32, 14, 14], { to: 64, kernel: [5, 5], padding: [2, 2] });
report([32, 1, 32, 32], { to: 6, kernel: [5, 5], padding: [0, 0] });
report([32, 6, 14, 14], { to: 16, kernel: [5, 5], padding: [0, 0] });
report([32, 64, 14, 14], { to: 64, groups: 4 });
report([32, 64, 14, 14], { to: 64, groups: 64 });
