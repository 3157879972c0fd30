/**
 * Philox, a random number generator without a state: block n of a stream is a function of n and of
 * the seed.
 *
 * @module
 */

// The multipliers and the Weyl increments of the Philox paper, table 2.
export const M0 = 0xd2511f53;
export const M1 = 0xcd9e8d57;
export const W0 = 0x9e3779b9;
export const W1 = 0xbb67ae85;
export const ROUNDS = 10;

/** Returns the upper 32 bits of the 64-bit product of two 32-bit words, by halves of 16 bits. */
export function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // Neither sum exceeds 2^32 - 1: (2^16 - 1)² + (2^16 - 1) < 2^32.
  const low = Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16);
  const middle = Math.imul(aLow, bHigh) + (low & 0xffff);
  return (Math.imul(aHigh, bHigh) + (low >>> 16) + (middle >>> 16)) >>> 0;
}

/**
 * The block cipher Philox4x32-10: 128 bits of counter to 128 random bits.
 *
 * Ten rounds; each multiplies two words by constants, crosses the halves of the products and mixes
 * in a key that a Weyl sequence advances. Passes TestU01's BigCrush.
 * Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
 *
 * @param out receives the four output words
 * @param c0 the counter, least significant word first
 * @param c1 its second word
 * @param c2 its third word
 * @param c3 its fourth word
 * @param k0 the key, least significant word first
 * @param k1 its second word
 */
export function philox4x32(
  out: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  let [a, b, c, d] = [c0, c1, c2, c3];
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(M0, a);
    const high1 = multiplyHigh(M1, c);
    const low0 = Math.imul(M0, a);
    const low1 = Math.imul(M1, c);
    a = high1 ^ b ^ k0;
    b = low1;
    c = high0 ^ d ^ k1;
    d = low0;
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}

/** Returns a multiple of 2^-53 in [0, 1) from the upper 27 and 26 bits of two words. */
export function unit53(a: number, b: number): number {
  return ((a >>> 5) * 67108864 + (b >>> 6)) * 2 ** -53;
}

const WORD = 2 ** 32;

/** floor((high·2^32 + low) · range / 2^64) for 1 <= range <= 2^32 (Lemire 2019). */
export function bounded(low: number, high: number, range: number): number {
  if (range === WORD) return high;
  const carry = (Math.imul(high, range) >>> 0) + multiplyHigh(low, range) >= WORD ? 1 : 0;
  return multiplyHigh(high, range) + carry;
}
