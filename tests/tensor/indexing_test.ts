import { test } from "node:test";
import assert from "node:assert/strict";
import {
  arange,
  DTypeError,
  type Index,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from "../../mod.ts";

const x = arange(24).reshape(2, 3, 4);

/** The element at `[i, j, k]`, as `x` was made. */
const at = (i: number, j: number, k: number): number => 12 * i + 4 * j + k;

test("every range, with every kind of end and step, is Python's", () => {
  const size = 5;
  const row = arange(size);
  const ends = [null, -7, -5, -3, -1, 0, 1, 3, 5, 7];
  for (const start of ends) {
    for (const stop of ends) {
      for (const step of [1, 2, 3, 7, -1, -2, -7]) {
        // Python: clip both ends, then walk.
        const clip = (n: number) => {
          const m = n < 0 ? n + size : n;
          return step > 0 ? Math.min(Math.max(m, 0), size) : Math.min(Math.max(m, -1), size - 1);
        };
        const from = start === null ? (step > 0 ? 0 : size - 1) : clip(start);
        const to = stop === null ? (step > 0 ? size : -1) : clip(stop);
        const expected: number[] = [];
        for (let i = from; step > 0 ? i < to : i > to; i += step) expected.push(i);
        assert.deepEqual(row.at([start, stop, step]).toArray(), expected, `${[start, stop, step]}`);
      }
    }
  }
});

test("numbers take an axis away, ranges keep it, null adds one", () => {
  assert.equal(x.at(1, 2, 3).item(), 23);
  assert.equal(x.at(-1, -1, -1).item(), 23);
  assert.deepEqual(x.at(0, 1).toArray(), [4, 5, 6, 7]);
  assert.deepEqual(x.at(":", 1, [1, 3]).toArray(), [[5, 6], [17, 18]]);
  assert.deepEqual(x.at("...", 0).toArray(), [[0, 4, 8], [12, 16, 20]]);
  assert.deepEqual(x.at(1, "...", [0, 2]).shape, [3, 2]);
  assert.deepEqual(x.at(null, 0, null, ":", [2]).shape, [1, 1, 3, 2]);
  assert.deepEqual(x.at("...").shape, [2, 3, 4]);
  assert.deepEqual(tensor(5).at().item(), 5);
  assert.deepEqual(tensor(5).at(null).toArray(), [5]);
  assert.deepEqual(x.at([1, 1]).shape, [0, 3, 4]);
});

test("combined ranges with negative steps reach the right elements", () => {
  const y = x.at([null, null, -1], [2, 0, -2], [3, null, -3]);
  assert.deepEqual(y.toArray(), [[[at(1, 2, 3), at(1, 2, 0)]], [[at(0, 2, 3), at(0, 2, 0)]]]);
  const again = y.at([null, null, -1], 0, 1);
  assert.deepEqual(again.toArray(), [at(0, 2, 0), at(1, 2, 0)]);
});

test("tensors pick entries, which may repeat and count from the end", () => {
  const pick = tensor([[2, 0], [-1, 2]], { dtype: "int32" });
  const picked = x.at(1, pick);
  assert.deepEqual(picked.shape, [2, 2, 4]);
  assert.deepEqual(picked.at(":", ":", 0).toArray(), [[20, 12], [20, 20]]);
  assert.deepEqual(x.at(":", 0, tensor([3], { dtype: "uint8" })).toArray(), [[3], [15]]);
  assert.deepEqual(x.at(tensor([], { dtype: "int32" })).shape, [0, 3, 4]);
  assert.deepEqual(x.at(tensor(1, { dtype: "int32" })).shape, [3, 4]);
});

test("masks pick where they are true, over as many axes as they have", () => {
  assert.deepEqual(x.at(x.gt(20)).toArray(), [21, 22, 23]);
  const mask = tensor([[true, false, true], [false, false, true]]);
  assert.deepEqual(x.at(mask).at(":", 0).toArray(), [0, 8, 20]);
  assert.deepEqual(x.at(0, tensor([false, true, false])).toArray(), [[4, 5, 6, 7]]);
  assert.deepEqual(x.at(x.lt(0)).shape, [0]);
});

test("maskedSelect broadcasts, and does not look at the elements", () => {
  const values = tensor([[Infinity, 1], [NaN, 4]]);
  assert.deepEqual(values.maskedSelect(tensor([false, true])).toArray(), [1, 4]);
  assert.deepEqual(tensor([1, 2]).maskedSelect(tensor([[true], [false]])).toArray(), [1, 2]);
  assert.deepEqual(tensor(3).maskedSelect(tensor(true)).toArray(), [3]);
  assert.throws(() => values.maskedSelect(tensor([0, 1])), DTypeError);
  assert.throws(() => values.maskedSelect(tensor([true, true, true])), ShapeError);
});

test("what is out of range, too much or no index is refused", () => {
  const bad: Index[][] = [
    [2],
    [-3],
    [0, 3],
    [0, 0, 0, 0],
    [0.5],
    [NaN],
    [[0, 1, 0]],
    [[0.5]],
    ["...", "..."],
    [tensor([2], { dtype: "int32" })],
    [tensor([-3], { dtype: "int32" })],
    [tensor([true])],
    [tensor([0], { dtype: "int32" }), tensor([0], { dtype: "int32" })],
  ];
  for (const index of bad) {
    assert.throws(
      () => x.at(...index),
      (e: Error) => e instanceof ShapeError && e.message.startsWith("Cannot index"),
      `${index}`,
    );
  }
  assert.throws(() => x.at(tensor([1.5])), DTypeError);
  for (const part of ["abc", undefined, true, {}]) {
    const message =
      `Cannot index shape [2, 3, 4]: ${JSON.stringify(part)} is no index; use whole ` +
      `numbers, [start, stop], ":", "...", null or a tensor`;
    assert.throws(() => x.at(part as unknown as number), { name: "ShapeError", message });
  }
  assert.throws(() => x.at(5), /Cannot index shape \[2, 3, 4\]: 5 is out of range for axis 0 of/);
});

test("set writes numbers, tensors and masks, broadcast", () => {
  const written = (index: Index[], value: Tensor | number) => zeros([2, 3]).set(index, value);
  assert.deepEqual(written([0], 5).toArray(), [[5, 5, 5], [0, 0, 0]]);
  assert.deepEqual(written([":", -1], tensor([1, 2])).toArray(), [[0, 0, 1], [0, 0, 2]]);
  assert.deepEqual(written([":", [null, null, -2]], tensor([1, 2])).toArray(), [
    [2, 0, 1],
    [2, 0, 1],
  ]);
  assert.deepEqual(written([null, 1, [1]], 7).toArray(), [[0, 0, 0], [0, 7, 7]]);
  assert.deepEqual(written([1, 1], tensor(3)).toArray(), [[0, 0, 0], [0, 3, 0]]);
  assert.deepEqual(written([], 1).toArray(), [[1, 1, 1], [1, 1, 1]]);
  assert.deepEqual(written([[0, 0]], 1).toArray(), [[0, 0, 0], [0, 0, 0]]);
  const mask = tensor([[true, false, false], [false, true, true]]);
  assert.deepEqual(written([mask], 9).toArray(), [[9, 0, 0], [0, 9, 9]]);
  assert.deepEqual(written([tensor([true, false])], tensor([1, 2, 3])).toArray(), [
    [1, 2, 3],
    [0, 0, 0],
  ]);
});

test("a set that does not fit writes nothing", () => {
  const y = arange(3);
  assert.throws(() => y.set([[0, 2]], tensor([1, 2, 3])), ShapeError);
  assert.throws(() => y.set([5], 1), ShapeError);
  assert.throws(() => y.set([tensor([0], { dtype: "int32" })], 1), ShapeError);
  const integers = tensor([1, 2], { dtype: "int32" });
  assert.throws(() => integers.set([0], tensor(0.5)), DTypeError);
  assert.deepEqual([y.toArray(), integers.toArray()], [[0, 1, 2], [1, 2]]);
});

test("slice, indexSelect and gather", () => {
  assert.deepEqual(x.slice(1, null, { axis: 1, step: 1 }).shape, [2, 2, 4]);
  assert.deepEqual(arange(5).slice(-2).toArray(), [3, 4]);
  assert.deepEqual(arange(5).slice(null, null, { step: -2 }).toArray(), [4, 2, 0]);
  const index = tensor([2, 0], { dtype: "int32" });
  assert.deepEqual(x.indexSelect(1, index).at(0, ":", 0).toArray(), [8, 0]);
  const y = tensor([[1, 2, 3], [4, 5, 6]]);
  const choice = tensor([[2], [0]], { dtype: "int32" });
  assert.deepEqual(y.gather(1, choice).toArray(), [[3], [4]]);
  assert.throws(() => y.gather(1, tensor([[3]], { dtype: "int32" })), /Cannot gather index 3/);
  assert.throws(() => y.gather(1, tensor([0], { dtype: "int32" })), ShapeError);
  assert.throws(() => y.gather(1, tensor([[0.0]])), DTypeError);
  assert.throws(() => y.indexSelect(0, tensor([2], { dtype: "int32" })), /indices go from 0 to 1/);
});
