/**
 * Operations on several tensors, where no one of them is the first.
 *
 * @module
 */

import { apply } from "../autograd/apply.ts";
import { type BackwardOptions, gradients } from "../autograd/engine.ts";
import { ShapeError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { formatShape, normalizeAxis, sameShape } from "../shape.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/**
 * Joins tensors along an existing axis.
 *
 * @param tensors at least one; all sizes but that of the axis are equal
 * @param axis default 0
 * @throws {ShapeError} if sizes differ
 */
export function cat(tensors: readonly Tensor[], axis = 0): Tensor {
  if (tensors.length === 0) throw new ShapeError("Cannot cat no tensors: give at least one");
  const along = normalizeAxis(axis, tensors[0].shape, "cat");
  if (tensors[0].ndim === 0) {
    throw new ShapeError("Cannot cat scalars: they have no axes; use stack()", tensors[0].shape);
  }
  return apply(ops.cat, tensors, along) as Tensor;
}

/**
 * Joins tensors of equal shape along a new axis.
 *
 * @param tensors at least one
 * @param axis where the new axis goes; default 0
 * @throws {ShapeError} if shapes differ
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  if (tensors.length === 0) throw new ShapeError("Cannot stack no tensors: give at least one");
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

/** `a` where `condition` is true, `b` elsewhere, broadcast. */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  return condition.where(a, b);
}

/** Options of `grad`. */
export interface GradOptions extends BackwardOptions {
  /** A starting gradient for each output; may be left out for single elements. */
  readonly gradOutputs?: readonly (Tensor | null)[];
}

/**
 * The gradients of `outputs` for `inputs`, returned rather than left in the leaves.
 *
 * @param outputs what to differentiate; several add up
 * @param inputs for what; leaves or intermediate results
 * @param options `gradOutputs`, `retainGraph`, `createGraph`
 * @returns one gradient for each input; `null` where no output depends on it
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
