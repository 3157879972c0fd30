/**
 * Memory over whole training loops, written as users write them.
 *
 * @module
 */

import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { clearGradient } from "../src/autograd/node.ts";
import { scope } from "../src/tensor/scope.ts";
import { Generator, memory, noGrad, randn, type Tensor, zeros } from "../mod.ts";
import { withLimit } from "./storage/limit.ts";
import { assertSame } from "./support/assert.ts";

const [BATCH, IN, HIDDEN, OUT] = [16, 24, 32, 4];

interface Mlp {
  readonly parameters: readonly Tensor[];
  forward(x: Tensor): Tensor;
}

/** `depth` hidden layers, so that a step needs many times the memory of its largest kernel. */
function mlp(generator: Generator, depth: number): Mlp {
  const sizes = [IN, ...new Array<number>(depth).fill(HIDDEN), OUT];
  const layers = sizes.slice(1).map((size, i) => ({
    weight: randn([sizes[i], size], { generator }).mul(sizes[i] ** -0.5).detach().requiresGrad_(),
    bias: zeros([size], { requiresGrad: true }),
  }));
  return {
    parameters: layers.flatMap(({ weight, bias }) => [weight, bias]),
    forward: (x) =>
      layers.reduce((h, { weight, bias }, i) => {
        const y = h.matmul(weight).add(bias);
        return i === depth ? y : i % 2 === 0 ? y.tanh() : y.relu();
      }, x),
  };
}

/** One step of gradient descent on the squared error; returns the loss. */
function step({ parameters, forward }: Mlp, generator: Generator): number {
  const x = randn([BATCH, IN], { generator });
  const target = x.slice(0, OUT, { axis: 1 });
  const loss = forward(x).sub(target).square().mean();
  parameters.forEach(clearGradient);
  loss.backward();
  noGrad(() => parameters.forEach((p) => p.sub_(p.grad!.mul(0.05))));
  return loss.item();
}

function train(
  steps: number,
  depth: number,
  each: (i: number, loss: number) => void = () => {},
): number[] {
  const generator = new Generator(5);
  const model = mlp(generator, depth);
  for (let i = 0; i < steps; i++) each(i, step(model, generator));
  return model.parameters.flatMap((p) => [...p.data]);
}

test("the gradient of a leaf is where it was computed, and no copy of it", () => {
  const bytes = 2 ** 20;
  const x = zeros([bytes / 4], { requiresGrad: true });
  const y = x.mul(3).sum();
  withLimit(1.5 * bytes, () => y.backward());
  assertEquals(x.grad!.at([0, 2]).toArray(), [3, 3]);
});

/** Leaves tensors behind until the arena has moved some out, and returns how far it grew for that. */
function sweep(): number {
  const { spills, resident } = memory.stats();
  let most = resident;
  while (memory.stats().spills === spills) {
    most = Math.max(most, memory.stats().resident);
    zeros([2 ** 18]);
  }
  return most - resident;
}

test("plain training steps: flat memory, a falling loss, nothing fetched back", () => {
  sweep();
  // 8 MiB in a new process; more where earlier tests wanted things back.
  const stride = sweep();
  const before = memory.stats();
  const losses: number[] = [];
  let most = 0;
  train(4000, 2, (_, loss) => {
    losses.push(loss);
    most = Math.max(most, memory.stats().resident);
  });
  const after = memory.stats();
  assert(losses[3999] < losses[0] / 4, `${losses[0]} to ${losses[3999]}`);
  // Tensors that no rule frees are spilled within two strides.
  assert(most - before.resident <= 2 * stride + 2 ** 21, `${most - before.resident}`);
  assert(after.spills > before.spills || stride > 2 ** 24, "the loop is long enough to tell");
  assert(after.restores - before.restores <= 16, `${after.restores - before.restores}`);
});

test("with every temporary inside a pass, a training step leaves nothing at all", () => {
  const generator = new Generator(5);
  const model = mlp(generator, 2);
  const resident: number[] = [];
  for (let i = 0; i < 2000; i++) {
    scope(() => void step(model, generator));
    resident.push(memory.stats().resident);
  }
  assertEquals(new Set(resident.slice(2)).size, 1, `${resident.slice(0, 10)}`);
});

test("evaluation in passes leaves nothing", () => {
  const generator = new Generator(5);
  const model = mlp(generator, 2);
  const resident: number[] = [];
  for (let i = 0; i < 2000; i++) {
    noGrad(() => scope(() => model.forward(randn([BATCH, IN], { generator })).sum().item()));
    resident.push(memory.stats().resident);
  }
  assertEquals(new Set(resident).size, 1, `${resident.slice(0, 10)}`);
});

/** Bytes that a step of a model of `depth` has in memory at once: parameters, gradients, graph. */
function bytesOfStep(depth: number): number {
  const before = memory.stats().resident;
  const generator = new Generator(5);
  const model = mlp(generator, depth);
  model.forward(randn([BATCH, IN], { generator })).square().mean().backward();
  return memory.stats().resident - before;
}

test("a quarter of the memory that a step needs gives the same bits", () => {
  const depth = 12;
  const expected = train(30, depth);
  const limit = Math.floor(bytesOfStep(depth) / 4);
  const { spills, restores } = memory.stats();
  const actual = withLimit(
    limit,
    () => train(30, depth, () => assert(memory.stats().resident <= limit)),
  );
  assertSame(actual, expected);
  assert(memory.stats().spills > spills + 100);
  assert(memory.stats().restores > restores + 100);
});
