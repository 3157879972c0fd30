/**
 * Turns formulas into vector code.
 *
 * @module
 */

import * as f32 from "./math_f32.ts";
import * as f64 from "./math_f64.ts";
import { fmod, fmodOfDoubles } from "./math_fmod.ts";
import * as powers from "./math_pow.ts";
import * as doublePowers from "./math_pow_f64.ts";
import * as inverse from "./math_inverse_f64.ts";
import * as logarithms from "./math_log_f64.ts";
import * as trigonometry from "./math_trig.ts";
import * as angles from "./math_trig_f64.ts";
import * as wide from "./math_wide.ts";
import { CONDITIONS, type PrimitiveName } from "../../arithmetic.ts";
import type { Expression } from "../../formula.ts";
import { numbers } from "../../numbers.ts";
import type { Code } from "../assembler/code.ts";
import { f64x2, v128 } from "../assembler/vectors.ts";
import type { Instructions, Lanes, Vector } from "./lanes.ts";
import type { Writer } from "./writer.ts";

type Rule = (w: Writer, a: Vector, b: Vector) => Code<"v128">;
/** Code for some primitives. */
type Table = Partial<Record<PrimitiveName, Rule>>;

/** Rules for primitives that are one instruction of the same name. */
function instructions(...names: (PrimitiveName & keyof Instructions)[]): Table {
  return Object.fromEntries(
    names.map((name): [string, Rule] => [name, (w, a, b) => w.lanes[name](a, b)]),
  );
}

/** Primitives that give a value in every lane, from values. */
const VALUES: Table = {
  ...instructions("add", "sub", "mul", "div", "neg", "abs", "sqrt", "floor", "ceil", "trunc"),
  minimum: (w, a, b) => w.lanes.min(a, b),
  maximum: (w, a, b) => w.lanes.max(a, b),
  round: (w, x) => w.lanes.nearest(x),
  sign: (w, x) => {
    const zero = w.constant(0);
    const positive = v128.and(w.lanes.gt(x, zero), w.constant(1));
    const negative = v128.and(w.lanes.lt(x, zero), w.constant(-1));
    return v128.bitselect(v128.or(positive, negative), x, w.lanes.eq(x, x));
  },
};

/** Rules for float32 alone. */
const VALUES_F32: Table = {
  exp: f32.exp,
  log: f32.log,
  expm1: f32.expm1,
  log1p: f32.log1p,
  log2: f32.log2,
  log10: f32.log10,
  tanh: f32.tanh,
  sigmoid: f32.sigmoid,
  sinh: f32.sinh,
  cosh: f32.cosh,
  erf: f32.erf,
  erfc: f32.erfc,
  fmod,
  ...trigonometry,
  ...powers,
};

/** Rules where float64 stands for integers, which wrap. */
const VALUES_INTEGER: Table = {
  mul: multiplyIntegers,
  fmod: (_, a, b) => f64x2.sub(a, f64x2.mul(f64x2.trunc(f64x2.div(a, b)), b)),
};

/**
 * a · b modulo 2³², for integers up to 2³¹: with a = 2¹⁶ h + l, the product is 2¹⁶ (h · b mod 2¹⁶) + l · b,
 * and nothing on the way needs more than the 53 bits that float64 has.
 */
function multiplyIntegers(w: Writer, a: Vector, b: Vector): Code<"v128"> {
  const high = w.let(f64x2.trunc(f64x2.mul(a, w.double(2 ** -16))));
  const low = f64x2.sub(a, f64x2.mul(high, w.double(2 ** 16)));
  const upper = w.let(f64x2.mul(high, b));
  const multiple = f64x2.trunc(f64x2.mul(upper, w.double(2 ** -16)));
  const rest = f64x2.sub(upper, f64x2.mul(multiple, w.double(2 ** 16)));
  return f64x2.add(f64x2.mul(rest, w.double(2 ** 16)), f64x2.mul(low, b));
}

