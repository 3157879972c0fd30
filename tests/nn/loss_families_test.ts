import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  DTypeError,
  Generator,
  gradCheck,
  memory,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

const { functional: F } = nn;
const classes = (...values: number[]): Tensor => tensor(values, { dtype: "int32" });
const same = (a: Tensor, b: Tensor): void => assertStrictEquals(a.item(), b.item());

/** Checks the class of the error that `run` throws, and the whole message. */
function throwsWith(run: () => unknown, kind: new (message: string) => Error, message: string) {
  assertThrowsMessage(run, kind, message);
}

test("modules pass their options on", () => {
  const [x, t] = [tensor([[0.5, 0.25], [0.75, 1]]), tensor([[0, 1], [1, 0.5]])];
  const [y, v] = [tensor([[1, -1], [-1, 1]]), tensor([0.5, 2])];
  const weight = tensor([1, 3]);
  const sum = { reduction: "sum" } as const;
  same(new nn.HuberLoss({ ...sum, delta: 0.1 })(x, t), F.huberLoss(x, t, { ...sum, delta: 0.1 }));
  same(new nn.SmoothL1Loss({ beta: 0.1 })(x, t), F.smoothL1Loss(x, t, { beta: 0.1 }));
  same(new nn.SmoothL1Loss({ beta: 0 })(x, t), F.l1Loss(x, t));
  const poisson = { logInput: false, full: true, eps: 0.1 };
  same(new nn.PoissonNLLLoss(poisson)(x, t), F.poissonNllLoss(x, t, poisson));
  const gaussian = { full: true, eps: 1 };
  same(new nn.GaussianNLLLoss(gaussian)(x, t, v), F.gaussianNllLoss(x, t, v, gaussian));
  same(new nn.BCELoss({ ...sum, weight })(x, t), F.binaryCrossEntropy(x, t, { ...sum, weight }));
  const kl = { reduction: "batchmean", logTarget: true } as const;
  same(new nn.KLDivLoss(kl)(x, t), F.klDiv(x, t, kl));
  const margin = { ...sum, margin: 0.7 };
  same(new nn.HingeEmbeddingLoss(margin)(x, y), F.hingeEmbeddingLoss(x, y, margin));
  same(new nn.MarginRankingLoss(margin)(x, t, y), F.marginRankingLoss(x, t, y, margin));
  const multi = { ...margin, p: 2, weight };
  same(
    new nn.MultiMarginLoss(multi)(x, classes(0, 1)),
    F.multiMarginLoss(x, classes(0, 1), multi),
  );
  const pair = tensor([1, -1]);
  same(new nn.CosineEmbeddingLoss(margin)(x, t, pair), F.cosineEmbeddingLoss(x, t, pair, margin));
  const triplet = { ...margin, p: 1, eps: 0.1, swap: true };
  same(new nn.TripletMarginLoss(triplet)(x, t, y), F.tripletMarginLoss(x, t, y, triplet));
});

test("weights of losses are buffers", () => {
  for (const Loss of [nn.BCELoss, nn.MultiMarginLoss]) {
    const loss = new Loss({ weight: ones([2]) });
    assertEquals([...loss.stateDict().keys()], ["weight"]);
    assertStrictEquals([...loss.parameters()].length, 0);
  }
});

test("certainty that is wrong costs 100 and pulls with a finite force", () => {
  const p = tensor([0, 1], { requiresGrad: true });
  const loss = F.binaryCrossEntropy(p, tensor([1, 0]), { reduction: "sum" });
  loss.backward();
  assertEquals(loss.item(), 200);
  const [up, down] = p.grad!.toArray() as number[];
  assert(Math.abs(up + 1e12) < 1e6 && Math.abs(down - 1e12) < 1e6, `${up}, ${down}`);
});

test("what has probability 0 costs nothing, even where it was held to be impossible", () => {
  const x = tensor([0, -Infinity]);
  assertStrictEquals(F.klDiv(x, tensor([1, 0]), { reduction: "sum" }).item(), 0);
  const logTarget = true;
  assertStrictEquals(F.klDiv(x, x, { reduction: "sum", logTarget }).item() || 0, 0);
  assert(Number.isNaN(F.klDiv(tensor([0]), tensor([-1])).item()));
});

