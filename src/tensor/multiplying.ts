/**
 * Products of vectors and matrices that say what they take; `matmul` takes all of it.
 *
 * @module
 */

import { requireTensors } from "../checks.ts";
import { ShapeError } from "../errors.ts";
import { normalizeAxis } from "../checks.ts";
import { broadcastShapes, formatShape } from "../shape.ts";
import { RankedTensor } from "./ranking.ts";
import { pass } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `addmm`. */
export interface AddmmOptions {
  /** The factor of the tensor itself, which is not looked at if this is 0; default 1. */
  readonly beta?: number;
  /** The factor of the product; default 1. */
  readonly alpha?: number;
}

/**
 * The part of {@link Tensor} that multiplies vectors and matrices.
 *
 * See https://pytorch.org/docs/stable/torch.html#blas-and-lapack-operations
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const [x, v] = [tensor([[1, 2], [3, 4]]), tensor([1, 10])];
 * assert.deepEqual(x.mv(v).toArray(), [21, 43]);
 * assert.deepEqual(v.addmm(x, x).toArray(), [[8, 20], [16, 32]]);
 * ```
 */
export abstract class MultipliedTensor extends RankedTensor {
  /**
   * The product of two matrices, `[m, k] · [k, n]`, without broadcasting.
   *
   * See https://pytorch.org/docs/stable/generated/torch.mm.html
   *
   * @param other `[k, n]`
   * @throws {ShapeError} if the shapes do not fit
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[1, 2]]).mm(tensor([[3], [4]])).toArray(), [[11]]);
   * ```
   */
  mm(other: Tensor): Tensor {
    requireTensors("mm", other);
    this.#requireRanks("mm", other, 2, "both must be matrices; matmul() takes vectors and batches");
    return this.matmul(other);
  }

  /**
   * The product of a matrix and a vector, `[m, k] · [k]`.
   *
   * See https://pytorch.org/docs/stable/generated/torch.mv.html
   *
   * @param other `[k]`
   * @throws {ShapeError} if the shapes do not fit
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([[1, 2], [3, 4]]).mv(tensor([1, 1])).toArray(), [3, 7]);
   * ```
   */
  mv(other: Tensor): Tensor {
    requireTensors("mv", other);
    this.#requireRanks("mv", other, 1, "it takes a matrix and a vector; use matmul() for others");
    return this.matmul(other);
  }

  #requireRanks(action: string, other: Tensor, rank: number, reason: string): void {
    if (this.ndim === 2 && other.ndim === rank) return;
    throw new ShapeError(
      `Cannot ${action} ${formatShape(this.shape)} by ${formatShape(other.shape)}: ${reason}`,
      this.shape,
      other.shape,
    );
  }

  /**
   * The product of two batches of matrices, `[b, m, k] · [b, k, n]`, without broadcasting.
   *
   * @param other `[b, k, n]`
   * @throws {ShapeError} if the shapes do not fit
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([[[1, 2]], [[3, 4]]]); // two rows
   * const y = tensor([[[1], [1]], [[10], [1]]]); // two columns
   * assert.deepEqual(x.bmm(y).toArray(), [[[3]], [[34]]]);
   * ```
   */
  bmm(other: Tensor): Tensor {
    requireTensors("bmm", other);
    if (this.ndim !== 3 || other.ndim !== 3 || this.shape[0] !== other.shape[0]) {
      throw new ShapeError(
        `Cannot bmm ${formatShape(this.shape)} by ${
          formatShape(other.shape)
        }: both must be batches ` +
          `of equal length, [b, m, k] and [b, k, n]; matmul() broadcasts`,
        this.shape,
        other.shape,
      );
    }
    return this.matmul(other);
  }

  /**
   * `beta · this + alpha · (a · b)` with matrices `a` and `b`, in which this broadcasts.
   *
   * See https://pytorch.org/docs/stable/generated/torch.addmm.html
   *
   * @param a `[m, k]`
   * @param b `[k, n]`
   * @param options `beta`, `alpha`
   * @returns `[m, n]`
   * @throws {ShapeError} if the shapes do not fit
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const [bias, a, b] = [tensor([1, 2]), tensor([[1], [10]]), tensor([[3, 4]])];
   * assert.deepEqual(bias.addmm(a, b, { alpha: 2 }).toArray(), [[7, 10], [61, 82]]);
   * ```
   */
  addmm(a: Tensor, b: Tensor, options: AddmmOptions = {}): Tensor {
    const { beta = 1, alpha = 1 } = options;
    requireTensors("addmm", a, b);
    return pass(() => {
      const product = a.mm(b);
      const own = this.expand(product.shape);
      const scaled = alpha === 1 ? product : product.mul(alpha);
      if (beta === 0) return scaled;
      return (beta === 1 ? own : own.mul(beta)).add(scaled);
    });
  }

  /**
   * `Σ this · other` of two vectors.
   *
   * @param other a vector of the same length
   * @throws {ShapeError} if they are not vectors of one length
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor([1, 2]).dot(tensor([3, 4])).item(), 11);
   * ```
   */
  dot(other: Tensor): Tensor {
    requireTensors("dot", other);
    if (this.ndim !== 1 || other.ndim !== 1 || this.size !== other.size) {
      const shapes = `${formatShape(this.shape)} by ${formatShape(other.shape)}`;
      throw new ShapeError(
        `Cannot dot ${shapes}: both must be vectors of one length; use matmul() for matrices`,
        this.shape,
        other.shape,
      );
    }
    return this.matmul(other);
  }

  /**
   * Every product of an element of one vector and one of another: `[m], [n] → [m, n]`.
   *
   * @param other a vector
   * @throws {ShapeError} if they are not vectors
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 2]).outer(tensor([3, 4])).toArray(), [[3, 4], [6, 8]]);
   * ```
   */
  outer(other: Tensor): Tensor {
    requireTensors("take the outer product", other);
    if (this.ndim !== 1 || other.ndim !== 1) {
      throw new ShapeError(
        `Cannot take the outer product of ${formatShape(this.shape)} and ` +
          `${formatShape(other.shape)}: both must be vectors; flatten() them`,
        this.shape,
        other.shape,
      );
    }
    return pass(() => this.unsqueeze(1).mul(other));
  }

  /**
   * The cross product of vectors of three elements, which is perpendicular to both; other axes
   * broadcast.
   *
   * PyTorch's `torch.cross` takes the first axis of size 3 by default; this, as
   * https://pytorch.org/docs/stable/generated/torch.linalg.cross.html, the last one.
   *
   * @param other with as many axes
   * @param axis that of the vectors; default −1
   * @throws {ShapeError} if there is no such axis, or its size is not 3, or the shapes do not broadcast
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([1, 0, 0]).cross(tensor([0, 1, 0])).toArray(), [0, 0, 1]);
   * ```
   */
  cross(other: Tensor, axis = -1): Tensor {
    requireTensors("cross", other);
    const along = normalizeAxis(axis, this.shape, "cross");
    if (this.ndim !== other.ndim || this.shape[along] !== 3 || other.shape[along] !== 3) {
      throw new ShapeError(
        `Cannot cross ${formatShape(this.shape)} with ${formatShape(other.shape)} along axis ` +
          `${axis}: both need as many axes, and vectors of three elements`,
        this.shape,
        other.shape,
      );
    }
    const shape = broadcastShapes(this.shape, other.shape, "cross");
    return pass(() => {
      const turned = [1, 2].map((n) => [this, other].map((x) => x.expand(shape).roll(-n, along)));
      const [[a1, b1], [a2, b2]] = turned;
      return a1.mul(b2).sub(a2.mul(b1));
    });
  }
}
