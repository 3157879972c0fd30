/**
 * The layer that does nothing.
 *
 * @module
 */

import type { Tensor } from "../tensor/tensor.ts";
import { Module } from "./module.ts";

/** Returns what it is given: it holds the place of a layer that was taken out. */
export class Identity extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return x;
  }
}
