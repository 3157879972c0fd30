/**
 * Speed of float32 convolutions, forward and both gradients, on one thread.
 *
 *     deno run bench/conv2d.ts
 *     bun bench/conv2d.ts
 *
 * @module
 */

import type { Convolution, Pair } from "../src/kernels/kernels.ts";
import { convolutions } from "../src/kernels/wasm/conv.ts";
import { outputSize } from "../src/kernels/window.ts";
import { arena } from "../src/storage/arena.ts";
import { RawArray } from "../src/storage/raw_array.ts";
import { type Shape, sizeOf } from "../src/shape.ts";

const REPEATS = 12;

function ramp(shape: Shape): RawArray {
  const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i % 17) / 17 - 0.5);
  return RawArray.from(values, shape, "float32");
}

/** Milliseconds of `run`: the best of some repeats. */
function time(run: () => RawArray): number {
  let best = Infinity;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const start = performance.now();
    const result = run();
    best = Math.min(best, performance.now() - start);
    arena.dispose(result.storage, "temporary");
  }
  return best;
}

function report(shape: Shape, channels: number, kernel: Pair, stride: number, groups = 1): void {
  const padding: Pair = [kernel[0] >> 1, kernel[1] >> 1];
  const window: Convolution = {
    ...{ kernel, padding, groups },
    ...{ stride: [stride, stride], dilation: [1, 1] },
  };
  const x = ramp(shape);
  const weight = ramp([channels, shape[1] / groups, ...kernel]);
  const g = ramp([shape[0], channels, ...outputSize(shape, window)]);
  const flops = 2 * g.size * sizeOf(weight.shape.slice(1));
  const speed = (run: () => RawArray): string => {
    const ms = time(run);
    return `${ms.toFixed(2).padStart(7)} ms ${(flops / ms / 1e6).toFixed(1).padStart(5)} GFLOP/s`;
  };
  const name = `${shape.join("x")} -> ${channels}, ${kernel.join("x")} / ${stride}` +
    (groups === 1 ? "" : `, ${groups} groups`);
  console.log(
    `${name.padEnd(40)} forward ${speed(() => convolutions.conv2d(x, weight, null, window))}` +
      `  input ${speed(() => convolutions.conv2dInput(g, weight, shape, window))}` +
      `  weight ${speed(() => convolutions.conv2dWeight(g, x, weight.shape, window))}`,
  );
}

report([32, 1, 28, 28], 32, [3, 3], 1);
report([32, 32, 14, 14], 64, [3, 3], 1);
report([32, 32, 28, 28], 64, [3, 3], 1);
report([32, 64, 7, 7], 64, [3, 3], 1);
report([32, 64, 14, 14], 64, [1, 1], 1);
report([32, 32, 28, 28], 64, [3, 3], 2);
report([4, 3, 224, 224], 64, [7, 7], 2);
report([32, 64, 14, 14], 64, [3, 3], 1, 64);
