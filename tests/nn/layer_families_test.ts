/**
 * Tests beyond the comparison with PyTorch: initial weights, second derivatives, empty and extreme
 * inputs, containers, and errors.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import {
  arange,
  DTypeError,
  Generator,
  grad,
  gradCheck,
  manualSeed,
  noGrad,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

const { functional: F } = nn;

function data(shape: number[], seed = 1): Tensor {
  return randn(shape, { dtype: "float64", generator: new Generator(seed) });
}

function assertNear(actual: Tensor, expected: Tensor, tolerance: number): void {
  assertSame(actual.shape, expected.shape);
  const distance = actual.numel() === 0 ? 0 : actual.sub(expected).abs().amax().item();
  assert(distance <= tolerance, `${distance} apart`);
}

test("weights start as in PyTorch", () => {
  manualSeed(5);
  const uniform = (x: Tensor, bound: number) => {
    const largest = x.abs().amax().item();
    // A few numbers need not come close to the bound.
    const least = x.numel() < 64 ? 0 : 0.9 * bound;
    assert(largest <= bound && largest > least, `${largest} within ${bound}`);
  };
  const rnn = new nn.LSTM(8, 16, { numLayers: 2, bidirectional: true });
  for (const parameter of rnn.parameters()) uniform(parameter, 0.25);
  for (const parameter of new nn.GRUCell(8, 16).parameters()) uniform(parameter, 0.25);
  for (const parameter of new nn.Bilinear(16, 8, 8).parameters()) uniform(parameter, 0.25);
  for (const p of new nn.ConvTranspose2d(8, 32, 3, { groups: 2 }).parameters()) uniform(p, 1 / 12);
  for (const p of new nn.Conv1d(16, 32, 4).parameters()) uniform(p, 1 / 8);
  const attention = new nn.MultiheadAttention(24, 2);
  uniform(attention.in_proj_weight!, Math.sqrt(6 / (72 + 24)));
  assertStrictEquals(attention.in_proj_bias!.abs().sum().item(), 0);
  assertStrictEquals(attention.out_proj.bias!.abs().sum().item(), 0);
  const wide = new nn.MultiheadAttention(24, 2, { kdim: 40, addBiasKv: true });
  uniform(wide.q_proj_weight!, Math.sqrt(6 / 48));
  uniform(wide.k_proj_weight!, Math.sqrt(6 / 64));
  assert(wide.bias_k!.std().item() > 0.1);
  const whole = new nn.Transformer(16, 2, { dimFeedforward: 32 });
  const named = new Map(whole.namedParameters());
  uniform(named.get("decoder.layers.5.linear1.weight")!, Math.sqrt(6 / 48));
  uniform(named.get("encoder.layers.0.self_attn.in_proj_weight")!, Math.sqrt(6 / 64));
  assertStrictEquals(named.size, 6 * 12 + 6 * 18 + 4);
  const embedding = new nn.Embedding(200, 50, { paddingIdx: -1 });
  assertEquals(embedding.paddingIdx, 199);
  assert(Math.abs(embedding.weight.std().item() - 1) < 0.05);
  assertStrictEquals(embedding.weight.at(199).abs().sum().item(), 0);
  const norm = new nn.BatchNorm2d(2);
  assertSame([...norm.stateDict()].map(([name, x]) => [name, x.toArray()]), [
    ["weight", [1, 1]],
    ["bias", [0, 0]],
    ["running_mean", [0, 0]],
    ["running_var", [1, 1]],
    ["num_batches_tracked", 0],
  ]);
});

test("second derivatives of normalization, attention and recurrent layers", () => {
  const leaf = (shape: number[], seed: number) => data(shape, seed).requiresGrad_();
  const [x, w, b] = [leaf([2, 3, 4], 1), leaf([4], 2), leaf([4], 3)];
  const check = (f: () => Tensor, leaves: Tensor[]) => gradCheck(f, leaves, { secondOrder: true });
  check(() => F.layerNorm(x, 4, { weight: w, bias: b }), [x, w, b]);
  check(() => F.rmsNorm(x, [3, 4], { eps: 0.1 }), [x]);
  check(() => F.groupNorm(x, 3, {}), [x]);
  const noted = { runningMean: zeros([3]), runningVar: ones([3]) };
  check(() => F.instanceNorm(x, { ...noted, momentum: 0 }), [x]);
  check(() => F.instanceNorm(x, { ...noted, useInputStats: false }), [x]);
  check(() => F.batchNorm(x.transpose(1, 2), { weight: w, bias: b, training: true }), [x, w, b]);
  const table = leaf([3, 2], 4);
  const index = tensor([2, 0, 2], { dtype: "int32" });
  check(() => F.embedding(index, table).square(), [table]);
  const frequent = gradCheck(
    () =>
      F.embedding(tensor([2, 0], { dtype: "int32" }), table, { scaleGradByFreq: true }).square(),
    [table],
    { secondOrder: true },
  );
  assert(frequent);
  const [q, k, v] = [leaf([2, 3], 5), leaf([4, 3], 6), leaf([4, 2], 7)];
  check(() => F.scaledDotProductAttention(q, k, v), [q, k, v]);
  const step = leaf([3, 1, 2], 8);
  for (const layer of [new nn.LSTM(2, 2), new nn.GRU(2, 2)]) {
    const state = [...layer.stateDict()].map(([name, p]) => [name, p.to("float64")] as const);
    for (const [name, value] of state) {
      (layer as unknown as Record<string, nn.Parameter>)[name] = new nn.Parameter(value);
    }
    check(() => (layer as nn.GRU)(step)[0], [step, ...layer.parameters()]);
  }
});

test("batch normalization refuses one value per channel in training, and is as it was then", () => {
  const layer = new nn.BatchNorm1d(2);
  layer(tensor([[1, 2], [3, 6]]));
  const before = [...layer.stateDict().values()].map((x) => x.toArray());
  assertThrowsMessage(
    () => layer(ones([1, 2])),
    ShapeError,
    "Cannot batchNorm shape [1, 2] in training: one value per channel has no variance; " +
      "use a larger batch, or eval()",
  );
  assertSame([...layer.stateDict().values()].map((x) => x.toArray()), before);
  assertEquals(before.slice(2, 4), [[0.2, 0.4], [1.1, 1.7]].map((row) => row.map(Math.fround)));
  assertEquals(layer.eval()(ones([1, 2])).shape, [1, 2]);
});

test("instance normalization notes statistics only if asked, and then uses them after eval()", () => {
  const plain = new nn.InstanceNorm1d(2);
  assertEquals([...plain.stateDict().keys()], []);
  const layer = new nn.InstanceNorm1d(2, { trackRunningStats: true, affine: true });
  assertEquals([...layer.stateDict().keys()], [
    "weight",
    "bias",
    "running_mean",
    "running_var",
    "num_batches_tracked",
  ]);
  const x = tensor([[[1, 3], [0, 4]], [[5, 7], [0, 0]]]);
  layer(x);
  // Means 4 and 1, unbiased variances 2 and 4, a tenth of each.
  assertNear(layer.running_mean!, tensor([0.4, 0.1]), 1e-6);
  assertNear(layer.running_var!, tensor([1.1, 1.3]), 1e-6);
  assertStrictEquals(layer.num_batches_tracked!.item(), 0);
  layer.eval();
  const one = layer(ones([1, 2, 1]));
  assertNear(one, tensor([[[0.6 / Math.sqrt(1.1)], [0.9 / Math.sqrt(1.3)]]]), 1e-4);
  assertNear(layer.running_mean!, tensor([0.4, 0.1]), 1e-6);
});

test("a large mean costs normalization no digits", () => {
  const x = tensor([[1, 2, 3, 4, 5]]).add(1e6);
  const expected = tensor([[-2, -1, 0, 1, 2]]).div(Math.sqrt(2));
  assertNear(F.layerNorm(x, 5), expected, 1e-4);
  assertNear(F.batchNorm(x.T, { training: true }).T, expected, 1e-4);
});

test("what normalizes over constant values gives zeros, not NaN", () => {
  assertSame(F.layerNorm(ones([1, 3]).mul(7), 3).toArray(), [[0, 0, 0]]);
  assertSame(F.rmsNorm(zeros([1, 2]), 2).toArray(), [[0, 0]]);
});

test("a batch of 0 runs through layers of every family, forwards and backwards", () => {
  const models: [nn.Layer, number[], number[]][] = [
    [new nn.BatchNorm2d(2), [0, 2, 3, 3], [0, 2, 3, 3]],
    [new nn.LayerNorm(3), [0, 3], [0, 3]],
    [new nn.GroupNorm(2, 4), [0, 4, 3], [0, 4, 3]],
    [new nn.InstanceNorm2d(2, { affine: true }), [0, 2, 2, 2], [0, 2, 2, 2]],
    [new nn.InstanceNorm1d(2, { trackRunningStats: true }), [0, 2, 3], [0, 2, 3]],
    [new nn.Conv1d(2, 3, 2), [0, 2, 5], [0, 3, 4]],
    [new nn.ConvTranspose2d(2, 3, 2), [0, 2, 2, 2], [0, 3, 3, 3]],
    [new nn.TransformerEncoderLayer(4, 2, { batchFirst: true }), [0, 3, 4], [0, 3, 4]],
    [new nn.AdaptiveAvgPool2d([2, 3]), [0, 1, 5, 5], [0, 1, 2, 3]],
    [new nn.AdaptiveMaxPool2d([2, 3]), [0, 1, 5, 5], [0, 1, 2, 3]],
    [new nn.Upsample({ scaleFactor: 2, mode: "bilinear" }), [0, 1, 2, 2], [0, 1, 4, 4]],
    [new nn.PixelShuffle(2), [0, 4, 2, 2], [0, 1, 4, 4]],
    [new nn.Dropout2d(), [0, 2, 2, 2], [0, 2, 2, 2]],
  ];
  for (const [layer, from, to] of models) {
    const x = zeros(from, { requiresGrad: true });
    const y = layer(x);
    assertSame(y.shape, to, layer.toString());
    y.sum().backward();
    assertSame(x.grad!.shape, from);
    for (const parameter of layer.parameters()) {
      assertStrictEquals(parameter.grad!.abs().sum().item(), 0, layer.toString());
    }
  }
  const [output, [h]] = new nn.LSTM(2, 3)(zeros([4, 0, 2]));
  assertSame([output.shape, h.shape], [[4, 0, 3], [1, 0, 3]]);
  assertSame(new nn.Embedding(3, 2)(zeros([0, 4], { dtype: "int32" })).shape, [0, 4, 2]);
  const norm = new nn.BatchNorm2d(1);
  norm(zeros([0, 1, 2, 2]));
  assertEquals(norm.running_var!.toArray(), [1]);
});

test("attention is softmax(q kᵀ / √e + mask) v", () => {
  const [q, k, v] = [data([2, 3, 4], 1), data([2, 5, 4], 2), data([2, 5, 6], 3)];
  const expected = (scores: Tensor) => scores.softmax(-1).matmul(v);
  const scores = q.matmul(k.transpose()).div(2);
  assertNear(F.scaledDotProductAttention(q, k, v), expected(scores), 1e-14);
  const bias = data([3, 5], 4);
  const biased = F.scaledDotProductAttention(q, k, v, { mask: bias });
  assertNear(biased, expected(scores.add(bias)), 1e-14);
  const scaled = F.scaledDotProductAttention(q, k, v, { scale: 3 });
  assertNear(scaled, expected(scores.mul(6)), 1e-14);
  const allowed = bias.gt(-0.5);
  const masked = F.scaledDotProductAttention(q, k, v, { mask: allowed });
  assertNear(masked, expected(scores.maskedFill(allowed.logicalNot(), -Infinity)), 1e-14);
});

test("with isCausal, long sequences attend in blocks as with a mask", () => {
  for (const [queries, keys] of [[150, 150], [150, 70], [70, 150], [600, 600]]) {
    const inputs = [[2, queries, 4], [2, keys, 4], [2, keys, 3]].map((shape, i) =>
      data(shape, i).requiresGrad_()
    );
    const [q, k, v] = inputs;
    const mask = arange(queries).unsqueeze(1).ge(arange(keys));
    const [whole, blocks] = [{ mask }, { isCausal: true }].map((options) => {
      const y = F.scaledDotProductAttention(q, k, v, options);
      return [y.detach(), ...grad(y.square().sum(), inputs)];
    });
    whole.forEach((expected, i) => assertNear(blocks[i]!, expected!, 1e-12));
  }
});

test("with isCausal, no result depends on what comes later", () => {
  const [q, k, v] = [1, 2, 3].map((seed) => data([4, 3], seed));
  const whole = F.scaledDotProductAttention(q, k, v, { isCausal: true });
  for (let n = 1; n <= 4; n++) {
    const [a, b, c] = [q, k, v].map((x) => x.slice(0, n));
    const last = F.scaledDotProductAttention(a, b, c).at(-1);
    assertNear(whole.at(n - 1), last, 1e-14);
  }
});

test("a query that may look nowhere gets NaN", () => {
  const x = data([2, 3]);
  const mask = tensor([[true, false], [false, false]]);
  const y = F.scaledDotProductAttention(x, x, x, { mask });
  assertNear(y.at(0), x.at(0), 0);
  assert(y.at(1).data.every(Number.isNaN));
});

test("dropout of attention is that of its weights, in training only", () => {
  const layer = new nn.MultiheadAttention(4, 2, { dropout: 0.5 });
  const x = ones([8, 4, 4]);
  const kept = layer(x, x, x, { averageAttnWeights: false })[1]!;
  assertSame([...new Set(kept.data)].sort(), [0, 0.25]);
  const all = layer.eval()(x, x, x)[1]!;
  assertEquals([...new Set(all.data)], [0.125]);
});

test("Dropout2d drops whole channels", () => {
  const layer = new nn.Dropout2d(0.5, { generator: new Generator(0) });
  const channels = layer(ones([16, 8, 2, 2])).sum([2, 3]);
  assertSame([...new Set(channels.data)].sort(), [0, 8]);
  assertEquals([...new Set(layer.eval()(ones([1, 8, 2, 2])).data)], [1]);
  assertEquals(layer.train()(ones([8, 2, 2])).ndim, 3);
});

test("dropout between recurrent layers falls on all but the last, in training only", () => {
  manualSeed(0);
  const layer = new nn.RNN(2, 8, { numLayers: 2, dropout: 1 });
  const x = randn([3, 1, 2]);
  const noInput = layer(x)[0].toArray();
  assertEquals(layer(x.mul(2))[0].toArray(), noInput);
  layer.eval();
  assertNotEquals(layer(x)[0].toArray(), layer(x.mul(2))[0].toArray());
});

test("rows that are not looked up, or short enough, are not written", () => {
  const layer = new nn.Embedding(3, 2, { maxNorm: 5 });
  layer.loadStateDict({ weight: tensor([[3, 4], [6, 8], [30, 40]]) });
  const version = layer.weight.array.storage.version;
  layer(tensor([0, 0], { dtype: "int32" }));
  assertStrictEquals(layer.weight.array.storage.version, version);
  assertNear(layer(tensor([1, 0], { dtype: "int32" })), tensor([[3, 4], [3, 4]]), 1e-6);
  assertEquals([...layer.weight.data].slice(4), [30, 40]);
  assertSame(layer(zeros([0], { dtype: "int32" })).shape, [0, 2]);
});

test("a table from elsewhere is shared, and learns only if asked", () => {
  const table = tensor([[1, 2], [3, 4]]);
  assertEquals(nn.Embedding.fromPretrained(table).weight.requiresGrad, false);
  const layer = nn.Embedding.fromPretrained(table, { freeze: false, paddingIdx: 0 });
  assertEquals(layer.weight.toArray(), [[1, 2], [3, 4]]);
  layer(tensor([0, 1, 1], { dtype: "int32" })).sum().backward();
  assertSame(layer.weight.grad!.toArray(), [[0, 0], [2, 2]]);
});

test("a cell in a loop is the layer", () => {
  const layer = new nn.LSTM(3, 4);
  const cell = new nn.LSTMCell(3, 4);
  cell.loadStateDict(
    new Map([...layer.stateDict()].map(([name, x]) => [name.replace("_l0", ""), x])),
  );
  const x = randn([300, 2, 3], { generator: new Generator(1) });
  const [output] = layer(x);
  let state: nn.LSTMState | undefined;
  for (let t = 0; t < 300; t++) {
    state = cell(x.at(t), state);
    assertNear(output.at(t), state[0], 1e-6);
  }
});

test("a transformer stack holds copies, which start alike and learn apart", () => {
  const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8, dropout: 0 });
  const model = new nn.TransformerEncoder(layer, 2, { norm: new nn.LayerNorm(4) });
  const names = [...model.stateDict().keys()];
  assertStrictEquals(names.length, 2 * 12 + 2);
  assertEquals(names[0], "layers.0.self_attn.in_proj_weight");
  const [first, second] = model.layers;
  assertEquals(first.linear1.weight.toArray(), layer.linear1.weight.toArray());
  noGrad(() => second.linear1.weight.zero_());
  assertNotEquals(first.linear1.weight.toArray(), second.linear1.weight.toArray());
  const x = randn([3, 1, 4]);
  assertEquals(model(x).toArray(), model.norm!(second(first(x))).toArray());
  const decoder = new nn.TransformerDecoder(
    new nn.TransformerDecoderLayer(4, 2, { dimFeedforward: 8, dropout: 0 }),
    2,
  );
  assertEquals(decoder(x, randn([5, 1, 4])).shape, [3, 1, 4]);
});

test("ModuleDict and ParameterList hold what belongs to the module around them", () => {
  class Net extends nn.Module {
    heads = new nn.ModuleDict({ a: new nn.Linear(2, 1), b: new nn.Linear(2, 1, { bias: false }) });
    scales = new nn.ParameterList(new nn.Parameter(ones([1])));

    override forward(x: Tensor): Tensor {
      return this.heads.get("a")(x).mul(this.scales.at(-1));
    }
  }
  const net = new Net();
  assertEquals([...net.stateDict().keys()], [
    "heads.a.weight",
    "heads.a.bias",
    "heads.b.weight",
    "scales.0",
  ]);
  const { heads, scales } = net;
  assertEquals([heads.size, heads.keys(), heads.has("c")], [2, ["a", "b"], false]);
  assertEquals(heads.delete("a"), true);
  assertEquals(heads.delete("a"), false);
  heads.set("b", new nn.Linear(3, 3));
  assertEquals([...heads].map(([name, layer]) => [name, layer.inFeatures]), [["b", 3]]);
  assertEquals(scales.push(new nn.Parameter(ones([2])), new nn.Parameter(ones([3]))), 3);
  assertEquals([...scales].map((p) => p.numel()), [1, 2, 3]);
});

test("printed layers show the call that makes them", () => {
  const printed = (layer: nn.Module) => layer.toString().split("\n")[0];
  assertEquals(
    [
      new nn.BatchNorm1d(3, { momentum: null }),
      new nn.LayerNorm([2, 3], { elementwiseAffine: false }),
      new nn.GroupNorm(2, 4, { eps: 0.1 }),
      new nn.InstanceNorm2d(3),
      new nn.InstanceNorm1d(3, { affine: true, trackRunningStats: true, momentum: 0.2 }),
      new nn.Embedding(5, 2, { paddingIdx: 1 }),
      new nn.Embedding(5, 2, { maxNorm: 1, p: 1, scaleGradByFreq: true }),
      new nn.MultiheadAttention(4, 2, { batchFirst: true }),
      new nn.MultiheadAttention(4, 2, { addBiasKv: true, addZeroAttn: true, kdim: 3, vdim: 5 }),
      new nn.LSTM(3, 4, { numLayers: 2, bidirectional: true }),
      new nn.LSTM(3, 4, { projSize: 2, bias: false }),
      new nn.GRUCell(3, 4, { bias: false }),
      new nn.RNN(3, 4, { nonlinearity: "relu", numLayers: 2 }),
      new nn.RNNCell(3, 4, { nonlinearity: "relu" }),
      new nn.RMSNorm(3, { eps: 0.1 }),
      new nn.Conv1d(1, 2, 3, { stride: 2 }),
      new nn.Conv2d(1, 2, 3, { padding: "same" }),
      new nn.AvgPool2d(3, { padding: 1, ceilMode: true, countIncludePad: false }),
      new nn.MaxPool1d(3, { ceilMode: true }),
      new nn.ConvTranspose2d(1, 2, 3, { outputPadding: 1, stride: 2 }),
      new nn.Upsample({ scaleFactor: 2 }),
      new nn.AdaptiveAvgPool2d([1, 2]),
      new nn.GELU({ approximate: "tanh" }),
      new nn.Softplus(2),
      new nn.Dropout2d(0.1),
    ].map(printed),
    [
      "BatchNorm1d(3, { momentum: null })",
      "LayerNorm([2, 3], { elementwiseAffine: false })",
      "GroupNorm(2, 4, { eps: 0.1 })",
      "InstanceNorm2d(3)",
      "InstanceNorm1d(3, { momentum: 0.2, affine: true, trackRunningStats: true })",
      "Embedding(5, 2, { paddingIdx: 1 })",
      "Embedding(5, 2, { maxNorm: 1, p: 1, scaleGradByFreq: true })",
      "MultiheadAttention(4, 2, { batchFirst: true }",
      "MultiheadAttention(4, 2, { addBiasKv: true, addZeroAttn: true, kdim: 3, vdim: 5 }",
      "LSTM(3, 4, { numLayers: 2, bidirectional: true })",
      "LSTM(3, 4, { projSize: 2, bias: false })",
      "GRUCell(3, 4, { bias: false })",
      'RNN(3, 4, { nonlinearity: "relu", numLayers: 2 })',
      'RNNCell(3, 4, { nonlinearity: "relu" })',
      "RMSNorm([3], { eps: 0.1 })",
      "Conv1d(1, 2, 3, { stride: 2 })",
      'Conv2d(1, 2, 3, { padding: "same" })',
      "AvgPool2d(3, { padding: 1, ceilMode: true, countIncludePad: false })",
      "MaxPool1d(3, { ceilMode: true })",
      "ConvTranspose2d(1, 2, 3, { stride: 2, outputPadding: 1 })",
      "Upsample({ scaleFactor: 2 })",
      "AdaptiveAvgPool2d([1, 2])",
      'GELU({ approximate: "tanh" })',
      "Softplus(2)",
      "Dropout2d(0.1)",
    ],
  );
});

type Fault = [() => unknown, { readonly name: string }, string];

function assertRefused(faults: Fault[]): void {
  for (const [call, { name }, message] of faults) assertThrowsMessage(call, name, message);
}

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
      "Cannot convTranspose2d [1, 2, 4, 4] with a weight [3, 2, 2, 2]: the weight must be " +
      "[c, out / groups, kh, kw] with c = 2",
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
      'Cannot conv2d with padding "same" and stride [1, 2]: only windows that move by 1 keep the ' +
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
      "Cannot maxPool2d shape [1, 1, 0, 3]: the images are empty, and windows over a border alone " +
      "have no value; leave them out",
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
