import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { test } from "node:test";
import { StateDictError, tensor, ValueError } from "../../../mod.ts";
import {
  Adagrad,
  Adam,
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  CyclicLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  LRScheduler,
  MultiplicativeLR,
  MultiStepLR,
  OneCycleLR,
  PolynomialLR,
  ReduceLROnPlateau,
  type ScheduledGroup,
  SequentialLR,
  SGD,
  StepLR,
} from "../../../src/optim/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

function withMomentum(): SGD {
  return new SGD([tensor([1], { requiresGrad: true })], { lr: 1, momentum: 0.9 });
}

function twoGroups(): SGD {
  const parameter = () => [tensor([1], { requiresGrad: true })];
  return new SGD([{ params: parameter() }, { params: parameter(), lr: 0.5 }], { lr: 1 });
}

const rates = (optimizer: SGD): number[] => optimizer.paramGroups.map(({ lr }) => lr);

test("a schedule steers every group from its own learning rate", () => {
  const optimizer = twoGroups();
  const scheduler = new StepLR(optimizer, { stepSize: 2, gamma: 0.5 });
  assertEquals(rates(optimizer), [1, 0.5]);
  for (let i = 0; i < 5; i++) scheduler.step();
  assertEquals(rates(optimizer), [0.25, 0.125]);
  assertEquals(scheduler.getLastLr(), [0.25, 0.125]);
  assertEquals(scheduler.lastEpoch, 5);
});

test("a cosine falls to its least rate, and rises to where it began", () => {
  const optimizer = twoGroups();
  const scheduler = new CosineAnnealingLR(optimizer, { tMax: 4, etaMin: 0.25 });
  const seen = Array.from({ length: 8 }, () => {
    scheduler.step();
    return rates(optimizer)[0];
  });
  assertEquals(seen[1], 0.625);
  assertEquals(seen[3], 0.25);
  assertEquals(seen[7], 1);
  assert(Math.abs(seen[0] - seen[6]) < 1e-15);
});

test("a schedule of one's own is a formula, and sets the rate of epoch 0 at once", () => {
  class WarmUp extends LRScheduler<{ readonly epochs: number }> {
    protected override faults(): string[] {
      return [];
    }
    protected override rate({ base, epoch }: ScheduledGroup, { epochs }: { epochs: number }) {
      return base * Math.min(1, (epoch + 1) / epochs);
    }
  }
  const optimizer = twoGroups();
  const scheduler = new WarmUp(optimizer, { epochs: 4 });
  assertEquals(rates(optimizer), [0.25, 0.125]);
  for (let i = 0; i < 9; i++) scheduler.step();
  assertEquals(rates(optimizer), [1, 0.5]);
});

test("schedule and optimizer continue from their saved states", () => {
  const optimizer = twoGroups();
  const scheduler = new CosineAnnealingLR(optimizer, { tMax: 10, etaMin: 0.1 });
  for (let i = 0; i < 3; i++) scheduler.step();
  const saved = JSON.parse(JSON.stringify(scheduler.stateDict()));
  const savedOptimizer = JSON.parse(JSON.stringify(optimizer.stateDict()));
  const settings = { T_max: 10, eta_min: 0.1 };
  const _last_lr = rates(optimizer);
  assertEquals(saved, { ...settings, last_epoch: 3, base_lrs: [1, 0.5], _last_lr });

  const other = twoGroups();
  other.loadStateDict(savedOptimizer);
  assertEquals(rates(other), rates(optimizer));
  const resumed = new CosineAnnealingLR(other, { tMax: 3 });
  resumed.loadStateDict(saved);
  for (const s of [scheduler, resumed]) s.step();
  assertEquals(rates(other), rates(optimizer));
});

