/** Random choices: how often, how soft, with which gradient. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DTypeError,
  Generator,
  gradCheck,
  ShapeError,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import { functional as F } from "../../src/nn/mod.ts";

const generator = () => new Generator(3);
const logits = tensor([0.5, -1, 2], { dtype: "float64" });

test("hard draws are one-hot, with the probabilities of the softmax", () => {
  const draws = F.gumbelSoftmax(logits.expand(20000, 3), { hard: true, generator: generator() });
  assert.deepEqual(draws.unique().values.toArray(), [0, 1]);
  assert.equal(draws.sum(1).eq(1).all().item(), 1);
  const error = draws.mean(0).sub(logits.softmax(0)).abs().max().item();
  assert.ok(error < 0.01, `${error}`);
});

test("the temperature makes soft draws flat or sharp, around the same class", () => {
  const at = (tau: number) =>
    F.gumbelSoftmax(logits.expand(100, 3), { tau, generator: generator() });
  const [sharp, soft, flat] = [0.01, 1, 100].map(at);
  for (const draws of [sharp, soft, flat]) {
    assert.ok(draws.sum(1).sub(1).abs().max().item() < 1e-12);
    assert.equal(draws.argmax(1).equal(soft.argmax(1)), true);
  }
  assert.ok(sharp.max(1).mean().item() > 0.95);
  assert.ok(flat.max(1).max().item() < 0.4);
});

test("the gradient is that of the softmax of noisy logits, for hard draws too", () => {
  const leaf = logits.expand(2, 3).clone().requiresGrad_();
  for (const axis of [0, 1]) {
    const soft = () => F.gumbelSoftmax(leaf, { tau: 0.7, axis, generator: generator() });
    assert.ok(gradCheck(soft, [leaf], { secondOrder: true }));
    const start = tensor([[1, 2, -3], [0.5, 4, 1]], { dtype: "float64" });
    const gradients = [false, true].map((hard) => {
      leaf.grad = null;
      const options = { tau: 0.7, axis, hard, generator: generator() };
      F.gumbelSoftmax(leaf, options).backward(start);
      return leaf.grad!.toArray();
    });
    assert.deepEqual(gradients[0], gradients[1]);
  }
});

test("empty inputs, scalars and float32", () => {
  assert.deepEqual(F.gumbelSoftmax(zeros([0, 3])).shape, [0, 3]);
  assert.equal(F.gumbelSoftmax(tensor(5), { hard: true }).item(), 1);
  assert.equal(F.gumbelSoftmax(tensor(5)).item(), 1);
  assert.equal(F.gumbelSoftmax(zeros([2, 3]), { hard: true }).dtype, "float32");
  const impossible = tensor([-Infinity, 0]).expand(100, 2);
  assert.deepEqual(F.gumbelSoftmax(impossible, { hard: true }).sum(0).toArray(), [0, 100]);
});

test("misuse is refused", () => {
  const tau = "Cannot gumbelSoftmax with tau 0: it must be above 0";
  assert.throws(() => F.gumbelSoftmax(logits, { tau: 0 }), { name: ValueError.name, message: tau });
  assert.throws(() => F.gumbelSoftmax(logits, { tau: NaN }), { name: ValueError.name });
  assert.throws(() => F.gumbelSoftmax(logits, { axis: 1 }), {
    name: ShapeError.name,
    message: "Cannot gumbelSoftmax over axis 1 of shape [3]: axes go from -1 to 0",
  });
  assert.throws(() => F.gumbelSoftmax(tensor([1, 2], { dtype: "int32" })), {
    name: DTypeError.name,
    message: 'Cannot gumbelSoftmax int32: convert it with .to("float32")',
  });
});
