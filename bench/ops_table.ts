/**
 * The calls that `bench/ops.ts` measures, each with the same call in PyTorch, and the operands on which
 * they run.
 *
 * Every op, method, function and layer is here by its name, or in {@link WITHOUT} with a reason:
 * `tests/tools/bench_ops_test.ts` walks them, so that a new one cannot be forgotten. Names count without
 * case and without "loss", so `F.mseLoss` stands for `nn.MSELoss`.
 *
 * @module
 */

import * as gradus from "../mod.ts";
import { linalg, rand, randint, Tensor } from "../mod.ts";
import type { DType, FloatDType } from "../src/dtype.ts";
import * as nn from "../src/nn/mod.ts";
import type { Op } from "../src/ops/op.ts";
import { ops } from "../src/ops/table.ts";
import { inverseOrder } from "../src/storage/views.ts";
import { callByName } from "../tools/oracle/replay.ts";

const { functional: F } = nn;

/** The operands of a case, under the names that they also have in PyTorch's expressions. */
export interface Operands {
  /** Floats, with a gradient. */
  readonly x: Tensor;
  /** More of them, of the shape of `x` unless the variant says otherwise. */
  readonly y: Tensor;
  /** Integers from 0 to n − 1, in the shape of `x`. */
  readonly i: Tensor;
  /** Integers from 0 to n − 1, one for each row of `x` but its last axis. */
  readonly rows: Tensor;
  /** Booleans in the shape of `x`. */
  readonly b: Tensor;
  /** Size of the last axis of `x`. */
  readonly n: number;
  /** Size of axis 1 of `x`. */
  readonly c: number;
}

/** The shape and the memory of the operands. */
export interface Variant {
  readonly x: readonly number[];
  readonly y?: readonly number[];
  /** The axes in the order in which they lie in memory, if that is another one. */
  readonly order?: readonly number[];
  readonly dtype?: DType;
}

type Variants = Readonly<Record<string, Variant>>;

/** The columns of the table. */
export const COLUMNS = ["small", "large", "strided", "thin", "long", "float64"] as const;

const ANY: Variants = {
  small: { x: [100, 100] },
  large: { x: [1000, 1000] },
  strided: { x: [1000, 1000], order: [1, 0] },
  thin: { x: [300_000, 3] },
  long: { x: [1, 1_000_000] },
  float64: { x: [1000, 1000], dtype: "float64" },
};
const SQUARE: Variants = {
  small: { x: [100, 100] },
  large: { x: [300, 300] },
  strided: { x: [300, 300], order: [1, 0] },
  thin: { x: [10_000, 3, 3] },
  float64: { x: [300, 300], dtype: "float64" },
};
const PRODUCT: Variants = {
  small: { x: [100, 100] },
  large: { x: [512, 512] },
  strided: { x: [512, 512], order: [1, 0] },
  thin: { x: [400, 400], y: [400, 5] },
  long: { x: [1, 1000], y: [1000, 1000] },
  float64: { x: [256, 256], dtype: "float64" },
};
const IMAGE: Variants = {
  small: { x: [4, 4, 25, 25] },
  large: { x: [16, 16, 64, 64] },
  strided: { x: [16, 16, 64, 64], order: [0, 2, 3, 1] },
  thin: { x: [16, 32, 512, 3] },
  long: { x: [1, 1, 4, 250_000] },
  float64: { x: [8, 16, 64, 64], dtype: "float64" },
};
const WIDE_IMAGE: Variants = {
  small: { x: [4, 4, 26, 26] },
  large: IMAGE.large,
  strided: IMAGE.strided,
  float64: IMAGE.float64,
};
const SIGNAL: Variants = {
  small: { x: [4, 4, 625] },
  large: { x: [16, 64, 1024] },
  strided: { x: [16, 64, 1024], order: [0, 2, 1] },
  thin: { x: [64, 1024, 3] },
  long: { x: [1, 1, 1_000_000] },
  float64: { x: [16, 32, 1024], dtype: "float64" },
};
const VECTOR: Variants = {
  small: { x: [10_000] },
  large: { x: [1_000_000] },
  float64: { x: [1_000_000], dtype: "float64" },
};
const SEQUENCE: Variants = {
  small: { x: [16, 10, 64] },
  large: { x: [64, 128, 128] },
  strided: { x: [64, 128, 128], order: [1, 0, 2] },
  float64: { x: [16, 64, 128], dtype: "float64" },
};
const HEADS: Variants = {
  small: { x: [2, 4, 32, 40] },
  large: { x: [8, 8, 256, 64] },
  strided: { x: [8, 8, 256, 64], order: [0, 2, 1, 3] },
  float64: { x: [4, 4, 256, 64], dtype: "float64" },
};

/** One call. */
export interface Case {
  readonly variants: Variants;
  /** The result, or a layer that is to be called with `x`. */
  readonly call: (o: Operands) => unknown;
  /** The same in Python, where the operands and the sizes are variables of these names. */
  readonly torch: string;
  /** The interval of the floats. */
  readonly range: readonly [low: number, high: number];
}

type Row = readonly [
  call: (o: Operands) => unknown,
  torch: string,
  range?: readonly [number, number],
];

/** The interval in which every function has a value, and that of those which all numbers have. */
const [UNIT, REALS] = [[0.1, 0.9], [-3, 3]] as const;

/** Functions of all numbers, some of which compute them in other ways near 0 and below it. */
const OF_REALS = new Set(
  ("abs asinh atan celu cos cosh elu erf erfc exp expm1 gelu gelutanh hardshrink hardsigmoid hardswish " +
    "hardtanh leakyrelu logsigmoid mish prelu relu relu6 selu sigmoid silu sin sinh softplus softshrink " +
    "softsign tanh tanhshrink").split(" "),
);

