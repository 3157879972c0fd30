import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { DTypeError, noGrad, ones, randn, ShapeError, tensor, ValueError } from "../../mod.ts";
import type { Tensor } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import {
  AveragedModel,
  ExponentialLR,
  getEmaAvgFn,
  SGD,
  SWALR,
  type SWALROptions,
  updateBn,
} from "../../src/optim/mod.ts";

function near(actual: readonly number[], expected: readonly number[]): void {
  expected.forEach((v, i) => assert(Math.abs(actual[i] - v) < 1e-11, `${actual} not ${expected}`));
}

test("the average of models is the mean, or decays", () => {
  const model = new nn.Linear(2, 1).double();
  const mean = new AveragedModel(model);
  const ema = new AveragedModel(model, { avgFn: getEmaAvgFn(0.9) });
  const seen: number[] = [];
  let expected = 0;
  for (let step = 0; step < 5; step++) {
    noGrad(() => model.weight.add_(randn([1, 2], { dtype: "float64" })));
    const value = model.weight.at(0, 0).item();
    seen.push(value);
    expected = step === 0 ? value : 0.9 * expected + 0.1 * value;
    mean.updateParameters(model);
    ema.updateParameters(model);
  }
  near([mean.module.weight.at(0, 0).item()], [seen.reduce((a, b) => a + b) / 5]);
  near([ema.module.weight.at(0, 0).item()], [expected]);
  assertEquals(mean.n_averaged.item(), 5);
  const x = randn([3, 2], { dtype: "float64" });
  assertEquals(mean(x).toArray(), mean.module(x).toArray());
  assertEquals([...mean.stateDict().keys()], ["n_averaged", "module.weight", "module.bias"]);
  const copy = new AveragedModel(new nn.Linear(2, 1).double());
  copy.loadStateDict(mean.stateDict());
  copy.updateParameters(model);
  near([copy.module.weight.at(0, 0).item()], [[...seen, seen[4]].reduce((a, b) => a + b) / 6]);
});

test("buffers are those of the last model, or averaged", () => {
  const model = new nn.BatchNorm1d(1);
  const [last, averaged] = [false, true].map((useBuffers) =>
    new AveragedModel(model, { useBuffers })
  );
  for (const value of [1, 3]) {
    noGrad(() => model.running_mean!.fill_(value));
    last.updateParameters(model);
    averaged.updateParameters(model);
  }
  assertEquals(last.module.running_mean!.item(), 3);
  assertEquals(averaged.module.running_mean!.item(), 2);
  assertThrows(
    () => last.updateParameters(new nn.BatchNorm1d(1, { affine: false })),
    ValueError,
    "other parameters",
  );
  assertThrows(
    () => new AveragedModel(model, { decay: 0.9 } as never),
    ValueError,
    'Cannot make AveragedModel with option "decay"',
  );
  assertThrows(() => getEmaAvgFn(1), ValueError, "decay 1");
});

test("statistics of batch normalization are means over all batches", () => {
  const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3, { momentum: 0.3 }))
    .eval();
  const batches = [1, 2, 3].map(() => randn([8, 2]));
  const norm = model.at(1) as nn.BatchNorm1d;
  norm.running_mean!.fill_(9);
  updateBn(batches.map((x) => [x, tensor(0)] as const), model);
  const means = batches.map((x) => model.at(0)(x).mean(0));
  const expected = means[0].add(means[1]).add(means[2]).div(3);
  assert(norm.running_mean!.allclose(expected, { atol: 1e-6 }));
  assertEquals([norm.momentum, norm.training, norm.num_batches_tracked!.item()], [0.3, false, 3]);
});

test("SWALR is PyTorch's", () => {
  const rates = (options: SWALROptions, steps: number, lr = 1, first = 0): number[] => {
    const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr });
    const other = new ExponentialLR(optimizer, { gamma: 0.5 });
    for (let i = 0; i < first; i++) other.step();
    const scheduler = new SWALR(optimizer, options);
    const all = [optimizer.paramGroups[0].lr];
    for (let i = 0; i < steps; i++) {
      scheduler.step();
      all.push(optimizer.paramGroups[0].lr);
    }
    return all;
  };
  near(rates({ swaLr: 0.05 }, 12), [
    ...[1, 0.97675184524, 0.909283072328, 0.804197994839, 0.671783072328, 0.525, 0.378216927672],
    ...[0.245802005161, 0.140716927672, 0.07324815476, 0.05, 0.05, 0.05],
  ]);
  const linear = { swaLr: 0.5, annealEpochs: 4, annealStrategy: "linear" } as const;
  near(rates(linear, 6), [1, 0.875, 0.75, 0.625, 0.5, 0.5, 0.5]);
  near(rates({ swaLr: 0.2, annealEpochs: 0 }, 2), [0.2, 0.2, 0.2]);
  near(rates({ swaLr: 0.05, annealEpochs: 3 }, 5, 1, 3), [
    0.125,
    0.10625,
    0.06875,
    0.05,
    0.05,
    0.05,
  ]);
});

test("models of other shapes, and averages that are no tensors of the shape, change nothing", () => {
  const model = new nn.Linear(2, 1);
  const average = new AveragedModel(model);
  for (
    const other of [new nn.Linear(1, 1), new nn.Linear(2, 2), new nn.Linear(2, 1, { bias: false })]
  ) {
    assertThrows(
      () => average.updateParameters(other as nn.Linear),
      ValueError,
      "Cannot average a model of other parameters than the first: numbers and shapes must be",
    );
  }
  const wrong: [(x: Tensor) => unknown, typeof DTypeError | typeof ShapeError][] = [
    [() => 0.5, DTypeError],
    [() => undefined, DTypeError],
    [(x) => x.sum(), ShapeError],
    [(x) => ones([1, ...x.shape]), ShapeError],
  ];
  for (const [f, error] of wrong) {
    let calls = 0;
    const avgFn = (x: Tensor): Tensor => calls++ % 2 === 0 ? x.mul(0) : f(x) as Tensor;
    const averaged = new AveragedModel(model, { avgFn });
    averaged.updateParameters(model);
    assertThrows(() => averaged.updateParameters(model), error, "average parameters by avgFn");
    assertEquals(averaged.module.weight.toArray(), model.weight.toArray());
    assertEquals(averaged.n_averaged.item(), 1);
  }
});
