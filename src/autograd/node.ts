/**
 * The graph that autograd records: a node for each op, and tensors as autograd reads them.
 *
 * @module
 */

import type { Operand } from "../kernels/arithmetic.ts";
import { type DType, isFloat } from "../dtype.ts";
import { GradientError } from "../errors.ts";
import { mapList } from "../lists.ts";
import { type Op, OUTPUT } from "../ops/op.ts";
import { formatShape, type Shape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import type { NDArray } from "../storage/ndarray.ts";
import type { Storage } from "../storage/storage.ts";
import { type ModuleCall, runningCall } from "./module_call.ts";

/** Called with the complete gradient of a tensor. A tensor that it returns replaces the gradient. */
export type GradientHook = (gradient: Variable) => Variable | void;

/** Takes the gradients of a leaf to other processes. */
export interface GradientCollector {
  /**
   * Called with the complete gradient, after its hooks, before it is accumulated. The function that it
   * returns is called when the gradients of all leaves are complete; a tensor that it returns is
   * accumulated instead.
   */
  collect(gradient: NDArray): () => Variable | void;
  /** Throws if the gradient is not yet that of all processes; a step of an optimizer asks. */
  checkComplete(): void;
}

/**
 * A tensor as autograd reads it: its elements, the op that computed it, and its gradient.
 *
 * Only the class `Tensor` implements it; autograd lies below that class and must not import it.
 */
export interface Variable {
  /** The elements; replaced only when a leaf is converted to another dtype in place. */
  array: NDArray;
  /** The recorded op that computed this tensor, or `null` for a leaf. */
  node: Node | null;
  /** The gradient that `backward` accumulated here. */
  gradient: Variable | null;
  /** Hooks of a leaf, called in order with its gradient; a result has its hooks in its node. */
  hooks: GradientHook[] | null;
  /** Takes the gradients of a leaf to other processes; `null` if there are none. */
  collector: GradientCollector | null;
  /** True for a view of another tensor. */
  isView: boolean;
  /** The version of the storage when this tensor was made or last written through. */
  version: number;
  /** True if operations on this tensor are recorded. */
  requiresGrad: boolean;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The target of a gradient: the op that computed an input, a leaf, or none. */
export type Edge = Node | Variable | null;

/** A hook for the gradients of several nodes, which were recorded directly after each other. */
export interface MultiGradHook {
  /** The nodes; none of them depends on another. */
  readonly nodes: readonly Node[];
  /**
   * Called once in a backward pass, when the gradients of all nodes are complete, with `null` for
   * nodes without one; gradients that it returns replace them.
   */
  readonly hook: (
    gradients: readonly (Variable | null)[],
  ) => readonly (Variable | null)[] | void;
}

let nextId = 0;

/** Returns the number of the node that was recorded last; -1 if there was none. */
export function lastNodeId(): number {
  return nextId - 1;
}

/** A node of the graph: one recorded call of an op. */
export class Node {
  /** The number of the node in the order of recording: larger than those of its inputs. */
  readonly id: number = nextId++;
  readonly op: Op;
  readonly attrs: unknown;
  /** The target of the gradient of each input. */
  edges: readonly Edge[];
  /** The result. */
  readonly output: NDArray;
  /** True if the op made the storage of its result, rather than a view of an input. */
  readonly ownsOutput: boolean;
  /** The inputs; the memory of those that the rule does not read may be freed before it runs. */
  readonly inputs: readonly Operand<NDArray>[];
  /** The arrays that the forward saved for the rule, besides its result. */
  saved: readonly NDArray[];
  /** Called in order with the gradient of the result, even if it is written in place later. */
  hooks: GradientHook[] | null = null;
  /** The tensor of the result, if it retains its gradient. */
  retainsGradFor: Variable | null = null;
  /** The hook for the gradients of this node and others. */
  multiGradHook: MultiGradHook | null = null;
  /** True if the graph was freed. */
  freed = false;
  /** The call of a module that recorded this, or `null`. */
  readonly moduleCall: ModuleCall | null = runningCall;
  /** The version of the result's storage when the op had run. */
  readonly version: number;
  /** The arrays that the rule will read, and their versions when they were recorded. */
  #guarded: readonly NDArray[];
  readonly #versions: readonly number[];

  /**
   * Records a call of `op`.
   *
   * @param op the op
   * @param variables its inputs
   * @param inputs their arrays
   * @param attrs its attributes
   * @param output its result
   * @param saved the arrays that its forward saved
   * @param writesInPlace true if the op will write `output` over the first input
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
    this.version = output.storage.version + (writesInPlace ? 1 : 0);
    this.saved = saved;
    this.edges = mapList(variables, edgeOf);
    this.ownsOutput = !sharesStorage(output, inputs);
    const guarded: NDArray[] = [];
    const versions: number[] = [];
    for (const array of saved) {
      guarded.push(array);
      versions.push(array.storage.version);
    }
    for (let i = 0; i < inputs.length; i++) {
      if (this.edges[i] === null) continue;
      for (const j of op.reads(i)) {
        const read = j === OUTPUT ? output : inputs[j];
        if (read === undefined || typeof read === "number") continue;
        guarded.push(read);
        versions.push(j === OUTPUT ? this.version : read.storage.version);
      }
    }
    this.#guarded = guarded;
    this.#versions = versions;
    for (const array of guarded) array.storage.graphUses++;
  }

  /** The arrays that the rule will read; none after the graph was freed. */
  get held(): readonly NDArray[] {
    return this.#guarded;
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
          `backward(); detach() what a loop carries from step to step, such as the state of an RNN, or ` +
          `call that backward() with { retainGraph: true }`,
      );
    }
    for (let i = 0; i < this.#guarded.length; i++) {
      const { storage, shape } = this.#guarded[i];
      if (storage.version === this.#versions[i]) continue;
      throw new GradientError(
        `Cannot compute the gradient of ${this.op.name}: ${storage.origin} of shape ` +
          `${formatShape(shape)}, which it needs, was overwritten in place; use the form of the ` +
          `in-place operation that returns a new tensor, or clone() first`,
      );
    }
  }

  /**
   * Lets go of the arrays held for the rule, and adds the storages that have no other owner to `owned`.
   * The edges stay until {@link forget}.
   */
  free(owned: Storage[]): void {
    this.freed = true;
    if (this.ownsOutput) owned.push(this.output.storage);
    for (const { storage } of this.saved) owned.push(storage);
    for (const { storage } of this.#guarded) {
      if (--storage.graphUses === 0 && storage.ownedByGraph) owned.push(storage);
    }
    this.#guarded = this.saved = [];
  }

  /** Forgets the nodes before this one, so that a result of a freed graph does not keep them. */
  forget(): void {
    this.edges = [];
  }
}

/** Returns true if `array` is a view of one of `inputs`. */
export function sharesStorage(array: NDArray, inputs: readonly Operand<NDArray>[]): boolean {
  for (const x of inputs) if (typeof x !== "number" && x.storage === array.storage) return true;
  return false;
}

/** Returns the target of the gradient of `x`. */
export function edgeOf(x: Variable | number): Edge {
  if (typeof x === "number" || !x.requiresGrad || !isFloat(x.array.dtype)) return null;
  return x.node ?? x;
}

/** Wraps an array in a tensor, with the op that computed it. */
type Wrap = (array: NDArray, node: Node | null) => Variable;

let wrapper: Wrap = () => {
  throw new TypeError("Cannot make a tensor before src/tensor/tensor.ts is loaded");
};

/** Registers the `Tensor` class, whose instances ops return; `tensor.ts` calls it once. */
export function setWrapper(wrap: Wrap): void {
  wrapper = wrap;
}

/** Wraps `array` in a tensor. */
export function wrap(array: NDArray, node: Node | null = null): Variable {
  return wrapper(array, node);
}

/** Makes `gradient` the gradient of `leaf`; its memory lives until {@link clearGradient}. */
export function setGradient(leaf: Variable, gradient: Variable): void {
  const { storage } = gradient.array;
  storage.isGradient = true;
  storage.origin = "a gradient";
  leaf.gradient = gradient;
}

/** Removes the gradient of `leaf`, and frees its memory unless it is retained. */
export function clearGradient(leaf: Variable): void {
  if (leaf.gradient === null) return;
  arena.release(leaf.gradient.array.storage, "gradient");
  leaf.gradient = null;
}
