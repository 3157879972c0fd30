/**
 * The language in which elementwise rules are written.
 *
 * A formula such as `(k, x) => k.div(1, k.add(1, k.exp(k.neg(x))))` leaves open what `x` is. Run
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
  /** `a − b · trunc(a / b)` without rounding, with the sign of `a`; NaN for `b = 0`. */
  fmod(a: Operand<T>, b: Operand<T>): T;
  /** The angle of the point `(x, y)`, from −π to π. */
  atan2(y: Operand<T>, x: Operand<T>): T;
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
  /** `eˣ − 1`, precise also near 0. */
  expm1(x: Operand<T>): T;
  /** `ln(1 + x)`, precise also near 0. */
  log1p(x: Operand<T>): T;
  /** The logarithm to base 2. */
  log2(x: Operand<T>): T;
  /** The logarithm to base 10. */
  log10(x: Operand<T>): T;
  /** The sine of an angle in radians. */
  sin(x: Operand<T>): T;
  /** The cosine of an angle in radians. */
  cos(x: Operand<T>): T;
  /** The tangent of an angle in radians. */
  tan(x: Operand<T>): T;
  /** The angle from −π/2 to π/2 whose sine is `x`; NaN outside of [−1, 1]. */
  asin(x: Operand<T>): T;
  /** The angle from 0 to π whose cosine is `x`; NaN outside of [−1, 1]. */
  acos(x: Operand<T>): T;
  /** The angle from −π/2 to π/2 whose tangent is `x`. */
  atan(x: Operand<T>): T;
  /** `(eˣ − e⁻ˣ) / 2` */
  sinh(x: Operand<T>): T;
  /** `(eˣ + e⁻ˣ) / 2` */
  cosh(x: Operand<T>): T;
  /** `2/√π · ∫₀ˣ e^(−t²) dt` */
  erf(x: Operand<T>): T;
  /** `1 − erf x`, precise also where `erf x` rounds to 1. */
  erfc(x: Operand<T>): T;
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