/** Calls of methods by name, with as many tensors as the op has further inputs. */
function byName(names: readonly string[]): Record<string, Row> {
  return Object.fromEntries(names.map((name): [string, Row] => {
    const { arity = 1 } = (ops as unknown as Record<string, Op | undefined>)[name] ?? {};
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const call = ({ x, y }: Operands) => callByName(x, name, arity === 1 ? [] : [y]);
    return [name, [call, `find("${snake}")(${arity === 1 ? "x" : "x, y"})`]];
  }));
}

/** Methods without options that are no elementwise ops; those are measured without being named. */
const NAMED = "all any prod clone exp2 nonzero countNonzero nansum tril triu argsort median".split(
  " ",
);

const ELEMENTWISE: Record<string, Row> = {
  ...byName(NAMED),
  celu: [({ x }) => F.celu(x), "F.celu(x)"],
  elu: [({ x }) => F.elu(x), "F.elu(x)"],
  hardtanh: [({ x }) => F.hardtanh(x), "F.hardtanh(x)"],
  leakyRelu: [({ x }) => F.leakyRelu(x), "F.leaky_relu(x)"],
  equal: [({ x }) => x.equal(x.clone()), "x.equal(x.clone())"],
  isclose: [({ x, y }) => x.isclose(y), "x.isclose(y)"],
  allclose: [({ x, y }) => x.allclose(y), "x.allclose(y)"],
  acosh: [({ x }) => x.acosh(), "x.acosh()", [1.1, 9]],
  addcdiv: [({ x, y }) => x.addcdiv(y, y), "x.addcdiv(y, y)"],
  addcmul: [({ x, y }) => x.addcmul(y, y), "x.addcmul(y, y)"],
  clamp: [({ x }) => x.clamp(0.3, 0.6), "x.clamp(0.3, 0.6)"],
  clip: [({ x }) => x.clip(0.3, 0.6), "x.clip(0.3, 0.6)"],
  lerp: [({ x, y }) => x.lerp(y, 0.3), "x.lerp(y, 0.3)"],
  geluTanh: [({ x }) => F.gelu(x, { approximate: "tanh" }), 'F.gelu(x, approximate="tanh")'],
  logSigmoid: [({ x }) => F.logSigmoid(x), "F.logsigmoid(x)"],
  truncDivide: [
    ({ x, y }) => x.div(y, { roundingMode: "trunc" }),
    'x.div(y, rounding_mode="trunc")',
  ],
  where: [({ x, y, b }) => x.where(b, y), "x.where(b, y)"],
  logicalAnd: [({ b }) => b.logicalAnd(b), "b.logical_and(b)"],
  logicalNot: [({ b }) => b.logicalNot(), "b.logical_not()"],
  logicalOr: [({ b }) => b.logicalOr(b), "b.logical_or(b)"],
  logicalXor: [({ b }) => b.logicalXor(b), "b.logical_xor(b)"],
  nanToNum: [({ x }) => x.nanToNum(), "x.nan_to_num()"],
  hardshrink: [({ x }) => F.hardshrink(x), "F.hardshrink(x)"],
  softshrink: [({ x }) => F.softshrink(x), "F.softshrink(x)"],
  threshold: [({ x }) => F.threshold(x, 0.5, 0), "F.threshold(x, 0.5, 0)"],
  dropout: [({ x }) => F.dropout(x, 0.3), "F.dropout(x, 0.3)"],
  alphaDropout: [({ x }) => F.alphaDropout(x, 0.3), "F.alpha_dropout(x, 0.3, True)"],
  prelu: [() => new nn.PReLU(), "nn.PReLU()"],
  cast: [({ x }) => x.to("int32"), "x.to(torch.int32)"],
  double: [({ x }) => x.double(), "x.double()"],
  float: [({ i }) => i.float(), "i.float()"],
  int: [({ x }) => x.int(), "x.int()"],
  bool: [({ x }) => x.bool(), "x.bool()"],
  maskedFill: [({ x, b }) => x.maskedFill(b, 2), "x.masked_fill(b, 2)"],
  maskedSelect: [({ x, b }) => x.maskedSelect(b), "x.masked_select(b)"],
  isin: [({ i }) => i.isin(gradus.arange(10)), "torch.isin(i, torch.arange(10))"],
  bernoulli: [({ x }) => gradus.bernoulli(x.detach()), "torch.bernoulli(x.detach())"],
  randLike: [({ x }) => gradus.randLike(x), "torch.rand_like(x)"],
  randnLike: [({ x }) => gradus.randnLike(x), "torch.randn_like(x)"],
  zerosLike: [({ x }) => gradus.zerosLike(x), "torch.zeros_like(x)"],
  onesLike: [({ x }) => gradus.onesLike(x), "torch.ones_like(x)"],
  fullLike: [({ x }) => gradus.fullLike(x, 7), "torch.full_like(x, 7)"],
  pow_: [({ x }) => x.detach().pow_(1), "x.detach().pow_(1)"],
  lerp_: [({ x, y }) => x.detach().lerp_(y.detach(), 0.3), "x.detach().lerp_(y.detach(), 0.3)"],
  maskedFill_: [({ x, b }) => x.detach().maskedFill_(b, 0.5), "x.detach().masked_fill_(b, 0.5)"],
  uniform_: [({ x }) => x.detach().uniform_(), "x.detach().uniform_()"],
  normal_: [({ x }) => x.detach().normal_(), "x.detach().normal_()"],
  add_: [({ x, y }) => x.detach().add_(y.detach()), "x.detach().add_(y.detach())"],
  sub_: [({ x, y }) => x.detach().sub_(y.detach()), "x.detach().sub_(y.detach())"],
  mul_: [({ x, y }) => y.detach().mul_(x.detach()), "y.detach().mul_(x.detach())"],
  div_: [({ x }) => x.detach().div_(1), "x.detach().div_(1)"],
  clamp_: [({ x }) => x.detach().clamp_(0, 1), "x.detach().clamp_(0, 1)"],
  copy_: [({ x, y }) => x.detach().copy_(y.detach()), "x.detach().copy_(y.detach())"],
  fill_: [({ x }) => x.detach().fill_(0.5), "x.detach().fill_(0.5)"],
  "add int32": [({ i }) => i.add(i), "i32.add(i32)"],
  "mul int32": [({ i }) => i.mul(i), "i32.mul(i32)"],
  "div int32": [({ i }) => i.div(i.add(1)), "i32.div(i32.add(1))"],
  // Reductions and running totals
  amax: [({ x }) => x.amax(-1), "x.amax(-1)"],
  amin: [({ x }) => x.amin(-1), "x.amin(-1)"],
  argmax: [({ x }) => x.argmax(-1), "x.argmax(-1)"],
  argmin: [({ x }) => x.argmin(-1), "x.argmin(-1)"],
  max: [({ x }) => x.max(-1), "x.max(-1)"],
  min: [({ x }) => x.min(-1), "x.min(-1)"],
  "max of all": [({ x }) => x.max(), "x.max()"],
  "argmax of all": [({ x }) => x.argmax(), "x.argmax()"],
  sum: [({ x }) => x.sum(-1), "x.sum(-1)"],
  "sum of all": [({ x }) => x.sum(), "x.sum()"],
  "sum of columns": [({ x }) => x.sum(0), "x.sum(0)"],
  "sum int32": [({ i }) => i.sum(-1), "i32.sum(-1)"],
  mean: [({ x }) => x.mean(-1), "x.mean(-1)"],
  "mean of columns": [({ x }) => x.mean(0), "x.mean(0)"],
  "prod of rows": [({ x }) => x.prod(-1), "x.prod(-1)"],
  norm: [({ x }) => x.norm({ axis: -1 }), "x.norm(dim=-1)"],
  variance: [({ x }) => x.var(-1), "x.var(-1)"],
  var: [({ x }) => x.var(0), "x.var(0)"],
  std: [({ x }) => x.std(-1), "x.std(-1)"],
  "std of all": [({ x }) => x.std(), "x.std()"],
  nanmean: [({ x }) => x.nanmean(-1), "x.nanmean(-1)"],
  logsumexp: [({ x }) => x.logsumexp(-1), "x.logsumexp(-1)"],
  cumsum: [({ x }) => x.cumsum(-1), "x.cumsum(-1)"],
  "cumsum of columns": [({ x }) => x.cumsum(0), "x.cumsum(0)"],
  cumprod: [({ x }) => x.cumprod(-1), "x.cumprod(-1)", [0.99, 1.01]],
  cummax: [({ x }) => x.cummax(-1), "x.cummax(-1)"],
  cummin: [({ x }) => x.cummin(-1), "x.cummin(-1)"],
  diff: [({ x }) => x.diff(), "x.diff()"],
  softmax: [({ x }) => x.softmax(-1), "x.softmax(-1)"],
  "softmax of columns": [({ x }) => x.softmax(0), "x.softmax(0)"],
  logSoftmax: [({ x }) => x.logSoftmax(-1), "x.log_softmax(-1)"],
  softmin: [({ x }) => F.softmin(x, -1), "F.softmin(x, -1)"],
  gumbelSoftmax: [({ x }) => F.gumbelSoftmax(x), "F.gumbel_softmax(x)"],
  normalize: [({ x }) => F.normalize(x), "F.normalize(x)"],
  cosineSimilarity: [({ x, y }) => F.cosineSimilarity(x, y), "F.cosine_similarity(x, y)"],
  pairwiseDistance: [({ x, y }) => F.pairwiseDistance(x, y), "F.pairwise_distance(x, y)"],
  // Sorting
  sort: [({ x }) => x.sort(), "x.sort(stable=True)"],
  "sort of columns": [({ x }) => x.sort(0), "x.sort(dim=0, stable=True)"],
  topk: [({ x }) => x.topk(3), "x.topk(3)"],
  kthvalue: [({ x, n }) => x.kthvalue((n >> 1) + 1), "x.kthvalue((n >> 1) + 1)"],
  "median of rows": [({ x }) => x.median(-1), "x.median(-1)"],
  quantile: [({ x }) => x.quantile(0.3, { axis: -1 }), "x.quantile(0.3, -1)"],
  unique: [({ i }) => i.unique().values, "i32.unique(return_inverse=True, return_counts=True)[0]"],
  histc: [({ x }) => x.detach().histc(), "x.detach().histc()"],
  histogram: [({ x }) => x.detach().histogram().counts, "x.detach().histogram(100)[0]"],
  bucketize: [
    ({ x }) => x.detach().bucketize(gradus.linspace(0, 1, { steps: 50 })),
    "torch.bucketize(x.detach(), torch.linspace(0, 1, 50))",
  ],
  // Moving
  cat: [({ x, y }) => gradus.cat([x, y], -1), "torch.cat([x, y], -1)"],
  stack: [({ x, y }) => gradus.stack([x, y], -1), "torch.stack([x, y], -1)"],
  hstack: [({ x, y }) => gradus.hstack([x, y]), "torch.hstack([x, y])"],
  vstack: [({ x, y }) => gradus.vstack([x, y]), "torch.vstack([x, y])"],
  contiguous: [({ x }) => x.T.contiguous(), "x.T.contiguous()"],
  expand: [
    ({ x }) => x.unsqueeze(0).expand(2, -1, -1).contiguous(),
    "x.unsqueeze(0).expand(2, -1, -1).contiguous()",
  ],
  slice: [({ x }) => x.at(":", [0, undefined, 2]).contiguous(), "x[:, 0::2].contiguous()"],
  pad: [({ x }) => x.pad([1, 2]), "F.pad(x, [1, 2])"],
  flip: [({ x }) => x.flip(-1), "x.flip(-1)"],
  roll: [({ x }) => x.roll(1, -1), "x.roll(1, -1)"],
  repeat: [({ x }) => x.repeat(2, 2), "x.repeat(2, 2)"],
  tile: [({ x }) => x.tile(1, 3), "x.tile(1, 3)"],
  repeatInterleave: [({ x }) => x.repeatInterleave(3, -1), "x.repeat_interleave(3, -1)"],
  "repeatInterleave of rows": [({ x }) => x.repeatInterleave(3, 0), "x.repeat_interleave(3, 0)"],
  assign: [({ x, y }) => x.mul(1).set([0], y.at(0)), "assign(x.mul(1), y[0])"],
  diagEmbed: [({ x }) => x.at([0, 10], [0, 100]).diagEmbed(), "x[:10, :100].diag_embed()"],
  // Indices
  gather: [({ x, i }) => x.gather(-1, i), "x.gather(-1, i)"],
  take: [({ x, i }) => x.take(i), "x.take(i)"],
  takeAlongDim: [({ x, i }) => x.takeAlongDim(i, -1), "x.take_along_dim(i, -1)"],
  scatter: [
    ({ x, y, i }) => x.scatter(i, y.detach(), { axis: -1 }),
    "x.scatter(-1, i, y.detach())",
  ],
  scatterAdd: [({ x, y, i }) => x.scatterAdd(i, y, { axis: -1 }), "x.scatter_add(-1, i, y)"],
  scatterReduce: [
    ({ x, y, i }) => x.scatterReduce(i, y, { axis: -1, reduce: "amax" }),
    'x.scatter_reduce(-1, i, y, "amax")',
  ],
  indexSelect: [({ x, i }) => x.indexSelect(-1, i.at(0)), "x.index_select(-1, i[0])"],
  "indexSelect of rows": [
    ({ x, rows }) => x.indexSelect(0, rows.minimum(x.shape[0] - 1)),
    "x.index_select(0, rows.clamp(max=x.shape[0] - 1))",
  ],
  indexAdd: [({ x, y, i }) => x.indexAdd(i.at(0), y, { axis: -1 }), "x.index_add(-1, i[0], y)"],
  indexCopy: [
    ({ x, y, i }) => x.indexCopy(i.at(0).sort().indices, y, { axis: -1 }),
    "x.index_copy(-1, i[0].argsort(), y)",
  ],
  indexFill: [({ x, i }) => x.indexFill(i.at(0), 5, { axis: -1 }), "x.index_fill(-1, i[0], 5)"],
  oneHot: [({ rows, n }) => F.oneHot(rows, Math.min(n, 1000)), "F.one_hot(rows, n)"],
  embedding: [
    ({ x, i }) => F.embedding(i.at(0).remainder(x.shape[0]), x),
    "F.embedding(i[0].remainder(x.shape[0]), x)",
  ],
  // Losses and normalization
  crossEntropy: [({ x, rows }) => F.crossEntropy(x, rows), "F.cross_entropy(x, rows)"],
  nll: [({ x, rows }) => F.nllLoss(x, rows), "F.nll_loss(x, rows)"],
  multiMargin: [({ x, rows }) => F.multiMarginLoss(x, rows), "F.multi_margin_loss(x, rows)"],
  multilabelSoftMargin: [
    ({ x, y }) => F.multilabelSoftMarginLoss(x, y),
    "F.multilabel_soft_margin_loss(x, y)",
  ],
  softMargin: [({ x, y }) => F.softMarginLoss(x, y.detach()), "F.soft_margin_loss(x, y.detach())"],
  binaryCrossEntropy: [
    ({ x, y }) => F.binaryCrossEntropy(x, y.detach()),
    "F.binary_cross_entropy(x, y.detach())",
  ],
  binaryCrossEntropyWithLogits: [
    ({ x, y }) => F.binaryCrossEntropyWithLogits(x, y.detach()),
    "F.binary_cross_entropy_with_logits(x, y.detach())",
  ],
  klDiv: [({ x, y }) => F.klDiv(x, y, { reduction: "sum" }), 'F.kl_div(x, y, reduction="sum")'],
  klDivLogTarget: [
    ({ x, y }) => F.klDiv(x, y, { logTarget: true, reduction: "sum" }),
    'F.kl_div(x, y, log_target=True, reduction="sum")',
  ],
  gaussianNll: [
    ({ x, y }) => F.gaussianNllLoss(x, y, y.detach()),
    "F.gaussian_nll_loss(x, y, y.detach())",
  ],
  poissonNll: [({ x, y }) => F.poissonNllLoss(x, y.detach()), "F.poisson_nll_loss(x, y.detach())"],
  poissonNllLossOfRate: [
    ({ x, y }) => F.poissonNllLoss(x, y.detach(), { logInput: false }),
    "F.poisson_nll_loss(x, y.detach(), log_input=False)",
  ],
  stirling: [
    ({ x, y }) => F.poissonNllLoss(x, y.detach(), { full: true }),
    "F.poisson_nll_loss(x, y.detach(), full=True)",
  ],
  hingeEmbedding: [
    ({ x, y }) => F.hingeEmbeddingLoss(x, y.sign()),
    "F.hinge_embedding_loss(x, y.sign())",
  ],
  marginRanking: [
    ({ x, y }) => F.marginRankingLoss(x, y, y.sign()),
    "F.margin_ranking_loss(x, y, y.sign())",
  ],
  cosineEmbedding: [
    ({ x, y }) => F.cosineEmbeddingLoss(x, y, gradus.ones([x.shape[0]])),
    "F.cosine_embedding_loss(x, y, torch.ones(x.shape[0]))",
  ],
  tripletMargin: [
    ({ x, y }) => F.tripletMarginLoss(x, y, y.neg()),
    "F.triplet_margin_loss(x, y, y.neg())",
  ],
  layerNorm: [({ n }) => new nn.LayerNorm(n), "nn.LayerNorm(n)"],
  huber: [({ x, y }) => F.huberLoss(x, y), "F.huber_loss(x, y)"],
  smoothL1: [({ x, y }) => F.smoothL1Loss(x, y), "F.smooth_l1_loss(x, y)"],
  l1: [({ x, y }) => F.l1Loss(x, y), "F.l1_loss(x, y)"],
  mse: [({ x, y }) => F.mseLoss(x, y), "F.mse_loss(x, y)"],
};

