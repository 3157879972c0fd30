/**
 * Elements repeated, turned around and put elsewhere.
 *
 * @module
 */

import { ShapeError, ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { normalizeAxes, normalizeAxis } from "../checks.ts";
import { type Axes, formatShape } from "../shape.ts";
import type { Span } from "../storage/views.ts";
import { indexTensor } from "./index_tensor.ts";
import { pad, type PadOptions } from "./padding.ts";
import { PartedTensor } from "./parting.ts";
import { run } from "./run.ts";
import { pass } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `diagonal`, and of `diagEmbed` with other defaults. */
export interface DiagonalOptions {
  /** Which diagonal: above the main one if positive, below it if negative; default 0. */
  readonly offset?: number;
  /** The axis of the rows; default 0. */
  readonly axis1?: number;
  /** The axis of the columns; default 1. */
  readonly axis2?: number;
}

/** Options of `unfold`. */
export interface UnfoldOptions {
  /** Length of each window. */
  readonly size: number;
  /** Distance between the starts of windows; default 1. */
  readonly step?: number;
}

/**
 * The part of {@link Tensor} that rearranges elements.
 *
 * See https://pytorch.org/docs/stable/torch.html#indexing-slicing-joining-mutating-ops
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * assert.deepEqual(x.flip(1).toArray(), [[2, 1], [4, 3]]);
 * assert.deepEqual(x.diagonal().toArray(), [1, 4]);
 * ```
 */
export abstract class RearrangedTensor extends PartedTensor {
  /**
   * The tensor many times over: `sizes[i]` times along axis `i`; more sizes than axes add axes in
   * front. (`expand` repeats without a copy.)
   *
   * @param sizes one for each axis or more, whole numbers ≥ 0
   * @throws {ShapeError} if there are fewer sizes than axes, or a size is not a whole number ≥ 0
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 2]).repeat(2, 2).toArray(), [[1, 2, 1, 2], [1, 2, 1, 2]]);
   * ```
   */
  repeat(...sizes: number[]): Tensor {
    if (sizes.length < this.ndim || sizes.some((n) => !Number.isInteger(n) || n < 0)) {
      throw new ShapeError(
        `Cannot repeat shape ${formatShape(this.shape)} ${formatShape(sizes)} times: each axis ` +
          `needs a whole number, 0 or more; use tile() to name only the last ones`,
        this.shape,
      );
    }
    const shape = [...sizes.slice(this.ndim).map(() => 1), ...this.shape];
    // Each axis gets a neighbour in front along which it repeats, and both become one.
    return pass(() =>
      this.reshape(shape.flatMap((n) => [1, n]))
        .expand(shape.flatMap((n, i) => [sizes[i], n]))
        .reshape(shape.map((n, i) => n * sizes[i]))
    );
  }

  /**
   * As `repeat`, but fewer sizes than axes stand for the last axes.
   *
   * @param sizes how often along each of the last axes, whole numbers ≥ 0
   * @throws {ShapeError} if a size is not a whole number ≥ 0
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2], [3, 4]]);
   * assert.deepEqual(x.tile(2).toArray(), [[1, 2, 1, 2], [3, 4, 3, 4]]);
   * ```
   */
  tile(...sizes: number[]): Tensor {
    const missing = Math.max(this.ndim - sizes.length, 0);
    return this.repeat(...new Array<number>(missing).fill(1), ...sizes);
  }

  /**
   * Each entry of an axis repeated on the spot: `[a, b] → [a, a, b, b]`.
   *
   * @param repeats how often, for all or for each entry
   * @param axis the flattened tensor if left out
   * @throws {ValueError} if there is not one whole number ≥ 0 for each entry
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([7, 8]).repeatInterleave(2).toArray(), [7, 7, 8, 8]);
   * assert.deepEqual(tensor([7, 8]).repeatInterleave([1, 3], 0).toArray(), [7, 8, 8, 8]);
   * ```
   */
  repeatInterleave(repeats: number | readonly number[], axis?: number): Tensor {
    if (axis === undefined) return pass(() => this.reshape(this.size).repeatInterleave(repeats, 0));
    const along = normalizeAxis(axis, this.shape, "repeatInterleave");
    const entries = this.shape[along] ?? 1;
    const counts = typeof repeats === "number" ? new Array<number>(entries).fill(repeats) : repeats;
    if (counts.length !== entries || counts.some((n) => !Number.isInteger(n) || n < 0)) {
      throw new ValueError(
        `Cannot repeat the ${entries} entries of axis ${axis} [${counts.join(", ")}] times: each ` +
          `needs a whole number, 0 or more`,
      );
    }
    const index = counts.flatMap((n, i) => new Array<number>(n).fill(i));
    return pass(() => this.indexSelect(along, indexTensor(index)));
  }

  /**
   * Backwards along the axes, all of them by default, as a view.
   *
   * @param axes an axis or several
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[1, 2], [3, 4]]).flip(1).toArray(), [[2, 1], [4, 3]]);
   * ```
   */
  flip(axes?: Axes): Tensor {
    const turned = normalizeAxes(axes, this.shape, "flip");
    const spans = this.shape.map((length, axis): Span =>
      turned.includes(axis)
        ? { start: Math.max(length - 1, 0), step: -1, length }
        : { start: 0, step: 1, length }
    );
    return run(ops.slice, [this], spans);
  }

  /**
   * Entries moved by `shift` places along an axis; those that leave at one end return at the other.
   *
   * @param shift the distance, backwards if negative
   * @param axis the flattened tensor if left out
   * @throws {ShapeError} if there is no such axis
   * @throws {ValueError} if a shift is not a whole number
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 2, 3, 4]).roll(1).toArray(), [4, 1, 2, 3]);
   * ```
   */
  roll(shift: number, axis?: number): Tensor {
    if (axis === undefined) {
      return pass(() => this.reshape(this.size).roll(shift, 0).reshape(this.shape));
    }
    const along = normalizeAxis(axis, this.shape, "roll");
    if (!Number.isInteger(shift)) {
      throw new ValueError(`Cannot roll by ${shift} places: use a whole number`);
    }
    const size = this.shape[along] ?? 0;
    if (size === 0) return this.clone();
    const order = Array.from({ length: size }, (_, i) => (((i - shift) % size) + size) % size);
    return pass(() => this.indexSelect(along, indexTensor(order)));
  }

  /**
   * The elements on and below a diagonal of the last two axes; 0 above.
   *
   * @param diagonal 0 is the main one, 1 that above it, −1 that below it
   * @throws {ShapeError} if there are fewer than two axes
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(ones([2, 3]).tril().toArray(), [[1, 0, 0], [1, 1, 0]]);
   * ```
   */
  tril(diagonal = 0): Tensor {
    return run(ops.tril, [this], diagonal);
  }

  /**
   * The elements on and above a diagonal of the last two axes; 0 below.
   *
   * @param diagonal which: above the main one if positive, below it if negative; default 0
   * @throws {ShapeError} if there are fewer than two axes
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * // Where a position of a sequence may not look: at those after it.
   * const future = ones([3, 3]).triu(1);
   * assert.deepEqual(future.toArray(), [[0, 1, 1], [0, 0, 1], [0, 0, 0]]);
   * ```
   */
  triu(diagonal = 0): Tensor {
    return run(ops.triu, [this], diagonal);
  }

  /**
   * A diagonal of two axes, as a view, in which one axis at the end takes their place:
   * `[n, n, c] → [c, n]`.
   *
   * @param options see {@link DiagonalOptions}
   * @throws {ShapeError} if the two axes are the same
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[1, 2, 3], [4, 5, 6]]);
   * assert.deepEqual(x.diagonal().toArray(), [1, 5]);
   * assert.deepEqual(x.diagonal({ offset: 1 }).toArray(), [2, 6]);
   * assert.deepEqual(zeros([2, 3, 3]).diagonal({ axis1: 1, axis2: 2 }).shape, [2, 3]);
   * ```
   */
  diagonal(options: DiagonalOptions = {}): Tensor {
    const { offset = 0, axis1 = 0, axis2 = 1 } = options;
    const pair = [axis1, axis2].map((axis) => normalizeAxis(axis, this.shape, "diagonal"));
    if (this.ndim < 2 || pair[0] === pair[1]) {
      throw new ShapeError(
        `Cannot take a diagonal of axes ${axis1} and ${axis2} of shape ${
          formatShape(this.shape)
        }: ` +
          `it needs two different axes`,
        this.shape,
      );
    }
    const rest = this.shape.map((_, axis) => axis).filter((axis) => !pair.includes(axis));
    const outer = rest.map((axis) => this.shape[axis]);
    const [rows, columns] = pair.map((axis) => this.shape[axis]);
    const length = Math.max(Math.min(rows + Math.min(offset, 0), columns - Math.max(offset, 0)), 0);
    const start = length === 0 ? 0 : offset < 0 ? -offset * columns : offset;
    const flat = this.permute(...rest, ...pair).reshape(...outer, rows * columns);
    return run(ops.slice, [flat], [
      ...outer.map((size): Span => ({ start: 0, step: 1, length: size })),
      { start, step: columns + 1, length },
    ]);
  }

  /**
   * Of a matrix its diagonal; of a vector the matrix with that diagonal, 0 elsewhere.
   *
   * @param offset 0 is the main diagonal, 1 that above it, −1 that below it
   * @throws {ShapeError} if the tensor is neither a matrix nor a vector
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 2]).diag().toArray(), [[1, 0], [0, 2]]);
   * assert.deepEqual(tensor([[1, 2], [3, 4]]).diag().toArray(), [1, 4]);
   * ```
   */
  diag(offset = 0): Tensor {
    if (this.ndim !== 1) return this.diagonal({ offset });
    const [length] = this.shape;
    const size = length + Math.abs(offset);
    const start = offset < 0 ? -offset * size : offset;
    const spans = [{ start, step: size + 1, length }];
    return pass(() => run(ops.pad, [this], { shape: [size * size], spans }).reshape(size, size));
  }

  /**
   * The vectors of the last axis as diagonals of matrices, 0 elsewhere: `[…, n] → […, n, n]`.
   *
   * See https://pytorch.org/docs/stable/generated/torch.diag_embed.html
   *
   * @param options `offset`, default 0; `axis1` and `axis2`, where rows and columns go in the result,
   *   by default the last two
   * @throws {ShapeError} if this is a scalar, or the two axes are the same
   * @example
   * ```ts
   * import { tensor, zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[1, 2]]).diagEmbed().toArray(), [[[1, 0], [0, 2]]]);
   * assert.deepEqual(zeros([5, 2]).diagEmbed({ offset: 1 }).shape, [5, 3, 3]);
   * ```
   */
  diagEmbed(options: DiagonalOptions = {}): Tensor {
    const { offset = 0, axis1 = -2, axis2 = -1 } = options;
    const outer = this.shape.slice(0, -1);
    const length = this.shape[this.ndim - 1] ?? 0;
    const size = length + Math.abs(offset);
    const shape = [...outer, size, size];
    const axes = [axis1, axis2].map((axis) => normalizeAxis(axis, shape, "diagEmbed"));
    if (this.ndim === 0 || axes[0] === axes[1]) {
      throw new ShapeError(
        `Cannot diagEmbed shape ${
          formatShape(this.shape)
        } at axes ${axis1} and ${axis2}: it needs ` +
          `vectors, and two different axes`,
        this.shape,
      );
    }
    const spans = [
      ...outer.map((n): Span => ({ start: 0, step: 1, length: n })),
      { start: offset < 0 ? -offset * size : offset, step: size + 1, length },
    ];
    return pass(() =>
      run(ops.pad, [this], { shape: [...outer, size * size], spans })
        .reshape(shape)
        .movedim([-2, -1], axes)
    );
  }

  /**
   * Axes moved to other places, as a view; the others keep their order.
   *
   * @param from the axes that move
   * @param to where each of them goes
   * @throws {ShapeError} if the two do not go together, or an axis is named twice
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const image = zeros([28, 32, 3]); // height, width, colours
   * assert.deepEqual(image.movedim(-1, 0).shape, [3, 28, 32]);
   * ```
   */
  movedim(from: Axes, to: Axes): Tensor {
    const places = (axes: Axes): number[] =>
      (typeof axes === "number" ? [axes] : axes)
        .map((axis) => normalizeAxis(axis, this.shape, "movedim"));
    const [sources, targets] = [places(from), places(to)];
    if (sources.length !== targets.length || new Set(targets).size !== targets.length) {
      throw new ShapeError(
        `Cannot move axes [${sources.join(", ")}] to [${
          targets.join(", ")
        }]: each needs a place of ` +
          `its own`,
        this.shape,
      );
    }
    const rest = this.shape.map((_, axis) => axis).filter((axis) => !sources.includes(axis));
    const order = this.shape.map((_, axis) => {
      const moved = targets.indexOf(axis);
      return moved < 0 ? rest.shift()! : sources[moved];
    });
    return this.permute(...order);
  }

  /**
   * With a border: `padding` holds the widths before and after the last axis, then those of the axis
   * before it, and so on.
   *
   * @param padding pairs of widths; negative ones cut off
   * @param options `mode`: `"constant"`, `"reflect"`, `"replicate"` or `"circular"`; `value`
   * @throws {ShapeError} if there are more pairs than axes, or the border does not fit the mode
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 2]).pad([1, 2]).toArray(), [0, 1, 2, 0, 0]);
   * ```
   */
  pad(padding: readonly number[], options: PadOptions = {}): Tensor {
    return pad(this as unknown as Tensor, padding, options);
  }

  /**
   * The windows along an axis: the axis becomes their number, and their elements a new last axis.
   *
   * @param axis along which the windows move
   * @param options `size` of a window, `step` between two
   * @throws {ShapeError} if there is no such axis
   * @throws {ValueError} if a window does not fit, or the step is not a whole number above 0
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const windows = arange(5).unfold(0, { size: 3, step: 2 });
   * assert.deepEqual(windows.toArray(), [[0, 1, 2], [2, 3, 4]]);
   * ```
   */
  unfold(axis: number, options: UnfoldOptions): Tensor {
    const { size, step = 1 } = options;
    const along = normalizeAxis(axis, this.shape, "unfold");
    const total = this.shape[along] ?? 1;
    if (
      !(Number.isInteger(size) && size >= 0 && size <= total && Number.isInteger(step) && step > 0)
    ) {
      throw new ValueError(
        `Cannot unfold axis ${axis} of shape ${
          formatShape(this.shape)
        } into windows of ${size} at ` +
          `distance ${step}: a window must fit, and the distance be 1 or more`,
      );
    }
    const count = Math.floor((total - size) / step) + 1;
    const index = Array.from(
      { length: count * size },
      (_, i) => Math.floor(i / size) * step + i % size,
    );
    const parts = [...this.shape.slice(0, along), count, size, ...this.shape.slice(along + 1)];
    return pass(() => {
      const picked = this.indexSelect(along, indexTensor(index));
      return picked.reshape(parts).movedim(along + 1, -1);
    });
  }
}
