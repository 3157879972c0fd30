/**
 * Mistakes that people make with each op, and the errors that they get.
 *
 * Ops of a family share their mistakes; what is wrong with one op only stands in its row of `OWN`.
 *
 * @module
 */

import { cat, cdist, GradientError, linalg, type Tensor, tensor, zeros } from "../../mod.ts";
import * as F from "../../src/nn/functional.ts";
import { type ConvTransposeOptions, GRU, LSTM, Parameter, RNN } from "../../src/nn/mod.ts";
import type { Op } from "../../src/ops/op.ts";
import { ops } from "../../src/ops/table.ts";
import {
  byZero,
  freed,
  inPlace,
  noElements,
  notBool,
  notFloat,
  ofAxes,
  ofConstants,
  ofConvolution,
  ofGradients,
  ofIndices,
  ofLosses,
  ofMasks,
  ofMatrices,
  ofNormalization,
  ofOperands,
  ofPooling,
  ofRecurrent,
} from "./error_families.ts";
import {
  array,
  double,
  dtype,
  empty,
  type ErrorInput,
  image,
  int,
  ints,
  kernel,
  mistake,
  nothing,
  shape,
  square,
  text,
  value,
  x,
  z,
} from "./mistakes.ts";
import { ALONG, input, isArithmetic, type OpName } from "./uses.ts";

const transposed = (weight: Tensor, options: ConvTransposeOptions = {}) => () =>
  F.convTranspose2d(image, weight, options);

const trunc = { roundingMode: "trunc" } as const;

const ofDistances: readonly ErrorInput[] = [
  shape("Cannot cdist [2, 3] and [2, 4]: they must be", () => cdist(x, z(2, 4))),
  shape("Cannot cdist [3] and [2, 3]: they must be", () => cdist(z(3), x)),
  shape("Cannot cdist batches of [2] with [3]", () => cdist(z(2, 2, 3), z(3, 2, 3))),
  dtype("Cannot cdist with a value of type array", () => cdist(x, array)),
  dtype("Cannot cdist int32", () => cdist(int([[1]]), int([[1]]))),
  value("Cannot cdist with p NaN", () => cdist(x, x, { p: NaN })),
];

const ofCrossEntropy: readonly ErrorInput[] = [
  value("Cannot compute crossEntropy: target 1 is class 3, and the input has 3 classes", () => {
    F.crossEntropy(x, int([0, 3]));
  }),
  shape("Cannot compute crossEntropy of shape [2, 3] with a target [3]", () => {
    F.crossEntropy(x, int([0, 1, 2]));
  }),
  shape("Cannot compute crossEntropy of a scalar", () => F.crossEntropy(z(), int([0]))),
  dtype("Cannot compute crossEntropy of shape [2, 3] with an index of dtype bool", () => {
    F.crossEntropy(x, z(2).eq(0));
  }),
  value("Cannot compute crossEntropy of shape [2, 3] with number 0.5 at [0]: classes", () => {
    F.crossEntropy(x, z(2).add(0.5));
  }),
  dtype(
    "Cannot compute crossEntropy of int32: convert it",
    () => F.crossEntropy(ints, int([0, 1])),
  ),
  dtype("Cannot compute crossEntropy with a value of type array", () => F.crossEntropy(x, array)),
  shape("Cannot compute crossEntropy with weights [2]: there are 3 classes", () => {
    F.crossEntropy(x, int([0, 1]), { weight: z(2) });
  }),
];

