/**
 * Converting leaves in place: a tensor stays the same tensor, with other elements.
 *
 * @module
 */

import { type FloatDType, isFloat } from "../dtype.ts";
import { ops } from "../ops/table.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { apply } from "./apply.ts";
import { claimed, clearGradient } from "./gradients.ts";
import { Variable, wrap } from "./node.ts";

/**
 * Converts floating-point leaves and their gradients to `dtype`; others stay as they are.
 *
 * Whoever has the leaf, such as an optimizer, goes on with it. Who has the old elements, such as a
 * graph or a state dict, keeps them; the gradient of such a graph is converted when it arrives. If
 * memory is full, nothing is changed.
 *
 * @param leaves each once
 * @param dtype what they become
 */
export function convertLeaves(leaves: Iterable<Variable>, dtype: FloatDType): void {
  const conversions = [...leaves]
    .filter((leaf) => isFloat(leaf.dtype) && leaf.dtype !== dtype)
    .map((leaf) => ({
      leaf,
      array: cast(leaf.array, dtype),
      gradient: leaf.gradient && cast(leaf.gradient.array, dtype),
    }));
  for (const { leaf, array, gradient } of conversions) {
    const { origin } = leaf.array.storage;
    Object.assign(array.storage, { origin, kept: true });
    leaf.array = array;
    leaf.version = array.storage.version;
    clearGradient(leaf);
    if (gradient !== null) leaf.gradient = claimed(wrap(gradient));
  }
}

function cast(array: NDArray, dtype: FloatDType): NDArray {
  return apply(ops.cast, [new Variable(array)], dtype).array;
}
