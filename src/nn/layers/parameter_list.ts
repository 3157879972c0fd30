/**
 * Parameters in a list.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";

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
