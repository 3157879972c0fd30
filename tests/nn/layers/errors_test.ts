/** Layers refuse inputs and options that do not fit, and say what would. */

import { test } from "node:test";
import { arange, DTypeError, ones, ShapeError, tensor, ValueError, zeros } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertThrowsMessage } from "../../support/assert.ts";

const { functional: F } = nn;

type Fault = [() => unknown, { readonly name: string }, string];

function assertRefused(faults: Fault[]): void {
  for (const [call, { name }, message] of faults) assertThrowsMessage(call, name, message);
}

test("layers refuse inputs and options that do not fit, saying what would", () => {
  assertRefused([
    [
      () => new nn.Linear(784, 10)(zeros([2, 1, 28, 28])),
      ShapeError,
      "Cannot apply linear with a weight [10, 784] to shape [2, 1, 28, 28]: the last axis must " +
      "have size 784; flatten or reshape the input first",
    ],
    [
      () => new nn.Linear(2, 2)(tensor(1)),
      ShapeError,
      "Cannot apply linear with a weight [2, 2] to shape []: the last axis must have size 2; " +
      "flatten or reshape the input first",
    ],
    [
      () => F.linear(zeros([2, 3]), zeros([3])),
      ShapeError,
      "Cannot apply linear with a weight [3] to shape [2, 3]: the weight must be [out, in]",
    ],
    [
      () => new nn.Linear(2.5, 2),
      ShapeError,
      "Cannot make Linear with shape [2, 2.5]: sizes must be whole numbers, 0 or more",
    ],
    [
      () => new nn.Conv2d(3, 4, 3, { groups: 2 }),
      ValueError,
      "Cannot make Conv2d from 3 to 4 channels in 2 groups: both must divide by 2",
    ],
    [
      () => new nn.Conv2d(3, 4, 3, { groups: 0 }),
      ValueError,
      "Cannot make Conv2d in 0 groups: use a whole number, 1 or more",
    ],
    [
      () => new nn.Conv2d(1, 4, 3)(zeros([28, 28])),
      ShapeError,
      "Cannot conv2d shape [28, 28]: the input must be [n, c, h, w] or [c, h, w]; reshape it, or " +
      "add an axis with unsqueeze()",
    ],
    [
      () => new nn.Conv2d(1, 4, 3, { stride: 0 })(zeros([1, 1, 8, 8])),
      ValueError,
      "Cannot make Conv2d with stride [0, 0]: it must be two whole numbers, 1 or more",
    ],
    [
      () => new nn.Conv2d(1, 4, 5)(zeros([1, 1, 3, 8])),
      ShapeError,
      "Cannot conv2d shape [1, 1, 3, 8]: the window reaches over 5 elements, but axis 2 has 3 " +
      "with its padding; use a smaller kernel or more padding",
    ],
    [
      () => new nn.MaxPool2d(2, { padding: 2 })(zeros([1, 1, 8, 8])),
      ShapeError,
      "Cannot maxPool2d with padding [2, 2] and kernel [2, 2]: a window could lie in the border " +
      "alone; the padding may be at most half of the kernel",
    ],
    [
      () => new nn.Dropout(1.5),
      ValueError,
      "Cannot drop out with probability 1.5: it must be from 0 to 1",
    ],
    [
      () => new nn.Dropout(NaN),
      ValueError,
      "Cannot drop out with probability NaN: it must be from 0 to 1",
    ],
    [
      () => new nn.Dropout(0.5)(arange(3, { dtype: "int32" })),
      DTypeError,
      'Cannot drop out elements of int32: convert it with .to("float32")',
    ],
    [
      () => F.dropout2d(zeros([1, 2, 2], { dtype: "int32" })),
      DTypeError,
      'Cannot drop out elements of int32: convert it with .to("float32")',
    ],
    [
      () => F.oneHot(tensor([true, false])),
      DTypeError,
      'Cannot make one-hot vectors with an index of dtype bool: convert it with .to("int32")',
    ],
    [
      () => F.oneHot(tensor([1, 3], { dtype: "int32" }), 3),
      ValueError,
      "Cannot make a one-hot vector of index 3: indices go from 0 to 2",
    ],
  ]);
});

