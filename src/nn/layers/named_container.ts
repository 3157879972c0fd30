/**
 * Modules by name, and parameters by name.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import { type AnyModule, Module } from "../module.ts";
import { Parameter } from "../parameter.ts";

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
