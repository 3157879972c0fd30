/** Every optimizer, with every option and every schedule, against 50 steps of PyTorch's. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Tensor, tensor } from "../../mod.ts";
import { kernelNames, setKernels } from "../support/kernels.ts";
import * as optim from "../../src/optim/mod.ts";

interface Case {
  readonly optimizer:
    | "SGD"
    | "Adam"
    | "AdamW"
    | "NAdam"
    | "RAdam"
    | "Adamax"
    | "RMSprop"
    | "Adagrad"
    | "Adadelta"
    | "Rprop"
    | "ASGD";
  readonly options: Readonly<Record<string, number | boolean>>;
  readonly schedule: "StepLR" | "CosineAnnealingLR" | null;
  readonly settings: Readonly<Record<string, number>>;
  readonly values: readonly (readonly number[])[];
  readonly rates: readonly number[];
}

const fixtures = new URL("../fixtures/optim.json", import.meta.url);
const { problem, cases } = JSON.parse(readFileSync(fixtures, "utf8")) as {
  problem: {
    x: number[][];
    y: number[][];
    w: number[][];
    b: number[];
    steps: number;
    recorded: number[];
    noBiasGradient: number[];
  };
  cases: Case[];
};

/** `weight_decay` → `weightDecay`, and `T_max` → `tMax`. */
function camelCase(options: Readonly<Record<string, number | boolean>>): Record<string, unknown> {
  const rename = (name: string): string =>
    name.replace(/^T/, "t").replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([name, v]) => [rename(name), v]));
}

function scheduleOf({ schedule, settings }: Case, optimizer: optim.Optimizer) {
  if (schedule === null) return null;
  return new optim[schedule](optimizer, camelCase(settings) as never) as optim.LRScheduler;
}

const float64 = { dtype: "float64" } as const;
const learnt = { dtype: "float64", requiresGrad: true } as const;

/** The parameters, and the function that leaves their gradients. */
function start(): { w: Tensor; b: Tensor; gradients: (step: number) => void } {
  const x = tensor(problem.x, float64);
  const y = tensor(problem.y, float64);
  const w = tensor(problem.w, learnt);
  const b = tensor(problem.b, learnt);
  const gradients = (step: number): void => {
    const error = x.matmul(w).add(b).tanh().sub(y).square().mean();
    error.add(w.square().square().sum().mul(0.1)).backward();
    if (problem.noBiasGradient.includes(step)) b.grad = null;
  };
  return { w, b, gradients };
}

/** The largest difference, relative to the largest value. */
function difference(found: readonly number[], expected: readonly number[]): number {
  const size = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(found[i] - value))) / size;
}

function follow(c: Case): void {
  const { w, b, gradients } = start();
  const optimizer: optim.Optimizer = new optim[c.optimizer]([w, b], camelCase(c.options));
  const scheduler = scheduleOf(c, optimizer);
  for (let step = 1; step <= problem.steps; step++) {
    optimizer.zeroGrad();
    gradients(step);
    optimizer.step();
    scheduler?.step();
    if (scheduler !== null) {
      const { lr } = optimizer.paramGroups[0];
      assert(Math.abs(lr - c.rates[step - 1]) < 1e-12, `rate ${lr} after step ${step}`);
    }
    const row = problem.recorded.indexOf(step);
    if (row < 0) continue;
    const off = difference([...w.data, ...b.data], c.values[row]);
    assert(off < 1e-9, `off by ${off} after step ${step}`);
  }
}

for (const kernels of kernelNames()) {
  for (const c of cases) {
    const options = JSON.stringify(c.options);
    const schedule = c.schedule === null ? "" : ` with ${c.schedule} ${JSON.stringify(c.settings)}`;
    test(`${c.optimizer} ${options}${schedule} goes PyTorch's way on ${kernels}`, () => {
      setKernels(kernels);
      try {
        follow(c);
      } finally {
        setKernels(kernelNames()[0]);
      }
    });
  }
}

// Steps of Rprop depend on signs alone, which rounding turns where a gradient is 0.
const smooth = cases.filter(({ optimizer }) => optimizer !== "Rprop");
for (const c of smooth.filter(({ schedule }) => schedule === "StepLR")) {
  test(`${c.optimizer} in float32 follows float64`, () => {
    const run = (dtype: "float32" | "float64"): number[] => {
      const p = tensor([0.5, -1.5, 2, -0.25, 3], { dtype, requiresGrad: true });
      const optimizer: optim.Optimizer = new optim[c.optimizer]([p], camelCase(c.options));
      for (let step = 0; step < 20; step++) {
        optimizer.zeroGrad();
        p.tanh().square().sum().backward();
        optimizer.step();
      }
      assertStrictEquals(p.dtype, dtype);
      return [...p.data];
    };
    assert(difference(run("float32"), run("float64")) < 1e-5);
  });
}

test("the saved form has PyTorch's names", () => {
  const { w, b, gradients } = start();
  const optimizer = new optim.Adam([{ params: [w] }, { params: [b], weightDecay: 0.5 }], {
    amsgrad: true,
  });
  gradients(0);
  optimizer.step();
  const { state, param_groups: groups } = optimizer.stateDict();
  assertEquals(Object.keys(state), ["0", "1"]);
  assertEquals(Object.keys(state[1]), ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"]);
  assertEquals(groups[1], {
    lr: 0.001,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weight_decay: 0.5,
    amsgrad: true,
    maximize: false,
    params: [1],
  });
});

test("a state that PyTorch has saved can be loaded", () => {
  const { w, b, gradients } = start();
  const optimizer = new optim.SGD([w, b], { lr: 1, momentum: 0.5 });
  const buffer = (x: Tensor): Tensor => x.detach().mul(0).add(2);
  optimizer.loadStateDict({
    state: { 0: { momentum_buffer: buffer(w) }, 1: { momentum_buffer: null } },
    param_groups: [{
      lr: 0.25,
      momentum: 0.5,
      dampening: 0,
      weight_decay: 0,
      nesterov: false,
      maximize: false,
      foreach: null,
      differentiable: false,
      params: [0, 1],
    }],
  });
  gradients(0);
  const expected = w.detach().sub(w.grad!.add(1).mul(0.25)).toArray();
  const bias = b.detach().sub(b.grad!.mul(0.25)).toArray();
  optimizer.step();
  assertEquals(w.toArray(), expected);
  assertEquals(b.toArray(), bias);
});

test("the state of Rprop and ASGD has PyTorch's names, and continues", () => {
  for (
    const [make, names] of [
      [(p: Tensor[]) => new optim.Rprop(p), ["step", "prev", "step_size"]],
      [(p: Tensor[]) => new optim.ASGD(p, { t0: 1 }), ["step", "ax", "eta", "mu"]],
    ] as const
  ) {
    const [one, two] = [start(), start()];
    const [a, b] = [make([one.w, one.b]), make([two.w, two.b])];
    for (let step = 0; step < 3; step++) {
      a.zeroGrad();
      one.gradients(step);
      a.step();
    }
    const state = a.stateDict();
    assertEquals(Object.keys(state.state[0]), names);
    b.loadStateDict(state);
    two.w.detach().copy_(one.w.detach());
    two.b.detach().copy_(one.b.detach());
    for (const [optimizer, side] of [[a, one], [b, two]] as const) {
      optimizer.zeroGrad();
      side.gradients(3);
      optimizer.step();
    }
    assertEquals(two.w.toArray(), one.w.toArray());
  }
});
