import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { Generator, gradCheck, GradientError, type Tensor, tensor, zeros } from "../../mod.ts";
import {
  Bernoulli,
  Categorical,
  type Distribution,
  klDivergence,
  Normal,
  Uniform,
} from "../../src/distributions/mod.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

const float64 = { dtype: "float64" } as const;
const learnt = { dtype: "float64", requiresGrad: true } as const;
const N = 20_000;

/** Checks the mean and the variance of samples of each of a batch. */
function checkMoments(distribution: Distribution): void {
  const samples = distribution.sample([N], { generator: new Generator(1) });
  assertSame(samples.shape, [N, ...distribution.batchShape]);
  const { mean, variance } = distribution;
  const errors = samples.mean(0).sub(mean).abs().div(variance.div(N).sqrt());
  assert(errors.max().item() < 4, `${errors}`);
  assert(samples.var(0).div(variance).sub(1).abs().max().item() < 0.05);
}

test("samples have the moments of their distribution", () => {
  checkMoments(new Normal(tensor([0, 5], float64), tensor([1, 0.1], float64)));
  checkMoments(new Uniform(tensor([0, -2], float64), tensor([1, 8], float64)));
  checkMoments(new Bernoulli({ probs: tensor([0.1, 0.5]) }));
  checkMoments(new Bernoulli({ logits: tensor([2, -1]) }));
});

test("classes are drawn in proportion to their probabilities, row by row", () => {
  const probs = tensor([[[0.5, 0.25, 0.25], [0, 1, 3]]]);
  const classes = new Categorical({ probs });
  assertEquals(classes.batchShape, [1, 2]);
  const samples = classes.sample([N], { generator: new Generator(2) });
  assertSame([samples.shape, samples.dtype], [[N, 1, 2], "int32"]);
  [[0.5, 0.25, 0.25], [0, 0.25, 0.75]].forEach((row, i) => {
    row.forEach((p, k) => {
      const share = samples.at(":", 0, i).eq(k).float().mean().item();
      assert(Math.abs(share - p) <= 4 * Math.sqrt(p * (1 - p) / N), `${share}, not ${p}`);
    });
  });
  assertEquals(classes.sample().shape, [1, 2]);
  assertSame(classes.sample([0]).shape, [0, 1, 2]);
  assert(Number.isNaN(classes.mean.at(0, 0).item()));
});

test("samples repeat with the generator, and have no gradient; rsample has one", () => {
  const [a, b] = [tensor([1, 2], learnt), tensor([3, 4], learnt)];
  const draw = (d: Distribution) => d.sample([2], { generator: new Generator(3) });
  for (const make of [() => new Normal(a, b), () => new Uniform(a, b)]) {
    assertSame(draw(make()).toArray(), draw(make()).toArray());
    assertEquals(draw(make()).requiresGrad, false);
    const noise = () => ({ generator: new Generator(4) });
    assertSame(make().rsample([3], noise()).toArray(), make().sample([3], noise()).toArray());
  }
  gradCheck((a, b) => new Normal(a, b).rsample([3], { generator: new Generator(5) }), [a, b]);
  gradCheck((a, b) => new Uniform(a, b).rsample([3], { generator: new Generator(5) }), [a, b]);
  assertThrows(
    () => new Categorical({ logits: a }).rsample(),
    GradientError,
    "Cannot rsample from Categorical: its samples are discrete",
  );
  assertThrows(() => new Bernoulli({ logits: a }).rsample([2]), GradientError);
});

test("densities, entropies and divergences pass the check of gradients, twice", () => {
  const [a, b] = [tensor([[0.3, -1], [2, 0.5]], learnt), tensor([[0.7, 1], [2.5, 1.5]], learnt)];
  const second = { secondOrder: true };
  const value = tensor([[0.5, 0.1], [2.2, 1]], float64);
  const bits = tensor([[1, 0], [0, 1]], float64);
  gradCheck((a, b, v) => new Normal(a, b).logProb(v), [a, b, value.requiresGrad_()], second);
  gradCheck((a, b) => new Uniform(a, b).logProb(value.detach()), [a, b], second);
  for (
    const make of [
      (x: Tensor) => new Bernoulli({ logits: x }),
      (x: Tensor) => new Bernoulli({ probs: x.sigmoid() }),
      (x: Tensor) => new Categorical({ logits: x }),
      (x: Tensor) => new Categorical({ probs: x.exp() }),
    ]
  ) {
    const at = make(a).batchShape.length === 2 ? bits : tensor([1, 0], float64);
    gradCheck((x) => make(x).logProb(at), [a], second);
    gradCheck((x) => make(x).entropy(), [a], second);
    gradCheck((p, q) => klDivergence(make(p), make(q)), [a, b], second);
  }
  gradCheck((a, b) => klDivergence(new Normal(a, b), new Normal(b, a.exp())), [a, b], second);
  gradCheck((a, b) => new Normal(a, b).entropy(), [a, b], second);
});

