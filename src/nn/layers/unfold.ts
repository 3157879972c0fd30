/**
 * Images taken apart into overlapping blocks, and put together again.
 *
 * @module
 */

import { requireTensors } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import type { Pair } from "../../kernels/kernels.ts";
import { ops } from "../../ops/table.ts";
import { formatShape } from "../../shape.ts";
import { tensor } from "../../tensor/create.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { formatArguments, Module, type PrintedOption } from "../module.ts";
import { formatPair, onBatch, pair, type Size2d } from "./sizes.ts";

/** Options of `unfold`, `fold` and their layers. */
export interface SlidingOptions {
  /** Distance between neighbouring elements of a block; default 1. */
  readonly dilation?: Size2d;
  /** Zeros on each side; default 0. */
  readonly padding?: Size2d;
  /** Distance between neighbouring blocks; default 1. */
  readonly stride?: Size2d;
}

/** Where the elements of all blocks lie in images of one size. */
interface Blocks {
  /** Height and width with the padding. */
  readonly padded: Pair;
  readonly padding: Pair;
  /** Elements of a block. */
  readonly size: number;
  /** How many blocks there are. */
  readonly count: number;
  /** For each element of the block, and each block, the place in the padded image. */
  readonly places: Int32Array;
}

/**
 * The blocks that a convolution with this window sees: `[n, c, h, w] → [n, c · kh · kw, blocks]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html
 *
 * @param x `[n, c, h, w]`, or `[c, h, w]`
 * @param kernelSize height and width of a block
 * @param options `dilation`, `padding`, `stride`
 * @returns a column for each block, row by row; without `n` if the input is a single image
 * @throws {ShapeError} if no block fits, or the input is of another rank
 * @throws {ValueError} if a size is not a whole number above 0
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[[1, 2, 3], [4, 5, 6]]]);
 * const y = functional.unfold(x, 2);
 * assert.deepEqual(y.toArray(), [[1, 2], [2, 3], [4, 5], [5, 6]]);
 * ```
 */
export function unfold(x: Tensor, kernelSize: Size2d, options: SlidingOptions = {}): Tensor {
  return scope(() => {
    const columns = onBatch(x, "unfold", (images) => {
      const [n, c, h, w] = images.shape;
      const blocks = blocksOf("unfold", [h, w], kernelSize, options);
      const { padded, padding: [top, left], size, count, places } = blocks;
      const flat = images.pad([left, left, top, top]).reshape(n, c, padded[0] * padded[1]);
      const index = tensor(places, { dtype: "int32" });
      return flat.indexSelect(2, index).reshape(n, c * size, count, 1);
    });
    return columns.squeeze(-1);
  });
}

/**
 * The sum of blocks that overlap: `[n, c · kh · kw, blocks] → [n, c, h, w]`, the transpose of
 * `unfold` rather than its inverse.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.fold.html
 *
 * @param x `[n, c · kh · kw, blocks]`, or without `n`
 * @param outputSize height and width of the images
 * @param kernelSize height and width of a block
 * @param options `dilation`, `padding`, `stride`
 * @throws {ShapeError} if blocks of this kind do not make images of that size
 * @throws {ValueError} if a size is not a whole number above 0
 * @example
 * ```ts
 * import { ones } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const y = functional.fold(ones([4, 2]), [2, 3], 2); // two blocks, which share a column
 * assert.deepEqual(y.toArray(), [[[1, 2, 1], [1, 2, 1]]]);
 * ```
 */
export function fold(
  x: Tensor,
  outputSize: Size2d,
  kernelSize: Size2d,
  options: SlidingOptions = {},
): Tensor {
  requireTensors("fold", x);
  const image = pair(outputSize);
  const blocks = blocksOf("fold", image, kernelSize, options);
  const { padded, padding: [top, left], size, count, places } = blocks;
  const [rows, columns] = x.shape.slice(-2);
  if ((x.ndim !== 2 && x.ndim !== 3) || rows % size !== 0 || columns !== count) {
    throw new ShapeError(
      `Cannot fold shape ${formatShape(x.shape)} to images of ${image.join(" × ")}: it must be ` +
        `[n, c · ${size}, ${count}] or [c · ${size}, ${count}]`,
      x.shape,
    );
  }
  const outer = x.shape.slice(0, -2);
  const n = outer[0] ?? 1;
  const c = rows / size;
  return scope(() => {
    const index = tensor(places, { dtype: "int32" });
    const shape = [n, c, padded[0] * padded[1]];
    const sum = run(ops.indexAdd, [x.reshape(n, c, size * count), index], { shape, axis: 2 });
    return sum.reshape(n, c, ...padded).pad([-left, -left, -top, -top])
      .reshape(...outer, c, ...image);
  });
}

