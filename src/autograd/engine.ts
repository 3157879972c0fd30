/**
 * Back-propagation: gradients flow from results to leaves, through each node after all its users.
 *
 * The loop of {@link propagate} is the chain rule. Rules return gradients; sums, hooks and the
 * gradients of leaves are in `pending.ts`, and memory is in `gradients.ts`. The loop runs over a
 * sorted list, so the stack does not limit the depth of a graph.
 *
 * @module
 */

import { DTypeError, GradientError, ShapeError } from "../errors.ts";
import type { RuleOps } from "../ops/rule_ops.ts";
import { formatShape, sameShape, type Shape, type Value } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import type { Storage } from "../storage/storage.ts";
import { setGradEnabled } from "./grad_mode.ts";
import { ArrayGradients, type GradientKind, NodeContext, RecordedGradients } from "./gradients.ts";
import { type Edge, edgeOf, Node, type Variable, wrap } from "./node.ts";
import { PendingGradients, type Step, type Targets } from "./pending.ts";

/** Options of a backward pass, as `BackwardOptions` of the tensor layer documents them. */
export interface PassOptions {
  readonly retainGraph?: boolean;
  readonly createGraph?: boolean;
  readonly onStep?: (step: Step) => void;
}

/**
 * Computes `∂root/∂leaf` for every leaf that requires a gradient, and accumulates it there.
 *
 * @param root the tensor to differentiate
 * @param gradient `∂L/∂root`; `null` stands for 1 if the root has one element
 * @param options `retainGraph`, `createGraph`, `onStep`
 */
export function backward(
  root: Variable,
  gradient: Variable | null,
  options: PassOptions = {},
): void {
  const seed = seedOf(root, gradient, "call backward() on");
  runBackward([root], [seed], null, options);
  if (gradient === null) arena.release(seed.array.storage, "temporary");
}

/**
 * Computes the gradients of `outputs` with respect to `inputs` and returns them; no leaf changes.
 *
 * @param outputs the tensors to differentiate; the gradients of several add up
 * @param inputs the tensors to differentiate by
 * @param starts a starting gradient for each output; `null` stands for 1 if it has one element
 * @param options `retainGraph`, `createGraph`, `onStep`
 * @returns for each input its gradient, or `null` if no output depends on it
 */
export function gradients(
  outputs: readonly Variable[],
  inputs: readonly Variable[],
  starts: readonly (Variable | null)[],
  options: PassOptions = {},
): (Variable | null)[] {
  const seeds = outputs.map((x, i) => seedOf(x, starts[i] ?? null, "take the gradient of"));
  const edges = inputs.map((input) => {
    const edge = edgeOf(input);
    if (edge !== null) return edge;
    throw new GradientError(
      `Cannot take the gradient for a tensor of shape ${formatShape(input.shape)} that does not ` +
        `require one; set requiresGrad before it is used`,
    );
  });
  const results = runBackward(outputs, seeds, new Set(edges), options);
  return edges.map((edge) => results.get(edge) ?? null);
}

/** Returns the gradient with which a backward pass starts at `root`. */
function seedOf(root: Variable, gradient: Variable | null, action: string): Variable {
  const failing = () => `Cannot ${action} shape ${formatShape(root.shape)}`;
  if (!root.requiresGrad) {
    throw new GradientError(
      running.length > 0
        ? `${failing()} in a hook: it has no graph, since hooks do not record; begin the hook with ` +
          `using _ = setGradEnabled(true), or call the outer one with { createGraph: true }`
        : `${failing()}: it has no graph, since no input requires a gradient or it ` +
          `was made inside noGrad(); create parameters with { requiresGrad: true }`,
    );
  }
  if (gradient === null) {
    if (root.array.size === 1) return wrap(NDArray.from([1], root.shape, root.dtype));
    throw new GradientError(
      `${failing()}: a non-scalar needs a starting gradient; call sum() first ` +
        `or pass one`,
    );
  }
  if (!sameShape(gradient.shape, root.shape)) {
    throw new ShapeError(
      `${failing()} with a starting gradient of shape ` +
        `${formatShape(gradient.shape)}: they must be the same`,
      root.shape,
      gradient.shape,
    );
  }
  if (gradient.dtype !== root.dtype) {
    throw new DTypeError(
      `Cannot ${action} ${root.dtype} with a starting gradient of ${gradient.dtype}: convert it ` +
        `with .to("${root.dtype}")`,
    );
  }
  return gradient;
}

/** Runs a backward pass; returns the gradients of `wanted`, or accumulates them in all leaves. */
function runBackward(
  roots: readonly Variable[],
  seeds: readonly Variable[],
  wanted: ReadonlySet<Node | Variable> | null,
  { createGraph = false, retainGraph = createGraph, onStep }: PassOptions,
): ReadonlyMap<Node | Variable, Variable> {
  const nodes = sortedNodes(roots);
  // All checks come before the first change: an error leaves every gradient as it was.
  for (const node of nodes) node.check();
  if (!retainGraph) checkUnused(nodes);
  const targets = wanted && { wanted, path: nodesLeadingTo(wanted, nodes) };
  const mode = setGradEnabled(createGraph);
  running.push(nodes);
  try {
    const results = createGraph
      ? propagate(new RecordedGradients(), nodes, roots, seeds, targets, onStep)
      : propagate(new ArrayGradients(), nodes, roots, seeds.map((x) => x.array), targets, onStep);
    if (!retainGraph) freeGraph(nodes, roots);
    return results;
  } finally {
    running.pop();
    mode[Symbol.dispose]();
  }
}

