import assert from "node:assert/strict";
import { test } from "node:test";
import { type Tensor, tensor, ValueError } from "../../../mod.ts";
import { defaultCollate } from "../../../src/utils/data/mod.ts";

test("tensors and typed arrays are stacked along a new axis, with their dtype", () => {
  const x = defaultCollate([tensor([1, 2]), tensor([3, 4]), tensor([5, 6])]);
  assert.deepEqual(x.toArray(), [[1, 2], [3, 4], [5, 6]]);
  const bytes = defaultCollate([Uint8Array.of(1, 2), Uint8Array.of(255, 0)]);
  assert.equal(bytes.dtype, "uint8");
  assert.deepEqual(bytes.toArray(), [[1, 2], [255, 0]]);
});

test("whole numbers become int32, others the default float, booleans bool", () => {
  const dtypes: [number[] | boolean[], string][] = [
    [[3, -1], "int32"],
    [[3, 0.5], "float32"],
    [[3, 2 ** 31], "float32"],
    [[1, NaN], "float32"],
    [[true, false], "bool"],
  ];
  for (const [samples, dtype] of dtypes) {
    assert.equal(defaultCollate<number | boolean>(samples).dtype, dtype, String(samples));
  }
  assert.deepEqual(defaultCollate([3, -1]).toArray(), [3, -1]);
});

test("tuples, arrays and plain objects are collated place by place, strings listed", () => {
  const samples: [Tensor, { label: number; name: string; box: number[] }][] = [
    [tensor([1]), { label: 4, name: "a", box: [1, 2] }],
    [tensor([2]), { label: 5, name: "b", box: [3, 4] }],
  ];
  const [x, { label, name, box }] = defaultCollate(samples);
  assert.deepEqual(x.toArray(), [[1], [2]]);
  assert.deepEqual(label.toArray(), [4, 5]);
  assert.deepEqual(name, ["a", "b"]);
  assert.deepEqual(box.map((side) => side.toArray()), [[1, 3], [2, 4]]);
});

test("samples that do not go together are refused with the place and the way out", () => {
  const refused: [unknown[], RegExp][] = [
    [[], /^Cannot collate no samples/],
    [[1, "a"], /^Cannot collate sample: its type is number in one sample and string in another/],
    [
      [[1, 2], [1]],
      /^Cannot collate sample: it has length 2 in one sample and length 1 in another/,
    ],
    [
      [{ a: 1 }, { b: 1 }],
      /^Cannot collate sample: it has the fields a in one sample and the fields b in/,
    ],
    [[{ a: 1 }, { a: 1, b: 1 }], /fields a in one sample and the fields a, b in another/],
    [[[{ a: null }], [{ a: null }]], /^Cannot collate sample\[0\]\.a: its type is null; pass/],
    [[Promise.resolve(1)], /its type is Promise; await what a sample needs before the loop/],
    [[new Map()], /its type is Map; pass \{ collate \} to make batches yourself/],
  ];
  for (const [samples, message] of refused) {
    assert.throws(() => defaultCollate(samples), (error: Error) => {
      assert.ok(error instanceof ValueError);
      assert.match(error.message, message);
      return true;
    });
  }
  assert.throws(() => defaultCollate([tensor([1]), tensor([1, 2])]), {
    name: "ShapeError",
    message: "Cannot stack [1] and [2]: all shapes must be equal",
  });
});