const IMAGES: Record<string, Row> = {
  conv2d: [({ c }) => new nn.Conv2d(c, c, 3, { padding: 1 }), "nn.Conv2d(c, c, 3, padding=1)"],
  convTranspose2d: [
    ({ c }) => new nn.ConvTranspose2d(c, c, 3, { padding: 1 }),
    "nn.ConvTranspose2d(c, c, 3, padding=1)",
  ],
  "conv2d depthwise": [
    ({ c }) => new nn.Conv2d(c, c, 3, { padding: 1, groups: c }),
    "nn.Conv2d(c, c, 3, padding=1, groups=c)",
  ],
  "conv2d 1×1": [({ c }) => new nn.Conv2d(c, c, 1), "nn.Conv2d(c, c, 1)"],
  "conv2d stride 2": [
    ({ c }) => new nn.Conv2d(c, c, 3, { padding: 1, stride: 2 }),
    "nn.Conv2d(c, c, 3, padding=1, stride=2)",
  ],
  maxPool2d: [() => new nn.MaxPool2d(2), "nn.MaxPool2d(2)"],
  "maxPool2d 3, stride 2": [
    () => new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
    "nn.MaxPool2d(3, 2, 1)",
  ],
  avgPool2d: [() => new nn.AvgPool2d(2), "nn.AvgPool2d(2)"],
  adaptiveAvgPool2d: [() => new nn.AdaptiveAvgPool2d(1), "nn.AdaptiveAvgPool2d(1)"],
  "adaptiveAvgPool2d to 2 × 3": [
    () => new nn.AdaptiveAvgPool2d([2, 3]),
    "nn.AdaptiveAvgPool2d([2, 3])",
  ],
  adaptiveMaxPool2d: [() => new nn.AdaptiveMaxPool2d(1), "nn.AdaptiveMaxPool2d(1)"],
  batchNorm: [({ c }) => new nn.BatchNorm2d(c), "nn.BatchNorm2d(c)"],
  instanceNorm: [({ c }) => new nn.InstanceNorm2d(c), "nn.InstanceNorm2d(c)"],
  groupNorm: [({ c }) => new nn.GroupNorm(1, c), "nn.GroupNorm(1, c)"],
  dropout2d: [() => new nn.Dropout2d(), "nn.Dropout2d()"],
  "unfold of images": [() => new nn.Unfold(3, { padding: 1 }), "nn.Unfold(3, padding=1)"],
  interpolate: [() => new nn.Upsample({ scaleFactor: 2 }), "nn.Upsample(scale_factor=2)"],
  "interpolate bilinear": [
    () => new nn.Upsample({ scaleFactor: 2, mode: "bilinear" }),
    'nn.Upsample(scale_factor=2, mode="bilinear")',
  ],
  reflectionPad2d: [() => new nn.ReflectionPad2d(1), "nn.ReflectionPad2d(1)"],
  replicationPad2d: [() => new nn.ReplicationPad2d(1), "nn.ReplicationPad2d(1)"],
  constantPad2d: [() => new nn.ConstantPad2d(1, 0.5), "nn.ConstantPad2d(1, 0.5)"],
  zeroPad2d: [() => new nn.ZeroPad2d(1), "nn.ZeroPad2d(1)"],
};

