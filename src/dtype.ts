/**
 * Element types: their sizes, their typed arrays and how they combine.
 *
 * @module
 */

import { DTypeError } from "./errors.ts";
import { quoted } from "./names.ts";

/** The element type of a tensor. */
export type DType = "float32" | "float64" | "int32" | "uint8" | "bool";

/** An element type that gradients can flow through. */
export type FloatDType = "float32" | "float64";

/** The typed array that holds elements of some dtype; `bool` is stored as bytes 0 and 1. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

interface DTypeInfo {
  /** Bytes per element. */
  readonly bytes: number;
  /** Position in the promotion order: of two dtypes, the one with the higher rank wins. */
  readonly rank: number;
  readonly isFloat: boolean;
  readonly array: {
    new (length: number): TypedArray;
    new (values: ArrayLike<number>): TypedArray;
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
  };
}

/** Every dtype with its facts, in promotion order. */
export const DTYPES: Readonly<Record<DType, DTypeInfo>> = {
  bool: { bytes: 1, rank: 0, isFloat: false, array: Uint8Array },
  uint8: { bytes: 1, rank: 1, isFloat: false, array: Uint8Array },
  int32: { bytes: 4, rank: 2, isFloat: false, array: Int32Array },
  float32: { bytes: 4, rank: 3, isFloat: true, array: Float32Array },
  float64: { bytes: 8, rank: 4, isFloat: true, array: Float64Array },
};

/** Returns true if `value`, of any type, is the name of a dtype. */
export function isDType(value: unknown): value is DType {
  return typeof value === "string" && Object.hasOwn(DTYPES, value);
}

let defaultDtype: FloatDType = "float32";

/**
 * Returns the floating-point dtype that new tensors get when none is given; at first `float32`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.get_default_dtype.html
 *
 * @returns the current default
 * @example
 * ```ts
 * import { getDefaultDtype, zeros } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(getDefaultDtype(), "float32");
 * assertEquals(zeros([2]).dtype, getDefaultDtype());
 * ```
 */
export function getDefaultDtype(): FloatDType {
  return defaultDtype;
}

/**
 * Sets the floating-point dtype that new tensors get when none is given.
 *
 * Call it before anything is made: what exists keeps its dtype.
 *
 * See https://pytorch.org/docs/stable/generated/torch.set_default_dtype.html
 *
 * @param dtype `"float32"` or `"float64"`
 * @throws {DTypeError} if `dtype` is not a floating-point type
 * @example
 * ```ts
 * import { setDefaultDtype, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * setDefaultDtype("float64");
 * assertEquals(tensor(0.1).item(), 0.1);
 * setDefaultDtype("float32");
 * assertEquals(tensor(0.1).item(), Math.fround(0.1));
 * ```
 */
export function setDefaultDtype(dtype: FloatDType): void {
  if (!isDType(dtype) || !isFloat(dtype)) {
    throw new DTypeError(
      `Cannot make ${quoted(dtype)} the default dtype: it must be "float32" or "float64"`,
    );
  }
  defaultDtype = dtype;
}

/** Returns true if `dtype` is of floating-point numbers, which gradients can flow through. */
export function isFloat(dtype: DType): dtype is FloatDType {
  return DTYPES[dtype].isFloat;
}

/** Returns the kind of `dtype`: 0 for booleans, 1 for integers, 2 for floating-point numbers. */
export function kindOf(dtype: DType): number {
  return Number(dtype !== "bool") + Number(isFloat(dtype));
}

/**
 * Returns the dtype of a result that combines tensors of `a` and `b`, as PyTorch promotes them.
 *
 * The later of `bool`, `uint8`, `int32`, `float32`, `float64`.
 *
 * @param a one dtype
 * @param b the other
 * @returns the dtype that holds both
 */
export function promote(a: DType, b: DType): DType {
  return DTYPES[a].rank >= DTYPES[b].rank ? a : b;
}

/**
 * Returns the dtype of a result that combines a tensor of `dtype` with a plain number.
 *
 * Numbers are weak, as in PyTorch: they change the kind of a tensor (2.5 makes integers float, 2
 * makes booleans integers) but never the width of the kind it already has.
 *
 * @param dtype of the tensor
 * @param value the number
 * @returns the dtype of the result
 */
export function promoteWithNumber(dtype: DType, value: number): DType {
  if (isFloat(dtype)) return dtype;
  if (!Number.isInteger(value)) return defaultDtype;
  return dtype === "bool" ? "int32" : dtype;
}
