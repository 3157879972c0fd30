/** Files that NumPy wrote. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Tensor } from "../../../mod.ts";
import { deserialize, load, loadz } from "../../../src/utils/numpy/mod.ts";

interface Expected {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly (number | boolean | string)[];
}

const folder = new URL("../../fixtures/numpy/", import.meta.url);
const expected: Record<string, Expected | Record<string, Expected>> = JSON.parse(
  readFileSync(new URL("expected.json", folder), "utf8"),
);

/** The dtypes of tensors by those of NumPy, also where they are converted. */
const DTYPES: Readonly<Record<string, string>> = {
  float16: "float32",
  float32: "float32",
  ">f4": "float32",
  float64: "float64",
  ">f8": "float64",
  bool: "bool",
  uint8: "uint8",
};

function check(x: Tensor, { dtype, shape, values }: Expected): void {
  assertEquals(x.dtype, DTYPES[dtype] ?? "int32");
  assertEquals(x.shape, shape);
  const numbers = values.map((v) => v === "inf" ? Infinity : Number(v));
  assert([...x.data].every((v, i) => Object.is(v, numbers[i])), `${[...x.data]} not ${numbers}`);
}

for (const [name, content] of Object.entries(expected)) {
  test(`${name} of NumPy has the right numbers`, () => {
    const path = new URL(name, folder);
    if (name.endsWith(".npy")) check(load(path, { convert: true }), content as Expected);
    else {
      const tensors = loadz(path, { convert: true });
      assertEquals([...tensors.keys()], Object.keys(content));
      for (const [key, each] of Object.entries(content)) check(tensors.get(key)!, each);
    }
  });
}

test("types that tensors lack need convert, and elements must fit", () => {
  const path = new URL("int64.npy", folder);
  assertThrows(() => load(path), Error, "tensors have no dtype I64; pass { convert: true }");
  assertEquals(load(path, { convert: { I64: "float64" } }).dtype, "float64");
  assertThrows(() => loadz(new URL("labels.npz", folder)), Error, 'tensor "labels"');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1] ^= 1; // 2^56 less
  assertThrows(() => deserialize(bytes, { convert: true }), Error, "int32 cannot hold exactly");
});
