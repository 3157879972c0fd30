import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import {
  DTypeError,
  grad,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../../mod.ts";
import { Generator, gradCheck, ones, randn } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const { functional: F } = nn;
const classes = (...values: number[]): Tensor => tensor(values, { dtype: "int32" });

/** Checks the class of the error that `run` throws, and the whole message. */
function throwsWith(run: () => unknown, kind: new (message: string) => Error, message: string) {
  assertThrowsMessage(run, kind, message);
}

test("cross-entropy at a logit gap of 10,000 is exact, and so is its gradient", () => {
  const logits = tensor([[1e4, 0, -1e4]], { requiresGrad: true });
  const loss = F.crossEntropy(logits, classes(1));
  loss.backward();
  assertEquals(loss.item(), 1e4);
  assertSame(logits.grad!.toArray(), [[1, -1, 0]]);
});

test("cross-entropy of nothing but −∞ is NaN, of no samples NaN, summed over none 0", () => {
  const nowhere = tensor([[-Infinity, -Infinity]]);
  assert(Number.isNaN(F.crossEntropy(nowhere, classes(0)).item()));
  const none = tensor(new Int32Array(0));
  assert(Number.isNaN(F.crossEntropy(zeros([0, 3]), none).item()));
  assertStrictEquals(F.crossEntropy(zeros([0, 3]), none, { reduction: "sum" }).item(), 0);
  const ignored = F.crossEntropy(zeros([1, 3]), classes(2), { ignoreIndex: 2 });
  assert(Number.isNaN(ignored.item()));
});

test("a perfect prediction has a loss of 0, not −0", () => {
  const loss = F.crossEntropy(tensor([[1e4, 0]]), classes(0), { reduction: "none" });
  assert(Object.is(loss.item(), 0));
});

test("class indices, as int32 or uint8, mean the same as one-hot vectors of any dtype", () => {
  const logits = tensor([[1, 2, 3], [0, -1, 4]]);
  const expected = F.crossEntropy(logits, classes(2, 0)).item();
  assertStrictEquals(F.crossEntropy(logits, classes(2, 0).to("uint8")).item(), expected);
  const oneHot = F.oneHot(classes(2, 0), 3);
  for (const dtype of ["int32", "uint8", "bool", "float32", "float64"] as const) {
    const loss = F.crossEntropy(logits, oneHot.to(dtype));
    assert(Math.abs(loss.item() - expected) < 1e-6, dtype);
    assertEquals(loss.dtype, "float32");
  }
});

test("an ignored target adds nothing, however bad its logits, and has no gradient", () => {
  const logits = tensor([[1, 2], [-Infinity, 0], [0, 0]], { requiresGrad: true });
  const loss = F.crossEntropy(logits, classes(1, -100, 0));
  loss.backward();
  const expected = F.crossEntropy(tensor([[1, 2], [0, 0]]), classes(1, 0)).item();
  assertStrictEquals(loss.item(), expected);
  assertSame(logits.grad!.at(1).toArray(), [0, 0]);
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

test("losses as modules pass their options on", () => {
  const x = tensor([[1, 2, 3], [3, 0, 1]]);
  const t = classes(0, 2);
  const weight = tensor([1, 2, 4]);
  const options = { weight, reduction: "sum", ignoreIndex: 2 } as const;
  const same = (a: Tensor, b: Tensor) => assertStrictEquals(a.item(), b.item());
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

test("weights of losses are buffers with PyTorch's names, and are not parameters", () => {
  const loss = new nn.BCEWithLogitsLoss({ weight: ones([2]), posWeight: ones([2]) });
  assertEquals([...loss.stateDict().keys()], ["weight", "pos_weight"]);
  assertStrictEquals([...loss.parameters()].length, 0);
});

test("targets of a wrong type, shape or value are refused with the way out", () => {
  const x = zeros([2, 3]);
  throwsWith(
    () => F.crossEntropy(x, tensor([false, true])),
    DTypeError,
    "Cannot compute crossEntropy of shape [2, 3] with an index of dtype bool: convert it with " +
      '.to("int32")',
  );
  throwsWith(
    () => F.crossEntropy(x, classes(0, 1, 2)),
    ShapeError,
    "Cannot compute crossEntropy of shape [2, 3] with a target [3]: class indices must be [2], " +
      "probabilities [2, 3]",
  );
  throwsWith(
    () => F.nllLoss(x, zeros([2, 3])),
    ShapeError,
    "Cannot compute nllLoss of shape [2, 3] with a target [2, 3]: class indices must be [2]",
  );
  for (const wrong of [3, -1]) {
    throwsWith(
      () => F.crossEntropy(x, classes(0, wrong)),
      ValueError,
      `Cannot compute crossEntropy: target 1 is class ${wrong}, and the input has 3 classes, 0 to ` +
        "2; check the labels, or set ignoreIndex",
    );
  }
  throwsWith(
    () => F.crossEntropy(zeros([3]), classes(0, 2, 1)),
    ValueError,
    "Cannot compute crossEntropy: a target of the shape of the input, [3], holds one-hot vectors, " +
      "but 2 is in it; for class indices, leave out the class axis",
  );
  throwsWith(
    () => F.crossEntropy(tensor(1), classes(0)),
    ShapeError,
    "Cannot compute crossEntropy of a scalar: the input must be [C], [N, C] or [N, C, d1, …]",
  );
  throwsWith(
    () => F.mseLoss(zeros([4, 1]), zeros([4])),
    ShapeError,
    "Cannot compute mseLoss of shape [4, 1] with a target [4]: both must be the same; reshape or " +
      "expand one of them",
  );
});

test("options out of range are refused, by modules when they are made", () => {
  const [x, t] = [zeros([2, 3]), classes(0, 1)];
  throwsWith(
    () => F.crossEntropy(x, t, { weight: ones([2]) }),
    ShapeError,
    "Cannot compute crossEntropy with weights [2]: there are 3 classes, and each needs one, in " +
      "shape [3]",
  );
  throwsWith(
    () => F.crossEntropy(x, t, { labelSmoothing: 1.5 }),
    ValueError,
    "Cannot compute crossEntropy with labelSmoothing 1.5: use 0 to 1",
  );
  throwsWith(
    () => F.crossEntropy(x, x, { ignoreIndex: 0 }),
    ValueError,
    "Cannot compute crossEntropy with ignoreIndex 0 and a target of probabilities: give class " +
      "indices, or set weights to 0",
  );
  throwsWith(
    () => new nn.MSELoss({ reduction: "average" as nn.Reduction }),
    ValueError,
    'Cannot reduce losses by "average": use "mean", "sum" or "none"',
  );
});

test("the gradient of l1Loss where both are equal is 0", () => {
  const x = tensor([1, 2, 3], { requiresGrad: true });
  const [g] = grad(F.l1Loss(x, tensor([1, 0, 5]), { reduction: "sum" }), x);
  assertSame(g!.toArray(), [0, 1, -1]);
});