/** The nodes of the running backward passes; a hook of each pass started the next one. */
const running: (readonly Node[])[] = [];

/** Returns an object that stands for the innermost backward pass that runs; `null` if none does. */
export function currentPass(): object | null {
  return running.at(-1) ?? null;
}

/** Returns true if `pass` has neither ended nor failed. */
export function isRunning(pass: object): boolean {
  return running.some((other) => other === pass);
}

/** Rejects nodes that a backward pass in a hook would free although the outer pass needs them. */
function checkUnused(nodes: readonly Node[]): void {
  for (const used of running) {
    const needed = new Set(used);
    const shared = nodes.find((node) => needed.has(node));
    if (shared === undefined) continue;
    throw new GradientError(
      `Cannot call backward() in a hook through ${shared.op.name}, which the backward() that called ` +
        `the hook still needs; pass { retainGraph: true }`,
    );
  }
}

/**
 * Applies the chain rule: `∂L/∂input` is the sum, over all nodes that use the input, of the node's
 * rule applied to `∂L/∂output`.
 */
function propagate<T extends Value>(
  kind: GradientKind<T>,
  nodes: readonly Node[],
  roots: readonly Variable[],
  seeds: readonly T[],
  targets: Targets | null,
  onStep: PassOptions["onStep"],
): ReadonlyMap<Node | Variable, Variable> {
  const pending = new PendingGradients(kind, nodes, targets);
  roots.forEach((root, i) => pending.add(edgeOf(root)!, seeds[i]));
  for (const node of nodes) {
    const gradient = pending.take(node); // complete, since all users of the node came before
    if (gradient === undefined) continue;
    node.check(); // again, since a hook may have written to what the rule reads
    if (pending.needsInputs(node)) {
      const parts = kind.freeTemporaries(() => {
        const rule = node.op.backward!(kind.ops, gradient, new NodeContext(node, kind));
        const parts: (T | null)[] = [];
        node.edges.forEach((edge, i) =>
          parts.push(
            pending.needs(edge) ? matchInput(kind.ops, rule[i](), node.inputs[i] as NDArray) : null,
          )
        );
        return parts;
      });
      if (onStep !== undefined) pending.show(onStep, node, gradient, parts);
      parts.forEach((part, i) => part !== null && pending.addPart(node.edges[i]!, part));
    }
    kind.release(gradient);
  }
  return pending.finish();
}

/** Brings `gradient` to the shape and dtype of the input that was broadcast and promoted. */
function matchInput<T extends Value>(ops: RuleOps<T>, gradient: T, input: Value): T {
  const part = unbroadcast(ops, gradient, input.shape);
  return part.dtype === input.dtype ? part : ops.cast(part, input.dtype);
}

/** Sums `g` over the axes along which an input of `shape` was repeated. */
function unbroadcast<T extends Value>(ops: RuleOps<T>, g: T, shape: Shape): T {
  if (sameShape(g.shape, shape)) return g;
  const added = g.shape.length - shape.length;
  const axes: number[] = [];
  g.shape.forEach((size, i) => {
    if (i < added || (shape[i - added] === 1 && size !== 1)) axes.push(i);
  });
  // Without axes that were stretched, the sum has the shape of the input at once.
  const keepDims = axes.length > added;
  const summed = axes.length === 0 ? g : ops.sum(g, { axes, keepDims });
  return sameShape(summed.shape, shape) ? summed : ops.reshape(summed, shape);
}

/** Returns all nodes that `roots` depend on, users before their inputs. */
export function sortedNodes(roots: readonly Variable[]): Node[] {
  const found = new Set<Node>();
  const stack: Node[] = [];
  const visit = (edge: Edge): void => {
    if (!(edge instanceof Node) || found.has(edge)) return;
    found.add(edge);
    stack.push(edge);
  };
  for (const root of roots) visit(root.node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const edge of node.edges) visit(edge);
  }
  return [...found].sort((a, b) => b.id - a.id);
}

/** Returns the nodes through which a gradient reaches one of `wanted`. */
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

/** The storages that the last freed graph owned: readable until the next graph is freed. */
let ofLastGraph: Storage[] = [];

/** The nodes of the last freed graph, which can be shown until the next graph is freed. */
let lastGraph: readonly Node[] = [];

/**
 * Frees a graph. The memory that only the graph owned stays readable until the next graph is freed,
 * so that a loop can read its predictions after the step.
 */
function freeGraph(nodes: readonly Node[], roots: readonly Variable[]): void {
  const owned: Storage[] = [];
  for (const node of nodes) node.free(owned);
  for (const storage of ofLastGraph) arena.release(storage, "graph");
  ofLastGraph = owned.filter((storage) => !roots.some((root) => root.array.storage === storage));
  for (const node of lastGraph) node.forget();
  lastGraph = nodes;
}
