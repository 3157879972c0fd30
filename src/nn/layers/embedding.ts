/**
 * Embeddings: learnt vectors for words, and for anything else that has a number.
 *
 * @module
 */

import { noGrad } from "../../autograd/grad_mode.ts";
import {
  checkArguments,
  checkFloat,
  checkShape,
  checkTensors,
  guardMembers,
  readOptions,
} from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { quoted } from "../../names.ts";
import { ops } from "../../ops/table.ts";
import { formatShape } from "../../shape.ts";
import { where } from "../../tensor/comparison.ts";
import { wholeNumbers } from "../../tensor/indexing.ts";
import { ones, zeros } from "../../tensor/create.ts";
import { run } from "../../tensor/run.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { guardFields } from "../fields.ts";
import { normal_ } from "../init.ts";
import { Parameter } from "../parameter.ts";
import { ConfiguredLayer } from "./configured_layer.ts";

/** Options of `embedding` and `Embedding`. */
export interface EmbeddingOptions {
  /** An index whose row gets no gradient; negative ones count from the end; none if left out. */
  readonly paddingIdx?: number | null;
  /** Length to which longer rows are first scaled down, in the table; no limit if left out. */
  readonly maxNorm?: number | null;
  /** The p of the length that `maxNorm` limits; default 2. */
  readonly p?: number;
  /** True to average the gradients of a row that is looked up several times; default false. */
  readonly scaleGradByFreq?: boolean;
}

/** Options of `Embedding.fromPretrained`. */
export interface PretrainedEmbeddingOptions extends EmbeddingOptions {
  /** True if the table does not learn; default true. */
  readonly freeze?: boolean;
}

const EMBEDDING = { paddingIdx: null, maxNorm: null, p: 2, scaleGradByFreq: false } as const;

/**
 * Looks up rows of `weight` by number: `y[…] = weight[index[…]]`. Gradients of repeated rows add
 * up, or are averaged with `scaleGradByFreq`.
 *
 * With `maxNorm`, rows that are looked up and longer are first multiplied by `maxNorm / (length +
 * 1e-7)`, in place and without being recorded. Source:
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
 *
 * @param index whole numbers, any shape
 * @param weight `[rows, size]`
 * @param options `paddingIdx`, `maxNorm`, `p`, `scaleGradByFreq`
 * @returns `[…, size]`
 * @throws {ValueError} if a number is not whole
 * @throws {DTypeError} if the index holds booleans
 * @throws {ShapeError} if an index is out of range
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const index = tensor([2, 0, 2], { dtype: "int32" });
 * const weight = tensor([[1, 2], [3, 4], [5, 6]], { requiresGrad: true });
 * const y = functional.embedding(index, weight);
 * assertEquals(y.toArray(), [[5, 6], [1, 2], [5, 6]]);
 * y.sum().backward();
 * assertEquals(weight.grad!.toArray(), [[1, 1], [0, 0], [2, 2]]);
 * ```
 */
export function embedding(
  index: Tensor,
  weight: Tensor,
  options: EmbeddingOptions = {},
): Tensor {
  checkArguments("embedding", arguments, 3);
  const read = readOptions("embedding", options, EMBEDDING);
  const { paddingIdx, maxNorm, p, scaleGradByFreq: byFrequency } = read;
  checkTensors("embed", index, weight);
  checkTable("embed with", weight);
  const padding = paddingRow(paddingIdx, weight.shape[0]);
  return scope(() => {
    const flat = wholeNumbers("embed", index).reshape(-1);
    if (maxNorm !== null && flat.numel() > 0) {
      noGrad(() => shorten(weight, flat, maxNorm, p));
    }
    const rows = run(ops.embedding, [weight, flat], { padding, byFrequency });
    return rows.reshape([...index.shape, weight.shape[1]]);
  });
}

function checkTable(action: string, weight: Tensor): void {
  if (weight.ndim === 2) return;
  throw new ShapeError(
    `Cannot ${action} a weight of shape ${formatShape(weight.shape)}: it must be [rows, size]`,
    weight.shape,
  );
}

