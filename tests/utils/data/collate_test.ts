import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { DTypeError, ShapeError, type Tensor, tensor, ValueError } from "../../../mod.ts";
import { DataLoader, defaultCollate } from "../../../src/utils/data/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

test("tensors and typed arrays are stacked along a new axis, with their dtype", () => {
  const x = defaultCollate([tensor([1, 2]), tensor([3, 4]), tensor([5, 6])]);
  assertEquals(x.toArray(), [[1, 2], [3, 4], [5, 6]]);
  const bytes = defaultCollate([Uint8Array.of(1, 2), Uint8Array.of(255, 0)]);
  assertEquals(bytes.dtype, "uint8");
  assertSame(bytes.toArray(), [[1, 2], [255, 0]]);
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
    assertStrictEquals(defaultCollate<number | boolean>(samples).dtype, dtype, String(samples));
  }
  assertEquals(defaultCollate([3, -1]).toArray(), [3, -1]);
});

test("tuples, arrays and plain objects are collated place by place, strings listed", () => {
  const samples: [Tensor, { label: number; name: string; box: number[] }][] = [
    [tensor([1]), { label: 4, name: "a", box: [1, 2] }],
    [tensor([2]), { label: 5, name: "b", box: [3, 4] }],
  ];
  const [x, { label, name, box }] = defaultCollate(samples);
  assertEquals(x.toArray(), [[1], [2]]);
  assertEquals(label.toArray(), [4, 5]);
  assertEquals(name, ["a", "b"]);
  assertEquals(box.map((side) => side.toArray()), [[1, 3], [2, 4]]);
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
    [[Promise.resolve(1)], /its type is Promise; await the samples first/],
    [[new Map()], /its type is Map; pass \{ collate \} to make batches yourself/],
  ];
  for (const [samples, message] of refused) {
    assertThrowsMessage(() => defaultCollate(samples), ValueError, message);
  }
  assertThrowsMessage(
    () => defaultCollate([tensor([1]), tensor([1, 2])]),
    ShapeError,
    "Cannot stack [1] and [2]: all shapes must be equal",
  );
});

/** The dtypes of the fields in all batches of `samples`, two at a time. */
function dtypesIn(samples: unknown[]): string[] {
  const set = { length: samples.length, get: (index: number) => samples[index] };
  const loader = new DataLoader(set, { batchSize: 2 }) as Iterable<unknown>;
  return Array.from(loader, (batch) => [batch].flat().map((x) => (x as Tensor).dtype).join());
}

test("a field has one dtype in all batches of a loader, that of the first", () => {
  assertEquals(dtypesIn([0.5, 1, 2, 3]), ["float32", "float32"]);
  assertEquals(dtypesIn([0, 1, 2, 3]), ["int32", "int32"]);
  const pairs = [[0, 0.5], [1, 1], [2, 2], [3, 3]];
  assertEquals(dtypesIn(pairs), ["int32,float32", "int32,float32"]);
  // Tensors take the dtype of the first batch if it holds them all.
  const int = tensor([1], { dtype: "int32" });
  const float = tensor([0.5]);
  assertEquals(dtypesIn([int, float, int, int]), ["float32", "float32"]);
  const faults: [unknown[], string, { name: string }][] = [
    [
      [[0, 1], [1, 2], [2, 0.5], [3, 1]],
      "sample[1]: it is 0.5, and int32 since the first batch, whose numbers were whole; return a " +
      'tensor instead of a number, such as tensor(value, { dtype: "float32" })',
      ValueError,
    ],
    [
      [0, 1, 2, 3e9],
      "sample: it is 3000000000, and int32 since the first batch, whose numbers were whole; return " +
      'a tensor instead of a number, such as tensor(value, { dtype: "float32" })',
      ValueError,
    ],
    ...([
      [[true, true, 1, 1], "boolean", "number"],
      [[true, true, 5, 5], "boolean", "number"],
      [[5, 5, true, true], "number", "boolean"],
      [[float, float, 1, 1], "Tensor", "number"],
      [[new Uint8Array(1), new Uint8Array(1), int, int], "typed array", "Tensor"],
      [["a", "a", ["a"], ["a"]], "string", "Array"],
      [[{ a: 1 }, { a: 1 }, [1], [1]], "Object", "Array"],
    ] as const).map(([samples, one, other]): [unknown[], string, { name: string }] => [
      [...samples],
      `sample: its type is ${one} in one sample and ${other} in another; make them the same, or ` +
      "pass { collate } to make batches yourself",
      ValueError,
    ]),
    [
      [int, int, float, int],
      "sample: it is float32, and was int32 in the first batch; return samples of one dtype",
      DTypeError,
    ],
    [
      [new Uint8Array(2), new Uint8Array(2), new Float32Array(2), new Float32Array(2)],
      "sample: it is float32, and was uint8 in the first batch; return samples of one dtype",
      DTypeError,
    ],
  ];
  for (const [samples, message, { name }] of faults) {
    assertThrowsMessage(() => dtypesIn(samples), name, `Cannot collate ${message}`);
  }
  // Each loader decides for itself, for all of its epochs; the function decides for each call.
  const values = [1, 2];
  const loader = new DataLoader({ length: 2, get: (index) => values[index] }, { batchSize: 2 });
  const epoch = (): Tensor => [...loader][0];
  assertEquals(epoch().dtype, "int32");
  values[0] = 0.5;
  assertThrows(epoch, ValueError);
  assertEquals(defaultCollate(values).dtype, "float32");
  assertEquals(defaultCollate([3]).dtype, "int32");
});

test("whole numbers that no dtype of the batch holds are refused: times, identifiers", () => {
  assertThrowsMessage(
    () => defaultCollate([2 ** 40 + 1, 1]),
    ValueError,
    "Cannot collate sample: it is 1099511627777, which neither int32 nor float32 holds; return a " +
      'tensor instead of a number, such as tensor(value, { dtype: "float64" })',
  );
  assertSame(defaultCollate([2 ** 40, 1]).toArray(), [2 ** 40, 1]);
  assertEquals(defaultCollate([2 ** 40 + 1, 0.5]).dtype, "float32"); // Measurements are rounded.
});
