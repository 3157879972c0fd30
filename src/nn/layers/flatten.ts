/**
 * From images to vectors, and back.
 *
 * @module
 */

import { formatShape, type Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Module } from "../module.ts";

/**
 * Joins axes into one, by default all but the first: `[n, c, h, w] → [n, c · h · w]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Flatten } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Flatten()(zeros([8, 3, 4, 4])).shape, [8, 48]);
 * ```
 */
export class Flatten extends Module {
  /** The first axis that is joined. */
  readonly start: number;
  /** The last axis that is joined. */
  readonly end: number;

  /**
   * Makes the layer.
   *
   * @param start the first axis that is joined; default 1
   * @param end the last axis that is joined; default -1
   */
  constructor(start = 1, end = -1) {
    super();
    this.start = start;
    this.end = end;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return x.flatten(this.start, this.end);
  }

  /** See {@link Module}. */
  override describe(): string {
    return this.start === 1 && this.end === -1 ? "" : `${this.start}, ${this.end}`;
  }
}

/**
 * Cuts an axis into several: `[n, c · h · w] → [n, c, h, w]`; see `Tensor.unflatten`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Unflatten.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Unflatten } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(new Unflatten(1, [3, 4, -1])(zeros([8, 48])).shape, [8, 3, 4, 4]);
 * ```
 */
export class Unflatten extends Module {
  /** The axis that is cut. */
  readonly axis: number;
  /** The sizes of the axes that stand in its place. */
  readonly sizes: Shape;

  /**
   * Makes the layer.
   *
   * @param axis the axis that is cut
   * @param sizes of the axes that stand in its place; one may be -1
   */
  constructor(axis: number, sizes: Shape) {
    super();
    this.axis = axis;
    this.sizes = sizes;
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return x.unflatten(this.axis, this.sizes);
  }

  /** See {@link Module}. */
  override describe(): string {
    return `${this.axis}, ${formatShape(this.sizes)}`;
  }
}