test("the rates are the saved ones, in whatever order optimizer and schedules are loaded", () => {
  const make = () => {
    const optimizer = twoGroups();
    const warmUp = new ConstantLR(optimizer, { factor: 0.5, totalIters: 2 });
    const decay = new ExponentialLR(optimizer, { gamma: 0.5 });
    return { optimizer, warmUp, decay };
  };
  const run = make();
  for (const scheduler of [run.warmUp, run.decay]) scheduler.step();
  run.optimizer.paramGroups[1].lr *= 3; // by hand
  const expected = rates(run.optimizer);
  const names = ["optimizer", "warmUp", "decay"] as const;
  const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
  for (const order of orders) {
    const resumed = make();
    for (const i of order) {
      const name = names[i];
      if (name === "optimizer") resumed.optimizer.loadStateDict(run.optimizer.stateDict());
      else resumed[name].loadStateDict(run[name].stateDict());
    }
    assertEquals(rates(resumed.optimizer), expected, String(order));
  }
  // A schedule that is loaded alone, or after further steps, sets its own rates.
  const { optimizer, decay } = make();
  optimizer.loadStateDict(run.optimizer.stateDict());
  optimizer.step();
  decay.loadStateDict(run.decay.stateDict());
  assertEquals(rates(optimizer), run.decay.getLastLr());

  // The momentum goes with the rates.
  const cyclic = () => {
    const optimizer = withMomentum();
    return { optimizer, cycle: new CyclicLR(optimizer, { baseLr: 0.1, maxLr: 1 }) };
  };
  const saved = cyclic();
  saved.optimizer.paramGroups[0].momentum = 0.123;
  for (const optimizerFirst of [true, false]) {
    const { optimizer, cycle } = cyclic();
    if (optimizerFirst) optimizer.loadStateDict(saved.optimizer.stateDict());
    cycle.loadStateDict(saved.cycle.stateDict());
    if (!optimizerFirst) optimizer.loadStateDict(saved.optimizer.stateDict());
    assertEquals(optimizer.paramGroups[0].momentum, 0.123);
  }
});

test("a new schedule on an optimizer that was loaded goes on from its rates", () => {
  const optimizer = twoGroups();
  const scheduler = new StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
  scheduler.step();
  const other = twoGroups();
  other.loadStateDict(optimizer.stateDict());
  assertEquals(rates(other), [0.5, 0.25]);
  const next = new StepLR(other, { stepSize: 1, gamma: 0.5 });
  assertEquals(next.getLastLr(), [0.5, 0.25]);
  assertEquals(next.stateDict().base_lrs, [1, 0.5]);
});

test("settings that make no sense are refused, and leave the optimizer alone", () => {
  const optimizer = twoGroups();
  assertThrows(() => new StepLR(optimizer, { stepSize: 0 }), ValueError);
  assertThrows(() => new StepLR(optimizer, { stepSize: 1.5 }), ValueError);
  assertThrows(() => new StepLR(optimizer, { stepSize: 2, gamma: NaN }), ValueError);
  assertThrows(() => new CosineAnnealingLR(optimizer, { tMax: -1 }), ValueError);
  assertThrows(() => new CosineAnnealingLR(optimizer, { tMax: 2, etaMin: Infinity }), ValueError);
  assert(optimizer.paramGroups.every((group) => group.initialLr === undefined));
});

test("a bad saved state is refused with all that is wrong, and changes nothing", () => {
  const optimizer = twoGroups();
  const scheduler = new StepLR(optimizer, { stepSize: 3 });
  const before = scheduler.stateDict();
  const bad = { step_size: 0, extra: 1, last_epoch: -1, base_lrs: [1] };
  const error = assertThrows(() => scheduler.loadStateDict(bad), StateDictError);
  for (const part of [/no "gamma"/, /stepSize is 0/, /"extra"/, /"last_epoch"/, /"base_lrs"/]) {
    assertMatch(error.message, part);
  }
  assertThrows(
    () => scheduler.loadStateDict({ ...before, _last_lr: [1, NaN] }),
    Error,
    '"_last_lr"',
  );
  assertThrows(() => scheduler.loadStateDict(null as never), StateDictError);
  assertSame(scheduler.stateDict(), before);
  assertEquals(rates(optimizer), [1, 0.5]);
});

test("a rate that was written by hand is kept, and scaled as the schedule goes on", () => {
  const optimizer = twoGroups();
  const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
  scheduler.step();
  optimizer.paramGroups[0].lr = 8;
  scheduler.step();
  assertEquals(rates(optimizer), [4, 0.125]);
});

test("a factor of 0 ends: the rate comes back", () => {
  const optimizer = twoGroups();
  const scheduler = new ConstantLR(optimizer, { factor: 0, totalIters: 2 });
  const seen = Array.from({ length: 3 }, () => {
    const { lr } = optimizer.paramGroups[0];
    scheduler.step();
    return lr;
  });
  assertSame(seen, [0, 0, 1]);
});