const WIDE_IMAGES: Record<string, Row> = {
  fold: [
    ({ x, c, n }) =>
      F.fold(x.reshape(x.shape[0], c, -1).repeat(1, 4, 1), [2 * x.shape[2], 2 * n], 2, {
        stride: 2,
      }),
    "F.fold(x.reshape(x.shape[0], c, -1).repeat(1, 4, 1), [2 * x.shape[2], 2 * n], 2, stride=2)",
  ],
  pixelShuffle: [({ x }) => F.pixelShuffle(x, 2), "F.pixel_shuffle(x, 2)"],
  pixelUnshuffle: [({ x }) => F.pixelUnshuffle(x, 2), "F.pixel_unshuffle(x, 2)"],
};

const SIGNALS: Record<string, Row> = {
  conv1d: [({ c }) => new nn.Conv1d(c, c, 3, { padding: 1 }), "nn.Conv1d(c, c, 3, padding=1)"],
  convTranspose1d: [
    ({ c }) => new nn.ConvTranspose1d(c, c, 3, { padding: 1 }),
    "nn.ConvTranspose1d(c, c, 3, padding=1)",
  ],
  maxPool1d: [() => new nn.MaxPool1d(2), "nn.MaxPool1d(2)"],
  avgPool1d: [() => new nn.AvgPool1d(2), "nn.AvgPool1d(2)"],
  adaptiveAvgPool1d: [() => new nn.AdaptiveAvgPool1d(1), "nn.AdaptiveAvgPool1d(1)"],
  adaptiveMaxPool1d: [() => new nn.AdaptiveMaxPool1d(1), "nn.AdaptiveMaxPool1d(1)"],
  batchNorm1d: [({ c }) => new nn.BatchNorm1d(c), "nn.BatchNorm1d(c)"],
  instanceNorm1d: [({ c }) => new nn.InstanceNorm1d(c), "nn.InstanceNorm1d(c)"],
  dropout1d: [() => new nn.Dropout1d(), "nn.Dropout1d()"],
  reflectionPad1d: [() => new nn.ReflectionPad1d(1), "nn.ReflectionPad1d(1)"],
  replicationPad1d: [() => new nn.ReplicationPad1d(1), "nn.ReplicationPad1d(1)"],
  constantPad1d: [() => new nn.ConstantPad1d(1, 0.5), "nn.ConstantPad1d(1, 0.5)"],
  unfold: [
    ({ x }) => x.unfold(-1, { size: 3, step: 1 }).contiguous(),
    "x.unfold(-1, 3, 1).contiguous()",
  ],
  "unfold with gaps": [
    ({ x }) => x.unfold(-1, { size: 3, step: 3 }).contiguous(),
    "x.unfold(-1, 3, 3).contiguous()",
  ],
  glu: [({ x }) => F.glu(x, { axis: 0 }), "F.glu(x, 0)"],
};

