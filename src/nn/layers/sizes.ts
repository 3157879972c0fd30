/**
 * Sizes for height and width, which are often the same.
 *
 * @module
 */

import { requireTensors } from "../../checks.ts";
import type { Pair } from "../../kernels/kernels.ts";
import { ShapeError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

export type { Pair } from "../../kernels/kernels.ts";

/** One number for both height and width, or a number for each. */
export type Size2d = number | readonly [height: number, width: number];

/** `size` for height and for width. */
export function pair(size: Size2d): Pair {
  return typeof size === "number" ? [size, size] : size;
}

/** `pair` as people would write it. */
export function formatPair([height, width]: Pair): string {
  return height === width ? `${height}` : `[${height}, ${width}]`;
}

/** Applies a function of `[n, c, h, w]` also to a single `[c, h, w]`. */
export function onBatch(x: Tensor, name: string, f: (batch: Tensor) => Tensor): Tensor {
  requireTensors(name, x);
  if (x.ndim === 4) return f(x);
  if (x.ndim === 3) return f(x.unsqueeze(0)).squeeze(0);
  throw new ShapeError(
    `Cannot ${name} shape ${formatShape(x.shape)}: the input must be [n, c, h, w] or [c, h, w]; ` +
      `reshape it, or add an axis with unsqueeze()`,
    x.shape,
  );
}

/** Applies a function of images `[n, c, 1, l]` to sequences `[n, c, l]` or `[c, l]`. */
export function onSequences(x: Tensor, name: string, f: (images: Tensor) => Tensor): Tensor {
  requireTensors(name, x);
  if (x.ndim === 3) return f(x.unsqueeze(2)).squeeze(2);
  if (x.ndim === 2) return f(x.unsqueeze(1).unsqueeze(0)).squeeze(2).squeeze(0);
  throw new ShapeError(
    `Cannot ${name} shape ${formatShape(x.shape)}: the input must be [n, c, l] or [c, l]; ` +
      `reshape it, or add an axis with unsqueeze()`,
    x.shape,
  );
}
