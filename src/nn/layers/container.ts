/**
 * Modules that hold modules in order.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import { type AnyModule, Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import type { Tensor } from "../../tensor/tensor.ts";

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

/**
 * Parts of a module by name; what to do with them is said in the `forward` of the module that has the
 * container as a field.
 *
 * @typeParam V what it holds
 * @example
 * ```ts
 * import { Linear, ModuleDict, NamedContainer } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const heads = new ModuleDict({ left: new Linear(4, 2), right: new Linear(4, 3) });
 * assert.ok(heads instanceof NamedContainer);
 * assert.deepEqual([...heads].map(([name, head]) => [name, head.outFeatures]), [
 *   ["left", 2],
 *   ["right", 3],
 * ]);
 * ```
 */
export abstract class NamedContainer<V> extends Module<never, never> {
  /**
   * Makes the container.
   *
   * @param entries by name
   * @throws {ValueError} if a name cannot be used
   * @throws {TypeError} if something else is to be held
   */
  constructor(entries: Readonly<Record<string, V>> = {}) {
    super();
    for (const [name, value] of Object.entries(entries)) this.set(name, value);
  }

  /**
   * Whether it can hold `value`.
   *
   * @internal
   */
  protected abstract holds(value: unknown): value is V;

  /**
   * What messages say of its entries: their name, and how one is made.
   *
   * @internal
   */
  protected abstract get nouns(): readonly [entry: string, example: string];

