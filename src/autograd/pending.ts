/**
 * The gradients of a backward pass before they reach the leaves: their sums and hooks.
 *
 * @module
 */

import { checkTensors } from "../checks.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { formatShape, sameShape, type Value } from "../shape.ts";
import type { GradientKind } from "./gradients.ts";
import {
  type Edge,
  type GradientHook,
  type MultiGradHook,
  Node,
  type Variable,
  wrap,
} from "./node.ts";

/** The tensors whose gradients `grad()` returns, and the nodes on the path to them. */
export interface Targets {
  readonly wanted: ReadonlySet<Node | Variable>;
  readonly path: ReadonlySet<Node>;
}

/** One step of a backward pass, as `BackwardStep` of the tensor layer documents it. */
export interface Step {
  readonly op: string;
  readonly inputs: readonly (Variable | number)[];
  readonly output: Variable;
  readonly gradient: Variable;
  readonly gradients: readonly (Variable | null)[];
}

/** The gradients of kind `T`, summed so far for each node and leaf. */
export class PendingGradients<T extends Value> {
  readonly #kind: GradientKind<T>;
  readonly #targets: Targets | null;
  readonly #sums = new Map<Node | Variable, T>();
  readonly #results = new Map<Node | Variable, Variable>();
  readonly #called = new Set<MultiGradHook>();
  /** Gradients to accumulate in tensors after the last hook, since a hook can throw. */
  readonly #deposits: { readonly to: Variable; gradient: T }[] = [];
  /** For each leaf, the parts of its gradient that are still to come. */
  readonly #missing = new Map<Variable, number>();
  /** The functions that collectors have returned. */
  readonly #later: { readonly leaf: Variable; readonly replace: () => Variable | void }[] = [];

  /**
   * Starts without gradients.
   *
   * @param kind the kind of gradients: arrays or recorded tensors
   * @param nodes the nodes from which gradients will be added
   * @param targets the tensors whose gradients are returned; `null` for all leaves
   */
  constructor(kind: GradientKind<T>, nodes: readonly Node[], targets: Targets | null) {
    this.#kind = kind;
    this.#targets = targets;
    for (const { edges } of nodes) {
      for (const edge of edges) {
        if (edge === null || !isLeaf(edge)) continue;
        this.#missing.set(edge, (this.#missing.get(edge) ?? 0) + 1);
      }
    }
  }

