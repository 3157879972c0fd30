/**
 * An op: a name, a forward, and a gradient.
 *
 * @module
 */

import type { DType } from "../dtype.ts";
import type { Operand } from "../kernels/arithmetic.ts";
import type { Formula } from "../kernels/formula.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Shape, Value } from "../shape.ts";
import type { NDArray } from "../storage/ndarray.ts";
import type { RuleOps } from "./rule_ops.ts";

/** The result of a forward, alone or followed by what else the gradient will need. */
export type Result = NDArray | readonly [output: NDArray, ...saved: NDArray[]];

/** One recorded call, as its gradient rule sees it. */
export interface Context<T, A> {
  /** The inputs; 0 in place of those that the rule does not read. */
  readonly inputs: readonly T[];
  /** The result of the forward; 0 if the rule does not read it. */
  readonly output: T;
  /** The arrays that the forward returned beside its result. */
  readonly saved: readonly T[];
  /** Shapes of all inputs, read or not; `[]` for a number. */
  readonly shapes: readonly Shape[];
  /** The options of the call. */
  readonly attrs: A;
}

/** An input that tests give to an op: values spread over a range, listed values, or a number. */
export type SampleInput =
  | number
  | { readonly shape: Shape; readonly from: number; readonly to: number }
  | { readonly shape: Shape; readonly values: readonly number[]; readonly dtype: DType };

/** A call for tests. */
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
 *
 * `reads` lists what each of these functions looks at, so that autograd keeps that alive and frees
 * everything else: `reads: [[1], [0, OUTPUT]]` says that the gradient of input 0 reads input 1, and
 * that of input 1 reads input 0 and the result. If one of them is overwritten in place before the
 * backward pass, that is an error; what is not listed may be overwritten, and the rule gets 0 instead
 * of it. Shapes are always there. Elementwise ops need no list: theirs follows from their formula.
 */
export interface Op<A = unknown> {
  readonly name: string;
  /** Name of a result of this op in error messages. */
  readonly origin: string;
  /** Number of inputs; -1 for a list of them. */
  readonly arity: number;
  /** For the gradient of input `i`, the indices of the inputs that it reads, or {@link OUTPUT}. */
  reads(i: number): readonly number[];
  forward(k: Kernels, inputs: readonly Operand<NDArray>[], attrs: A): Result;
  /** Writes the result into `out`, which may be an input; absent if the op has no such form. */
  into?(k: Kernels, inputs: readonly Operand<NDArray>[], out: NDArray, attrs: A): void;
  /** Absent if the op has no gradient. */
  backward?<T extends Value>(
    k: RuleOps<T>,
    g: T,
    context: Context<T, A>,
  ): readonly (() => T)[];
  readonly samples: readonly Sample<A>[];
  /** The formulas of an elementwise op; others have none. */
  readonly formulas?: OpFormulas;
}

/** The formulas of an elementwise op. */
export interface OpFormulas {
  /** The result, from the inputs. */
  readonly forward: Formula;
  /** The gradients of the inputs, from `[g, ...inputs, output]`; last ones may be left out. */
  readonly gradients: readonly Formula[];
}

type Reads = readonly (readonly number[])[];

/** The definition of an op, from which {@link op} makes an {@link Op}. */
interface OpDefinition<A, I> {
  readonly name: string;
  /** Number of inputs, unless it is that of the first sample; -1 for a list of them. */
  readonly arity?: number;
  /** Per input, what its gradient reads, or a function that returns it; nothing if absent. */
  readonly reads?: Reads | (() => Reads);
  forward(k: Kernels, inputs: I, attrs: A): Result;
  readonly into?: Op<A>["into"];
  readonly backward?: Op<A>["backward"];
  readonly samples: readonly Sample<NoInfer<A>>[];
  readonly formulas?: OpFormulas;
}

/** Makes an op from its definition. `I` is the type of the inputs: arrays, or numbers as well. */
export function op<A = void, I extends readonly Operand<NDArray>[] = readonly NDArray[]>(
  definition: OpDefinition<A, I>,
): Op<A> {
  const { name, reads = [], samples, formulas } = definition;
  return {
    name,
    origin: `the output of ${name}`,
    arity: definition.arity ?? samples[0].inputs.length,
    reads: (i) => (typeof reads === "function" ? reads() : reads)[i] ?? [],
    // Callers of the table pass the inputs that the op's type asks for; `I` is that type, seen from here.
    forward: definition.forward as Op<A>["forward"],
    into: definition.into,
    backward: definition.backward,
    samples,
    formulas,
  };
}

/** Runs `compute` at most once: when its result is first asked for. */
export function once<T>(compute: () => T): () => T {
  let result: T | undefined;
  return () => result ??= compute();
}

/** A sample input of `shape` with values spread over `[from, to]`. */
export function sample(shape: Shape, from = -2, to = 2): SampleInput {
  return { shape, from, to };
}

/** A sample input of integers. */
export function indices(shape: Shape, values: readonly number[]): SampleInput {
  return { shape, values, dtype: "int32" };
}

/** A sample input of listed floating-point numbers. */
export function listed(shape: Shape, values: readonly number[]): SampleInput {
  return { shape, values, dtype: "float32" };
}
