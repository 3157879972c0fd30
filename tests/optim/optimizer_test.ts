import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  DTypeError,
  getNumThreads,
  GradientError,
  isGradEnabled,
  memory,
  noGrad,
  OutOfMemoryError,
  ReleasedError,
  setNumThreads,
  StateDictError,
  type Tensor,
  tensor,
  ValueError,
} from "../../mod.ts";
import {
  Adadelta,
  Adam,
  Adamax,
  Lion,
  NAdam,
  type Optimizer,
  RAdam,
  SGD,
} from "../../src/optim/mod.ts";
import * as optim from "../../src/optim/mod.ts";
import { arena } from "../../src/storage/arena.ts";
import * as checkpoint from "../../src/utils/checkpoint.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

const learnt = { dtype: "float64", requiresGrad: true } as const;

/** Two parameters, and a loss in which each has a minimum of its own. */
function problem(): { params: Tensor[]; gradients: () => void } {
  const a = tensor([[1, -2], [3, 0.5]], learnt);
  const b = tensor([0.25, -1, 2], learnt);
  return {
    params: [a, b],
    gradients: () => a.sub(1).square().sum().add(b.tanh().square().sum()).backward(),
  };
}

function train(optimizer: Optimizer, gradients: () => void, steps: number): void {
  for (let i = 0; i < steps; i++) {
    optimizer.zeroGrad();
    gradients();
    optimizer.step();
  }
}

const valuesOf = (tensors: Iterable<Tensor>) => [...tensors].map((x) => x.toArray());

const KINDS: readonly [string, (params: Iterable<Tensor>) => Optimizer][] = [
  ["SGD", (params) => new SGD(params, { lr: 0.1, momentum: 0.9, dampening: 0.5 })],
  ["Adam", (params) => new Adam(params, { lr: 0.1, amsgrad: true })],
  ["NAdam", (params) => new NAdam(params, { lr: 0.1 })],
  ["RAdam", (params) => new RAdam(params, { lr: 0.1 })],
  ["Adamax", (params) => new Adamax(params, { lr: 0.1 })],
  ["Adadelta", (params) => new Adadelta(params, { lr: 1, weightDecay: 0.1 })],
  ["Lion", (params) => new Lion(params, { lr: 0.1, weightDecay: 0.1 })],
];

for (const [name, make] of KINDS) {
  test(`${name} continues from its saved state as if it had never stopped`, () => {
    const original = problem();
    const optimizer = make(original.params);
    train(optimizer, original.gradients, 5);

    const copy = problem();
    noGrad(() => copy.params.forEach((x, i) => x.copy_(original.params[i])));
    const resumed = make(copy.params);
    resumed.loadStateDict(optimizer.stateDict());

    train(optimizer, original.gradients, 5);
    train(resumed, copy.gradients, 5);
    assertEquals(valuesOf(copy.params), valuesOf(original.params));
  });

  test(`${name} computes the same when memory is short`, () => {
    const plenty = problem();
    const expected = make(plenty.params);
    train(expected, plenty.gradients, 4);

    const short = problem();
    const optimizer = make(short.params);
    const { limit, spills } = memory.stats();
    // A thread that has yet to compile a kernel needs memory for it.
    const threads = getNumThreads();
    setNumThreads(1);
    try {
      for (let i = 0; i < 4; i++) {
        optimizer.zeroGrad();
        short.gradients();
        memory.setLimit(1024);
        optimizer.step();
        memory.setLimit(limit);
      }
    } finally {
      memory.setLimit(limit);
      setNumThreads(threads);
    }
    assert(memory.stats().spills > spills);
    assertEquals(valuesOf(short.params), valuesOf(plenty.params));
  });

  test(`${name} updates a parameter and its state by one kernel`, () => {
    const { params: [a], gradients } = problem();
    const optimizer = make([a]);
    train(optimizer, gradients, 1);
    optimizer.zeroGrad();
    gradients();
    const before = arena.tick;
    optimizer.step();
    // The other tick is that of the step itself, which makes room for all arrays first.
    assertEquals(arena.tick - before, 2);
  });

  test(`${name} reads a gradient in the memory of the parameter before it writes there`, () => {
    const [x, other] = [0, 1].map(() => tensor([[1, -2], [3, 0.5]], learnt));
    x.grad = x.detach().T;
    other.grad = x.grad.clone();
    make([x]).step();
    make([other]).step();
    assertEquals(x.toArray(), other.toArray());
  });

  test(`${name} leaves parameters without a gradient alone`, () => {
    const { params: [a, b] } = problem();
    const optimizer = make([a, b]);
    const before = b.toArray();
    a.square().sum().backward();
    optimizer.step();
    optimizer.step();
    assertEquals(b.toArray(), before);
    assertEquals(Object.keys(optimizer.stateDict().state), ["0"]);
  });
}

