/**
 * Division with a remainder. Integers refuse a divisor of 0; floats give NaN or ±∞.
 *
 * @module
 */

import { type DType, isFloat } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import type { MapOperand } from "../kernels/kernels.ts";
import { Walk } from "../kernels/reference/walk.ts";
import { arena } from "../storage/arena.ts";
import { elementwise } from "./elementwise.ts";
import { type Op, sample } from "./op.ts";

const samples = [
  { inputs: [sample([2, 4], -5, 5), 1.5], attrs: undefined },
  { inputs: [sample([2, 3], -5, 5), sample([2, 3], 1.1, 1.9)], attrs: undefined },
];

/** @throws {ValueError} if integers are divided by 0 */
function checkDivisor(name: string) {
  return ([, divisor]: readonly MapOperand[], dtype: DType): void => {
    if (isFloat(dtype) || !hasZero(divisor)) return;
    throw new ValueError(
      `Cannot ${name} integers by 0: convert one operand with .to("float32") for NaN and infinities, ` +
        `or replace the zeros`,
    );
  };
}

function hasZero(x: MapOperand): boolean {
  if (typeof x === "number") return x === 0;
  arena.begin();
  arena.touch(x.storage);
  const values = x.whole();
  const walk = new Walk(x.shape, [x]);
  for (let i = 0; i < x.size; i++, walk.next()) if (values[walk.at[0]] === 0) return true;
  return false;
}

/** Whether a remainder with the sign of the dividend must move to the side of the divisor `b`. */
function isAcross<T>(k: Arithmetic<T>, rest: Operand<T>, b: Operand<T>): T {
  return k.lt(k.mul(k.sign(b), rest), 0);
}

/**
 * ⌊a / b⌋ from the remainder, since a quotient that rounds up to an integer would give one too many
 * (1 // 0.1 is 9).
 */
function floorOf<T>(k: Arithmetic<T>, a: Operand<T>, b: Operand<T>): T {
  const rest = k.fmod(a, b);
  return k.round(k.sub(k.div(k.sub(a, rest), b), isAcross(k, rest, b)));
}

/** a − b · trunc(a / b), exactly: with the sign of a, as C's `fmod`. */
export const fmod: Op<void> = elementwise(
  { name: "fmod", noBool: true, check: checkDivisor("fmod"), samples },
  2,
  (k, [a, b]) => k.fmod(a, b),
  (k, g, [a, b], y) => [g, k.neg(k.mul(g, k.round(k.div(k.sub(a, y), b))))],
);

/** a − b · ⌊a / b⌋: with the sign of b, as Python's `%`. */
export const remainder: Op<void> = elementwise(
  { name: "remainder", noBool: true, check: checkDivisor("take the remainder of"), samples },
  2,
  (k, [a, b]) => {
    const rest = k.fmod(a, b);
    return k.where(isAcross(k, rest, b), k.add(rest, b), rest);
  },
  (k, g, [a, b]) => [g, k.neg(k.mul(g, floorOf(k, a, b)))],
);

/** ⌊a / b⌋, as Python's `//`. */
export const floorDivide: Op<void> = elementwise(
  { name: "floorDivide", noBool: true, check: checkDivisor("divide"), samples },
  2,
  (k, [a, b]) => {
    const quotient = k.div(a, b);
    const whole = floorOf(k, a, b);
    // A zero takes the sign of the quotient.
    const result = k.where(k.eq(whole, 0), k.mul(0, quotient), whole);
    return k.where(k.eq(b, 0), quotient, result);
  },
  // Steps are flat wherever they have a derivative.
  () => [0, 0],
);

/** a / b without its fraction, as C divides integers. */
export const truncDivide: Op<void> = elementwise(
  { name: "truncDivide", noBool: true, check: checkDivisor("divide"), samples },
  2,
  (k, [a, b]) => k.trunc(k.div(a, b)),
  // Steps are flat wherever they have a derivative.
  () => [0, 0],
);