test("a cycle steers the first beta of Adam, and leaves the second", () => {
  const adam = new Adam([tensor([1], { requiresGrad: true })], { betas: [0.9, 0.5] });
  new OneCycleLR(adam, { maxLr: 1, totalSteps: 10, maxMomentum: 0.75 });
  assertEquals(adam.paramGroups[0].betas, [0.75, 0.5]);
});

test("one cycle ends: a further step is refused, and changes nothing", () => {
  const optimizer = twoGroups();
  const options = { maxLr: 1, totalSteps: 5, annealStrategy: "linear" } as const;
  const scheduler = new OneCycleLR(optimizer, options);
  for (let step = 0; step < 5; step++) scheduler.step();
  const last = rates(optimizer);
  assert(Math.abs(last[0] - 1 / 25 / 1e4) < 1e-18);
  assertThrowsMessage(
    () => scheduler.step(),
    ValueError,
    /^Cannot step OneCycleLR 6 times: its cycle has 5 steps/,
  );
  assertEquals(rates(optimizer), last);
  assertEquals(scheduler.lastEpoch, 5);
});

test("functions are asked for the epoch, one for each group, and are not saved", () => {
  const optimizer = twoGroups();
  const scheduler = new LambdaLR(optimizer, { lrLambda: [(t) => 1 + t, (t) => 2 * t] });
  scheduler.step();
  assertEquals(rates(optimizer), [2, 1]);
  assertEquals(Object.keys(scheduler.stateDict()), ["last_epoch", "base_lrs", "_last_lr"]);
  const asked: number[] = [];
  const lrLambda = (t: number): number => {
    asked.push(t);
    return 0.5;
  };
  const product = new MultiplicativeLR(twoGroups(), { lrLambda });
  for (let step = 0; step < 3; step++) product.step();
  assertEquals(asked, [1, 2, 3]);
});

test("what is no number is refused as a factor or a rate, and leaves the optimizer alone", () => {
  for (const wrong of [undefined, null, NaN, Infinity, "0.5"]) {
    for (const Schedule of [LambdaLR, MultiplicativeLR]) {
      const optimizer = twoGroups();
      const lrLambda = (t: number): number => t < 2 ? 0.5 : wrong as number;
      const scheduler = new Schedule(optimizer, { lrLambda });
      scheduler.step();
      const before = rates(optimizer);
      for (let round = 0; round < 2; round++) {
        assertThrows(
          () => scheduler.step(),
          ValueError,
          `Cannot schedule by lrLambda(2), which is ${
            typeof wrong === "string" ? '"0.5"' : wrong
          }: it must be a finite number`,
        );
        assertEquals([rates(optimizer), scheduler.lastEpoch], [before, 1]);
      }
    }
  }
  class Wrong extends LRScheduler {
    protected override faults(): string[] {
      return [];
    }
    protected override rate({ epoch }: ScheduledGroup): number {
      return epoch === 0 ? 1 : NaN;
    }
  }
  const scheduler = new Wrong(twoGroups(), {});
  assertThrows(
    () => scheduler.step(),
    ValueError,
    "Cannot set the learning rate of group 0 in epoch 1 to NaN: Wrong must return a finite number",
  );
});

