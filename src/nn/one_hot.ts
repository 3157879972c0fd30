/**
 * Class indices as vectors.
 *
 * @module
 */

import { DTypeError, ValueError } from "../errors.ts";
import { arange } from "../tensor/create.ts";
import { pass } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * For each index a vector that is 1 there and 0 elsewhere: `[…] → […, classes]`, as int32.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
 *
 * @param index int32 or uint8
 * @param classes length of the vectors; if left out, one more than the largest index
 * @throws {DTypeError} if the indices are not of an integer type
 * @throws {ValueError} if an index is negative or not below `classes`, or there is none to count from
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const index = tensor([2, 0], { dtype: "int32" });
 * assert.deepEqual(functional.oneHot(index, 4).toArray(), [[0, 0, 1, 0], [1, 0, 0, 0]]);
 * ```
 */
export function oneHot(index: Tensor, classes?: number): Tensor {
  if (index.dtype !== "int32" && index.dtype !== "uint8") {
    throw new DTypeError(
      `Cannot make one-hot vectors of ${index.dtype}: convert the indices with .to("int32")`,
    );
  }
  const { data } = index;
  let largest = -1;
  for (let i = 0; i < data.length; i++) {
    if (data[i] > largest) largest = data[i];
    if (data[i] >= 0 && data[i] < (classes ?? Infinity)) continue;
    throw new ValueError(
      `Cannot make a one-hot vector of index ${data[i]}: indices go from 0 to ` +
        (classes === undefined ? "the number of classes" : `${classes - 1}`),
    );
  }
  if (classes === undefined && largest < 0) {
    throw new ValueError("Cannot count the classes of no indices: pass their number to oneHot");
  }
  const all = arange(classes ?? largest + 1, { dtype: "int32" });
  return pass(() => index.unsqueeze(-1).eq(all).to("int32"));
}
