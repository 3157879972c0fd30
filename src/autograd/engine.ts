/**
 * Back-propagation: gradients flow from results to leaves, each node after all of its users.
 *
 * Rules return gradients; everything else is done here, once: starting values, order, undoing of
 * broadcasting and of dtype conversion, accumulation, hooks, and freeing what is spent. The walk is
 * a loop over a sorted list, so the depth of a graph is not limited by the stack.
 *
 * @module
 */

import { DTypeError, GradientError, ShapeError } from "../errors.ts";
import type { RuleOps } from "../ops/rule_ops.ts";
import { formatShape, sameShape, type Shape, type Value } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import type { Storage } from "../storage/storage.ts";
import { type Medium, NodeContext, RawMedium, RecordedMedium } from "./gradients.ts";
import { setGradEnabled } from "./grad_mode.ts";
import {
  type Edge,
  edgeOf,
  type Gate,
  type GradientHook,
  Node,
  type Variable,
  wrap,
} from "./node.ts";

/** Options of a backward pass. */
export interface BackwardOptions {
  /** Keep the graph for another backward pass; default: what `createGraph` says. */
  readonly retainGraph?: boolean;
  /** Record the computation of the gradients, so that they can be differentiated; default false. */
  readonly createGraph?: boolean;
}

/** Storages of the last freed graph: readable until the next graph is freed. */
let retired: Storage[] = [];

/**
 * Computes `∂root/∂leaf` for every leaf that requires it, and adds it to the leaf's gradient.
 *
 * @param root what to differentiate
 * @param gradient `∂L/∂root`; may be left out for a scalar, where it is 1
 * @param options whether to keep the graph, and to record the gradients
 */
export function backward(
  root: Variable,
  gradient: Variable | null,
  options: BackwardOptions = {},
): void {
  const seed = startingGradient(root, gradient, "call backward() on");
  walk([root], [seed], null, options);
  if (gradient === null) arena.release(seed.array.storage, "temporary");
}

/**
 * Computes the gradients of `outputs` for `inputs` and returns them, leaving the leaves alone.
 *
 * @param outputs what to differentiate
 * @param inputs for what
 * @param gradients a starting gradient for each output; `null` is 1 for a scalar
 * @param options whether to keep the graph, and to record the gradients
 * @returns for each input its gradient, or `null` if no output depends on it
 */
export function gradients(
  outputs: readonly Variable[],
  inputs: readonly Variable[],
  starts: readonly (Variable | null)[],
  options: BackwardOptions = {},
): (Variable | null)[] {
  const seeds = outputs.map((x, i) =>
    startingGradient(x, starts[i] ?? null, "take the gradient of")
  );
  for (const input of inputs) {
    if (input.requiresGrad) continue;
    throw new GradientError(
      `Cannot take the gradient for a tensor of shape ${formatShape(input.shape)} that does not ` +
        `require one; set requiresGrad before it is used`,
    );
  }
  return walk(outputs, seeds, inputs, options);
}

function startingGradient(root: Variable, gradient: Variable | null, action: string): Variable {
  const shape = formatShape(root.shape);
  if (!root.requiresGrad) {
    throw new GradientError(
      `Cannot ${action} shape ${shape}: nothing that requires a gradient led to it, or recording ` +
        `was off; create parameters with { requiresGrad: true }`,
    );
  }
  if (gradient === null) {
    if (root.array.size !== 1) {
      throw new GradientError(
        `Cannot ${action} shape ${shape}: a non-scalar needs a starting gradient; call sum() first ` +
          `or pass one`,
      );
    }
    return wrap(NDArray.from([1], root.shape, root.dtype));
  }
  if (!sameShape(gradient.shape, root.shape)) {
    throw new ShapeError(
      `Cannot ${action} shape ${shape} with a starting gradient of shape ` +
        `${formatShape(gradient.shape)}: they must be the same`,
      root.shape,
      gradient.shape,
    );
  }
  requireDtype(gradient, root, `${action} ${root.dtype} with a starting gradient`);
  return gradient;
}

function walk(
  roots: readonly Variable[],
  seeds: readonly Variable[],
  targets: readonly Variable[] | null,
  options: BackwardOptions,
): (Variable | null)[] {
  const createGraph = options.createGraph ?? false;
  const retainGraph = options.retainGraph ?? createGraph;
  const nodes = collect(roots);
  // All checks come before the first change: an error leaves every gradient as it was.
  for (const node of nodes) node.check();
  const wanted = targets === null ? null : new Set(targets.map((x) => edgeOf(x)!));
  const path = wanted === null ? null : nodesLeadingTo(wanted, nodes);
  using _ = setGradEnabled(createGraph);
  const results = createGraph
    ? new StridedIterator(new RecordedMedium(), nodes, wanted, path).run(roots, seeds)
    : new StridedIterator(new RawMedium(), nodes, wanted, path).run(
      roots,
      seeds.map((x) => x.array),
    );
  if (!retainGraph) retire(nodes, roots);
  return targets === null ? [] : targets.map((x) => results.get(edgeOf(x)!) ?? null);
}