test("a group has its own hyperparameters, and takes the others from the optimizer", () => {
  const a = tensor([1], learnt);
  const b = tensor([1], learnt);
  const c = tensor([1], learnt);
  const optimizer = new SGD([{ params: [a] }, { params: [b], lr: 0.5 }], { lr: 0.25 });
  optimizer.addParamGroup({ params: [c], lr: 1, weightDecay: 0.125 });
  a.add(b).add(c).backward(tensor([1], { dtype: "float64" }));
  optimizer.step();
  assertEquals([a.item(), b.item(), c.item()], [0.75, 0.5, 1 - 1.125]);
  assertEquals(optimizer.paramGroups.map(({ lr }) => lr), [0.25, 0.5, 1]);
});

test("a learning rate that is changed between steps counts", () => {
  const x = tensor([1], learnt);
  const optimizer = new SGD([x], { lr: 0.25 });
  optimizer.paramGroups[0].lr = 0.5;
  x.sum().backward();
  optimizer.step();
  assertEquals(x.item(), 0.5);
});

test("parameters may come from a generator", () => {
  const { params, gradients } = problem();
  function* walk() {
    yield* params;
  }
  const optimizer = new SGD(walk(), { lr: 0.1 });
  const before = valuesOf(params);
  train(optimizer, gradients, 1);
  assertNotEquals(valuesOf(params), before);
});

test("zeroGrad takes the gradients away, and their memory is used again", () => {
  const x = tensor(new Float64Array(1 << 16), { requiresGrad: true });
  const optimizer = new SGD([x], { lr: 0.1, momentum: 0.9 });
  const step = (): void => train(optimizer, () => x.sum().backward(), 1);
  for (let i = 0; i < 3; i++) step();
  const gradient = x.grad!;
  const { resident } = memory.stats();
  for (let i = 0; i < 20; i++) step();
  // Each step leaves its loss, which is kept: a few bytes, far less than one gradient.
  assert(memory.stats().resident - resident < gradient.numel());
  assertThrows(() => gradient.toArray(), ReleasedError);
  optimizer.zeroGrad();
  assertEquals(x.grad, null);
});

test("a non-contiguous parameter and gradient are updated in place", () => {
  const base = tensor([[1, 2, 3], [4, 5, 6]], { dtype: "float64" });
  const x = base.T.detach().requiresGrad_();
  const optimizer = new SGD([x], { lr: 0.5, momentum: 0.5 });
  x.grad = tensor([[1, 2, 3], [4, 5, 6]], { dtype: "float64" }).T;
  optimizer.step();
  optimizer.step();
  assertEquals(base.toArray(), [[-0.25, -0.5, -0.75], [-1, -1.25, -1.5]]);
});

test("a closure computes the loss with recording on, and step returns it", () => {
  const { params, gradients } = problem();
  const optimizer = new SGD(params, { lr: 0.1 });
  const before = valuesOf(params);
  const loss = noGrad(() =>
    optimizer.step(() => {
      assertEquals(isGradEnabled(), true);
      gradients();
      return 42;
    })
  );
  assertEquals(loss, 42);
  assertNotEquals(valuesOf(params), before);
});

test("a graph that needs the old value of a parameter notices the step", () => {
  const x = tensor([1, 2], learnt);
  const optimizer = new SGD([x], { lr: 0.1 });
  const late = x.square().sum();
  x.sum().backward();
  optimizer.step();
  assertThrows(() => late.backward(), GradientError);
});

test("a step with a gradient that was freed changes nothing", () => {
  const { params: [a, b], gradients } = problem();
  const optimizer = new SGD([a, b], { lr: 0.1, momentum: 0.9 });
  gradients();
  const before = valuesOf([a, b]);
  b.grad![Symbol.dispose]();
  assertThrows(() => optimizer.step(), ReleasedError);
  assertEquals(valuesOf([a, b]), before);
});

