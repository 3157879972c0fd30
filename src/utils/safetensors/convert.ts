/**
 * Converts the element types of files to those of tensors, and floats to 16 bits.
 *
 * Typed arrays view the bytes of a file directly: both are little-endian, as is every platform
 * that Deno, Bun and browsers run on.
 *
 * @module
 */

import type { DType, TypedArray } from "../../dtype.ts";
import { DTypeError, ValueError } from "../../errors.ts";
import { roundHalfEven } from "../../math/round.ts";
import { type Entry, FILE_DTYPES, type FileDType, quote, refuse } from "./format.ts";

/** Options of `load` and `deserialize`. */
export interface LoadOptions {
  /** True if F16, BF16, I64, I16 and I8 may become float32 and int32; default false. */
  readonly convert?: boolean;
}

/** The element type in files of each dtype. */
export const FILE_DTYPE_OF: Readonly<Record<DType, FileDType>> = {
  bool: "BOOL",
  uint8: "U8",
  int32: "I32",
  float32: "F32",
  float64: "F64",
};

type Reader = (bytes: Uint8Array, name: string) => TypedArray;

const READERS: Readonly<Record<FileDType, Reader>> = {
  BOOL: checkBooleans,
  U8: (bytes) => bytes,
  I8: (bytes) => Int32Array.from(view(Int8Array, bytes)),
  I16: (bytes) => Int32Array.from(view(Int16Array, bytes)),
  F16: (bytes) => floatsFromHalves(view(Uint16Array, bytes)),
  BF16: (bytes) => floatsFromBrainFloats(view(Uint16Array, bytes)),
  I32: (bytes) => view(Int32Array, bytes),
  F32: (bytes) => view(Float32Array, bytes),
  F64: (bytes) => view(Float64Array, bytes),
  I64: intsFromLongs,
};

/**
 * Returns the elements of a decoded entry as the typed array of its dtype.
 *
 * F32, F64, I32, U8 and BOOL are views of `entry.bytes`. With `convert`, F16 and BF16 become
 * float32 exactly (each is a subset of it), I16 and I8 become int32, and so does I64 if every
 * value fits; without it these are refused, since the loaded tensors would not be the saved ones. A
 * `num_batches_tracked` of I64 needs no `convert`.
 *
 * @param entry an entry from {@linkcode decode}
 * @param name its name, for the messages
 * @throws {DTypeError} if the dtype needs `convert: true`
 * @throws {ValueError} if an I64 value does not fit in int32
 * @throws {FileFormatError} if a BOOL is neither 0 nor 1
 */
export function toTypedArray(entry: Entry, name: string, convert = false): TypedArray {
  const { dtype } = FILE_DTYPES[entry.dtype];
  // PyTorch counts batches in int64; any model with batch normalization has such a counter.
  const isCounter = entry.dtype === "I64" && name.endsWith("num_batches_tracked");
  if (FILE_DTYPE_OF[dtype] !== entry.dtype && !convert && !isCounter) {
    throw new DTypeError(
      `Cannot load tensor ${quote(name)} as it is: tensors have no dtype ${entry.dtype}; ` +
        `pass { convert: true } to load it as ${dtype}`,
    );
  }
  return READERS[entry.dtype](entry.bytes, name);
}

function view<T>(
  array: {
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
    readonly BYTES_PER_ELEMENT: number;
  },
  { buffer, byteOffset, byteLength }: Uint8Array,
): T {
  return new array(buffer, byteOffset, byteLength / array.BYTES_PER_ELEMENT);
}

function checkBooleans(bytes: Uint8Array, name: string): Uint8Array {
  const wrong = bytes.findIndex((byte) => byte > 1);
  if (wrong >= 0) {
    refuse(`tensor ${quote(name)} is BOOL, but its byte ${wrong} is ${bytes[wrong]}, not 0 or 1`);
  }
  return bytes;
}

