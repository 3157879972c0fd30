/**
 * Pooling of images with arguments that have been checked; sequences are images of height 1.
 *
 * @module
 */

import { type DType, isFloat } from "../../dtype.ts";
import type { Pair, Window } from "../../kernels/kernels.ts";
import { ops } from "../../ops/table.ts";
import type { Shape } from "../../shape.ts";
import { ones } from "../../tensor/create.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** A window, and the shape of the result. */
export interface Pooling {
  /** Size of the window. */
  readonly kernelSize: Pair;
  /** Distance between neighbouring windows. */
  readonly stride: Pair;
  /** Elements on each side. */
  readonly padding: Pair;
  /** Distance between neighbouring elements of a window. */
  readonly dilation: Pair;
  /** True if a last window may reach beyond the border. */
  readonly ceilMode: boolean;
}

/** Takes the largest element of each window. */
export function largestOf(images: Tensor, pooling: Pooling): Tensor {
  const { kernelSize: kernel, stride, padding, dilation, ceilMode } = pooling;
  const window: Window = { kernel, stride, padding, dilation };
  if (!ceilMode) return run(ops.maxPool2d, [images], window);
  const behind = paddingBehind(images.shape, window);
  return scope(() =>
    run(ops.maxPool2d, [images.pad(behind, { value: lowestOf(images.dtype) })], window)
  );
}

function lowestOf(dtype: DType): number {
  if (isFloat(dtype)) return -Infinity;
  return dtype === "int32" ? -(2 ** 31) : 0;
}

/** Returns what `pad` must add so that a last window that starts before the border is whole. */
function paddingBehind(shape: Shape, { kernel, stride, padding, dilation }: Window): number[] {
  const [rows, columns] = [0, 1].map((i) => {
    const size = shape[2 + i];
    const room = size + 2 * padding[i];
    const reach = dilation[i] * (kernel[i] - 1) + 1;
    const last = Math.ceil((room - reach) / stride[i]) * stride[i];
    const start = last >= size + padding[i] ? last - stride[i] : last;
    return Math.max(0, start + reach - room);
  });
  return [0, columns, 0, rows];
}

/** A window, the shape of the result, and the number by which a sum is divided. */
export interface AvgPooling extends Pooling {
  /** True if the padding counts in the mean. */
  readonly countIncludePad: boolean;
  /** Divisor of the sum of a window, if it is not the number of its elements. */
  readonly divisorOverride: number | null;
}

/** Takes the mean of each window. */
export function meanOf(images: Tensor, pooling: AvgPooling): Tensor {
  const { kernelSize: kernel, ceilMode, countIncludePad, divisorOverride, ...sizes } = pooling;
  const window: Window = { ...sizes, kernel };
  const share = divisorOverride === null ? 1 : kernel[0] * kernel[1] / divisorOverride;
  const pool = (images: Tensor, over = window) => run(ops.avgPool2d, [images], over);
  const isPadded = window.padding.some((n) => n > 0);
  if (share === 1 && !ceilMode && (countIncludePad || !isPadded)) return pool(images);
  return scope(() => {
    const { shape, dtype } = images;
    const behind = ceilMode ? paddingBehind(shape, window) : [0, 0, 0, 0];
    if (divisorOverride !== null) return pool(images.pad(behind)).mul(share);
    const [ph, pw] = countIncludePad ? window.padding : [0, 0];
    const counted = ones([1, 1, shape[2] + 2 * ph, shape[3] + 2 * pw], { dtype });
    // Padding that counts is part of the ones; that of the window, as that behind, is zeros.
    const over: Window = countIncludePad ? { ...window, padding: [0, 0] } : window;
    return pool(images.pad(behind)).div(pool(counted.pad(behind), over));
  });
}
