/**
 * The language in which elementwise rules are written.
 *
 * A rule such as `(k, x) => k.div(1, k.add(1, k.exp(k.neg(x))))` says nothing of what `x` is. Run
 * with numbers it is the reference; run with symbols it gives the expression that a code generator
 * compiles; run with tensors it records a graph. One text, so the three cannot disagree.
 *
 * @module
 */

/** An operand of arithmetic over `T`: an element or a plain number. */
export type Operand<T> = T | number;

/** Arithmetic on elements of kind `T`. Conditions are 1 and 0 where they are used as values. */
export interface Arithmetic<T> {
  /** `a + b` */
  add(a: Operand<T>, b: Operand<T>): T;
  /** `a - b` */
  sub(a: Operand<T>, b: Operand<T>): T;
  /** `a · b` */
  mul(a: Operand<T>, b: Operand<T>): T;
  /** `a / b` */
  div(a: Operand<T>, b: Operand<T>): T;
  /** `a` to the power `b`, as C99's `pow`: `0⁰ = 1`, `NaN⁰ = 1`. */
  pow(a: Operand<T>, b: Operand<T>): T;
  /** The smaller one; NaN if either is NaN. */
  minimum(a: Operand<T>, b: Operand<T>): T;
  /** The larger one; NaN if either is NaN. */
  maximum(a: Operand<T>, b: Operand<T>): T;

  /** `-x` */
  neg(x: Operand<T>): T;
  /** `|x|` */
  abs(x: Operand<T>): T;
  /** −1, 0 or 1; 0 for ±0, NaN for NaN. */
  sign(x: Operand<T>): T;
  /** `√x`; NaN below 0. */
  sqrt(x: Operand<T>): T;
  /** `eˣ` */
  exp(x: Operand<T>): T;
  /** `ln x`; −∞ at 0, NaN below. */
  log(x: Operand<T>): T;
  /** `tanh x` */
  tanh(x: Operand<T>): T;
  /** `1 / (1 + e⁻ˣ)`, without overflow on either side. */
  sigmoid(x: Operand<T>): T;
  /** The largest integer that is not above `x`. */
  floor(x: Operand<T>): T;
  /** The smallest integer that is not below `x`. */
  ceil(x: Operand<T>): T;
  /** `x` without its fraction. */
  trunc(x: Operand<T>): T;
  /** The nearest integer, halves to even. */
  round(x: Operand<T>): T;

  /** `a < b` */
  lt(a: Operand<T>, b: Operand<T>): T;
  /** `a ≤ b` */
  le(a: Operand<T>, b: Operand<T>): T;
  /** `a > b` */
  gt(a: Operand<T>, b: Operand<T>): T;
  /** `a ≥ b` */
  ge(a: Operand<T>, b: Operand<T>): T;
  /** `a = b`; false if either is NaN. */
  eq(a: Operand<T>, b: Operand<T>): T;
  /** `a ≠ b`; true if either is NaN. */
  ne(a: Operand<T>, b: Operand<T>): T;
  /** Both are non-zero. */
  logicalAnd(a: Operand<T>, b: Operand<T>): T;
  /** One or both are non-zero. */
  logicalOr(a: Operand<T>, b: Operand<T>): T;
  /** `x` is zero. */
  logicalNot(x: Operand<T>): T;
  /** `a` where `condition` is non-zero, otherwise `b`; the other one is not looked at. */
  where(condition: Operand<T>, a: Operand<T>, b: Operand<T>): T;
}

/** The name of an operation of {@link Arithmetic}. */
export type PrimitiveName = keyof Arithmetic<unknown>;

/** Primitives whose result is a condition. */
export const CONDITIONS: ReadonlySet<PrimitiveName> = new Set<PrimitiveName>([
  "lt",
  "le",
  "gt",
  "ge",
  "eq",
  "ne",
  "logicalAnd",
  "logicalOr",
  "logicalNot",
]);
