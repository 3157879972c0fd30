/**
 * Sizes of windows: a number for sequences, a number or a pair for images.
 *
 * Layers of sequences compute with images of height 1.
 *
 * @module
 */

import { checkTensors } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import type { Pair } from "../../kernels/kernels.ts";
import { formatShape } from "../../shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

export type { Pair } from "../../kernels/kernels.ts";

/** One number for both height and width, or a number for each. */
export type Size2d = number | readonly [height: number, width: number];

/** Names of arguments that are sizes. */
export type SizeName =
  | "kernelSize"
  | "stride"
  | "padding"
  | "dilation"
  | "outputPadding"
  | "outputSize";

/** Sizes of a window along the only row of images of height 1. */
const FLAT: Readonly<Record<SizeName, number>> = {
  kernelSize: 1,
  stride: 1,
  padding: 0,
  dilation: 1,
  outputPadding: 0,
  outputSize: 1,
};

const NAMES = Object.keys(FLAT) as SizeName[];

/** Arguments of a window over images, with a pair for each size. */
export type Paired<O> = {
  readonly [K in keyof O]: K extends SizeName ? Exclude<O[K], Size2d> | Pair : O[K];
};

/** Returns `size` for height and for width. */
export function pair(size: Size2d): Pair {
  if (typeof size === "number") return [size, size];
  checkPairOf("a size of type", size);
  // The caller may change the list later.
  return [size[0], size[1]];
}

function checkPairOf(name: string, size: unknown): void {
  const isPair = Array.isArray(size) && size.length === 2 &&
    size.every((each) => typeof each === "number");
  if (isPair) return;
  const text = Array.isArray(size) ? formatShape(size) : typeof size;
  throw new ValueError(
    `Cannot slide a window with ${name} ${text}: pass a number, or two, of height and width`,
  );
}

/** Returns the arguments of a window over images with a pair for each size. */
export function paired<O extends object>(options: O): Paired<O> {
  return withPairs(options, (size) => [size, size]);
}

/** Returns the arguments of a window over sequences as those of a window over images of height 1. */
export function flat<O extends object>(options: O): Paired<O> {
  return withPairs(options, (size, name) => [FLAT[name], size]);
}

function withPairs<O extends object>(
  options: O,
  pairOf: (size: number, name: SizeName) => Pair,
): Paired<O> {
  const result = { ...options } as Record<string, unknown>;
  for (const name of NAMES) {
    const size = result[name];
    if (typeof size === "number") result[name] = pairOf(size, name);
    else if (size !== undefined && typeof size !== "string") {
      checkPairOf(name, size);
      result[name] = [...size as Pair];
    }
  }
  return result as Paired<O>;
}

/** Applies a function of `[n, c, h, w]` also to a single `[c, h, w]`. */
export function onBatch(x: Tensor, name: string, f: (batch: Tensor) => Tensor): Tensor {
  checkImages(x, name);
  return x.ndim === 4 ? f(x) : f(x.unsqueeze(0)).squeeze(0);
}

/** Applies a function of images `[n, c, 1, l]` to sequences `[n, c, l]` or `[c, l]`. */
export function onSequences(x: Tensor, name: string, f: (images: Tensor) => Tensor): Tensor {
  checkSequences(x, name);
  if (x.ndim === 3) return f(x.unsqueeze(2)).squeeze(2);
  return f(x.unsqueeze(1).unsqueeze(0)).squeeze(2).squeeze(0);
}

/** Rejects all but images `[n, c, h, w]` and `[c, h, w]`. */
export function checkImages(x: Tensor, name: string): void {
  checkLayout(x, name, [4, 3], "[n, c, h, w] or [c, h, w]");
}

/** Rejects all but sequences `[n, c, l]` and `[c, l]`. */
export function checkSequences(x: Tensor, name: string): void {
  checkLayout(x, name, [3, 2], "[n, c, l] or [c, l]");
}

function checkLayout(x: Tensor, name: string, ndims: readonly number[], layout: string): void {
  checkTensors(name, x);
  if (ndims.includes(x.ndim)) return;
  throw new ShapeError(
    `Cannot ${name} shape ${
      formatShape(x.shape)
    }: the input must be ${layout}; reshape it, or add ` +
      `an axis with unsqueeze()`,
    x.shape,
  );
}
