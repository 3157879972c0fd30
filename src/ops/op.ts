/**
 * What an op is: a name, a forward, and a gradient.
 *
 * @module
 */

import type { DType } from "../dtype.ts";
import type { Kernels, MapOperand } from "../kernels/kernels.ts";
import type { Shape } from "../shape.ts";
import type { NDArray } from "../storage/ndarray.ts";
import type { RuleOps } from "./rule_ops.ts";

/** What rules may ask of a value, be it an array or a tensor that records. */
export interface Value {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The result of a forward, alone or followed by what else the gradient will need. */
export type Result = NDArray | readonly [output: NDArray, ...saved: NDArray[]];

/** What a gradient rule may look at. */
export interface Context<T, A> {
  /** The inputs; where the op does not read one, 0. */
  readonly inputs: readonly T[];
  /** The result of the forward; where the op does not read it, 0. */
  readonly output: T;
  /** What the forward returned beside its result. */
  readonly saved: readonly T[];
  /** Shapes of all inputs, read or not; `[]` for a number. */
  readonly shapes: readonly Shape[];
  /** The options of the call. */
  readonly attrs: A;
}

/** An input that tests give to an op: values spread over a range, listed values, or a number. */
export type SampleInput =
  | { readonly shape: Shape; readonly from: number; readonly to: number }
  | { readonly shape: Shape; readonly values: readonly number[]; readonly dtype: DType }
  | number;

/** One call that tests make. */
export interface Sample<A> {
  readonly inputs: readonly SampleInput[];
  /** Absent where the op has no options. */
  readonly attrs?: A;
}

/** In `reads`, stands for the result of the op. */
export const OUTPUT = -1;

/**
 * An op of the table.
 *
 * A gradient rule is a vector–Jacobian product: given `g = ∂L/∂output` it returns, for each input, a
 * function that computes `∂L/∂input`. It may return it in the shape to which the input was broadcast;
 * the engine sums, casts and accumulates, and calls only the functions whose result is wanted. The
 * rule is written in the ops themselves, so that running it with recording tensors gives second
 * derivatives.
 */
export interface Op<A = unknown> {
  readonly name: string;
  /** How error messages name a result of this op. */
  readonly origin: string;
  /** Number of inputs; -1 for a list of them. */
  readonly arity: number;
  /** For the gradient of input `i`, the indices of the inputs that it reads, or {@link OUTPUT}. */
  reads(i: number): readonly number[];
  forward(k: Kernels, inputs: readonly MapOperand[], attrs: A): Result;
  /** Writes the result into `out`, which may be an input; absent if the op has no such form. */
  into?(k: Kernels, inputs: readonly MapOperand[], out: NDArray, attrs: A): void;
  /** Absent if the op has no gradient. */
  backward?<T extends Value>(
    k: RuleOps<T>,
    g: T,
    context: Context<T, A>,
  ): readonly (() => T)[];
  readonly samples: readonly Sample<A>[];
}

/** What the author of an op writes. */
export interface OpDefinition<A, I> {
  readonly name: string;
  /** Number of inputs, unless it is that of the first sample; -1 for a list of them. */
  readonly arity?: number;
  /** Per input, or for all of them, what its gradient reads; nothing if absent. */
  readonly reads?: readonly (readonly number[])[];
  forward(k: Kernels, inputs: I, attrs: A): Result;
  readonly into?: Op<A>["into"];
  readonly backward?: Op<A>["backward"];
  readonly samples: readonly Sample<NoInfer<A>>[];
}

/** Makes an op of its definition. `I` types the inputs: arrays, where numbers cannot come. */
export function op<A = void, I extends readonly MapOperand[] = readonly NDArray[]>(
  definition: OpDefinition<A, I>,
): Op<A> {
  const { name, reads = [], forward, backward, samples } = definition;
  return {
    name,
    origin: `the output of ${name}`,
    arity: definition.arity ?? samples[0].inputs.length,
    reads: (i) => reads[i] ?? [],
    // Who calls an op through the table passes what its type says; `I` is that type, seen from here.
    forward: forward as Op<A>["forward"],
    into: definition.into,
    backward,
    samples,
  };
}

/** A sample input of `shape` with values spread over `[from, to]`. */
export function sample(shape: Shape, from = -2, to = 2): SampleInput {
  return { shape, from, to };
}

/** A sample input of integers. */
export function indices(shape: Shape, values: readonly number[]): SampleInput {
  return { shape, values, dtype: "int32" };
}