const PRODUCTS: Record<string, Row> = {
  matmul: [({ x, y }) => x.matmul(y), "x.matmul(y)"],
  mm: [({ x, y }) => x.mm(y), "x.mm(y)"],
  addmm: [({ x, y }) => x.matmul(y).addmm(x, y), "x.matmul(y).addmm(x, y)"],
  mv: [({ x, y }) => x.mv(y.at(":", 0)), "x.mv(y[:, 0])"],
  linear: [({ x, y }) => F.linear(x, y.T), "F.linear(x, y.T)"],
  einsum: [({ x, y }) => gradus.einsum("ij,jk->ik", x, y), 'torch.einsum("ij,jk->ik", x, y)'],
  cov: [({ x }) => x.cov(), "x.cov()"],
  trace: [({ x }) => x.trace(), "x.trace()"],
  "matmul int32": [({ i }) => i.T.matmul(i), "i32.T.matmul(i32)"],
};

const SQUARES: Record<string, Row> = {
  cholesky: [
    ({ x, n }) => linalg.cholesky(x.matmul(x.mT).add(gradus.eye(n))),
    "torch.linalg.cholesky(x.matmul(x.mT) + torch.eye(n))",
  ],
  det: [({ x }) => linalg.det(x), "torch.linalg.det(x)"],
  slogdet: [({ x }) => linalg.slogdet(x).logabsdet, "torch.linalg.slogdet(x)[1]"],
  logdet: [({ x }) => linalg.logdet(x), "torch.logdet(x)"],
  qr: [({ x }) => linalg.qr(x).r, "torch.linalg.qr(x)[1]"],
  svd: [({ x }) => linalg.svd(x).s, "torch.linalg.svd(x, full_matrices=False)[1]"],
  svdvals: [({ x }) => linalg.svdvals(x), "torch.linalg.svdvals(x)"],
  solve: [({ x, y }) => linalg.solve(x, y), "torch.linalg.solve(x, y)"],
  inv: [({ x }) => linalg.inv(x), "torch.linalg.inv(x)"],
  matrixNorm: [({ x }) => linalg.matrixNorm(x), "torch.linalg.matrix_norm(x)"],
  matrixPower: [({ x }) => linalg.matrixPower(x, 3), "torch.linalg.matrix_power(x, 3)"],
  bmm: [
    ({ x, y }) =>
      gradus.bmm(
        x.reshape(-1, x.shape.at(-2)!, x.shape.at(-1)!),
        y.reshape(-1, x.shape.at(-2)!, x.shape.at(-1)!),
      ),
    "torch.bmm(x.reshape(-1, n, n), y.reshape(-1, n, n))",
  ],
  cdist: [({ x, y }) => gradus.cdist(x, y), "torch.cdist(x, y)"],
  diagonal: [
    ({ x }) => x.diagonal({ axis1: -2, axis2: -1 }).contiguous(),
    "x.diagonal(0, -2, -1).contiguous()",
  ],
  "cross": [
    ({ x, y }) => x.at("...", [0, 3]).cross(y.at("...", [0, 3])),
    "x[..., :3].cross(y[..., :3], -1)",
  ],
  bilinear: [
    ({ x, n }) => F.bilinear(x, x, gradus.ones([3, n, n], { dtype: x.dtype })),
    "F.bilinear(x, x, torch.ones(3, n, n, dtype=x.dtype))",
  ],
};

