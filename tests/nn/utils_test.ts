/** Clipping of gradients, parameters in vectors, padding of sequences, one-hot vectors. */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import {
  GradientError,
  memory,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { DataLoader } from "../../src/utils/data/mod.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

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

for (const [p, norm, first, last] of EXPECTED) {
  test(`gradients are scaled to a norm of order ${p} as PyTorch scales them`, () => {
    const list = parameters();
    const found = nn.clipGradNorm_(list, 1.5, { p });
    assertEquals(found.shape, []);
    assertEquals(found.dtype, "float64");
    assert(Math.abs(found.item() - norm) < 1e-12 * norm);
    const scaled = gradients(list);
    assert(Math.abs(scaled[0] - first) < 1e-13);
    assert(Math.abs(scaled[6] - last) < 1e-13);
  });
}

test("gradients within the limit stay as they are, to the bit", () => {
  const list = parameters("float32");
  const norm = nn.clipGradNorm_(list, 6);
  assert(Math.abs(norm.item() - 5.857687) < 1e-5);
  assertEquals(norm.dtype, "float32");
  assertEquals(gradients(list), ORIGINAL);
});

test("gradients are written in place, and a shared parameter is scaled once", () => {
  const list = parameters();
  const held = list[0].grad!;
  nn.clipGradNorm_([...list, list[0]], 1.5);
  assertStrictEquals(list[0].grad, held);
  assert(Math.abs(held.data[0] - 0.768221148449857) < 1e-13);
});

test("a norm of 0 clips to zeros; no gradients, or empty ones, have the norm 0", () => {
  const list = parameters();
  nn.clipGradNorm_(list, 0);
  assert(gradients(list).every((value) => Math.abs(value) === 0));
  const single = zeros([2], { requiresGrad: true });
  assertStrictEquals(nn.clipGradNorm_(single, 1).item(), 0);
  const empty = zeros([0], { requiresGrad: true });
  empty.grad = zeros([0]);
  assertStrictEquals(nn.clipGradNorm_([empty], 1).item(), 0);
  assertStrictEquals(nn.clipGradNorm_([], 1).item(), 0);
});

test("a norm that is not finite is an error if that is wanted, and nothing is scaled", () => {
  for (const bad of [NaN, Infinity]) {
    const list = parameters();
    list[2].grad = tensor([1, bad, 2], { dtype: "float64" });
    const before = gradients(list);
    assertThrowsMessage(
      () => nn.clipGradNorm_(list, 1, { errorIfNonfinite: true }),
      GradientError,
      new RegExp(`^Cannot clip gradients of norm ${bad}: `),
    );
    assertEquals(gradients(list), before);
    assertStrictEquals(nn.clipGradNorm_(list, 1).item(), bad);
  }
});

test("values are limited on both sides, in place", () => {
  const list = parameters();
  const held = list[0].grad!;
  nn.clipGradValue_(list, 1.5);
  assertEquals(gradients(list), [1.5, -1.5, 0.5, 1.5, 1, -1.5, 0.25]);
  assertStrictEquals(list[0].grad, held);
  nn.clipGradValue_(list[2], 0.5);
  assertEquals(list[2].grad!.toArray(), [0.5, -0.5, 0.25]);
});

test("clipping leaves nothing behind but its result", () => {
  const x = zeros([1000], { requiresGrad: true });
  x.grad = zeros([1000]).add(1);
  nn.clipGradNorm_([x], 1);
  const { resident } = memory.stats();
  nn.clipGradNorm_([x], 0.5);
  nn.clipGradValue_([x], 0.001);
  assert(memory.stats().resident - resident <= 64);
});

test("limits that make no sense are refused", () => {
  const list = parameters();
  assertThrows(() => nn.clipGradNorm_(list, -1), ValueError);
  assertThrowsMessage(
    () => nn.clipGradNorm_(list, NaN),
    ValueError,
    "Cannot clip gradients to norm NaN: use 0 or more",
  );
  assertThrowsMessage(
    () => nn.clipGradNorm_(list, 1, { p: 0 }),
    ValueError,
    "Cannot clip gradients by a norm of order 0: use one above 0",
  );
  assertThrowsMessage(
    () => nn.clipGradValue_(list, -1),
    ValueError,
    "Cannot clip gradients to values up to -1: use 0 or more",
  );
  assertEquals(gradients(list), ORIGINAL);
});

function makeModel(): nn.Sequential {
  return new nn.Sequential(new nn.Linear(2, 3), new nn.Tanh(), new nn.Linear(3, 1));
}

test("parameters become one vector, and a vector parameters, without loss", () => {
  const [model, copy] = [makeModel(), makeModel()];
  const vector = nn.parametersToVector(model.parameters());
  assertEquals(vector.shape, [2 * 3 + 3 + 3 + 1]);
  nn.vectorToParameters(vector, copy.parameters());
  for (const [name, value] of model.stateDict()) {
    assertEquals(copy.stateDict().get(name)!.toArray(), value.toArray());
  }
  const x = tensor([[1, -2]]);
  assertEquals(copy(x).toArray(), model(x).toArray());
  assert([...copy.parameters()].every(({ requiresGrad, isLeaf }) => requiresGrad && isLeaf));
});

test("the vector is a copy with gradients", () => {
  const layer = new nn.Linear(2, 1);
  const vector = nn.parametersToVector(layer.parameters());
  nn.init.zeros_(layer.weight);
  assertNotEquals(vector.at([0, 2]).toArray(), [0, 0]);
  vector.mul(tensor([1, 2, 3])).sum().backward();
  assertEquals(layer.weight.grad!.toArray(), [[1, 2]]);
  assertEquals(layer.bias!.grad!.toArray(), [3]);
});

test("vectors that do not fit are refused, and nothing is written", () => {
  const layer = new nn.Linear(2, 1);
  const before = layer.weight.toArray();
  for (const wrong of [zeros([2]), zeros([4]), zeros([3, 1])]) {
    assertThrowsMessage(
      () => nn.vectorToParameters(wrong, layer.parameters()),
      ShapeError,
      `Cannot write shape [${wrong.shape.join(", ")}] into parameters of 3 elements: it ` +
        `must be [3]`,
    );
  }
  assertEquals(layer.weight.toArray(), before);
  const walked = (function* () {
    yield* layer.parameters();
  })();
  assertEquals([...walked].length, 2);
  assertThrowsMessage(
    () => nn.parametersToVector(walked),
    ValueError,
    "Cannot use parameters of an iterator that yields none: it is used up after one walk; pass " +
      "model.parameters(), or a list",
  );
  assertThrows(() => nn.clipGradNorm_(walked, 1), ValueError, "it is used up after one walk");
});

test("sequences of several lengths become one tensor, as in PyTorch", () => {
  const sequences = [tensor([[1, 2], [3, 4]]), tensor([[5, 6]]), zeros([0, 2])];
  const y = nn.padSequence(sequences, { paddingValue: 9 });
  assertEquals(y.toArray(), [[[1, 2], [5, 6], [9, 9]], [[3, 4], [9, 9], [9, 9]]]);
  const int = (values: number[]) => tensor(values, { dtype: "int32" });
  const rows = nn.padSequence([int([1, 2, 3]), int([4])], { batchFirst: true });
  assertSame(rows.toArray(), [[1, 2, 3], [4, 0, 0]]);
  assertEquals(rows.dtype, "int32");
});

test("gradients flow back to each sequence, and not into the padding", () => {
  const [a, b] = [tensor([1, 2, 3]).requiresGrad_(), tensor([4]).requiresGrad_()];
  nn.padSequence([a, b]).mul(tensor([[1, 10], [2, 20], [3, 30]])).sum().backward();
  assertEquals(a.grad!.toArray(), [1, 2, 3]);
  assertEquals(b.grad!.toArray(), [10]);
});

test("a loader collates texts with it", () => {
  const texts = ["deep", "net", "a"];
  const dataset = {
    length: texts.length,
    get: (i: number) => tensor(Int32Array.from(texts[i], (c) => c.charCodeAt(0) - 96)),
  };
  const loader = new DataLoader(dataset, {
    batchSize: 2,
    collate: (samples: Tensor[]) => nn.padSequence(samples, { batchFirst: true }),
  });
  const batches = Array.from(loader, (batch) => batch.toArray());
  assertSame(batches, [[[4, 5, 5, 16], [14, 5, 20, 0]], [[1]]]);
});

test("sequences that do not fit together are refused", () => {
  assertThrowsMessage(
    () => nn.padSequence([]),
    ValueError,
    "Cannot pad no sequences: give at least one",
  );
  const message = "only the first size, the length, may differ";
  assertThrowsMessage(
    () => nn.padSequence([zeros([2, 3]), zeros([2, 4])]),
    ShapeError,
    `Cannot pad sequences of shapes [2, 3] and [2, 4]: ${message}`,
  );
  assertThrowsMessage(
    () => nn.padSequence([tensor(1), tensor(2)]),
    ShapeError,
    `Cannot pad sequences of shapes [] and []: ${message}`,
  );
});

test("oneHot counts the classes if it is not told how many there are", () => {
  const index = tensor([[0, 2]], { dtype: "int32" });
  assertSame(nn.functional.oneHot(index).toArray(), [[[1, 0, 0], [0, 0, 1]]]);
  assertEquals(nn.functional.oneHot(index, 4).shape, [1, 2, 4]);
  assertEquals(nn.functional.oneHot(index).dtype, "int32");
});