/**
 * Frees a graph. What it alone owned stays readable until the next graph is freed, because a loop
 * likes to look at its predictions after the step; then the storage is used again.
 */
function retire(nodes: readonly Node[], roots: readonly Variable[]): void {
  const spent = nodes.flatMap((node) => node.free());
  const results = new Set(roots.map((root) => root.array.storage));
  for (const storage of retired) arena.release(storage, "graph");
  retired = spent.filter((storage) => !results.has(storage));
}

/** All nodes from which `roots` were made, users before what they use. */
function collect(roots: readonly Variable[]): Node[] {
  const found = new Set<Node>();
  const stack: Node[] = [];
  const visit = (edge: Edge): void => {
    if (!(edge instanceof Node) || found.has(edge)) return;
    found.add(edge);
    stack.push(edge);
  };
  for (const root of roots) visit(root.node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) node.edges.forEach(visit);
  return [...found].sort((a, b) => b.id - a.id);
}

/** The nodes through which a gradient reaches one of `wanted`. */
function nodesLeadingTo(wanted: ReadonlySet<Node | Variable>, nodes: readonly Node[]): Set<Node> {
  const path = new Set<Node>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i];
    const leads = (edge: Edge): boolean =>
      edge !== null && (wanted.has(edge) || (edge instanceof Node && path.has(edge)));
    if (node.edges.some(leads)) path.add(node);
  }
  return path;
}

/** One pass over a graph, with gradients of kind `T`. */
class StridedIterator<T extends Value> {
  readonly #medium: Medium<T>;
  readonly #nodes: readonly Node[];
  /** If set, only these get gradients, which are returned; otherwise all leaves, which keep them. */
  readonly #wanted: ReadonlySet<Node | Variable> | null;
  readonly #path: ReadonlySet<Node> | null;
  /** The gradient that has come together so far, for each node and leaf. */
  readonly #waiting = new Map<Node | Variable, T>();
  readonly #results = new Map<Node | Variable, Variable>();
  readonly #opened = new Set<Gate>();
  /** Gradients to leave in tensors, once no hook can throw any more. */
  readonly #deposits: { readonly to: Variable; readonly gradient: T }[] = [];

  constructor(
    medium: Medium<T>,
    nodes: readonly Node[],
    wanted: ReadonlySet<Node | Variable> | null,
    path: ReadonlySet<Node> | null,
  ) {
    this.#medium = medium;
    this.#nodes = nodes;
    this.#wanted = wanted;
    this.#path = path;
  }

