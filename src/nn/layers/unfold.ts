/**
 * Overlapping blocks: images cut into columns, and columns added up to images.
 *
 * @module
 */

import { checkArguments, checkTensors, readOptions } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import type { Pair } from "../../kernels/kernels.ts";
import { ops } from "../../ops/table.ts";
import { formatShape } from "../../shape.ts";
import { listOf } from "../../storage/arena.ts";
import { indexTensor, run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { ConfiguredLayer, formatValue } from "./configured_layer.ts";
import { onBatch, pair, paired, type Size2d } from "./sizes.ts";

/** Options of `unfold`, `fold` and their layers. */
export interface UnfoldOptions {
  /** Distance between neighbouring elements of a block; default 1. */
  readonly dilation?: Size2d;
  /** Zeros on each side; default 0. */
  readonly padding?: Size2d;
  /** Distance between neighbouring blocks; default 1. */
  readonly stride?: Size2d;
}

const UNFOLD = { dilation: 1, padding: 0, stride: 1 } as const;

/** Arguments that `unfold` and `fold` share, read and checked. */
type BlockSizes = Readonly<Record<"kernelSize" | "dilation" | "padding" | "stride", Pair>>;

/** The blocks of images of one size. */
interface Blocks {
  /** Height and width with the padding. */
  readonly padded: Pair;
  /** Number of elements in a block. */
  readonly size: number;
  /** Number of blocks. */
  readonly count: number;
  /** For each element of the block, and each block, makes its place in the padded image. */
  readonly places: () => number[];
}

/** Base of `Unfold` and `Fold`. */
export abstract class BlockLayer extends ConfiguredLayer {
  /** Height and width of a block. */
  declare readonly kernelSize: Pair;
  /** Distance between neighbouring elements of a block. */
  declare readonly dilation: Pair;
  /** Zeros on each side. */
  declare readonly padding: Pair;
  /** Distance between neighbouring blocks. */
  declare readonly stride: Pair;

  /**
   * Makes the layer.
   *
   * @param sizes the arguments in front of the options
   * @param options `dilation`, `padding`, `stride`
   * @throws {ValueError} if a size is not a whole number above 0
   */
  constructor(
    sizes: { readonly kernelSize: Size2d; readonly outputSize?: Size2d },
    options: UnfoldOptions,
  ) {
    super(sizes, options, UNFOLD, paired);
    checkSizes(`make ${new.target.name}`, this);
  }
}

function readSizes(action: string, kernelSize: Size2d, options: UnfoldOptions): BlockSizes {
  const sizes = paired({ kernelSize, ...readOptions(action, options, UNFOLD) });
  checkSizes(action, sizes);
  return sizes;
}

function checkSizes(action: string, sizes: BlockSizes & { readonly outputSize?: Pair }): void {
  for (const name of ["outputSize", "kernelSize", "dilation", "padding", "stride"] as const) {
    const least = name === "padding" ? 0 : 1;
    const values: unknown = name in sizes ? sizes[name] : [];
    const isSize = (n: unknown) => Number.isInteger(n) && (n as number) >= least;
    if (Array.isArray(values) && values.every(isSize)) continue;
    throw new ValueError(
      `Cannot ${action} with ${name} ${formatValue(sizes[name])}: it must be a whole number, ` +
        `${least} or more`,
    );
  }
}

/**
 * Copies the blocks that a convolution with this window sees: `[n, c, h, w] → [n, c · kh · kw,
 * blocks]`.
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
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2, 3], [4, 5, 6]]]);
 * const y = functional.unfold(x, 2);
 * assertEquals(y.toArray(), [[1, 2], [2, 3], [4, 5], [5, 6]]);
 * ```
 */
export function unfold(x: Tensor, kernelSize: Size2d, options: UnfoldOptions = {}): Tensor {
  checkArguments("unfold", arguments, 3);
  const sizes = readSizes("unfold", kernelSize, options);
  const [top, left] = sizes.padding;
  return scope(() => {
    const columns = onBatch(x, "unfold", (images) => {
      const [n, c, h, w] = images.shape;
      const { size, count } = blocksOf("unfold", [h, w], sizes);
      const padded = images.pad([left, left, top, top]);
      const blocks = blocksAlong(blocksAlong(padded, 0, sizes), 1, sizes);
      return blocks.permute(0, 1, 4, 5, 2, 3).reshape(n, c * size, count, 1);
    });
    return columns.squeeze(-1);
  });
}

/**
 * Copies blocks of images into columns; see `functional.unfold`.
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Unfold } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const patches = new Unfold(4, { stride: 4 });
 * assertEquals(patches(zeros([2, 3, 8, 12])).shape, [2, 48, 6]);
 * ```
 */
export class Unfold extends BlockLayer {
  /**
   * Makes the layer.
   *
   * @param kernelSize height and width of a block
   * @param options `dilation`, `padding`, `stride`
   * @throws {ValueError} if a size is not a whole number above 0
   */
  constructor(kernelSize: Size2d, options: UnfoldOptions = {}) {
    checkArguments("make Unfold", arguments, 2);
    super({ kernelSize }, options);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return unfold(x, this.kernelSize, this);
  }
}

/**
 * Adds up overlapping blocks: `[n, c · kh · kw, blocks] → [n, c, h, w]`, the transpose of `unfold`
 * rather than its inverse.
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
 * import { assertEquals } from "@std/assert";
 *
 * const y = functional.fold(ones([4, 2]), [2, 3], 2); // two blocks, which share a column
 * assertEquals(y.toArray(), [[[1, 2, 1], [1, 2, 1]]]);
 * ```
 */
export function fold(
  x: Tensor,
  outputSize: Size2d,
  kernelSize: Size2d,
  options: UnfoldOptions = {},
): Tensor {
  checkArguments("fold", arguments, 4);
  checkTensors("fold", x);
  const image = pair(outputSize);
  const sizes = readSizes("fold", kernelSize, options);
  checkSizes("fold", { ...sizes, outputSize: image });
  const [top, left] = sizes.padding;
  const { padded, size, count, places } = blocksOf("fold", image, sizes);
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
    const index = indexTensor(places());
    const shape = [n, c, padded[0] * padded[1]];
    const sum = run(ops.indexAdd, [x.reshape(n, c, size * count), index], { shape, axis: 2 });
    return sum.reshape(n, c, ...padded).pad([-left, -left, -top, -top])
      .reshape(...outer, c, ...image);
  });
}

