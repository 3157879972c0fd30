/**
 * Arithmetic: sums, products, quotients, powers, and what is made of them.
 *
 * @module
 */

import { type DType, isFloat } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { arena } from "../storage/arena.ts";
import type { NDArray } from "../storage/ndarray.ts";
import { contiguous, elementwise } from "./elementwise.ts";
import { indices, type Op, sample } from "./op.ts";
import { nonZero } from "./rule_ops.ts";
const x = sample([2, 3]);
const positive = sample([2, 3], 0.5, 3);

export const add: Op<void> = elementwise({
  name: "add",
  arity: 2,
  forward: (k, [a, b]) => k.add(a, b),
  backward: (_, g) => [g, g],
});

export const sub: Op<void> = elementwise({
  name: "sub",
  arity: 2,
  noBool: true,
  forward: (k, [a, b]) => k.sub(a, b),
  backward: (k, g) => [g, k.neg(g)],
});

export const mul: Op<void> = elementwise({
  name: "mul",
  arity: 2,
  forward: (k, [a, b]) => k.mul(a, b),
  backward: (k, g, [a, b]) => [k.mul(g, b), k.mul(g, a)],
});

export const div: Op<void> = elementwise({
  name: "div",
  float: true,
  forward: (k, [a, b]) => k.div(a, b),
  backward: (k, g, [, b], y) => [k.div(g, b), k.neg(k.mul(g, k.div(y, b)))],
  samples: [
    [3, positive],
    [x, positive],
  ],
});

/**
 * d(aᵇ) = b·aᵇ⁻¹ da + aᵇ·ln a db; where a textbook has 0·∞, the gradient is 0.
 *
 * There the infinite factor is not computed at all: it would come back as 0·∞ in derivatives of this.
 */
export const pow: Op<void> = elementwise({
  name: "pow",
  noBool: true,
  exact: true,
  check: (k, [, exponent], dtype) => {
    if (isFloat(dtype) || !someElement(k, exponent, (n) => n < 0)) return;
    throw new ValueError(
      `Cannot pow ${dtype} with a negative exponent: convert it with .to("float32")`,
    );
  },
  forward: (k, [a, b]) => k.pow(a, b),
  backward: (k, g, [a, b], y) => [
    k.where(k.eq(b, 0), 0, k.mul(g, k.mul(b, k.pow(a, k.sub(nonZero(k, b), 1))))),
    k.mul(g, k.mul(y, k.log(k.where(k.logicalAnd(k.eq(a, 0), k.ge(b, 0)), 1, a)))),
  ],
  samples: [
    [x, 3],
    [x, indices([2, 3], [0, 1, 2, 3, -1, 4])],
    [2, x],
    [positive, x],
  ],
});

export const square: Op<void> = elementwise({
  name: "square",
  exact: true,
  forward: (k, [x]) => k.mul(x, x),
  backward: (k, g, [x]) => [k.mul(g, k.mul(2, x))],
});

export const neg: Op<void> = elementwise({
  name: "neg",
  noBool: true,
  forward: (k, [x]) => k.neg(x),
  backward: (k, g) => [k.neg(g)],
});

/** |x|′ = sign x, so 0 at 0. */
export const abs: Op<void> = elementwise({
  name: "abs",
  forward: (k, [x]) => k.abs(x),
  backward: (k, g, [x]) => [k.mul(g, k.sign(x))],
});

/**
 * The share of the gradient of an extreme that one operand gets: 0 if the other is more extreme, ½ if
 * they are equal, otherwise 1.
 */
function share<T>(k: Arithmetic<T>, isPassed: Operand<T>, isReached: Operand<T>): T {
  return k.sub(k.sub(1, k.mul(0.5, isPassed)), k.mul(0.5, isReached));
}

/** Of equal elements, each gets half of the gradient; beside NaN, both get all of it. */
export const maximum: Op<void> = elementwise({
  name: "maximum",
  arity: 2,
  forward: (k, [a, b]) => k.maximum(a, b),
  backward: (k, g, [a, b]) => [
    k.mul(g, share(k, k.lt(a, b), k.le(a, b))),
    k.mul(g, share(k, k.lt(b, a), k.le(b, a))),
  ],
});

/** Of equal elements, each gets half of the gradient; beside NaN, both get all of it. */
export const minimum: Op<void> = elementwise({
  name: "minimum",
  arity: 2,
  forward: (k, [a, b]) => k.minimum(a, b),
  backward: (k, g, [a, b]) => [
    k.mul(g, share(k, k.gt(a, b), k.ge(a, b))),
    k.mul(g, share(k, k.gt(b, a), k.ge(b, a))),
  ],
});

/** `min(max(x, low), high)`, so `high` where the bounds cross; the gradient at a bound is 1. */
export const clamp: Op<void> = elementwise({
  name: "clamp",
  forward: (k, [x, low, high]) => k.minimum(k.maximum(x, low), high),
  backward: (k, g, [x, low, high]) => [
    k.where(k.logicalAnd(k.ge(x, low), k.le(x, high)), g, 0),
    k.where(k.logicalAnd(k.lt(x, low), k.lt(low, high)), g, 0),
    k.where(k.logicalOr(k.gt(x, high), k.gt(low, high)), g, 0),
  ],
  samples: [
    [sample([2, 4], -1.9, 1.7), -1, 1],
    [sample([2, 4]), sample([2, 4], -1.4, 0.2), sample([2, 4], 0, 1.7)],
  ],
});

