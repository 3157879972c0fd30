import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  bernoulli,
  DTypeError,
  full,
  Generator,
  manualSeed,
  multinomial,
  rand,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

const weights = tensor([0, 1, 3, 0, 6]);

/** Checks that a count is within four standard deviations of that expected from `p`. */
function near(count: number, p: number, n: number): void {
  assert(Math.abs(count - n * p) <= 4 * Math.sqrt(n * p * (1 - p)), `${count} of ${n}, not ${p}`);
}

test("multinomial draws in proportion to the weights, and never an index with weight 0", () => {
  const n = 10_000;
  const options = { replacement: true, generator: new Generator(1) };
  const drawn = multinomial(weights, n, options);
  assertEquals([drawn.dtype, drawn.shape], ["int32", [n]]);
  const counts = [...drawn.bincount({ minLength: 5 }).data];
  assertSame([counts[0], counts[3]], [0, 0]);
  near(counts[1], 0.1, n);
  near(counts[2], 0.3, n);
  near(counts[4], 0.6, n);
});

test("multinomial without replacement draws each index once, the first in proportion to its weight", () => {
  const generator = new Generator(2);
  let firsts = 0;
  for (let i = 0; i < 1000; i++) {
    const drawn = multinomial(weights, 3, { generator });
    assertEquals(drawn.sort().values.toArray(), [1, 2, 4]);
    firsts += drawn.at(0).eq(4).item();
  }
  near(firsts, 0.6, 1000);
});

test("a single draw is in proportion to the weights too", () => {
  const generator = new Generator(3);
  let count = 0;
  for (let i = 0; i < 1000; i++) count += multinomial(weights, 1, { generator }).eq(2).item();
  near(count, 0.3, 1000);
});

test("each row of weights has its own draws", () => {
  const rows = tensor([[1, 0, 0], [0, 0, 2], [0, 5, 5]]);
  const drawn = multinomial(rows, 100, { replacement: true });
  assertEquals(drawn.shape, [3, 100]);
  assert(drawn.at(0).eq(0).all().item());
  assert(drawn.at(1).eq(2).all().item());
  near(drawn.at(2).eq(1).sum().item(), 0.5, 100);
  assertSame(multinomial(rows.T.at([0, 1]), 1).toArray(), [[0]]);
  assertSame(multinomial(zeros([0, 3]), 2).shape, [0, 2]);
});

test("the same seed draws the same, and nothing is recorded", () => {
  const draw = (seed: number) => {
    manualSeed(seed);
    return [multinomial(weights, 20, { replacement: true }), bernoulli(full([20], 0.5))];
  };
  const [a, b] = [draw(7), draw(7)];
  assert(a[0].equal(b[0]) && a[1].equal(b[1]));
  assert(!a[0].equal(draw(8)[0]));
  const p = full([3], 0.5, { requiresGrad: true });
  assertEquals(bernoulli(p).requiresGrad, false);
  assertEquals(multinomial(p, 1).requiresGrad, false);
});

test("bernoulli gives 1 with the given probabilities, in their dtype", () => {
  const n = 10_000;
  const p = full([n], 0.25, { dtype: "float64" });
  const y = bernoulli(p, { generator: new Generator(4) });
  assertEquals(y.dtype, "float64");
  assertSame(y.unique().values.toArray(), [0, 1]);
  near(y.sum().item(), 0.25, n);
  assertSame(bernoulli(tensor([[0, 1]])).toArray(), [[0, 1]]);
});

test("impossible draws are refused", () => {
  const faults: [() => unknown, new (message: string) => Error, string][] = [
    [
      () => multinomial(tensor([1, -1]), 1),
      ValueError,
      "Cannot draw with weight -1 for sample 1: weights must be finite, and 0 or more",
    ],
    [
      () => multinomial(tensor([1, NaN]), 1),
      ValueError,
      "Cannot draw with weight NaN for sample 1: weights must be finite, and 0 or more",
    ],
    [
      () => multinomial(weights, 4),
      ValueError,
      "Cannot draw 4 samples without replacement: only 3 have a weight above 0; draw fewer, or pass " +
      "{ replacement: true }",
    ],
    [
      () => multinomial(zeros([3]), 1),
      ValueError,
      "Cannot draw 1 samples: there are none to draw from",
    ],
    [
      () => multinomial(weights, 0.5),
      ValueError,
      "Cannot draw 0.5 samples: use a whole number, 1 or more",
    ],
    [
      () => multinomial(zeros([2, 3, 4]), 1),
      ShapeError,
      "Cannot draw with weights of shape [2, 3, 4]: they must be [n], or [m, n] with a row for each " +
      "result",
    ],
    [
      () => multinomial([1, 2] as unknown as Tensor, 1),
      DTypeError,
      "Cannot draw with a value of type array: it must be a tensor; make one with tensor(values)",
    ],
    [
      () => bernoulli(tensor([0, 1], { dtype: "int32" })),
      DTypeError,
      'Cannot draw with probabilities of int32: convert it with .to("float32")',
    ],
    ...[1.5, -0.5, NaN].map((p): [() => unknown, typeof ValueError, string] => [
      () => bernoulli(tensor([0.5, p])),
      ValueError,
      "Cannot draw with probabilities that are not all from 0 to 1: clamp them",
    ]),
  ];
  for (const [run, { name }, message] of faults) assertThrowsMessage(run, name, message);
});

test("tensors fill themselves with the numbers of the generator, within their range", () => {
  const generator = () => new Generator(4);
  const x = zeros([1000]).uniform_(-2, 3, { generator: generator() });
  const expected = rand([1000], { generator: generator() }).mul(5).sub(2);
  assert(x.equal(expected) && x.min().item() >= -2 && x.max().item() < 3);
  const y = zeros([1000], { dtype: "float64" }).normal_(5, 0.1, { generator: generator() });
  assert(Math.abs(y.mean().item() - 5) < 0.02 && Math.abs(y.std().item() - 0.1) < 0.01);
  assertThrows(() => zeros([1]).uniform_(2, 1), ValueError, "from 2 to 1");
  assertThrows(() => zeros([1]).normal_(0, -1), ValueError, "deviation -1");
  assertThrows(() => zeros([1], { dtype: "int32" }).normal_(), DTypeError);
});
