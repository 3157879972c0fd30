import assert from "node:assert/strict";
import { test } from "node:test";
import { tensor } from "../../../mod.ts";
import {
  ChainedScheduler,
  ConstantLR,
  ExponentialLR,
  type LRScheduler,
  SGD,
  StepLR,
} from "../../../src/optim/mod.ts";

function optimizerOf(): SGD {
  return new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
}

function schedulesOf(optimizer: SGD): LRScheduler[] {
  return [
    new ConstantLR(optimizer, { factor: 0.5, totalIters: 3 }),
    new ExponentialLR(optimizer, { gamma: 0.9 }),
    new StepLR(optimizer, { stepSize: 2, gamma: 0.1 }),
  ];
}

test("chained schedules give the rates of their steps one by one, also after loading", () => {
  const [plain, chained, later] = [optimizerOf(), optimizerOf(), optimizerOf()];
  const single = schedulesOf(plain);
  const chain = new ChainedScheduler(chained, { schedulers: schedulesOf(chained) });
  const resumed = new ChainedScheduler(later, { schedulers: schedulesOf(later) });
  for (let epoch = 0; epoch < 8; epoch++) {
    assert.equal(chained.paramGroups[0].lr, plain.paramGroups[0].lr);
    assert.deepEqual(chain.getLastLr(), [plain.paramGroups[0].lr]);
    assert.equal(chain.lastEpoch, epoch);
    if (epoch === 4) resumed.loadStateDict(JSON.parse(JSON.stringify(chain.stateDict())));
    single.forEach((scheduler) => scheduler.step());
    chain.step();
    if (epoch >= 4) resumed.step();
  }
  assert.equal(later.paramGroups[0].lr, plain.paramGroups[0].lr);
});

test("chains refuse what they cannot run or load", () => {
  const [optimizer, other] = [optimizerOf(), optimizerOf()];
  const make = (schedulers: unknown) =>
    new ChainedScheduler(optimizer, { schedulers: schedulers as LRScheduler[] });
  assert.throws(() => make([]), /must be a list of one schedule or more/);
  assert.throws(() => make(undefined), /without "schedulers"/);
  assert.throws(() => make(schedulesOf(other)), /schedulers\[0\] is for another optimizer/);
  const chain = make(schedulesOf(optimizer));
  const { lr } = optimizer.paramGroups[0];
  assert.throws(() => chain.loadStateDict({ _schedulers: [] }), {
    name: "StateDictError",
    message: /"_schedulers" must be a list of 3 states/,
  });
  assert.equal(optimizer.paramGroups[0].lr, lr);
});
