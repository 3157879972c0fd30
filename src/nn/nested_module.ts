/**
 * What a module consists of: the modules, parameters and buffers in its fields.
 *
 * @module
 */

import { CallableModule } from "./callable_module.ts";
import { entries, join, tensorsIn, unique } from "./fields.ts";
import type { AnyModule } from "./module.ts";
import { Buffer, Parameter } from "./parameter.ts";

/**
 * The part of {@link Module} that walks the tree of modules, and prints it.
 *
 * @typeParam I what `forward` takes
 * @typeParam O what `forward` returns
 * @example
 * ```ts
 * import { Linear, NestedModule, ReLU, Sequential } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 2));
 * assert.ok(model instanceof NestedModule);
 * assert.equal([...model.modules()].length, 4);
 * const shapes = Array.from(model.namedParameters(), ([name, { shape }]) => [name, shape]);
 * assert.deepEqual(shapes, [
 *   ["0.weight", [8, 4]],
 *   ["0.bias", [8]],
 *   ["2.weight", [2, 8]],
 *   ["2.bias", [2]],
 * ]);
 * ```
 */
export abstract class NestedModule<I extends readonly unknown[], O> extends CallableModule<I, O> {
  /**
   * The modules in its fields, with the names of the fields.
   *
   * @returns names and modules, in the order of the fields
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(4, 8), new ReLU());
   * const found = [...model.namedChildren()].map(([name, child]) => `${name}: ${child}`);
   * assert.deepEqual(found, ["0: Linear(4, 8)", "1: ReLU()"]);
   * ```
   */
  *namedChildren(): IterableIterator<[string, AnyModule]> {
    for (const [name, value] of entries(this)) {
      if (value instanceof NestedModule) yield [name, value.#itself];
    }
  }

  /**
   * The modules in its fields, without those further inside.
   *
   * @returns modules in the order of the fields
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(4, 8), new Sequential(new ReLU(), new Linear(8, 2)));
   * assert.equal([...model.children()].length, 2);
   * ```
   */
  *children(): IterableIterator<AnyModule> {
    for (const [, child] of this.namedChildren()) yield child;
  }

  /**
   * This module and all modules inside, each once, with dotted names.
   *
   * @param prefix the name of this module
   * @param seen modules that are left out; those that are met are added
   * @returns names and modules, each module before those inside
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Sequential(new Linear(4, 8)), new ReLU());
   * const names = [...model.namedModules()].map(([name]) => name);
   * assert.deepEqual(names, ["", "0", "0.0", "1"]);
   * ```
   */
  *namedModules(
    prefix = "",
    seen: Set<unknown> = new Set(),
  ): IterableIterator<[string, AnyModule]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this.#itself];
    for (const [name, child] of this.namedChildren()) {
      yield* child.namedModules(join(prefix, name), seen);
    }
  }

  /**
   * This module and all modules inside, each once.
   *
   * @returns each module before those inside
   * @example
   * ```ts
   * import { Dropout, Linear, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(4, 8), new Dropout(0.5), new Linear(8, 2));
   * const layers = [...model.modules()].filter((module) => module instanceof Linear);
   * assert.equal(layers.length, 2);
   * ```
   */
  *modules(): IterableIterator<AnyModule> {
    for (const [, module] of this.namedModules()) yield module;
  }

  /**
   * All parameters, each once, with dotted names such as `fc1.weight`.
   *
   * @example
   * ```ts
   * import * as nn from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new nn.Sequential(new nn.Linear(4, 8), new nn.ReLU());
   * const names = [...model.namedParameters()].map(([name]) => name);
   * assert.deepEqual(names, ["0.weight", "0.bias"]);
   * ```
   */
  *namedParameters(): IterableIterator<[string, Parameter]> {
    yield* unique(tensorsIn(this.namedModules(), Parameter));
  }

  /**
   * All parameters, each once: what an optimizer takes.
   *
   * @returns the parameters in the order of the fields; it can be walked once
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
   * let count = 0;
   * for (const parameter of model.parameters()) count += parameter.size;
   * assert.equal(count, 784 * 128 + 128 + 128 * 10 + 10);
   * ```
   */
  *parameters(): IterableIterator<Parameter> {
    for (const [, parameter] of this.namedParameters()) yield parameter;
  }

  /**
   * All buffers, each once, with dotted names: what is saved with a module but does not learn.
   *
   * @returns names and buffers, in the order of the fields
   * @example
   * ```ts
   * import { BatchNorm1d } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const names = [...new BatchNorm1d(3).namedBuffers()].map(([name]) => name);
   * assert.deepEqual(names, ["running_mean", "running_var", "num_batches_tracked"]);
   * ```
   */
  *namedBuffers(): IterableIterator<[string, Buffer]> {
    yield* unique(tensorsIn(this.namedModules(), Buffer));
  }

  /**
   * All buffers, each once.
   *
   * @returns the buffers in the order of the fields
   * @example
   * ```ts
   * import { BatchNorm1d } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const [mean, variance] = new BatchNorm1d(2).buffers();
   * assert.deepEqual(mean.toArray(), [0, 0]);
   * assert.deepEqual(variance.toArray(), [1, 1]);
   * ```
   */
  *buffers(): IterableIterator<Buffer> {
    for (const [, buffer] of this.namedBuffers()) yield buffer;
  }

  /**
   * Calls `visit` with every module inside and then with this one.
   *
   * @param visit for example a weight initialisation
   * @returns this module
   * @example
   * ```ts
   * import * as nn from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const last = new nn.Linear(8, 2);
   * new nn.Sequential(new nn.Linear(4, 8), last).apply((layer) => {
   *   if (layer instanceof nn.Linear) nn.init.zeros_(layer.bias!);
   * });
   * assert.deepEqual(last.bias!.toArray(), [0, 0]);
   * ```
   */
  apply(visit: (module: AnyModule) => void): this {
    for (const child of this.children()) child.apply(visit);
    visit(this.#itself);
    return this;
  }

  /**
   * What a printed form shows in the brackets of this module itself: its options.
   *
   * @returns nothing, unless a layer says more
   * @example
   * ```ts
   * import { Conv2d } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * assert.equal(new Conv2d(1, 8, 3, { padding: 1 }).describe(), "1, 8, 3, { padding: 1 }");
   * ```
   */
  describe(): string {
    return "";
  }

  /**
   * The module and what is inside, as an indented list.
   *
   * @returns one line for each module, and the closing brackets
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(4, 8), new ReLU());
   * assert.equal(`${model}`, "Sequential(\n  (0): Linear(4, 8)\n  (1): ReLU()\n)");
   * ```
   */
  override toString(): string {
    const lines = [...this.namedChildren()].map(([name, child]) =>
      `  (${name}): ${child.toString().replaceAll("\n", "\n  ")}`
    );
    const options = this.describe();
    if (lines.length === 0) return `${this.constructor.name}(${options})`;
    return [`${this.constructor.name}(${options}`, ...lines, ")"].join("\n");
  }

  /** What `console.log` shows in Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** What `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** Every module is one of class {@link Module}, which the part of it that is here cannot know. */
  get #itself(): AnyModule {
    return this as unknown as AnyModule;
  }
}
