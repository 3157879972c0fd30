/**
 * The bodies of the methods of `Tensor` for activation functions; the class documents each method.
 *
 * @module
 */

import { ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { run } from "./run.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `gelu`. */
export interface GeluOptions {
  /** `"tanh"` approximates Φ by a hyperbolic tangent; default `"none"`. */
  readonly approximate?: "none" | "tanh";
}

export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  const { approximate = "none" } = options;
  if (approximate !== "none" && approximate !== "tanh") {
    throw new ValueError(`Cannot approximate gelu by "${approximate}": use "none" or "tanh"`);
  }
  return run(approximate === "tanh" ? ops.geluTanh : ops.gelu, [x]);
}

export function hardtanh(x: Tensor, min = -1, max = 1): Tensor {
  checkBounds(min, max);
  return run(ops.hardtanh, [x, min, max]);
}

/** Rejects bounds unless `low < high`; also for the layer. */
export function checkBounds(low: number, high: number): void {
  if (low < high) return;
  throw new ValueError(
    `Cannot limit to ${low} to ${high}: the lower bound must be below the upper one`,
  );
}
