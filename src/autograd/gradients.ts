/**
 * What gradients are made of while they flow: arrays, freed as soon as they are used, or tensors
 * that record, so that gradients can be differentiated.
 *
 * @module
 */

import { apply, recordedOps } from "./apply.ts";
import { type Edge, Node, type Variable, wrap } from "./node.ts";
import { DTYPES, type FloatDType, isFloat } from "../dtype.ts";
import { kernels } from "../kernels/backends.ts";
import type { MapOperand } from "../kernels/kernels.ts";

import { copy } from "../ops/elementwise.ts";
import type { Context } from "../ops/op.ts";
import type { RuleOps } from "../ops/rule_ops.ts";
import { arrayOps, ops } from "../ops/table.ts";
import type { Shape, Value } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import type { NDArray } from "../storage/ndarray.ts";
import type { Storage } from "../storage/storage.ts";

/** How the engine handles gradients of kind `T`. */
export interface Medium<T extends Value> {
  /** What rules compute with. */
  readonly ops: RuleOps<T>;
  /** A saved array as an operand of a rule; `from` is where its own gradient would go. */
  lift(array: NDArray, from: Edge): T;
  /** The gradient as a tensor, for a hook or a caller, who may keep it. */
  show(gradient: T): Variable;
  /** The gradient that a hook returned. */
  take(gradient: Variable): T;
  /** Notes that a gradient has one more consumer. */
  hold(gradient: T): void;
  /** Notes that a consumer is done with a gradient. */
  drop(gradient: T): void;
  /** Runs a rule, freeing what it makes on its way except what it returns. */
  scoped(rule: () => (T | null)[]): (T | null)[];
  /** Adds a gradient to that of a leaf. */
  deposit(leaf: Variable, gradient: T): void;
}

/** Gradients as arrays. */
export class RawMedium implements Medium<NDArray> {
  readonly ops: RuleOps<NDArray> = arrayOps;
  /** Storages with a larger number were made in this pass, so they are ours to free. */
  readonly #since: number = arena.serial;
  /** Consumers that each storage still has; rules may return their argument, or views of it. */
  readonly #consumers = new Map<Storage, number>();

  lift(array: NDArray): NDArray {
    return array;
  }

  show(gradient: NDArray): Variable {
    gradient.storage.retained = true;
    return wrap(gradient);
  }

  take(gradient: Variable): NDArray {
    // The hook may have kept it for itself.
    gradient.array.storage.retained = true;
    return gradient.array;
  }

  hold({ storage }: NDArray): void {
    this.#consumers.set(storage, (this.#consumers.get(storage) ?? 0) + 1);
  }

  drop({ storage }: NDArray): void {
    const left = this.#consumers.get(storage)! - 1;
    this.#consumers.set(storage, left);
    if (left === 0 && storage.serial > this.#since) arena.release(storage, "temporary");
  }

  scoped(rule: () => (NDArray | null)[]): (NDArray | null)[] {
    const mark = arena.open();
    let results: (NDArray | null)[] = [];
    try {
      results = rule();
    } finally {
      arena.close(mark, "temporary", results.filter((x) => x !== null));
    }
    return results;
  }

  deposit(leaf: Variable, gradient: NDArray): void {
    const sofar = leaf.gradient;
    if (sofar !== null && sofar.node === null) {
      ops.add.into!(kernels(), [sofar.array, gradient], sofar.array);
      sofar.version = ++sofar.array.storage.version;
      return;
    }
    const total = sofar === null ? this.#own(gradient) : arrayOps.add(sofar.array, gradient);
    leaf.gradient = claimed(wrap(total));
  }

  /** `gradient` itself if nobody else will use it, otherwise a copy. */
  #own(gradient: NDArray): NDArray {
    const { storage, contiguous, size } = gradient;
    const alone = storage.serial > this.#since && this.#consumers.get(storage) === 1;
    const whole = contiguous && size * DTYPES[gradient.dtype].bytes === storage.bytes;
    return alone && whole && !storage.retained ? gradient : copy(kernels(), gradient);
  }
}

/** Gradients as tensors. */
export class RecordedMedium implements Medium<Variable> {
  readonly ops: RuleOps<Variable> = recordedOps;

  lift(array: NDArray, from: Edge): Variable {
    return from instanceof Node ? wrap(array, from) : from ?? wrap(array);
  }

  show(gradient: Variable): Variable {
    gradient.array.storage.retained = true;
    return gradient;
  }

  take(gradient: Variable): Variable {
    return gradient;
  }

  hold(): void {}

  drop(): void {}

  scoped(rule: () => (Variable | null)[]): (Variable | null)[] {
    return rule();
  }

  deposit(leaf: Variable, gradient: Variable): void {
    const sofar = leaf.gradient;
    // A copy, since rules return views, and the same tensor for several inputs.
    const total = sofar === null ? apply(ops.clone, [gradient]) : recordedOps.add(sofar, gradient);
    leaf.gradient = claimed(total);
  }
}

/** `gradient` as the property of a leaf, which lives until `zeroGrad`. */
export function claimed(gradient: Variable): Variable {
  const { storage } = gradient.array;
  storage.isGradient = true;
  storage.origin = "a gradient";
  return gradient;
}

/** Takes the gradient of `leaf` away; its memory is used again, unless it is kept. */
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

  constructor(node: Node, medium: Medium<T>) {
    this.#node = node;
    this.inputs = node.inputs.map((x, i) => lift(x, node.edges[i], node, medium));
    this.output = lift(node.output, node, node, medium);
    this.saved = node.saved.map((x) => medium.lift(x, null));
  }

  get shapes(): readonly Shape[] {
    return this.#node.inputs.map((x) => (typeof x === "number" ? [] : x.shape));
  }

  get attrs(): unknown {
    return this.#node.attrs;
  }
}

/** Rules do not look at what their op does not read; elementwise ones take numbers as they are. */
function lift<T extends Value>(x: MapOperand, from: Edge, node: Node, medium: Medium<T>): T {
  if (typeof x === "number") return x as unknown as T;
  return node.reads(x) ? medium.lift(x, from) : 0 as unknown as T;
}

/**
 * Converts floating-point leaves and their gradients to `dtype`; others stay as they are.
 *
 * Whoever has the leaf, such as an optimizer, goes on with it. Who has the old elements, such as a
 * graph or a state dict, keeps them; the gradient of such a graph is converted when it arrives. If
 * memory is full, nothing is changed.
 *
 * @param leaves each once
 * @param dtype what they become
 */
export function convertLeaves(leaves: Iterable<Variable>, dtype: FloatDType): void {
  const conversions = [...leaves]
    .filter((leaf) => isFloat(leaf.dtype) && leaf.dtype !== dtype)
    .map((leaf) => ({
      leaf,
      array: cast(leaf.array, dtype),
      gradient: leaf.gradient && cast(leaf.gradient.array, dtype),
    }));
  for (const { leaf, array, gradient } of conversions) {
    const { origin } = leaf.array.storage;
    Object.assign(array.storage, { origin, kept: true });
    leaf.array = array;
    leaf.version = array.storage.version;
    clearGradient(leaf);
    if (gradient !== null) leaf.gradient = claimed(wrap(gradient));
  }
}

function cast(array: NDArray, dtype: FloatDType): NDArray {
  return apply(ops.cast, [wrap(array)], dtype).array;
}
