/**
 * Operations on several tensors, where no one of them is the first.
 *
 * @module
 */

import { apply } from "../autograd/apply.ts";
import { type BackwardOptions, gradients } from "../autograd/engine.ts";
import { requireOptions, requireTensors } from "../checks.ts";
import { ShapeError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { normalizeAxis } from "../checks.ts";
import { broadcastShapes, formatShape, sameShape, type Shape } from "../shape.ts";
import { pass } from "./scope.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/**
 * Joins tensors along an existing axis.
 *
 * See https://pytorch.org/docs/stable/generated/torch.cat.html
 *
 * @param tensors at least one; all sizes but that of the axis are equal
 * @param axis default 0
 * @throws {ShapeError} if sizes differ
 * @example
 * ```ts
 * import { cat, tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[1, 2]]);
 * assert.deepEqual(cat([x, x.mul(10)]).toArray(), [[1, 2], [10, 20]]);
 * assert.deepEqual(cat([x, x.mul(10)], 1).toArray(), [[1, 2, 10, 20]]);
 * ```
 */
export function cat(tensors: readonly Tensor[], axis = 0): Tensor {
  if (tensors.length === 0) throw new ShapeError("Cannot cat no tensors: give at least one");
  requireTensors("cat", ...tensors);
  const along = normalizeAxis(axis, tensors[0].shape, "cat");
  if (tensors[0].ndim === 0) {
    throw new ShapeError("Cannot cat scalars: they have no axes; use stack()", tensors[0].shape);
  }
  return apply(ops.cat, tensors, along) as Tensor;
}

/**
 * Joins tensors of equal shape along a new axis.
 *
 * See https://pytorch.org/docs/stable/generated/torch.stack.html
 *
 * @param tensors at least one
 * @param axis where the new axis goes; default 0
 * @throws {ShapeError} if shapes differ
 * @example
 * ```ts
 * import { stack, tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const rows = [tensor([1, 2]), tensor([3, 4])];
 * assert.deepEqual(stack(rows).toArray(), [[1, 2], [3, 4]]);
 * assert.deepEqual(stack(rows, 1).toArray(), [[1, 3], [2, 4]]);
 * ```
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  if (tensors.length === 0) throw new ShapeError("Cannot stack no tensors: give at least one");
  requireTensors("stack", ...tensors);
  const { shape } = tensors[0];
  for (const other of tensors) {
    if (sameShape(other.shape, shape)) continue;
    throw new ShapeError(
      `Cannot stack ${formatShape(shape)} and ${
        formatShape(other.shape)
      }: all shapes must be equal`,
      shape,
      other.shape,
    );
  }
  const along = normalizeAxis(axis, [...shape, 1], "stack");
  return cat(tensors.map((x) => x.unsqueeze(along)), along);
}

/**
 * Joins columns: along the second axis, or vectors along their only one.
 *
 * See https://pytorch.org/docs/stable/generated/torch.hstack.html
 *
 * @param tensors at least one; numbers count as vectors of one element
 * @throws {ShapeError} if other sizes differ
 * @example
 * ```ts
 * import { hstack, tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const [x, y] = [tensor([[1], [2]]), tensor([[3], [4]])];
 * assert.deepEqual(hstack([x, y]).toArray(), [[1, 3], [2, 4]]);
 * ```
 */
export function hstack(tensors: readonly Tensor[]): Tensor {
  requireTensors("hstack", ...tensors);
  const parts = tensors.map((x) => (x.ndim === 0 ? x.reshape(1) : x));
  return pass(() => cat(parts, parts[0]?.ndim > 1 ? 1 : 0));
}

/**
 * Joins rows: along the first axis.
 *
 * See https://pytorch.org/docs/stable/generated/torch.vstack.html
 *
 * @param tensors at least one; vectors count as matrices of one row
 * @throws {ShapeError} if other sizes differ
 * @example
 * ```ts
 * import { tensor, vstack } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(vstack([tensor([1, 2]), tensor([3, 4])]).toArray(), [[1, 2], [3, 4]]);
 * ```
 */
export function vstack(tensors: readonly Tensor[]): Tensor {
  requireTensors("vstack", ...tensors);
  return pass(() => cat(tensors.map((x) => (x.ndim < 2 ? x.reshape(1, -1) : x))));
}

/** Options of `cdist`. */
export interface DistanceOptions {
  /** The order of the norm; default 2. */
  readonly p?: number;
}

/**
 * The distance of every row of `a` from every row of `b`: `‖a[i] − b[j]‖`.
 *
 * The gradient where two rows are equal is 0. See
 * https://pytorch.org/docs/stable/generated/torch.cdist.html
 *
 * @param a `[…, m, d]`
 * @param b `[…, n, d]`; the axes before the last two broadcast
 * @param options `p`
 * @returns `[…, m, n]`
 * @throws {ShapeError} if the rows differ in length
 * @example
 * ```ts
 * import { cdist, tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const points = tensor([[0, 0], [3, 4]]);
 * assert.deepEqual(cdist(points, points).toArray(), [[0, 5], [5, 0]]);
 * ```
 */
export function cdist(a: Tensor, b: Tensor, options: DistanceOptions = {}): Tensor {
  requireOptions("cdist", options);
  const { p = 2 } = options;
  requireTensors("cdist", a, b);
  if (a.ndim < 2 || b.ndim < 2 || a.shape[a.ndim - 1] !== b.shape[b.ndim - 1]) {
    throw new ShapeError(
      `Cannot cdist ${formatShape(a.shape)} and ${
        formatShape(b.shape)
      }: they must be [..., m, d] ` +
        `and [..., n, d]`,
      a.shape,
      b.shape,
    );
  }
  return pass(() => a.unsqueeze(-2).sub(b.unsqueeze(-3)).norm({ order: p, axis: -1 }));
}

/**
 * `a` where `condition` is true, `b` elsewhere, broadcast.
 *
 * See https://pytorch.org/docs/stable/generated/torch.where.html
 *
 * @param condition booleans
 * @param a a tensor or a number; only chosen elements get a gradient
 * @param b a tensor or a number
 * @returns shape and dtype to which all three combine
 * @throws {ShapeError} if the shapes do not broadcast
 * @example
 * ```ts
 * import { tensor, where } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([-1, 0, 2]);
 * assert.deepEqual(where(x.gt(0), x, -1).toArray(), [-1, -1, 2]);
 * ```
 */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  return condition.where(a, b);
}