test("a step for which memory is too small changes nothing, and can be taken later", () => {
  const run = (interrupt: boolean): unknown => {
    const small = tensor([1, 2], learnt);
    const large = tensor(new Float64Array(1 << 12).fill(0.5), { requiresGrad: true });
    const optimizer = new SGD([small, large], { lr: 0.1, momentum: 0.9, dampening: 0.5 });
    small.square().sum().add(large.square().sum()).backward();
    if (interrupt) {
      const { limit } = memory.stats();
      try {
        memory.setLimit(large.numel() * 8 * 1.5);
        assertThrows(() => optimizer.step(), OutOfMemoryError);
      } finally {
        memory.setLimit(limit);
      }
      assertEquals(small.toArray(), [1, 2]);
      assertEquals(optimizer.stateDict().state, {});
    }
    optimizer.step();
    optimizer.step();
    return valuesOf([small, large]);
  };
  assertEquals(run(true), run(false));
});

test("parameters that make no sense are refused", () => {
  const x = tensor([1, 2], learnt);
  const y = tensor([1], learnt);
  const make = (params: unknown) => () => new SGD(params as Iterable<Tensor>, { lr: 0.1 });
  assertThrows(make([]), ValueError);
  assertThrows(make([{ params: [] }]), ValueError);
  assertThrows(make([x, y, x]), ValueError, "parameter 2 of shape [2] twice");
  assertThrows(
    make([{ params: [x] }, { params: [y, x] }]),
    Error,
    "parameter 1 of shape [2] twice",
  );
  assertThrows(make([x.mul(2)]), ValueError, "result of recorded operations");
  assertThrows(make(x), ValueError, "a single tensor");
  assertThrows(make([3]), ValueError, "entry 0, which is of type number");
  assertThrows(make(() => [x]), ValueError, "pass model.parameters()");
  assertThrows(make([tensor([1], { dtype: "int32" })]), DTypeError);
});

test("hyperparameters that make no sense are refused, all at once", () => {
  const x = [tensor([1], learnt)];
  assertThrows(() => new SGD(x, { lr: -1 }), ValueError);
  assertThrows(() => new SGD(x, { lr: NaN }), ValueError);
  assertThrowsMessage(
    () => new SGD(x, { momentum: -0.1, weightDecay: -1 }),
    ValueError,
    /momentum is -0\.1.*weightDecay is -1/,
  );
  assertThrowsMessage(
    () => new Adam(x, { betas: [0.9, 1], eps: NaN }),
    Error,
    "Cannot make Adam: betas[1] is 1, and must be at least 0 and less than 1; " +
      "eps is NaN, and must be a finite number, 0 or more",
  );
  assertThrows(() => new Adam(x, { eps: "0" as never }), ValueError, "eps of type string");
  assertThrows(() => new Adam(x, { betas: [0.9] as never }), ValueError, "must be a list of 2");
  assertThrows(() => new SGD(x, { nesterov: true }), ValueError);
  assertThrows(() => new SGD(x, { nesterov: true, momentum: 0.9, dampening: 0.1 }), ValueError);
  assertThrowsMessage(
    () => new SGD(x, 0.1 as never),
    ValueError,
    "Cannot make SGD with options of type number: pass an object that names them, such as " +
      "{ lr: … }",
  );
  assertThrowsMessage(
    () => new SGD(x, { weight_decay: 1 } as never),
    ValueError,
    'Cannot make SGD with option "weight_decay": its name is "weightDecay" here',
  );
  assertThrows(() => new SGD([{ params: x, lr: -1 }], { lr: 1 }), Error, "lr is -1");
  assertThrows(() => new Adam(x, { betas: [0.9, 1] }), Error, "betas[1] is 1");
  assertThrows(() => new Adam(x, { eps: -1 }), ValueError);
  new SGD(x, { lr: 0, momentum: undefined });
});