  /** Returns true if the gradient of `edge` is needed. */
  needs(edge: Edge): boolean {
    if (edge === null || this.#targets === null) return edge !== null;
    return this.#targets.wanted.has(edge) || this.#targets.path.has(edge as Node);
  }

  /** Returns true if the gradients of the inputs of `node` are needed. */
  needsInputs(node: Node): boolean {
    return this.#targets?.path.has(node) ?? true;
  }

  /** Adds the gradient `part` that a node has computed; calls the hooks of a leaf after the last. */
  addPart(to: Node | Variable, part: T): void {
    this.add(to, part);
    const missing = this.#missing.get(to as Variable);
    if (missing === undefined) return;
    this.#missing.set(to as Variable, missing - 1);
    if (missing > 1) return;
    const arrived = this.#sums.get(to)!;
    this.#sums.delete(to);
    this.#arrive(to as Variable, arrived);
  }

  /** Adds `part` to the gradient of `to`. */
  add(to: Node | Variable, part: T): void {
    const kind = this.#kind;
    const sofar = this.#sums.get(to);
    kind.retain(part);
    if (sofar === undefined) {
      this.#sums.set(to, part);
      return;
    }
    const [sum] = kind.freeTemporaries(() => [kind.ops.add(sofar, part)]);
    kind.retain(sum!);
    kind.release(sofar);
    kind.release(part);
    this.#sums.set(to, sum!);
  }

  /** Removes and returns the complete gradient of `node`, after its hooks; `undefined` if none. */
  take(node: Node): T | undefined {
    if (node.multiGradHook !== null) this.#callMultiGradHook(node.multiGradHook);
    const arrived = this.#sums.get(node);
    if (arrived === undefined) return undefined;
    this.#sums.delete(node);
    const gradient = this.#callHooks(node.hooks, node.output, arrived);
    if (node.retainsGradFor !== null) this.#depositLater(node.retainsGradFor, gradient);
    if (this.#targets?.wanted.has(node)) this.#results.set(node, this.#kind.toTensor(gradient));
    return gradient;
  }

  /** Calls `onStep` with the gradient that arrived at `node`, and the parts that left it. */
  show(
    onStep: (step: Step) => void,
    node: Node,
    gradient: T,
    parts: readonly (T | null)[],
  ): void {
    onStep({
      op: node.op.name,
      inputs: node.inputs.map((x) => typeof x === "number" ? x : wrap(x)),
      output: wrap(node.output),
      gradient: this.#kind.toTensor(gradient),
      gradients: parts.map((part) => part && this.#kind.toTensor(part)),
    });
  }

  /** Accumulates gradients in the leaves, or returns those that `grad()` asked for. */
  finish(): ReadonlyMap<Node | Variable, Variable> {
    // A leaf that is a root, or has a user that no gradient has reached.
    for (const [leaf, gradient] of this.#sums) this.#arrive(leaf as Variable, gradient);
    const deposits = this.#later.length === 0
      ? null
      : new Map(this.#deposits.map((deposit) => [deposit.to, deposit]));
    for (const { leaf, replace } of this.#later) {
      const deposit = deposits!.get(leaf);
      const replacement = replace();
      if (replacement === undefined || deposit === undefined) continue;
      deposit.gradient = this.#replace(deposit.gradient, replacement, leaf.array);
    }
    for (const { to, gradient } of this.#deposits) {
      if (to.requiresGrad) this.#kind.accumulate(to, gradient);
      this.#kind.release(gradient);
    }
    return this.#results;
  }

  #arrive(leaf: Variable, arrived: T): void {
    // A parameter that has been frozen since takes no gradient, as in PyTorch; ranks still wait for it.
    if (this.#targets === null && !leaf.requiresGrad && leaf.collector === null) {
      this.#kind.release(arrived);
      return;
    }
    const gradient = this.#callHooks(leaf.hooks, leaf.array, this.#convert(arrived, leaf));
    if (leaf.collector !== null && this.#targets === null) {
      this.#later.push({ leaf, replace: leaf.collector.collect(this.#kind.arrayOf(gradient)) });
    }
    this.#depositLater(leaf, gradient);
    if (this.#targets !== null) this.#results.set(leaf, this.#kind.toTensor(gradient));
    this.#kind.release(gradient);
  }

  /** Converts `gradient` to the dtype of `leaf`, which may have changed since it was recorded. */
  #convert(gradient: T, { dtype }: Variable): T {
    const kind = this.#kind;
    if (gradient.dtype === dtype) return gradient;
    const [converted] = kind.freeTemporaries(() => [kind.ops.cast(gradient, dtype)]);
    kind.retain(converted!);
    kind.release(gradient);
    return converted!;
  }

  #depositLater(to: Variable, gradient: T): void {
    if (this.#targets !== null) return;
    this.#kind.retain(gradient);
    this.#deposits.push({ to, gradient });
  }

  /** Calls hooks with the gradient of `value`, which they may replace. */
  #callHooks(hooks: readonly GradientHook[] | null, value: Value, arrived: T): T {
    let gradient = arrived;
    for (const hook of hooks ?? []) {
      const replacement = hook(this.#kind.toTensor(gradient));
      if (replacement !== undefined) gradient = this.#replace(gradient, replacement, value);
    }
    return gradient;
  }

  /**
   * Calls a hook with the gradients of all its nodes, which it may replace. At the first node all
   * are complete: their users have larger ids, and no other node has an id between theirs.
   */
  #callMultiGradHook(multi: MultiGradHook): void {
    if (this.#called.has(multi)) return;
    this.#called.add(multi);
    const { nodes, hook } = multi;
    const arrived = nodes.map((node) => this.#sums.get(node));
    if (arrived.every((gradient) => gradient === undefined)) return;
    const shown = arrived.map((gradient) => gradient ? this.#kind.toTensor(gradient) : null);
    const returned = hook(shown);
    if (returned === undefined) return;
    nodes.forEach((node, i) => {
      const replacement = returned[i];
      // The hook may have kept what it was shown, which is not freed.
      if (replacement === null) this.#sums.delete(node);
      else this.#sums.set(node, this.#replace(arrived[i], replacement, node.output));
    });
  }

  /** Replaces `before`, the gradient of `of`, by the tensor that a hook returned. */
  #replace(before: T | undefined, replacement: Variable, of: Value): T {
    checkTensors("replace a gradient in a hook", replacement);
    if (!sameShape(replacement.shape, of.shape)) {
      throw new ShapeError(
        `Cannot use the gradient that a hook returned: its shape is ` +
          `${formatShape(replacement.shape)}, but the tensor has ${formatShape(of.shape)}`,
        replacement.shape,
        of.shape,
      );
    }
    if (replacement.dtype !== of.dtype) {
      throw new DTypeError(
        `Cannot use the gradient that a hook returned for ${of.dtype} of ${replacement.dtype}: ` +
          `convert it with .to("${of.dtype}")`,
      );
    }
    const gradient = this.#kind.fromTensor(replacement);
    this.#kind.retain(gradient);
    if (before !== undefined) this.#kind.release(before);
    return gradient;
  }
}

function isLeaf(edge: Node | Variable): edge is Variable {
  return !(edge instanceof Node);
}