function blocksOf(
  action: string,
  image: Pair,
  kernelSize: Size2d,
  { dilation = 1, padding = 0, stride = 1 }: SlidingOptions,
): Blocks {
  const kernel = wholePair(action, "kernelSize", kernelSize, 1);
  const apart = wholePair(action, "dilation", dilation, 1);
  const border = wholePair(action, "padding", padding, 0);
  const step = wholePair(action, "stride", stride, 1);
  const axes = [0, 1] as const;
  const padded = axes.map((i) => image[i] + 2 * border[i]);
  const counts = axes.map((i) => {
    return Math.floor((padded[i] - apart[i] * (kernel[i] - 1) - 1) / step[i]) + 1;
  });
  if (counts.some((n) => !(n > 0))) {
    throw new ShapeError(
      `Cannot ${action} images of ${image.join(" × ")} with kernelSize ${formatPair(kernel)}, ` +
        `dilation ${formatPair(apart)} and padding ${formatPair(border)}: no block fits; use ` +
        `smaller ones, or more padding`,
      image,
    );
  }
  const count = counts[0] * counts[1];
  const size = kernel[0] * kernel[1];
  const places = Int32Array.from({ length: size * count }, (_, i) => {
    const [inside, block] = [Math.floor(i / count), i % count];
    const row = Math.floor(inside / kernel[1]) * apart[0] + Math.floor(block / counts[1]) * step[0];
    const column = (inside % kernel[1]) * apart[1] + (block % counts[1]) * step[1];
    return row * padded[1] + column;
  });
  return { padded: [padded[0], padded[1]], padding: border, size, count, places };
}

function wholePair(action: string, name: string, value: Size2d, least: number): Pair {
  const sizes = pair(value);
  if (sizes.every((n) => Number.isInteger(n) && n >= least)) return sizes;
  throw new ValueError(
    `Cannot ${action} with ${name} ${
      formatPair(sizes)
    }: it must be a whole number, ${least} or more`,
  );
}

/**
 * What `Unfold` and `Fold` have in common.
 *
 * @example
 * ```ts
 * import { Sliding, Unfold } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new Unfold(3, { stride: 2 });
 * assert.ok(layer instanceof Sliding);
 * assert.deepEqual(layer.stride, [2, 2]);
 * ```
 */
export abstract class Sliding extends Module {
  /** Height and width of a block. */
  readonly kernelSize: Pair;
  /** Distance between neighbouring elements of a block. */
  readonly dilation: Pair;
  /** Zeros on each side. */
  readonly padding: Pair;
  /** Distance between neighbouring blocks. */
  readonly stride: Pair;

  /**
   * Makes the layer.
   *
   * @param kernelSize height and width of a block
   * @param options `dilation`, `padding`, `stride`
   * @throws {ValueError} if a size is not a whole number above 0
   */
  constructor(kernelSize: Size2d, options: SlidingOptions = {}) {
    super();
    const action = `make ${new.target.name}`;
    this.kernelSize = wholePair(action, "kernelSize", kernelSize, 1);
    this.dilation = wholePair(action, "dilation", options.dilation ?? 1, 1);
    this.padding = wholePair(action, "padding", options.padding ?? 0, 0);
    this.stride = wholePair(action, "stride", options.stride ?? 1, 1);
  }

  /** @internal */
  protected printedOptions(): PrintedOption[] {
    return [
      ["dilation", formatPair(this.dilation), "1"],
      ["padding", formatPair(this.padding), "0"],
      ["stride", formatPair(this.stride), "1"],
    ];
  }
}

/**
 * Blocks of images as columns; see `functional.unfold`.
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Unfold } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const patches = new Unfold(4, { stride: 4 });
 * assert.deepEqual(patches(zeros([2, 3, 8, 12])).shape, [2, 48, 6]);
 * ```
 */
export class Unfold extends Sliding {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return unfold(x, this.kernelSize, this);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    return formatArguments([formatPair(this.kernelSize)], this.printedOptions());
  }
}

/**
 * Images as sums of blocks; see `functional.fold`.
 *
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import { Fold, Unfold } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = arange(16).reshape(1, 1, 4, 4);
 * const options = { stride: 2 }; // blocks side by side
 * const there = new Unfold(2, options);
 * const back = new Fold(4, 2, options);
 * assert.equal(back(there(x)).equal(x), true);
 * ```
 */
export class Fold extends Sliding {
  /** Height and width of the images. */
  readonly outputSize: Pair;

  /**
   * Makes the layer.
   *
   * @param outputSize height and width of the images
   * @param kernelSize height and width of a block
   * @param options `dilation`, `padding`, `stride`
   * @throws {ValueError} if a size is not a whole number above 0
   */
  constructor(outputSize: Size2d, kernelSize: Size2d, options: SlidingOptions = {}) {
    super(kernelSize, options);
    this.outputSize = wholePair("make Fold", "outputSize", outputSize, 1);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return fold(x, this.outputSize, this.kernelSize, this);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    const positional = [formatPair(this.outputSize), formatPair(this.kernelSize)];
    return formatArguments(positional, this.printedOptions());
  }
}
