/**
 * The gated linear unit.
 *
 * @module
 */

import { requireTensors } from "../../autograd/operands.ts";
import { ShapeError } from "../../errors.ts";
import { formatShape, normalizeAxis } from "../../shape.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { describeCall } from "../describe.ts";
import { Module } from "../module.ts";

/** Options of `glu` and `GLU`. */
export interface GLUOptions {
  /** The axis that is cut in half; default −1. */
  readonly axis?: number;
}

/**
 * `a · σ(b)` with the first half `a` of an axis and its second half `b`.
 *
 * Source: Dauphin et al., "Language modeling with gated convolutional networks" (2016).
 *
 * @param x with an even number of entries along the axis
 * @param options `axis`
 * @returns half as many entries along the axis
 * @throws {ShapeError} if there is no such axis, or its size is odd
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(functional.glu(tensor([4, 6, 0, 1000])).toArray(), [2, 6]);
 * ```
 */
export function glu(x: Tensor, options: GLUOptions = {}): Tensor {
  requireTensors("glu", x);
  const { axis = -1 } = options;
  const half = (x.shape[normalizeAxis(axis, x.shape, "glu")] ?? 1) / 2;
  if (!Number.isInteger(half)) {
    throw new ShapeError(
      `Cannot glu shape ${formatShape(x.shape)} along axis ${axis}: its size must be even, for ` +
        `values and as many gates`,
      x.shape,
    );
  }
  return pass(() => {
    const [values, gates] = x.split([half, half], axis);
    return values.mul(gates.sigmoid());
  });
}

/**
 * One half of an axis, gated by the other; see `functional.glu`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.GLU.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { GLU } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new GLU({ axis: 0 })(tensor([[1, 2], [0, 0]])).toArray(), [[0.5, 1]]);
 * ```
 */
export class GLU extends Module {
  /** The axis that is cut in half. */
  readonly axis: number;

  /**
   * Makes the layer.
   *
   * @param options `axis`
   */
  constructor(options: GLUOptions = {}) {
    super();
    this.axis = options.axis ?? -1;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return glu(x, this);
  }

  /** See {@link Module}. */
  override describe(): string {
    return describeCall([], [["axis", this.axis, -1]]);
  }
}
