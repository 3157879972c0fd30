/**
 * What autograd knows of a tensor, and the graph that it records.
 *
 * @module
 */

import { isFloat } from "../dtype.ts";
import { DTypeError, GradientError } from "../errors.ts";
import type { MapOperand } from "../kernels/kernels.ts";
import { type Op, OUTPUT } from "../ops/op.ts";
import { formatShape, type Shape } from "../shape.ts";
import type { DType } from "../dtype.ts";
import type { NDArray } from "../storage/ndarray.ts";
import type { Storage } from "../storage/storage.ts";

/** Looks at the gradient of a tensor when it is complete; what it returns takes its place. */
export type GradientHook = (gradient: Variable) => Variable | void;

/**
 * What autograd knows of a tensor: its elements, where it came from, and its gradient. Every
 * {@link Tensor} is one.
 *
 * @example
 * ```ts
 * import { tensor, Variable } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * assert.ok(x instanceof Variable);
 * assert.equal(x.mul(2).requiresGrad, true);
 * assert.equal(x.detach().requiresGrad, false);
 * ```
 */
export class Variable {
  /**
   * The elements. Replaced only where a leaf is converted in place; see `convert.ts`.
   *
   * @internal
   */
  array: NDArray;
  /**
   * The op that made it, if that was recorded.
   *
   * @internal
   */
  node: Node | null;
  /**
   * Where `backward` leaves the gradient; read it as `grad`.
   *
   * @internal
   */
  gradient: Variable | null = null;
  /**
   * Called with the gradient of a leaf, in order; for results see {@link Node}.
   *
   * @internal
   */
  hooks: GradientHook[] | null = null;
  /**
   * Whether it is a view of another tensor's elements.
   *
   * @internal
   */
  isView = false;
  /**
   * Version of the storage when this was made or last written through.
   *
   * @internal
   */
  version: number;
  #leafRequiresGrad = false;

  /**
   * Wraps an array.
   *
   * @internal
   * @param array the elements
   * @param node the recorded op that made them
   */
  constructor(array: NDArray, node: Node | null = null) {
    this.array = array;
    this.node = node;
    this.version = array.storage.version;
  }

  /** Size along each axis. */
  get shape(): Shape {
    return this.array.shape;
  }

  /** Element type. */
  get dtype(): DType {
    return this.array.dtype;
  }

  /** Whether operations on it are recorded: it is a leaf that was asked for, or made from one. */
  get requiresGrad(): boolean {
    return this.#leafRequiresGrad || this.node !== null;
  }

  set requiresGrad(value: boolean) {
    if (this.node !== null) {
      if (value) return;
      throw new GradientError(
        "Cannot stop recording for a result of recorded operations; use detach()",
      );
    }
    if (value && !isFloat(this.array.dtype)) {
      throw new DTypeError(
        `Cannot require the gradient of a tensor of ${this.array.dtype}: only floating-point ` +
          `tensors have gradients; convert it with .to("float32")`,
      );
    }
    this.#leafRequiresGrad = value;
  }
}

/** Where a gradient goes on: to the op that made an input, to a leaf, or nowhere. */
export type Edge = Node | Variable | null;

/** A look at the gradients of several nodes at once, which were recorded one right after the other. */
export interface Gate {
  /** The nodes; none of them leads to another. */
  readonly nodes: readonly Node[];
  /**
   * Called once in a pass, when the gradients of all nodes are complete, `null` where there is none;
   * what it returns takes their place.
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
  /** Whether the op made the storage of its result, rather than a view of an input's. */
  readonly ownsOutput: boolean;
  /** The inputs. The memory of those that the rule does not read may be used again before it runs. */
  readonly inputs: readonly MapOperand[];
  /** What the forward saved beside its result. */
  saved: readonly NDArray[];
  /** Called with the gradient of the result, in order; also if the tensor is written in place later. */
  hooks: GradientHook[] | null = null;
  /** Where to leave that gradient: a tensor that is not a leaf and keeps its gradient all the same. */
  keeper: Variable | null = null;
  /** Who looks at its gradient together with those of other nodes. */
  gate: Gate | null = null;
  /** Whether its graph has been freed. */
  freed = false;
  /** What the rule will read, and the versions that it means. */
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
   * @param saved what its forward saved
   * @param writesInPlace whether `output` is about to be written over the first input
   */
  constructor(
    op: Op,
    variables: readonly (Variable | number)[],
    inputs: readonly MapOperand[],
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
    for (const array of guarded) array.storage.holds++;
  }

  /** Whether the rule may look at the elements of `array`, an input or the result. */
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

  /** Lets go of everything that was held for the gradient, and returns what nobody else owns. */
  free(): Storage[] {
    const spent: Storage[] = [];
    if (this.freed) return spent;
    this.freed = true;
    if (this.ownsOutput) spent.push(this.output.storage);
    for (const { storage } of this.saved) spent.push(storage);
    for (const { storage } of this.#guarded) {
      if (--storage.holds === 0 && storage.orphaned) spent.push(storage);
    }
    this.#guarded = this.edges = this.saved = [];
    return spent;
  }
}

/** Whether `array` is a view of one of `inputs`. */
export function sharesStorage(array: NDArray, inputs: readonly MapOperand[]): boolean {
  return inputs.some((x) => typeof x !== "number" && x.storage === array.storage);
}

/** Where the gradient of `x` goes. */
export function edgeOf(x: Variable | number): Edge {
  if (typeof x === "number" || !x.requiresGrad || !isFloat(x.array.dtype)) return null;
  return x.node ?? x;
}

/** Makes the tensor of the public API around an array. */
type Wrap = (array: NDArray, node: Node | null) => Variable;

let wrapper: Wrap = (array, node) => new Variable(array, node);

/** Registers the class whose instances operations return; called once, by the tensor layer. */
export function setWrapper(wrap: Wrap): void {
  wrapper = wrap;
}

/** A tensor around `array`. */
export function wrap(array: NDArray, node: Node | null = null): Variable {
  return wrapper(array, node);
}