test("normalizations refuse what does not fit, saying what would", () => {
  assertRefused([
    [
      () => new nn.BatchNorm2d(3)(ones([2, 4, 5, 5])),
      ShapeError,
      "Cannot apply BatchNorm2d(3) to shape [2, 4, 5, 5]: the input must be [n, c, h, w] with c = 3",
    ],
    [
      () => F.batchNorm(ones([2, 3]), { weight: ones([2]), training: true }),
      ShapeError,
      "Cannot batchNorm shape [2, 3] with a weight, bias or statistic [2]: it must be [3]",
    ],
    [
      () => new nn.LayerNorm(4)(ones([2, 3])),
      ShapeError,
      "Cannot layerNorm shape [2, 3] over [4]: the input must end in these sizes",
    ],
    [
      () => F.layerNorm(ones([2, 3], { dtype: "int32" }), 3),
      DTypeError,
      'Cannot normalize int32: convert it with .to("float32")',
    ],
    [
      () => new nn.LayerNorm([]),
      ValueError,
      "Cannot normalize over no axes: name the sizes of one or more",
    ],
    [
      () => new nn.GroupNorm(3, 4),
      ValueError,
      "Cannot make GroupNorm of 4 channels in 3 groups: the channels must divide into the groups",
    ],
    [
      () => new nn.InstanceNorm2d(2)(ones([1, 2, 1, 1])),
      ShapeError,
      "Cannot instanceNorm shape [1, 2, 1, 1]: the input must be [n, c, …] with more than one " +
      "value per channel",
    ],
    [
      () => new nn.InstanceNorm1d(2)(ones([2, 3, 4])),
      ShapeError,
      "Cannot apply InstanceNorm1d(2) to shape [2, 3, 4]: the input must be [n, c, l] or [c, l] " +
      "with c = 2",
    ],
    [
      () => new nn.InstanceNorm2d(2)(ones([2, 3])),
      ShapeError,
      "Cannot apply InstanceNorm2d(2) to shape [2, 3]: the input must be [n, c, h, w] or " +
      "[c, h, w] with c = 2",
    ],
    [
      () => F.instanceNorm(ones([1, 3, 4]), { runningMean: ones([2]), runningVar: ones([2]) }),
      ShapeError,
      "Cannot instanceNorm shape [1, 3, 4] with a weight, bias or statistic [2]: it must be [3]",
    ],
  ]);
});

test("embedding, attention and recurrent layers refuse what does not fit, saying what would", () => {
  const x = ones([2, 3, 4]);
  assertRefused([
    [
      () => nn.Embedding.fromPretrained(ones([3])),
      ShapeError,
      "Cannot make Embedding of a weight of shape [3]: it must be [rows, size]",
    ],
    [
      () => new nn.Embedding(5, 2, { maxNorm: 1 })(tensor([7], { dtype: "int32" })),
      ShapeError,
      "Cannot embed index 7 from axis 0 of shape [5, 2]: indices go from 0 to 4",
    ],
    [
      () => new nn.LSTM(3, 4, { projSize: 4 }),
      ValueError,
      "Cannot make LSTM of size 4 with projSize 4: use a smaller whole number, or 0 for no " +
      "projection",
    ],
    [
      () => new nn.LSTM(4, 3, { projSize: 2 })(x, [zeros([1, 3, 3]), zeros([1, 3, 3])]),
      ShapeError,
      "Cannot start LSTM on shape [2, 3, 4] with a state of shape [1, 3, 3]: it must be [1, 3, 2]",
    ],
    [
      () => new nn.Embedding(5, 2)(ones([3]).eq(1)),
      DTypeError,
      'Cannot embed with an index of dtype bool: convert it with .to("int32")',
    ],
    [
      () => new nn.Embedding(5, 2)(tensor([5], { dtype: "int32" })),
      ShapeError,
      "Cannot embed index 5 from axis 0 of shape [5, 2]: indices go from 0 to 4",
    ],
    [
      () => new nn.Embedding(5, 2, { paddingIdx: 5 }),
      ValueError,
      "Cannot embed with paddingIdx 5: there are 5 rows; use -5 to 4",
    ],
    [
      () => new nn.MultiheadAttention(6, 4),
      ValueError,
      "Cannot make MultiheadAttention of size 6 with 4 heads: embedDim must be divisible by numHeads",
    ],
    [
      () => new nn.MultiheadAttention(6, 2)(x, x, x),
      ShapeError,
      "Cannot apply MultiheadAttention to a query of shape [2, 3, 4]: it must be [l, n, e] or " +
      "[l, e], as the query, with e = 6",
    ],
    [
      () => new nn.MultiheadAttention(4, 2, { kdim: 3, batchFirst: true })(x, x, x),
      ShapeError,
      "Cannot apply MultiheadAttention to a key of shape [2, 3, 4]: it must be [n, l, e] or " +
      "[l, e], as the query, with e = 3",
    ],
    [
      () => new nn.MultiheadAttention(4, 2)(x, x, x.at(0)),
      ShapeError,
      "Cannot apply MultiheadAttention to a value of shape [3, 4]: it must be [l, n, e] or " +
      "[l, e], as the query, with e = 4",
    ],
    [
      () => new nn.Transformer(4, 2, { dimFeedforward: 2 })(x, ones([2, 2, 4])),
      ShapeError,
      "Cannot apply Transformer to a source of shape [2, 3, 4] and a target of shape [2, 2, 4]: " +
      "both must be [l, n, e] or [l, e] with e = 4 and the same n",
    ],
    [
      () => F.scaledDotProductAttention(x, x, x, { mask: ones([3, 3]), isCausal: true }),
      ValueError,
      "Cannot attend with a mask and isCausal: put the causal part into the mask, or leave it out",
    ],
    [
      () => F.scaledDotProductAttention(x, ones([2, 5, 3]), x),
      ShapeError,
      "Cannot attend with query, key and value [2, 3, 4], [2, 5, 3], [2, 3, 4]: queries and keys " +
      "must have the same size",
    ],
    [
      () => new nn.LSTM(3, 5)(x),
      ShapeError,
      "Cannot apply LSTM(3, 5) to shape [2, 3, 4]: the input must be [l, n, in] or [l, in] with " +
      "in = 3 and l above 0",
    ],
    [
      () => new nn.GRU(4, 5)(x, ones([1, 2, 5])),
      ShapeError,
      "Cannot start GRU on shape [2, 3, 4] with a state of shape [1, 2, 5]: it must be [1, 3, 5]",
    ],
    [
      () => new nn.GRU(4, 5, { numLayers: 0 }),
      ValueError,
      "Cannot make GRU of 0 layers: use a whole number, 1 or more",
    ],
    [
      () => new nn.RNN(4, 5, { nonlinearity: "elu" as "relu" }),
      ValueError,
      'Cannot make RNN with nonlinearity "elu": use "tanh" or "relu"',
    ],
    [
      () => new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2), 0),
      ValueError,
      "Cannot stack 0 transformer layers: use a whole number, 1 or more",
    ],
  ]);
});

