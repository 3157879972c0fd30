import { assert } from "@std/assert";
import { test } from "node:test";
import { gradCheck, ones, type Tensor, tensor, zeros } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { data } from "../../support/data.ts";

const { functional: F } = nn;

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
