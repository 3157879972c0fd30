import { assert, assertEquals, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  GradientError,
  memory,
  StateDictError,
  type Tensor,
  tensor,
  ValueError,
} from "../../mod.ts";
import { kernelNames, setKernels } from "../support/kernels.ts";
import { LBFGS, type LBFGSOptions } from "../../src/optim/mod.ts";
import { assertThrowsMessage } from "../support/assert.ts";

interface Case {
  readonly options: Readonly<Record<string, number | string>>;
  readonly losses: readonly number[];
  readonly values: readonly (readonly number[])[];
  readonly evaluations: readonly number[];
}

const fixtures = new URL("../fixtures/optim.json", import.meta.url);
const { problem, lbfgs: cases } = JSON.parse(readFileSync(fixtures, "utf8")) as {
  problem: { x: number[][]; y: number[][]; w: number[][]; b: number[] };
  lbfgs: Case[];
};

const learnt = { dtype: "float64", requiresGrad: true } as const;

function optionsOf(options: Case["options"]): LBFGSOptions {
  const camel = (name: string): string => name.replace(/_([a-z])/g, (_, c) => c.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([name, v]) => [camel(name), v]));
}

/** The problem of the fixtures. */
function start(options: LBFGSOptions) {
  const [x, y] = [problem.x, problem.y].map((rows) => tensor(rows, { dtype: "float64" }));
  const [w, b] = [tensor(problem.w, learnt), tensor(problem.b, learnt)];
  const optimizer = new LBFGS([w, b], options);
  const closure = (): Tensor => {
    optimizer.zeroGrad();
    const error = x.matmul(w).add(b).tanh().sub(y).square().mean();
    const loss = error.add(w.square().square().sum().mul(0.1));
    (options.maximize ? loss.neg() : loss).backward();
    return options.maximize ? loss.neg() : loss;
  };
  return { optimizer, closure, values: () => [...w.data, ...b.data], params: [w, b] };
}

/** PyTorch's way: the search amplifies rounding, most of all where it is almost done. */
function follow({ options, losses, values, evaluations }: Case): void {
  const run = start(optionsOf(options));
  values.forEach((expected, step) => {
    const loss = run.optimizer.step(run.closure).item();
    assert(Math.abs(loss - losses[step]) < 1e-9, `loss ${loss} in step ${step}`);
    run.values().forEach((value, i) =>
      assert(Math.abs(value - expected[i]) < 1e-9 * Math.max(1, Math.abs(expected[i])), `${step}`)
    );
    assertStrictEquals(run.optimizer.stateDict().state[0].func_evals, evaluations[step]);
  });
}

for (const kernels of kernelNames()) {
  for (const c of cases) {
    test(`LBFGS ${JSON.stringify(c.options)} goes PyTorch's way on ${kernels}`, () => {
      setKernels(kernels);
      try {
        follow(c);
      } finally {
        setKernels(kernelNames()[0]);
      }
    });
  }
}

const searching = { maxIter: 4, lineSearchFn: "strong_wolfe" } as const;

for (const options of [{ maxIter: 3, lr: 0.5 }, searching]) {
  const name = JSON.stringify(options);

  test(`LBFGS ${name} climbs a hill as it descends the valley that is its mirror image`, () => {
    const [up, down] = [start({ ...options, maximize: true }), start(options)];
    for (let step = 0; step < 3; step++) {
      const [high, low] = [up.optimizer.step(up.closure), down.optimizer.step(down.closure)];
      assertStrictEquals(high.item(), -low.item());
    }
    assertEquals(up.values(), down.values());
  });

  test(`LBFGS ${name} continues from its saved state as if it had never stopped`, () => {
    const original = start({ ...options, historySize: 5 });
    for (let step = 0; step < 3; step++) original.optimizer.step(original.closure);
    const saved = original.optimizer.stateDict();
    assertEquals((saved.state[0].old_dirs as Tensor).shape[1], 9);
    assertStrictEquals(
      saved.param_groups[0].line_search_fn,
      original.optimizer.paramGroups[0].lineSearchFn,
    );

    const resumed = start({ lr: 0.125 });
    resumed.params.forEach((x, i) => x.detach().copy_(original.params[i].detach()));
    resumed.optimizer.loadStateDict(saved);
    for (const run of [original, resumed]) {
      for (let step = 0; step < 3; step++) run.optimizer.step(run.closure);
    }
    assertEquals(resumed.values(), original.values());
  });

  test(`LBFGS ${name} uses the same memory step after step`, () => {
    const x = tensor(Float64Array.from({ length: 2048 }, (_, i) => Math.sin(i)), learnt);
    const optimizer = new LBFGS([x], { ...options, historySize: 2, toleranceChange: 0 });
    const closure = (): number => {
      optimizer.zeroGrad();
      // Something that is never quite done.
      const loss = x.square().add(1).sqrt().sum();
      loss.backward();
      return loss.item();
    };
    for (let step = 0; step < 3; step++) optimizer.step(closure);
    const { resident } = memory.stats();
    for (let step = 0; step < 6; step++) optimizer.step(closure);
    // Less than one vector: the losses, which the graph leaves readable.
    assert(memory.stats().resident - resident < x.numel() * 8);
  });
}

