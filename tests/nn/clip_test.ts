import assert from "node:assert/strict";
import { test } from "node:test";
import { GradientError, memory, type Tensor, tensor, ValueError, zeros } from "../../mod.ts";
import { clipGradNorm_, clipGradValue_ } from "../../src/nn/mod.ts";

/** Parameters with the gradients [[3, -4], [0.5, 2]] and [1, -2, 0.25], and one without. */
function parameters(dtype: "float32" | "float64" = "float64"): Tensor[] {
  const leaf = { dtype, requiresGrad: true } as const;
  const [a, b] = [zeros([2, 2], leaf), zeros([3], leaf)];
  a.grad = tensor([[3, -4], [0.5, 2]], { dtype });
  b.grad = tensor([1, -2, 0.25], { dtype });
  return [a, zeros([5], leaf), b];
}

const gradients = (list: readonly Tensor[]): number[] =>
  list.flatMap(({ grad }) => (grad === null ? [] : [...grad.data]));

const ORIGINAL = [3, -4, 0.5, 2, 1, -2, 0.25];

// PyTorch's norm, and the first and the last gradient after clip_grad_norm_ to 1.5.
const EXPECTED: readonly (readonly [order: number, norm: number, first: number, last: number])[] = [
  [1, 12.75, 0.35294114878893, 0.029411762399077],
  [2, 5.8576872569299905, 0.768221148449857, 0.064018429037488],
  [3, 4.764269187901702, 0.944530814273971, 0.078710901189498],
  [Infinity, 4, 1.12499971875007, 0.093749976562506],
  [0.5, 76.87054170842718, 0.058539979574083, 0.004878331631174],
];

for (const [normType, norm, first, last] of EXPECTED) {
  test(`gradients are scaled to a norm of order ${normType} as PyTorch scales them`, () => {
    const list = parameters();
    const found = clipGradNorm_(list, 1.5, { normType });
    assert.deepEqual(found.shape, []);
    assert.equal(found.dtype, "float64");
    assert.ok(Math.abs(found.item() - norm) < 1e-12 * norm);
    const scaled = gradients(list);
    assert.ok(Math.abs(scaled[0] - first) < 1e-13);
    assert.ok(Math.abs(scaled[6] - last) < 1e-13);
  });
}

test("gradients within the limit stay as they are, to the bit", () => {
  const list = parameters("float32");
  const norm = clipGradNorm_(list, 6);
  assert.ok(Math.abs(norm.item() - 5.857687) < 1e-5);
  assert.equal(norm.dtype, "float32");
  assert.deepEqual(gradients(list), ORIGINAL);
});

test("gradients are written in place, and a shared parameter is scaled once", () => {
  const list = parameters();
  const held = list[0].grad!;
  clipGradNorm_([...list, list[0]], 1.5);
  assert.equal(list[0].grad, held);
  assert.ok(Math.abs(held.data[0] - 0.768221148449857) < 1e-13);
});

test("a norm of 0 clips to zeros; no gradients, or empty ones, have the norm 0", () => {
  const list = parameters();
  clipGradNorm_(list, 0);
  assert.ok(gradients(list).every((value) => Math.abs(value) === 0));
  const single = zeros([2], { requiresGrad: true });
  assert.equal(clipGradNorm_(single, 1).item(), 0);
  const empty = zeros([0], { requiresGrad: true });
  empty.grad = zeros([0]);
  assert.equal(clipGradNorm_([empty], 1).item(), 0);
  assert.equal(clipGradNorm_([], 1).item(), 0);
});

test("a norm that is not finite is an error if that is wanted, and nothing is scaled", () => {
  for (const bad of [NaN, Infinity]) {
    const list = parameters();
    list[2].grad = tensor([1, bad, 2], { dtype: "float64" });
    const before = gradients(list);
    assert.throws(() => clipGradNorm_(list, 1, { errorIfNonfinite: true }), (error: Error) => {
      assert.ok(error instanceof GradientError);
      assert.match(error.message, new RegExp(`^Cannot clip gradients of norm ${bad}: `));
      return true;
    });
    assert.deepEqual(gradients(list), before);
    assert.equal(clipGradNorm_(list, 1).item(), bad);
  }
});

test("values are limited on both sides, in place", () => {
  const list = parameters();
  const held = list[0].grad!;
  clipGradValue_(list, 1.5);
  assert.deepEqual(gradients(list), [1.5, -1.5, 0.5, 1.5, 1, -1.5, 0.25]);
  assert.equal(list[0].grad, held);
  clipGradValue_(list[2], 0.5);
  assert.deepEqual(list[2].grad!.toArray(), [0.5, -0.5, 0.25]);
});

test("clipping leaves nothing behind but its result", () => {
  const x = zeros([1000], { requiresGrad: true });
  x.grad = zeros([1000]).add(1);
  clipGradNorm_([x], 1);
  const { resident } = memory.stats();
  clipGradNorm_([x], 0.5);
  clipGradValue_([x], 0.001);
  assert.ok(memory.stats().resident - resident <= 64);
});

test("limits that make no sense are refused", () => {
  const list = parameters();
  assert.throws(() => clipGradNorm_(list, -1), ValueError);
  assert.throws(() => clipGradNorm_(list, NaN), {
    name: "ValueError",
    message: "Cannot clip gradients to norm NaN: use 0 or more",
  });
  assert.throws(() => clipGradNorm_(list, 1, { normType: 0 }), {
    name: "ValueError",
    message: "Cannot clip gradients by a norm of order 0: use one above 0",
  });
  assert.throws(() => clipGradValue_(list, -1), {
    name: "ValueError",
    message: "Cannot clip gradients to values up to -1: use 0 or more",
  });
  assert.deepEqual(gradients(list), ORIGINAL);
});
