/**
 * What makes a module callable, and what a call does.
 *
 * @module
 */

import type { Variable } from "../autograd/node.ts";
import { pass } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { anyHooks, callHooked } from "./hooks.ts";
import { Parameter } from "./parameter.ts";

/** How many module calls are under way, each inside the one before. */
let depth = 0;

/**
 * The part of {@link Module} that is called: calling it runs its `forward`.
 *
 * @typeParam I what `forward` takes
 * @typeParam O what `forward` returns
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { CallableModule, Linear } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new Linear(2, 1);
 * assert.ok(layer instanceof CallableModule);
 * assert.equal(typeof layer, "function");
 * const x = tensor([[1, 2]]);
 * assert.deepEqual(layer(x).toArray(), layer.forward(x).toArray());
 * ```
 */
export abstract class CallableModule<I extends readonly unknown[], O> {
  /** Makes a module that can be called. */
  constructor() {
    const self = ((...inputs: I): O => call(self, inputs)) as unknown as CallableModule<I, O>;
    // A function with this prototype is an instance of the class that can be called. Its own
    // `name` and `length` would hide fields of these names.
    Object.setPrototypeOf(self, new.target.prototype);
    delete (self as { name?: unknown }).name;
    delete (self as { length?: unknown }).length;
    return self;
  }

  /**
   * Computes the result; call the module itself rather than this, so that hooks run and memory is
   * freed.
   *
   * @param inputs what the module is called with
   * @returns what the call returns
   * @example
   * ```ts
   * import { type Tensor, tensor } from "@gradus/gradus";
   * import { Module, Parameter } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * class Scale extends Module {
   *   factor = new Parameter(tensor([2, 3]));
   *
   *   override forward(x: Tensor): Tensor {
   *     return x.mul(this.factor);
   *   }
   * }
   *
   * const scale = new Scale();
   * assert.deepEqual(scale(tensor([1, 10])).toArray(), [2, 30]);
   * ```
   */
  abstract forward(...inputs: I): O;
}

function call<I extends readonly unknown[], O>(module: CallableModule<I, O>, inputs: I): O {
  // Only the outermost call ends a pass: inner modules hand their results on.
  if (depth > 0) return forward(module, inputs);
  depth++;
  try {
    return pass(() => forward(module, inputs), (found) => addHeld(module, found, new Set()));
  } finally {
    depth--;
  }
}

function forward<I extends readonly unknown[], O>(module: CallableModule<I, O>, inputs: I): O {
  return anyHooks() ? callHooked(module, inputs) : module.forward(...inputs);
}

/**
 * Adds the tensors in the fields of a module and inside, which it carries from call to call.
 *
 * It runs after every outermost call: generators over names would take a tenth of a small step.
 */
function addHeld(value: unknown, found: Variable[], seen: Set<unknown>): void {
  if (typeof value !== "object" && typeof value !== "function") return;
  if (value instanceof Tensor) {
    if (!(value instanceof Parameter)) found.push(value);
  } else if (Array.isArray(value)) {
    for (const item of value) addHeld(item, found, seen);
  } else if (value instanceof CallableModule && !seen.has(value)) {
    seen.add(value);
    for (const field of Object.values(value)) addHeld(field, found, seen);
  }
}
