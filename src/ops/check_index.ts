/**
 * Checks indices before a kernel trusts them.
 *
 * @module
 */

import { DTypeError, ShapeError } from "../errors.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { formatShape, type Shape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { copy } from "./copy.ts";

/** `index` as contiguous int32, all of it within axis `axis` of `shape`. */
export function checkIndex(
  k: Kernels,
  name: string,
  index: NDArray,
  shape: Shape,
  axis: number,
): NDArray {
  if (index.dtype !== "int32" && index.dtype !== "uint8") {
    throw new DTypeError(
      `Cannot ${name} with an index of dtype ${index.dtype}: convert it with .to("int32")`,
    );
  }
  const ready = index.dtype === "int32" && index.contiguous ? index : copy(k, index, "int32");
  arena.begin();
  arena.touch(ready.storage);
  const size = shape[axis];
  const values = ready.values();
  for (let i = 0; i < values.length; i++) {
    if (values[i] >= 0 && values[i] < size) continue;
    throw new ShapeError(
      `Cannot ${name} index ${values[i]} from axis ${axis} of shape ${formatShape(shape)}: ` +
        `indices go from 0 to ${size - 1}`,
      shape,
    );
  }
  return ready;
}
