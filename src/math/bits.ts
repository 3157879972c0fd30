/**
 * The binary format of a float64: sign, 11 bits of exponent (bias 1023), 52 bits of fraction.
 *
 * @module
 */

// A float64 and its two 32-bit halves, over the same eight bytes.
const float = new Float64Array(1);
const words = new Int32Array(float.buffer);
float[0] = 1;
const HIGH = words[1] === 0 ? 0 : 1; // The low half of 1.0 is 0: this finds the byte order.

/** The smallest positive float64 with full precision, 2^-1022. */
export const MIN_NORMAL = 2.2250738585072014e-308;

/** Returns the upper half of `x` as a signed integer: sign, exponent and the first 20 fraction bits. */
export function highWord(x: number): number {
  float[0] = x;
  return words[HIGH];
}

// Looking a power up avoids writing two halves and reading the whole back, which stalls the CPU.
const MIN_EXPONENT = -1074;
const MAX_EXPONENT = 1023;
const POWERS_OF_TWO = new Float64Array(MAX_EXPONENT - MIN_EXPONENT + 1);
POWERS_OF_TWO[0] = 5e-324;
for (let i = 1; i < POWERS_OF_TWO.length; i++) POWERS_OF_TWO[i] = 2 * POWERS_OF_TWO[i - 1];

/** 2^k for an integer k from -1074 to 1023. */
export function powerOfTwo(k: number): number {
  return POWERS_OF_TWO[k - MIN_EXPONENT];
}

/**
 * x · 2^k, rounded once, for |x| in [0.5, 4) and an integer k from -1200 to 2000.
 *
 * Results below the normal range are first formed 2^1000 times too large, where they are exact.
 */
export function scaleByPowerOfTwo(x: number, k: number): number {
  if (k > MAX_EXPONENT) return x * powerOfTwo(MAX_EXPONENT) * powerOfTwo(k - MAX_EXPONENT);
  if (k < -1020) return x * powerOfTwo(k + 1000) * powerOfTwo(-1000);
  return x * powerOfTwo(k);
}
