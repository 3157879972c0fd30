import assert from "node:assert/strict";
import { test } from "node:test";
import { StateDictError, tensor, ValueError } from "../../mod.ts";
import { CosineAnnealingLR, LRScheduler, SGD, StepLR } from "../../src/optim/mod.ts";

function twoGroups(): SGD {
  const parameter = () => [tensor([1], { requiresGrad: true })];
  return new SGD([{ params: parameter() }, { params: parameter(), lr: 0.5 }], { lr: 1 });
}

const rates = (optimizer: SGD): number[] => optimizer.paramGroups.map(({ lr }) => lr);

test("a schedule steers every group from its own learning rate", () => {
  const optimizer = twoGroups();
  const scheduler = new StepLR(optimizer, { stepSize: 2, gamma: 0.5 });
  assert.deepEqual(rates(optimizer), [1, 0.5]);
  for (let i = 0; i < 5; i++) scheduler.step();
  assert.deepEqual(rates(optimizer), [0.25, 0.125]);
  assert.deepEqual(scheduler.getLastLr(), [0.25, 0.125]);
  assert.equal(scheduler.lastEpoch, 5);
});

test("a cosine falls to its least rate, and rises to where it began", () => {
  const optimizer = twoGroups();
  const scheduler = new CosineAnnealingLR(optimizer, { tMax: 4, etaMin: 0.25 });
  const seen = Array.from({ length: 8 }, () => {
    scheduler.step();
    return rates(optimizer)[0];
  });
  assert.equal(seen[1], 0.625);
  assert.equal(seen[3], 0.25);
  assert.equal(seen[7], 1);
  assert.ok(Math.abs(seen[0] - seen[6]) < 1e-15);
});

test("a schedule of one's own is a formula, and sets the rate of epoch 0 at once", () => {
  class WarmUp extends LRScheduler<{ readonly epochs: number }> {
    protected override faults(): string[] {
      return [];
    }
    protected override rate(base: number, epoch: number, { epochs }: { epochs: number }): number {
      return base * Math.min(1, (epoch + 1) / epochs);
    }
  }
  const optimizer = twoGroups();
  const scheduler = new WarmUp(optimizer, { epochs: 4 });
  assert.deepEqual(rates(optimizer), [0.25, 0.125]);
  for (let i = 0; i < 9; i++) scheduler.step();
  assert.deepEqual(rates(optimizer), [1, 0.5]);
});

test("schedule and optimizer continue from their saved states", () => {
  const optimizer = twoGroups();
  const scheduler = new CosineAnnealingLR(optimizer, { tMax: 10, etaMin: 0.1 });
  for (let i = 0; i < 3; i++) scheduler.step();
  const saved = JSON.parse(JSON.stringify(scheduler.stateDict()));
  const savedOptimizer = JSON.parse(JSON.stringify(optimizer.stateDict()));
  assert.deepEqual(saved, { T_max: 10, eta_min: 0.1, last_epoch: 3, base_lrs: [1, 0.5] });

  const other = twoGroups();
  other.loadStateDict(savedOptimizer);
  assert.deepEqual(rates(other), rates(optimizer));
  const resumed = new CosineAnnealingLR(other, { tMax: 3 });
  resumed.loadStateDict(saved);
  for (const s of [scheduler, resumed]) s.step();
  assert.deepEqual(rates(other), rates(optimizer));
});

test("a new schedule on an optimizer that was loaded starts where the first one did", () => {
  const optimizer = twoGroups();
  const scheduler = new StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
  scheduler.step();
  const other = twoGroups();
  other.loadStateDict(optimizer.stateDict());
  assert.deepEqual(rates(other), [0.5, 0.25]);
  assert.deepEqual(new StepLR(other, { stepSize: 1 }).getLastLr(), [1, 0.5]);
});

test("settings that make no sense are refused, and leave the optimizer alone", () => {
  const optimizer = twoGroups();
  assert.throws(() => new StepLR(optimizer, { stepSize: 0 }), ValueError);
  assert.throws(() => new StepLR(optimizer, { stepSize: 1.5 }), ValueError);
  assert.throws(() => new StepLR(optimizer, { stepSize: 2, gamma: NaN }), ValueError);
  assert.throws(() => new CosineAnnealingLR(optimizer, { tMax: -1 }), ValueError);
  assert.throws(() => new CosineAnnealingLR(optimizer, { tMax: 2, etaMin: Infinity }), ValueError);
  assert.ok(optimizer.paramGroups.every((group) => group.initialLr === undefined));
});

test("a bad saved state is refused with all that is wrong, and changes nothing", () => {
  const optimizer = twoGroups();
  const scheduler = new StepLR(optimizer, { stepSize: 3 });
  const before = scheduler.stateDict();
  const bad = { step_size: 0, extra: 1, last_epoch: -1, base_lrs: [1] };
  assert.throws(() => scheduler.loadStateDict(bad), (error: Error) => {
    assert.ok(error instanceof StateDictError);
    for (const part of [/no "gamma"/, /stepSize is 0/, /"extra"/, /"last_epoch"/, /"base_lrs"/]) {
      assert.match(error.message, part);
    }
    return true;
  });
  assert.throws(() => scheduler.loadStateDict(null as never), StateDictError);
  assert.deepEqual(scheduler.stateDict(), before);
  assert.deepEqual(rates(optimizer), [1, 0.5]);
});
