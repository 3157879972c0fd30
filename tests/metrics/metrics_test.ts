/** Metrics against scikit-learn, in one batch and in several. */

import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { randn, ShapeError, type Tensor, tensor, ValueError } from "../../mod.ts";
import {
  Accuracy,
  ConfusionMatrix,
  F1Score,
  MeanMetric,
  Metric,
  Perplexity,
  Precision,
  Recall,
} from "../../src/metrics/mod.ts";
import { crossEntropy } from "../../src/nn/functional.ts";

type Averages = readonly [precision: number, recall: number, f1: number];

interface Case {
  readonly classes: number;
  readonly scores: number[][];
  readonly target: number[];
  readonly accuracy: number;
  readonly confusion: number[][];
  readonly top2?: number;
  readonly macro: Averages;
  readonly weighted: Averages;
  readonly micro: Averages;
}

const cases: Case[] = JSON.parse(
  readFileSync(new URL("../fixtures/metrics.json", import.meta.url), "utf8"),
);

for (const { classes, scores, target, ...expected } of cases) {
  test(`metrics of ${target.length} predictions in ${classes} classes are scikit-learn's`, () => {
    const averages = ["macro", "weighted", "micro"] as const;
    const [accuracy, top2] = [new Accuracy(), new Accuracy({ topK: Math.min(2, classes) })];
    const confusion = new ConfusionMatrix(classes);
    const averaged = averages.map((average) =>
      [Precision, Recall, F1Score].map((Kind) => new Kind(classes, { average }))
    );
    const all = [accuracy, top2, confusion, ...averaged.flat()];
    for (let round = 0; round < 2; round++) {
      all.forEach((metric) => metric.reset());
      const size = round === 0 ? target.length : Math.ceil(target.length / 3);
      for (let i = 0; i < target.length; i += size) {
        const x = tensor(scores.slice(i, i + size));
        const y = tensor(target.slice(i, i + size), { dtype: "int32" });
        // Scores and classes are the same but for topK.
        top2.update(x, y);
        all.forEach((m) => m !== top2 && m.update(round === 0 ? x : x.argmax(1), y));
      }
      assertAlmostEquals(accuracy.compute(), expected.accuracy, 1e-12);
      if (expected.top2 !== undefined) assertAlmostEquals(top2.compute(), expected.top2, 1e-12);
      assertEquals(confusion.compute().toArray(), expected.confusion);
      averages.forEach((average, i) => {
        averaged[i].forEach((metric, j) => {
          assertAlmostEquals(metric.compute(), expected[average][j], 1e-12);
        });
      });
    }
  });
}

test("images and padding: further axes count, and a class can be left out", () => {
  const scores = randn([2, 3, 4, 4]);
  const target = scores.argmax(1);
  const accuracy = new Accuracy({ ignoreIndex: -100 });
  accuracy.update(scores, target);
  assertEquals(accuracy.compute(), 1);
  accuracy.reset();
  accuracy.update(tensor([0, 1, 1]), tensor([0, -100, 0]));
  assertEquals(accuracy.compute(), 0.5);
  const recall = new Recall(2, { ignoreIndex: 5 });
  recall.update(tensor([true, false]), tensor([1, 5]));
  assertEquals([recall.compute(), recall.perClass().toArray()], [1, [NaN, 1]]);
});

test("perplexity is the exponential of the mean loss, whatever the batches", () => {
  const logits = randn([4, 6, 9]).mul(3);
  const target = randn([4, 6, 9]).argmax(-1);
  const perplexity = new Perplexity();
  for (const i of [0, 1, 2, 3]) perplexity.update(logits.at([i, i + 1]), target.at([i, i + 1]));
  const loss = crossEntropy(logits.reshape(24, 9), target.reshape(24)).item();
  assertAlmostEquals(Math.log(perplexity.compute()), loss, 1e-5);
  perplexity.reset();
  assert(Number.isNaN(perplexity.compute()));
});

test("means weigh numbers and the elements of tensors", () => {
  const mean = new MeanMetric();
  assert(Number.isNaN(mean.compute()));
  mean.update(tensor([1, 2, 3]));
  mean.update(10, 2);
  assertEquals(mean.compute(), 26 / 5);
});

