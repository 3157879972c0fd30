/**
 * The names of tensors and modules in a graph.
 *
 * @module
 */

import type { Variable } from "../../autograd/node.ts";
import {
  checkArguments,
  checkNamed,
  checkTensors,
  checkType,
  isTensor,
  operandError,
} from "../../checks.ts";
import { ValueError } from "../../errors.ts";
import { Module } from "../../nn/module.ts";
import type { NDArray } from "../../storage/ndarray.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** A model, whose parameters and modules have names; or tensors and modules by their names. */
export type Names = Module | Readonly<Record<string, Tensor | Module>>;

/** A name, and the elements that it names. */
interface Label {
  readonly name: string;
  readonly array: NDArray;
}

/** The names that {@link named} gave. */
const given = new WeakMap<NDArray | Storage, Label>();

/**
 * Gives a tensor a name, which `explain` shows.
 *
 * @param name the name
 * @param x any tensor
 * @returns the same tensor
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { explain, named } from "@gradus/gradus/explain";
 * import { assertEquals } from "@std/assert";
 *
 * const x = named("x", tensor([1, 2], { requiresGrad: true }));
 * const h = named("h", x.mul(3));
 * assertEquals(explain(h.sum()).nodes.map(({ name }) => name), ["x", "h", "sum"]);
 * ```
 */
export function named<T extends Tensor>(name: string, x: T): T {
  checkArguments("named", arguments, 2);
  checkType("name a tensor", "the name", name, "string");
  if (name.trim() === "") {
    throw new ValueError(`Cannot name a tensor "${name}": nobody could see it; use letters`);
  }
  checkTensors("name", x);
  label(given, name, x);
  return x;
}

/** Notes the name of `x`; views of a tensor without a graph are found by their storage. */
function label(labels: Pick<typeof given, "set">, name: string, { array, node }: Variable): void {
  labels.set(array, { name, array });
  if (node === null) labels.set(array.storage, { name, array });
}

/** Finds the names of tensors and modules. */
export class NameTable {
  readonly #tensors = new Map<NDArray | Storage, Label>();
  readonly #modules = new Map<object, string>();
  readonly #owned = new Set<NDArray>();

  constructor(names: Names | undefined) {
    if (names instanceof Module) this.#addModule("", names);
    else if (names !== undefined) {
      checkNamed("explain with names", names, "tensors and modules, or a model");
      for (const [name, value] of Object.entries(names)) {
        if (value instanceof Module) this.#addModule(name, value);
        else if (isTensor<Tensor>(value)) label(this.#tensors, name, value);
        else throw operandError(`explain "${name}"`, value, "a tensor or a module");
      }
    }
  }

  #addModule(prefix: string, root: Module): void {
    const at = (name: string): string => prefix === "" ? name : `${prefix}.${name}`;
    for (const [name, module] of root.namedModules(prefix)) this.#modules.set(module, name);
    for (const [name, x] of [...root.namedParameters(), ...root.namedBuffers()]) {
      label(this.#tensors, at(name), x);
      this.#owned.add(x.array);
    }
  }

  /** Returns true if `array` is that of a parameter or buffer of a named module. */
  isOwned(array: NDArray): boolean {
    return this.#owned.has(array);
  }

  /** Returns the name of the tensor with the elements `array`, if it has one. */
  ofTensor(array: NDArray): string | undefined {
    return this.#find(array)?.name;
  }

  /** Returns the elements of the tensor of which the constant `array` is a view, if it has a name. */
  baseOf(array: NDArray): NDArray | undefined {
    return (this.#find(array) ?? this.#find(array.storage))?.array;
  }

  #find(key: NDArray | Storage): Label | undefined {
    return given.get(key) ?? this.#tensors.get(key);
  }

  /** Returns the dotted name of a module; "" for a model, and for modules that are not known. */
  ofModule(module: object): string {
    return this.#modules.get(module) ?? "";
  }
}
