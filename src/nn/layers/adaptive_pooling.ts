/**
 * Pooling to a given size from inputs of any size.
 *
 * Window i of `out` along an axis of size `n` goes from ⌊i n / out⌋ to ⌈(i + 1) n / out⌉, so windows
 * may overlap by one element.
 *
 * @module
 */

import { checkArguments, checkFloat } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import type { Pair } from "../../kernels/kernels.ts";
import { quoted } from "../../names.ts";
import { formatShape } from "../../shape.ts";
import { listOf } from "../../storage/arena.ts";
import { checkRoom } from "../../storage/ndarray.ts";
import { tensor } from "../../tensor/create.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { ConfiguredLayer } from "./configured_layer.ts";
import { largestOf, meanOf } from "./pool_images.ts";
import { onBatch, onSequences } from "./sizes.ts";

/** Size of a result along one axis; `null` keeps that of the input. */
export type AdaptiveSize = number | null;

/** Height and width of a result; `null` keeps that of the input. */
export type AdaptivePair = readonly [height: AdaptiveSize, width: AdaptiveSize];

/** One size for both height and width, or one for each. */
export type AdaptiveSize2d = AdaptiveSize | AdaptivePair;

function pair(size: AdaptiveSize2d): AdaptivePair {
  return typeof size === "number" || size === null ? [size, size] : size;
}

/** Base of the layers that pool to a given size. */
export abstract class AdaptivePool<S extends AdaptiveSize2d> extends ConfiguredLayer {
  /** Size of the result. */
  declare readonly outputSize: S;

  /**
   * Makes the layer.
   *
   * @param outputSize size of the result; `null` keeps that of the input
   * @throws {ValueError} if it is not of whole numbers above 0
   */
  constructor(outputSize: S) {
    checkArguments(`make ${new.target.name}`, arguments, 1);
    super({ outputSize });
    checkSize(`make ${new.target.name}`, outputSize, Array.isArray(outputSize) ? 2 : 1);
  }
}

/**
 * Takes the mean of each of `outputSize` windows, which cover the image: `[n, c, h, w] → [n, c, h′,
 * w′]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html
 *
 * @param x `[n, c, h, w]`, or `[c, h, w]`
 * @param outputSize height and width of the result; `null` keeps that of the input
 * @throws {ShapeError} if the image is empty
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2, 3, 4], [5, 6, 7, 8]]]);
 * assertEquals(functional.adaptiveAvgPool2d(x, [1, 2]).toArray(), [[[3.5, 5.5]]]);
 * ```
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: AdaptiveSize2d): Tensor {
  checkArguments("adaptiveAvgPool2d", arguments, 2);
  return adaptive("adaptiveAvgPool2d", x, outputSize, 2, MEAN);
}

/**
 * Takes the means of windows that cover the image; see `functional.adaptiveAvgPool2d`.
 *
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import { AdaptiveAvgPool2d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const pool = new AdaptiveAvgPool2d([1, 2]);
 * assertEquals(pool(arange(6, { dtype: "float32" }).reshape(1, 2, 3)).toArray(), [[[2, 3]]]);
 * ```
 */
