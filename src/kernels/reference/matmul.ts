/**
 * Matrix products.
 *
 * @module
 */

import { type DType, isFloat } from "../../dtype.ts";
import type { Kernels } from "../kernels.ts";
import { toElement } from "./convert.ts";
import { StridedIterator } from "../strided_iterator.ts";
import { beginKernel, type NDArray } from "../../storage/ndarray.ts";

/** The reference matrix product. */
export const products: Pick<Kernels, "matmul"> = {
  matmul(a, b, bias): NDArray {
    const batch = a.shape.slice(0, -2);
    const [m, k] = a.shape.slice(-2);
    const n = b.shape[b.shape.length - 1];
    const [aRow, aColumn] = a.strides.slice(-2);
    const [bRow, bColumn] = b.strides.slice(-2);
    const out = beginKernel([a, b, bias], [...batch, m, n], a.dtype);
    const inA = a.whole();
    const inB = b.whole();
    const inBias = bias?.whole();
    const written = out.values();
    const accumulate = accumulation(a.dtype);
    const iterator = new StridedIterator(batch, [a, b]);
    for (let at = 0; at < out.size; iterator.next()) {
      const [aStart, bStart] = iterator.offsets;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = inBias === undefined ? 0 : inBias[bias!.offset + j * bias!.strides[0]];
          for (let l = 0; l < k; l++) {
            sum = accumulate(
              sum,
              inA[aStart + i * aRow + l * aColumn],
              inB[bStart + l * bRow + j * bColumn],
            );
          }
          written[at++] = toElement(sum, a.dtype);
        }
      }
    }
    return out;
  },
};

/** `sum + x · y`; of integers modulo 2^32, as float64 would lose the last bits of large products. */
function accumulation(dtype: DType): (sum: number, x: number, y: number) => number {
  return isFloat(dtype) ? (sum, x, y) => sum + x * y : (sum, x, y) => (sum + Math.imul(x, y)) | 0;
}
