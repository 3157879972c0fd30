/** Losses of every family: options, weights, targets, second derivatives, memory, and misuse. */

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
} from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertThrowsMessage } from "../../support/assert.ts";
import { classes } from "../../support/data.ts";

const { functional: F } = nn;
const same = (a: Tensor, b: Tensor): void => assertStrictEquals(a.item(), b.item());

test("losses as modules pass their options on", () => {
  const x = tensor([[1, 2, 3], [3, 0, 1]]);
  const t = classes(0, 2);
  const weight = tensor([1, 2, 4]);
  const options = { weight, reduction: "sum", ignoreIndex: 2 } as const;
  same(new nn.CrossEntropyLoss(options)(x, t), F.crossEntropy(x, t, options));
  const smooth = { ...options, labelSmoothing: 0.1 };
  same(new nn.CrossEntropyLoss(smooth)(x, t), F.crossEntropy(x, t, smooth));
  same(new nn.CrossEntropyLoss()(x, t), F.crossEntropy(x, t));
  same(new nn.NLLLoss(options)(x, t), F.nllLoss(x, t, options));
  same(new nn.MSELoss({ reduction: "sum" })(x, x.mul(2)), tensor(24));
  same(new nn.L1Loss({ reduction: "sum" })(x, x.mul(3)), tensor(20));
  const bce = { posWeight: weight, weight: tensor(0.5), reduction: "sum" } as const;
  same(
    new nn.BCEWithLogitsLoss(bce)(x, ones([2, 3])),
    F.binaryCrossEntropyWithLogits(x, ones([2, 3]), bce),
  );
});

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

test("weights of losses are buffers with PyTorch's names, and are not parameters", () => {
  const loss = new nn.BCEWithLogitsLoss({ weight: ones([2]), posWeight: ones([2]) });
  assertEquals([...loss.stateDict().keys()], ["weight", "pos_weight"]);
  assertStrictEquals([...loss.parameters()].length, 0);
});

test("weights of losses are buffers", () => {
  for (const Loss of [nn.BCELoss, nn.MultiMarginLoss]) {
    const loss = new Loss({ weight: ones([2]) });
    assertEquals([...loss.stateDict().keys()], ["weight"]);
    assertStrictEquals([...loss.parameters()].length, 0);
  }
});

test("integer targets count as numbers of the type of the input", () => {
  const x = tensor([0.5, 0.25]);
  const target = classes(1, 0);
  const loss = F.binaryCrossEntropy(x, target);
  assertEquals(loss.dtype, "float32");
  same(loss, F.binaryCrossEntropy(x, target.to("float32")));
  same(F.hingeEmbeddingLoss(x, classes(1, -1)), F.hingeEmbeddingLoss(x, tensor([1, -1])));
});

