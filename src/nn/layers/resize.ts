/**
 * Images of other sizes.
 *
 * @module
 */

import { requireOptions } from "../../autograd/operands.ts";
import { isFloat } from "../../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import { formatShape } from "../../shape.ts";
import { tensor } from "../../tensor/create.ts";
import { run } from "../../tensor/run.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Resizing, weighArea } from "./antialias.ts";
import { Module } from "../module.ts";
import type { Size2d } from "./sizes.ts";

/** Options of `interpolate` and `Upsample`; one of `size` and `scaleFactor` is needed. */
export interface InterpolateOptions {
  /** Size of the result, one number for all axes or one for each. */
  readonly size?: Size2d;
  /** How much larger the result is, one number for all axes or one for each. */
  readonly scaleFactor?: Size2d;
  /** Take the nearest element (default), or weigh the two or four neighbours. */
  readonly mode?: "nearest" | "linear" | "bilinear";
  /**
   * Whether the centres of the corners, rather than the corners, stay where they are; default false;
   * not for `"nearest"`.
   */
  readonly alignCorners?: boolean;
  /**
   * Whether smaller images are weighed from all pixels that they cover, as photo programs do, rather
   * than from two neighbours along each axis; default false; for `"bilinear"` without `alignCorners`.
   */
  readonly antialias?: boolean;
}

/**
 * Images `[n, c, h, w]` or sequences `[n, c, l]` of another size; `"linear"` is for sequences and
 * `"bilinear"` for images.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
 *
 * @param x `[n, c, …]`
 * @param options `size` or `scaleFactor`, `mode`, `alignCorners`, `antialias`
 * @returns `[n, c, …]` with `⌊scaleFactor · size⌋` along the axes
 * @throws {ValueError} if not exactly one of size and factor is given, or the mode does not fit
 * @throws {DTypeError} if numbers that are not floating-point would have to be weighed
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[[0, 4]]]);
 * assert.deepEqual(functional.interpolate(x, { size: 4 }).toArray(), [[[0, 0, 4, 4]]]);
 * const y = functional.interpolate(x, { scaleFactor: 2, mode: "linear" });
 * assert.deepEqual(y.toArray(), [[[0, 1, 3, 4]]]);
 * ```
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  requireOptions("interpolate", options);
  const { mode = "nearest", alignCorners = false, antialias = false } = options;
  checkMode(x, mode, alignCorners, antialias);
  const axes = x.shape.slice(2).map((size, i) => axisOf(x, size, i, options));
  return pass(() =>
    axes.reduce((y, axis, i) => {
      if (mode === "nearest") return takeNearest(y, 2 + i, axis);
      if (antialias) return weighArea(y, i === 0 ? -2 : -1, axis);
      return weighNeighbours(y, 2 + i, axis, alignCorners);
    }, x)
  );
}

function axisOf(x: Tensor, from: number, i: number, options: InterpolateOptions): Resizing {
  const { size, scaleFactor } = options;
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ValueError("Cannot interpolate: give either size or scaleFactor");
  }
  const of = (value: Size2d) => (typeof value === "number" ? value : value[i]);
  const to = size !== undefined ? of(size) : Math.floor(from * of(scaleFactor!));
  if (!Number.isInteger(to) || to < 1 || from < 1) {
    throw new ShapeError(
      `Cannot interpolate shape ${formatShape(x.shape)} to size ${to} along axis ${2 + i}: sizes ` +
        `must be whole numbers above 0`,
      x.shape,
    );
  }
  return { from, to, step: size !== undefined ? from / to : 1 / of(scaleFactor!) };
}

function checkMode(x: Tensor, mode: string, alignCorners: boolean, antialias: boolean): void {
  const axes = x.ndim - 2;
  const fits = mode === "nearest"
    ? (axes === 1 || axes === 2) && !alignCorners
    : (mode === "linear" && axes === 1) || (mode === "bilinear" && axes === 2);
  if (!fits) {
    throw new ValueError(
      `Cannot interpolate shape ${formatShape(x.shape)} with mode "${mode}"` +
        (alignCorners ? " and alignCorners" : "") +
        `: use "nearest" (without alignCorners), "linear" for [n, c, l], "bilinear" for [n, c, h, w]`,
    );
  }
  if (antialias && (mode !== "bilinear" || alignCorners)) {
    throw new ValueError(
      'Cannot interpolate with antialias: use it with mode "bilinear", without alignCorners',
    );
  }
  if (mode === "nearest" || isFloat(x.dtype)) return;
  throw new DTypeError(
    `Cannot interpolate ${x.dtype} with mode "${mode}": convert it with .to("float32")`,
  );
}

function takeNearest(x: Tensor, axis: number, { from, to, step }: Resizing): Tensor {
  const index = Array.from({ length: to }, (_, i) => Math.min(Math.floor(i * step), from - 1));
  return x.indexSelect(axis, tensor(index, { dtype: "int32" }));
}

function weighNeighbours(
  x: Tensor,
  axis: number,
  { from, to, step }: Resizing,
  alignCorners: boolean,
): Tensor {
  const place = (i: number): number => {
    if (alignCorners) return to === 1 ? 0 : i * (from - 1) / (to - 1);
    return Math.max((i + 0.5) * step - 0.5, 0);
  };
  const places = Array.from({ length: to }, (_, i) => Math.min(place(i), from - 1));
  const neighbour = (offset: number) => {
    const index = places.map((p) => Math.min(Math.floor(p) + offset, from - 1));
    return x.indexSelect(axis, tensor(index, { dtype: "int32" }));
  };
  const weights = tensor(places.map((p) => p - Math.floor(p)), { dtype: x.dtype })
    .reshape([to, ...x.shape.slice(axis + 1).map(() => 1)]);
  return run(ops.lerp, [neighbour(0), neighbour(1), weights], undefined);
}

/**
 * Images or sequences of another size; see `functional.interpolate`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Upsample } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[[1, 2]]]);
 * assert.deepEqual(new Upsample({ scaleFactor: 2 })(x).toArray(), [[[1, 1, 2, 2]]]);
 * const linear = new Upsample({ size: 3, mode: "linear", alignCorners: true });
 * assert.deepEqual(linear(x).toArray(), [[[1, 1.5, 2]]]);
 * ```
 */
export class Upsample extends Module {
  /** What the layer was made with. */
  readonly options: InterpolateOptions;

  /**
   * Makes the layer.
   *
   * @param options `size` or `scaleFactor`, `mode`, `alignCorners`, `antialias`
   */
  constructor(options: InterpolateOptions) {
    super();
    this.options = { ...options };
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }

  /** See {@link Module}. */
  override describe(): string {
    const written = Object.entries(this.options).map(([name, value]) =>
      `${name}: ${JSON.stringify(value)}`
    );
    return `{ ${written.join(", ")} }`;
  }
}