/** Rules for float64 alone. */
const VALUES_F64: Table = {
  exp: f64.exp,
  log: f64.log,
  expm1: f64.expm1,
  log1p: f64.log1p,
  sigmoid: wide.sigmoid,
  tanh: wide.tanh,
  erf: wide.erf,
  erfc: wide.erfc,
  sin: angles.sin,
  cos: angles.cos,
  tan: angles.tan,
  ...inverse,
  fmod: fmodOfDoubles,
  pow: doublePowers.pow,
  log2: logarithms.log2,
  log10: logarithms.log10,
  sinh: wide.sinh,
  cosh: wide.cosh,
};

/** The code of primitives that give values, for `lanes` that hold floats, or integers that wrap. */
function valuesFor(lanes: Lanes, wraps: boolean): Table {
  if (lanes.isInteger) return VALUES;
  if (lanes.count === 4) return { ...VALUES, ...VALUES_F32 };
  return { ...VALUES, ...VALUES_F64, ...wraps ? VALUES_INTEGER : {} };
}

/** Primitives that give a mask, all ones or all zeros in every lane, from values. */
const TESTS: Table = instructions("lt", "le", "gt", "ge", "eq", "ne");

/** Primitives that give a mask from masks. */
const LOGIC: Table = {
  logicalAnd: (_, a, b) => v128.and(a, b),
  logicalOr: (_, a, b) => v128.or(a, b),
  logicalNot: (_, x) => v128.not(x),
};

/** Powers that are cheaper by other means, exactly as C99's `pow` at the edges. */
const POWERS = new Map<number, (w: Writer, x: Vector) => Code<"v128">>([
  [0, (w) => w.constant(1)],
  [1, (_, x) => x],
  [2, (w, x) => w.lanes.mul(x, x)],
  [3, (w, x) => w.lanes.mul(w.lanes.mul(x, x), x)],
  [4, (w, x) => {
    const square = w.let(w.lanes.mul(x, x));
    return w.lanes.mul(square, square);
  }],
  [-1, (w, x) => w.lanes.div(w.constant(1), x)],
  [0.5, squareRoot],
  [-0.5, (w, x) => w.lanes.div(w.constant(1), squareRoot(w, x))],
]);

/** Unlike `sqrt`, +0 at −0 and ∞ at −∞. */
function squareRoot(w: Writer, x: Vector): Code<"v128"> {
  const root = w.lanes.sqrt(w.lanes.add(x, w.constant(0)));
  const isLeast = w.lanes.eq(x, w.constant(-Infinity));
  return v128.bitselect(w.constant(Infinity), root, isLeast);
}

const SIMPLE_EXPONENTS = [...POWERS.keys()];

/** A small number for an exponent that is cheap, −1 for others. */
export function simpleExponent(exponent: number): number {
  return SIMPLE_EXPONENTS.indexOf(exponent);
}

/** Values of expressions without inputs, so that shared parts are visited once. */
const constants = new WeakMap<Expression, number | null>();

/** The value of an expression without inputs, else null. */
function constantValue(e: Expression): number | null {
  if (e.kind !== "apply") return e.kind === "constant" ? e.value : null;
  let value = constants.get(e);
  if (value === undefined) {
    const args = e.args.map(constantValue);
    const evaluate = numbers[e.name] as (...args: (number | null)[]) => number;
    value = args.includes(null) ? null : evaluate(...args);
    constants.set(e, value);
  }
  return value;
}

/** The code for the power `exponent`, if that is simple. */
function simplePower(name: PrimitiveName, exponent: Expression) {
  return name === "pow" ? POWERS.get(constantValue(exponent) ?? NaN) : undefined;
}

/** Primitives for which there are instructions on 32-bit integers, and on bytes without a sign. */
const ON_BYTES: readonly PrimitiveName[] = ["add", "sub", "minimum", "maximum"];
const ON_INTEGERS: readonly PrimitiveName[] = [...ON_BYTES, "mul", "neg", "abs"];

