/**
 * Modules that hold other modules, or parameters: in a row, in a list, by name.
 *
 * An entry is a field under its index or its name, so it is part of the container.
 *
 * @module
 */

import { checkArguments, checkKind, guardMembers } from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { guardFields } from "../fields.ts";
import { type Layer, Module } from "../module.ts";
import { Parameter } from "../parameter.ts";

/** The class of a container's entries, and the words for them in errors. */
interface EntryKind<V> {
  readonly type: abstract new (...inputs: never) => V;
  readonly noun: string;
  readonly example: string;
}

const MODULE: EntryKind<Module> = { type: Module, noun: "module", example: "new ReLU()" };
const PARAMETER: EntryKind<Parameter> = {
  type: Parameter,
  noun: "parameter",
  example: "new Parameter(zeros([3]))",
};

function entriesOf<V>(container: Module, { type }: EntryKind<V>): [name: string, entry: V][] {
  // Object.entries() takes five times as long where fields were added one by one.
  const entries: [string, V][] = [];
  for (const name of Object.keys(container)) {
    const value = fieldsOf(container)[name];
    if (value instanceof type) entries.push([name, value]);
  }
  return entries;
}

function fieldsOf(container: Module): Record<string | number, unknown> {
  return container as unknown as Record<string | number, unknown>;
}

function findEntry<V>(container: Module, name: string | number, kind: EntryKind<V>): V | undefined {
  const value = fieldsOf(container)[name];
  return value instanceof kind.type ? value : undefined;
}

function takeEntry<V>(container: Module, index: number, kind: EntryKind<V>): V {
  const { length } = entriesOf(container, kind);
  const found = findEntry(container, index < 0 ? index + length : index, kind);
  if (found !== undefined) return found;
  throw new ValueError(
    `Cannot take ${kind.noun} ${index} of a ${container.constructor.name}: it has ${length}`,
  );
}

function getEntry<V>(container: Module, name: string, kind: EntryKind<V>): V {
  const found = findEntry(container, name, kind);
  if (found !== undefined) return found;
  const names = entriesOf(container, kind).map(([key]) => `"${key}"`).join(", ") || "none";
  throw new ValueError(
    `Cannot get ${kind.noun} "${name}" of a ${container.constructor.name}: it has ${names}`,
  );
}

function checkEntry(action: string, value: unknown, { type, noun, example }: EntryKind<unknown>) {
  if (value instanceof type) return;
  throw new ValueError(`Cannot ${action}: it holds ${noun}s, such as ${example}`);
}

function pushEntries<V>(container: Module, entries: readonly V[], kind: EntryKind<V>): number {
  const { name } = container.constructor;
  for (const entry of entries) {
    checkEntry(`add a value of type ${typeof entry} to a ${name}`, entry, kind);
  }
  const { length } = entriesOf(container, kind);
  entries.forEach((entry, i) => fieldsOf(container)[length + i] = entry);
  guardFields(container);
  return length + entries.length;
}

function setEntry<V>(container: Module, name: string, entry: V, kind: EntryKind<V>): void {
  const owner = container.constructor.name;
  const isTaken = name in container && findEntry(container, name, kind) === undefined;
  if (name === "" || name.includes(".") || isTaken) {
    throw new ValueError(
      `Cannot set ${kind.noun} "${name}" of a ${owner}: the name must not be empty, have dots, or ` +
        `be one of a module's own, such as "forward"`,
    );
  }
  checkEntry(`set "${name}" of a ${owner} to a value of type ${typeof entry}`, entry, kind);
  fieldsOf(container)[name] = entry;
  guardFields(container);
}

function refuseCall(container: Module, { noun }: EntryKind<unknown>): never {
  throw new ValueError(
    `Cannot call a ${container.constructor.name}: it only holds ${noun}s; use its entries`,
  );
}

/**
 * Holds modules in a list under the names "0", "1", …. The `forward` of the module that has the list
 * as a field says how they are used.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ModuleList.html
 *
 * @typeParam M the type of the modules
 * @example
 * ```ts
 * import { ones, type Tensor } from "@gradus/gradus";
 * import { init, Linear, Module, ModuleList } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
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
 * assertEquals(model(ones([1, 2])).toArray(), [[13, 13]]);
 * ```
 */
export class ModuleList<M extends Module = Layer> extends Module {
  /**
   * Makes the list.
   *
   * @param modules in order
   */
  constructor(modules: readonly M[]);
  /**
   * Makes the list.
   *
   * @param modules in order
   */
  constructor(...modules: readonly M[]);
  constructor(...modules: readonly (M | readonly M[])[]) {
    super();
    this.push(...modules.flat() as M[]);
  }

  /** Number of modules. */
  override get length(): number {
    return entriesOf(this, MODULE).length;
  }