test("hyperparameters that a program sets wrong are refused by the step, which changes nothing", () => {
  const faults: [string, unknown, RegExp][] = [
    ["lr", NaN, /lr is NaN, and must be a finite number; set it in paramGroups\[1\]/],
    ["lr", "0.1", /lr is "0\.1"/],
    ["lr", undefined, /lr is undefined/],
    ["betas", [0.9], /betas is \[0\.9\], and must be a list of 2/],
    ["betas", [0.9, 1], /betas\[1\] is 1/],
    ["weightDecay", null, /weightDecay is null/],
    ["maximize", "no", /maximize is "no", and must be true or false/],
  ];
  for (const [name, value, message] of faults) {
    const [x, y] = [tensor([1], learnt), tensor([2], learnt)];
    const optimizer = new Adam([{ params: [x] }, { params: [y] }], { lr: 0.5 });
    x.mul(y).sum().backward();
    const group = optimizer.paramGroups[1] as unknown as Record<string, unknown>;
    const right = group[name];
    group[name] = value;
    assertThrowsMessage(() => optimizer.step(), ValueError, message);
    assertEquals([x.item(), y.item()], [1, 2]);
    group[name] = right;
    optimizer.step();
    assert(Math.abs(x.item() - 0.5) < 1e-6 && Math.abs(y.item() - 1.5) < 1e-6);
  }
  const x = tensor([1], learnt);
  const lbfgs = new optim.LBFGS([x]);
  lbfgs.paramGroups[0].lr = NaN;
  assertThrows(() => lbfgs.step(() => x.sum()), ValueError, "Cannot step LBFGS: lr is NaN");
  // A schedule may end a rounding error below 0.
  const sgd = new SGD([x], { lr: 1 });
  sgd.paramGroups[0].lr = -1e-18;
  sgd.step();
  const resumed = new SGD([x], { lr: 1 });
  resumed.loadStateDict(sgd.stateDict());
  assertEquals(resumed.paramGroups[0].lr, -1e-18);
});

test("a group that is refused is not added", () => {
  const { params: [a, b] } = problem();
  const optimizer = new SGD([a], { lr: 0.1 });
  assertThrows(() => optimizer.addParamGroup({ params: [b, a] }), ValueError);
  assertThrows(() => optimizer.addParamGroup({ params: [b], lr: -1 }), ValueError);
  assertEquals(optimizer.paramGroups.length, 1);
});

test("options that are switched on and off in the middle leave a state that continues", () => {
  const { SGD, Adam, AdamW, RMSprop } = optim;
  // Each change is made after two steps, and holds for `steps` before the state is saved.
  const cases: [(params: Tensor[]) => Optimizer, object[]][] = [
    [(x) => new Adam(x, { lr: 0.1 }), [{ amsgrad: true }, { amsgrad: false }]],
    [(x) => new AdamW(x, { lr: 0.1, amsgrad: true }), [{ amsgrad: false }, { amsgrad: true }]],
    [(x) => new SGD(x, { lr: 0.1, dampening: 0.5 }), [{ momentum: 0.9 }, { momentum: 0 }]],
    [(x) => new SGD(x, { lr: 0.1, momentum: 0.9 }), [{ momentum: 0 }, { momentum: 0.9 }]],
    [(x) => new RMSprop(x, { lr: 0.1 }), [{ momentum: 0.9, centered: true }, { momentum: 0 }]],
    [(x) => new RMSprop(x, { lr: 0.1, momentum: 0.9 }), [{ momentum: 0 }, { momentum: 0.9 }]],
  ];
  for (const [make, [first, second]] of cases) {
    for (const steps of [0, 1, 2]) {
      const original = problem();
      const optimizer = make(original.params);
      train(optimizer, original.gradients, 2);
      Object.assign(optimizer.paramGroups[0], first);
      train(optimizer, original.gradients, steps);

      const copy = problem();
      noGrad(() => copy.params.forEach((x, i) => x.copy_(original.params[i])));
      const resumed = make(copy.params);
      const { saved } = checkpoint.deserialize<{ saved: optim.OptimizerState }>(
        checkpoint.serialize({ saved: optimizer.stateDict() }),
      );
      resumed.loadStateDict(saved);
      for (const [run, { gradients }] of [[optimizer, original], [resumed, copy]] as const) {
        train(run, gradients, 2);
        Object.assign(run.paramGroups[0], second);
        train(run, gradients, 2);
      }
      assertEquals(valuesOf(copy.params), valuesOf(original.params));
      assertSame(snapshot(resumed), snapshot(optimizer));
    }
  }
});

