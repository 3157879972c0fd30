/** A list that a program passes is read once: to change it later changes nothing. */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { arange, ones, type Tensor, tensor, zeros } from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";

const { functional: F } = nn;

type Pair = [number, number];
type Call = (pair: Pair, x: Tensor) => Tensor;

test("a shape that is edited after reshape or view is that of the list alone", () => {
  const shape = [2, 2];
  const x = arange(4, { dtype: "float32" }).requiresGrad_();
  const results = [x.reshape(shape), x.view(shape), x.detach().reshape(shape).T.reshape(shape)];
  shape[0] = 400;
  for (const y of results) assertEquals(y.shape, [2, 2]);
  results[0].mul(2).sum().backward();
  assertEquals(x.grad!.toArray(), [2, 2, 2, 2]);
});

test("a window that is edited before backward is that of the list alone", () => {
  const weight = ones([1, 1, 2, 2]);
  const calls: Record<string, Call> = {
    "the stride of conv2d": (stride, x) => F.conv2d(x, weight, { stride }),
    "the stride of convTranspose2d": (stride, x) => F.convTranspose2d(x, weight, { stride }),
    "the window of avgPool2d": (pair, x) => F.avgPool2d(x, pair),
    "the stride of avgPool2d": (stride, x) => F.avgPool2d(x, 2, { stride }),
    "the window of maxPool2d": (pair, x) => F.maxPool2d(x, pair),
    "the window of unfold": (pair, x) => F.unfold(x, pair),
    "the size of adaptiveAvgPool2d": (pair, x) => F.adaptiveAvgPool2d(x, pair),
  };
  for (const [name, call] of Object.entries(calls)) {
    const gradient = (edited: Pair): unknown => {
      const x = arange(16, { dtype: "float32" }).reshape(1, 1, 4, 4).requiresGrad_();
      const pair: Pair = [2, 1];
      const y = call(pair, x);
      pair.splice(0, 2, ...edited);
      y.square().sum().backward();
      return x.grad!.toArray();
    };
    assertEquals(gradient([1, 3]), gradient([2, 1]), name);
  }
});

test("a layer keeps the sizes that it was made with", () => {
  const layers: Record<string, (pair: Pair) => nn.Module> = {
    MaxPool2d: (pair) => new nn.MaxPool2d(pair),
    AvgPool2d: (pair) => new nn.AvgPool2d(2, { stride: pair }),
    Conv2d: (pair) => new nn.Conv2d(1, 1, pair, { stride: pair, padding: pair }),
    ConvTranspose2d: (pair) => new nn.ConvTranspose2d(1, 1, pair),
    AdaptiveAvgPool2d: (pair) => new nn.AdaptiveAvgPool2d(pair),
    Upsample: (pair) => new nn.Upsample({ size: pair }),
    Unfold: (pair) => new nn.Unfold(pair),
    Unflatten: (pair) => new nn.Unflatten(1, pair),
    LayerNorm: (pair) => new nn.LayerNorm(pair),
  };
  for (const [name, make] of Object.entries(layers)) {
    const fields = (change: (pair: Pair) => void): string => {
      const pair: Pair = [2, 1];
      const layer = make(pair);
      change(pair);
      return JSON.stringify(Object.entries(layer).filter(([, value]) => Array.isArray(value)));
    };
    assertEquals(fields((pair) => pair.fill(7)), fields(() => {}), name);
  }
  const widths: [number, number, number, number] = [1, 1, 1, 1];
  const border = new nn.ZeroPad2d(widths);
  widths.fill(3);
  assertEquals(border(zeros([1, 2, 2])).shape, [1, 4, 4]);
});

test("groups of parameters share no list, neither with the defaults", () => {
  const groups = () => [{ params: [tensor([1], { requiresGrad: true })] }, {
    params: [tensor([2], { requiresGrad: true })],
  }];
  const betas: Pair = [0.5, 0.6];
  const adam = new optim.Adam(groups(), { betas });
  betas[1] = 0;
  (adam.paramGroups[0].betas as Pair)[0] = 0.1;
  assertEquals(adam.paramGroups.map(({ betas }) => betas), [[0.1, 0.6], [0.5, 0.6]]);
  const usual = new optim.Adam(groups());
  (usual.paramGroups[0].betas as Pair)[0] = 0.1;
  assertEquals(new optim.Adam(groups()).paramGroups[1].betas, [0.9, 0.999]);
});