  /** Yields the modules in order. */
  *[Symbol.iterator](): IterableIterator<M> {
    for (const [, module] of entriesOf(this, MODULE)) yield module as M;
  }

  /**
   * Returns one of the modules.
   *
   * @param index negative ones count from the end
   * @throws {ValueError} if there is none at that place
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 2));
   * assertEquals(`${model.at(-1)}`, "Linear(8, 2)");
   * ```
   */
  at(index: number): M {
    return takeEntry(this, index, MODULE) as M;
  }

  /**
   * Adds modules at the end.
   *
   * @param modules the new entries
   * @returns the new number of modules
   * @throws {ValueError} if one is not a module; none is added then
   */
  push(...modules: M[]): number {
    return pushEntries(this, modules, MODULE);
  }

  /**
   * Adds one module at the end.
   *
   * @param module the new entry
   * @returns this module
   * @throws {ValueError} if it is not a module
   * @example
   * ```ts
   * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const model = new Sequential(new Linear(4, 8)).append(new ReLU()).append(new Linear(8, 2));
   * assertEquals(model.length, 3);
   * ```
   */
  append(module: M): this {
    this.push(module);
    return this;
  }

  /**
   * Refuses the call: a list computes nothing.
   *
   * @throws {ValueError} always
   */
  override forward(..._inputs: never): unknown {
    return refuseCall(this, MODULE);
  }
}

guardMembers(ModuleList);

/**
 * Runs modules one after the other: each takes the result of the one before.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Linear, ReLU, Sequential } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 2));
 * assertEquals(model(zeros([5, 4])).shape, [5, 2]);
 * assertEquals([...model.stateDict().keys()], ["0.weight", "0.bias", "2.weight", "2.bias"]);
 * ```
 */
export class Sequential extends ModuleList<Layer> {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    for (const module of this) x = module(x);
    return x;
  }
}

/**
 * Holds modules by name. The `forward` of the module that has the container as a field says how they
 * are used.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ModuleDict.html
 *
 * @typeParam D the types of the modules by name; `Record<string, Linear>` leaves the names open
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@gradus/gradus";
 * import { Embedding, Linear, Module, ModuleDict, ModuleList } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * class Net extends Module {
 *   parts = new ModuleDict({
 *     embedding: new Embedding(10, 4),
 *     hidden: new ModuleList(new Linear(4, 4), new Linear(4, 2)),
 *   });
 *
 *   override forward(x: Tensor): Tensor {
 *     x = this.parts.get("embedding")(x);
 *     for (const layer of this.parts.get("hidden")) x = layer(x);
 *     return x;
 *   }
 * }
 *
 * assertEquals(new Net()(tensor([3], { dtype: "int32" })).shape, [1, 2]);
 * ```
 */
export class ModuleDict<D extends { readonly [K in keyof D]: Module } = Record<string, Layer>>
  extends Module {
  /**
   * Makes the container.
   *
   * @param entries modules by name
   * @throws {ValueError} if a name cannot be used
   * @throws {ValueError} if a value is not a module
   */
  constructor(entries?: D) {
    checkArguments("make ModuleDict", arguments, 1);
    super();
    for (const [name, module] of Object.entries<Module>(entries ?? {})) {
      setEntry(this, name, module, MODULE);
    }
  }

  /** Number of modules. */
  get size(): number {
    return this.keys().length;
  }

  /** Returns the names, in the order in which they were set. */
  keys(): (string & keyof D)[] {
    return entriesOf(this, MODULE).map(([name]) => name as string & keyof D);
  }

  /** Yields the names and the modules. */
  *[Symbol.iterator](): IterableIterator<[string & keyof D, D[keyof D]]> {
    for (const name of this.keys()) yield [name, this.get(name)];
  }

  /** Returns true if there is a module of that name. */
  has(name: string): boolean {
    return findEntry(this, name, MODULE) !== undefined;
  }

  /**
   * Returns the module of that name.
   *
   * @throws {ValueError} if there is none
   */
  get<K extends string & keyof D>(name: K): D[K] {
    return getEntry(this, name, MODULE) as D[K];
  }

  /**
   * Adds a module, or replaces the one of that name.
   *
   * @param name a name without dots that modules do not have as a property
   * @param module the new entry
   * @returns this container
   * @throws {ValueError} if the name cannot be used
   * @throws {ValueError} if the value is not a module
   * @example
   * ```ts
   * import { Linear, ModuleDict } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const heads = new ModuleDict<Record<string, Linear>>({ left: new Linear(4, 2) });
   * heads.set("right", new Linear(4, 3)).set("left", new Linear(4, 5));
   * assertEquals(heads.size, 2);
   * ```
   */
  set<K extends string & keyof D>(name: K, module: D[K]): this {
    setEntry<Module>(this, name, module, MODULE);
    return this;
  }

  /** Removes the module of that name; returns false if there was none. */
  delete(name: string): boolean {
    return this.has(name) && Reflect.deleteProperty(this, name);
  }

  /**
   * Refuses the call: a container computes nothing.
   *
   * @throws {ValueError} always
   */
  override forward(..._inputs: never): unknown {
    return refuseCall(this, MODULE);
  }
}