test("a bad saved state is refused with all that is wrong, and changes nothing", () => {
  const original = problem();
  const optimizer = new Adam(original.params, { lr: 0.1 });
  train(optimizer, original.gradients, 3);
  const saved = optimizer.stateDict();
  const group = saved.param_groups[0];
  const before = snapshot(optimizer);

  const bad = {
    state: {
      0: { ...saved.state[0], exp_avg: tensor([1, 2]), extra: 1 },
      1: { step: -1, exp_avg: saved.state[1].exp_avg },
      7: {},
    },
    param_groups: [{ ...group, lr: NaN, eps: "tiny" as never, amsgrad: true, foreach: true }],
  };
  const refused = (state: unknown, ...parts: RegExp[]): void => {
    const error = assertThrows(
      () => optimizer.loadStateDict(state as typeof saved),
      StateDictError,
    );
    for (const part of parts) assertMatch(error.message, part);
    assertSame(snapshot(optimizer), before);
  };
  refused(
    bad,
    /^Cannot load state into Adam: /,
    /lr is NaN/,
    /"eps" is a string, not a number/,
    /unexpected "foreach"/,
    /state\[0\]: "exp_avg" is \[2\], expected \[2, 2\]/,
    /state\[0\] has an unexpected "extra"/,
    /state\[0\] has no "max_exp_avg_sq"/,
    /state\[1\]: step is -1/,
    /state\[1\] has no "exp_avg_sq"/,
    /state\[7\] belongs to no parameter/,
  );
  refused({ ...saved, param_groups: [group, group] }, /2 groups, expected 1/);
  refused({ ...saved, param_groups: [{ ...group, params: [0] }] }, /1 parameter, expected 2/);
  refused({ ...saved, param_groups: [{ ...group, params: [0, 0] }] }, /names parameter 0 again/);
  refused({}, /"state" is missing/, /"param_groups" is missing/);
  refused(null, /"state" is missing/);
  refused({ ...saved, param_groups: [null] }, /0 parameters, expected 2/);
  const odd = { toString: 1 };
  refused({ ...saved, param_groups: [{ ...group, lr: odd }] }, /"lr" is an object, not a number/);
  refused({ ...saved, state: { 0: { ...saved.state[0], step: odd } } }, /step is of type object/);
  const { exp_avg: _, ...lacking } = saved.state[0];
  refused({ ...saved, state: { 0: { ...lacking, exp_avg: null } } }, /state\[0\] has no "exp_avg"/);
  refused(
    { state: { 0: lacking }, param_groups: [{ ...group, amsgrad: true }] },
    /state\[0\] has no "exp_avg"; state\[0\] has no "max_exp_avg_sq"/,
  );
  // A tensor that was freed is found out only while it is copied, after the first one.
  const freed = saved.state[1].exp_avg_sq as Tensor;
  const dead = freed.clone();
  dead[Symbol.dispose]();
  assertThrows(() =>
    optimizer.loadStateDict({
      ...saved,
      param_groups: [{ ...group, lr: 9 }],
      state: { ...saved.state, 1: { ...saved.state[1], exp_avg_sq: dead } },
    }), ReleasedError);
  assertSame(snapshot(optimizer), before);
});

/** The saved state in plain numbers. */
function snapshot(optimizer: Optimizer): unknown {
  const { state, param_groups } = optimizer.stateDict();
  const plain = Object.values(state).map((entry) =>
    Object.values(entry).map((x) => (typeof x === "number" || x === null ? x : x.toArray()))
  );
  return [plain, param_groups];
}

test("a loaded state is a copy", () => {
  const { params, gradients } = problem();
  const optimizer = new SGD(params, { lr: 0.1, momentum: 0.9 });
  train(optimizer, gradients, 2);
  const copy = problem();
  const other = new SGD(copy.params, { lr: 1, momentum: 0.5 });
  other.loadStateDict(optimizer.stateDict());
  const before = snapshot(optimizer);
  train(other, copy.gradients, 2);
  assertSame(snapshot(optimizer), before);
  assertEquals(other.paramGroups[0].lr, 0.1);
});

test("numbers that an optimizer remembers are saved, checked, and may be tensors as PyTorch's", () => {
  const { params, gradients } = problem();
  const optimizer = new NAdam(params, { lr: 0.1 });
  train(optimizer, gradients, 2);
  const saved = optimizer.stateDict();
  const product = saved.state[0].mu_product as number;
  const momentum = (t: number): number => 0.9 * (1 - 0.5 * 0.96 ** (t * 0.004));
  assert(Math.abs(product - momentum(1) * momentum(2)) < 1e-15);
  const with_ = (value: unknown) =>
    ({
      ...saved,
      state: { ...saved.state, 0: { ...saved.state[0], mu_product: value } },
    }) as typeof saved;
  optimizer.loadStateDict(with_(tensor(0.5)));
  assertEquals(optimizer.stateDict().state[0].mu_product, 0.5);
  for (const bad of [null, NaN, tensor([1, 2])]) {
    assertThrows(
      () => optimizer.loadStateDict(with_(bad)),
      StateDictError,
      'state[0] has no finite number "mu_product"',
    );
  }
  assertEquals(optimizer.stateDict().state[0].mu_product, 0.5);
});