const VECTORS: Record<string, Row> = {
  dot: [({ x, y }) => gradus.dot(x, y), "torch.dot(x, y)"],
  outer: [
    ({ x }) => gradus.outer(x.at([0, 1000]), x.at([0, 1000])),
    "torch.outer(x[:1000], x[:1000])",
  ],
  bincount: [({ i }) => i.remainder(1000).bincount(), "i32.remainder(1000).bincount()"],
  diag: [({ x }) => x.at([0, 1000]).diag(), "x[:1000].diag()"],
  multinomial: [
    ({ x, n }) => gradus.multinomial(x.detach(), n >> 4),
    "torch.multinomial(x.detach(), n >> 4)",
  ],
  "multinomial with replacement": [
    ({ x, n }) => gradus.multinomial(x.detach(), n, { replacement: true }),
    "torch.multinomial(x.detach(), n, True)",
  ],
  rand: [({ n }) => gradus.rand([n]), "torch.rand(n)"],
  randn: [({ n }) => gradus.randn([n]), "torch.randn(n)"],
  randint: [({ n }) => gradus.randint(0, 100, { shape: [n] }), "torch.randint(0, 100, [n])"],
  randperm: [({ n }) => gradus.randperm(n), "torch.randperm(n)"],
  arange: [({ n }) => gradus.arange(n), "torch.arange(n)"],
  linspace: [({ n }) => gradus.linspace(0, 1, { steps: n }), "torch.linspace(0, 1, n)"],
  zeros: [({ n }) => gradus.zeros([n]), "torch.zeros(n)"],
  ones: [({ n }) => gradus.ones([n]), "torch.ones(n)"],
  full: [({ n }) => gradus.full([n], 3), "torch.full([n], 3.0)"],
  eye: [() => gradus.eye(1000), "torch.eye(1000)"],
  "unique of floats": [
    ({ x }) => x.detach().unique().values,
    "x.detach().unique(return_inverse=True, return_counts=True)[0]",
  ],
  meshgrid: [
    ({ x }) =>
      gradus.meshgrid([x.at([0, 1000]), x.at([0, 1000])], { indexing: "ij" })[0].contiguous(),
    'torch.meshgrid(x[:1000], x[:1000], indexing="ij")[0].contiguous()',
  ],
};

