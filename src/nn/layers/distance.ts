/**
 * Vectors of length 1, and the angles and distances between vectors.
 *
 * @module
 */

import {
  checkArguments,
  checkFloat,
  checkTensors,
  readAxisOptions,
  readOptions,
} from "../../checks.ts";
import { broadcastShapes } from "../../shape.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { ConfiguredLayer } from "./configured_layer.ts";

/** Options of `normalize`. */
export interface NormalizeOptions {
  /** Axis along which the vectors lie; default 1. */
  readonly axis?: number;
  /** The order of the norm that becomes 1; default 2. */
  readonly p?: number;
  /** Least divisor, so that a vector of zeros stays one; default 1e-12. */
  readonly eps?: number;
}

/**
 * Scales vectors to norm 1: `x / max(‖x‖, eps)`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
 *
 * @param x of any shape that has the axis
 * @param options `axis`, `p`, `eps`
 * @returns the shape of `x`
 * @throws {ShapeError} if there is no such axis
 * @throws {DTypeError} if the tensor is of integers
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = functional.normalize(tensor([[3, 4], [0, 0]]));
 * assertEquals(y.mul(5).toArray(), [[3, 4], [0, 0]]);
 * ```
 */
export function normalize(x: Tensor, options: NormalizeOptions = {}): Tensor {
  checkArguments("normalize", arguments, 2);
  checkTensors("normalize", x);
  checkFloat("normalize", x);
  const { axis, p, eps } = readOptions("normalize", options, { axis: 1, p: 2, eps: 1e-12 });
  return scope(() => x.div(x.norm({ p, axis, keepDims: true }).clamp(eps)));
}

/** Options of `cosineSimilarity` and `CosineSimilarity`. */
export interface CosineSimilarityOptions {
  /** Axis along which the vectors lie; default 1. */
  readonly axis?: number;
  /** Least length to divide by, so that the cosine with zeros is 0; default 1e-8. */
  readonly eps?: number;
}

const COSINE = { axis: 1, eps: 1e-8 } as const;

/**
 * Computes the cosine of the angle between vectors: `x₁ · x₂ / (max(‖x₁‖, eps) · max(‖x₂‖, eps))`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html
 *
 * @param x1 vectors
 * @param x2 vectors; the shapes broadcast
 * @param options `axis`, `eps`
 * @returns the common shape without the axis, from −1 to 1
 * @throws {ShapeError} if there is no such axis, or the shapes do not broadcast
 * @throws {DTypeError} if a tensor is of integers
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assert } from "@std/assert";
 *
 * const y = functional.cosineSimilarity(tensor([[3, 4]]), tensor([[5, 0]]));
 * assert(Math.abs(y.item() - 0.6) < 1e-6);
 * ```
 */
export function cosineSimilarity(
  x1: Tensor,
  x2: Tensor,
  options: CosineSimilarityOptions | number = {},
): Tensor {
  checkArguments("cosineSimilarity", arguments, 3);
  const read = readAxisOptions("cosineSimilarity", options, COSINE);
  checkTensors("cosineSimilarity", x1, x2);
  for (const x of [x1, x2]) checkFloat("take the cosineSimilarity of", x);
  const shape = broadcastShapes(x1.shape, x2.shape, "cosineSimilarity");
  // A vector may have been broadcast along its own axis, and is longer then.
  const [a, b] = [x1, x2].map((x) => x.expand(shape));
  return scope(() => normalize(a, read).mul(normalize(b, read)).sum(read.axis));
}

/**
 * Computes the cosine of the angle between vectors; see `functional.cosineSimilarity`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { CosineSimilarity } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const cosine = new CosineSimilarity({ axis: 0 });
 * assertEquals(cosine(tensor([2, 0]), tensor([-1, 0])).item(), -1);
 * ```
 */
export class CosineSimilarity extends ConfiguredLayer {
  /** Axis along which the vectors lie. */
  declare readonly axis: number;
  /** Least length to divide by. */
  declare readonly eps: number;

  /**
   * Makes the layer.
   *
   * @param options `axis`, `eps`
   */
  constructor(options: CosineSimilarityOptions = {}) {
    checkArguments("make CosineSimilarity", arguments, 1);
    super({}, options, COSINE);
  }

  /** See {@link Module}. */
  override forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, this);
  }
}

/** Options of `pairwiseDistance` and `PairwiseDistance`. */
export interface PairwiseDistanceOptions {
  /** The order of the norm; default 2. */
  readonly p?: number;
  /** Added to each difference, so that no norm is at 0; default 1e-6. */
  readonly eps?: number;
  /** Keep the last axis with size 1; default false. */
  readonly keepDims?: boolean;
}

const DISTANCE = { p: 2, eps: 1e-6, keepDims: false } as const;

/**
 * Computes the distances of vectors along the last axis: `‖x₁ − x₂ + eps‖ₚ`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html
 *
 * @param x1 vectors `[…, D]`
 * @param x2 vectors; the shapes broadcast
 * @param options `p`, `eps`, `keepDims`
 * @returns the common shape without the last axis
 * @throws {ShapeError} if the shapes do not broadcast
 * @throws {DTypeError} if the tensors are of integers
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 1], [4, 5]]);
 * const distances = functional.pairwiseDistance(x, tensor([1, 1]), { eps: 0 });
 * assertEquals(distances.toArray(), [0, 5]);
 * ```
 */
export function pairwiseDistance(
  x1: Tensor,
  x2: Tensor,
  options: PairwiseDistanceOptions = {},
): Tensor {
  checkArguments("pairwiseDistance", arguments, 3);
  checkTensors("pairwiseDistance", x1, x2);
  const { p, eps, keepDims } = readOptions("pairwiseDistance", options, DISTANCE);
  return scope(() => x1.sub(x2).add(eps).norm({ axis: -1, p, keepDims }));
}

/**
 * Computes the distances of vectors; see `functional.pairwiseDistance`.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { PairwiseDistance } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const distance = new PairwiseDistance({ p: 1, eps: 0 });
 * assertEquals(distance(tensor([[1, 2]]), tensor([[4, 0]])).toArray(), [5]);
 * ```
 */
export class PairwiseDistance extends ConfiguredLayer {
  /** The order of the norm. */
  declare readonly p: number;
  /** Added to each difference. */
  declare readonly eps: number;
  /** True if the last axis is kept. */
  declare readonly keepDims: boolean;

  /**
   * Makes the layer.
   *
   * @param options `p`, `eps`, `keepDims`
   */
  constructor(options: PairwiseDistanceOptions = {}) {
    checkArguments("make PairwiseDistance", arguments, 1);
    super({}, options, DISTANCE);
  }

  /** See {@link Module}. */
  override forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, this);
  }
}