test("a minimum is found, and then nothing moves any more", () => {
  const x = tensor([3, -2], learnt);
  const optimizer = new LBFGS([x], searching);
  let evaluations = 0;
  const closure = (): Tensor => {
    evaluations++;
    optimizer.zeroGrad();
    const loss = x.sub(tensor([1, 2], { dtype: "float64" })).square().sum();
    loss.backward();
    return loss;
  };
  optimizer.step(closure);
  const found = x.toArray();
  assert(x.sub(tensor([1, 2], { dtype: "float64" })).abs().amax().item() < 1e-7);
  evaluations = 0;
  optimizer.step(closure);
  assertEquals(evaluations, 1);
  assertEquals(x.toArray(), found);
});

test("a line search steps back from where the loss is not finite", () => {
  // ln x has no value left of 0, and the first guess goes there.
  const x = tensor([1], learnt);
  const optimizer = new LBFGS([x], { lr: 4, toleranceChange: 1e-14, lineSearchFn: "strong_wolfe" });
  optimizer.step(() => {
    optimizer.zeroGrad();
    const loss = x.mul(5).sub(x.log()).sum();
    loss.backward();
    return loss;
  });
  assert(Math.abs(x.item() - 0.2) < 1e-6, `${x.item()}`);
});

test("parameters without a gradient stay where they are", () => {
  const [x, y] = [tensor([3], learnt), tensor([5], learnt)];
  const optimizer = new LBFGS([y, x], searching);
  optimizer.step(() => {
    optimizer.zeroGrad();
    const loss = x.square().sum();
    loss.backward();
    return loss;
  });
  assertEquals(y.item(), 5);
  assert(Math.abs(x.item()) < 1e-6);
});

test("a closure that throws in a line search leaves the parameters where that began", () => {
  const { optimizer, closure, values } = start(searching);
  const before = values();
  let calls = 0;
  const failing = (): Tensor => {
    if (++calls === 2) throw new RangeError("no data");
    return closure();
  };
  assertThrows(() => optimizer.step(failing), Error, "no data");
  assertEquals(values(), before);
  const first = closure().item();
  for (let step = 0; step < 5; step++) optimizer.step(closure);
  assert(closure().item() < first);
});

test("what LBFGS cannot work with is refused", () => {
  const x = tensor([1], learnt);
  assertThrowsMessage(
    () => new LBFGS([x], { maxIter: 0, historySize: 1.5 }),
    ValueError,
    /maxIter is 0, .*; maxEval is 0, .*; historySize is 1\.5, and must be a whole number/,
  );
  assertThrows(
    () => new LBFGS([x], { lineSearchFn: "armijo" as "strong_wolfe" }),
    Error,
    '"armijo"',
  );
  assertThrowsMessage(
    () => new LBFGS([{ params: [x] }, { params: [tensor([1], learnt)] }]),
    ValueError,
    /^Cannot add a parameter group to LBFGS: all parameters are one vector/,
  );
  const optimizer = new LBFGS([x]);
  assertThrowsMessage(() => optimizer.step(), ValueError, /^Cannot step LBFGS without a closure/);
  for (const result of [undefined, tensor([1, 2]), "3"]) {
    assertThrows(
      () => optimizer.step(() => result),
      ValueError,
      "the closure must return the loss, a number or a tensor of one",
    );
  }
  assertEquals(x.item(), 1);
});

test("a bad saved state is refused with all that is wrong, and changes nothing", () => {
  const { optimizer, closure, values } = start({ maxIter: 3 });
  optimizer.step(closure);
  const saved = optimizer.stateDict();
  const refused = (entry: Record<string, unknown>, ...parts: RegExp[]): void => {
    const bad = { ...saved, state: { 0: { ...saved.state[0], ...entry } } } as typeof saved;
    const error = assertThrows(() => optimizer.loadStateDict(bad), StateDictError);
    for (const part of parts) assertMatch(error.message, part);
  };
  refused({ n_iter: 0.5, t: NaN }, /n_iter is 0\.5/, /t is NaN/);
  refused({ d: tensor([1]), prev_flat_grad: null }, /"d" is \[1\], expected \[9\]/, /no tensor/);
  refused({ old_dirs: tensor([[1]]) }, /"old_dirs" is \[1, 1\], expected \[1, 9\]/);
  refused({ old_stps: null }, /"old_stps" is no tensor/);
  const stranger = { ...saved, state: { ...saved.state, 1: {} } };
  assertThrows(() => optimizer.loadStateDict(stranger), Error, "state[1] is not expected");
  assertThrows(() => optimizer.loadStateDict({ ...saved, param_groups: [] }), StateDictError);
  assertThrows(() => optimizer.loadStateDict(null as never), StateDictError);

  const after = start({ maxIter: 3 });
  after.optimizer.step(after.closure);
  for (const run of [optimizer.step(closure), after.optimizer.step(after.closure)]) run.item();
  assertEquals(values(), after.values());
});

test("a closure that forgets backward() is refused, where nothing would be learnt", () => {
  const w = tensor([1], { requiresGrad: true });
  assertThrowsMessage(
    () => new LBFGS([w]).step(() => w.square().sum()),
    GradientError,
    "Cannot step LBFGS without gradients: call backward() on the loss in the closure",
  );
  assertEquals(w.item(), 1);
});
