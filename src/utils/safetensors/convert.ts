/**
 * Converts the element types of files to those of tensors, and floats to 16 bits.
 *
 * Typed arrays view the bytes of a file directly: both are little-endian, as is every platform
 * that Deno, Bun and browsers run on.
 *
 * @module
 */

import { type DType, DTYPES, type TypedArray } from "../../dtype.ts";
import { DTypeError, ValueError } from "../../errors.ts";
import { roundHalfEven } from "../../math/round.ts";
import { type Entry, FILE_DTYPES, type FileDType, quote, refuse } from "./format.ts";

/** The element types of files that tensors lack. */
export type ConvertibleDType =
  | "I8"
  | "F8_E5M2"
  | "F8_E4M3"
  | "I16"
  | "U16"
  | "F16"
  | "BF16"
  | "U32"
  | "I64"
  | "U64";

/** For element types of files that tensors lack, the dtypes to which they are converted. */
export type Conversions = { readonly [K in ConvertibleDType]?: Exclude<DType, "bool"> };

/** Options of `load` and `deserialize`. */
export interface LoadOptions {
  /**
   * True if element types that tensors lack may become others: floating-point ones float32, integers
   * int32. Or for each such type the dtype, as in `{ I64: "float64" }`. Default false.
   *
   * An element that its dtype cannot hold exactly is an error.
   */
  readonly convert?: boolean | Conversions;
  /** The names of the tensors to load; all of them by default. */
  readonly names?: readonly string[];
  /** True to leave out tensors that cannot be loaded, instead of an error; default false. */
  readonly skip?: boolean;
}

/** The element type in files of each dtype. */
export const FILE_DTYPE_OF: Readonly<Record<DType, FileDType>> = {
  bool: "BOOL",
  uint8: "U8",
  int32: "I32",
  float32: "F32",
  float64: "F64",
};

type Reader = (
  bytes: Uint8Array,
  name: string,
  to: DType,
) => TypedArray | Int8Array | Int16Array | Uint16Array | Uint32Array;

const READERS: Readonly<Record<FileDType, Reader>> = {
  BOOL: readBooleans,
  U8: (bytes) => bytes,
  I8: (bytes) => view(Int8Array, bytes),
  F8_E5M2: (bytes) => floatsFromHalves(Uint16Array.from(bytes, (byte) => byte << 8)),
  F8_E4M3: (bytes) => Float32Array.from(bytes, floatOfE4M3),
  I16: (bytes) => view(Int16Array, bytes),
  U16: (bytes) => view(Uint16Array, bytes),
  F16: (bytes) => floatsFromHalves(view(Uint16Array, bytes)),
  BF16: (bytes) => floatsFromBrainFloats(view(Uint16Array, bytes)),
  I32: (bytes) => view(Int32Array, bytes),
  U32: (bytes) => view(Uint32Array, bytes),
  F32: (bytes) => view(Float32Array, bytes),
  F64: (bytes) => view(Float64Array, bytes),
  I64: (bytes, name, to) => floatsFromLongs(bytes, name, "I64", to),
  U64: (bytes, name, to) => floatsFromLongs(bytes, name, "U64", to),
};

/**
 * Returns the elements of a decoded entry as the typed array of a dtype.
 *
 * F32, F64, I32, U8 and BOOL are views of `entry.bytes`. Others are refused without `convert`, since
 * the loaded tensors would not be the saved ones; with it, every element must fit exactly. A
 * `num_batches_tracked` of I64 needs none.
 *
 * @param entry an entry from {@linkcode decode}
 * @param name its name, for the messages
 * @param convert as in {@linkcode LoadOptions}
 * @throws {DTypeError} if the dtype needs `convert`
 * @throws {ValueError} if an element does not fit
 * @throws {FileFormatError} if a BOOL is neither 0 nor 1
 */
