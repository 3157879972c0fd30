/**
 * Images and sequences of another size, and pixels that become channels.
 *
 * @module
 */

import {
  checkArguments,
  checkTensors,
  checkType,
  type ReadOptions,
  readOptions,
} from "../../checks.ts";
import { isFloat } from "../../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../../errors.ts";
import { quoted } from "../../names.ts";
import { ops } from "../../ops/table.ts";
import { formatShape, sizeOf } from "../../shape.ts";
import { listOf } from "../../storage/arena.ts";
import { checkRoom } from "../../storage/ndarray.ts";
import { tensor } from "../../tensor/create.ts";
import { indexTensor, run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { ConfiguredLayer } from "./configured_layer.ts";
import type { Size2d } from "./sizes.ts";

/** Ways to interpolate: `"linear"` for sequences, `"bilinear"` and `"bicubic"` for images. */
export type InterpolateMode = "nearest" | "linear" | "bilinear" | "bicubic";

/** Options of `interpolate` and `Upsample`; one of `size` and `scaleFactor` is needed. */
export interface InterpolateOptions {
  /** Size of the result: one number for all axes or one for each. */
  readonly size?: Size2d | null;
  /** Factor from the size of the input to that of the result, one for all axes or one for each. */
  readonly scaleFactor?: Size2d | null;
  /**
   * Take the nearest element (default), or weigh the two nearest along each axis, or four of them by
   * a cubic.
   */
  readonly mode?: InterpolateMode;
  /**
   * True if the centres of the corners stay where they are, rather than the corners; default false;
   * not for `"nearest"`.
   */
  readonly alignCorners?: boolean;
  /**
   * True to weigh smaller images from all pixels that they cover, as photo programs do, rather
   * than from neighbours alone; default false; for `"bilinear"` and `"bicubic"` without `alignCorners`.
   */
  readonly antialias?: boolean;
}

const INTERPOLATE = {
  size: null,
  scaleFactor: null,
  mode: "nearest",
  alignCorners: false,
  antialias: false,
} as const;

/** Sizes along one axis, before and after. */
interface Resizing {
  readonly from: number;
  readonly to: number;
  /** Distance between neighbours of the result, in elements of the input. */
  readonly step: number;
}

type ReadInterpolate = ReadOptions<InterpolateOptions, typeof INTERPOLATE>;

/** Rejects options that exclude each other. */
function checkInterpolate(action: string, options: ReadInterpolate): void {
  const { size, scaleFactor, mode, alignCorners, antialias } = options;
  if ((size === null) === (scaleFactor === null)) {
    throw new ValueError(`Cannot ${action}: give either size or scaleFactor`);
  }
  if (!antialias || (/^bi/.test(mode) && !alignCorners)) return;
  throw new ValueError(
    `Cannot ${action} with antialias: use it with mode "bilinear" or "bicubic", without alignCorners`,
  );
}

/**
 * Resizes images `[n, c, h, w]` or sequences `[n, c, l]`; `"linear"` is for sequences, `"bilinear"`
 * and `"bicubic"` for images. A cubic can overshoot the numbers that it passes through.
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
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[0, 4]]]);
 * assertEquals(functional.interpolate(x, { size: 4 }).toArray(), [[[0, 0, 4, 4]]]);
 * const y = functional.interpolate(x, { scaleFactor: 2, mode: "linear" });
 * assertEquals(y.toArray(), [[[0, 1, 3, 4]]]);
 * ```
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  checkArguments("interpolate", arguments, 2);
  const read = readOptions("interpolate", options, INTERPOLATE);
  checkInterpolate("interpolate", read);
  const { mode, alignCorners, antialias } = read;
  checkTensors("interpolate", x);
  checkInput(x, mode, alignCorners);
  const axes = x.shape.slice(2).map((size, i) => axisOf(x, size, i, read));
  checkRoom([...x.shape.slice(0, 2), ...axes.map(({ to }) => to)], x.dtype);
  return scope(() =>
    axes.reduce((y, axis, i) => {
      if (mode === "nearest") return takeNearest(y, 2 + i, axis);
      if (antialias) return weighArea(y, i === 0 ? -2 : -1, axis, mode === "bicubic");
      if (mode === "bicubic") return weighCubically(y, 2 + i, axis, alignCorners);
      return weighNeighbours(y, 2 + i, axis, alignCorners);
    }, x)
  );
}

function axisOf(x: Tensor, from: number, i: number, options: ReadInterpolate): Resizing {
  const { size, scaleFactor } = options;
  const of = (value: Size2d): number => {
    const one = typeof value === "object" ? value[i] : value;
    checkType("interpolate", "a size or factor", one, "number");
    return one;
  };
  const to = size !== null ? of(size) : Math.floor(from * of(scaleFactor!));
  if (!Number.isInteger(to) || to < 1 || from < 1) {
    throw new ShapeError(
      `Cannot interpolate shape ${formatShape(x.shape)} to size ${to} along axis ${2 + i}: sizes ` +
        `must be whole numbers above 0`,
      x.shape,
    );
  }
  return { from, to, step: size !== null ? from / to : 1 / of(scaleFactor!) };
}

function checkInput(x: Tensor, mode: InterpolateMode, alignCorners: boolean): void {
  const axes = x.ndim - 2;
  const fits = mode === "nearest"
    ? (axes === 1 || axes === 2) && !alignCorners
    : (mode === "linear" && axes === 1) ||
      ((mode === "bilinear" || mode === "bicubic") && axes === 2);
  if (!fits) {
    throw new ValueError(
      `Cannot interpolate shape ${formatShape(x.shape)} with mode "${mode}"` +
        (alignCorners ? " and alignCorners" : "") +
        `: use "nearest" (without alignCorners), "linear" for [n, c, l], "bilinear" or ` +
        `"bicubic" for [n, c, h, w]`,
    );
  }
  if (mode === "nearest" || isFloat(x.dtype)) return;
  throw new DTypeError(
    `Cannot interpolate ${x.dtype} with mode "${mode}": convert it with .to("float32")`,
  );
}

function takeNearest(x: Tensor, axis: number, { from, to, step }: Resizing): Tensor {
  const index = listOf(to, (i) => Math.min(Math.floor(i * step), from - 1));
  return x.indexSelect(axis, indexTensor(index));
}

function weighNeighbours(
  x: Tensor,
  axis: number,
  resizing: Resizing,
  alignCorners: boolean,
): Tensor {
  const { from } = resizing;
  const places = placesIn(resizing, alignCorners).map((p) => Math.min(Math.max(p, 0), from - 1));
  const weights = alongAxis(x, axis, places.map((p) => p - Math.floor(p)));
  const neighbour = (offset: number) => neighbours(x, axis, places, offset);
  return run(ops.lerp, [neighbour(0), neighbour(1), weights]);
}

/** Weighs four neighbours by the cubic of Keys (1981); those beyond an edge are the edge itself. */
function weighCubically(
  x: Tensor,
  axis: number,
  resizing: Resizing,
  alignCorners: boolean,
): Tensor {
  const places = placesIn(resizing, alignCorners);
  return [-1, 0, 1, 2].reduce((sum: Tensor | null, offset) => {
    const weights = places.map((p) => cubic(p - Math.floor(p) - offset, -0.75));
    const weighed = neighbours(x, axis, places, offset).mul(alongAxis(x, axis, weights));
    return sum === null ? weighed : sum.add(weighed);
  }, null)!;
}

/** Places of the elements of the result among those of the input. */
function placesIn({ from, to, step }: Resizing, alignCorners: boolean): number[] {
  const place = (i: number): number => {
    if (alignCorners) return to === 1 ? 0 : i * (from - 1) / (to - 1);
    return (i + 0.5) * step - 0.5;
  };
  return listOf(to, place);
}

/** Returns the elements `offset` after those at or before `places`; beyond an edge, the edge. */
function neighbours(x: Tensor, axis: number, places: readonly number[], offset: number): Tensor {
  const last = x.shape[axis] - 1;
  const index = places.map((p) => Math.min(Math.max(Math.floor(p) + offset, 0), last));
  return x.indexSelect(axis, indexTensor(index));
}

/** Returns `weights` in a shape that broadcasts along `axis` of `x`. */
function alongAxis(x: Tensor, axis: number, weights: readonly number[]): Tensor {
  return tensor(weights, { dtype: x.dtype })
    .reshape([weights.length, ...x.shape.slice(axis + 1).map(() => 1)]);
}

/** The weight of a neighbour at distance `d`; `a` is the slope at distance 1. */
function cubic(d: number, a: number): number {
  const x = Math.abs(d);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/**
 * Weighs, for each element of the result, all elements of the input that are nearer than one step of
 * the result (or of the input, if that is longer), two for a cubic, by their distance.
 *
 * It multiplies by a matrix of weights, which all lines share; so NaN and infinities spread over their
 * line.
 */
function weighArea(x: Tensor, axis: -2 | -1, resizing: Resizing, cubically: boolean): Tensor {
  const weights = tensor(weightsOf(resizing, cubically), { dtype: x.dtype });
  return axis === -1 ? x.matmul(weights.T) : weights.matmul(x);
}

/**
 * Returns a triangle, or a cubic, over the centre of each element of the result, `[to, from]`; rows add
 * up to 1.
 */
function weightsOf({ from, to, step }: Resizing, cubically: boolean): number[][] {
  const reach = Math.max(step, 1);
  return listOf(to, (i) => {
    const centre = (i + 0.5) * step;
    const near = (j: number): number => {
      const distance = (j + 0.5 - centre) / reach;
      return cubically ? cubic(distance, -0.5) : Math.max(0, 1 - Math.abs(distance));
    };
    const row = listOf(from, near);
    const total = row.reduce((sum, weight) => sum + weight, 0);
    return row.map((weight) => weight / total);
  });
}

/**
 * Resizes images or sequences; see `functional.interpolate`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Upsample } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2]]]);
 * assertEquals(new Upsample({ scaleFactor: 2 })(x).toArray(), [[[1, 1, 2, 2]]]);
 * const linear = new Upsample({ size: 3, mode: "linear", alignCorners: true });
 * assertEquals(linear(x).toArray(), [[[1, 1.5, 2]]]);
 * ```
 */
export class Upsample extends ConfiguredLayer {
  /** Size of the result, if given. */
  declare readonly size: Size2d | null;
  /** Factor from the size of the input to that of the result, if given. */
  declare readonly scaleFactor: Size2d | null;
  /** Interpolation: by the nearest element, or by two or four neighbours along each axis. */
  declare readonly mode: InterpolateMode;
  /** True if the centres of the corners stay where they are. */
  declare readonly alignCorners: boolean;
  /** True if smaller images are weighed from all pixels that they cover. */
  declare readonly antialias: boolean;

  /**
   * Makes the layer.
   *
   * @param options `size` or `scaleFactor`, `mode`, `alignCorners`, `antialias`
   * @throws {ValueError} if not exactly one of size and factor is given, or options exclude each other
   */
  constructor(options: InterpolateOptions) {
    checkArguments("make Upsample", arguments, 1);
    super({}, options, INTERPOLATE);
    checkInterpolate("make Upsample", this);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return interpolate(x, this);
  }
}

/**
 * Makes pixels of channels: `[…, c r², h, w] → […, c, h r, w r]`.
 *
 * Source: Shi et al., "Real-time single image and video super-resolution using an efficient
 * sub-pixel convolutional neural network" (2016).
 *
 * @param x with three axes or more
 * @param upscaleFactor r
 * @throws {ShapeError} if the channels do not divide by r²
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = arange(8).reshape(4, 1, 2); // four channels of 1 × 2 pixels
 * const y = functional.pixelShuffle(x, 2);
 * assertEquals(y.toArray(), [[[0, 2, 1, 3], [4, 6, 5, 7]]]);
 * ```
 */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  checkArguments("pixelShuffle", arguments, 2);
  checkTensors("pixelShuffle", x);
  const r = upscaleFactor;
  const [c, h, w] = x.shape.slice(-3);
  checkFactor(
    "pixelShuffle",
    x,
    r,
    () => c % (r * r) === 0,
    "c divide by the square of a whole number",
  );
  const outer = x.shape.slice(0, -3);
  const out = c / (r * r);
  return scope(() =>
    x.reshape([sizeOf(outer), out, r, r, h, w]).permute(0, 1, 4, 2, 5, 3)
      .reshape([...outer, out, h * r, w * r])
  );
}

/**
 * Makes pixels of channels; see `functional.pixelShuffle`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { PixelShuffle } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3, 4]).reshape(4, 1, 1);
 * assertEquals(new PixelShuffle(2)(x).toArray(), [[[1, 2], [3, 4]]]);
 * ```
 */
export class PixelShuffle extends ConfiguredLayer {
  /** Factor from the size of the input to that of the result. */
  declare readonly upscaleFactor: number;

  /**
   * Makes the layer.
   *
   * @param upscaleFactor factor from the size of the input to that of the result
   */
  constructor(upscaleFactor: number) {
    checkArguments("make PixelShuffle", arguments, 1);
    super({ upscaleFactor });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }
}

/**
 * Makes channels of pixels: `[…, c, h r, w r] → […, c r², h, w]`, the inverse of `pixelShuffle`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_unshuffle.html
 *
 * @param x with three axes or more
 * @param downscaleFactor r
 * @throws {ShapeError} if height or width do not divide by r
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[0, 2, 1, 3], [4, 6, 5, 7]]]); // one channel of 2 × 4 pixels
 * const y = functional.pixelUnshuffle(x, 2);
 * assertEquals(y.toArray(), [[[0, 1]], [[2, 3]], [[4, 5]], [[6, 7]]]);
 * ```
 */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  checkArguments("pixelUnshuffle", arguments, 2);
  checkTensors("pixelUnshuffle", x);
  const r = downscaleFactor;
  const [c, h, w] = x.shape.slice(-3);
  const divides = () => h % r === 0 && w % r === 0;
  checkFactor("pixelUnshuffle", x, r, divides, "h and w divide by a whole number");
  const outer = x.shape.slice(0, -3);
  const [rows, columns] = [h / r, w / r];
  return scope(() =>
    x.reshape([sizeOf(outer), c, rows, r, columns, r]).permute(0, 1, 3, 5, 2, 4)
      .reshape([...outer, c * r * r, rows, columns])
  );
}

/**
 * Makes channels of pixels; see `functional.pixelUnshuffle`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { PixelUnshuffle } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = new PixelUnshuffle(2)(tensor([[[1, 2], [3, 4]]]));
 * assertEquals(y.toArray(), [[[1]], [[2]], [[3]], [[4]]]);
 * ```
 */
export class PixelUnshuffle extends ConfiguredLayer {
  /** Factor from the size of the result to that of the input. */
  declare readonly downscaleFactor: number;

  /**
   * Makes the layer.
   *
   * @param downscaleFactor factor from the size of the result to that of the input
   */
  constructor(downscaleFactor: number) {
    checkArguments("make PixelUnshuffle", arguments, 1);
    super({ downscaleFactor });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }
}

function checkFactor(
  name: string,
  x: Tensor,
  r: number,
  divides: () => boolean,
  rule: string,
): void {
  if (x.ndim >= 3 && Number.isInteger(r) && r >= 1 && divides()) return;
  throw new ShapeError(
    `Cannot ${name} shape ${formatShape(x.shape)} by ${
      quoted(r)
    }: it must be [n, c, h, w] or [c, h, w], ` +
      `and ${rule}`,
    x.shape,
  );
}
