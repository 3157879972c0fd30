/**
 * Uses of each op: through methods of tensors, functions and layers.
 *
 * @module
 */

import { cat, cdist, linalg, type Tensor, tensor } from "../../mod.ts";
import * as F from "../../src/nn/functional.ts";
import { callByName } from "../../tools/oracle/replay.ts";
import { GRU, LSTM, RNN } from "../../src/nn/mod.ts";
import type { Op } from "../../src/ops/op.ts";
import { ops } from "../../src/ops/table.ts";
import { sizeOf } from "../../src/shape.ts";
import { spread } from "./sample_inputs.ts";

/** The name of an op. */
export type OpName = keyof typeof ops;

/** The shape of an input, and a call on it. */
type Use = readonly [shape: readonly number[], call: (x: Tensor) => Tensor];

/** A tensor of `shape` with irregular elements between 0.1 and 0.9. */
export function input(...shape: number[]): Tensor {
  return tensor(spread(sizeOf(shape), 0.1, 0.9, 1)).reshape(shape).clone();
}

function int32(values: number[] | number[][]): Tensor {
  return tensor(values, { dtype: "int32" });
}

const other = input(2, 3);
const kernel = input(2, 2, 2, 2);
const columns = int32([[0, 1], [2, 0]]);
const signs = tensor([[1, -1, 1], [-1, 1, 1]]);
const weights = { weight: tensor([1, 2, 3]), bias: tensor([3, 2, 1]) };

