import { assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { StateDictError, tensor } from "../../../mod.ts";
import {
  ChainedScheduler,
  ConstantLR,
  ExponentialLR,
  type LRScheduler,
  SGD,
  StepLR,
} from "../../../src/optim/mod.ts";
import { assertSame } from "../../support/assert.ts";

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
    assertStrictEquals(chained.paramGroups[0].lr, plain.paramGroups[0].lr);
    assertSame(chain.getLastLr(), [plain.paramGroups[0].lr]);
    assertStrictEquals(chain.lastEpoch, epoch);
    if (epoch === 4) resumed.loadStateDict(JSON.parse(JSON.stringify(chain.stateDict())));
    single.forEach((scheduler) => scheduler.step());
    chain.step();
    if (epoch >= 4) resumed.step();
  }
  assertStrictEquals(later.paramGroups[0].lr, plain.paramGroups[0].lr);
});

test("chains refuse what they cannot run or load", () => {
  const [optimizer, other] = [optimizerOf(), optimizerOf()];
  const make = (schedulers: unknown) =>
    new ChainedScheduler(optimizer, { schedulers: schedulers as LRScheduler[] });
  assertThrows(() => make([]), Error, "must be a list of one schedule or more");
  assertThrows(() => make(undefined), Error, 'without "schedulers"');
  assertThrows(() => make(schedulesOf(other)), Error, "schedulers[0] is for another optimizer");
  const chain = make(schedulesOf(optimizer));
  const { lr } = optimizer.paramGroups[0];
  assertThrows(
    () => chain.loadStateDict({ _schedulers: [] }),
    StateDictError,
    '"_schedulers" must be a list of 3 states',
  );
  assertStrictEquals(optimizer.paramGroups[0].lr, lr);
});