/** Mistakes with one op. */
const OWN: Partial<Record<OpName, readonly ErrorInput[]>> = {
  add: inPlace("add", (x, y) => x.add_(y)),
  sub: [...inPlace("sub", (x, y) => x.sub_(y)), ...notBool("sub")],
  mul: inPlace("mul", (x, y) => x.mul_(y)),
  div: inPlace("div", (x, y) => x.div_(y)),
  neg: notBool("neg"),
  fmod: [...byZero("fmod", "fmod"), ...notBool("fmod")],
  remainder: [...byZero("remainder", "take the remainder of"), ...notBool("remainder")],
  floorDivide: [...byZero("floorDivide", "divide"), ...notBool("floorDivide")],
  truncDivide: [
    value("Cannot divide integers by 0: convert", () => ints.div(0, trunc)),
    dtype("Cannot truncDivide booleans: convert one", () => x.gt(0).div(x.gt(0), trunc)),
    shape("Cannot truncDivide [2, 3] with [4]: sizes 3 and 4", () => x.div(z(4), trunc)),
    dtype("Cannot truncDivide with a value of type string", () => x.div(text, trunc)),
  ],
  geluTanh: [
    value(
      'Cannot gelu with approximate "erf": use',
      () => F.gelu(x, { approximate: "erf" as "tanh" }),
    ),
  ],
  dropout: [
    value("Cannot drop out with probability 1.5: it must be", () => F.dropout(x, 1.5)),
    dtype("Cannot drop out elements of int32: convert it", () => F.dropout(ints)),
  ],
  hardtanh: [
    value("Cannot limit to 1 to -1: the lower bound", () => F.hardtanh(x, 1, -1)),
    value("Cannot limit to 2 to 1: the lower bound", () => F.hardtanh(x, 2, 1)),
  ],
  addcmul: [
    shape("Cannot addcmul [2, 3] with [4]: sizes 3 and 4", () => x.addcmul(z(4), x)),
    dtype("Cannot addcmul booleans: convert one", () => {
      x.gt(0).addcmul(x.gt(0), x.gt(0), { value: x.gt(0) });
    }),
  ],
  addcdiv: [shape("Cannot addcdiv [2, 3] with [4]: sizes 3 and 4", () => x.addcdiv(z(4), x))],
  where: [
    shape("Cannot where [2, 3] with [4]", () => x.where(x.gt(0), z(4))),
    dtype("Cannot where with a value of type string", () => x.where(x.gt(0), text)),
  ],
  amax: noElements("amax"),
  amin: noElements("amin"),
  argmax: noElements("argmax"),
  argmin: noElements("argmin"),
  mean: notFloat("mean", "take the mean of"),
  sum: [
    shape("Cannot sum over axes [0, -2] of shape [2, 3]: axis 0 is named twice", () => {
      x.sum([0, -2]);
    }),
    value(
      "Cannot call sum() with options of type string",
      () => x.sum("rows" as unknown as number),
    ),
  ],
  variance: [
    dtype("Cannot take the variance of int32: convert it", () => ints.var()),
    value("Cannot take the variance with correction -1", () => x.var({ correction: -1 })),
    shape("Cannot var over axis 2 of shape [2, 3]", () => x.var(2)),
  ],
  norm: [
    dtype("Cannot take the norm of int32: convert it", () => ints.norm()),
    shape("Cannot norm over axis 2 of shape [2, 3]", () => x.norm({ axis: 2 })),
    value("Cannot norm with 1: say whether it is an order or an axis, as { p: 1 } or", () => {
      x.norm(1 as never);
    }),
    value("Cannot take a norm of order fro: use a number", () => {
      x.norm({ p: "fro" as unknown as number });
    }),
  ],
  logsumexp: notFloat("logsumexp", "logsumexp"),
  softmax: notFloat("softmax", "softmax"),
  logSoftmax: notFloat("logSoftmax", "logSoftmax"),
  median: [
    shape("Cannot median over axis 2 of shape [2, 3]", () => x.median(2)),
    shape(
      "Cannot take the median of shape [0, 3] over axis 0: the axis is empty",
      () => empty.median(0),
    ),
    shape("Cannot take the median of no integers", () => int([]).median()),
  ],
  argsort: [
    shape("Cannot argsort over axis 2 of shape [2, 3]", () => x.argsort({ axis: 2 })),
    shape("Cannot take the top 4 along axis -1 of shape [2, 3]: there are 3", () => x.topk(4)),
  ],
  linear: [
    shape("Cannot apply linear with a weight [4, 2] to shape [2, 3]: the last axis", () => {
      F.linear(x, z(4, 2));
    }),
    shape(
      "Cannot apply linear with a weight [4, 3] to shape []: the last axis must have size 3",
      () => {
        F.linear(z(), z(4, 3));
      },
    ),
    shape("Cannot apply linear with a weight [3] to shape [2, 3]: the weight must", () => {
      F.linear(x, z(3));
    }),
    shape("Cannot linear with a weight [4, 3]: the bias is [3] and must be [4]", () => {
      F.linear(x, z(4, 3), { bias: z(3) });
    }),
    dtype("Cannot linear float32 with a float64 bias: convert", () => {
      F.linear(x, z(4, 3), { bias: zeros([4], { dtype: "float64" }) });
    }),
    dtype("Cannot linear float32 with float64: convert one", () => F.linear(x, double)),
    dtype("Cannot apply linear with a value of type undefined", () => F.linear(x, nothing)),
  ],
  matmul: [
    shape("Cannot matmul [2, 3] by [2, 3]: inner sizes 3 and 2 must match; transpose", () => {
      x.matmul(x);
    }),
    shape("Cannot matmul [2, 3] by []: a scalar has no rows; use mul()", () => x.matmul(z())),
    shape("Cannot matmul batches of [2] with [3]", () => z(2, 1, 3).matmul(z(3, 3, 1))),
    dtype("Cannot matmul float32 with float64: convert one", () => square.matmul(double.T)),
    dtype("Cannot matmul with a value of type array", () => x.matmul(array)),
    dtype("Cannot dot float32 with float64: convert one", () => z(3).dot(double.at(0))),
    shape("Cannot dot [3] by [2]: both must be vectors of one length", () => z(3).dot(z(2))),
    shape("Cannot bmm [2, 3] by [3, 3]: both must be batches", () => x.bmm(square)),
  ],
  tril: [
    shape("Cannot tril shape [3]: a matrix has two axes", () => z(3).tril()),
    value("Cannot tril at diagonal 0.5: use a whole number", () => x.tril(0.5)),
  ],
  triu: [
    shape("Cannot triu shape [3]: a matrix has two axes", () => z(3).triu()),
    value("Cannot triu at diagonal NaN: use a whole number", () => x.triu(NaN)),
  ],
  cholesky: [
    ...ofMatrices("cholesky", (x) => linalg.cholesky(x)),
    value("Cannot take the Cholesky factor of matrix 0: it is not positive", () => {
      linalg.cholesky(square);
    }),
  ],
  cofactors: ofMatrices("cofactors", (x) => linalg.det(x)),
  cofactorsGradient: ofMatrices("cofactorsGradient", (x) => linalg.det(x)),
  det: ofMatrices("det", (x) => linalg.det(x)),
  slogdet: ofMatrices("slogdet", (x) => linalg.slogdet(x)),
  qr: ofMatrices("qr", (x) => linalg.qr(x)),
  svd: [
    ...ofMatrices("svd", (x) => linalg.svd(x)),
    value("Cannot take the singular values of matrix 1: it holds NaN; look for what", () => {
      linalg.svd(tensor([[[1, 2], [3, 4]], [[1, NaN], [0, 1]]]));
    }),
    value("Cannot take the singular values of matrix 0: it holds -Infinity", () => {
      linalg.svd(tensor([[-Infinity]]));
    }),
  ],
  svdvals: [
    ...ofMatrices("svdvals", (x) => linalg.svdvals(x)),
    value("Cannot take the singular values of matrix 0: it holds -Infinity", () => {
      linalg.svdvals(tensor([[-Infinity]]));
    }),
    value(
      'Cannot take the matrix norm of order 3 of shape [2, 3]: there are "fro", "nuc", 2',
      () => {
        linalg.matrixNorm(x, { p: 3 });
      },
    ),
    value("Cannot take the matrix norm of shape [2, 3] along axes [0, -2]: rows and", () => {
      linalg.matrixNorm(x, { axis: [0, -2] });
    }),
    dtype("Cannot take the matrix norm of int32: convert it", () => {
      linalg.matrixNorm(ints, { p: 2 });
    }),
  ],
  solve: [
    ...ofMatrices("solve", (x) => linalg.solve(x, square)),
    shape(
      "Cannot solve [3, 3] · x = [2, 3]: the right side needs 3 rows",
      () => linalg.solve(square, x),
    ),
    dtype("Cannot solve float32 with float64: convert one", () => linalg.solve(square, double.T)),
    value("Cannot solve with matrix 0: it is singular", () => linalg.solve(square, square)),
    dtype("Cannot solve with a value of type array", () => linalg.solve(square, array)),
  ],
  scaleShift: ofNormalization,
  standardize: ofNormalization,
  inverseDeviation: ofNormalization,
  gru: ofRecurrent("gru", (size, hidden) => new GRU(size, hidden)),
  lstm: [
    ...ofRecurrent("lstm", (size, hidden) => new LSTM(size, hidden)),
    shape("Cannot lstm with a projection of shape [2, 3]: beside an output of shape [1, 1]", () => {
      const weight = { weight_hr_l0: new Parameter(z(2, 3)) };
      Object.assign(new LSTM(3, 2, { projSize: 1 }), weight)(z(2, 1, 3));
    }),
  ],
  rnnTanh: ofRecurrent("rnnTanh", (size, hidden) => new RNN(size, hidden)),
  rnnRelu: ofRecurrent(
    "rnnRelu",
    (size, hidden) => new RNN(size, hidden, { nonlinearity: "relu" }),
  ),
  crossEntropy: ofCrossEntropy,
  crossEntropyGradient: ofCrossEntropy,
  cross: [
    shape("Cannot cross [2, 3] with [4]", () => x.cross(z(4))),
    shape("Cannot cross [2, 3] with [2, 3] along axis 0: both need as many axes", () => {
      x.cross(x, 0);
    }),
    shape("Cannot cross [2, 3] with [3, 3]", () => x.cross(square)),
    dtype("Cannot cross booleans: convert one operand", () => x.gt(0).cross(x.gt(0))),
    dtype("Cannot cross with a value of type array", () => x.cross(array)),
  ],
  cdist: ofDistances,
  weightedDifferences: ofDistances,
  binaryCrossEntropy: [
    ...ofLosses((x, t, reduction) => F.binaryCrossEntropy(x, t, { reduction })),
    value(/^Cannot compute binaryCrossEntropy of values from 0 to 2: .*WithLogits/, () => {
      F.binaryCrossEntropy(tensor([0, 2]), tensor([0, 1]));
    }),
  ],
  binaryCrossEntropyWithLogits: ofLosses((x, t, reduction) =>
    F.binaryCrossEntropyWithLogits(x, t, { reduction })
  ),
  klDiv: ofLosses((x, t, reduction) => F.klDiv(x, t, { reduction })),
  klDivLogTarget: ofLosses((x, t, reduction) => F.klDiv(x, t, { reduction, logTarget: true })),
  gaussianNllLoss: [
    ...ofLosses((x, t, reduction) => F.gaussianNllLoss(x, t, x, { reduction })),
    value("Cannot compute gaussianNllLoss: a variance is negative", () => {
      F.gaussianNllLoss(x, x, x.sub(1));
    }),
  ],
  hingeEmbeddingLoss: ofLosses((x, t, reduction) => F.hingeEmbeddingLoss(x, t, { reduction })),
  huberLoss: [
    ...ofLosses((x, t, reduction) => F.huberLoss(x, t, { reduction })),
    value("Cannot compute huberLoss with delta 0: use", () => F.huberLoss(x, x, { delta: 0 })),
  ],
  poissonNllLossOfRate: ofLosses((x, t, reduction) =>
    F.poissonNllLoss(x, t, { reduction, logInput: false })
  ),
  poissonNllLoss: ofLosses((x, t, reduction) => F.poissonNllLoss(x, t, { reduction })),
  stirling: ofLosses((x, t, reduction) => F.poissonNllLoss(x, t, { reduction, full: true })),
  marginRankingLoss: ofLosses((x, t, reduction) => F.marginRankingLoss(x, x, t, { reduction })),
  assign: [
    shape("Cannot set a value of shape [4] into shape [3]: it must broadcast", () => {
      z(2, 3).set([0], z(4));
    }),
    shape("Cannot copy_ a value of shape [3] into shape [2]: it must broadcast", () => {
      z(2).copy_(z(3));
    }),
    shape("Cannot index shape [2, 3]: 2 is out of range for axis 0 of size 2", () => {
      z(2, 3).set([2], 5);
    }),
    dtype("Cannot call copy_() with a value of type array", () => z(2, 3).copy_(array)),
    dtype("Cannot assign in place: the result is float32, but", () => int([1]).set([0], z())),
    mistake(GradientError, "Cannot assign in place on a leaf that requires a gradient", () => {
      input(2).requiresGrad_().fill_(1);
    }),
  ],
  cast: [
    dtype('Cannot convert float32 to "float16": the dtypes are bool', () => {
      x.to("float16" as "float32");
    }),
  ],
  cat: [
    shape("Cannot cat [2, 3] and [3, 3] along axis 1: all other sizes", () => cat([x, square], 1)),
    shape("Cannot cat no tensors: give at least one", () => cat([])),
    shape("Cannot cat a scalar: it has no axes; use stack()", () => cat([z(), z()])),
    shape("Cannot cat over axis 2 of shape [2, 3]", () => cat([x, x], 2)),
    dtype("Cannot cat with a value of type array", () => cat([x, array])),
  ],
  pad: [
    value("Cannot pad shape [2, 3] by [1]: it takes two widths for each axis", () => x.pad([1])),
    value("Cannot pad shape [2, 3] by [0.5, 0]: widths must be whole", () => x.pad([0.5, 0])),
    value("Cannot pad shape [2, 3] by [-2, -2]: axis 1 has only 3 entries", () => x.pad([-2, -2])),
  ],
  expand: [
    shape("Cannot expand [2, 3] to [4, 3]: only axes of size 1 stretch", () => x.expand(4, 3)),
    shape("Cannot expand [2, 3] to [3]: only axes", () => x.expand(3)),
    shape("Cannot expand [2, 3] with shape [-1, 2, 3]: sizes must be", () => x.expand(-1, 2, 3)),
  ],
  permute: [
    shape("Cannot permute shape [2, 3] by [0]: every axis must be named once", () => x.permute(0)),
    shape("Cannot permute shape [2, 3] by [0, 0]: every axis", () => x.permute(0, 0)),
    shape("Cannot transpose over axis 2 of shape [2, 3]", () => x.transpose(0, 2)),
  ],
  reshape: [
    shape("Cannot reshape [2, 3] to [4]: 6 elements cannot make 4", () => x.reshape(4)),
    shape("Cannot reshape [2, 3] to [-1, -1]: only one size", () => x.reshape(-1, -1)),
    shape("Cannot reshape [2, 3] to [4, -1]: 6 elements cannot be divided by 4", () => {
      x.reshape(4, -1);
    }),
    shape("Cannot reshape [0, 3] to [0, -1]: -1 could be any size", () => empty.reshape(0, -1)),
    shape("Cannot reshape [2, 3] to [1.5, 4]: sizes must be whole", () => x.reshape(1.5, 4)),
    shape("Cannot view shape [3, 2] as [6]: the elements do not lie in that order", () => {
      x.T.view(6);
    }),
  ],
  slice: [
    shape("Cannot unbind a scalar: it has no axes", () => z().unbind()),
    shape("Cannot index shape [2, 3]: -3 is out of range for axis 0", () => x.at(-3)),
    shape("Cannot index shape [2, 3]: the index has 3 axes", () => x.at(0, 0, 0)),
    shape("Cannot index shape [2, 3]: the range [0, 2, 0] has step 0", () => x.at([0, 2, 0])),
    shape('Cannot index shape [2, 3]: "..." can stand only once', () => x.at("...", "...")),
  ],
  diagonal: [
    shape("Cannot take a diagonal of axes 1 and 1 of shape [2, 3]: it needs two different", () => {
      x.diagonal({ axis1: 1 });
    }),
    value("Cannot take the diagonal at offset 0.5: use", () => x.diagonal({ offset: 0.5 })),
  ],
  unfold: [
    shape("Cannot unfold over axis 2 of shape [2, 3]", () => x.unfold(2, { size: 1 })),
    value("Cannot unfold axis 1 of shape [2, 3] into windows of 4", () => x.unfold(1, { size: 4 })),
  ],
  gather: ofIndices((index) => x.gather(1, index)),
  scatter: [
    ...ofIndices((index) => x.scatter(index, 5, { axis: 1 })),
    shape("Cannot scatter a source of shape [5] to indices of shape [1, 2]", () => {
      x.scatter(int([[0, 1]]), z(5), { axis: 1 });
    }),
  ],
  scatterExtreme: ofIndices((index) =>
    x.scatterReduce(index, z(2, 2), { axis: 1, reduce: "amin" })
  ),
  scatterAdd: ofIndices((index) => x.scatterAdd(index, z(2, 2), { axis: 1 })),
  indexSelect: [
    shape("Cannot indexSelect index 3 from axis 1 of shape [2, 3]", () => {
      x.indexSelect(1, int([3]));
    }),
    shape("Cannot indexSelect shape [2, 3] with an index of shape [1, 1]", () => {
      x.indexSelect(1, int([[0]]));
    }),
    dtype("Cannot indexSelect with an index of dtype float32", () => x.indexSelect(1, z(2))),
    dtype("Cannot indexSelect with a value of type array", () => x.indexSelect(1, array)),
  ],
  indexAdd: [
    shape("Cannot indexAdd index 2 from axis 0 of shape [2, 3]", () => {
      x.indexAdd(int([0, 2]), x);
    }),
    shape("Cannot indexAdd [3, 3] to [2, 3] at 2 indices of axis 0: the source", () => {
      x.indexAdd(int([0, 1]), square);
    }),
    dtype("Cannot indexAdd with a value of type array", () => x.indexAdd(int([0]), array)),
  ],
  nonzero: [
    shape(/^Cannot take the item of shape \[0, 2\]: it has 0 elements/, () => x.nonzero().item()),
  ],
  embedding: [
    shape("Cannot embed index 2 from axis 0 of shape [2, 3]", () => F.embedding(int([2]), x)),
    value("Cannot embed with number 0.5 at [0]: classes and rows have", () => {
      F.embedding(z(2).add(0.5), x);
    }),
    shape("Cannot embed with a weight of shape [3]: it must be", () => F.embedding(int([0]), z(3))),
    value("Cannot embed with paddingIdx 2: there are 2 rows; use -2 to 1", () => {
      F.embedding(int([0]), x, { paddingIdx: 2 });
    }),
    dtype("Cannot embed with a value of type array", () => F.embedding(array, x)),
  ],
  conv2d: ofConvolution,
  conv2dWeightGradient: ofConvolution,
  conv2dInputGradient: [
    shape("Cannot convTranspose2d [1, 2, 4, 4] with a weight [3, 2, 2, 2]", transposed(kernel)),
    shape(
      /^Cannot convTranspose2d .*: the result would be .*; use less padding/,
      transposed(z(2, 1, 1, 1), { padding: 3 }),
    ),
    value(/^Cannot convTranspose2d with stride \[0, 0\]/, transposed(z(2, 1, 2, 2), { stride: 0 })),
  ],
  maxPool2d: ofPooling(F.maxPool2d),
  avgPool2d: ofPooling(F.avgPool2d),
  avgPool2dGradient: ofPooling(F.avgPool2d),
  maxPool2dGradient: ofPooling(F.maxPool2d),
};

/** The mistakes that tests make with the op of that name. */
export function errorInputsOf(name: OpName): readonly ErrorInput[] {
  const op: Op = ops[name];
  const isMask = op.backward === undefined && isArithmetic(name) && op.arity === 1;
  return [
    freed(name),
    ...op.backward === undefined ? ofConstants(name) : ofGradients(name),
    ...isArithmetic(name) ? ofOperands(name) : [],
    ...isMask ? ofMasks(name) : [],
    ...ALONG.has(name) ? ofAxes(name) : [],
    ...OWN[name] ?? [],
  ];
}
