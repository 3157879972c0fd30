/**
 * The layer that does nothing.
 *
 * @module
 */

import type { Tensor } from "../../tensor/tensor.ts";
import { Module } from "../module.ts";

/**
 * Returns what it is given: it holds the place of a layer that was taken out.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Identity.html
 *
 * @example
 * ```ts
 * import { ones } from "@gradus/gradus";
 * import { Identity } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = ones([2]);
 * assert.equal(new Identity()(x), x);
 * ```
 */
export class Identity extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return x;
  }
}
