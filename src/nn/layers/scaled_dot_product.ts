/**
 * Attention: every query takes a mean of the values, weighted by how well it matches their keys.
 *
 * Source: Vaswani et al., "Attention is all you need" (2017).
 *
 * @module
 */

import { ShapeError, ValueError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import { arange } from "../../tensor/create.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { dropout } from "./dropout.ts";

/** Options of `scaledDotProductAttention`. */
export interface AttentionOptions {
  /** Broadcast to `[…, l, s]`: booleans that are true where a query may look, or numbers to add. */
  readonly mask?: Tensor | null;
  /** Whether query i may look at keys 0 to i only; default false. */
  readonly isCausal?: boolean;
  /** The probability of a weight to become 0; default 0. */
  readonly dropoutP?: number;
  /** What `q kᵀ` is multiplied by; default 1 / √e. */
  readonly scale?: number;
}

/**
 * `softmax(q kᵀ / √e + mask) v`: for each query a mean of the values, weighed by how well keys fit.
 *
 * A query that may look nowhere gets NaN.
 *
 * Source: Vaswani et al., "Attention is all you need" (2017).
 *
 * @param query `[…, l, e]`
 * @param key `[…, s, e]`
 * @param value `[…, s, v]`
 * @param options `mask`, `isCausal`, `dropoutP`, `scale`
 * @returns `[…, l, v]`
 * @throws {ValueError} if there is a mask and `isCausal` is set
 * @throws {ShapeError} if sizes differ
 * @example
 * ```ts
 * import { tensor, zeros } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const [query, key] = [zeros([2, 4]), zeros([2, 4])]; // all keys fit equally well
 * const value = tensor([[1], [3]]);
 * const y = functional.scaledDotProductAttention(query, key, value);
 * assert.deepEqual(y.toArray(), [[2], [2]]);
 * const causal = functional.scaledDotProductAttention(query, key, value, { isCausal: true });
 * assert.deepEqual(causal.toArray(), [[1], [2]]);
 * ```
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const { mask = null, isCausal = false, dropoutP = 0, scale } = options;
  checkAttention(query, key, value);
  if (mask !== null && isCausal) {
    throw new ValueError(
      "Cannot attend with a mask and isCausal: put the causal part into the mask, or leave it out",
    );
  }
  return pass(() => {
    const allowed = isCausal ? causalMask(query.shape.at(-2)!, key.shape.at(-2)!) : mask;
    const weights = attentionWeights(query, key, allowed === null ? [] : [allowed], scale);
    return dropout(weights, dropoutP).matmul(value);
  });
}

/** `[l, s]`, true where query i may look at key j ≤ i. */
export function causalMask(queries: number, keys: number): Tensor {
  return arange(queries, { dtype: "int32" }).unsqueeze(1).ge(arange(keys, { dtype: "int32" }));
}

/** `softmax(q kᵀ · scale + masks)`; masks are as in {@link AttentionOptions}. */
export function attentionWeights(
  query: Tensor,
  key: Tensor,
  masks: readonly Tensor[],
  scale: number = 1 / Math.sqrt(query.shape.at(-1)!),
): Tensor {
  // The queries are smaller than the scores.
  let scores = query.mul(scale).matmul(key.transpose());
  for (const mask of masks) {
    scores = mask.dtype === "bool" ? mask.where(scores, -Infinity) : scores.add(mask);
  }
  return scores.softmax(-1);
}

function checkAttention(query: Tensor, key: Tensor, value: Tensor): void {
  const shapes = [query, key, value].map((x) => formatShape(x.shape)).join(", ");
  const fail = (reason: string): never => {
    throw new ShapeError(
      `Cannot attend with query, key and value ${shapes}: ${reason}`,
      query.shape,
      key.shape,
      value.shape,
    );
  };
  if (query.ndim < 2 || key.ndim < 2 || value.ndim < 2) fail("all need the last two axes [l, e]");
  if (query.shape.at(-1) !== key.shape.at(-1)) fail("queries and keys must have the same size");
  if (key.shape.at(-2) !== value.shape.at(-2)) fail("there must be as many keys as values");
}