/** Uses that are not those of {@link methodOf}. */
const OTHERS: Partial<Record<OpName, Use>> = {
  geluTanh: [[2, 3], (x) => F.gelu(x, { approximate: "tanh" })],
  hardshrink: [[2, 3], (x) => F.hardshrink(x)],
  softshrink: [[2, 3], (x) => F.softshrink(x)],
  threshold: [[2, 3], (x) => F.threshold(x, 0.5, 0)],
  tanhshrink: [[2, 3], (x) => F.tanhshrink(x)],
  truncDivide: [[2, 3], (x) => x.div(other, { roundingMode: "trunc" })],
  addcmul: [[2, 3], (x) => x.addcmul(other, other)],
  addcdiv: [[2, 3], (x) => x.addcdiv(other, other)],
  where: [[2, 3], (x) => x.where(other.gt(0.5), 0)],
  dropout: [[2, 3], (x) => F.dropout(x, 0.5)],
  scaleShift: [[2, 3], (x) => F.layerNorm(x, 3, weights)],
  standardize: [[2, 3], (x) => F.layerNorm(x, 3)],
  inverseDeviation: [[2, 3], (x) => F.layerNorm(x, 3)],
  variance: [[2, 3], (x) => x.var(1)],
  norm: [[2, 3], (x) => x.norm({ axis: 1 })],
  argsort: [[2, 3], (x) => x.argsort()],
  median: [[2, 3], (x) => x.median()],
  linear: [[4, 3], (x) => F.linear(x, other)],
  matmul: [[4, 2], (x) => x.matmul(other)],
  dot: [[3], (x) => x.dot(input(3))],
  tril: [[2, 3], (x) => x.tril()],
  triu: [[2, 3], (x) => x.triu()],
  cholesky: [[1, 1], (x) => linalg.cholesky(x)],
  cofactors: [[3, 3], (x) => linalg.det(x)],
  cofactorsGradient: [[3, 3], (x) => linalg.det(x)],
  det: [[3, 3], (x) => linalg.det(x)],
  slogdet: [[3, 3], (x) => linalg.slogdet(x).logabsdet],
  qr: [[3, 3], (x) => linalg.qr(x).r],
  svd: [[3, 2], (x) => linalg.svd(x).s],
  svdvals: [[3, 2], (x) => linalg.svdvals(x)],
  cross: [[2, 3], (x) => x.cross(other)],
  cdist: [[2, 3], (x) => cdist(x, input(4, 3))],
  weightedDifferences: [[2, 3], (x) => cdist(x, input(4, 3))],
  solve: [[2, 2], (x) => linalg.solve(x, other)],
  gru: [[2, 1, 3], (x) => new GRU(3, 2)(x)[0]],
  lstm: [[2, 1, 3], (x) => new LSTM(3, 2)(x)[0]],
  rnnTanh: [[2, 1, 3], (x) => new RNN(3, 2)(x)[0]],
  rnnRelu: [[2, 1, 3], (x) => new RNN(3, 2, { nonlinearity: "relu" })(x)[0]],
  crossEntropy: [[2, 3], (x) => F.crossEntropy(x, int32([2, 0]))],
  crossEntropyGradient: [[2, 3], (x) => F.crossEntropy(x, int32([2, 0]))],
  binaryCrossEntropy: [[2, 3], (x) => F.binaryCrossEntropy(x, other)],
  binaryCrossEntropyWithLogits: [[2, 3], (x) => F.binaryCrossEntropyWithLogits(x, other)],
  klDiv: [[2, 3], (x) => F.klDiv(x, other)],
  klDivLogTarget: [[2, 3], (x) => F.klDiv(x, other, { logTarget: true })],
  gaussianNllLoss: [[2, 3], (x) => F.gaussianNllLoss(x, other, other)],
  hingeEmbeddingLoss: [[2, 3], (x) => F.hingeEmbeddingLoss(x, signs)],
  huberLoss: [[2, 3], (x) => F.huberLoss(x, other)],
  poissonNllLossOfRate: [[2, 3], (x) => F.poissonNllLoss(x, other, { logInput: false })],
  poissonNllLoss: [[2, 3], (x) => F.poissonNllLoss(x, other)],
  stirling: [[2, 3], (x) => F.poissonNllLoss(x, other, { full: true })],
  marginRankingLoss: [[2, 3], (x) => F.marginRankingLoss(x, other, signs)],
  assign: [[2, 3], (x) => x.mul(1).set([0], 5)],
  cast: [[2, 3], (x) => x.to("float64")],
  cat: [[2, 3], (x) => cat([x, other])],
  clone: [[2, 3], (x) => x.clone()],
  pad: [[2, 3], (x) => x.pad([1, 2])],
  expand: [[2, 1], (x) => x.expand(3, 2, 4)],
  permute: [[2, 3], (x) => x.transpose()],
  reshape: [[2, 3], (x) => x.reshape(3, 2)],
  unfold: [[2, 3], (x) => x.unfold(1, { size: 2 })],
  slice: [[2, 3], (x) => x.at([0, 1])],
  gather: [[2, 3], (x) => x.gather(1, columns)],
  scatter: [[2, 3], (x) => x.scatter(columns, 5, { axis: 1 })],
  scatterExtreme: [
    [2, 3],
    (x) => x.scatterReduce(columns, input(2, 2), { axis: 1, reduce: "amax" }),
  ],
  scatterAdd: [[2, 3], (x) => x.scatterAdd(columns, other, { axis: 1 })],
  indexSelect: [[2, 3], (x) => x.indexSelect(1, int32([0, 2]))],
  indexAdd: [[2, 3], (x) => x.indexAdd(int32([1, 1]), other)],
  nonzero: [[2, 3], (x) => x.nonzero()],
  embedding: [[2, 3], (x) => F.embedding(columns.minimum(1), x)],
  conv2d: [[1, 2, 4, 4], (x) => F.conv2d(x, kernel)],
  conv2dInputGradient: [[1, 2, 4, 4], (x) => F.convTranspose2d(x, kernel)],
  conv2dWeightGradient: [[2, 2, 2, 2], (x) => F.conv2d(kernel, x)],
  maxPool2d: [[1, 2, 4, 4], (x) => F.maxPool2d(x, 2)],
  avgPool2d: [[1, 2, 4, 4], (x) => F.avgPool2d(x, 2)],
  maxPool2dGradient: [[1, 2, 4, 4], (x) => F.maxPool2d(x, 2)],
  avgPool2dGradient: [[1, 2, 4, 4], (x) => F.avgPool2d(x, 2)],
};

/** Methods along an axis. */
export const ALONG: ReadonlySet<OpName> = new Set<OpName>([
  ...["all", "amax", "amin", "any", "argmax", "argmin", "mean", "nansum", "prod", "sum"] as const,
  ...["logsumexp", "cumprod", "cumsum", "logSoftmax", "softmax"] as const,
]);

/** Methods whose other operands are numbers that may be left out. */
const DEFAULTED: ReadonlySet<OpName> = new Set<OpName>(["celu", "elu", "hardtanh", "leakyRelu"]);

/** True if the op is a method with one tensor as argument for each further input of the op. */
export function isArithmetic(name: OpName): boolean {
  const op: Op = ops[name];
  return op.into !== undefined && OTHERS[name] === undefined && !DEFAULTED.has(name);
}

/** Calls the method or the function of the name of the op. */
export function methodOf(name: OpName): (x: Tensor, ...rest: unknown[]) => Tensor {
  return (x, ...rest) => callByName(x, name, rest) as Tensor;
}

/** The use of the op of that name. */
export function useOf(name: OpName): Use {
  const op: Op = ops[name];
  const rest = ALONG.has(name)
    ? [1]
    : isArithmetic(name)
    ? new Array<Tensor>(op.arity - 1).fill(other)
    : [];
  return OTHERS[name] ?? [[2, 3], (x) => methodOf(name)(x, ...rest)];
}
