/**
 * Trades time for memory: what a function computes is not kept for the gradient, but computed again.
 *
 * @module
 */

import { isGradEnabled, withGradEnabled } from "../autograd/grad_mode.ts";
import { gradients } from "../autograd/engine.ts";
import { lastNodeId, Node, type Variable, wrap } from "../autograd/node.ts";
import { checkKind } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { GradientError } from "../errors.ts";
import type { Op } from "../ops/op.ts";
import { defaultGenerator, type GeneratorState } from "../random.ts";
import type { Value } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import type { Storage } from "../storage/storage.ts";
import { NDArray } from "../storage/ndarray.ts";
import { zerosLike } from "../tensor/create.ts";
import { Tensor } from "../tensor/tensor.ts";

/**
 * Computes `f(...inputs)`, and keeps only the inputs for the gradient: `backward()` computes the rest
 * again. A deep network needs the memory of one part of it at a time, and about a third more time.
 *
 * `f` must give the same result both times. Dropout does: the numbers of the default generator are drawn
 * again. Batch normalization does, but counts its batch twice. Tensors with a graph must be inputs;
 * parameters and other leaves that `f` uses are found.
 *
 * See https://pytorch.org/docs/stable/checkpoint.html
 *
 * @param f a module, or a function, that returns one tensor
 * @param inputs its arguments: tensors, and others
 * @returns the result of `f`
 * @throws {GradientError} if `f` uses a tensor with a graph that is no input
 * @throws {ValueError} if `f` does not return a tensor
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { Linear, Sequential, Tanh } from "@gradus/gradus/nn";
 * import { checkpoint } from "@gradus/gradus/utils";
 * import { assertEquals } from "@std/assert";
 *
 * const block = new Sequential(new Linear(4, 4), new Tanh());
 * const x = randn([2, 4]);
 * block(x).sum().backward();
 * const [weight] = block.parameters();
 * const usual = weight.grad!.toArray();
 * block.zeroGrad();
 * checkpoint(block, x).sum().backward();
 * assertEquals(weight.grad!.toArray(), usual);
 * ```
 */
export function checkpoint<I extends readonly unknown[]>(
  f: (...inputs: I) => Tensor,
  ...inputs: I
): Tensor {
  checkKind("checkpoint", f, typeof f === "function", "a module or a function");
  if (!isGradEnabled()) return f(...inputs);
  const state = defaultGenerator.getState();
  const { output, leaves } = record(f, inputs);
  const sources = [...inputs.filter(learns), ...leaves];
  if (sources.length === 0) return output;
  const all = sources.map((_, i) => i);
  const op: Op<void> = {
    name: "checkpoint",
    origin: "the output of checkpoint",
    arity: sources.length,
    reads: () => all,
    forward: () => output.array,
    backward<T extends Value>(_: unknown, g: T) {
      let parts: T[] | undefined;
      const compute = (): T[] =>
        replay(
          state,
          () =>
            g instanceof NDArray
              ? arraysOf(f, inputs, leaves, g) as Value[] as T[]
              : variablesOf(f, inputs, leaves, g as Value as Tensor) as Value[] as T[],
        );
      return sources.map((_, i) => () => (parts ??= compute())[i]);
    },
    samples: [],
  };
  const arrays = sources.map(({ array }) => array);
  return wrap(output.array, new Node(op, sources, arrays, undefined, output.array, [])) as Tensor;
}

function learns(x: unknown): x is Tensor {
  return x instanceof Tensor && x.requiresGrad && isFloat(x.dtype);
}

/** Returns the inputs with leaves of their own in the place of tensors that require gradients. */
function detached<I extends readonly unknown[]>(inputs: I): I {
  // Not by detach(), which would keep the memory of the inputs.
  const leafOf = (x: Tensor): Tensor => (wrap(x.array) as Tensor).requiresGrad_();
  return inputs.map((x) => learns(x) ? leafOf(x) : x) as readonly unknown[] as I;
}

interface Recorded {
  /** Without a graph. */
  readonly output: Tensor;
  /** The leaves that the function used beside its inputs. */
  readonly leaves: readonly Tensor[];
}

/** Runs `f` to see which leaves it uses, and frees its graph. */
function record<I extends readonly unknown[]>(f: (...inputs: I) => Tensor, inputs: I): Recorded {
  const first = lastNodeId();
  const own = detached(inputs);
  const output = f(...own);
  checkKind("checkpoint a function", output, output instanceof Tensor, "one that returns a tensor");
  const leaves = new Set<Variable>();
  const nodes = new Set<Node>(output.node === null ? [] : [output.node]);
  for (const node of nodes) {
    if (node.id <= first) {
      throw new GradientError(
        `Cannot checkpoint a function that uses the output of ${node.op.name}, which has a graph: ` +
          `pass it as an input`,
      );
    }
    for (const edge of node.edges) {
      if (edge instanceof Node) nodes.add(edge);
      else if (edge !== null && !own.includes(edge)) leaves.add(edge);
    }
  }
  const { storage } = output.array;
  const owned: Storage[] = [];
  for (const node of nodes) node.free(owned);
  for (const each of owned) if (each !== storage) arena.release(each, "graph");
  return { output: wrap(output.array) as Tensor, leaves: [...leaves] as Tensor[] };
}

/** Runs `body` with the default generator as it was, and sets it to what it is now again. */
function replay<R>(state: GeneratorState, body: () => R): R {
  const now = defaultGenerator.getState();
  defaultGenerator.setState(state);
  try {
    return withGradEnabled(true, body);
  } finally {
    defaultGenerator.setState(now);
  }
}

/** Computes the gradients of inputs and leaves as arrays. */
function arraysOf<I extends readonly unknown[]>(
  f: (...inputs: I) => Tensor,
  inputs: I,
  leaves: readonly Tensor[],
  g: NDArray,
): NDArray[] {
  const own = detached(inputs);
  const targets = [...own.filter(learns), ...leaves];
  const { retained } = g.storage;
  const found = gradients([f(...own)], targets, [wrap(g)])
    .map((gradient, i) => (gradient ?? zerosLike(targets[i])).array);
  // They are for the engine, which frees them, not for a caller, who could keep them.
  for (const { storage } of found) storage.retained = false;
  g.storage.retained = retained;
  return found;
}

/** Computes the gradients of inputs and leaves as tensors with a graph. */
function variablesOf<I extends readonly unknown[]>(
  f: (...inputs: I) => Tensor,
  inputs: I,
  leaves: readonly Tensor[],
  g: Tensor,
): Variable[] {
  const targets = [...inputs.filter(learns), ...leaves];
  const found = gradients([f(...inputs)], targets, [g], { createGraph: true });
  return targets.map((x, i) => found[i] ?? zerosLike(x));
}