test("batches that make no sense are refused, and not counted", () => {
  const accuracy = new Accuracy();
  const confusion = new ConfusionMatrix(2);
  const refusals:
    readonly (readonly [() => unknown, typeof ValueError | typeof ShapeError, string])[] = [
      [
        () => accuracy.update(randn([2, 3]), tensor([0])),
        ShapeError,
        "scores [n, c, …] or classes",
      ],
      [() => accuracy.update(tensor([[NaN, 1]]), tensor([0])), ValueError, "scores that are NaN"],
      [() => accuracy.update(tensor([0.5]), tensor([0])), ValueError, "number 0.5"],
      [() => accuracy.update(tensor([1]), tensor([0.5])), ValueError, "number 0.5"],
      [
        () => confusion.update(tensor([1, 1]), tensor([1, 2])),
        ValueError,
        "with class 2: classes go",
      ],
      [() => confusion.update(tensor([-1]), tensor([1])), ValueError, "with class -1"],
      [() => new Accuracy({ topK: 0 }), ValueError, "topK 0"],
      [() => new Accuracy({ topK: 2 }).update(tensor([1]), tensor([1])), ValueError, "pass scores"],
      [() => new Accuracy({ topK: 4 }).update(randn([1, 3]), tensor([1])), ValueError, "only 3"],
      [() => new Recall(0), ValueError, "make Recall of 0 classes"],
      [() => new Recall(2, { average: "none" as never }), ValueError, 'average "none"'],
      [() => new Perplexity().update(randn([2, 3]), tensor([1])), ShapeError, "logits [n, l, c]"],
      [() => new Perplexity().update(randn([1, 3]), tensor([3])), ShapeError, "index 3"],
    ];
  for (const [call, kind, message] of refusals) assertThrows(call, kind, message);
  assertEquals(confusion.compute().sum().item(), 0);
  assert(Number.isNaN(accuracy.compute()));
});

test("scores of one class, and classes that scores do not have, are refused", () => {
  const target = tensor([0, 1], { dtype: "int32" });
  const accuracy = new Accuracy();
  for (const metric of [accuracy, new Precision(2), new ConfusionMatrix(2)]) {
    assertThrows(() => metric.update(randn([2, 1]), target), ShapeError, "they are of 1 classes");
  }
  assertThrows(() => new Perplexity().update(randn([2, 1]), target), ShapeError, "of 1 classes");
  const scores = tensor([[1, 0, 0], [0, 1, 0]]);
  for (const wrong of [3, -1, -100]) {
    const labels = tensor([0, wrong], { dtype: "int32" });
    assertThrows(
      () => accuracy.update(scores, labels),
      ValueError,
      `Cannot update Accuracy with class ${wrong}: classes go from 0 to 2; leave one out`,
    );
    const ignoring = new Accuracy({ ignoreIndex: wrong });
    ignoring.update(scores, labels);
    assertEquals(ignoring.compute(), 1);
  }
  assertThrows(() => accuracy.update(tensor([0, -1]), target), ValueError, "class -1");
  assertThrows(() => accuracy.update(target, tensor([0, -1])), ValueError, "class -1");
  assertThrows(() => accuracy.update(target, tensor([0, 3e9])), ValueError, "3000000000");
  assertEquals(accuracy.compute(), NaN);
  accuracy.update(scores, target);
  assertEquals(accuracy.compute(), 1);
});

test("weights of means are finite, and 0 or more", () => {
  const mean = new MeanMetric();
  mean.update(6, 2);
  for (const weight of [-1, NaN, Infinity]) {
    assertThrows(
      () => mean.update(1, weight),
      ValueError,
      `Cannot update MeanMetric with weight ${weight}: use a finite number, 0 or more`,
    );
    assertThrows(() => mean.update(tensor([1]), weight), ValueError, "weight");
  }
  mean.update(9, 0);
  assertEquals(mean.compute(), 6);
});

test("totals of two accumulators add up to those of one", () => {
  const makers = [
    () => new Accuracy(),
    () => new ConfusionMatrix(3),
    () => new F1Score(3),
    () => new Perplexity(),
  ];
  const batches = [[0, 2, 1, 1], [2, 2, 0]].map((classes) => {
    return [randn([classes.length, 3]), tensor(classes, { dtype: "int32" })] as const;
  });
  for (const make of makers) {
    const [whole, ...parts] = [make(), make(), make()];
    batches.forEach(([scores, target], i) => {
      whole.update(scores, target);
      parts[i].update(scores, target);
    });
    const result = (metric: ReturnType<typeof make>) => [metric.compute()].map(String);
    const [own, others] = parts.map((part) => part.totals());
    const before = result(parts[0]);
    const name = whole.constructor.name;
    assertThrows(
      () => parts[0].setTotals([...own, 1]),
      ValueError,
      `Cannot set the totals of ${name} to ${own.length + 1} numbers: it has ${own.length}; pass`,
    );
    assertEquals(result(parts[0]), before);
    parts[0].setTotals(own.map((x, i) => x + others[i]));
    assertEquals(result(parts[0]), result(whole), name);
    parts[0].reset();
    assertEquals(parts[0].totals(), make().totals());
    assertEquals(parts[1].totals(), others);
  }
});

test("a metric of one's own keeps at least one sum", () => {
  class Own extends Metric {
    override update(_: Tensor, target: Tensor): void {
      this.sums[0] += target.numel();
    }
    override compute(): number {
      return this.sums[0];
    }
  }
  for (const count of [0, 1.5, undefined as unknown as number]) {
    assertThrows(() => new Own(count), ValueError, `Cannot make Metric of ${count} sums: `);
  }
  const own = new Own(1);
  own.update(randn([2]), randn([2]));
  assertEquals([...own.totals()], [2]);
});
