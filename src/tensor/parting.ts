/**
 * Tensors cut into parts along an axis.
 *
 * @module
 */

import { ShapeError, ValueError } from "../errors.ts";
import { normalizeAxis } from "../checks.ts";
import type { Index } from "./indexing.ts";
import { SelectableTensor } from "./selecting.ts";
import type { Tensor } from "./tensor.ts";

/**
 * The part of {@link Tensor} that cuts in parts; `split` is in {@link SelectableTensor}.
 *
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const sizes = arange(7).tensorSplit(3).map((part) => part.size);
 * assert.deepEqual(sizes, [3, 2, 2]);
 * ```
 */
export abstract class PartedTensor extends SelectableTensor {
  /**
   * `parts` parts of equal size along an axis, as views; the last may be smaller, or missing.
   *
   * @param parts how many at most
   * @param axis default 0
   * @throws {ShapeError} if there is no such axis
   * @throws {ValueError} if the number is not a whole number above 0
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(arange(5).chunk(2).map((part) => part.toArray()), [[0, 1, 2], [3, 4]]);
   * ```
   */
  chunk(parts: number, axis = 0): Tensor[] {
    if (!Number.isInteger(parts) || parts < 1) {
      throw new ValueError(`Cannot cut into ${parts} chunks: use a whole number above 0`);
    }
    const total = this.shape[normalizeAxis(axis, this.shape, "chunk")] ?? 1;
    if (total === 0) return this.split(new Array<number>(parts).fill(0), axis);
    return this.split(Math.max(Math.ceil(total / parts), 1), axis);
  }

  /**
   * Exactly `parts` parts along an axis, of sizes that differ by 1 at most; or the parts between
   * given positions, which count as those of `slice` do. As views.
   *
   * See https://pytorch.org/docs/stable/generated/torch.tensor_split.html
   *
   * @param parts how many, or the positions at which to cut
   * @param axis default 0
   * @throws {ShapeError} if there is no such axis
   * @throws {ValueError} if the number is not a whole number above 0, or a position is not whole
   * @example
   * ```ts
   * import { arange } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(arange(3).tensorSplit(2).map((part) => part.toArray()), [[0, 1], [2]]);
   * assert.deepEqual(arange(4).tensorSplit([1, 3]).map((part) => part.size), [1, 2, 1]);
   * ```
   */
  tensorSplit(parts: number | readonly number[], axis = 0): Tensor[] {
    const along = normalizeAxis(axis, this.shape, "tensorSplit");
    if (this.ndim === 0) {
      throw new ShapeError("Cannot tensorSplit a scalar: it has no axes", this.shape);
    }
    const cuts = typeof parts === "number" ? evenCuts(this.shape[along], parts) : parts;
    if (!cuts.every(Number.isInteger)) {
      throw new ValueError(`Cannot tensorSplit at [${cuts.join(", ")}]: use whole numbers`);
    }
    return [...cuts, null].map((stop, i) => this.slice(cuts[i - 1] ?? 0, stop, { axis: along }));
  }

  /**
   * The entries of an axis, without that axis, as views.
   *
   * @param axis default 0
   * @throws {ShapeError} if there is no such axis, as in a scalar
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const [red, green, blue] = tensor([[1, 2], [3, 4], [5, 6]]).unbind();
   * assert.deepEqual(red.toArray(), [1, 2]);
   * assert.deepEqual(green.add(blue).toArray(), [8, 10]);
   * ```
   */
  unbind(axis = 0): Tensor[] {
    const along = normalizeAxis(axis, this.shape, "unbind");
    if (this.ndim === 0) {
      throw new ShapeError("Cannot unbind a scalar: it has no axes", this.shape);
    }
    const before = new Array<Index>(along).fill(":");
    return Array.from({ length: this.shape[along] }, (_, i) => this.at(...before, i));
  }
}

/** Where `parts` parts of `total` entries end, but for the last; the first ones may be larger. */
function evenCuts(total: number, parts: number): number[] {
  if (!Number.isInteger(parts) || parts < 1) {
    throw new ValueError(`Cannot tensorSplit into ${parts} parts: use a whole number above 0`);
  }
  const [size, larger] = [Math.floor(total / parts), total % parts];
  return Array.from({ length: parts - 1 }, (_, i) => (i + 1) * size + Math.min(i + 1, larger));
}
