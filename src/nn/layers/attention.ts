/**
 * Attention: every query takes a mean of the values, weighted by how well it matches their keys.
 *
 * @module
 */

import { checkArguments, checkShape, checkTensors, readOptions } from "../../checks.ts";
import { isFloat } from "../../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import { arange, zeros } from "../../tensor/create.ts";
import { cat } from "../../tensor/shape.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { guardFields } from "../fields.ts";
import { xavierNormal_, xavierUniform_, zeros_ } from "../init.ts";
import { Parameter } from "../parameter.ts";
import { checkProbability, dropout } from "./dropout.ts";
import { ConfiguredLayer } from "./configured_layer.ts";
import { Linear, linear } from "./linear.ts";

/** Options of `scaledDotProductAttention`. */
export interface AttentionOptions {
  /** Broadcast to `[…, l, s]`: booleans that are true where a query may look, or numbers to add. */
  readonly mask?: Tensor | null;
  /** True if query i may look at keys 0 to i only; default false. */
  readonly isCausal?: boolean;
  /** The probability of a weight to become 0; default 0. */
  readonly dropoutP?: number;
  /** Factor of `q kᵀ`; default 1 / √e. */
  readonly scale?: number;
}

/**
 * Computes `softmax(q kᵀ / √e + mask) v`: for each query a mean of the values, weighted by how well
 * their keys match.
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
 * import { assertEquals } from "@std/assert";
 *
 * const [query, key] = [zeros([2, 4]), zeros([2, 4])]; // all keys fit equally well
 * const value = tensor([[1], [3]]);
 * const y = functional.scaledDotProductAttention(query, key, value);
 * assertEquals(y.toArray(), [[2], [2]]);
 * const causal = functional.scaledDotProductAttention(query, key, value, { isCausal: true });
 * assertEquals(causal.toArray(), [[1], [2]]);
 * ```
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  checkArguments("scaledDotProductAttention", arguments, 4);
  const defaults = { mask: null, isCausal: false, dropoutP: 0, scale: undefined };
  const { mask, isCausal, dropoutP, scale } = readOptions(
    "scaledDotProductAttention",
    options,
    defaults,
  );
  checkTensors("attend", query, key, value);
  checkAttention(query, key, value);
  if (mask !== null && isCausal) {
    throw new ValueError(
      "Cannot attend with a mask and isCausal: put the causal part into the mask, or leave it out",
    );
  }
  const attend = (q: Tensor, k: Tensor, v: Tensor, masks: Tensor[]): Tensor =>
    dropout(attentionWeights(q, k, masks, scale), dropoutP).matmul(v);
  return scope(() => {
    if (!isCausal) return attend(query, key, value, mask === null ? [] : [mask]);
    const [queries, keys] = [query, key].map((x) => x.shape.at(-2)!);
    const size = Math.max(CAUSAL_BLOCK, Math.ceil(queries / CAUSAL_BLOCKS));
    const blocks = Array.from({ length: Math.max(1, Math.ceil(queries / size)) }, (_, i) => {
      const start = i * size;
      const count = Math.min(size, queries - start);
      const seen = Math.min(start + count, keys);
      const [k, v] = [key, value].map((x) => seen === keys ? x : x.narrow(-2, 0, seen));
      const q = count === queries ? query : query.narrow(-2, start, count);
      return attend(q, k, v, [causalMask(count, seen, start)]);
    });
    return blocks.length === 1 ? blocks[0] : cat(blocks, -2);
  });
}

/**
 * A causal query attends in a block with its neighbours, which looks at no key after the last of them: a
 * block has at least so many queries, and there are at most so many blocks.
 */
const CAUSAL_BLOCK = 64;
const CAUSAL_BLOCKS = 8;

/** Returns `[l, s]`, true where query `first` + i may look at key j ≤ `first` + i. */
export function causalMask(queries: number, keys: number, first = 0): Tensor {
  const places = arange(first, first + queries, { dtype: "int32" });
  return places.unsqueeze(1).ge(arange(keys, { dtype: "int32" }));
}