guardMembers(ModuleDict);

/**
 * Holds parameters by name, as part of the module that has it as a field.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ParameterDict.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Parameter, ParameterDict } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const scales = new ParameterDict({ left: new Parameter(zeros([2])) });
 * scales.set("right", new Parameter(zeros([3])));
 * assertEquals(scales.get("right").shape, [3]);
 * assertEquals([...scales.stateDict().keys()], ["left", "right"]);
 * ```
 */
export class ParameterDict extends Module {
  /**
   * Makes the container.
   *
   * @param entries parameters by name
   * @throws {ValueError} if a name cannot be used
   * @throws {ValueError} if a value is not a parameter
   */
  constructor(entries: Readonly<Record<string, Parameter>> = {}) {
    checkArguments("make ParameterDict", arguments, 1);
    super();
    checkKind("make ParameterDict", entries, Object(entries) === entries, "parameters by name");
    for (const [name, parameter] of Object.entries(entries)) this.set(name, parameter);
  }

  /** Number of parameters. */
  get size(): number {
    return this.keys().length;
  }

  /** Returns the names, in the order in which they were set. */
  keys(): string[] {
    return entriesOf(this, PARAMETER).map(([name]) => name);
  }

  /** Yields the names and the parameters. */
  *[Symbol.iterator](): IterableIterator<[string, Parameter]> {
    yield* entriesOf(this, PARAMETER);
  }

  /** Returns true if there is a parameter of that name. */
  has(name: string): boolean {
    return findEntry(this, name, PARAMETER) !== undefined;
  }

  /**
   * Returns the parameter of that name.
   *
   * @throws {ValueError} if there is none
   */
  get(name: string): Parameter {
    return getEntry(this, name, PARAMETER);
  }

  /**
   * Adds a parameter, or replaces the one of that name.
   *
   * @param name a name without dots that modules do not have as a property
   * @param parameter the new entry
   * @returns this container
   * @throws {ValueError} if the name cannot be used
   * @throws {ValueError} if the value is not a parameter
   */
  set(name: string, parameter: Parameter): this {
    setEntry(this, name, parameter, PARAMETER);
    return this;
  }

  /** Removes the parameter of that name; returns false if there was none. */
  delete(name: string): boolean {
    return this.has(name) && Reflect.deleteProperty(this, name);
  }

  /**
   * Refuses the call: a container computes nothing.
   *
   * @throws {ValueError} always
   */
  override forward(..._inputs: never): unknown {
    return refuseCall(this, PARAMETER);
  }
}

guardMembers(ParameterDict);

/**
 * Holds parameters under the names "0", "1", …, as part of the module that has the list as a field.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ParameterList.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Parameter, ParameterList } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const list = new ParameterList(new Parameter(zeros([2])), new Parameter(zeros([3])));
 * assertEquals([...list.stateDict().keys()], ["0", "1"]);
 * ```
 */
export class ParameterList extends Module {
  /**
   * Makes the list.
   *
   * @param parameters in order, as arguments or in one array
   */
  constructor(...parameters: readonly Parameter[] | [readonly Parameter[]]) {
    super();
    this.push(...parameters.flat());
  }

  /** Number of parameters. */
  override get length(): number {
    return entriesOf(this, PARAMETER).length;
  }

  /** Yields the parameters in order. */
  *[Symbol.iterator](): IterableIterator<Parameter> {
    for (const [, parameter] of entriesOf(this, PARAMETER)) yield parameter;
  }

  /**
   * Returns one of the parameters.
   *
   * @param index negative ones count from the end
   * @throws {ValueError} if there is none at that place
   */
  at(index: number): Parameter {
    return takeEntry(this, index, PARAMETER);
  }

  /**
   * Adds parameters at the end.
   *
   * @param parameters the new entries
   * @returns the new number of parameters
   * @throws {ValueError} if one is not a parameter; none is added then
   */
  push(...parameters: Parameter[]): number {
    return pushEntries(this, parameters, PARAMETER);
  }

  /**
   * Refuses the call: a list computes nothing.
   *
   * @throws {ValueError} always
   */
  override forward(..._inputs: never): unknown {
    return refuseCall(this, PARAMETER);
  }
}

guardMembers(ParameterList);
