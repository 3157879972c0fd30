/**
 * Elements side by side, for kernels that want them so.
 *
 * @module
 */

import { arena } from "../../../storage/arena.ts";
import type { NDArray } from "../../../storage/ndarray.ts";
import { viewPermute } from "../../../storage/views.ts";
import { identity } from "../../formula.ts";
import { elementwise } from "./map.ts";

/**
 * `x`, or a contiguous copy that the caller disposes of. The copy begins a kernel of its own.
 */
export function makeContiguous(x: NDArray): NDArray {
  if (x.contiguous) return x;
  return elementwise.map(identity, [x], x.shape, x.dtype, x.dtype);
}

/** A view of `x` with `axis` behind all others. */
export function axisLast(x: NDArray, axis: number): NDArray {
  const others = x.shape.map((_, i) => i).filter((i) => i !== axis);
  return viewPermute(x, [...others, axis]);
}

/** The inverse of `axisLast`, without gaps; disposes of `rows` if it has to copy. */
export function axisBack(rows: NDArray, axis: number): NDArray {
  const order = rows.shape.map((_, i) => i - Number(i > axis));
  const out = makeContiguous(viewPermute(rows, order.with(axis, order.length - 1)));
  if (out.storage !== rows.storage) arena.dispose(rows.storage, "temporary");
  return out;
}
