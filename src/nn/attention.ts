/**
 * Attention with several heads, as a layer.
 *
 * @module
 */

import { ShapeError, ValueError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { zeros } from "../tensor/create.ts";
import { pass } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { describeCall } from "./describe.ts";
import { dropout } from "./dropout.ts";
import { xavierUniform_, zeros_ } from "./init.ts";
import { Linear, linear } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import { attentionWeights } from "./scaled_dot_product.ts";

/** Options of `MultiheadAttention`. */
export interface MultiheadAttentionOptions {
  /** The probability of a weight to become 0 in training; default 0. */
  readonly dropout?: number;
  /** Whether the projections add learnt vectors; default true. */
  readonly bias?: boolean;
  /** Whether inputs are `[n, l, e]` rather than `[l, n, e]`; default false. */
  readonly batchFirst?: boolean;
}

/** Options of a call of `MultiheadAttention`. */
export interface MultiheadAttentionCallOptions {
  /** `[n, s]`: true for keys that are ignored, or numbers to add to their scores. */
  readonly keyPaddingMask?: Tensor | null;
  /** `[l, s]` or `[n · heads, l, s]`: true where a query may **not** look, or numbers to add. */
  readonly attnMask?: Tensor | null;
  /** Whether the weights are returned; default true. */
  readonly needWeights?: boolean;
  /** Whether these are means over the heads; default true. */
  readonly averageAttnWeights?: boolean;
}

/** The result, and the weights `[n, l, s]` or `[n, heads, l, s]` if they were asked for. */
export type AttentionResult = [output: Tensor, weights: Tensor | null];

/**
 * Attention in several heads: `concat(head₁, …) Wₒᵀ + bₒ` with
 * `headᵢ = attention(q Wqᵢᵀ, k Wkᵢᵀ, v Wvᵢᵀ)`.
 *
 * Called with query `[l, n, e]`, key and value `[s, n, e]` (or `[n, …, e]` with `batchFirst`, or
 * without n), it returns the result in the shape of the query, and the weights. In boolean masks,
 * true means that a query may not look there, unlike in `scaledDotProductAttention`. The input
 * projections start as `xavierUniform_`, biases as 0, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html).
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { MultiheadAttention } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new MultiheadAttention(8, 2, { batchFirst: true });
 * const x = randn([3, 5, 8]);
 * const [y, weights] = layer(x, x, x);
 * assert.deepEqual(y.shape, [3, 5, 8]);
 * assert.deepEqual(weights!.shape, [3, 5, 5]);
 * ```
 */
export class MultiheadAttention extends Module<
  [query: Tensor, key: Tensor, value: Tensor, options?: MultiheadAttentionCallOptions],
  AttentionResult
> {
  /** Size of the vectors. */
  readonly embedDim: number;
  /** Number of heads. */
  readonly numHeads: number;
  /** The probability of a weight to become 0 in training. */
  readonly dropout: number;
  /** Whether inputs are `[n, l, e]`. */
  readonly batchFirst: boolean;
  /** Wq, Wk and Wv below each other: `[3 e, e]`. */
  in_proj_weight: Parameter;
  /** Their biases: `[3 e]`, if there are any. */
  in_proj_bias: Parameter | null;
  /** Wₒ and bₒ. */
  out_proj: Linear;

  /**
   * Makes the layer.
   *
   * @param embedDim size of the vectors
   * @param numHeads number of heads; divides the size
   * @param options `dropout`, `bias`, `batchFirst`
   * @throws {ValueError} if the size does not divide into the heads
   */
  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    const { dropout = 0, bias = true, batchFirst = false } = options;
    if (!Number.isInteger(embedDim / numHeads) || !(embedDim > 0) || !(numHeads > 0)) {
      throw new ValueError(
        `Cannot make a MultiheadAttention of size ${embedDim} with ${numHeads} heads: the size ` +
          `must divide into the heads`,
      );
    }
    this.embedDim = embedDim;
    this.numHeads = numHeads;
    this.dropout = dropout;
    this.batchFirst = batchFirst;
    this.in_proj_weight = new Parameter(zeros([3 * embedDim, embedDim]));
    xavierUniform_(this.in_proj_weight);
    this.in_proj_bias = bias ? new Parameter(zeros([3 * embedDim])) : null;
    this.out_proj = new Linear(embedDim, embedDim, { bias });
    if (this.out_proj.bias !== null) zeros_(this.out_proj.bias);
  }

  /** See {@link Module}. */
  override forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: MultiheadAttentionCallOptions = {},
  ): AttentionResult {
    for (const x of [query, key, value]) this.#check(x, query.ndim);
    if (query.ndim === 3) return pass(() => this.#attend(query, key, value, options));
    const batchAxis = this.batchFirst ? 0 : 1;
    return pass(() => {
      const [q, k, v] = [query, key, value].map((x) => x.unsqueeze(batchAxis));
      const keyPaddingMask = options.keyPaddingMask?.unsqueeze(0);
      const [y, weights] = this.#attend(q, k, v, { ...options, keyPaddingMask });
      return [y.squeeze(batchAxis), weights?.squeeze(0) ?? null];
    });
  }

  #attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: MultiheadAttentionCallOptions,
  ): AttentionResult {
    const { needWeights = true, averageAttnWeights = true } = options;
    // Taking the weight apart costs less than taking apart what it makes.
    const weights = this.in_proj_weight.split(this.embedDim);
    const biases = this.in_proj_bias?.split(this.embedDim) ?? [];
    const [q, k, v] = [query, key, value].map((x, i) =>
      this.#heads(linear(x, weights[i], { bias: biases[i] }))
    );
    const masks = this.#masks(options, q.shape[0]);
    const kept = dropout(attentionWeights(q, k, masks), this.dropout, this);
    const y = this.#join(kept.matmul(v));
    if (!needWeights) return [this.out_proj(y), null];
    return [this.out_proj(y), averageAttnWeights ? kept.mean(1) : kept];
  }

  /** `[l, n, e]` or `[n, l, e]` as `[n, heads, l, e / heads]`. */
  #heads(x: Tensor): Tensor {
    const { embedDim, numHeads } = this;
    const parts = x.reshape([...x.shape.slice(0, 2), numHeads, embedDim / numHeads]);
    return this.batchFirst ? parts.permute(0, 2, 1, 3) : parts.permute(1, 2, 0, 3);
  }

  /** The inverse of `#heads`. */
  #join(x: Tensor): Tensor {
    const parts = this.batchFirst ? x.permute(0, 2, 1, 3) : x.permute(2, 0, 1, 3);
    return parts.reshape([...parts.shape.slice(0, 2), this.embedDim]);
  }

  /** Masks that broadcast to `[n, heads, l, s]`, true where a query may look. */
  #masks(options: MultiheadAttentionCallOptions, batch: number): Tensor[] {
    const { keyPaddingMask = null, attnMask = null } = options;
    const masks: Tensor[] = [];
    if (attnMask !== null) {
      masks.push(
        attnMask.ndim === 3
          ? attnMask.reshape([batch, this.numHeads, ...attnMask.shape.slice(1)])
          : attnMask,
      );
    }
    if (keyPaddingMask !== null) masks.push(keyPaddingMask.unsqueeze(1).unsqueeze(1));
    return masks.map((mask) => (mask.dtype === "bool" ? mask.logicalNot() : mask));
  }

  #check(x: Tensor, ndim: number): void {
    if (x.ndim === ndim && (ndim === 2 || ndim === 3) && x.shape.at(-1) === this.embedDim) return;
    const layout = this.batchFirst ? "[n, l, e]" : "[l, n, e]";
    throw new ShapeError(
      `Cannot apply MultiheadAttention to shape ${
        formatShape(x.shape)
      }: query, key and value must ` +
        `all be ${layout} or [l, e] with e = ${this.embedDim}`,
      x.shape,
    );
  }

  /** See {@link Module}. */
  override describe(): string {
    return describeCall([this.embedDim, this.numHeads], [
      ["dropout", this.dropout, 0],
      ["bias", this.in_proj_bias !== null, true],
      ["batchFirst", this.batchFirst, false],
    ]);
  }
}
