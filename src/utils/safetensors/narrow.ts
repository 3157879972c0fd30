/**
 * From numbers to 16-bit floats.
 *
 * @module
 */

import { roundHalfEven } from "../../math/round.ts";

/** A floating-point type that files have and tensors do not. */
export type NarrowDType = "float16" | "bfloat16";

interface Format {
  /** Bits of the fraction. */
  readonly fraction: number;
  /** Exponent of the smallest normal number; that of the largest is `1 - smallest`. */
  readonly smallest: number;
}

const FORMATS: Readonly<Record<NarrowDType, Format>> = {
  float16: { fraction: 10, smallest: -14 },
  bfloat16: { fraction: 7, smallest: -126 },
};

/** The dtypes that {@linkcode narrow} rounds to. */
export const NARROW_DTYPES: readonly NarrowDType[] = Object.keys(FORMATS) as NarrowDType[];

/**
 * The bits of `values`, each rounded to the nearest number of `dtype`, and to the even one of two
 * that are equally near.
 *
 * What rounds past the largest number becomes ±∞, subnormals and −0 are kept, and every NaN becomes
 * the quiet one without payload. float64 is rounded once, not by way of float32.
 *
 * Source: IEEE 754, sections 3.4 and 4.3.1; https://en.wikipedia.org/wiki/Bfloat16_floating-point_format
 *
 * @param values numbers
 * @param dtype the type to round to
 */
export function narrow(values: ArrayLike<number>, dtype: NarrowDType): Uint16Array<ArrayBuffer> {
  const { fraction, smallest } = FORMATS[dtype];
  const infinity = (3 - 2 * smallest) << fraction; // an exponent of all ones;
  // For every exponent, up to the 1024 that infinity has: how many spacings make 1.
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
