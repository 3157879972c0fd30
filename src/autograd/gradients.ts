/**
 * What gradients are made of while they flow: arrays, freed as soon as they are used, or tensors
 * that record, so that gradients can be differentiated.
 *
 * @module
 */

import { DTYPES } from "../dtype.ts";
import { kernels } from "../kernels/backends.ts";
import { copy } from "../ops/copy.ts";
import type { RuleOps } from "../ops/rule_ops.ts";
import type { Value } from "../ops/op.ts";
import { arrayOps } from "../ops/array_ops.ts";
import { ops } from "../ops/table.ts";
import { arena } from "../storage/arena.ts";
import type { NDArray } from "../storage/ndarray.ts";
import type { Storage } from "../storage/storage.ts";
import { apply } from "./apply.ts";
import { recordedOps } from "./recording.ts";
import { type Edge, Node, type Variable, wrap } from "./node.ts";

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
    gradient.storage.kept = true;
    return wrap(gradient);
  }

  take(gradient: Variable): NDArray {
    // The hook may have kept it for itself.
    gradient.array.storage.kept = true;
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
      ops.add.into!(kernels(), [sofar.array, gradient], sofar.array, undefined);
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
    return alone && whole && !storage.kept ? gradient : copy(kernels(), gradient);
  }
}

/** Gradients as tensors. */
export class RecordedMedium implements Medium<Variable> {
  readonly ops: RuleOps<Variable> = recordedOps;

  lift(array: NDArray, from: Edge): Variable {
    return from instanceof Node ? wrap(array, from) : from ?? wrap(array);
  }

  show(gradient: Variable): Variable {
    gradient.array.storage.kept = true;
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
    const total = sofar === null
      ? apply(ops.clone, [gradient], undefined)
      : recordedOps.add(sofar, gradient);
    leaf.gradient = claimed(total);
  }
}

/** `gradient` as the property of a leaf, which lives until `zeroGrad`. */
export function claimed(gradient: Variable): Variable {
  const { storage } = gradient.array;
  storage.claimed = true;
  storage.origin = "a gradient";
  return gradient;
}

/** Takes the gradient of `leaf` away; its memory is used again, unless it is kept. */
export function clearGradient(leaf: Variable): void {
  if (leaf.gradient === null) return;
  arena.release(leaf.gradient.array.storage, "gradient");
  leaf.gradient = null;
}