test("second derivatives of losses agree with finite differences", () => {
  const generator = new Generator(1);
  const options = { dtype: "float64", requiresGrad: true, generator } as const;
  const targets = classes(0, 2, 3, 1, 1, 2).reshape(2, 3);
  const second = { secondOrder: true };
  const logits = randn([2, 4, 3], options);
  const weight = randn([4], { dtype: "float64", generator }).square();
  gradCheck((x) => F.crossEntropy(x, targets), [logits], second);
  gradCheck((x) => F.crossEntropy(x, targets, { weight, ignoreIndex: 2 }), [logits], second);
  gradCheck((x) => F.crossEntropy(x, targets, { labelSmoothing: 0.2 }), [logits], second);
  gradCheck((x) => F.nllLoss(x.logSoftmax(1), targets, { weight }), [logits], second);
  const pair = [randn([3, 2], options), randn([3, 2], options)];
  gradCheck((x, t) => F.mseLoss(x, t), pair, second);
  gradCheck((x, t) => F.binaryCrossEntropyWithLogits(x, t), pair, second);
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

test("targets of a wrong type, shape or value are refused with the way out", () => {
  const x = zeros([2, 3]);
  assertThrowsMessage(
    () => F.crossEntropy(x, tensor([false, true])),
    DTypeError,
    "Cannot compute crossEntropy of shape [2, 3] with an index of dtype bool: convert it with " +
      '.to("int32")',
  );
  assertThrowsMessage(
    () => F.crossEntropy(x, classes(0, 1, 2)),
    ShapeError,
    "Cannot compute crossEntropy of shape [2, 3] with a target [3]: class indices must be [2], " +
      "probabilities [2, 3]",
  );
  assertThrowsMessage(
    () => F.nllLoss(x, zeros([2, 3])),
    ShapeError,
    "Cannot compute nllLoss of shape [2, 3] with a target [2, 3]: class indices must be [2]",
  );
  for (const wrong of [3, -1]) {
    assertThrowsMessage(
      () => F.crossEntropy(x, classes(0, wrong)),
      ValueError,
      `Cannot compute crossEntropy: target 1 is class ${wrong}, and the input has 3 classes, 0 to ` +
        "2; check the labels, or set ignoreIndex",
    );
  }
  assertThrowsMessage(
    () => F.crossEntropy(zeros([3]), classes(0, 2, 1)),
    ValueError,
    "Cannot compute crossEntropy: a target of the shape of the input, [3], holds one-hot vectors, " +
      "but 2 is in it; for class indices, leave out the class axis",
  );
  assertThrowsMessage(
    () => F.crossEntropy(tensor(1), classes(0)),
    ShapeError,
    "Cannot compute crossEntropy of a scalar: the input must be [C], [N, C] or [N, C, d1, …]",
  );
  assertThrowsMessage(
    () => F.mseLoss(zeros([4, 1]), zeros([4])),
    ShapeError,
    "Cannot compute mseLoss of shape [4, 1] with a target [4]: both must be the same; reshape or " +
      "expand one of them",
  );
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
    assertThrowsMessage(() => loss(x, t), ShapeError, message(name));
  }
  assertThrowsMessage(() => F.marginRankingLoss(x, x, t), ShapeError, message("marginRankingLoss"));
  assertThrowsMessage(() => F.tripletMarginLoss(x, x, t), ShapeError, message("tripletMarginLoss"));
  assertThrowsMessage(
    () => F.gaussianNllLoss(x, x, zeros([3])),
    ShapeError,
    "Cannot compute gaussianNllLoss of shape [4, 1] with variances [3]: they must be [4, 1], " +
      "[4, 1] or [4]",
  );
  assertThrowsMessage(
    () => F.cosineEmbeddingLoss(x, x, x),
    ShapeError,
    "Cannot compute cosineEmbeddingLoss of shape [4, 1] with a target [4, 1]: vectors [D] or " +
      "[N, D] need a scalar or [N]",
  );
  assertThrowsMessage(
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

test("options out of range are refused, by modules when they are made", () => {
  const [x, t] = [zeros([2, 3]), classes(0, 1)];
  assertThrowsMessage(
    () => F.crossEntropy(x, t, { weight: ones([2]) }),
    ShapeError,
    "Cannot compute crossEntropy with weights [2]: there are 3 classes, and each needs one, in " +
      "shape [3]",
  );
  assertThrowsMessage(
    () => F.crossEntropy(x, t, { labelSmoothing: 1.5 }),
    ValueError,
    "Cannot compute crossEntropy with labelSmoothing 1.5: use 0 to 1",
  );
  assertThrowsMessage(
    () => F.crossEntropy(x, x, { ignoreIndex: 0 }),
    ValueError,
    "Cannot compute crossEntropy with ignoreIndex 0 and a target of probabilities: give class " +
      "indices, or set weights to 0",
  );
  assertThrowsMessage(
    () => new nn.MSELoss({ reduction: "average" as nn.Reduction }),
    ValueError,
    'Cannot reduce losses by "average": use "mean", "sum" or "none"',
  );
});

test("values and options out of range are refused, by modules when they are made", () => {
  const x = tensor([0.5, -0.5]);
  assertThrowsMessage(
    () => F.binaryCrossEntropy(x, x),
    ValueError,
    "Cannot compute binaryCrossEntropy of values from -0.5 to 0.5: probabilities are from 0 to 1; " +
      "for logits, use binaryCrossEntropyWithLogits",
  );
  assertThrows(() => F.binaryCrossEntropy(tensor([NaN]), tensor([1])), ValueError);
  assertThrowsMessage(
    () => F.gaussianNllLoss(x, x, x),
    ValueError,
    "Cannot compute gaussianNllLoss: a variance is negative; predict its logarithm, and pass exp() " +
      "of it",
  );
  assertThrowsMessage(
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

test("integers in the place of predictions are refused, or promoted, and never cut the target", () => {
  const labels = tensor([1, 0, 1, 0], { dtype: "int32" });
  const p = tensor([0.6, 0.2, 0.9, 0.4], { requiresGrad: true });
  const swapped: Record<string, () => Tensor> = {
    smoothL1Loss: () => F.smoothL1Loss(labels, p),
    huberLoss: () => F.huberLoss(labels, p),
    binaryCrossEntropy: () => F.binaryCrossEntropy(labels, p),
    binaryCrossEntropyWithLogits: () => F.binaryCrossEntropyWithLogits(labels, p),
    multilabelSoftMarginLoss: () => F.multilabelSoftMarginLoss(labels, p),
    klDiv: () => F.klDiv(labels, p),
    softMarginLoss: () => F.softMarginLoss(labels.to("uint8"), labels.to("uint8")),
    hingeEmbeddingLoss: () => F.hingeEmbeddingLoss(labels, p),
    gaussianNllLoss: () => F.gaussianNllLoss(labels, p, p),
    nllLoss: () =>
      F.nllLoss(labels.reshape(2, 2), labels.narrow(0, 0, 2), { weight: p.narrow(0, 0, 2) }),
  };
  for (const [name, use] of Object.entries(swapped)) {
    const message = new RegExp(`^Cannot compute ${name} of (int32|uint8): convert it with`);
    assertThrowsMessage(use, DTypeError, message, name);
  }
  const ranking = F.marginRankingLoss(labels, p, labels.ne(0).to("int32"));
  assert(ranking.requiresGrad && ranking.dtype === "float32");
  const rates = F.poissonNllLoss(labels, p);
  assert(rates.requiresGrad);
  // Mean of e^x − x t.
  const expected = (2 * Math.E - 0.6 - 0.9 + 2) / 4;
  assert(Math.abs(rates.item() - expected) < 1e-6, `${rates.item()}`);
});
