/**
 * Modules by name, and parameters in a list.
 *
 * @module
 */

import { ValueError } from "../errors.ts";
import { type AnyModule, Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

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
export class ModuleDict<M extends AnyModule = Module> extends Module<never, never> {
  /**
   * Makes the container.
   *
   * @param modules by name
   */
  constructor(modules: Readonly<Record<string, M>> = {}) {
    super();
    for (const [name, module] of Object.entries(modules)) this.set(name, module);
  }

  /** Number of modules. */
  get size(): number {
    return [...this.children()].length;
  }

  /**
   * The names, in the order in which they were set.
   *
   * @returns as many as there are modules
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
    return [...this.namedChildren()].map(([name]) => name);
  }

  /** The names and the modules. */
  *[Symbol.iterator](): IterableIterator<[string, M]> {
    for (const [name, child] of this.namedChildren()) yield [name, child as M];
  }

  /**
   * Whether there is a module of that name.
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
   * The module of that name.
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
  get(name: string): M {
    if (this.has(name)) return this.#fields[name];
    throw new ValueError(
      `Cannot get module "${name}" of a ModuleDict: it has ${
        this.keys().map((key) => `"${key}"`).join(", ") || "none"
      }`,
    );
  }

  /**
   * Adds a module, or puts another one in its place.
   *
   * @param name without dots, and no name that the container uses itself
   * @param module what to hold
   * @returns this container
   * @throws {ValueError} if the name cannot be used
   * @throws {TypeError} if it is no module
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
  set(name: string, module: M): this {
    if (name === "" || name.includes(".") || (name in this && !this.has(name))) {
      throw new ValueError(
        `Cannot set module "${name}" of a ModuleDict: the name must not be empty, have dots, or be ` +
          `one of a module's own, such as "forward"`,
      );
    }
    if (!(module instanceof Module)) {
      throw new TypeError(
        `Cannot set "${name}" of a ModuleDict to a value of type ${typeof module}: it holds ` +
          `modules, such as new ReLU()`,
      );
    }
    this.#fields[name] = module;
    return this;
  }

  /**
   * Removes the module of that name.
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

  get #fields(): Record<string, M> {
    return this as unknown as Record<string, M>;
  }

  /**
   * Refuses: a container does nothing by itself.
   *
   * @throws {TypeError} always
   */
  override forward(): never {
    throw new TypeError("Cannot call a ModuleDict: it only holds modules; call its entries");
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
