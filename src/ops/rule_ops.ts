/**
 * The ops that gradient rules are written in, over values of any kind.
 *
 * They have two implementations, both made from the op table, so a rule cannot use what has no op:
 * `arrayOps` (`autograd/gradients.ts`) computes on arrays and records nothing, and `recordedOps`
 * (`autograd/apply.ts`) records on tensors, for second derivatives.
 *
 * @module
 */

import type { DType } from "../dtype.ts";
import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import { Formula } from "../kernels/formula.ts";
import type { Convolution, Window } from "../kernels/kernels.ts";
import { mapList } from "../lists.ts";
import { reducedShape, type Shape, type Value } from "../shape.ts";
import type { Span } from "../storage/views.ts";

/** Options of reductions. */
export interface ReduceAttrs {
  /** The axes to reduce, sorted, distinct, counted from the front. */
  readonly axes: readonly number[];
  /** Keep them with size 1. */
  readonly keepDims: boolean;
}

/** Options of ops that add up or write along an axis of zeros of `shape`. */
export interface PlaceAttrs {
  readonly shape: Shape;
  readonly axis: number;
}

/** Options of `pad`: the part of zeros of `shape` that the input takes. */
export interface PadAttrs {
  readonly shape: Shape;
  readonly spans: readonly Span[];
}

/** Options of gradients of ops with a window: the shape of the gradient. */
export interface WindowOn<W> {
  readonly shape: Shape;
  readonly window: W;
}

/** Options of `standardize`. */
export interface StandardizeAttrs {
  /** The axes over which mean and variance are taken, counted from the front. */
  readonly axes: readonly number[];
  /** Added to the variance. */
  readonly eps: number;
  /** Subtract the mean. */
  readonly centered: boolean;
}

/** The ops over values of kind `T`; elementwise ones broadcast. */
export interface RuleOps<T> extends Arithmetic<T> {
  /** Any formula: one pass for arrays, its ops one by one for tensors. */
  map(f: Formula, operands: readonly Operand<T>[]): T;

  /** Returns true if an element of `x` is 0: rules that are simpler without zeros look for them. */
  hasZero(x: T): boolean;

  cast(x: T, dtype: DType): T;
  reshape(x: T, shape: Shape): T;
  permute(x: T, order: readonly number[]): T;
  expand(x: T, shape: Shape): T;
  slice(x: T, spans: readonly Span[]): T;
  /** Zeros of `shape` with `x` at `spans`: the transpose of `slice`. */
  pad(x: T, attrs: PadAttrs): T;

  cat(parts: readonly T[], axis: number): T;

  /** `x` with `value` written at `spans`. */
  assign(x: T, value: Operand<T>, spans: readonly Span[]): T;

  sum(x: T, attrs: ReduceAttrs): T;
  prod(x: T, attrs: ReduceAttrs): T;
  cumsum(x: T, axis: number): T;
  cumprod(x: T, axis: number): T;
  matmul(a: T, b: T): T;
  cross(a: T, b: T, axis: number): T;
  tril(x: T, diagonal: number): T;
  triu(x: T, diagonal: number): T;
  solve(a: T, b: T): T;
  cofactors(x: T): T;
  cofactorsGradient(x: T, g: T): T;
  svd(x: T): T;
  weightedDifferences(weights: T, a: T, b: T): T;
  softmax(x: T, axis: number): T;
  standardize(x: T, attrs: StandardizeAttrs): T;
  /** The factor of `standardize`, whose value is `known`, as a function of `x`. */
  inverseDeviation(x: T, known: T, attrs: StandardizeAttrs): T;

  /** The gradient of the cross-entropy of `x` for the classes at `index`. */
  crossEntropyGradient(g: T, x: T, index: T, axis: number): T;

  gather(x: T, index: T, axis: number): T;
  scatter(x: T, index: T, source: Operand<T>, axis: number): T;
  scatterAdd(source: T, index: T, attrs: PlaceAttrs): T;
  indexSelect(x: T, index: T, axis: number): T;
  indexAdd(source: T, index: T, attrs: PlaceAttrs): T;

  conv2d(x: T, weight: T, window: Convolution): T;
  conv2dInputGradient(g: T, weight: T, attrs: WindowOn<Convolution>): T;
  conv2dWeightGradient(g: T, x: T, attrs: WindowOn<Convolution>): T;
  maxPool2dGradient(g: T, indices: T, shape: Shape): T;
  avgPool2d(x: T, window: Window): T;
  avgPool2dGradient(g: T, attrs: WindowOn<Window>): T;
}

/** `x` with its last two axes swapped. */
export function transposed<T extends Value>(k: RuleOps<T>, x: T): T {
  const order = mapList(x.shape, (_, axis) => axis);
  const last = order.length - 1;
  [order[last - 1], order[last]] = [last, last - 1];
  return k.permute(x, order);
}

/** Brings a reduced value back beside the elements that it came from: `[2, 4] → [2, 1, 4]`. */
export function restoreAxes<T>(
  k: RuleOps<T>,
  y: T,
  shape: Shape,
  { axes, keepDims }: ReduceAttrs,
): T {
  return keepDims ? y : k.reshape(y, reducedShape(shape, axes, true));
}

/** `x` with 1 in place of zeros. */
export function nonZero<T>(k: Arithmetic<T>, x: Operand<T>): T {
  return k.where(k.eq(x, 0), 1, x);
}

/** ln(1 + e⁻ˡˣˡ): softplus x without its part max(x, 0). It cannot overflow, and near 0 it is precise. */
export function softplusTail<T>(k: Arithmetic<T>, x: Operand<T>): T {
  return k.log1p(k.exp(k.neg(k.abs(x))));
}

/** x = y, where NaN equals NaN. */
export const isPicked: Formula = new Formula(
  "picked",
  2,
  (k, [x, y]) => k.logicalOr(k.eq(x, y), k.logicalAnd(k.ne(x, x), k.ne(y, y))),
);

/** Divides `g`, the gradient for `y`, evenly among the elements of `x` along `axes` that are `y`. */
export function shareTies<T extends Value>(
  k: RuleOps<T>,
  g: T,
  x: T,
  y: T,
  axes: readonly number[],
): T {
  const picked = k.cast(k.map(isPicked, [x, y]), g.dtype);
  return k.mul(k.div(g, k.sum(picked, { axes, keepDims: true })), picked);
}