/** Returns the row that `paddingIdx` means. */
function paddingRow(paddingIdx: number | null, rows: number): number | null {
  if (paddingIdx === null) return null;
  if (Number.isInteger(paddingIdx) && paddingIdx >= -rows && paddingIdx < rows) {
    return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
  }
  throw new ValueError(
    `Cannot embed with paddingIdx ${quoted(paddingIdx)}: there are ${rows} rows; use ${-rows} to ${
      rows - 1
    }`,
  );
}

/** Scales the rows of `weight` that `index` names down to length `maxNorm`. */
function shorten(weight: Tensor, index: Tensor, maxNorm: number, p: number): void {
  const rows = run(ops.embedding, [weight, index], { padding: null, byFrequency: false });
  const lengths = rows.norm({ p, axis: 1 });
  const isLonger = lengths.gt(maxNorm);
  // A write that changes nothing would still count as one.
  if (isLonger.any().item() === 0) return;
  const factors = where(isLonger, lengths.add(1e-7).pow(-1).mul(maxNorm), 1);
  const everyRow = ones([weight.shape[0]], { dtype: weight.dtype });
  weight.mul_(everyRow.scatter(index, factors, { axis: 0 }).unsqueeze(1));
}

/**
 * Looks up learnt vectors by number: int32 `[…] → […, embeddingDim]`; see `functional.embedding`.
 *
 * Vectors start normally distributed, that of the padding as zeros, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html).
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Embedding } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new Embedding(10, 3, { paddingIdx: 0 });
 * const y = layer(tensor([[1, 0]], { dtype: "int32" }));
 * assertEquals(y.shape, [1, 2, 3]);
 * assertEquals(y.at(0, 1).toArray(), [0, 0, 0]);
 * ```
 */
export class Embedding extends ConfiguredLayer {
  /** Number of vectors. */
  declare readonly numEmbeddings: number;
  /** Size of the vectors. */
  declare readonly embeddingDim: number;
  /** The index whose vector is not learnt, if any. */
  readonly paddingIdx: number | null;
  /** The length that rows are limited to, if any. */
  declare readonly maxNorm: number | null;
  /** The p of that length. */
  declare readonly p: number;
  /** True if gradients of a row are averaged. */
  declare readonly scaleGradByFreq: boolean;
  /** `[numEmbeddings, embeddingDim]` */
  weight: Parameter;

  /**
   * Makes the layer.
   *
   * @param numEmbeddings number of vectors
   * @param embeddingDim size of the vectors
   * @param options `paddingIdx`, `maxNorm`, `p`, `scaleGradByFreq`
   * @throws {ValueError} if there is no such padding index
   */
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    checkArguments("make Embedding", arguments, 3);
    super({ numEmbeddings, embeddingDim }, options, EMBEDDING);
    checkShape([numEmbeddings, embeddingDim], "make Embedding");
    const padding = paddingRow(options.paddingIdx ?? null, numEmbeddings);
    this.paddingIdx = padding;
    this.weight = new Parameter(zeros([numEmbeddings, embeddingDim]));
    normal_(this.weight);
    if (padding !== null) noGrad(() => this.weight.set([padding], 0));
    guardFields(this);
  }

  /**
   * Makes a layer around a table that is there already.
   *
   * @param weight `[numEmbeddings, embeddingDim]`; shared, not copied
   * @param options `freeze`, and those of the layer
   * @throws {ShapeError} if it is not a matrix
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { Embedding } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const layer = Embedding.fromPretrained(tensor([[1, 2], [3, 4]]));
   * assertEquals(layer(tensor([1], { dtype: "int32" })).toArray(), [[3, 4]]);
   * assertEquals(layer.weight.requiresGrad, false);
   * ```
   */
  static fromPretrained(weight: Tensor, options: PretrainedEmbeddingOptions = {}): Embedding {
    checkTensors("make Embedding of a weight", weight);
    checkFloat("make Embedding of", weight);
    checkTable("make Embedding of", weight);
    const defaults = { ...EMBEDDING, freeze: true };
    const { freeze, ...own } = readOptions("make Embedding", options, defaults);
    const layer = new Embedding(weight.shape[0], weight.shape[1], own);
    layer.weight = new Parameter(weight, !freeze);
    return layer;
  }

  /** See {@link Module}. */
  override forward(index: Tensor): Tensor {
    return embedding(index, this.weight, this);
  }
}

guardMembers(Embedding);