  get #fields(): Record<string, V> {
    return this as unknown as Record<string, V>;
  }

  /** Number of entries. */
  get size(): number {
    return this.keys().length;
  }

  /**
   * The names, in the order in which they were set.
   *
   * @returns as many as there are entries
   * @example
   * ```ts
   * import { Linear, ModuleDict } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const heads = new ModuleDict({ left: new Linear(4, 2), right: new Linear(4, 3) });
   * assert.deepEqual(heads.keys(), ["left", "right"]);
   * ```
   */
  keys(): string[] {
    return Object.keys(this).filter((name) => this.holds(this.#fields[name]));
  }

  /** The names and the entries. */
  *[Symbol.iterator](): IterableIterator<[string, V]> {
    for (const name of this.keys()) yield [name, this.#fields[name]];
  }

  /**
   * Whether there is an entry of that name.
   *
   * @param name what to look for
   * @example
   * ```ts
   * import { Linear, ModuleDict } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const heads = new ModuleDict({ left: new Linear(4, 2) });
   * assert.deepEqual([heads.has("left"), heads.has("forward")], [true, false]);
   * ```
   */
  has(name: string): boolean {
    return this.keys().includes(name);
  }

  /**
   * The entry of that name.
   *
   * @param name what to look for
   * @throws {ValueError} if there is none
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { Linear, ModuleDict } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const heads = new ModuleDict({ left: new Linear(4, 2) });
   * assert.deepEqual(heads.get("left")(ones([1, 4])).shape, [1, 2]);
   * ```
   */
  get(name: string): V {
    if (this.has(name)) return this.#fields[name];
    throw new ValueError(
      `Cannot get ${this.nouns[0]} "${name}" of a ${this.constructor.name}: it has ${
        this.keys().map((key) => `"${key}"`).join(", ") || "none"
      }`,
    );
  }

  /**
   * Adds an entry, or puts another one in its place.
   *
   * @param name without dots, and no name that the container uses itself
   * @param value what to hold
   * @returns this container
   * @throws {ValueError} if the name cannot be used
   * @throws {TypeError} if something else is to be held
   * @example
   * ```ts
   * import { Linear, ModuleDict } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const heads = new ModuleDict({ left: new Linear(4, 2) });
   * heads.set("right", new Linear(4, 3)).set("left", new Linear(4, 5));
   * assert.equal(heads.size, 2);
   * ```
   */
  set(name: string, value: V): this {
    const [entry, example] = this.nouns;
    const container = this.constructor.name;
    if (name === "" || name.includes(".") || (name in this && !this.has(name))) {
      throw new ValueError(
        `Cannot set ${entry} "${name}" of a ${container}: the name must not be empty, have dots, or ` +
          `be one of a module's own, such as "forward"`,
      );
    }
    if (!this.holds(value)) {
      throw new TypeError(
        `Cannot set "${name}" of a ${container} to a value of type ${typeof value}: it holds ` +
          `${entry}s, such as ${example}`,
      );
    }
    this.#fields[name] = value;
    return this;
  }

  /**
   * Removes the entry of that name.
   *
   * @param name what to remove
   * @returns whether there was one
   * @example
   * ```ts
   * import { Linear, ModuleDict } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const heads = new ModuleDict({ left: new Linear(4, 2) });
   * assert.deepEqual([heads.delete("left"), heads.delete("left")], [true, false]);
   * assert.equal(heads.size, 0);
   * ```
   */
  delete(name: string): boolean {
    return this.has(name) && delete this.#fields[name];
  }

  /**
   * Refuses: a container does nothing by itself.
   *
   * @throws {TypeError} always
   */
  override forward(): never {
    throw new TypeError(
      `Cannot call a ${this.constructor.name}: it only holds ${this.nouns[0]}s; use its entries`,
    );
  }
}

/**
 * Modules by name, which are part of the module that has it as a field; what to do with them is said
 * in that module's `forward`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ModuleDict.html
 *
 * @typeParam M the type of the modules
 * @example
 * ```ts
 * import { Linear, ModuleDict } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const heads = new ModuleDict({ left: new Linear(4, 2), right: new Linear(4, 3) });
 * assert.deepEqual(heads.get("right").weight.shape, [3, 4]);
 * assert.equal([...heads.parameters()].length, 4);
 * ```
 */
export class ModuleDict<M extends AnyModule = Module> extends NamedContainer<M> {
  /** @internal */
  protected override holds(value: unknown): value is M {
    return value instanceof Module;
  }

  /** @internal */
  protected override get nouns(): readonly [string, string] {
    return ["module", "new ReLU()"];
  }
}

/**
 * Parameters by name, which are part of the module that has it as a field.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ParameterDict.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Parameter, ParameterDict } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const scales = new ParameterDict({ left: new Parameter(zeros([2])) });
 * scales.set("right", new Parameter(zeros([3])));
 * assert.deepEqual(scales.get("right").shape, [3]);
 * assert.deepEqual([...scales.stateDict().keys()], ["left", "right"]);
 * ```
 */
export class ParameterDict extends NamedContainer<Parameter> {
  /** @internal */
  protected override holds(value: unknown): value is Parameter {
    return value instanceof Parameter;
  }

  /** @internal */
  protected override get nouns(): readonly [string, string] {
    return ["parameter", "new Parameter(zeros([3]))"];
  }
}

/**
 * Parameters under the names "0", "1", …, which are part of the module that has the list as a field.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ParameterList.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Parameter, ParameterList } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const list = new ParameterList(new Parameter(zeros([2])), new Parameter(zeros([3])));
 * assert.deepEqual([...list.stateDict().keys()], ["0", "1"]);
 * ```
 */
export class ParameterList extends Module<never, never> {
  /**
   * Makes the list.
   *
   * @param parameters in order
   */
  constructor(...parameters: Parameter[]) {
    super();
    this.push(...parameters);
  }

  /** Number of parameters. */
  override get length(): number {
    return Object.keys(this).filter((key) => this.#fields[key] instanceof Parameter).length;
  }

  /** The parameters in order. */
  *[Symbol.iterator](): IterableIterator<Parameter> {
    for (let i = 0; i < this.length; i++) yield this.#fields[i];
  }

  /**
   * One of the parameters.
   *
   * @param index negative ones count from the end
   * @throws {ValueError} if there is none at that place
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import { Parameter, ParameterList } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const list = new ParameterList(new Parameter(zeros([2])), new Parameter(zeros([3])));
   * assert.deepEqual(list.at(-1).shape, [3]);
   * ```
   */
  at(index: number): Parameter {
    const { length } = this;
    if (Number.isInteger(index) && index >= -length && index < length) {
      return this.#fields[index < 0 ? index + length : index];
    }
    throw new ValueError(`Cannot take parameter ${index} of a ParameterList: it has ${length}`);
  }

  /**
   * Adds parameters at the end.
   *
   * @param parameters what to add
   * @returns the new number of parameters
   * @throws {TypeError} if one is no parameter; none is added then
   * @example
   * ```ts
   * import { zeros } from "@gradus/gradus";
   * import { Parameter, ParameterList } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const list = new ParameterList();
   * assert.equal(list.push(new Parameter(zeros([2])), new Parameter(zeros([3]))), 2);
   * ```
   */
  push(...parameters: Parameter[]): number {
    const { length } = this;
    if (!parameters.every((parameter) => parameter instanceof Parameter)) {
      throw new TypeError(
        "Cannot add something else to a ParameterList: it holds parameters, as made by " +
          "new Parameter(tensor)",
      );
    }
    parameters.forEach((parameter, i) => this.#fields[length + i] = parameter);
    return length + parameters.length;
  }

  get #fields(): Record<string | number, Parameter> {
    return this as unknown as Record<string | number, Parameter>;
  }

  /**
   * Refuses: a list does nothing by itself.
   *
   * @throws {TypeError} always
   */
  override forward(): never {
    throw new TypeError("Cannot call a ParameterList: it only holds parameters; use its entries");
  }
}