/** Returns true if lanes of integers, of `bytes` bytes, have vector code for all of `e`. */
export function canLowerIntegers(e: Expression, bytes: number): boolean {
  const [least, most] = bytes === 1 ? [0, 255] : [-(2 ** 31), 2 ** 31 - 1];
  if (e.kind === "input") return true;
  if (e.kind === "constant") {
    return Number.isInteger(e.value) && e.value >= least && e.value <= most;
  }
  const names = bytes === 1 ? ON_BYTES : ON_INTEGERS;
  const known = e.name === "where" || names.includes(e.name) || e.name in TESTS || e.name in LOGIC;
  return known && e.args.every((arg) => canLowerIntegers(arg, bytes));
}

/** Primitives that take many instructions: worth a look at whether any lane needs them. */
const COSTLY: readonly PrimitiveName[] = [
  ...[
    "exp",
    "log",
    "expm1",
    "log1p",
    "log2",
    "log10",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
  ] as const,
  ...["atan", "atan2", "sinh", "cosh", "tanh", "erf", "erfc", "sigmoid", "pow", "fmod"] as const,
];

/** Returns true if `e` is 1 or 0, and a mask before that. */
function isCondition(e: Expression): boolean {
  return e.kind === "apply" && CONDITIONS.has(e.name);
}

/** By expression and rule, what {@link extreme} adds or sets after the comparison. */
type Guards = Record<"minimum" | "maximum", object>;
const guards = new WeakMap<Expression, Guards>();

/** Writes formulas; computes each shared part once. */
export class Lowering {
  readonly #w: Writer;
  readonly #rules: Table;
  readonly #isNumber: (input: number) => boolean;
  readonly #load: (input: number) => Vector;
  readonly #fixed = new Map<Expression, boolean>();
  #values = new Map<Expression, Vector>();
  #masks = new Map<Expression, Vector>();

  /**
   * @param w where the code goes
   * @param wraps true if the elements are integers that wrap
   * @param isNumber returns true if an input is one number for all elements
   * @param load writes the code that loads an input; called once for each input that is read
   */
  constructor(
    w: Writer,
    wraps: boolean,
    isNumber: (input: number) => boolean,
    load: (input: number) => Vector,
  ) {
    this.#w = w;
    this.#rules = valuesFor(w.lanes, wraps);
    this.#isNumber = isNumber;
    this.#load = load;
  }

  /** The value of `e` in each lane; conditions are 1 and 0. */
  value(e: Expression): Vector {
    const known = this.#values.get(e);
    if (known !== undefined) return known;
    const make = (): Vector => this.#makeValue(e);
    const vector = e.kind === "apply" && this.#isFixed(e) ? this.#w.hoist(e, make) : make();
    this.#values.set(e, vector);
    return vector;
  }

  /** Returns true if `e` has one value for all elements. */
  #isFixed(e: Expression): boolean {
    if (e.kind !== "apply") return e.kind === "constant" || this.#isNumber(e.index);
    let fixed = this.#fixed.get(e);
    if (fixed === undefined) {
      fixed = e.args.every((arg) => this.#isFixed(arg));
      this.#fixed.set(e, fixed);
    }
    return fixed;
  }