export class AdaptiveAvgPool2d extends AdaptivePool<AdaptivePair> {
  /**
   * Makes the layer.
   *
   * @param outputSize height and width of the result; `null` keeps that of the input
   * @throws {ValueError} if it is not of whole numbers above 0
   */
  constructor(outputSize: AdaptiveSize2d) {
    checkArguments("make AdaptiveAvgPool2d", arguments, 1);
    super(pair(outputSize));
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/**
 * Takes the largest element of each of `outputSize` windows, which cover the image: `[n, c, h, w] →
 * [n, c, h′, w′]`. Of equal elements the first gets the gradient.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html
 *
 * @param x `[n, c, h, w]`, or `[c, h, w]`
 * @param outputSize height and width of the result; `null` keeps that of the input
 * @throws {ShapeError} if the image is empty
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2, 3, 4], [5, 6, 7, 8]]]);
 * assertEquals(functional.adaptiveMaxPool2d(x, [1, 2]).toArray(), [[[6, 8]]]);
 * ```
 */
export function adaptiveMaxPool2d(x: Tensor, outputSize: AdaptiveSize2d): Tensor {
  checkArguments("adaptiveMaxPool2d", arguments, 2);
  return adaptive("adaptiveMaxPool2d", x, outputSize, 2, MAXIMUM);
}

/**
 * Takes the largest elements of windows that cover the image; see `functional.adaptiveMaxPool2d`.
 *
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import { AdaptiveMaxPool2d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const pool = new AdaptiveMaxPool2d(1);
 * assertEquals(pool(arange(6).reshape(1, 2, 3)).toArray(), [[[5]]]);
 * ```
 */
export class AdaptiveMaxPool2d extends AdaptivePool<AdaptivePair> {
  /**
   * Makes the layer.
   *
   * @param outputSize height and width of the result; `null` keeps that of the input
   * @throws {ValueError} if it is not of whole numbers above 0
   */
  constructor(outputSize: AdaptiveSize2d) {
    checkArguments("make AdaptiveMaxPool2d", arguments, 1);
    super(pair(outputSize));
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return adaptiveMaxPool2d(x, this.outputSize);
  }
}

/**
 * Takes the mean of each of `outputSize` windows, which cover the sequence: `[n, c, l] → [n, c,
 * l′]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool1d.html
 *
 * @param x `[n, c, l]`, or `[c, l]`
 * @param outputSize length of the result; `null` keeps that of the input
 * @throws {ShapeError} if the sequence is empty
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * // 5 elements in 2 windows: they overlap in the middle one.
 * const x = tensor([[1, 2, 3, 4, 5]]);
 * assertEquals(functional.adaptiveAvgPool1d(x, 2).toArray(), [[2, 4]]);
 * ```
 */
export function adaptiveAvgPool1d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  checkArguments("adaptiveAvgPool1d", arguments, 2);
  return adaptive("adaptiveAvgPool1d", x, outputSize, 1, MEAN);
}

/**
 * Takes the means of windows that cover the sequence; see `functional.adaptiveAvgPool1d`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { AdaptiveAvgPool1d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new AdaptiveAvgPool1d(2)(tensor([[1, 3, 5, 7]])).toArray(), [[2, 6]]);
 * ```
 */
export class AdaptiveAvgPool1d extends AdaptivePool<AdaptiveSize> {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return adaptiveAvgPool1d(x, this.outputSize);
  }
}

/**
 * Takes the largest element of each of `outputSize` windows, which cover the sequence: `[n, c, l] →
 * [n, c, l′]`. Of equal elements the first gets the gradient.
 *
 * @param x `[n, c, l]`, or `[c, l]`
 * @param outputSize length of the result; `null` keeps that of the input
 * @throws {ShapeError} if the sequence is empty
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 5, 2, 4, 3]]);
 * assertEquals(functional.adaptiveMaxPool1d(x, 2).toArray(), [[5, 4]]);
 * ```
 */
export function adaptiveMaxPool1d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  checkArguments("adaptiveMaxPool1d", arguments, 2);
  return adaptive("adaptiveMaxPool1d", x, outputSize, 1, MAXIMUM);
}

/**
 * Takes the largest elements of windows that cover the sequence; see
 * `functional.adaptiveMaxPool1d`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { AdaptiveMaxPool1d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new AdaptiveMaxPool1d(2)(tensor([[1, 3, 7, 5]])).toArray(), [[3, 7]]);
 * ```
 */
export class AdaptiveMaxPool1d extends AdaptivePool<AdaptiveSize> {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return adaptiveMaxPool1d(x, this.outputSize);
  }
}

function checkSize(action: string, size: AdaptiveSize2d, axes: 1 | 2): void {
  const sizes: readonly unknown[] = Array.isArray(size) && axes === 2 ? size : [size, size];
  const isSize = (n: unknown) => n === null || (Number.isSafeInteger(n) && Number(n) > 0);
  if (sizes.length === 2 && sizes.every(isSize)) return;
  throw new ValueError(
    `Cannot ${action} to size ${quoted(size)}: sizes must be whole numbers above 0, or null for ` +
      `that of the input`,
  );
}

/** Makes elements of windows. */
interface Pooling {
  /** Rejects what cannot be pooled. */
  readonly check?: (action: string, x: Tensor) => void;
  /** Pools windows of one size, which tile the images or overlap by as many elements each. */
  readonly regular: typeof meanOf;
  /** Pools windows of several sizes along one axis. */
  readonly along: (x: Tensor, axis: number, size: number) => Tensor;
}

