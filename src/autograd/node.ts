/**
 * The graph that autograd records: a node for each op, and the tensors between them.
 *
 * @module
 */

import type { Operand } from "../kernels/arithmetic.ts";
import { type DType, isFloat } from "../dtype.ts";
import { GradientError } from "../errors.ts";
import { type Op, OUTPUT } from "../ops/op.ts";
import { formatShape, type Shape } from "../shape.ts";
import type { NDArray } from "../storage/ndarray.ts";
import type { Storage } from "../storage/storage.ts";

/** Sees the gradient of a tensor when it is complete; a returned tensor takes its place. */
export type GradientHook = (gradient: Variable) => Variable | void;

/**
 * A tensor as autograd sees it: its elements, the op that made it, and its gradient.
 *
 * The class `Tensor` implements it, and is the only one that does; autograd lies below that class and
 * knows it by this interface.
 */
export interface Variable {
  /** The elements. Replaced only where a leaf is converted to another dtype in place. */
  array: NDArray;
  /** The recorded op that made this tensor, or `null` for a leaf. */
  node: Node | null;
  /** The gradient that `backward` left here. */
  gradient: Variable | null;
  /** Hooks of a leaf, called in order with its gradient; those of a result are in its node. */
  hooks: GradientHook[] | null;
  /** Whether it shows elements of another tensor. */
  isView: boolean;
  /** The version of the storage when this tensor was made or last written through. */
  version: number;
  /** Whether operations on it are recorded. */
  requiresGrad: boolean;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Where a gradient goes on: to the op that made an input, to a leaf, or nowhere. */
export type Edge = Node | Variable | null;

/** A hook that sees the gradients of several nodes at once, recorded one right after the other. */
export interface MultiGradHook {
  /** The nodes; none of them leads to another. */
  readonly nodes: readonly Node[];
  /**
   * Called once in a backward pass, when the gradients of all nodes are complete, `null` where there
   * is none; returned gradients take their place.
   */
  readonly hook: (
    gradients: readonly (Variable | null)[],
  ) => readonly (Variable | null)[] | void;
}

let nextId = 0;

/** One recorded op. */
export class Node {
  /** Nodes are numbered as they are recorded, so every input has a smaller id than its users. */
  readonly id: number = nextId++;
  readonly op: Op;
  readonly attrs: unknown;
  /** For each input, where its gradient goes. */
  edges: readonly Edge[];
  /** The result. */
  readonly output: NDArray;
  /** True if the op made the storage of its result, rather than a view of an input. */
  readonly ownsOutput: boolean;
  /** The inputs. The memory of those that the rule does not read may be used again before it runs. */
  readonly inputs: readonly Operand<NDArray>[];
  /** The arrays that the forward saved beside its result. */
  saved: readonly NDArray[];
  /** Called with the gradient of the result, in order; also if the tensor is written in place later. */
  hooks: GradientHook[] | null = null;
  /** The result itself, if it retains its gradient as leaves do. */
  retainsGradFor: Variable | null = null;
  /** The hook that sees its gradient together with those of other nodes. */
  multiGradHook: MultiGradHook | null = null;
  /** True if its graph has been freed. */
  freed = false;
  /** The arrays that the rule will read, and their versions when they were recorded. */
  #guarded: readonly NDArray[];
  readonly #versions: readonly number[];

  /**
   * Records a call of `op`.
   *
   * @param op the op
   * @param variables its inputs
   * @param inputs their arrays
   * @param attrs its options
   * @param output its result
   * @param saved the arrays that its forward saved
   * @param writesInPlace true if `output` is about to be written over the first input
   */
  constructor(
    op: Op,
    variables: readonly (Variable | number)[],
    inputs: readonly Operand<NDArray>[],
    attrs: unknown,
    output: NDArray,
    saved: readonly NDArray[],
    writesInPlace = false,
  ) {
    this.op = op;
    this.inputs = inputs;
    this.attrs = attrs;
    this.output = output;
    this.saved = saved;
    this.edges = variables.map(edgeOf);
    this.ownsOutput = !sharesStorage(output, inputs);
    const guarded = [...saved];
    const versions = saved.map((array) => array.storage.version);
    for (let i = 0; i < inputs.length; i++) {
      if (this.edges[i] === null) continue;
      for (const j of op.reads(i)) {
        const read = j === OUTPUT ? output : inputs[j];
        if (read === undefined || typeof read === "number") continue;
        guarded.push(read);
        versions.push(read.storage.version + (j === OUTPUT && writesInPlace ? 1 : 0));
      }
    }
    this.#guarded = guarded;
    this.#versions = versions;
    for (const array of guarded) array.storage.graphUses++;
  }

  /** Returns true if the rule may read the elements of `array`, an input or the result. */
  reads(array: NDArray): boolean {
    return this.#guarded.includes(array);
  }

  /** @throws {GradientError} if the graph was freed, or what the rule reads was overwritten */
  check(): void {
    if (this.freed) {
      throw new GradientError(
        `Cannot call backward() through ${this.op.name} again: its graph was freed by an earlier ` +
          `backward(); call that one with { retainGraph: true }`,
      );
    }
    this.#guarded.forEach((array, i) => {
      const { storage, shape } = array;
      if (storage.version === this.#versions[i]) return;
      throw new GradientError(
        `Cannot compute the gradient of ${this.op.name}: ${storage.origin} of shape ` +
          `${formatShape(shape)}, which it needs, was overwritten in place; use the form of the ` +
          `in-place operation that returns a new tensor, or clone() first`,
      );
    });
  }

  /** Frees what was held for the gradient, and returns the storages that have no other owner. */
  free(): Storage[] {
    const spent: Storage[] = [];
    if (this.freed) return spent;
    this.freed = true;
    if (this.ownsOutput) spent.push(this.output.storage);
    for (const { storage } of this.saved) spent.push(storage);
    for (const { storage } of this.#guarded) {
      if (--storage.graphUses === 0 && storage.ownedByGraph) spent.push(storage);
    }
    this.#guarded = this.edges = this.saved = [];
    return spent;
  }
}

/** Returns true if `array` is a view of one of `inputs`. */
export function sharesStorage(array: NDArray, inputs: readonly Operand<NDArray>[]): boolean {
  return inputs.some((x) => typeof x !== "number" && x.storage === array.storage);
}

/** Returns where the gradient of `x` goes. */
export function edgeOf(x: Variable | number): Edge {
  if (typeof x === "number" || !x.requiresGrad || !isFloat(x.array.dtype)) return null;
  return x.node ?? x;
}

/** Makes a tensor around an array, with the op that made it. */
type Wrap = (array: NDArray, node: Node | null) => Variable;

let wrapper: Wrap = () => {
  throw new TypeError("Cannot make a tensor before src/tensor/tensor.ts is loaded");
};

/** Registers the `Tensor` class, whose instances ops return; `tensor.ts` calls it once. */
export function setWrapper(wrap: Wrap): void {
  wrapper = wrap;
}

/** A tensor around `array`. */
export function wrap(array: NDArray, node: Node | null = null): Variable {
  return wrapper(array, node);
}
