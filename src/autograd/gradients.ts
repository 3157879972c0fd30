/**
 * Gradients while they flow: arrays, freed as soon as they are used, or tensors that record, so that
 * gradients can be differentiated.
 *
 * @module
 */

import type { Operand } from "../kernels/arithmetic.ts";
import { DTYPES, type FloatDType, isFloat } from "../dtype.ts";
import { kernels } from "../kernels/backends.ts";
import { copy, mapElements } from "../ops/elementwise.ts";
import type { Context } from "../ops/op.ts";
import type { RuleOps } from "../ops/rule_ops.ts";
import { bindRuleOps, ops } from "../ops/table.ts";
import type { Shape, Value } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import type { Storage } from "../storage/storage.ts";
import { apply, recordedOps } from "./apply.ts";
import { type Edge, Node, type Variable, wrap } from "./node.ts";

/** Computes with gradients of kind `T`, counts their users, and leaves them in leaves. */
export interface Gradients<T extends Value> {
  /** The ops in which rules are written, on values of this kind. */
  readonly ops: RuleOps<T>;
  /** Makes a saved array an operand of a rule; `from` is where its own gradient would go. */
  operand(array: NDArray, from: Edge): T;
  /** Returns the gradient as a tensor, for a hook or a caller, who may keep it. */
  toTensor(gradient: T): Variable;
  /** Returns the gradient in a tensor that a hook returned. */
  fromTensor(gradient: Variable): T;
  /** Counts one more user of a gradient. */
  retain(gradient: T): void;
  /** Counts one user of a gradient less, and frees its memory after the last. */
  release(gradient: T): void;
  /** Runs a rule, and frees its intermediate results. */
  freeTemporaries(rule: () => (T | null)[]): (T | null)[];
  /** Adds a gradient to that of a leaf. */
  accumulate(leaf: Variable, gradient: T): void;
}

/** The ops of rules on arrays: they compute at once, and record nothing. */
const arrayOps = bindRuleOps<NDArray>(
  (op, inputs, attrs) => {
    const result = op.forward(kernels(), inputs, attrs);
    return result instanceof NDArray ? result : result[0];
  },
  (f, operands) => mapElements(kernels(), f, operands),
);

/** Gradients as arrays. */
export class ArrayGradients implements Gradients<NDArray> {
  readonly ops: RuleOps<NDArray> = arrayOps;
  /** Storages with a larger number were made in this pass, so they are ours to free. */
  readonly #since: number = arena.serial;
  /** The users of each storage; rules may return their argument, or views of it. */
  readonly #users = new Map<Storage, number>();

  operand(array: NDArray): NDArray {
    return array;
  }

  toTensor(gradient: NDArray): Variable {
    gradient.storage.retained = true;
    return wrap(gradient);
  }

  fromTensor({ array }: Variable): NDArray {
    // The hook may have kept it for itself.
    array.storage.retained = true;
    return array;
  }

  retain({ storage }: NDArray): void {
    this.#users.set(storage, (this.#users.get(storage) ?? 0) + 1);
  }

  release({ storage }: NDArray): void {
    const left = this.#users.get(storage)! - 1;
    this.#users.set(storage, left);
    if (left === 0 && storage.serial > this.#since) arena.release(storage, "temporary");
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
    if (sofar !== null && sofar.node === null) {
      ops.add.into!(kernels(), [sofar.array, gradient], sofar.array);
      sofar.version = ++sofar.array.storage.version;
      return;
    }
    const total = sofar === null ? this.#own(gradient) : arrayOps.add(sofar.array, gradient);
    leaf.gradient = asGradient(wrap(total));
  }

  /** Returns `gradient` itself if it has no other user, otherwise a copy. */
  #own(gradient: NDArray): NDArray {
    const { storage, contiguous, size } = gradient;
    const alone = storage.serial > this.#since && this.#users.get(storage) === 1;
    const whole = contiguous && size * DTYPES[gradient.dtype].bytes === storage.bytes;
    return alone && whole && !storage.retained ? gradient : copy(kernels(), gradient);
  }
}

/** Gradients as tensors, whose computation is recorded. */
export class RecordedGradients implements Gradients<Variable> {
  readonly ops: RuleOps<Variable> = recordedOps;

  operand(array: NDArray, from: Edge): Variable {
    return from instanceof Node ? wrap(array, from) : from ?? wrap(array);
  }

  toTensor(gradient: Variable): Variable {
    gradient.array.storage.retained = true;
    return gradient;
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
    // A copy, since rules return views, and the same tensor for several inputs.
    const total = sofar === null ? apply(ops.clone, [gradient]) : recordedOps.add(sofar, gradient);
    leaf.gradient = asGradient(total);
  }
}

/** Marks `gradient` as the property of a leaf, which lives until `zeroGrad`. */
function asGradient(gradient: Variable): Variable {
  const { storage } = gradient.array;
  storage.isGradient = true;
  storage.origin = "a gradient";
  return gradient;
}

/** Takes the gradient of `leaf` away, and frees its memory unless it is kept. */
export function clearGradient(leaf: Variable): void {
  if (leaf.gradient === null) return;
  arena.release(leaf.gradient.array.storage, "gradient");
  leaf.gradient = null;
}

/**
 * A recorded node as its rule sees it, with values of kind `T`.
 *
 * A class, because an object literal with a getter makes V8 create a hidden class for every single
 * object, which lives in the old generation and keeps all that the getter can reach from dying young.
 */
export class NodeContext<T extends Value> implements Context<T, unknown> {
  readonly inputs: readonly T[];
  readonly output: T;
  readonly saved: readonly T[];
  readonly #node: Node;

  constructor(node: Node, kind: Gradients<T>) {
    this.#node = node;
    this.inputs = node.inputs.map((x, i) => operand(x, node.edges[i], node, kind));
    this.output = operand(node.output, node, node, kind);
    this.saved = node.saved.map((x) => kind.operand(x, null));
  }

  get shapes(): readonly Shape[] {
    return this.#node.inputs.map((x) => (typeof x === "number" ? [] : x.shape));
  }

  get attrs(): unknown {
    return this.#node.attrs;
  }
}

/** Gives a rule 0 for an array that its op does not read; elementwise rules take numbers as such. */
function operand<T extends Value>(
  x: Operand<NDArray>,
  from: Edge,
  node: Node,
  kind: Gradients<T>,
): T {
  if (typeof x === "number") return x as unknown as T;
  return node.reads(x) ? kind.operand(x, from) : 0 as unknown as T;
}

/**
 * Converts floating-point leaves and their gradients to `dtype`; others stay as they are.
 *
 * An optimizer that holds a leaf goes on with it. A graph or a state dict that holds the old elements
 * keeps them; the gradient of such a graph is converted when it arrives. If memory is full, nothing is
 * changed.
 *
 * @param leaves each once
 * @param dtype the dtype that they get
 */
export function convertLeaves(leaves: Iterable<Variable>, dtype: FloatDType): void {
  const cast = (x: Variable): NDArray => apply(ops.cast, [wrap(x.array)], dtype).array;
  const conversions = [...leaves]
    .filter((leaf) => isFloat(leaf.dtype) && leaf.dtype !== dtype)
    .map((leaf) => ({ leaf, array: cast(leaf), gradient: leaf.gradient && cast(leaf.gradient) }));
  for (const { leaf, array, gradient } of conversions) {
    const { origin } = leaf.array.storage;
    Object.assign(array.storage, { origin, retained: true });
    leaf.array = array;
    leaf.version = array.storage.version;
    clearGradient(leaf);
    if (gradient !== null) leaf.gradient = asGradient(wrap(gradient));
  }
}
