/**
 * A layer that normalizes groups of channels of each example.
 *
 * @module
 */

import { requireOptions } from "../../autograd/operands.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { checkShape, formatShape } from "../../shape.ts";
import { ones, zeros } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { describeCall } from "../describe.ts";
import { Module } from "../module.ts";
import { groupNorm } from "./layer_norm.ts";
import { Parameter } from "../parameter.ts";

/** Options of `GroupNorm`. */
export interface GroupNormOptions {
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** Whether weights are learnt for each channel; default true. */
  readonly affine?: boolean;
}

/**
 * Normalizes groups of channels of each example: `[n, c, …]`; see `functional.groupNorm`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { GroupNorm } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new GroupNorm(2, 4, { eps: 0 });
 * assert.deepEqual(layer(tensor([[1, 3, 8, 2]])).toArray(), [[-1, 1, 1, -1]]);
 * ```
 */
export class GroupNorm extends Module {
  /** Number of groups. */
  readonly numGroups: number;
  /** Channels of the input. */
  readonly numChannels: number;
  /** Added to the variance. */
  readonly eps: number;
  /** `[c]`, if affine. */
  weight: Parameter | null;
  /** `[c]`, if affine. */
  bias: Parameter | null;

  /**
   * Makes the layer.
   *
   * @param numGroups number of groups
   * @param numChannels channels of the input
   * @param options `eps`, `affine`
   * @throws {ValueError} if the channels do not divide into the groups
   */
  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    const { eps = 1e-5, affine = true } = options;
    checkShape([numChannels], "make a GroupNorm");
    if (!Number.isInteger(numGroups) || numGroups < 1 || numChannels % numGroups !== 0) {
      throw new ValueError(
        `Cannot make a GroupNorm of ${numChannels} channels in ${numGroups} groups: the channels ` +
          `must divide into the groups`,
      );
    }
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.weight = affine ? new Parameter(ones([numChannels])) : null;
    this.bias = affine ? new Parameter(zeros([numChannels])) : null;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    if (x.shape[1] === this.numChannels) return groupNorm(x, this.numGroups, this);
    throw new ShapeError(
      `Cannot apply GroupNorm(${this.numGroups}, ${this.numChannels}) to shape ` +
        `${formatShape(x.shape)}: the input must be [n, c, …] with c = ${this.numChannels}`,
      x.shape,
    );
  }

  /** See {@link Module}. */
  override describe(): string {
    return describeCall([this.numGroups, this.numChannels], [
      ["eps", this.eps, 1e-5],
      ["affine", this.weight !== null, true],
    ]);
  }
}