const SEQUENCES: Record<string, Row> = {
  "linear of sequences": [({ n }) => new nn.Linear(n, 3 * n), "nn.Linear(n, 3 * n)"],
  transformerEncoderLayer: [
    ({ n }) => new nn.TransformerEncoderLayer(n, 4, { batchFirst: true, dropout: 0 }),
    "nn.TransformerEncoderLayer(n, 4, batch_first=True, dropout=0)",
  ],
  lstm: [({ n }) => new nn.LSTM(n, n, { batchFirst: true }), "nn.LSTM(n, n, batch_first=True)"],
  gru: [({ n }) => new nn.GRU(n, n, { batchFirst: true }), "nn.GRU(n, n, batch_first=True)"],
  rnn: [({ n }) => new nn.RNN(n, n, { batchFirst: true }), "nn.RNN(n, n, batch_first=True)"],
  "contiguous after split, view and transpose": [
    ({ x }) => {
      const { shape: [b, t, n] } = x;
      return x.split(n / 2, -1)[1].reshape(b, t, 4, n / 8).transpose(1, 2).contiguous();
    },
    "x.split(n // 2, -1)[1].view(x.shape[0], c, 4, n // 8).transpose(1, 2).contiguous()",
  ],
  multiheadAttention: [({ n }) => {
    const layer = new nn.MultiheadAttention(n, 4, { batchFirst: true });
    return (x: Tensor) => layer(x, x, x, { needWeights: false })[0];
  }, "attention(n)"],
};

const ATTENTION: Record<string, Row> = {
  scaledDotProductAttention: [
    ({ x, y }) => F.scaledDotProductAttention(x, y, y),
    "attend(x, y, y)",
  ],
  "scaledDotProductAttention, isCausal": [
    ({ x, y }) => F.scaledDotProductAttention(x, y, y, { isCausal: true }),
    "attend(x, y, y, True)",
  ],
};

const GROUPS: readonly (readonly [Variants, Record<string, Row>])[] = [
  [ANY, ELEMENTWISE],
  [IMAGE, IMAGES],
  [WIDE_IMAGE, WIDE_IMAGES],
  [SIGNAL, SIGNALS],
  [PRODUCT, PRODUCTS],
  [SQUARE, SQUARES],
  [VECTOR, VECTORS],
  [SEQUENCE, SEQUENCES],
  [HEADS, ATTENTION],
];

/** Cases that may take longer than the goal, by the reason. */
export const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  "vectors of 128 bits; large products belong to the native kernels": [
    ...["matmul", "mm", "addmm", "linear", "einsum", "cov", "bmm", "bilinear", "matrixPower"],
    ...["matmul int32", "conv1d", "convTranspose1d", "conv2d", "convTranspose2d", "conv2d 1×1"],
    ...["conv2d stride 2", "conv2d depthwise", "linear of sequences", "transformerEncoderLayer"],
    ...["multiheadAttention", "scaledDotProductAttention", "lstm", "gru", "rnn", "mv"],
  ],
  "in float64 for every dtype; float64 and low ranks by Jacobi's method, for small values": [
    ...["svd", "svdvals"],
  ],
  "factored in float64 for every dtype; the aim is 8": [
    ...["det", "slogdet", "logdet", "solve", "inv", "qr", "cholesky"],
  ],
  "logarithms and angles in float64, the same bits on every runtime": [
    ...["randn", "randnLike", "normal_", "multinomial"],
  ],
  "float64 to less than a unit in the last place, the same bits on every runtime": [
    ...["sin", "cos", "tan", "pow", "exp2"],
  ],
  "differences, not products, so that near points keep their digits": ["cdist"],
  "exponentials and erf on vectors of 128 bits": ["gelu"],
  "mean and variance one after the other, in float64, so that a large mean costs no digits": [
    ...["layerNorm", "groupNorm"],
  ],
  "only the last of several writes to one place has a gradient; PyTorch gives it to all": [
    ...["indexCopy"],
  ],
  "several calls of kernels, each of which takes microseconds": [
    "nll",
    "trace",
    "matrixNorm",
    "cross",
    "cumsum of columns",
    "nonzero",
    "maxPool1d",
  ],
  "images in another order are copied to planes; PyTorch has kernels for channels last": [
    ...["avgPool1d", "avgPool2d", "interpolate", "interpolate bilinear", "adaptiveMaxPool1d"],
    ...["adaptiveAvgPool2d to 2 × 3", "batchNorm"],
  ],
  "all indices are checked before anything is written": ["gather", "scatterAdd", "indexAdd"],
  "totals in float64, which must fit int32": ["sum int32"],
};

