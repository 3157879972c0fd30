import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  gradCheck,
  GradientError,
  manualSeed,
  memory,
  noGrad,
  randn,
  type Tensor,
  tensor,
  ValueError,
} from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { checkpoint } from "../../src/utils/mod.ts";

function blockOf(size: number, p = 0.5): nn.Sequential {
  return new nn.Sequential(new nn.Linear(size, size), new nn.Tanh(), new nn.Dropout(p));
}

/** Gradients of the parameters and the input, with the loss. */
function run(model: nn.Sequential, x: Tensor, call: (block: nn.Layer, x: Tensor) => Tensor) {
  manualSeed(3);
  model.zeroGrad();
  x.grad = null;
  let y = x;
  for (const block of model) y = call(block as nn.Layer, y);
  const loss = y.square().mean();
  loss.backward();
  return [loss, x.grad!, ...[...model.parameters()].map((p) => p.grad!)].map((g) => g.toArray());
}

test("results and gradients are the same to the bit, also with dropout", () => {
  const model = new nn.Sequential(blockOf(6), blockOf(6), blockOf(6));
  const x = randn([5, 6]).requiresGrad_();
  const usual = run(model, x, (block, y) => block(y));
  assertEquals(run(model, x, (block, y) => checkpoint(block, y)), usual);
  // The random numbers that come later are the same too.
  assertEquals(run(model, x, (block, y) => checkpoint((y) => checkpoint(block, y), y)), usual);
});

test("leaves in a closure and inputs that are no tensors work; inputs need no gradient", () => {
  const [a, b] = [tensor([2, 3], { requiresGrad: true }), tensor([4, 5])];
  const y = checkpoint((b: Tensor, power: number) => a.pow(power).mul(b), b, 2);
  assertEquals(y.toArray(), [16, 45]);
  y.sum().backward();
  assertEquals([a.grad!.toArray(), b.grad], [[16, 30], null]);
  assertEquals(checkpoint((b: Tensor) => b.mul(2), b).requiresGrad, false);
  assertEquals(noGrad(() => checkpoint(() => a.mul(2))).requiresGrad, false);
  const unused = tensor([1], { requiresGrad: true });
  checkpoint((x: Tensor, _: Tensor) => x.mul(3), a, unused).sum().backward();
  assertEquals(unused.grad!.toArray(), [0]);
});

test("gradients pass the check, first and second ones", () => {
  const options = { dtype: "float64", requiresGrad: true } as const;
  const [x, w] = [randn([3, 2], options), randn([2, 2], options)];
  const f = (x: Tensor, w: Tensor) => x.matmul(w).tanh().mul(x);
  gradCheck((x, w) => checkpoint(f, x.mul(2), w), [x, w], { secondOrder: true });
  gradCheck((x) => checkpoint((x: Tensor) => f(x, w), x), [x], { secondOrder: true });
});

test("a deep network needs less memory", () => {
  const blocks = Array.from({ length: 8 }, () => blockOf(64, 0).append(blockOf(64, 0)));
  const model = new nn.Sequential(...blocks, ...blocks.map((block) => block.clone()));
  const x = randn([512, 64]);
  const scale = tensor([1], { requiresGrad: true });
  const usedBy = (call: (block: nn.Layer, x: Tensor) => Tensor): number => {
    scale.mul(1).backward(); // lets go of the graph before
    const { resident } = memory.stats();
    let y = x;
    for (const block of model) y = call(block as nn.Layer, y);
    const used = memory.stats().resident - resident;
    y.sum().backward();
    model.zeroGrad();
    return used;
  };
  const usual = usedBy((block, y) => block(y));
  const less = usedBy((block, y) => checkpoint(block, y));
  assert(less < 0.6 * usual, `${less} of ${usual} bytes`);
});

test("training holds no more memory from step to step, with batch normalization", () => {
  const block = new nn.Sequential(new nn.Linear(8, 8), new nn.BatchNorm1d(8));
  const x = randn([32, 8]);
  const heldBy = (call: () => Tensor): number => {
    const step = () => {
      call().square().mean().backward();
      block.zeroGrad();
    };
    for (let i = 0; i < 10; i++) step();
    const before = memory.stats().storages;
    for (let i = 0; i < 50; i++) step();
    return memory.stats().storages - before;
  };
  assertEquals(heldBy(() => checkpoint(block, x)), heldBy(() => block(x)));
  const { running_mean: mean } = block.at(1) as nn.BatchNorm1d;
  assert(mean!.isfinite().all().item());
});

test("what cannot be computed again is refused", () => {
  const a = tensor([1, 2], { requiresGrad: true });
  const h = a.mul(2);
  assertThrows(
    () => checkpoint((x: Tensor) => x.mul(h), a),
    GradientError,
    "uses the output of mul, which has a graph: pass it as an input",
  );
  assertThrows(() => checkpoint((() => [a]) as never), ValueError, "one that returns a tensor");
  assertThrows(() => checkpoint(a as never), ValueError, "a module or a function");
  const y = checkpoint((x: Tensor) => x.square(), a);
  noGrad(() => a.add_(1));
  assertThrows(() => y.sum().backward(), GradientError, "was overwritten in place");
});