const divisionSamples = [
  [sample([2, 4], -5, 5), 1.5],
  [sample([2, 3], -5, 5), sample([2, 3], 1.1, 1.9)],
];

/** Makes a check that rejects integers divided by 0. */
function divisorCheck(action: string) {
  return (k: Kernels, [, divisor]: readonly Operand<NDArray>[], dtype: DType): void => {
    if (isFloat(dtype) || !someElement(k, divisor, (n) => n === 0)) return;
    throw new ValueError(
      `Cannot ${action} integers by 0: convert one operand with .to("float32") for NaN and infinities, ` +
        `or replace the zeros`,
    );
  };
}

/** Returns true if `test` holds for an element of `x`. */
function someElement(
  k: Kernels,
  x: Operand<NDArray>,
  test: (element: number) => boolean,
): boolean {
  if (typeof x === "number") return test(x);
  const elements = contiguous(k, x);
  arena.begin();
  arena.touch(elements.storage);
  const found = elements.values().some(test);
  if (elements !== x) arena.free(elements.storage, "temporary");
  return found;
}

/** True if a remainder, which has the sign of the dividend, must move to the side of the divisor `b`. */
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
export const fmod: Op<void> = elementwise({
  name: "fmod",
  noBool: true,
  check: divisorCheck("fmod"),
  forward: (k, [a, b]) => k.fmod(a, b),
  backward: (k, g, [a, b], y) => [g, k.neg(k.mul(g, k.round(k.div(k.sub(a, y), b))))],
  samples: divisionSamples,
});

/** a − b · ⌊a / b⌋: with the sign of b, as Python's `%`. */
export const remainder: Op<void> = elementwise({
  name: "remainder",
  noBool: true,
  check: divisorCheck("take the remainder of"),
  forward: (k, [a, b]) => {
    const rest = k.fmod(a, b);
    return k.where(isAcross(k, rest, b), k.add(rest, b), rest);
  },
  backward: (k, g, [a, b]) => [g, k.neg(k.mul(g, floorOf(k, a, b)))],
  samples: divisionSamples,
});

/** ⌊a / b⌋, as Python's `//`. */
export const floorDivide: Op<void> = elementwise({
  name: "floorDivide",
  noBool: true,
  check: divisorCheck("divide"),
  forward: (k, [a, b]) => {
    const quotient = k.div(a, b);
    const whole = floorOf(k, a, b);
    // A zero takes the sign of the quotient.
    const result = k.where(k.eq(whole, 0), k.mul(0, quotient), whole);
    return k.where(k.eq(b, 0), quotient, result);
  },
  // Steps are flat wherever they have a derivative.
  backward: () => [0, 0],
  samples: divisionSamples,
});

/** a / b without its fraction, as C divides integers. */
export const truncDivide: Op<void> = elementwise({
  name: "truncDivide",
  noBool: true,
  check: divisorCheck("divide"),
  forward: (k, [a, b]) => k.trunc(k.div(a, b)),
  // Steps are flat wherever they have a derivative.
  backward: () => [0, 0],
  samples: divisionSamples,
});

/** a + w (b − a), computed from the nearer end: exactly a at 0 and b at 1. */
export const lerp: Op<void> = elementwise({
  name: "lerp",
  float: true,
  forward: (k, [a, b, w]) => {
    const way = k.sub(b, a);
    const fromEnd = k.sub(b, k.mul(way, k.sub(1, w)));
    return k.where(k.lt(w, 0.5), k.add(a, k.mul(w, way)), fromEnd);
  },
  backward: (k, g, [a, b, w]) => [k.mul(g, k.sub(1, w)), k.mul(g, w), k.mul(g, k.sub(b, a))],
  samples: [
    [x, x, 0.3],
    [x, x, sample([2, 3], 0, 1)],
  ],
});

/** x + value · a · b */
export const addcmul: Op<void> = elementwise({
  name: "addcmul",
  noBool: true,
  exact: true,
  forward: (k, [x, a, b, value]) => k.add(x, k.mul(k.mul(value, a), b)),
  backward: (k, g, [, a, b, value]) => [g, k.mul(k.mul(g, value), b), k.mul(k.mul(g, value), a)],
  samples: [[x, x, positive, 0.7]],
});

/** x + value · a / b */
export const addcdiv: Op<void> = elementwise({
  name: "addcdiv",
  float: true,
  forward: (k, [x, a, b, value]) => k.add(x, k.div(k.mul(value, a), b)),
  backward: (k, g, [, a, b, value]) => {
    const scaled = k.div(g, b);
    return [
      g,
      k.mul(scaled, value),
      k.neg(k.mul(k.mul(scaled, value), k.div(a, b))),
    ];
  },
  samples: [[x, x, positive, 0.7]],
});
