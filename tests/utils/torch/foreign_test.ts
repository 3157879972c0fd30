/** Files that PyTorch wrote. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Tensor, tensor } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import * as optim from "../../../src/optim/mod.ts";
import { deserialize, load } from "../../../src/utils/torch/mod.ts";

interface SavedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly (number | boolean | string)[];
  readonly requiresGrad: boolean;
}

type Expected =
  | SavedTensor
  | { readonly python: string; readonly value: unknown }
  | readonly Expected[]
  | string
  | number
  | boolean
  | null;

const folder = new URL("../../fixtures/torch/", import.meta.url);
const expected: Record<string, Expected> = JSON.parse(
  readFileSync(new URL("expected.json", folder), "utf8"),
);

/** The dtypes of tensors by those of PyTorch, also where they are converted. */
const DTYPES: Readonly<Record<string, string>> = {
  float64: "float64",
  float32: "float32",
  float16: "float32",
  bfloat16: "float32",
  uint8: "uint8",
  bool: "bool",
};

function check(actual: unknown, wanted: Expected, place: string): void {
  if (Array.isArray(wanted)) {
    const list = actual as unknown[];
    assert(Array.isArray(list) && list.length === wanted.length, place);
    wanted.forEach((each, i) => check(list[i], each, `${place}[${i}]`));
  } else if (typeof wanted !== "object" || wanted === null) {
    assertEquals(actual, wanted === "inf" ? Infinity : wanted, place);
  } else if ("shape" in (wanted as object)) {
    checkTensor(actual, wanted as SavedTensor, place);
  } else {
    const { python, value } = wanted as { python: string; value: never };
    if (python === "OrderedDict") {
      const map = actual as Map<string, unknown>;
      assert(map instanceof Map, place);
      const pairs: [string, Expected][] = value;
      assertEquals([...map.keys()], pairs.map(([key]) => key));
      for (const [key, each] of pairs) check(map.get(key), each, `${place}.${key}`);
    } else if (python === "dict") {
      assertEquals(Object.keys(actual as object).sort(), Object.keys(value).sort());
      for (const [key, each] of Object.entries<Expected>(value)) {
        check((actual as Record<string, unknown>)[key], each, `${place}.${key}`);
      }
    } else if (python === "bytes") assertEquals(actual, Uint8Array.from(value), place);
    else if (python === "set") assertEquals(actual, new Set(value), place);
    else assertEquals(actual, BigInt(value), place);
  }
}

function checkTensor(actual: unknown, wanted: SavedTensor, place: string): void {
  assert(actual instanceof Tensor, place);
  const x = actual as Tensor;
  assertEquals([x.dtype, x.shape], [DTYPES[wanted.dtype] ?? "int32", [...wanted.shape]], place);
  assertEquals(x.requiresGrad, wanted.requiresGrad, place);
  const SPECIAL: Record<string, number> = { inf: Infinity, "-inf": -Infinity, nan: NaN };
  const values = wanted.values.map((v) => typeof v === "string" ? SPECIAL[v] : Number(v));
  assert(
    [...x.data].every((v, i) => Object.is(v, values[i])),
    `${place}: ${x.data}, not ${values}`,
  );
}

for (const [name, value] of Object.entries(expected)) {
  test(`${name} of PyTorch has the right values`, () => {
    check(load<unknown>(new URL(name, folder), { convert: true }), value, name);
  });
}

test("a model and its optimizer continue from a checkpoint of PyTorch", () => {
  interface Checkpoint {
    readonly epoch: number;
    readonly model: nn.StateDict;
    readonly optimizer: optim.OptimizerState;
  }
  const path = new URL("checkpoint.pt", folder);
  const checkpoint = load<Checkpoint>(path);
  const model = new nn.Sequential(
    new nn.Conv2d(1, 2, 3),
    new nn.BatchNorm2d(2),
    new nn.Flatten(),
    new nn.Linear(8, 2),
  );
  model.loadStateDict(checkpoint.model);
  const optimizer = new optim.Adam(model.parameters());
  optimizer.loadStateDict(checkpoint.optimizer);
  const { lr, betas } = optimizer.paramGroups[0];
  assertEquals([checkpoint.epoch, lr, betas], [2, 0.01, [0.8, 0.99]]);
  const [mean, saved] = [optimizer.stateDict(), checkpoint.optimizer].map(({ state }) =>
    (state[0].exp_avg as Tensor).toArray()
  );
  assertEquals(mean, saved);
  model(tensor(new Array(16).fill(1)).reshape(1, 1, 4, 4).expand(2, 1, 4, 4)).sum().backward();
  optimizer.step();
});

test("types that tensors lack need convert, but for counters of batches", () => {
  assertEquals(load(new URL("model.pth", folder)).get("1.num_batches_tracked")!.dtype, "int32");
  const path = new URL("dtypes.pt", folder);
  assertThrows(
    () => load(path),
    Error,
    'Cannot load tensor "2" as it is: tensors have no dtype F16',
  );
  const [, , , , long] = load<Tensor[]>(path, {
    convert: { I64: "float64", F16: "float32", BF16: "float32", I16: "int32", I8: "int32" },
  });
  assertEquals(long.dtype, "float64");
});

test("bytes are read as files are, and one tensor in two places is one", () => {
  const bytes = readFileSync(new URL("shared.pt", folder));
  const found = deserialize<Map<string, unknown>>(bytes);
  assert(found.get("a") === (found.get("pair") as Tensor[])[0]);
  assertEquals((found.get("b") as Tensor).toArray(), [0, 1, 2, 3, 4, 5]);
  assertEquals((found.get("c") as Tensor).toArray(), [2, 3, 4, 5]);
});