  run(roots: readonly Variable[], seeds: readonly T[]): Map<Node | Variable, Variable> {
    roots.forEach((root, i) => this.#accumulate(edgeOf(root)!, seeds[i]));
    for (const node of this.#nodes) {
      if (node.gate !== null) this.#open(node.gate);
      const gradient = this.#waiting.get(node);
      if (gradient === undefined) continue;
      this.#waiting.delete(node);
      this.#pass(node, gradient);
    }
    for (const [leaf, gradient] of this.#waiting) this.#arrive(leaf as Variable, gradient);
    for (const { to, gradient } of this.#deposits) {
      this.#medium.deposit(to, gradient);
      this.#medium.drop(gradient);
    }
    return this.#results;
  }

  /** The gradient of a node's result is complete: hand it on to the node's inputs. */
  #pass(node: Node, arrived: T): void {
    const { ops } = this.#medium;
    const gradient = this.#callHooks(node.hooks, node.output, arrived);
    if (node.keeper !== null) this.#leave(node.keeper, gradient);
    if (this.#wanted?.has(node)) this.#results.set(node, this.#medium.show(gradient));
    if (this.#path?.has(node) ?? true) {
      const parts = this.#medium.scoped(() => {
        const rule = node.op.backward!(ops, gradient, new NodeContext(node, this.#medium));
        return node.edges.map((edge, i) => {
          if (!this.#needs(edge)) return null;
          // Numbers have no edge.
          const { shape, dtype } = node.inputs[i] as NDArray;
          const part = unbroadcast(ops, rule[i](), shape);
          return part.dtype === dtype ? part : ops.cast(part, dtype);
        });
      });
      parts.forEach((part, i) => {
        if (part !== null) this.#accumulate(node.edges[i]!, part);
      });
    }
    this.#medium.drop(gradient);
  }

  #needs(edge: Edge): boolean {
    if (edge === null) return false;
    if (this.#wanted === null || this.#wanted.has(edge)) return true;
    return edge instanceof Node && this.#path!.has(edge);
  }

  #accumulate(to: Node | Variable, part: T): void {
    const sofar = this.#waiting.get(to);
    this.#medium.hold(part);
    if (sofar === undefined) {
      this.#waiting.set(to, part);
      return;
    }
    const [sum] = this.#medium.scoped(() => [this.#medium.ops.add(sofar, part)]);
    this.#medium.hold(sum!);
    this.#medium.drop(sofar);
    this.#medium.drop(part);
    this.#waiting.set(to, sum!);
  }

  #arrive(leaf: Variable, arrived: T): void {
    const gradient = this.#callHooks(leaf.hooks, leaf.array, this.#convert(arrived, leaf));
    this.#leave(leaf, gradient);
    if (this.#wanted !== null) this.#results.set(leaf, this.#medium.show(gradient));
    this.#medium.drop(gradient);
  }

  /** `gradient` in the dtype of `leaf`, which was converted if it has another than in the graph. */
  #convert(gradient: T, { dtype }: Variable): T {
    if (gradient.dtype === dtype) return gradient;
    const [converted] = this.#medium.scoped(() => [this.#medium.ops.cast(gradient, dtype)]);
    this.#medium.hold(converted!);
    this.#medium.drop(gradient);
    return converted!;
  }

  #leave(to: Variable, gradient: T): void {
    if (this.#wanted !== null) return;
    this.#medium.hold(gradient);
    this.#deposits.push({ to, gradient });
  }

  /** Lets hooks see, and perhaps replace, the gradient of `value`. */
  #callHooks(hooks: readonly GradientHook[] | null, value: Value, arrived: T): T {
    let gradient = arrived;
    for (const hook of hooks ?? []) {
      const replacement = hook(this.#medium.show(gradient));
      if (replacement !== undefined) gradient = this.#replace(gradient, replacement, value);
    }
    return gradient;
  }

  /**
   * Lets a gate see, and perhaps replace, the gradients of its nodes. At the first of them all are
   * complete: whatever they go into has a larger id, and nothing has an id in between.
   */
  #open(gate: Gate): void {
    if (this.#opened.has(gate)) return;
    this.#opened.add(gate);
    const { nodes, hook } = gate;
    const arrived = nodes.map((node) => this.#waiting.get(node));
    if (arrived.every((gradient) => gradient === undefined)) return;
    const returned = hook(
      arrived.map((gradient) => gradient === undefined ? null : this.#medium.show(gradient)),
    );
    if (returned === undefined) return;
    nodes.forEach((node, i) => {
      const replacement = returned[i];
      if (replacement !== null) {
        this.#waiting.set(node, this.#replace(arrived[i], replacement, node.output));
      } else if (arrived[i] !== undefined) {
        this.#medium.drop(arrived[i]);
        this.#waiting.delete(node);
      }
    });
  }

  /** What a hook returned, in place of `before`, as the gradient of `of`. */
  #replace(before: T | undefined, replacement: Variable, of: Value): T {
    requireShape(replacement, of);
    requireDtype(replacement, of, `use the gradient that a hook returned for ${of.dtype}`);
    const gradient = this.#medium.take(replacement);
    this.#medium.hold(gradient);
    if (before !== undefined) this.#medium.drop(before);
    return gradient;
  }
}

function requireDtype(gradient: Value, value: Value, action: string): void {
  if (gradient.dtype === value.dtype) return;
  throw new DTypeError(
    `Cannot ${action} of ${gradient.dtype}: convert it with .to("${value.dtype}")`,
  );
}

function requireShape(gradient: Value, value: Value): void {
  if (sameShape(gradient.shape, value.shape)) return;
  throw new ShapeError(
    `Cannot use the gradient that a hook returned: its shape is ${formatShape(gradient.shape)}, ` +
      `but the tensor has ${formatShape(value.shape)}`,
    gradient.shape,
    value.shape,
  );
}

/** Sums `g` over what was repeated when an input of `shape` was broadcast. */
function unbroadcast<T extends { readonly shape: Shape }>(ops: RuleOps<T>, g: T, shape: Shape): T {
  if (sameShape(g.shape, shape)) return g;
  const added = g.shape.length - shape.length;
  const axes: number[] = [];
  g.shape.forEach((size, i) => {
    if (i < added || (shape[i - added] === 1 && size !== 1)) axes.push(i);
  });
  const summed = axes.length === 0 ? g : ops.sum(g, { axes, keepDims: true });
  return sameShape(summed.shape, shape) ? summed : ops.reshape(summed, shape);
}