test("options of every schedule are checked", () => {
  const o = twoGroups();
  const other = twoGroups();
  const steps = { totalSteps: 10 };
  const bad: readonly [() => unknown, RegExp][] = [
    [() => new MultiStepLR(o, { milestones: [3, 2] }), /milestones are \[3,2\], and must rise/],
    [() => new MultiStepLR(o, { milestones: [-1] }), /milestones\[0\] is -1/],
    [() => new MultiStepLR(o, { milestones: 3 } as never), /milestones is 3, and must be a list/],
    [() => new ExponentialLR(o, { gamma: NaN }), /gamma is NaN/],
    [() => new ConstantLR(o, { factor: 1.5 }), /factor is 1\.5, and must be from 0 to 1/],
    [() => new LinearLR(o, { startFactor: 0 }), /startFactor is 0, and must be above/],
    [() => new LinearLR(o, { endFactor: 2, totalIters: 0 }), /endFactor is 2.*totalIters is 0/],
    [() => new PolynomialLR(o, { power: 0 }), /power is 0/],
    [() => new CosineAnnealingWarmRestarts(o, { t0: 0, tMult: 0.5 }), /t0 is 0.*tMult is 0\.5/],
    [() => new LambdaLR(o, { lrLambda: [() => 1] }), /lrLambda must be a function, or 2 functions/],
    [() => new OneCycleLR(o, { maxLr: 1 }), /totalSteps is NaN.*give epochs and stepsPerEpoch/],
    [
      () => new OneCycleLR(o, { maxLr: [1], ...steps }),
      /maxLr is \[1\], and must be 2 numbers, one for each group/,
    ],
    [
      () => new OneCycleLR(o, { maxLr: 1, ...steps, annealStrategy: "x" as "cos" }),
      /"x".*"linear"/,
    ],
    [
      () =>
        new OneCycleLR(new Adagrad([tensor([1], { requiresGrad: true })]), { maxLr: 1, ...steps }),
      /Adagrad has no momentum to set; set cycleMomentum to false/,
    ],
    [() => new CyclicLR(o, { baseLr: NaN, maxLr: 1 }), /baseLr is \[NaN, NaN\]/],
    [() => new CyclicLR(o, { baseLr: 0, maxLr: 1, stepSizeUp: 0 }), /stepSizeUp is 0/],
    [() => new ReduceLROnPlateau(o, { factor: 1 }), /factor is 1, and must be between 0 and 1/],
    [() => new ReduceLROnPlateau(o, { mode: "up" as "min", patience: -1 }), /"up".*patience is -1/],
    [() => new SequentialLR(o, { schedulers: [], milestones: [] }), /0 milestones between 0/],
    [
      () => new SequentialLR(o, { schedulers: [], milestones: 3 } as never),
      /milestones is 3, and must be/,
    ],
    [
      () =>
        new SequentialLR(o, {
          schedulers: [new StepLR(other, { stepSize: 1 }), new StepLR(other, { stepSize: 1 })],
          milestones: [0],
        }),
      /milestones\[0\] is 0.*schedulers\[0\] is for another optimizer/,
    ],
  ];
  for (const [make, message] of bad) assertThrowsMessage(make, ValueError, message);
  assertEquals(rates(o), [1, 0.5]);
});

test("a bad state of a sequence changes none of its schedules", () => {
  const optimizer = twoGroups();
  const schedulers = [
    new ConstantLR(optimizer, { totalIters: 2 }),
    new StepLR(optimizer, { stepSize: 3 }),
  ];
  const sequence = new SequentialLR(optimizer, { schedulers, milestones: [4] });
  for (let step = 0; step < 5; step++) sequence.step();
  const before = sequence.stateDict();
  const found = rates(optimizer);
  const [first, second] = before._schedulers;
  const refused = (state: unknown, message: RegExp): void => {
    assertThrowsMessage(
      () => sequence.loadStateDict(state as typeof before),
      StateDictError,
      message,
    );
    assertEquals(sequence.stateDict(), before);
    assertEquals(rates(optimizer), found);
  };
  refused(null, /must be lists/);
  refused({ ...before, _schedulers: [first] }, /it has 1 schedules, expected 2/);
  refused({ ...before, _milestones: [] }, /0 milestones between 2 schedules/);
  refused({ ...before, last_epoch: 0.5 }, /last_epoch is 0\.5/);
  const wrong = [{ ...first, factor: 0.5 }, { ...second, gamma: "x" }];
  refused({ ...before, _schedulers: wrong }, /"gamma" is a string, not a number/);
});

test("a plateau takes tensors, and refuses a bad state", () => {
  const optimizer = twoGroups();
  const scheduler = new ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.5 });
  assertThrowsMessage(
    () => scheduler.step(undefined as unknown as number),
    ValueError,
    "Cannot step ReduceLROnPlateau without a number: pass a measure, such as the loss",
  );
  scheduler.step(tensor(2));
  scheduler.step(tensor([2]));
  assertEquals(rates(optimizer), [0.5, 0.25]);
  assertEquals(scheduler.lastEpoch, 2);
  const before = scheduler.stateDict();
  const bad = { ...before, mode: "up", best: NaN, min_lrs: [0] };
  assertThrowsMessage(
    () => scheduler.loadStateDict(bad),
    StateDictError,
    /"min_lrs" is a list of 1, not a list of 2; mode is "up".*best is NaN/,
  );
  assertSame(scheduler.stateDict(), before);
});