/**
 * Adds up blocks to images; see `functional.fold`.
 *
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import { Fold, Unfold } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = arange(16).reshape(1, 1, 4, 4);
 * const options = { stride: 2 }; // blocks side by side
 * const there = new Unfold(2, options);
 * const back = new Fold(4, 2, options);
 * assertEquals(back(there(x)).equal(x), true);
 * ```
 */
export class Fold extends BlockLayer {
  /** Height and width of the images. */
  declare readonly outputSize: Pair;

  /**
   * Makes the layer.
   *
   * @param outputSize height and width of the images
   * @param kernelSize height and width of a block
   * @param options `dilation`, `padding`, `stride`
   * @throws {ValueError} if a size is not a whole number above 0
   */
  constructor(outputSize: Size2d, kernelSize: Size2d, options: UnfoldOptions = {}) {
    checkArguments("make Fold", arguments, 3);
    super({ outputSize, kernelSize }, options);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return fold(x, this.outputSize, this.kernelSize, this);
  }
}

/** Returns a view with a new last axis, of the elements of the blocks along height (0) or width (1). */
function blocksAlong(x: Tensor, axis: 0 | 1, sizes: BlockSizes): Tensor {
  const step = sizes.dilation[axis];
  const size = step * (sizes.kernelSize[axis] - 1) + 1;
  const blocks = x.unfold(2 + axis, { size, step: sizes.stride[axis] });
  return step === 1 ? blocks : blocks.slice(0, null, { axis: -1, step });
}

function blocksOf(action: string, image: Pair, sizes: BlockSizes): Blocks {
  const { kernelSize: kernel, dilation, padding, stride } = sizes;
  const padded: Pair = [image[0] + 2 * padding[0], image[1] + 2 * padding[1]];
  const counts = padded.map((room, i) =>
    Math.floor((room - dilation[i] * (kernel[i] - 1) - 1) / stride[i]) + 1
  );
  if (counts.some((n) => !(n > 0))) {
    throw new ShapeError(
      `Cannot ${action} images of ${image.join(" × ")} with kernelSize ${formatValue(kernel)}, ` +
        `dilation ${formatValue(dilation)} and padding ${formatValue(padding)}: no block fits; ` +
        `use smaller ones, or more padding`,
      image,
    );
  }
  const count = counts[0] * counts[1];
  const size = kernel[0] * kernel[1];
  const places = (): number[] => {
    const inside = placesIn(kernel, dilation, padded[1]);
    const starts = placesIn(counts as unknown as Pair, stride, padded[1]);
    return listOf(size * count, (i) => inside[Math.floor(i / count)] + starts[i % count]);
  };
  return { padded, size, count, places };
}

/** Places of `rows × columns` elements that are `steps` apart, in images of `width` columns. */
function placesIn([rows, columns]: Pair, steps: Pair, width: number): number[] {
  return listOf(
    rows * columns,
    (i) => Math.floor(i / columns) * steps[0] * width + (i % columns) * steps[1],
  );
}
