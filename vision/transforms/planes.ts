/**
 * Maps images, or their planes: each sample of a batch has a random map of its own.
 *
 * @module
 */

import { checkKind } from "../../src/checks.ts";
import { isGradEnabled } from "../../src/autograd/grad_mode.ts";
import type { TypedArray } from "../../src/dtype.ts";
import { GradientError, ShapeError, ValueError } from "../../src/errors.ts";
import type { Pair } from "../../src/kernels/kernels.ts";
import type { Generator } from "../../src/random.ts";
import { formatShape, type Shape } from "../../src/shape.ts";
import { arena } from "../../src/storage/arena.ts";
import { NDArray, touch } from "../../src/storage/ndarray.ts";
import { scope } from "../../src/tensor/scope.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { quoted } from "../../src/names.ts";

/** Writes the plane of `to` that begins at `toStart`, from the plane of `from` at `fromStart`. */
export type PlaneMap = (
  from: TypedArray,
  fromStart: number,
  to: TypedArray,
  toStart: number,
) => void;

/** Writes a sample `to` from a sample `from`; each array has the elements of that sample alone. */
export type SampleMap = (from: TypedArray, to: TypedArray) => void;

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
 * Makes a batch of samples of `shape`. Calls `draw` once for each sample: it returns the map that
 * writes the sample.
 *
 * @throws {GradientError} if the batch requires a gradient: none flows through these maps
 */
export function mapSamples(
  batch: Tensor,
  action: string,
  shape: Shape,
  draw: () => SampleMap,
): Tensor {
  if (batch.requiresGrad && isGradEnabled()) {
    throw new GradientError(
      `Cannot ${action} images that require a gradient: none flows through; detach() them first`,
    );
  }
  return scope(() => {
    const source = batch.contiguous().array;
    const [count] = batch.shape;
    // Before the arrays are read: drawing may run kernels.
    const maps = Array.from({ length: count }, draw);
    arena.begin();
    touch(source);
    const result = NDArray.allocate([count, ...shape], batch.dtype);
    const [from, to] = [source.values(), result.values()];
    const [fromSize, toSize] = [from.length / count, to.length / count];
    maps.forEach((map, i) => {
      map(
        from.subarray(i * fromSize, (i + 1) * fromSize),
        to.subarray(i * toSize, (i + 1) * toSize),
      );
    });
    return new Tensor(result);
  });
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
  const [height, width] = planeSize(batch, action);
  return mapSamples(batch, action, [...batch.shape.slice(1, -2), ...size], () => {
    const map = draw();
    return (from, to) => {
      const planes = to.length / (size[0] * size[1]);
      for (let plane = 0; plane < planes; plane++) {
        map(from, plane * height * width, to, plane * size[0] * size[1]);
      }
    };
  });
}

/** The bounds of a random number. */
export type Range = readonly [least: number, largest: number];

/** Draws a number between two bounds. */
export function drawBetween(generator: Generator, [least, largest]: Range): number {
  return least + (largest - least) * drawUniform(generator);
}

/**
 * Rejects all but two bounds in order, each from `least` to `largest`.
 *
 * @throws {ValueError} naming `action` and the bounds
 */
export function checkBounds(
  action: string,
  bounds: Range,
  least: number,
  largest: number = Infinity,
): void {
  const isRange = Array.isArray(bounds) && bounds.length === 2 && bounds.every(Number.isFinite);
  if (isRange && least <= bounds[0] && bounds[0] <= bounds[1] && bounds[1] <= largest) return;
  const limits = largest < Infinity
    ? `from ${least} to ${largest}`
    : least === Number.MIN_VALUE
    ? "above 0"
    : least === 0
    ? "0 or more"
    : "finite";
  throw new ValueError(
    `Cannot ${action} ${quoted(bounds)}: give the least and the largest number, each ${limits}`,
  );
}

/** @throws {ValueError} naming `action` if `p` is not from 0 to 1 */
export function checkChance(action: string, p: number): void {
  if (p >= 0 && p <= 1) return;
  throw new ValueError(`Cannot ${action} with probability ${p}: it must be from 0 to 1`);
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
