/** Axes: how calls name them, and that a scalar has one. */

import { cat, ShapeError, stack, type Tensor, tensor, ValueError } from "../../mod.ts";
import * as F from "../../src/nn/functional.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

test("an axis is a number or an option in all methods and functions", () => {
  const x = tensor([[3, 1, 2], [6, 5, 4]]);
  const index = tensor([[0, 1, 0]], { dtype: "int32" });
  const uses: readonly ((axis: number | { readonly axis: number }) => unknown)[] = [
    (a) => x.softmax(a),
    (a) => x.logSoftmax(a),
    (a) => x.cumsum(a),
    (a) => x.cumprod(a),
    (a) => [...x.cummax(a)],
    (a) => [...x.cummin(a)],
    (a) => x.argsort(a),
    (a) => [...x.sort(a)],
    (a) => [...x.topk(1, a)],
    (a) => [...x.kthvalue(2, a)],
    (a) => x.quantile(0.5, a),
    (a) => x.split([1, 1], a),
    (a) => x.chunk(2, a),
    (a) => x.tensorSplit(2, a),
    (a) => x.unbind(a),
    (a) => x.roll(1, a),
    (a) => x.flip(a),
    (a) => x.unsqueeze(0).squeeze(a),
    (a) => x.unsqueeze(a),
    (a) => x.repeatInterleave(2, a),
    (a) => x.takeAlongDim(index, a),
    (a) => x.T.cross(x.T.flip(0), a).T,
    (a) => x.scatter(index, 9, a),
    (a) => x.scatterAdd(index, x, a),
    (a) => x.indexFill(tensor([1], { dtype: "int32" }), 9, a),
    (a) => [...x.max(a)],
    (a) => x.sum(a),
    (a) => cat([x, x], a),
    (a) => stack([x, x], a),
    (a) => F.softmax(x, a),
    (a) => F.logSoftmax(x, a),
    (a) => F.softmin(x, a),
    (a) => F.glu(x, a),
    (a) => F.cosineSimilarity(x, x.flip(), a),
  ];
  const text = (value: unknown): string => String(value);
  for (const use of uses) assertStrictEquals(text(use(0)), text(use({ axis: 0 })), `${use}`);
  assertThrowsMessage(
    () => x.softmax({ dim: 1 } as never),
    ValueError,
    'Cannot call softmax() with option "dim": its name is "axis" here',
  );
  assertThrowsMessage(
    () => x.var({ unbiased: false } as never),
    ValueError,
    'Cannot call var() with option "unbiased": say { correction: 0 } for { unbiased: false }, 1 ' +
      "is the default",
  );
  assertThrows(() => x.cumsum({ axis: 2 }), ShapeError);
  assertThrows(() => (x.softmax as () => unknown).call(x), ValueError);
});

test("a scalar is treated as a vector of one element, as in PyTorch", () => {
  const x = tensor(5);
  const at = (values: number | number[]) => tensor(values, { dtype: "int32" });
  const results: readonly (readonly [Tensor, unknown])[] = [
    [x.quantile(0.5), 5],
    [x.quantile(0.5, 0), 5],
    [x.quantile([0, 1]), [5, 5]],
    [x.topk(1).values, 5],
    [x.topk(1).indices, 0],
    [x.gather(0, at(0)), 5],
    [x.gather(0, at([0, 0])), [5, 5]],
    [tensor([5, 6]).gather(0, at(1)), 6],
    [x.scatter(at(0), 7), 7],
    [x.scatter(at([0]), tensor([7])), 7],
    [tensor([5, 6]).scatter(at(1), tensor(7)), [5, 7]],
    [x.scatterAdd(at(0), tensor(7)), 12],
    [x.scatterReduce(at(0), tensor(7), { reduce: "prod" }), 35],
    [x.indexSelect(0, at([0])), 5],
    [x.indexSelect(0, at(0)), 5],
    [tensor([5, 6]).indexSelect(0, at(1)), [6]],
    [x.indexAdd(at([0]), tensor(1)), 6],
    [x.indexAdd(at(0), tensor(1)), 6],
    [x.indexFill(at([0]), 7), 7],
    [x.indexCopy(at([0]), tensor(1)), 1],
    [x.unfold(0, { size: 1 }), [5]],
    [x.unfold(0, { size: 0 }), []],
    [x.take(at([0, 0])), [5, 5]],
  ];
  results.forEach(([y, expected], i) => assertSame(y.toArray(), expected, `${i}`));
  assertThrows(() => x.unfold(0, { size: 2 }), ValueError);
  assertThrows(() => x.indexSelect(0, at([0, 0])), ShapeError);
  assertThrows(() => x.topk(2), ShapeError);
  assertThrows(() => x.gather(0, at(1)), ShapeError);
  const leaf = tensor(3, { requiresGrad: true });
  leaf.gather(0, at([0, 0])).add(leaf.scatter(at(0), tensor(1))).sum().backward();
  assertEquals(leaf.grad!.item(), 2);
});
