/** Calls in the manner of Python, from programs without types, are refused. */

import { assert, assertThrows } from "@std/assert";
import { test } from "node:test";
import { cdist, multinomial, ones, ValueError, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { assertThrowsMessage } from "../support/assert.ts";

const { functional: F } = nn;

/** Arguments as they are written in Python. */
type Maker = new (...values: unknown[]) => unknown;

const POSITIONAL: readonly (readonly [string, readonly unknown[]])[] = [
  ["Linear", [2, 3, false]],
  ["Conv1d", [1, 8, 3, 1]],
  ["Conv2d", [1, 8, 3, 1]],
  ["ConvTranspose1d", [8, 1, 3, 2]],
  ["ConvTranspose2d", [8, 1, 3, 2]],
  ["MaxPool1d", [2, 2]],
  ["MaxPool2d", [2, 2]],
  ["AvgPool1d", [2, 2]],
  ["AvgPool2d", [2, 2]],
  ["BatchNorm1d", [3, 1e-3]],
  ["BatchNorm2d", [3, 1e-3]],
  ["InstanceNorm2d", [3, 1e-3]],
  ["LayerNorm", [3, 1e-3]],
  ["RMSNorm", [3, 1e-3]],
  ["GroupNorm", [2, 4, 1e-3]],
  ["Embedding", [10, 3, 0]],
  ["RNN", [3, 4, 2]],
  ["LSTM", [3, 4, 2]],
  ["GRU", [3, 4, 2]],
  ["LSTMCell", [3, 4, false]],
  ["MultiheadAttention", [4, 2, 0.1]],
  ["TransformerEncoderLayer", [4, 2, 16]],
  ["Dropout", [0.5, true]],
  ["Softmax", [1]],
  ["MSELoss", ["sum"]],
  ["CrossEntropyLoss", [0.1]],
];

for (const [name, values] of POSITIONAL) {
  test(`${name}(${values.join(", ")}) is refused, rather than made without its options`, () => {
    const Layer = (nn as unknown as Record<string, Maker>)[name];
    const type = typeof values.at(-1);
    assertThrowsMessage(
      () => new Layer(...values),
      ValueError,
      new RegExp(
        `^Cannot make ${name} with options of type ${type}: pass an object that names them, ` +
          `such as { \\w+: … }$`,
      ),
    );
  });
}

test("names in Python's spelling are refused with the right ones", () => {
  const any = <T>(options: object) => options as T;
  const faults: [() => unknown, string, string][] = [
    [() => new nn.LSTM(3, 4, any({ batch_first: true })), "batch_first", "batchFirst"],
    [() => new nn.LSTM(3, 4, any({ num_layers: 2 })), "num_layers", "numLayers"],
    [() => new nn.Conv2d(1, 1, 3, any({ padding_mode: "reflect" })), "padding_mode", "paddingMode"],
    [
      () => new nn.AvgPool2d(2, any({ count_include_pad: true })),
      "count_include_pad",
      "countIncludePad",
    ],
    [() => new nn.Embedding(3, 2, any({ padding_idx: 0 })), "padding_idx", "paddingIdx"],
    [() => new nn.Softmax(any({ dim: 1 })), "dim", "axis"],
    [
      () => new nn.CrossEntropyLoss(any({ label_smoothing: 0.1 })),
      "label_smoothing",
      "labelSmoothing",
    ],
    [() => ones([2, 3]).sum(any({ dim: 1 })), "dim", "axis"],
    [() => ones([2, 3]).mean(any({ axis: 1, keepdim: true })), "keepdim", "keepDims"],
    [() => ones([2, 3]).max(any({ dim: 1 })), "dim", "axis"],
  ];
  for (const [run, wrong, right] of faults) {
    const error = assertThrows(run, ValueError);
    const end = ` with option "${wrong}": its name is "${right}" here`;
    assert(error.message.endsWith(end), error.message);
  }
});

test("functions and methods refuse arguments that stand where options do", () => {
  // Programs without types make such calls.
  const call = (f: unknown, ...values: unknown[]) =>
    (f as (...values: unknown[]) => unknown)(...values);
  const method = (name: string, ...values: unknown[]) => {
    const x = ones([2, 3]);
    return (x as unknown as Record<string, (...values: unknown[]) => unknown>)[name](...values);
  };
  const image = zeros([1, 1, 4, 4]);
  const uses: [() => unknown, string][] = [
    [
      () => call(F.linear, ones([2, 3]), ones([4, 3]), zeros([4])),
      "call linear() with options of type Tensor",
    ],
    [
      () => call(F.conv2d, image, zeros([1, 1, 3, 3]), zeros([1])),
      "call conv2d() with options of type Tensor",
    ],
    [() => call(F.maxPool2d, image, 2, 2), "call maxPool2d() with options of type number"],
    [() => call(F.avgPool2d, image, 2, 2), "call avgPool2d() with options of type number"],
    [
      () => call(F.crossEntropy, ones([2, 3]), zeros([2], { dtype: "int32" }), ones([3])),
      "call crossEntropy() with options of type Tensor",
    ],
    [() => call(F.interpolate, image, 2), "call interpolate() with options of type number"],
    [() => call(F.normalize, ones([2, 3]), 1), "call normalize() with options of type number"],
    [() => call(nn.padSequence, [ones([2])], true), "pad sequences with options of type boolean"],
    [() => call(cdist, ones([2, 3]), ones([2, 3]), 1), "call cdist() with options of type number"],
    [
      () => call(multinomial, ones([3]), 1, true),
      "call multinomial() with options of type boolean",
    ],
    [() => method("round", 2), "call round() with options of type number"],
    [() => method("div", 2, "floor"), "call div() with options of type string"],
    [() => method("allclose", ones([3]), 1e-3), "call allclose() with options of type number"],
    [() => method("bucketize", ones([3]), true), "call bucketize() with options of type boolean"],
  ];
  for (const [use, what] of uses) {
    const error = assertThrows(use, ValueError);
    assert(error.message.startsWith(`Cannot ${what}: pass an object`), error.message);
  }
});

test("initialisations, files and tools refuse options that they do not know", () => {
  const layer = new nn.Linear(2, 2);
  const any = { gan: 2, std: 1, generater: 1, maxnorm: 1, padding: 1, stritc: true, strict: true };
  const take = <T>(name: keyof typeof any) => ({ [name]: any[name] }) as T;
  const faults: [() => unknown, string][] = [
    [
      () => nn.init.xavierUniform_(layer.weight, take("gan")),
      'xavierUniform_ with option "gan": its name is "gain" here',
    ],
    [
      () => nn.init.xavierNormal_(layer.weight, take("std")),
      'xavierNormal_ with option "std": it takes "gain", "generator"',
    ],
    [
      () => nn.init.kaimingUniform_(layer.weight, take("gan")),
      'kaimingUniform_ with option "gan": it takes "mode", "nonlinearity", "a", "generator"',
    ],
    [
      () => nn.init.kaimingNormal_(layer.weight, take("generater")),
      'kaimingNormal_ with option "generater": its name is "generator" here',
    ],
    [
      () => nn.init.uniform_(layer.weight, take("std")),
      'uniform_ with option "std": it takes "a", "b", "generator"',
    ],
    [
      () => nn.init.normal_(layer.weight, take("generater")),
      'normal_ with option "generater": its name is "generator" here',
    ],
    [
      () => nn.clipGradNorm_(layer.parameters(), 1, take("maxnorm")),
      'clip gradients with option "maxnorm": it takes "p", "errorIfNonfinite"',
    ],
    [
      () => nn.padSequence([ones([2])], take("padding")),
      'pad sequences with option "padding": it takes "batchFirst", "paddingValue"',
    ],
    [
      () => layer.loadStateDict(layer.stateDict(), take("stritc")),
      'load state into Linear with option "stritc": its name is "strict" here',
    ],
    [
      () => nn.load(layer, "none", take("stritc")),
      'load a model with option "stritc": its name is "strict" here',
    ],
  ];
  for (const [use, end] of faults) {
    const error = assertThrows(use, ValueError);
    assert(error.message.endsWith(end), error.message);
  }
});

/** Arguments in front of the options of layers and losses; `null` if there are no options. */
const BEFORE_OPTIONS: Record<string, readonly unknown[] | null> = {
  AdaptiveAvgPool1d: null,
  AdaptiveAvgPool2d: null,
  AdaptiveMaxPool1d: null,
  AdaptiveMaxPool2d: null,
  AlphaDropout: [0.5],
  AvgPool1d: [2],
  AvgPool2d: [2],
  BatchNorm1d: [2],
  BatchNorm2d: [2],
  BCELoss: [],
  BCEWithLogitsLoss: [],
  Bilinear: [2, 3, 4],
  Buffer: null,
  CELU: null,
  ConstantPad1d: null,
  ConstantPad2d: null,
  Conv1d: [1, 2, 3],
  Conv2d: [1, 2, 3],
  ConvTranspose1d: [1, 2, 3],
  ConvTranspose2d: [1, 2, 3],
  CosineEmbeddingLoss: [],
  CosineSimilarity: [],
  CrossEntropyLoss: [],
  Dropout: [0.5],
  Dropout1d: [0.5],
  Dropout2d: [0.5],
  ELU: null,
  Embedding: [3, 2],
  Flatten: null,
  Fold: [4, 2],
  GaussianNLLLoss: [],
  GELU: [],
  GLU: [],
  GroupNorm: [1, 2],
  GRU: [2, 3],
  GRUCell: [2, 3],
  Hardshrink: null,
  Hardsigmoid: null,
  Hardswish: null,
  Hardtanh: null,
  HingeEmbeddingLoss: [],
  HuberLoss: [],
  Identity: null,
  InstanceNorm1d: [2],
  InstanceNorm2d: [2],
  KLDivLoss: [],
  L1Loss: [],
  LayerNorm: [2],
  LeakyReLU: null,
  Linear: [2, 3],
  LogSigmoid: null,
  LogSoftmax: [],
  LSTM: [2, 3],
  LSTMCell: [2, 3],
  MarginRankingLoss: [],
  MaxPool1d: [2],
  MaxPool2d: [2],
  Mish: null,
  Module: null,
  ModuleDict: null,
  ModuleList: null,
  MSELoss: [],
  MultiheadAttention: [4, 2],
  MultiLabelSoftMarginLoss: [],
  MultiMarginLoss: [],
  NLLLoss: [],
  PackedSequence: null,
  PairwiseDistance: [],
  Parameter: null,
  ParameterDict: null,
  ParameterList: null,
  PixelShuffle: null,
  PixelUnshuffle: null,
  PoissonNLLLoss: [],
  PReLU: [1],
  ReflectionPad1d: null,
  ReflectionPad2d: null,
  ReLU: null,
  ReLU6: null,
  ReplicationPad1d: null,
  ReplicationPad2d: null,
  RMSNorm: [2],
  RNN: [2, 3],
  RNNCell: [2, 3],
  SELU: null,
  Sequential: null,
  Sigmoid: null,
  SiLU: null,
  SmoothL1Loss: [],
  Softmax: [],
  SoftMarginLoss: [],
  Softmin: [],
  Softplus: null,
  Softshrink: null,
  Softsign: null,
  Summary: null,
  Tanh: null,
  Tanhshrink: null,
  Threshold: null,
  Transformer: [4, 2],
  TransformerDecoder: [new nn.TransformerDecoderLayer(4, 2, { dimFeedforward: 4 }), 1],
  TransformerDecoderLayer: [4, 2],
  TransformerEncoder: [new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 4 }), 1],
  TransformerEncoderLayer: [4, 2],
  TripletMarginLoss: [],
  Unflatten: null,
  Unfold: [2],
  Upsample: [],
  ZeroPad2d: null,
};

