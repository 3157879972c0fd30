/**
 * Converts numbers to element types.
 *
 * @module
 */

import { type DType, isFloat } from "../../dtype.ts";

const INT32_MIN = -(2 ** 31);
const INT32_MAX = 2 ** 31 - 1;

/** The result `value` of arithmetic in `dtype`: floats round, integers wrap, booleans are 0 or 1. */
export function toElement(value: number, dtype: DType): number {
  switch (dtype) {
    case "float64":
      return value;
    case "float32":
      return Math.fround(value);
    case "int32":
      return value | 0;
    case "uint8":
      return value & 255;
    case "bool":
      return value !== 0 ? 1 : 0;
  }
}

/**
 * The element `value` of type `from`, as type `to`.
 *
 * Floats become integers by dropping the fraction: NaN becomes 0, what int32 cannot hold becomes its
 * nearest bound, and bytes take the last 8 bits of that. Everything but 0 becomes true.
 */
export function convert(value: number, from: DType, to: DType): number {
  if (!isFloat(from) || isFloat(to) || to === "bool") return toElement(value, to);
  return toElement(Math.min(Math.max(value, INT32_MIN), INT32_MAX), to);
}

/** The least value of `dtype`: where a search for the largest starts. */
export function lowest(dtype: DType): number {
  if (isFloat(dtype)) return -Infinity;
  return dtype === "int32" ? INT32_MIN : 0;
}

/** The largest value of `dtype`: where a search for the smallest starts. */
export function highest(dtype: DType): number {
  if (isFloat(dtype)) return Infinity;
  return dtype === "int32" ? INT32_MAX : dtype === "uint8" ? 255 : 1;
}
