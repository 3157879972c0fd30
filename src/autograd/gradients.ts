/**
 * The two kinds of gradients in a backward pass: arrays, which are freed as soon as they are used,
 * and recorded tensors, which can be differentiated again.
 *
 * @module
 */

import type { Operand } from "../kernels/arithmetic.ts";
import { DTYPES } from "../dtype.ts";
import { kernels } from "../kernels/backends.ts";
import { mapList } from "../lists.ts";
import { copy, hasZero, mapElements } from "../ops/elementwise.ts";
import type { Context } from "../ops/op.ts";
import type { RuleOps } from "../ops/rule_ops.ts";
import { bindRuleOps, ops } from "../ops/table.ts";
import type { Shape, Value } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import { apply, recordedOps } from "./apply.ts";
import { type Edge, Node, setGradient, type Variable, wrap } from "./node.ts";

/** Computes with gradients of kind `T`, counts their users, and accumulates them in leaves. */
export interface GradientKind<T extends Value> {
  /** The ops in which rules are written, on values of this kind. */
  readonly ops: RuleOps<T>;
  /** Makes a saved array an operand of a rule; its own gradient would flow to `from`. */
  operand(array: NDArray, from: Edge): T;
  /** Returns the gradient as a tensor for a hook or a caller, who may keep it. */
  toTensor(gradient: T): Variable;
  /** Returns the elements of the gradient, to read at once. */
  arrayOf(gradient: T): NDArray;
  /** Returns the gradient that a hook returned as a tensor. */
  fromTensor(gradient: Variable): T;
  /** Counts one more user of a gradient. */
  retain(gradient: T): void;
  /** Counts one user of a gradient less, and frees the memory after the last. */
  release(gradient: T): void;
  /** Runs a rule, and frees its temporaries. */
  freeTemporaries(rule: () => (T | null)[]): (T | null)[];
  /** Adds a gradient to the gradient of a leaf. */
  accumulate(leaf: Variable, gradient: T): void;
}

/** The ops of gradient rules on arrays, which record nothing. */
const arrayOps = bindRuleOps<NDArray>(
  (op, inputs, attrs) => {
    const result = op.forward(kernels(), inputs, attrs);
    return result instanceof NDArray ? result : result[0];
  },
  {
    map: (f, operands) => mapElements(kernels(), f, operands),
    hasZero: (x) => hasZero(kernels(), x),
  },
);

/** Gradients as arrays. */
export class ArrayGradients implements GradientKind<NDArray> {
  readonly ops: RuleOps<NDArray> = arrayOps;
  /** Storages with a larger serial were made in this pass, which may free them. */
  readonly #since: number = arena.serial;

  operand(array: NDArray): NDArray {
    return array;
  }

  toTensor(gradient: NDArray): Variable {
    gradient.storage.retained = true;
    return wrap(gradient);
  }

  arrayOf(gradient: NDArray): NDArray {
    return gradient;
  }

  fromTensor({ array }: Variable): NDArray {
    // The hook may have kept it.
    array.storage.retained = true;
    return array;
  }

  retain({ storage }: NDArray): void {
    // Several gradients may lie in one storage: rules may return their argument, or a view of it.
    storage.gradientUses++;
  }

  release({ storage }: NDArray): void {
    if (--storage.gradientUses === 0 && storage.serial > this.#since) {
      arena.release(storage, "temporary");
    }
  }

  freeTemporaries(rule: () => (NDArray | null)[]): (NDArray | null)[] {
    const mark = arena.open();
    let results: (NDArray | null)[] = [];
    try {
      results = rule();
    } finally {
      arena.close(mark, "temporary", results.filter((x) => x !== null));
    }
    return results;
  }

  accumulate(leaf: Variable, gradient: NDArray): void {
    const sofar = leaf.gradient;
    // A view is not written in place: it shares elements with another tensor, or repeats them.
    if (sofar !== null && sofar.node === null && isWhole(sofar.array)) {
      ops.add.into!(kernels(), [sofar.array, gradient], sofar.array);
      sofar.version = ++sofar.array.storage.version;
      return;
    }
    const total = sofar === null ? this.#own(gradient) : arrayOps.add(sofar.array, gradient);
    setGradient(leaf, wrap(total));
  }

  /** Returns `gradient` itself if it has no other user, otherwise a copy. */
  #own(gradient: NDArray): NDArray {
    const { storage } = gradient;
    const alone = storage.serial > this.#since && storage.gradientUses === 1;
    return alone && isWhole(gradient) && !storage.retained ? gradient : copy(kernels(), gradient);
  }
}

/** Returns true if `array` holds each element of its storage once, in order. */
function isWhole({ storage, contiguous, size, dtype }: NDArray): boolean {
  return contiguous && size * DTYPES[dtype].bytes === storage.bytes;
}

/** Gradients as tensors, whose computation is recorded. */
export class RecordedGradients implements GradientKind<Variable> {
  readonly ops: RuleOps<Variable> = recordedOps;

  operand(array: NDArray, from: Edge): Variable {
    return from instanceof Node ? wrap(array, from) : from ?? wrap(array);
  }

  toTensor(gradient: Variable): Variable {
    gradient.array.storage.retained = true;
    return gradient;
  }

  arrayOf({ array }: Variable): NDArray {
    return array;
  }

  fromTensor(gradient: Variable): Variable {
    return gradient;
  }

  retain(): void {}

  release(): void {}

  freeTemporaries(rule: () => (Variable | null)[]): (Variable | null)[] {
    return rule();
  }

  accumulate(leaf: Variable, gradient: Variable): void {
    const sofar = leaf.gradient;
    // A copy, since a rule can return a view, or the same tensor for several inputs.
    const total = sofar === null ? apply(ops.clone, [gradient]) : recordedOps.add(sofar, gradient);
    setGradient(leaf, total);
  }
}

/**
 * A recorded node as its gradient rule reads it, with values of kind `T`.
 *
 * It is a class because V8 creates a hidden class for every object literal with a getter; that
 * class lives in the old generation, and keeps everything alive that the getter can reach.
 */
export class NodeContext<T extends Value> implements Context<T, unknown> {
  readonly inputs: readonly T[];
  readonly output: T;
  readonly saved: readonly T[];
  readonly #node: Node;

  constructor(node: Node, kind: GradientKind<T>) {
    this.#node = node;
    this.inputs = mapList(node.inputs, (x, i) => operand(x, node.edges[i], node, kind));
    this.output = operand(node.output, node, node, kind);
    this.saved = mapList(node.saved, (x) => kind.operand(x, null));
  }

  get shapes(): readonly Shape[] {
    return mapList(this.#node.inputs, (x) => typeof x === "number" ? [] : x.shape);
  }

  get attrs(): unknown {
    return this.#node.attrs;
  }
}

/** Makes an operand of a rule; an array that the rule does not read may be freed, and becomes 0. */
function operand<T extends Value>(
  x: Operand<NDArray>,
  from: Edge,
  node: Node,
  kind: GradientKind<T>,
): T {
  if (typeof x === "number") return x as unknown as T;
  return node.reads(x) ? kind.operand(x, from) : 0 as unknown as T;
}
