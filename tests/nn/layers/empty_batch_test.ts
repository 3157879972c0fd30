/** Batches of no samples. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { zeros } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertSame } from "../../support/assert.ts";

test("a batch of 0 runs through every layer, forwards and backwards", () => {
  const model = new nn.Sequential(
    new nn.Conv2d(1, 2, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.AvgPool2d(2),
    new nn.Flatten(),
    new nn.Dropout(),
    new nn.Linear(2, 3),
    new nn.LogSoftmax({ axis: 1 }),
  );
  const y = model(zeros([0, 1, 4, 4]));
  assertSame(y.shape, [0, 3]);
  y.sum().backward();
  for (const parameter of model.parameters()) {
    assertStrictEquals(parameter.grad!.abs().sum().item(), 0);
  }
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
