/**
 * Maps the planes of images: each sample of a batch has a random map of its own.
 *
 * @module
 */

import { checkKind } from "../../src/checks.ts";
import { isGradEnabled } from "../../src/autograd/grad_mode.ts";
import type { TypedArray } from "../../src/dtype.ts";
import { GradientError, ShapeError, ValueError } from "../../src/errors.ts";
import type { Pair } from "../../src/kernels/kernels.ts";
import type { Generator } from "../../src/random.ts";
import { formatShape } from "../../src/shape.ts";
import { arena } from "../../src/storage/arena.ts";
import { NDArray, touch } from "../../src/storage/ndarray.ts";
import { scope } from "../../src/tensor/scope.ts";
import { Tensor } from "../../src/tensor/tensor.ts";

/** Writes the plane of `to` that begins at `toStart`, from the plane of `from` at `fromStart`. */
export type PlaneMap = (
  from: TypedArray,
  fromStart: number,
  to: TypedArray,
  toStart: number,
) => void;

/** Returns the last two sizes of a batch of images `[N, …, H, W]`. */
export function planeSize(batch: Tensor, action: string): Pair {
  if (batch.ndim >= 3) return [batch.shape[batch.ndim - 2], batch.shape[batch.ndim - 1]];
  const { shape } = batch;
  throw new ShapeError(
    `Cannot ${action} an image of shape ${formatShape(shape.slice(1))}: it must be ` +
      `[height, width] or [channels, height, width]`,
    shape,
  );
}

/**
 * Returns the height and width of a window, from the side of a square or both.
 *
 * @throws {ValueError} if a size is not a whole number above 0
 */
export function windowSize(size: number | Pair): Pair {
  const isSize = typeof size === "number" || Array.isArray(size);
  checkKind("crop", size, isSize, "a number, or height and width");
  const window = typeof size === "number" ? [size, size] as const : size;
  if (window.length === 2 && window.every((n) => Number.isInteger(n) && n > 0)) return window;
  throw new ValueError(
    `Cannot crop to ${formatShape(window)}: give a whole number above 0, or height and width`,
  );
}

/**
 * Makes a batch whose planes (the last two axes) have `size`. Calls `draw` once for each sample: it
 * returns the map that writes all channels of the sample.
 *
 * @throws {GradientError} if the batch requires a gradient: none flows through these maps
 */
export function mapPlanes(
  batch: Tensor,
  action: string,
  size: Pair,
  draw: () => PlaneMap,
): Tensor {
  if (batch.requiresGrad && isGradEnabled()) {
    throw new GradientError(
      `Cannot ${action} images that require a gradient: none flows through; detach() them first`,
    );
  }
  const [height, width] = planeSize(batch, action);
  return scope(() => {
    const source = batch.contiguous().array;
    arena.begin();
    touch(source);
    const result = NDArray.allocate([...batch.shape.slice(0, -2), ...size], batch.dtype);
    const [from, to] = [source.values(), result.values()];
    const planes = batch.shape.slice(1, -2).reduce((product, n) => product * n, 1);
    for (let i = 0; i < batch.shape[0]; i++) {
      const map = draw();
      for (let plane = i * planes; plane < (i + 1) * planes; plane++) {
        map(from, plane * height * width, to, plane * size[0] * size[1]);
      }
    }
    return new Tensor(result);
  });
}

/** Draws a number from 0 up to but not including 1. */
export function drawUniform(generator: Generator): number {
  const draw = new Float64Array(1);
  generator.uniform(draw);
  return draw[0];
}

/** Draws a whole number from 0 up to but not including `end`. */
export function drawInteger(generator: Generator, end: number): number {
  const draw = new Int32Array(1);
  generator.integers(draw, 0, end);
  return draw[0];
}