test("excluded classes have probability 0, and neither NaN nor entropy", () => {
  const logits = tensor([0, -Infinity, 0], { requiresGrad: true });
  const masked = new Categorical({ logits });
  assertSame(masked.probs.toArray(), [0.5, 0, 0.5]);
  assertStrictEquals(masked.logProb(tensor(1)).item(), -Infinity);
  const entropy = new Categorical({ logits }).entropy();
  assert(Math.abs(entropy.item() - Math.LN2) < 1e-6);
  entropy.backward();
  assert(logits.grad!.isfinite().all().item());
  assertStrictEquals(new Uniform(0, 1).logProb(tensor(1)).item(), -Infinity);
  assertStrictEquals(new Uniform(0, 1).logProb(tensor(NaN)).item(), NaN);
});

test("numbers broadcast and take the dtype of tensors", () => {
  const normal = new Normal(0, tensor([1, 2], float64));
  assertEquals([normal.loc.dtype, normal.loc.shape], ["float64", [2]]);
  assertEquals(new Normal(0, 1).sample([2, 3]).shape, [2, 3]);
  assertStrictEquals(new Bernoulli({ probs: 0 }).sample().item(), 0);
  assertEquals(new Bernoulli({ probs: 1 }).sample().item(), 1);
  assertEquals(new Categorical({ logits: zeros([2, 3]) }).logProb(tensor(1)).shape, [2]);
});

test("parameters and values that make no sense are refused", () => {
  const refusals: readonly (readonly [() => unknown, string, RegExp])[] = [
    [() => new Normal(0, 0), "ValueError", /scale must be above 0/],
    [() => new Normal(NaN, 1), "ValueError", /Cannot make Normal/],
    [() => new Normal(0, tensor([1], { dtype: "int32" })), "DTypeError", /make Normal of int32/],
    [() => new Normal("0" as never, 1), "DTypeError", /Cannot make Normal with a value of type/],
    [() => new Uniform(1, 1), "ValueError", /low must be below high/],
    [() => new Bernoulli({ probs: 1.5 }), "ValueError", /from 0 to 1/],
    [() => new Bernoulli({ logits: NaN }), "ValueError", /logits numbers/],
    [() => new Bernoulli({}), "ValueError", /either probs or logits/],
    [() => new Bernoulli({ probs: 0.5, logits: 0 }), "ValueError", /either probs or logits/],
    [() => new Bernoulli(tensor([1]) as never), "ValueError", /options of type Tensor/],
    [() => new Bernoulli({ probs: 0.5 }).logProb(tensor(2)), "ValueError", /must be 0 or 1/],
    [() => new Categorical({ probs: 1 }), "ShapeError", /Cannot make Categorical of a scalar/],
    [() => new Categorical({ probs: tensor([0, 0]) }), "ValueError", /one above 0/],
    [() => new Categorical({ probs: tensor([-1, 2]) }), "ValueError", /0 or more/],
    [() => new Categorical({ logits: tensor([NaN, 1]) }), "ValueError", /logits/],
    [() => new Categorical({ logits: tensor([1, 2]) }).logProb(tensor(2)), "ShapeError", /index 2/],
    [
      () => new Categorical({ logits: tensor([1, 2]) }).logProb(tensor(0.5)),
      "ValueError",
      /0.5/,
    ],
    [() => new Normal(0, 1).sample(3 as never), "ShapeError", /a shape is a list/],
    [() => new Normal(0, 1).sample([], { seed: 1 } as never), "ValueError", /option "seed"/],
    [() => klDivergence(new Normal(0, 1), new Uniform(0, 1)), "ValueError", /Normal and Uniform/],
  ];
  for (const [call, name, message] of refusals) assertThrowsMessage(call, name, message);
});