/** Names that are not measured, by the reason. */
export const WITHOUT: Readonly<Record<string, string>> = {
  "a part of another op, or its gradient":
    "avgPool2dGradient cofactors cofactorsGradient conv2dInputGradient conv2dWeightGradient " +
    "crossEntropyGradient weightedDifferences scatterExtreme inverseDeviation maxPool2dGradient scaleShift standardize " +
    "gruCell lstmCell rnnCell rnnTanh rnnRelu rmsNorm batchNorm2d instanceNorm2d",
  "a view: nothing is computed":
    "reshape permute reshapeAs view flatten unflatten squeeze unsqueeze expandAs broadcastTo " +
    "broadcastTensors transpose swapaxes movedim T t mT split chunk tensorSplit unbind narrow select at " +
    "detach retain identity viewAs newEmpty empty emptyLike",
  "another name of a measured one":
    "newZeros newOnes newFull newTensor to set bce bceWithLogits upsample",
  "reads, prints or sets":
    "shape dtype ndim dim numel size stride isContiguous isLeaf requiresGrad grad item data " +
    "toArray toJSON toString backward requiresGrad_ retainGrad registerHook zero_ isGradEnabled noGrad " +
    "setGradEnabled getDefaultDtype setDefaultDtype getFastMath setFastMath getNumThreads setNumThreads " +
    "kernelNames describeKernels setKernels manualSeed gradCheck tensor",
  "holds or chains other layers":
    "moduleDict moduleList parameterDict parameterList sequential transformer transformerDecoder " +
    "transformerDecoderLayer transformerEncoder",
};

/** A name as it counts: without case and without "loss". */
export function keyOf(name: string): string {
  return name.split(" ")[0].replace(/[, ].*|Loss$/, "").toLowerCase();
}

const left = new Set(Object.values(WITHOUT).flatMap((names) => names.split(" ")).map(keyOf));
const named = new Set(GROUPS.flatMap(([, rows]) => Object.keys(rows)).map(keyOf));
const others = Object.entries<Op>(ops).filter(([name, op]) =>
  op.into !== undefined && !named.has(keyOf(name)) && !left.has(keyOf(name))
);

/** All cases, by name: those above, and the other elementwise ops. */
export const CASES: ReadonlyMap<string, Case> = new Map(
  [...GROUPS, [ANY, byName(others.map(([name]) => name))] as const].flatMap(([variants, rows]) =>
    Object.entries(rows).map(([name, [call, torch, own]]): [string, Case] => {
      const range = own ?? (OF_REALS.has(keyOf(name)) ? REALS : UNIT);
      return [name, { variants, call, torch, range }];
    })
  ),
);

/** Every name of an op, a method, a function and a layer. */
export function allNames(): string[] {
  const functions = (home: object): string[] =>
    Object.entries(home).filter(([, value]) =>
      typeof value === "function" && !/^class/.test(`${value}`)
    ).map(([name]) => name);
  const layers = Object.entries(nn).filter(([, value]) =>
    typeof value === "function" && value.prototype instanceof nn.Module
  ).map(([name]) => name);
  // Names in Python's spelling, indices and `length` are there only to be refused.
  const methods = Object.getOwnPropertyNames(gradus.Tensor.prototype)
    .filter((name) => !/_[a-zA-Z]|^-?\d+$|^length$/.test(name));
  return [
    ...Object.keys(ops),
    ...methods.filter((name) => name !== "constructor"),
    ...functions(gradus),
    ...functions(linalg),
    ...functions(F),
    ...layers,
  ];
}

/** The same elements, with the axes in another order in memory. */
function inOrder(x: Tensor, order?: readonly number[]): Tensor {
  if (order === undefined) return x;
  return x.permute(...order).contiguous().permute(...inverseOrder(order));
}

/** Makes the operands of a variant, with floats in an interval. */
export function operandsOf(
  { x: shape, y = shape, order, dtype = "float32" }: Variant,
  [low, high]: Case["range"],
): Operands {
  const floats = (shape: readonly number[]): Tensor =>
    inOrder(rand([...shape], { dtype }).mul(high - low).add(low), order).detach().requiresGrad_();
  const n = shape[shape.length - 1];
  return {
    x: floats(shape),
    y: floats(y),
    i: inOrder(randint(0, n, { shape: [...shape] }), order).detach(),
    rows: randint(0, n, { shape: shape.slice(0, -1) }),
    b: inOrder(rand([...shape]).lt(0.5), order).detach(),
    n,
    c: shape[Math.min(1, shape.length - 1)],
  };
}

/** The first tensor of a result that may be a pair. */
function first(result: unknown): unknown {
  return result instanceof Tensor || typeof result !== "object" || result === null
    ? result
    : first([...result as Iterable<unknown>][0]);
}

/** A function that computes the result, or the first of several; and the weights of its layer. */
export function resultOf(
  { call }: Case,
  operands: Operands,
): (() => unknown) & { readonly parameters: readonly Tensor[] } {
  const made = call(operands);
  if (typeof made !== "function") {
    return Object.assign(() => first(call(operands)), { parameters: [] });
  }
  const layer = made as nn.Layer;
  const parameters = "parameters" in layer ? [...layer.parameters()] : [];
  if (parameters.length > 0) layer.to(operands.x.dtype as FloatDType);
  return Object.assign(() => first(layer(operands.x)), { parameters });
}
