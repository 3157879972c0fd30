/**
 * Zeros out of the way of a division or a product.
 *
 * @module
 */

import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";

/** `x` with 1 in place of zeros. */
export function nonZero<T>(k: Arithmetic<T>, x: Operand<T>): T {
  return k.where(k.eq(x, 0), 1, x);
}