const MEAN: Pooling = { check: checkFloat, regular: meanOf, along: meanAlong };
const MAXIMUM: Pooling = { regular: largestOf, along: largestAlong };

/** Pools the last axis, or the last two, for the function `name`. */
function adaptive(
  name: string,
  x: Tensor,
  outputSize: AdaptiveSize2d,
  axes: 1 | 2,
  { check, regular, along }: Pooling,
): Tensor {
  checkSize(name, outputSize, axes);
  const pool = (images: Tensor): Tensor => {
    check?.(name, x);
    if (x.shape.slice(-axes).includes(0)) {
      throw new ShapeError(`Cannot ${name} shape ${formatShape(x.shape)}: it is empty`, x.shape);
    }
    const [n, c, h, w] = images.shape;
    const sizes = pair(outputSize);
    const [rows, columns] = [axes === 1 ? 1 : sizes[0] ?? h, sizes[1] ?? w];
    checkRoom([n, c, rows, columns], x.dtype);
    const [down, right] = [regularWindow(h, rows), regularWindow(w, columns)];
    if (down !== null && right !== null) {
      const [kernelSize, stride]: Pair[] = [[down.size, right.size], [down.step, right.step]];
      return regular(images, { ...PLAIN, kernelSize, stride });
    }
    // Rows of a window come before its columns, so the first of equal maxima is found in the end.
    return along(along(images, 3, columns), 2, rows);
  };
  return scope(() => (axes === 1 ? onSequences : onBatch)(x, name, pool));
}

/** Nothing beside the windows. */
const PLAIN = {
  padding: [0, 0],
  dilation: [1, 1],
  ceilMode: false,
  countIncludePad: true,
  divisorOverride: null,
} as const;

/** Starts and sizes of `out` windows that cover `n` elements. */
function windowsOf(n: number, out: number): { starts: number[]; sizes: number[] } {
  const starts = listOf(out, (i) => Math.floor(i * n / out));
  return { starts, sizes: starts.map((start, i) => Math.ceil((i + 1) * n / out) - start) };
}

/** Size and distance of these windows, if they are the same for all. */
function regularWindow(n: number, out: number): { size: number; step: number } | null {
  const { starts, sizes } = windowsOf(n, out);
  const [size, step] = [sizes[0], starts[1] ?? n];
  const isRegular = starts.every((start, i) => start === i * step && sizes[i] === size);
  return isRegular && step > 0 ? { size, step } : null;
}

/** Windows along an axis, which becomes two: that of the windows, and that of their elements. */
interface Windows {
  /** Windows that are shorter than the longest one repeat their last element. */
  readonly elements: Tensor;
  /** Number of elements of each window. */
  readonly sizes: readonly number[];
}

function windowsAlong(x: Tensor, axis: number, out: number): Windows {
  const n = x.shape[axis];
  const { starts, sizes } = windowsOf(n, out);
  const longest = Math.max(...sizes);
  const index = starts.flatMap((start, i) =>
    Array.from({ length: longest }, (_, j) => start + Math.min(j, sizes[i] - 1))
  );
  const elements = x.indexSelect(axis, tensor(index, { dtype: "int32" }));
  const shape = [...x.shape.slice(0, axis), out, longest, ...x.shape.slice(axis + 1)];
  return { elements: elements.reshape(shape), sizes };
}

function meanAlong(x: Tensor, axis: number, out: number): Tensor {
  const { elements, sizes } = windowsAlong(x, axis, out);
  const longest = elements.shape[axis + 1];
  const inner = x.shape.slice(axis + 1).map(() => 1);
  const repeats = sizes.flatMap((n) => Array.from({ length: longest }, (_, j) => j >= n));
  const mask = tensor(repeats, { dtype: "bool" }).reshape([out, longest, ...inner]);
  const counts = tensor(sizes, { dtype: "int32" }).reshape([out, ...inner]);
  return elements.maskedFill(mask, 0).sum(axis + 1).div(counts);
}

function largestAlong(x: Tensor, axis: number, out: number): Tensor {
  return windowsAlong(x, axis, out).elements.max(axis + 1).values;
}