/**
 * Tensors expanded, as views, to the shape to which they broadcast together.
 *
 * See https://pytorch.org/docs/stable/generated/torch.broadcast_tensors.html
 *
 * @param tensors as many as there are
 * @returns one view for each, all of the same shape
 * @throws {ShapeError} if they do not broadcast
 * @example
 * ```ts
 * import { broadcastTensors, tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const [a, b] = broadcastTensors(tensor([[1], [2]]), tensor([3, 4]));
 * assert.deepEqual(a.toArray(), [[1, 1], [2, 2]]);
 * assert.deepEqual(b.toArray(), [[3, 4], [3, 4]]);
 * ```
 */
export function broadcastTensors(...tensors: Tensor[]): Tensor[] {
  const shape = tensors.reduce<Shape>((s, x) => broadcastShapes(s, x.shape), []);
  return tensors.map((x) => x.expand(shape));
}

/** Options of `meshgrid`. */
export interface MeshgridOptions {
  /** `"ij"`: the first vector runs along axis 0; `"xy"`: along axis 1, as in plots. Default `"ij"`. */
  readonly indexing?: "ij" | "xy";
}

/**
 * The coordinates of a grid: for each vector a view in which it runs along an axis of its own.
 *
 * See https://pytorch.org/docs/stable/generated/torch.meshgrid.html
 *
 * @param vectors 1-d tensors
 * @param options `indexing`
 * @returns one tensor of shape `[n₀, n₁, …]` for each vector
 * @throws {ShapeError} if one has more than one axis
 * @example
 * ```ts
 * import { arange, meshgrid } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const [rows, columns] = meshgrid([arange(2), arange(3)]);
 * assert.deepEqual(rows.toArray(), [[0, 0, 0], [1, 1, 1]]);
 * assert.deepEqual(columns.toArray(), [[0, 1, 2], [0, 1, 2]]);
 * ```
 */