test("integer targets count as numbers of the type of the input", () => {
  const x = tensor([0.5, 0.25]);
  const target = classes(1, 0);
  const loss = F.binaryCrossEntropy(x, target);
  assertEquals(loss.dtype, "float32");
  same(loss, F.binaryCrossEntropy(x, target.to("float32")));
  same(F.hingeEmbeddingLoss(x, classes(1, -1)), F.hingeEmbeddingLoss(x, tensor([1, -1])));
});

test("signs that require a gradient get that of the line, or 0 where they only choose", () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const y = tensor([1, -1], { requiresGrad: true });
  F.marginRankingLoss(x, x.mul(2), y, { reduction: "sum" }).backward();
  assertSame(y.grad!.toArray(), [1, 0]);
  y.grad = null;
  F.hingeEmbeddingLoss(x, y).backward();
  assertSame(y.grad!.toArray(), [0, 0]);
});

test("second derivatives of composed losses agree with finite differences", () => {
  const generator = new Generator(3);
  const make = (shape: number[]) =>
    randn(shape, { dtype: "float64", requiresGrad: true, generator });
  const second = { secondOrder: true };
  const [a, b, c] = [make([3, 4]), make([3, 4]), make([3, 4])];
  const y = tensor([1, -1, -1], { dtype: "float64" });
  gradCheck((a, b) => F.cosineEmbeddingLoss(a, b, y, { margin: -0.9 }), [a, b], second);
  gradCheck((a, b, c) => F.tripletMarginLoss(a, b, c, { margin: 5 }), [a, b, c], second);
  gradCheck((a) => F.multiMarginLoss(a, classes(0, 3, 2), { p: 2, margin: 5 }), [a], second);
});

test("the cosine of a vector of length 0 is 0, with PyTorch's slope", () => {
  const [x, none] = [tensor([[3, 4]]), tensor([[0, 0]])].map((t) => t.to("float64"));
  const leaf = none.detach().requiresGrad_();
  const loss = F.cosineEmbeddingLoss(x, leaf, tensor([1]));
  loss.backward();
  assertEquals(loss.item(), 1);
  // torch.nn.functional.cosine_embedding_loss; its 1e-12 is a float32.
  const expected = [-600000.0011986, -800000.0015981];
  leaf.grad!.data.forEach((g, i) => assert(Math.abs(g / expected[i] - 1) < 1e-12, `${g}`));
});

test("losses leave only their result behind", () => {
  const [x, t] = [randn([64, 64]).sigmoid(), randn([64, 64]).sigmoid()];
  const target = zeros([64], { dtype: "int32" });
  const each = (): Tensor[] => [
    F.huberLoss(x, t),
    F.smoothL1Loss(x, t),
    F.poissonNllLoss(x, t, { full: true }),
    F.gaussianNllLoss(x, t, t),
    F.binaryCrossEntropy(x, t),
    F.klDiv(x, t),
    F.hingeEmbeddingLoss(x, t),
    F.marginRankingLoss(x, t, t),
    F.multiMarginLoss(x, target),
    F.cosineEmbeddingLoss(x, t, target),
    F.tripletMarginLoss(x, t, x),
  ];
  each();
  const { resident } = memory.stats();
  const results = each();
  // Scalars, in the smallest blocks that there are.
  assert(memory.stats().resident - resident <= results.length * 64);
});

