/**
 * Functions that look at the calls of a module.
 *
 * They are kept beside the modules rather than in fields of theirs: a call has to ask only one number
 * as long as there are none anywhere.
 *
 * @module
 */

import type { Variable } from "../autograd/variable.ts";
import { collect } from "../tensor/scope.ts";
import type { RemovableHandle } from "../tensor/readable.ts";
import { type AfterGradients, BackwardWatch, type BeforeGradients } from "./backward_hooks.ts";

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
