/**
 * Looking at the gradients of a module's inputs and results.
 *
 * @module
 */

import type { Gate, Node, Variable } from "../autograd/node.ts";
import { GradientError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import type { RemovableHandle } from "../tensor/readable.ts";
import { run } from "../tensor/run.ts";
import { collect } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";

/** One gradient for each input or result; `null` for what is no tensor, or gets no gradient. */
export type Gradients = readonly (Tensor | null)[];

/** Sees the gradients of the results; what it returns, if anything, takes their place. */
export type BeforeGradients = (gradOutput: Gradients) => Gradients | void;

/** Sees the gradients of inputs and results; what it returns takes the place of those of inputs. */
export type AfterGradients = (gradInput: Gradients, gradOutput: Gradients) => Gradients | void;

/** Follows one call of a module: its inputs and results go through views that are watched. */
export class BackwardWatch {
  readonly #name: string;
  readonly #before: ReadonlySet<BeforeGradients>;
  readonly #after: ReadonlySet<AfterGradients>;
  #inputCount = 0;
  #watchesInputs = false;
  /** From when the gradients of the results are there until those of the inputs are. */
  #gradOutput: Gradients | null = null;

  constructor(
    name: string,
    before: ReadonlySet<BeforeGradients>,
    after: ReadonlySet<AfterGradients>,
  ) {
    this.#name = name;
    this.#before = before;
    this.#after = after;
  }

  /** The inputs to call the module with. */
  inputs(given: readonly unknown[]): readonly unknown[] {
    const { values, watched } = watch(given, (gradients) => this.#end(gradients));
    this.#inputCount = given.length;
    this.#watchesInputs = watched;
    return values;
  }

  /** The result to hand out. */
  output(result: unknown): unknown {
    const results = Array.isArray(result) ? result : [result];
    const { values } = watch(results, (gradients) => this.#begin(gradients));
    return Array.isArray(result) ? values : values[0];
  }

  #begin(arrived: Gradients): Gradients {
    let gradOutput = arrived;
    for (const hook of this.#before) {
      gradOutput = this.#checked(hook(gradOutput), "results", arrived.length) ?? gradOutput;
    }
    this.#gradOutput = gradOutput;
    if (!this.#watchesInputs) this.#end(Array.from({ length: this.#inputCount }, () => null));
    return gradOutput;
  }

  #end(arrived: Gradients): Gradients | void {
    const gradOutput = this.#gradOutput;
    // A gradient that does not come from the results, but from what the module left in a field.
    if (gradOutput === null) return;
    this.#gradOutput = null;
    let gradInput = arrived;
    for (const hook of this.#after) {
      gradInput = this.#checked(hook(gradInput, gradOutput), "inputs", arrived.length) ?? gradInput;
    }
    if (this.#watchesInputs || gradInput.every((gradient) => gradient === null)) return gradInput;
    throw new GradientError(
      `Cannot use the gradients that a backward hook of ${this.#name} returned: none of its inputs ` +
        `requires one; return nothing`,
    );
  }

  #checked(returned: Gradients | void, of: string, count: number): Gradients | void {
    if (returned === undefined || returned.length === count) return returned;
    throw new GradientError(
      `Cannot use the gradients that a backward hook of ${this.#name} returned: there are ` +
        `${returned.length} for ${count} ${of}; return one for each, null for none`,
    );
  }
}

/** `values`, with a view in place of each tensor that needs a gradient; `hook` sees all of these. */
function watch(
  values: readonly unknown[],
  hook: (gradients: Gradients) => Gradients | void,
): { values: readonly unknown[]; watched: boolean } {
  const nodes: (Node | null)[] = [];
  const views = values.map((value, i) => {
    nodes[i] = null;
    if (!(value instanceof Tensor) || !value.requiresGrad) return value;
    const view = run(ops.reshape, [value], value.shape);
    nodes[i] = view.node;
    return view;
  });
  const own = nodes.filter((node) => node !== null);
  if (own.length === 0) return { values, watched: false };
  const gate: Gate = {
    nodes: own,
    hook(gradients) {
      let next = 0;
      const all = nodes.map((node) => node === null ? null : gradients[next++] as Tensor | null);
      return hook(all)?.filter((_, i) => nodes[i] !== null);
    },
  };
  for (const node of own) node.gate = gate;
  return { values: views, watched: true };
}

/** Sees the inputs before a call; what it returns, if anything, takes their place. */
type Before = (inputs: readonly unknown[]) => readonly unknown[] | void;

/** Sees the inputs and the result of a call; what it returns, if anything, takes its place. */
type After = (inputs: readonly unknown[], output: unknown) => unknown;

interface Hooks {
  readonly before: Set<Before>;
  readonly after: Set<After>;
  readonly beforeGradients: Set<BeforeGradients>;
  readonly afterGradients: Set<AfterGradients>;
}

const registry = new WeakMap<object, Hooks>();

/** Number of hooks on all modules. */
let count = 0;

/** Whether any module has hooks. */
export function anyHooks(): boolean {
  return count > 0;
}

function hooksOf(module: object): Hooks {
  let hooks = registry.get(module);
  if (hooks !== undefined) return hooks;
  hooks = {
    before: new Set(),
    after: new Set(),
    beforeGradients: new Set(),
    afterGradients: new Set(),
  };
  registry.set(module, hooks);
  return hooks;
}

function add<H>(hooks: Set<H>, hook: H): RemovableHandle {
  hooks.add(hook);
  count++;
  return {
    remove: () => {
      if (hooks.delete(hook)) count--;
    },
  };
}

/** Calls `hook` before each call of `module`. */
export function addBefore(module: object, hook: Before): RemovableHandle {
  return add(hooksOf(module).before, (inputs) => {
    keep(inputs);
    return hook(inputs);
  });
}

/** Calls `hook` after each call of `module`. */
export function addAfter(module: object, hook: After): RemovableHandle {
  return observe(module, (inputs, output) => {
    keep(inputs);
    keep(output);
    return hook(inputs, output);
  });
}

/** Calls `hook` when the gradients of the results of a call of `module` are complete. */
export function addBeforeGradients(module: object, hook: BeforeGradients): RemovableHandle {
  return add(hooksOf(module).beforeGradients, hook);
}

/** Calls `hook` when the gradients of the inputs of a call of `module` are complete. */
export function addAfterGradients(module: object, hook: AfterGradients): RemovableHandle {
  return add(hooksOf(module).afterGradients, hook);
}

/** As `addAfter`, for a hook that does not keep the tensors that it sees. */
export function observe(module: object, hook: After): RemovableHandle {
  return add(hooksOf(module).after, hook);
}

/** Whoever registers a hook may want to look at what it saw when the call is long over. */
function keep(value: unknown): void {
  const found: Variable[] = [];
  collect(value, found);
  for (const { array } of found) array.storage.kept = true;
}

/** Runs `module` on what its hooks make of `inputs`, and returns what they make of the result. */
export function callHooked<I extends readonly unknown[], O>(
  module: { forward(...inputs: I): O },
  inputs: I,
): O {
  const hooks = registry.get(module);
  if (hooks === undefined) return module.forward(...inputs);
  let given: readonly unknown[] = inputs;
  for (const hook of hooks.before) given = hook(given) ?? given;
  const watch = watchOf(module, hooks);
  if (watch !== null) given = watch.inputs(given);
  let output: unknown = module.forward(...given as unknown as I);
  for (const hook of hooks.after) output = hook(given, output) ?? output;
  return (watch === null ? output : watch.output(output)) as O;
}

function watchOf(module: object, { beforeGradients, afterGradients }: Hooks): BackwardWatch | null {
  if (beforeGradients.size === 0 && afterGradients.size === 0) return null;
  return new BackwardWatch(module.constructor.name, beforeGradients, afterGradients);
}
