/**
 * What layers that compute losses have in common.
 *
 * @module
 */

import { requireOptions } from "../../autograd/operands.ts";
import { Module } from "../module.ts";
import { checkReduction, type LossOptions, type Reduction } from "./reduction.ts";

/**
 * A layer that computes the losses of elements, and their mean or sum.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Loss, MSELoss } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const loss = new MSELoss({ reduction: "sum" });
 * assert.ok(loss instanceof Loss);
 * assert.equal(loss(tensor([1, 2]), tensor([3, 3])).item(), 5);
 * ```
 */
export abstract class Loss<I extends readonly unknown[]> extends Module<I> {
  /** How the losses of the elements become the result. */
  readonly reduction: Reduction;

  /**
   * Makes the loss.
   *
   * @param options `reduction`
   * @throws {ValueError} if there is no such reduction
   */
  constructor(options: LossOptions = {}) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    this.reduction = checkReduction(new.target.name, options.reduction);
  }
}
