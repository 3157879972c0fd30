/**
 * Elementwise arithmetic on plain numbers: the definition of every primitive.
 *
 * @module
 */

import * as math from "../math/mod.ts";
import type { Arithmetic } from "./arithmetic.ts";

/** Arithmetic on numbers, in float64. */
export const numbers: Arithmetic<number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: math.pow,
  // In JavaScript % is C's fmod, which is exact.
  fmod: (a, b) => a % b,
  atan2: math.atan2,
  minimum: (a, b) => Math.min(a, b),
  maximum: (a, b) => Math.max(a, b),

  neg: (x) => -x,
  abs: (x) => Math.abs(x),
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : x === 0 ? 0 : NaN),
  sqrt: (x) => Math.sqrt(x),
  exp: math.exp,
  log: math.log,
  expm1: math.expm1,
  log1p: math.log1p,
  log2: math.log2,
  log10: math.log10,
  sin: math.sin,
  cos: math.cos,
  tan: math.tan,
  asin: math.asin,
  acos: math.acos,
  atan: math.atan,
  sinh: math.sinh,
  cosh: math.cosh,
  erf: math.erf,
  erfc: math.erfc,
  tanh: math.tanh,
  sigmoid: math.sigmoid,
  floor: (x) => Math.floor(x),
  ceil: (x) => Math.ceil(x),
  trunc: (x) => Math.trunc(x),
  round: math.roundHalfEven,

  lt: (a, b) => (a < b ? 1 : 0),
  le: (a, b) => (a <= b ? 1 : 0),
  gt: (a, b) => (a > b ? 1 : 0),
  ge: (a, b) => (a >= b ? 1 : 0),
  eq: (a, b) => (a === b ? 1 : 0),
  ne: (a, b) => (a !== b ? 1 : 0),
  logicalAnd: (a, b) => (a !== 0 && b !== 0 ? 1 : 0),
  logicalOr: (a, b) => (a !== 0 || b !== 0 ? 1 : 0),
  logicalNot: (x) => (x === 0 ? 1 : 0),
  where: (condition, a, b) => (condition !== 0 ? a : b),
};

const { fround } = Math;

/** Arithmetic on numbers that came from float32: steps act on what float32 holds of their operands. */
export const singles: Arithmetic<number> = {
  ...numbers,
  fmod: (a, b) => fround(a) % fround(b),
  sign: (x) => numbers.sign(fround(x)),
  floor: (x) => Math.floor(fround(x)),
  ceil: (x) => Math.ceil(fround(x)),
  trunc: (x) => Math.trunc(fround(x)),
  round: (x) => numbers.round(fround(x)),
  lt: (a, b) => numbers.lt(fround(a), fround(b)),
  le: (a, b) => numbers.le(fround(a), fround(b)),
  gt: (a, b) => numbers.gt(fround(a), fround(b)),
  ge: (a, b) => numbers.ge(fround(a), fround(b)),
  eq: (a, b) => numbers.eq(fround(a), fround(b)),
  ne: (a, b) => numbers.ne(fround(a), fround(b)),
};

/** Arithmetic on numbers that came from integers: products that float64 cannot hold wrap. */
export const integers: Arithmetic<number> = {
  ...numbers,
  mul: (a, b) => Number.isSafeInteger(a * b) ? a * b : Math.imul(a, b),
};
