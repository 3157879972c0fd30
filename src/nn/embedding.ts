/**
 * Vectors for words, and for whatever else comes as a number.
 *
 * @module
 */

import { requireTensors } from "../autograd/operands.ts";
import { noGrad } from "../autograd/grad_mode.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { checkShape, formatShape } from "../shape.ts";
import { zeros } from "../tensor/create.ts";
import { run } from "../tensor/run.ts";
import { pass } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { describeCall } from "./describe.ts";
import { normal_ } from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

/** Options of the function and of the layer. */
export interface EmbeddingOptions {
  /** An index whose row gets no gradient; negative ones count from the end; none if left out. */
  readonly paddingIdx?: number | null;
}

/**
 * Rows of `weight` by number: `y[…] = weight[index[…]]`. Gradients of repeated rows add up.
 *
 * @param index int32, any shape
 * @param weight `[rows, size]`
 * @param options `paddingIdx`
 * @returns `[…, size]`
 * @throws {DTypeError} if the index is not of integers
 * @throws {ShapeError} if an index is out of range
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const index = tensor([2, 0, 2], { dtype: "int32" });
 * const weight = tensor([[1, 2], [3, 4], [5, 6]], { requiresGrad: true });
 * const y = functional.embedding(index, weight);
 * assert.deepEqual(y.toArray(), [[5, 6], [1, 2], [5, 6]]);
 * y.sum().backward();
 * assert.deepEqual(weight.grad!.toArray(), [[1, 1], [0, 0], [2, 2]]);
 * ```
 */
export function embedding(
  index: Tensor,
  weight: Tensor,
  options: EmbeddingOptions = {},
): Tensor {
  requireTensors("embed", index, weight);
  if (weight.ndim !== 2) {
    throw new ShapeError(
      `Cannot embed with a weight of shape ${formatShape(weight.shape)}: it must be [rows, size]`,
      weight.shape,
    );
  }
  if (isFloat(index.dtype)) {
    throw new DTypeError(
      `Cannot embed numbers of ${index.dtype}: they are row numbers; convert them with .to("int32")`,
    );
  }
  const padding = paddingRow(options.paddingIdx, weight.shape[0]);
  return pass(() => {
    const rows = run(ops.embedding, [weight, index.reshape(-1)], padding);
    return rows.reshape([...index.shape, weight.shape[1]]);
  });
}

/**
 * A learnt vector for each of some numbers: int32 `[…] → […, embeddingDim]`; see
 * `functional.embedding`.
 *
 * Vectors start normally distributed, that of the padding as zeros, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html).
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { Embedding } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new Embedding(10, 3, { paddingIdx: 0 });
 * const y = layer(tensor([[1, 0]], { dtype: "int32" }));
 * assert.deepEqual(y.shape, [1, 2, 3]);
 * assert.deepEqual(y.at(0, 1).toArray(), [0, 0, 0]);
 * ```
 */
export class Embedding extends Module {
  /** How many numbers there are. */
  readonly numEmbeddings: number;
  /** Size of the vectors. */
  readonly embeddingDim: number;
  /** The number whose vector is not learnt, if any. */
  readonly paddingIdx: number | null;
  /** `[numEmbeddings, embeddingDim]` */
  weight: Parameter;

  /**
   * Makes the layer.
   *
   * @param numEmbeddings how many numbers there are
   * @param embeddingDim size of the vectors
   * @param options `paddingIdx`
   * @throws {ValueError} if there is no such padding index
   */
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingOptions = {}) {
    super();
    checkShape([numEmbeddings, embeddingDim], "make an Embedding");
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = paddingRow(options.paddingIdx, numEmbeddings);
    this.weight = new Parameter(zeros([numEmbeddings, embeddingDim]));
    normal_(this.weight);
    const { paddingIdx, weight } = this;
    if (paddingIdx !== null) noGrad(() => weight.set([paddingIdx], 0));
  }

  /** See {@link Module}. */
  override forward(index: Tensor): Tensor {
    return embedding(index, this.weight, this);
  }

  /** See {@link Module}. */
  override describe(): string {
    const { numEmbeddings, embeddingDim, paddingIdx } = this;
    return describeCall([numEmbeddings, embeddingDim], [["paddingIdx", `${paddingIdx}`, "null"]]);
  }
}

/** The row that `paddingIdx` means. */
function paddingRow(paddingIdx: number | null | undefined, rows: number): number | null {
  if (paddingIdx === undefined || paddingIdx === null) return null;
  if (Number.isInteger(paddingIdx) && paddingIdx >= -rows && paddingIdx < rows) {
    return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
  }
  throw new ValueError(
    `Cannot embed with paddingIdx ${paddingIdx}: there are ${rows} rows; use ${-rows} to ${
      rows - 1
    }`,
  );
}
