/** Calls in the manner of Python, from programs without types, are refused. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { cdist, multinomial, ones, ValueError, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";

const { functional: F } = nn;

/** Arguments as they are written in Python. */
type Maker = new (...values: unknown[]) => unknown;

const POSITIONAL: readonly (readonly [string, readonly unknown[]])[] = [
  ["Linear", [2, 3, false]],
  ["Conv1d", [1, 8, 3, 1, 1]],
  ["Conv2d", [1, 8, 3, 1, 1]],
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
    const others = name.startsWith("Conv") ? typeof values[3] : type;
    assert.throws(() => new Layer(...values), {
      name: ValueError.name,
      message: new RegExp(
        `^Cannot make a ${name} with options of type ${others}: pass an object that names them, ` +
          `such as { \\w+: … }$`,
      ),
    });
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
    assert.throws(run, (error: Error) => {
      assert.ok(error instanceof ValueError);
      const end = ` with option "${wrong}": its name is "${right}" here`;
      assert.ok(error.message.endsWith(end), error.message);
      return true;
    });
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
      "linear with options of type Tensor",
    ],
    [
      () => call(F.conv2d, image, zeros([1, 1, 3, 3]), zeros([1])),
      "conv2d with options of type Tensor",
    ],
    [() => call(F.maxPool2d, image, 2, 2), "maxPool2d with options of type number"],
    [() => call(F.avgPool2d, image, 2, 2), "avgPool2d with options of type number"],
    [
      () => call(F.crossEntropy, ones([2, 3]), zeros([2], { dtype: "int32" }), ones([3])),
      "crossEntropy with options of type Tensor",
    ],
    [() => call(F.interpolate, image, 2), "interpolate with options of type number"],
    [() => call(F.softmax, ones([2, 3]), 1), "softmax with options of type number"],
    [() => call(F.normalize, ones([2, 3]), 1), "normalize with options of type number"],
    [() => call(nn.padSequence, [ones([2])], true), "pad sequences with options of type boolean"],
    [() => call(cdist, ones([2, 3]), ones([2, 3]), 1), "cdist with options of type number"],
    [() => call(multinomial, ones([3]), 1, true), "multinomial with options of type boolean"],
    [() => method("argsort", 0), "argsort with options of type number"],
    [() => method("sort", 0), "sort with options of type number"],
    [() => method("topk", 1, 0), "topk with options of type number"],
    [() => method("round", 2), "round with options of type number"],
    [() => method("div", 2, "floor"), "div with options of type string"],
    [() => method("allclose", ones([3]), 1e-3), "allclose with options of type number"],
    [() => method("quantile", 0.5, 1), "quantile with options of type number"],
    [() => method("bucketize", ones([3]), true), "bucketize with options of type boolean"],
  ];
  for (const [use, what] of uses) {
    assert.throws(use, (error: Error) => {
      assert.ok(error instanceof ValueError, `${error}`);
      assert.ok(error.message.startsWith(`Cannot ${what}: pass an object`), error.message);
      return true;
    });
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
      'clip gradients with option "maxnorm": it takes "normType", "errorIfNonfinite"',
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
    assert.throws(use, (error: Error) => {
      assert.ok(error instanceof ValueError, `${error}`);
      assert.ok(error.message.endsWith(end), error.message);
      return true;
    });
  }
});