test("shapes that do not fit are refused with the way out", () => {
  const [x, t] = [zeros([4, 1]), zeros([4])];
  const message = (name: string): string =>
    `Cannot compute ${name} of shape [4, 1] with a target [4]: both must be the same; reshape or ` +
    "expand one of them";
  const pairs = {
    huberLoss: F.huberLoss,
    poissonNllLoss: F.poissonNllLoss,
    binaryCrossEntropy: F.binaryCrossEntropy,
    klDiv: F.klDiv,
    hingeEmbeddingLoss: F.hingeEmbeddingLoss,
  };
  for (const [name, loss] of Object.entries(pairs)) {
    throwsWith(() => loss(x, t), ShapeError, message(name));
  }
  throwsWith(() => F.marginRankingLoss(x, x, t), ShapeError, message("marginRankingLoss"));
  throwsWith(() => F.tripletMarginLoss(x, x, t), ShapeError, message("tripletMarginLoss"));
  throwsWith(
    () => F.gaussianNllLoss(x, x, zeros([3])),
    ShapeError,
    "Cannot compute gaussianNllLoss of shape [4, 1] with variances [3]: they must be [4, 1], " +
      "[4, 1] or [4]",
  );
  throwsWith(
    () => F.cosineEmbeddingLoss(x, x, x),
    ShapeError,
    "Cannot compute cosineEmbeddingLoss of shape [4, 1] with a target [4, 1]: vectors [D] or " +
      "[N, D] need a scalar or [N]",
  );
  throwsWith(
    () => F.multiMarginLoss(zeros([2, 3, 4]), classes(0)),
    ShapeError,
    "Cannot compute multiMarginLoss of shape [2, 3, 4]: the input must be [C] or [N, C]",
  );
  assertThrows(() => F.multiMarginLoss(zeros([2, 3]), zeros([2]).eq(0)), DTypeError);
  assertThrows(() => F.klDiv(tensor(1), tensor(1), { reduction: "batchmean" }), ShapeError);
  const scalar = tensor(1);
  assertThrows(() => F.tripletMarginLoss(scalar, scalar, scalar), ShapeError);
  assertThrows(
    () => F.multiMarginLoss(zeros([1, 2]), classes(0), { weight: ones([3]) }),
    ShapeError,
  );
});

test("values and options out of range are refused, by modules when they are made", () => {
  const x = tensor([0.5, -0.5]);
  throwsWith(
    () => F.binaryCrossEntropy(x, x),
    ValueError,
    "Cannot compute binaryCrossEntropy of values from -0.5 to 0.5: probabilities are from 0 to 1; " +
      "for logits, use binaryCrossEntropyWithLogits",
  );
  assertThrows(() => F.binaryCrossEntropy(tensor([NaN]), tensor([1])), ValueError);
  throwsWith(
    () => F.gaussianNllLoss(x, x, x),
    ValueError,
    "Cannot compute gaussianNllLoss: a variance is negative; predict its logarithm, and pass exp() " +
      "of it",
  );
  throwsWith(
    () => new nn.HuberLoss({ delta: 0 }),
    ValueError,
    "Cannot make HuberLoss with delta 0: use a finite number above 0",
  );
  assertThrows(() => F.smoothL1Loss(x, x, { beta: -1 }), Error, "smoothL1Loss with beta -1");
  assertThrows(() => new nn.SmoothL1Loss({ beta: NaN }), Error, "SmoothL1Loss with beta NaN");
  assertThrows(() => new nn.GaussianNLLLoss({ eps: 0 }), Error, "GaussianNLLLoss with eps 0");
  assertThrows(
    () => new nn.MultiMarginLoss({ p: 3 }),
    Error,
    "MultiMarginLoss with p 3: use 1 or 2",
  );
  assertThrows(() => new nn.TripletMarginLoss({ p: 0 }), Error, "TripletMarginLoss with p 0");
  assertThrows(() => F.multiMarginLoss(zeros([1, 2]), classes(2)), ValueError);
  assertThrows(() => F.multiMarginLoss(zeros([1, 2]), classes(-1)), ValueError);
  for (const Loss of [nn.KLDivLoss, nn.BCELoss, nn.TripletMarginLoss, nn.HingeEmbeddingLoss]) {
    assertThrows(() => new Loss({ reduction: "average" as nn.Reduction }), ValueError);
  }
});

test("a target of gaussianNllLoss broadcasts to the input, and never the other way", () => {
  const [x, v] = [tensor([[1, 2], [3, 4]]), tensor([1, 4])];
  const t = tensor([2, 4], { requiresGrad: true });
  const loss = F.gaussianNllLoss(x, t, v, { reduction: "sum" });
  const whole = F.gaussianNllLoss(x, tensor([[2, 4], [2, 4]]), v, { reduction: "sum" });
  assertStrictEquals(loss.item(), whole.item());
  loss.backward();
  assertEquals(t.grad!.toArray(), [1 - 1 / 4, 2]);
  assertThrows(() => F.gaussianNllLoss(x.sum({ axis: 1, keepDims: true }), t, v), ShapeError);
});