for (const maximize of [false, true]) {
  test(`Lion follows algorithm 2 of its paper${maximize ? ", upwards" : ""}`, () => {
    const start = [1.5, -0.25, 0.75];
    const [lr, beta1, beta2, decay] = [0.05, 0.8, 0.9, 0.2];
    const x = tensor(start, learnt);
    const options = { lr, betas: [beta1, beta2], weightDecay: decay, maximize } as const;
    const optimizer = new Lion([x], options);
    const p = [...start];
    const m = [0, 0, 0];
    const slope = maximize ? -1 : 1;
    for (let step = 0; step < 50; step++) {
      optimizer.zeroGrad();
      x.square().sum().mul(0.5).backward();
      optimizer.step();
      for (let i = 0; i < 3; i++) {
        const g = slope * p[i];
        const c = beta1 * m[i] + (1 - beta1) * g;
        m[i] = beta2 * m[i] + (1 - beta2) * g;
        p[i] -= lr * (Math.sign(c) + decay * p[i]);
      }
      x.data.forEach((value, i) => assert(Math.abs(value - p[i]) < 1e-12, `step ${step}`));
    }
  });
}

test("hyperparameters of every optimizer are checked", () => {
  const x = [tensor([1], learnt)];
  const bad: readonly [() => unknown, RegExp][] = [
    [() => new Adadelta(x, { rho: 1 }), /Cannot make Adadelta: rho is 1, and must be at least 0/],
    [() => new Adadelta(x, { rho: 0 }), /rho is 0, and must be above/],
    [() => new NAdam(x, { momentumDecay: -1 }), /Cannot make NAdam: momentumDecay is -1/],
    [() => new RAdam(x, { betas: [0.9, 1] }), /Cannot make RAdam: betas\[1\] is 1/],
    [() => new Adamax(x, { eps: -1 }), /Cannot make Adamax: eps is -1/],
    [() => new optim.Rprop(x, { etas: [1, 1.2] }), /Cannot make Rprop: etas are \[1,1.2\]/],
    [() => new optim.Rprop(x, { stepSizes: [2, 1] }), /stepSizes are \[2,1\], and must be above 0/],
    [() => new optim.ASGD(x, { t0: -1 }), /Cannot make ASGD: t0 is -1/],
    [() => new Lion(x, { betas: [NaN, 0.9] }), /Cannot make Lion: betas\[0\] is NaN/],
  ];
  for (const [make, message] of bad) assertThrowsMessage(make, ValueError, message);
});

test("every optimizer and every schedule refuses an option that it does not have", () => {
  const params = [tensor([1], learnt)];
  const optimizer = new SGD(params, { momentum: 0.9 });
  const classes = Object.entries(optim).filter(([name]) =>
    /^[A-Z]/.test(name) && !["Optimizer", "LRScheduler", "AveragedModel"].includes(name)
  ) as unknown as [string, new (first: unknown, options: unknown) => unknown][];
  assertEquals(classes.length, 29);
  for (const [name, Class] of classes) {
    const first = Class.prototype instanceof optim.Optimizer ? params : optimizer;
    assertThrowsMessage(
      () => new Class(first, { nonsense: 1 }),
      ValueError,
      new RegExp(`^Cannot make ${name} with option "nonsense": it takes `),
    );
  }
  // Without options, no schedule that needs some is made, and none fails with an error of the runtime.
  for (const [name, Class] of classes) {
    if (Class.prototype instanceof optim.Optimizer) continue;
    try {
      new Class(optimizer, undefined);
    } catch (error) {
      assertEquals((error as Error).name, "ValueError", name);
    }
  }
  assertThrowsMessage(
    () => new Adam(params, { betas: [0.9] } as never),
    Error,
    "Cannot make Adam: betas is [0.9], and must be a list of 2",
  );
  assertThrowsMessage(
    () => new SGD(params, { momentun: 0.9 } as never),
    Error,
    'Cannot make SGD with option "momentun": its name is "momentum" here',
  );
  const options = { baseLr: 0.1, maxLr: 1, step_size_up: 4 };
  assertThrowsMessage(
    () => new optim.CyclicLR(optimizer, options),
    Error,
    'Cannot make CyclicLR with option "step_size_up": its name is "stepSizeUp" here',
  );
});