  /** Returns true if `e` needs a costly primitive whose value is not known yet. */
  #isCostly(e: Expression): boolean {
    if (e.kind !== "apply" || this.#values.has(e) || this.#isFixed(e)) return false;
    const { name, args } = e;
    if (simplePower(name, args[1]) !== undefined) return this.#isCostly(args[0]);
    return COSTLY.includes(name) || args.some((arg) => this.#isCostly(arg));
  }

  /** The value of `cheap`, and that of `costly` in the lanes of `mask`, if there are any. */
  #choose(cheap: Expression, costly: Expression, mask: Code<"v128">): Vector {
    const w = this.#w;
    const needed = w.let(mask);
    const result = w.let(this.value(cheap));
    const [values, masks] = [this.#values, this.#masks];
    w.patch(needed, [result], () => {
      // What is computed inside is not known outside.
      [this.#values, this.#masks] = [new Map(values), new Map(masks)];
      return [this.value(costly)];
    });
    [this.#values, this.#masks] = [values, masks];
    return result;
  }

  /**
   * The smaller or larger one of `x` and the `bound` of all elements, in two instructions instead of
   * eight: `pmin` and `pmax` are right but for a bound that is NaN or a zero.
   */
  #extreme(name: "minimum" | "maximum", x: Expression, bound: Expression): Code<"v128"> {
    const w = this.#w;
    const { lanes } = w;
    const [value, limit] = [this.value(x), this.value(bound)];
    const quick = (name === "minimum" ? lanes.pmin : lanes.pmax)(value, limit);
    const known = constantValue(bound);
    if (known !== null && known !== 0 && !Number.isNaN(known)) return quick;
    const keys = guards.get(bound) ?? { minimum: {}, maximum: {} };
    guards.set(bound, keys);
    const guard = w.hoist(keys[name], () => {
      const [signs, isZero] = [w.constant(-0), lanes.eq(limit, w.constant(0))];
      const isNaN = lanes.ne(limit, limit);
      // Beside −0 every result has its sign; to add −0 changes nothing, and +0 makes +0 of −0.
      return w.let(v128.or(
        isNaN,
        name === "minimum"
          ? v128.and(v128.and(limit, signs), isZero)
          : v128.bitselect(limit, signs, isZero),
      ));
    });
    return name === "minimum" ? v128.or(quick, guard) : lanes.add(quick, guard);
  }

  /** All ones in the lanes where `e` is not zero. */
  mask(e: Expression): Vector {
    const known = this.#masks.get(e);
    if (known !== undefined) return known;
    const vector = this.#w.let(this.#makeMask(e));
    this.#masks.set(e, vector);
    return vector;
  }

  #makeValue(e: Expression): Vector {
    const w = this.#w;
    if (e.kind === "input") return this.#load(e.index);
    if (e.kind === "constant") return w.constant(e.value);
    const constant = constantValue(e);
    if (constant !== null) return w.constant(constant);
    const { name, args } = e;
    const power = simplePower(name, args[1]);
    if (power !== undefined) return w.let(power(w, this.value(args[0])));
    if (name === "pow" && constantValue(args[0]) === 2 && !w.lanes.isInteger) {
      const { exp2 } = w.lanes.count === 4 ? f32 : doublePowers;
      return exp2(w, this.value(args[1]));
    }
    if (CONDITIONS.has(name)) return w.let(v128.and(this.mask(e), w.constant(1)));
    if (name === "where") {
      const [condition, a, b] = args;
      if (this.#isCostly(a) !== this.#isCostly(b)) {
        const mask = this.mask(condition);
        return this.#isCostly(a) ? this.#choose(b, a, mask) : this.#choose(a, b, v128.not(mask));
      }
      return w.let(v128.bitselect(this.value(a), this.value(b), this.mask(condition)));
    }
    if ((name === "minimum" || name === "maximum") && !w.lanes.isInteger) {
      const at = [1, 0].find((i) => this.#isFixed(args[i]));
      if (at !== undefined) return w.let(this.#extreme(name, args[1 - at], args[at]));
    }
    const rule = this.#rules[name]!;
    return w.let(rule(w, this.value(args[0]), this.value(args[args.length - 1])));
  }

  #makeMask(e: Expression): Code<"v128"> {
    const w = this.#w;
    if (e.kind === "apply") {
      const { name, args } = e;
      const [first, last] = [args[0], args[args.length - 1]];
      if (name === "logicalNot" && !isCondition(first)) {
        return w.lanes.eq(this.value(first), w.constant(0));
      }
      if (name in LOGIC) return LOGIC[name]!(w, this.mask(first), this.mask(last));
      if (name === "ne" && isCondition(first) && isCondition(last)) {
        return v128.xor(this.mask(first), this.mask(last));
      }
      if (name in TESTS) return TESTS[name]!(w, this.value(first), this.value(last));
    }
    return w.lanes.ne(this.value(e), w.constant(0));
  }
}