/** Computes `softmax(q kᵀ · scale + masks)`; masks are as in {@link AttentionOptions}. */
function attentionWeights(
  query: Tensor,
  key: Tensor,
  masks: readonly Tensor[],
  scale: number = 1 / Math.sqrt(query.shape.at(-1)!),
): Tensor {
  // The queries are smaller than the scores.
  let scores = query.mul(scale).matmul(key.transpose());
  for (const mask of masks) {
    checkMask(mask, scores);
    scores = mask.dtype === "bool" ? scores.where(mask, -Infinity) : scores.add(mask);
  }
  return scores.softmax(-1);
}

/** Rejects masks that would make more scores than there are, or that would be added as integers. */
function checkMask(mask: Tensor, { shape }: Tensor): void {
  if (mask.dtype !== "bool" && !isFloat(mask.dtype)) {
    throw new DTypeError(
      `Cannot attend with a mask of ${mask.dtype}: it would be added to the scores; compare, as in ` +
        'mask.eq(1), or convert it with .to("bool")',
    );
  }
  const { length } = mask.shape;
  const isFitting = length <= shape.length &&
    mask.shape.every((size, i) => size === 1 || size === shape[shape.length - length + i]);
  if (isFitting) return;
  throw new ShapeError(
    `Cannot attend with a mask of shape ${
      formatShape(mask.shape)
    }: the scores, one for each query ` +
      `and key, have shape ${formatShape(shape)}, to which it must broadcast`,
  );
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

/** Options of `MultiheadAttention`. */
export interface MultiheadAttentionOptions {
  /** The probability of a weight to become 0 in training; default 0. */
  readonly dropout?: number;
  /** True if the projections add learnt vectors; default true. */
  readonly bias?: boolean;
  /** True to add a learnt key and value to those of every sequence; default false. */
  readonly addBiasKv?: boolean;
  /** True to add a key and a value of zeros to those of every sequence; default false. */
  readonly addZeroAttn?: boolean;
  /** Size of the keys; default that of the queries. */
  readonly kdim?: number;
  /** Size of the values; default that of the queries. */
  readonly vdim?: number;
  /** True if inputs are `[n, l, e]` rather than `[l, n, e]`; default false. */
  readonly batchFirst?: boolean;
}

/** Options of a call of `MultiheadAttention`. */
export interface MultiheadAttentionCallOptions {
  /** `[n, s]`: true for keys that are ignored, or numbers to add to their scores. */
  readonly keyPaddingMask?: Tensor | null;
  /** `[l, s]` or `[n · heads, l, s]`: true where a query may **not** look, or numbers to add. */
  readonly attnMask?: Tensor | null;
  /** True to return the weights; default true. */
  readonly needWeights?: boolean;
  /** True if these are means over the heads; default true. */
  readonly averageAttnWeights?: boolean;
}

const CALL = {
  keyPaddingMask: null,
  attnMask: null,
  needWeights: true,
  averageAttnWeights: true,
} as const;

/**
 * The result, and the weights `[n, l, s]` or `[n, heads, l, s]` if they were asked for; keys that the
 * layer adds are the last of s.
 */
export type AttentionResult = [output: Tensor, weights: Tensor | null];

/**
 * Attends in several heads: `concat(head₁, …) Wₒᵀ + bₒ` with `headᵢ = attention(q Wqᵢᵀ, k Wkᵢᵀ, v
 * Wvᵢᵀ)`.
 *
 * Called with query `[l, n, e]`, key `[s, n, kdim]` and value `[s, n, vdim]` (or `[n, …, e]` with
 * `batchFirst`, or without n), it returns the result in the shape of the query, and the weights. In
 * boolean masks, true means that a query may not look there, unlike in
 * `scaledDotProductAttention`. The input projections start as `xavierUniform_`, biases as 0, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html).
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { MultiheadAttention } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new MultiheadAttention(8, 2, { batchFirst: true });
 * const x = randn([3, 5, 8]);
 * const [y, weights] = layer(x, x, x);
 * assertEquals(y.shape, [3, 5, 8]);
 * assertEquals(weights!.shape, [3, 5, 5]);
 * ```
 */
export class MultiheadAttention extends ConfiguredLayer {
  /** Size of the vectors. */
  declare readonly embedDim: number;
  /** Size of the keys. */
  declare readonly kdim: number;
  /** Size of the values. */
  declare readonly vdim: number;
  /** Number of heads. */
  declare readonly numHeads: number;
  /** The probability of a weight to become 0 in training. */
  declare readonly dropout: number;
  /** True if inputs are `[n, l, e]`. */
  declare readonly batchFirst: boolean;
  /** True if a learnt key and value are added. */
  declare readonly addBiasKv: boolean;
  /** True if a key and a value of zeros are added. */
  declare readonly addZeroAttn: boolean;
  /** Wq, Wk and Wv below each other, `[3 e, e]`, if keys and values have the size of queries. */
  in_proj_weight: Parameter | null;
  /** Wq, `[e, e]`, if keys or values have another size. */
  q_proj_weight: Parameter | null;
  /** Wk, `[e, kdim]`, if keys or values have another size. */
  k_proj_weight: Parameter | null;
  /** Wv, `[e, vdim]`, if keys or values have another size. */
  v_proj_weight: Parameter | null;
  /** Their biases: `[3 e]`, if there are any. */
  in_proj_bias: Parameter | null;
  /** A key for every sequence, `[1, 1, e]`, if there is one. */
  bias_k: Parameter | null;
  /** Its value. */
  bias_v: Parameter | null;
  /** Wₒ and bₒ. */
  out_proj: Linear;

  /**
   * Makes the layer.
   *
   * @param embedDim size of the vectors
   * @param numHeads number of heads; divides the size
   * @param options `dropout`, `bias`, `addBiasKv`, `addZeroAttn`, `kdim`, `vdim`, `batchFirst`
   * @throws {ValueError} if the size does not divide into the heads
   */
  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    checkArguments("make MultiheadAttention", arguments, 3);
    super({ embedDim, numHeads }, options, {
      dropout: 0,
      bias: true,
      addBiasKv: false,
      addZeroAttn: false,
      kdim: embedDim,
      vdim: embedDim,
      batchFirst: false,
    });
    const { bias = true } = options;
    const { kdim, vdim, dropout, addBiasKv } = this;
    const areWhole = Number.isInteger(numHeads) && Number.isInteger(embedDim / numHeads);
    if (!areWhole || !(embedDim > 0) || !(numHeads > 0)) {
      throw new ValueError(
        `Cannot make MultiheadAttention of size ${embedDim} with ${numHeads} heads: ` +
          `embedDim must be divisible by numHeads`,
      );
    }
    checkShape([kdim, vdim], "make MultiheadAttention");
    checkProbability(dropout);
    const weight = (rows: number, columns: number): Parameter =>
      xavierUniform_(new Parameter(zeros([rows, columns])));
    const joint = kdim === embedDim && vdim === embedDim;
    this.in_proj_weight = joint ? weight(3 * embedDim, embedDim) : null;
    this.q_proj_weight = joint ? null : weight(embedDim, embedDim);
    this.k_proj_weight = joint ? null : weight(embedDim, kdim);
    this.v_proj_weight = joint ? null : weight(embedDim, vdim);
    this.in_proj_bias = bias ? new Parameter(zeros([3 * embedDim])) : null;
    const vector = (): Parameter | null =>
      addBiasKv ? xavierNormal_(new Parameter(zeros([1, 1, embedDim]))) : null;
    this.bias_k = vector();
    this.bias_v = vector();
    this.out_proj = new Linear(embedDim, embedDim, { bias });
    if (this.out_proj.bias !== null) zeros_(this.out_proj.bias);
    guardFields(this);
  }

  /** Number of keys that are added to those of every sequence. */
  get addedKeys(): number {
    return Number(this.addBiasKv) + Number(this.addZeroAttn);
  }

  /** See {@link Module}. */
  override forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: MultiheadAttentionCallOptions = {},
  ): AttentionResult {
    const action = "apply MultiheadAttention";
    if (key === undefined || value === undefined) {
      throw new ValueError(
        `Cannot ${action} without a key and a value: pass all three, (x, x, x) for attention of x to ` +
          `itself`,
      );
    }
    checkTensors(action, query, key, value);
    const read = readOptions(action, options, CALL);
    this.check("query", query, query.ndim, this.embedDim);
    this.check("key", key, query.ndim, this.kdim);
    this.check("value", value, query.ndim, this.vdim);
    if (query.ndim === 3) return scope(() => this.attend(query, key, value, read));
    const batchAxis = this.batchFirst ? 0 : 1;
    return scope(() => {
      const [q, k, v] = [query, key, value].map((x) => x.unsqueeze(batchAxis));
      const keyPaddingMask = read.keyPaddingMask?.unsqueeze(0) ?? null;
      const [y, weights] = this.attend(q, k, v, { ...read, keyPaddingMask });
      return [y.squeeze(batchAxis), weights?.squeeze(0) ?? null];
    });
  }

  /** Computes the result for batches, with the options read. */
  private attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: Required<MultiheadAttentionCallOptions>,
  ): AttentionResult {
    const weights = this.projections();
    const biases = this.in_proj_bias?.split(this.embedDim) ?? [];
    const [q, ...own] = [query, key, value].map((x, i) =>
      this.heads(linear(x, weights[i], { bias: biases[i] }))
    );
    const [k, v] = own.map((x, i) => this.extended(x, i === 0 ? this.bias_k : this.bias_v));
    const masks = this.masks(options, q.shape[0]);
    const kept = dropout(attentionWeights(q, k, masks), this.dropout, { training: this.training });
    const y = this.out_proj(this.join(kept.matmul(v)));
    if (!options.needWeights) return [y, null];
    return [y, options.averageAttnWeights ? kept.mean(1) : kept];
  }

  /** Returns the weights of query, key and value. */
  private projections(): readonly Tensor[] {
    // Splitting the weight costs less than splitting its product.
    if (this.in_proj_weight !== null) return this.in_proj_weight.split(this.embedDim);
    return [this.q_proj_weight!, this.k_proj_weight!, this.v_proj_weight!];
  }

  /** `[n, heads, s, e / heads]`, with the keys or values that are added to every sequence at its end. */
  private extended(x: Tensor, learnt: Tensor | null): Tensor {
    const [n, heads, , size] = x.shape;
    const added: Tensor[] = [];
    if (learnt !== null) added.push(learnt.reshape(1, heads, 1, size).expand([n, heads, 1, size]));
    if (this.addZeroAttn) added.push(zeros([n, heads, 1, size], { dtype: x.dtype }));
    return added.length === 0 ? x : cat([x, ...added], 2);
  }

  /** `[l, n, e]` or `[n, l, e]` as `[n, heads, l, e / heads]`. */
  private heads(x: Tensor): Tensor {
    const { embedDim, numHeads } = this;
    const parts = x.reshape([...x.shape.slice(0, 2), numHeads, embedDim / numHeads]);
    return this.batchFirst ? parts.permute(0, 2, 1, 3) : parts.permute(1, 2, 0, 3);
  }

  /** Inverts `#heads`. */
  private join(x: Tensor): Tensor {
    const parts = this.batchFirst ? x.permute(0, 2, 1, 3) : x.permute(2, 0, 1, 3);
    return parts.reshape([...parts.shape.slice(0, 2), this.embedDim]);
  }

  /** Returns masks that broadcast to `[n, heads, l, s]`, true where a query may look. */
  private masks(options: Required<MultiheadAttentionCallOptions>, batch: number): Tensor[] {
    const { keyPaddingMask, attnMask } = options;
    const masks: Tensor[] = [];
    if (attnMask !== null) {
      const heads = [batch, this.numHeads, ...attnMask.shape.slice(1)];
      masks.push(attnMask.ndim === 3 ? attnMask.reshape(heads) : attnMask);
    }
    if (keyPaddingMask !== null) masks.push(keyPaddingMask.unsqueeze(1).unsqueeze(1));
    // Every query may look at the keys that are added.
    const added = this.addedKeys;
    return masks.map((mask) => {
      const whole = added === 0 ? mask : mask.pad([0, added]);
      return whole.dtype === "bool" ? whole.logicalNot() : whole;
    });
  }

  /** Rejects inputs of another number of axes, or of another size. */
  private check(name: string, x: Tensor, ndim: number, size: number): void {
    if (x.ndim === ndim && (ndim === 2 || ndim === 3) && x.shape.at(-1) === size) return;
    const layout = this.batchFirst ? "[n, l, e]" : "[l, n, e]";
    throw new ShapeError(
      `Cannot apply MultiheadAttention to a ${name} of shape ${formatShape(x.shape)}: it must be ` +
        `${layout} or [l, e], as the query, with e = ${size}`,
      x.shape,
    );
  }
}