export function toTypedArray(
  entry: Entry,
  name: string,
  convert: boolean | Conversions = false,
): TypedArray {
  const dtype = dtypeFor(entry, name, convert);
  const values = READERS[entry.dtype](entry.bytes, name, dtype);
  const { array } = DTYPES[dtype];
  if (values instanceof array) return values;
  const converted = new array(values);
  const wrong = converted.findIndex((x, i) => x !== values[i] && !Number.isNaN(values[i]));
  if (wrong < 0) return converted;
  throw misfit(name, entry.dtype, dtype, wrong, values[wrong]);
}

/** The dtype that the tensor of `entry` will have. */
export function dtypeFor({ dtype }: Entry, name: string, convert: boolean | Conversions): DType {
  const usual: DType = FILE_DTYPES[dtype].dtype;
  if (convert === true || FILE_DTYPE_OF[usual] === dtype) return usual;
  const chosen = convert === false ? undefined : convert[dtype as ConvertibleDType];
  if (chosen !== undefined) return chosen;
  // PyTorch counts batches in int64; any model with batch normalization has such a counter.
  if (dtype === "I64" && name.endsWith("num_batches_tracked")) return usual;
  throw new DTypeError(
    `Cannot load tensor ${quote(name)} as it is: tensors have no dtype ${dtype}; ` +
      `pass { convert: true } to load it as ${usual}`,
  );
}

/**
 * Checks the option `convert`.
 *
 * @throws {ValueError} if it names types that are not converted, or dtypes that are none
 */
export function checkConversions(convert: boolean | Conversions): void {
  if (typeof convert === "boolean") return;
  const native = Object.values<string>(FILE_DTYPE_OF);
  const types = Object.keys(FILE_DTYPES).filter((type) => !native.includes(type));
  const dtypes = Object.keys(DTYPES).filter((dtype) => dtype !== "bool");
  const chosen = Object(convert) === convert ? Object.entries(convert) : [[`${convert}`, "-"]];
  for (const [type, dtype] of chosen) {
    if (types.includes(type) && dtypes.includes(dtype)) continue;
    throw new ValueError(
      `Cannot convert ${type} to ${String(dtype)}: choose for ${types.join(", ")} one of ` +
        `${dtypes.join(", ")}`,
    );
  }
}

function misfit(
  name: string,
  from: FileDType,
  to: DType,
  index: number,
  value: number | bigint,
): ValueError {
  const shown = Number.isInteger(value) ? BigInt(value) : value; // with all digits
  const wayOut = to === "float64" || typeof value === "bigint"
    ? "save it with another dtype"
    : `convert it to another dtype with { convert: { ${from}: "float64" } }`;
  return new ValueError(
    `Cannot convert tensor ${
      quote(name)
    } from ${from} to ${to}: element ${index} is ${shown}, which ` +
      `${to} cannot hold exactly; ${wayOut}`,
  );
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

function readBooleans(bytes: Uint8Array, name: string): Uint8Array {
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

/** 1 sign, 4 exponent (bias 7) and 3 mantissa bits, without infinities; all ones are NaN. */
function floatOfE4M3(byte: number): number {
  const [exponent, mantissa] = [(byte >> 3) & 15, byte & 7];
  if ((byte & 0x7f) === 0x7f) return NaN;
  const size = exponent === 0 ? mantissa * 2 ** -9 : (8 + mantissa) * 2 ** (exponent - 10);
  return byte & 0x80 ? -size : size;
}

/** Integers of 64 bits, as far as float64 holds them. */
function floatsFromLongs(
  bytes: Uint8Array,
  name: string,
  dtype: "I64" | "U64",
  to: DType,
): Float64Array {
  const lows = view(Uint32Array, bytes);
  const highs = dtype === "I64" ? view(Int32Array, bytes) : lows;
  const floats = new Float64Array(lows.length / 2);
  for (let i = 0; i < floats.length; i++) {
    const high = highs[2 * i + 1];
    floats[i] = high * 2 ** 32 + lows[2 * i];
    if (high >= -(2 ** 21) && high < 2 ** 21) continue;
    const exact = (BigInt(high) << 32n) + BigInt(lows[2 * i]);
    if (BigInt(floats[i]) !== exact) throw misfit(name, dtype, to, i, exact);
  }
  return floats;
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