test("layers of images and containers refuse what does not fit, saying what would", () => {
  const x = ones([1, 2, 4, 4]);
  assertRefused([
    [
      () => new nn.ConvTranspose2d(2, 3, 2, { outputPadding: 1 })(x),
      ValueError,
      "Cannot convTranspose2d with outputPadding 1, stride 1 and dilation 1: the first must be " +
      "smaller than one of the others",
    ],
    [
      () => new nn.ConvTranspose2d(3, 2, 2)(x),
      ShapeError,
      "Cannot convTranspose2d [1, 2, 4, 4] with a weight [3, 2, 2, 2]: its first axis must " +
      "be the 2 channels of the input",
    ],
    [
      () => new nn.Conv1d(2, 3, 2)(x),
      ShapeError,
      "Cannot conv1d shape [1, 2, 4, 4]: the input must be [n, c, l] or [c, l]; reshape it, or " +
      "add an axis with unsqueeze()",
    ],
    [
      () => new nn.Conv2d(1, 2, 3, { padding: "same", stride: [1, 2] })(ones([1, 1, 4, 4])),
      ValueError,
      'Cannot make Conv2d with padding "same" and stride [1, 2]: only windows that move by 1 keep the ' +
      "size; give the padding in numbers",
    ],
    [
      () => F.conv2d(ones([1, 1, 4, 4]), ones([1, 1, 2, 2]), { padding: "full" as "same" }),
      ValueError,
      'Cannot conv2d with padding "full": use "same", "valid" or numbers',
    ],
    [
      () => F.maxPool2d(ones([1, 1, 4, 4]), 2, { ceilMode: true, stride: 0 }),
      ValueError,
      "Cannot maxPool2d with stride [0, 0]: it must be two whole numbers, 1 or more",
    ],
    [
      () => F.maxPool2d(ones([1, 1, 0, 3]), 2, { ceilMode: true, padding: 1 }),
      ShapeError,
      "Cannot maxPool2d shape [1, 1, 0, 3]: it is empty, and windows over a border alone have no " +
      "value; leave it out",
    ],
    [
      () => F.avgPool2d(ones([1, 1, 4, 4]), 2, { countIncludePad: false, padding: 2 }),
      ShapeError,
      "Cannot avgPool2d with padding [2, 2] and kernel [2, 2]: a window could lie in the border " +
      "alone; the padding may be at most half of the kernel",
    ],
    [
      () => F.adaptiveAvgPool2d(x, 0),
      ValueError,
      "Cannot adaptiveAvgPool2d to size 0: sizes must be whole numbers above 0, or null for that of " +
      "the input",
    ],
    [
      () => F.interpolate(x, {}),
      ValueError,
      "Cannot interpolate: give either size or scaleFactor",
    ],
    [
      () => F.interpolate(x, { size: 3, mode: "linear" }),
      ValueError,
      'Cannot interpolate shape [1, 2, 4, 4] with mode "linear": use "nearest" (without ' +
      'alignCorners), "linear" for [n, c, l], "bilinear" or "bicubic" for ' +
      "[n, c, h, w]",
    ],
    [
      () => F.pixelShuffle(x, 2),
      ShapeError,
      "Cannot pixelShuffle shape [1, 2, 4, 4] by 2: it must be [n, c, h, w] or [c, h, w], and c " +
      "divide by the square of a whole number",
    ],
    [
      () => new nn.ModuleDict().get("a"),
      ValueError,
      'Cannot get module "a" of a ModuleDict: it has none',
    ],
    [
      () => new nn.ModuleDict({ forward: new nn.ReLU() }),
      ValueError,
      'Cannot set module "forward" of a ModuleDict: the name must not be empty, have dots, or be ' +
      'one of a module\'s own, such as "forward"',
    ],
    [
      () => new nn.ParameterList().at(0),
      ValueError,
      "Cannot take parameter 0 of a ParameterList: it has 0",
    ],
    [
      () => new nn.Hardtanh(1, 1),
      ValueError,
      "Cannot limit to 1 to 1: the lower bound must be below the upper one",
    ],
  ]);
});
