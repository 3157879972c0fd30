/**
 * Rounding to integers.
 *
 * @module
 */

const TWO_52 = 4503599627370496;

/**
 * Computes the nearest integer, and the even one of two that are equally near; PyTorch's `round`.
 *
 * Adding 2^52 leaves no room for a fraction, so the addition itself rounds, in the way IEEE 754
 * asks for. (`Math.round` takes halves up.)
 *
 * @param x any number
 * @returns an integer with the sign of `x` (-0 for -0.5); ±Infinity and NaN as they are
 */
export function roundHalfEven(x: number): number {
  const a = Math.abs(x);
  if (!(a < TWO_52)) return x;
  const y = a + TWO_52 - TWO_52;
  return x < 0 || Object.is(x, -0) ? -y : y;
}