/** Half precision is 1 sign, 5 exponent (bias 15) and 10 mantissa bits; single is 1, 8 (127), 23. */
function floatsFromHalves(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  const floats = new Float32Array(bits.buffer);
  for (let i = 0; i < halves.length; i++) {
    const sign = (halves[i] & 0x8000) << 16;
    const exponent = (halves[i] >> 10) & 0x1f;
    const mantissa = halves[i] & 0x3ff;
    if (exponent === 0) {
      // Zero or subnormal: a multiple of 2^-24, which single precision holds as a normal number.
      floats[i] = mantissa * 2 ** -24;
      bits[i] |= sign;
    } else if (exponent === 0x1f) {
      bits[i] = sign | 0x7f800000 | (mantissa << 13); // infinity, or NaN with its payload
    } else {
      bits[i] = sign | ((exponent - 15 + 127) << 23) | (mantissa << 13);
    }
  }
  return floats;
}

/** A brain float is the upper half of a single-precision float. */
function floatsFromBrainFloats(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
  return new Float32Array(bits.buffer);
}

function intsFromLongs(bytes: Uint8Array, name: string): Int32Array {
  const words = view(Int32Array, bytes);
  const ints = new Int32Array(words.length / 2);
  for (let i = 0; i < ints.length; i++) {
    const low = words[2 * i];
    const high = words[2 * i + 1];
    // It fits if the high word only repeats the sign of the low one.
    if (high !== low >> 31) {
      const value = view(BigInt64Array, bytes)[i];
      throw new ValueError(
        `Cannot convert tensor ${quote(name)} from I64 to int32: element ${i} is ${value}, and ` +
          `int32 goes from -2147483648 to 2147483647; save it as F64, or with smaller values`,
      );
    }
    ints[i] = low;
  }
  return ints;
}

/** A floating-point type that files have and tensors do not. */
export type NarrowDType = "float16" | "bfloat16";

interface Format {
  readonly fileDType: FileDType;
  /** Bits of the fraction. */
  readonly fraction: number;
  /** Exponent of the smallest normal number; that of the largest is `1 - smallest`. */
  readonly smallest: number;
}

/** The types that {@linkcode narrow} rounds to. */
export const NARROW_FORMATS: Readonly<Record<NarrowDType, Format>> = {
  float16: { fileDType: "F16", fraction: 10, smallest: -14 },
  bfloat16: { fileDType: "BF16", fraction: 7, smallest: -126 },
};

/**
 * Rounds `values` to the nearest numbers of `dtype`, and to the even one of two that are equally
 * near, and returns the bits.
 *
 * A value that rounds past the largest number becomes ±∞, subnormals and −0 are kept, and every NaN becomes
 * the quiet one without payload. float64 is rounded once, not by way of float32.
 *
 * Source: IEEE 754, sections 3.4 and 4.3.1; https://en.wikipedia.org/wiki/Bfloat16_floating-point_format
 *
 * @param values numbers
 * @param dtype the type to round to
 */
export function narrow(values: ArrayLike<number>, dtype: NarrowDType): Uint16Array<ArrayBuffer> {
  const { fraction, smallest } = NARROW_FORMATS[dtype];
  const infinity = (3 - 2 * smallest) << fraction; // an exponent of all ones;
  // For every exponent, up to the 1024 that infinity has: the number of spacings that make 1.
  const scales = Float64Array.from(
    { length: 1025 - smallest },
    (_, i) => 2 ** (fraction - smallest - i),
  );
  const bits = new Uint16Array(values.length);
  const float = new Float64Array(1);
  const words = new Uint32Array(float.buffer);
  for (let i = 0; i < values.length; i++) {
    float[0] = values[i];
    const sign = (words[1] >>> 31) << 15;
    if (Number.isNaN(values[i])) {
      bits[i] = infinity | (1 << (fraction - 1));
      continue;
    }
    // Subnormals are spaced as the smallest normal numbers are.
    const above = Math.max(((words[1] >>> 20) & 0x7ff) - 1023 - smallest, 0);
    const spacings = roundHalfEven(Math.abs(values[i]) * scales[above]);
    // Encodings of one sign count through all numbers in order, so that a fraction that rounds up to
    // 2 carries into the exponent, and the first number too large is the encoding of infinity.
    const magnitude = spacings + above * 2 ** fraction;
    bits[i] = sign | Math.min(magnitude, infinity);
  }
  return bits;
}
