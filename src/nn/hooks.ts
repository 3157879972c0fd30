/**
 * Hooks of modules: functions that run before and after a call, and when its gradients arrive.
 *
 * @module
 */

import type { MultiGradHook, Node, Variable } from "../autograd/node.ts";
import { isTensor } from "../checks.ts";
import { GradientError, ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import type { RemovableHandle } from "../tensor/autograd.ts";
import { run } from "../tensor/run.ts";
import { collect } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";

/** One gradient for each input or result; `null` for a value without a gradient. */
export type GradientList = readonly (Tensor | null)[];

/** The signatures of a module's hooks, by kind; a value that a hook returns replaces its argument. */
interface HookKinds {
  /** Runs before the call; replaces the inputs. */
  forwardPre(inputs: readonly unknown[]): readonly unknown[] | void;
  /** Runs after the call; replaces the result. */
  forward(inputs: readonly unknown[], output: unknown): unknown;
  /** Runs when the gradients of the results are complete; replaces these. */
  backwardPre(gradOutput: GradientList): GradientList | void;
  /** Runs when the gradients of the inputs are complete; replaces these. */
  backward(gradInput: GradientList, gradOutput: GradientList): GradientList | void;
}

type Hooks = { readonly [K in keyof HookKinds]: Set<HookKinds[K]> };

const registry = new WeakMap<object, Hooks>();

/** Number of hooks on all modules. */
let count = 0;

/** Returns true if any module has hooks. */
export function hasHooks(): boolean {
  return count > 0;
}

/** Adds a hook to `module`. */
export function addHook<K extends keyof HookKinds>(
  module: object,
  kind: K,
  hook: HookKinds[K],
): RemovableHandle {
  const own = registry.get(module) ?? {
    forwardPre: new Set(),
    forward: new Set(),
    backwardPre: new Set(),
    backward: new Set(),
  };
  registry.set(module, own);
  const hooks: Set<HookKinds[K]> = own[kind];
  hooks.add(hook);
  count++;
  return {
    remove: () => {
      if (hooks.delete(hook)) count--;
    },
  };
}

/** Keeps the tensors in `value` in memory after the call, for hooks that store them. */
export function retainTensors(value: unknown): void {
  const found: Variable[] = [];
  collect(value, found);
  for (const { array } of found) array.storage.retained = true;
}

/** Runs `forward` of `module` with its hooks. */
export function callHooked(
  module: { forward(...inputs: never): unknown },
  inputs: readonly unknown[],
): unknown {
  const hooks = registry.get(module);
  let given = inputs;
  const { name } = module.constructor;
  for (const hook of hooks?.forwardPre ?? []) given = replaced(name, hook(given), given);
  const watch = hooks === undefined || hooks.backwardPre.size + hooks.backward.size === 0
    ? null
    : new BackwardWatch(module.constructor.name, hooks);
  if (watch !== null) given = watch.inputs(given);
  let output = module.forward(...given as never);
  for (const hook of hooks?.forward ?? []) {
    const result = hook(given, output) ?? output;
    if (typeof (result as { then?: unknown }).then !== "function") output = result;
    else refuseHook("forward hook", name, "a promise", "a hook cannot wait, so return no promise");
  }
  return watch === null ? output : watch.output(output);
}

/** Returns the inputs that a hook returned, or those that were given. */
function replaced(name: string, returned: unknown, given: readonly unknown[]): readonly unknown[] {
  if (returned === undefined || returned === null) return given;
  if (Array.isArray(returned)) return returned;
  const type = isTensor(returned) ? "a tensor" : `a value of type ${typeof returned}`;
  return refuseHook("forward pre-hook", name, type, "return the inputs as an array, or nothing");
}

function refuseHook(kind: string, name: string, returned: string, wayOut: string): never {
  throw new ValueError(
    `Cannot use what a ${kind} of ${name} returned: it is ${returned}; ${wayOut}`,
  );
}

/** Follows the gradients of one call: its inputs and results pass through views that are watched. */
class BackwardWatch {
  readonly #name: string;
  readonly #hooks: Hooks;
  #inputCount = 0;
  #watchesInputs = false;
  /** Set after the gradients of the results arrived, until those of the inputs do. */
  #gradOutput: GradientList | null = null;

  constructor(name: string, hooks: Hooks) {
    this.#name = name;
    this.#hooks = hooks;
  }

  /** Returns the inputs to call the module with. */
  inputs(given: readonly unknown[]): readonly unknown[] {
    const { values, watched } = watch(given, (gradients) => this.#end(gradients));
    this.#inputCount = given.length;
    this.#watchesInputs = watched;
    return values;
  }

  /** Returns the result to hand out. */
  output(result: unknown): unknown {
    const results = Array.isArray(result) ? result : [result];
    const { values } = watch(results, (gradients) => this.#begin(gradients));
    return Array.isArray(result) ? values : values[0];
  }

  #begin(arrived: GradientList): GradientList {
    let gradOutput = arrived;
    for (const hook of this.#hooks.backwardPre) {
      gradOutput = this.#checked(hook(gradOutput), "results", arrived.length) ?? gradOutput;
    }
    this.#gradOutput = gradOutput;
    if (!this.#watchesInputs) this.#end(Array.from({ length: this.#inputCount }, () => null));
    return gradOutput;
  }

  #end(arrived: GradientList): GradientList | void {
    const gradOutput = this.#gradOutput;
    // This gradient comes from a tensor that the module left in a field, not from the results.
    if (gradOutput === null) return;
    this.#gradOutput = null;
    let gradInput = arrived;
    for (const hook of this.#hooks.backward) {
      gradInput = this.#checked(hook(gradInput, gradOutput), "inputs", arrived.length) ?? gradInput;
    }
    if (this.#watchesInputs || gradInput.every((gradient) => gradient === null)) return gradInput;
    throw new GradientError(
      `Cannot use the gradients that a backward hook of ${this.#name} returned: none of its inputs ` +
        `requires one; return nothing`,
    );
  }

  #checked(returned: GradientList | void, of: string, count: number): GradientList | void {
    if (returned === undefined) return returned;
    if (!Array.isArray(returned) || returned.some((each) => each !== null && !isTensor(each))) {
      refuseHook(
        "backward hook",
        this.#name,
        "no array of tensors",
        "return one for each, null for none",
      );
    }
    if (returned.length === count) return returned;
    throw new GradientError(
      `Cannot use the gradients that a backward hook of ${this.#name} returned: there are ` +
        `${returned.length} for ${count} ${of}; return one for each, null for none`,
    );
  }
}

/**
 * Puts a view in place of each tensor of `values` that requires a gradient, and calls `hook` once
 * with the gradients of all.
 */
function watch(
  values: readonly unknown[],
  hook: (gradients: GradientList) => GradientList | void,
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
  const multiGradHook: MultiGradHook = {
    nodes: own,
    hook(gradients) {
      let next = 0;
      const all = nodes.map((node) => node === null ? null : gradients[next++] as Tensor | null);
      return hook(all)?.filter((_, i) => nodes[i] !== null);
    },
  };
  for (const node of own) node.multiGradHook = multiGradHook;
  return { values: views, watched: true };
}
