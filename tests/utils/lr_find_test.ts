import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { manualSeed, randn, type Tensor, ValueError } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import * as optim from "../../src/optim/mod.ts";
import { lrFind, type LRFindOptions } from "../../src/utils/mod.ts";

function problem() {
  manualSeed(1);
  const model = new nn.Sequential(new nn.Linear(4, 8), new nn.BatchNorm1d(8), new nn.Linear(8, 1));
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const x = randn([64, 4]);
  const target = x.square().sum({ axis: 1, keepDims: true });
  const step = (): Tensor => {
    optimizer.zeroGrad();
    const loss = nn.functional.mseLoss(model(x), target);
    loss.backward();
    optimizer.step();
    return loss;
  };
  const snapshot = () =>
    JSON.stringify([
      [...model.stateDict()].map(([name, value]) => [name, value.toArray()]),
      optimizer.stateDict().param_groups,
      Object.values(optimizer.stateDict().state).map(({ exp_avg: m }) => (m as Tensor).toArray()),
    ]);
  return { model, optimizer, step, snapshot };
}

test("the rates rise, the loss falls somewhere, and all is as it was afterwards", () => {
  const { model, optimizer, step, snapshot } = problem();
  for (let i = 0; i < 3; i++) step();
  model.eval();
  const before = snapshot();
  const { lrs, losses, suggestion } = lrFind(model, optimizer, () => {
    model.train();
    return step();
  });
  assertEquals(snapshot(), before);
  assertEquals(model.training, false);
  assert(lrs.length > 50 && lrs.length === losses.length);
  assert(lrs.every((lr, i) => i === 0 || lr > lrs[i - 1]));
  assert(suggestion !== null && suggestion > 1e-5 && suggestion <= 1, `${suggestion}`);
});

test("rates are spaced evenly in one of two ways, and the sweep ends when the loss explodes", () => {
  const { model, optimizer } = problem();
  const sweep = (loss: (i: number) => number, options: LRFindOptions) =>
    lrFind(model, optimizer, loss, { numTraining: 5, ...options });
  const linear = sweep(() => 1, { minLr: 1, maxLr: 2, mode: "linear" });
  assertEquals(linear, { lrs: [1, 1.25, 1.5, 1.75, 2], losses: linear.losses, suggestion: null });
  const factors = sweep(() => 1, { minLr: 1, maxLr: 16 }).lrs;
  assert(factors.every((lr, i) => Math.abs(lr - 2 ** i) < 1e-12));
  assertEquals(sweep((i) => 10 ** i, {}).lrs.length, 2);
  assertEquals(sweep((i) => 10 ** i, { earlyStopThreshold: null }).lrs.length, 5);
  assertEquals(sweep((i) => i < 2 ? 1 : NaN, {}).lrs.length, 2);
});

test("a failed step leaves all as it was, and options that make no sense are refused", () => {
  const { model, optimizer, step, snapshot } = problem();
  step();
  const before = snapshot();
  const failing = (i: number): number => {
    step();
    if (i === 2) throw new Error("no more data");
    return 1;
  };
  assertThrows(() => lrFind(model, optimizer, failing), Error, "no more data");
  assertThrows(() => lrFind(model, optimizer, (() => "1") as never), ValueError, "the loss that");
  assertThrows(() => lrFind(model, optimizer, step, { minLr: 1 }), ValueError, "from 1 to 1");
  assertThrows(() => lrFind(model, optimizer, step, { numTraining: 1 }), ValueError, "in 1 steps");
  assertThrows(() => lrFind(model, optimizer, step, { mode: "cos" as never }), ValueError, '"cos"');
  assertEquals(snapshot(), before);
});