export function meshgrid(vectors: readonly Tensor[], options: MeshgridOptions = {}): Tensor[] {
  const wrong = vectors.find((x) => x.ndim > 1);
  if (wrong !== undefined) {
    throw new ShapeError(
      `Cannot make a grid of shape ${formatShape(wrong.shape)}: each axis needs a vector`,
      wrong.shape,
    );
  }
  const sizes = vectors.map((x) => x.size);
  const grid = vectors.map((x, axis) =>
    x.reshape(sizes.map((_, i) => (i === axis ? -1 : 1))).expand(sizes)
  );
  const swaps = options.indexing === "xy" && vectors.length > 1;
  return swaps ? grid.map((x) => x.transpose(0, 1)) : grid;
}

/**
 * `Σ a · b` of two vectors.
 *
 * See https://pytorch.org/docs/stable/generated/torch.dot.html
 *
 * @param a a vector
 * @param b a vector of the same length
 * @returns a scalar
 * @throws {ShapeError} if they are not vectors of one length
 * @example
 * ```ts
 * import { dot, tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * assert.equal(dot(tensor([1, 2, 3]), tensor([4, 5, 6])).item(), 32);
 * ```
 */
export function dot(a: Tensor, b: Tensor): Tensor {
  return a.dot(b);
}

/**
 * Every product of an element of one vector and one of another: `[m], [n] → [m, n]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.outer.html
 *
 * @param a a vector
 * @param b a vector
 * @throws {ShapeError} if they are not vectors
 * @example
 * ```ts
 * import { outer, tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(outer(tensor([1, 2]), tensor([3, 4])).toArray(), [[3, 4], [6, 8]]);
 * ```
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  return a.outer(b);
}

/**
 * The product of two batches of matrices, `[b, m, k] · [b, k, n]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.bmm.html
 *
 * @param a `[b, m, k]`
 * @param b `[b, k, n]`
 * @returns `[b, m, n]`
 * @throws {ShapeError} if they are not batches of one size, or inner sizes differ
 * @example
 * ```ts
 * import { bmm, ones } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(bmm(ones([5, 2, 3]), ones([5, 3, 4])).shape, [5, 2, 4]);
 * ```
 */
export function bmm(a: Tensor, b: Tensor): Tensor {
  return a.bmm(b);
}

/** Options of `grad`. */
export interface GradOptions extends BackwardOptions {
  /** A starting gradient for each output; may be left out for single elements. */
  readonly gradOutputs?: readonly (Tensor | null)[];
}

/**
 * The gradients of `outputs` for `inputs`, returned rather than left in the leaves.
 *
 * See https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
 *
 * @param outputs what to differentiate; several add up
 * @param inputs for what; leaves or intermediate results
 * @param options `gradOutputs`, `retainGraph`, `createGraph`
 * @returns one gradient for each input; `null` where no output depends on it
 * @throws {GradientError} if nothing was recorded, or an output has several elements and no start
 * @example
 * ```ts
 * import { grad, tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor(3, { requiresGrad: true });
 * const [first] = grad(x.pow(3), x, { createGraph: true });
 * const [second] = grad(first!, x);
 * assert.equal(first!.item(), 27);
 * assert.equal(second!.item(), 18);
 * ```
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options: GradOptions = {},
): (Tensor | null)[] {
  const listOf = (x: Tensor | readonly Tensor[]): readonly Tensor[] =>
    Array.isArray(x) ? x : [x as Tensor];
  const found = gradients(listOf(outputs), listOf(inputs), options.gradOutputs ?? [], options);
  return found as (Tensor | null)[];
}
