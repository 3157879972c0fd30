// Written by `deno task book`: the code of 13_simd.md.

/** Something that formulas compute with, or a plain number. */
export type Operand<T> = T | number;

/** The four operations on values of kind `T`. */
export interface Arithmetic<T> {
  add(a: Operand<T>, b: Operand<T>): T;
  sub(a: Operand<T>, b: Operand<T>): T;
  mul(a: Operand<T>, b: Operand<T>): T;
  div(a: Operand<T>, b: Operand<T>): T;
}

/** A formula that leaves open what it computes with. */
export type Formula = <T>(k: Arithmetic<T>, inputs: readonly Operand<T>[]) => Operand<T>;

/** The gradient of tanh: `g` arrives, `y` is the result of tanh. */
export const tanhGradient: Formula = (k, [g, y]) => k.mul(g, k.mul(k.sub(1, y), k.add(1, y)));