test("every layer and loss refuses options that it does not know", () => {
  for (const [name, Layer] of Object.entries(nn as unknown as Record<string, Maker>)) {
    if (!/^[A-Z]/.test(name) || typeof Layer !== "function") continue;
    assert(Object.hasOwn(BEFORE_OPTIONS, name), `${name} is not in the table`);
    const before = BEFORE_OPTIONS[name];
    if (before === null) continue;
    assertThrowsMessage(
      () => new Layer(...before, { strange: 1 }),
      ValueError,
      new RegExp(`^Cannot make ${name} with option "strange": it takes "`),
    );
  }
});

const x = ones([1, 1, 4, 4]);
const row = ones([2, 2]);
const index = zeros([2], { dtype: "int32" });

/** Arguments in front of the options of functions; `null` if there are no options. */
const FUNCTIONS: Record<string, readonly unknown[] | null> = {
  adaptiveAvgPool1d: null,
  adaptiveAvgPool2d: null,
  adaptiveMaxPool1d: null,
  adaptiveMaxPool2d: null,
  alphaDropout: [x, 0.5],
  avgPool1d: [row, 2],
  avgPool2d: [x, 2],
  batchNorm: [x],
  bilinear: [row, row, ones([1, 2, 2])],
  binaryCrossEntropy: [row, row],
  binaryCrossEntropyWithLogits: [row, row],
  celu: null,
  conv1d: [row, ones([1, 2, 1])],
  conv2d: [x, x],
  convTranspose1d: [row, ones([2, 1, 1])],
  convTranspose2d: [x, x],
  cosineEmbeddingLoss: [row, row, ones([2])],
  cosineSimilarity: [row, row],
  crossEntropy: [row, index],
  dropout: [x, 0.5],
  dropout1d: [row, 0.5],
  dropout2d: [x, 0.5],
  elu: null,
  embedding: [index, row],
  fold: [ones([4, 9]), 4, 2],
  gaussianNllLoss: [row, row, row],
  gelu: [x],
  glu: [x],
  groupNorm: [x, 1],
  gumbelSoftmax: [row],
  hardshrink: null,
  hardsigmoid: null,
  hardswish: null,
  hardtanh: null,
  hingeEmbeddingLoss: [row, row],
  huberLoss: [row, row],
  instanceNorm: [x],
  interpolate: [x],
  klDiv: [row, row],
  l1Loss: [row, row],
  layerNorm: [x, 4],
  leakyRelu: null,
  linear: [row, row],
  logSigmoid: null,
  logSoftmax: [row],
  marginRankingLoss: [row, row, row],
  maxPool1d: [row, 2],
  maxPool2d: [x, 2],
  mish: null,
  mseLoss: [row, row],
  multilabelSoftMarginLoss: [row, row],
  multiMarginLoss: [row, index],
  nllLoss: [row, index],
  normalize: [row],
  oneHot: null,
  pad: [x, [1, 1]],
  pairwiseDistance: [row, row],
  pixelShuffle: null,
  pixelUnshuffle: null,
  poissonNllLoss: [row, row],
  prelu: null,
  relu: null,
  relu6: null,
  rmsNorm: [x, 4],
  scaledDotProductAttention: [row, row, row],
  selu: null,
  sigmoid: null,
  silu: null,
  smoothL1Loss: [row, row],
  softMarginLoss: [row, row],
  softmax: [row],
  softmin: [row],
  softplus: null,
  softshrink: null,
  softsign: null,
  tanh: null,
  tanhshrink: null,
  threshold: null,
  tripletMarginLoss: [row, row, row],
  unfold: [x, 2],
};

test("every function of nn.functional refuses options that it does not know", () => {
  type Function = (...values: readonly unknown[]) => unknown;
  for (const [name, f] of Object.entries(F as unknown as Record<string, Function>)) {
    assert(Object.hasOwn(FUNCTIONS, name), `${name} is not in the table`);
    const before = FUNCTIONS[name];
    if (before === null) continue;
    assertThrowsMessage(
      () => f(...before, { strange: 1 }),
      ValueError,
      new RegExp(`^Cannot call ${name}\\(\\) with option "strange": it takes "`),
      name,
    );
  }
});
