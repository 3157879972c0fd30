/**
 * Modules that hold modules in order.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type AnyModule, Module } from "../module.ts";

/**
 * Modules under the names "0", "1", …, which are their keys in state dicts. A walk gives them in
 * order.
 *
 * @example
 * ```ts
 * import { Container, Linear, ReLU, Sequential } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const model = new Sequential(new Linear(4, 8), new ReLU());
 * assert.ok(model instanceof Container);
 * assert.equal([...model].length, 2);
 * ```
 */
export abstract class Container<M extends AnyModule, I extends readonly unknown[], O>
  extends Module<I, O> {
  /**
   * Makes the container.
   *
   * @param modules in order
   */
  constructor(modules: Iterable<M>) {
    super();
    this.push(...modules);
  }

  /** Number of modules. */
  override get length(): number {
    return [...this].length;
  }

  /** The modules in order. */
  *[Symbol.iterator](): IterableIterator<M> {
    for (const child of this.children()) yield child as M;
  }

  /**
   * One of the modules.
   *
   * @param index negative ones count from the end
   * @throws {ValueError} if there is none at that place
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 2));
   * assert.equal(`${model.at(-1)}`, "Linear(8, 2)");
   * ```
   */
  at(index: number): M {
    const found = [...this].at(index);
    if (found !== undefined && Number.isInteger(index) && index >= -this.length) return found;
    throw new ValueError(
      `Cannot take module ${index} of a ${this.constructor.name}: it has ${this.length}`,
    );
  }

  /**
   * Adds modules at the end.
   *
   * @param modules what to add
   * @returns the new number of modules
   * @throws {TypeError} if one is no module; none is added then
   * @example
   * ```ts
   * import { Linear, ModuleList, ReLU } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const layers = new ModuleList();
   * assert.equal(layers.push(new Linear(4, 8), new ReLU()), 2);
   * ```
   */
  push(...modules: M[]): number {
    const { length } = this;
    for (const module of modules) {
      if (module instanceof Module) continue;
      throw new TypeError(
        `Cannot add a value of type ${typeof module} to a ${this.constructor.name}: it holds ` +
          `modules, such as new ReLU()`,
      );
    }
    modules.forEach((module, i) => {
      (this as unknown as Record<number, M>)[length + i] = module;
    });
    return length + modules.length;
  }

  /**
   * Adds one module at the end.
   *
   * @param module what to add
   * @returns this module
   * @throws {TypeError} if it is no module
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const model = new Sequential(new Linear(4, 8)).append(new ReLU()).append(new Linear(8, 2));
   * assert.equal(model.length, 3);
   * ```
   */
  append(module: M): this {
    this.push(module);
    return this;
  }
}

/**
 * Modules one after the other: each takes what the one before returns.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 2));
 * assert.deepEqual(model(zeros([5, 4])).shape, [5, 2]);
 * assert.deepEqual([...model.stateDict().keys()], ["0.weight", "0.bias", "2.weight", "2.bias"]);
 * ```
 */
export class Sequential extends Container<Module, [Tensor], Tensor> {
  /**
   * Makes the chain.
   *
   * @param modules in order
   */
  constructor(...modules: Module[]) {
    super(modules);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    for (const module of this) x = module(x);
    return x;
  }
}

/**
 * A list of modules that are part of the module that has it as a field; what to do with them is said
 * in that module's `forward`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ModuleList.html
 *
 * @typeParam M the type of the modules
 * @example
 * ```ts
 * import { ones, type Tensor } from "@gradus/gradus";
 * import { init, Linear, Module, ModuleList } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * class Residual extends Module {
 *   layers = new ModuleList(new Linear(2, 2), new Linear(2, 2));
 *
 *   override forward(x: Tensor): Tensor {
 *     for (const layer of this.layers) x = x.add(layer(x));
 *     return x;
 *   }
 * }
 *
 * const model = new Residual();
 * for (const parameter of model.parameters()) init.ones_(parameter);
 * assert.deepEqual(model(ones([1, 2])).toArray(), [[13, 13]]);
 * ```
 */
export class ModuleList<M extends AnyModule = Module> extends Container<M, never, never> {
  /**
   * Makes the list.
   *
   * @param modules in order
   */
  constructor(...modules: M[]) {
    super(modules);
  }

  /**
   * Refuses: a list does nothing by itself.
   *
   * @throws {TypeError} always
   */
  override forward(): never {
    throw new TypeError("Cannot call a ModuleList: it only holds modules; call its entries");
  }
}
