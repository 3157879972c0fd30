/** Sharded safetensors, as the library of Python wrote them. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { memory, tensor } from "../../../mod.ts";
import { load, loadSharded, save } from "../../../src/utils/safetensors/mod.ts";

const fixtures = new URL("../../fixtures/sharded/", import.meta.url);
const expected: Record<string, Record<string, { shape: number[]; values: number[] }>> = JSON.parse(
  readFileSync(new URL("expected.json", fixtures), "utf8"),
);
const folder = mkdtempSync(join(tmpdir(), "gradus-sharded-"));
after(() => rmSync(folder, { recursive: true }));

for (const [name, tensors] of Object.entries(expected)) {
  test(`the shards of ${name} have the right numbers`, () => {
    const index = new URL(`${name}.safetensors.index.json`, fixtures);
    const found = loadSharded(index, { convert: name === "half" });
    assertEquals([...found.keys()], Object.keys(tensors).sort());
    for (const [key, { shape, values }] of Object.entries(tensors)) {
      const x = found.get(key)!;
      assertEquals([x.shape, [...x.data]], [shape, values], key);
    }
  });
}

test("only the files of the chosen names are read", () => {
  cpSync(fixtures, folder, { recursive: true });
  rmSync(join(folder, "model-00001-of-00003.safetensors"));
  const index = join(folder, "model.safetensors.index.json");
  const names = ["norm.num_batches_tracked", "decoder.bias"];
  assertEquals([...loadSharded(index, { names }).keys()], names.toReversed());
  assertThrows(
    () => loadSharded(index),
    Error,
    "model-00001-of-00003.safetensors: there is no such",
  );
  assertThrows(
    () => loadSharded(index, { names: ["x"] }),
    Error,
    'tensor "x": the file has no such',
  );
  assertThrows(
    () => load(index),
    Error,
    "it is JSON, such as the index of several files; read it with",
  );
});

test("half precision needs convert, or is left out", () => {
  const index = new URL("half.safetensors.index.json", fixtures);
  assertThrows(() => loadSharded(index), Error, "tensors have no dtype F16");
  assertEquals([...loadSharded(index, { skip: true }).keys()], ["c"]);
});

/** Indices, and what the message says. */
const MALFORMED: readonly (readonly [index: string, message: string])[] = [
  ["", "stops after 0 characters"],
  ["[]", "is not a JSON object"],
  ["{}", 'its "weight_map" is not an object'],
  ['{"weight_map": []}', 'its "weight_map" is not an object'],
  ['{"weight_map": {"a": 1}}', 'its file of "a" is not the name of one beside it'],
  ['{"weight_map": {"a": ""}}', "is not the name of one beside it"],
  ['{"weight_map": {"a": ".."}}', "is not the name of one beside it"],
  ['{"weight_map": {"a": "../x.safetensors"}}', "is not the name of one beside it"],
  ['{"weight_map": {"a": "/etc/passwd"}}', "is not the name of one beside it"],
  ['{"weight_map": {"a": "..\\\\x"}}', "is not the name of one beside it"],
  ['{"weight_map": {"a": "x.safetensors", "a": "y.safetensors"}}', 'has the key "a" twice'],
  ['{"weight_map": {"a": "x.safetensors"}} {}', "follows the end of the header"],
  ['{"weight_map": {"a": "x.safetensors", "b": "x.safetensors"}}', 'lacks "b", which the index'],
  ['{"weight_map": {"c": "two.safetensors"}}', 'holds "d", which the index does not list there'],
  ['{"weight_map": {"a": "bad.safetensors"}}', "bad.safetensors: the file has 3 bytes"],
  [
    '{"weight_map": {"a": "none.safetensors"}}',
    "none.safetensors: there is no such file or folder",
  ],
  ["null", "is not a JSON object"],
  ["weight_map", "is not a JSON object"],
  ["{'weight_map': {}}", "instead of a key in quotes"],
  ['{"weight_map": {}', "stops after"],
  ['{"weight_map": {"a": "x.safetensors"', "stops after"],
  ['{"weight_map": {"a": "x.safetensors",}}', "instead of a key in quotes"],
  ['{"weight_map": {"a": x.safetensors}}', 'has "x" at character 21 instead of a value'],
  ['\ufeff{"weight_map": {"a": "x.safetensors"}}', "starts with a byte order mark"],
  ['{"weight_map": null}', 'its "weight_map" is not an object'],
  ['{"weight_map": "x.safetensors"}', 'its "weight_map" is not an object'],
  ['{"weightmap": {"a": "x.safetensors"}}', 'its "weight_map" is not an object'],
  ['{"weight_map": {"a": null}}', 'its file of "a" is not the name of one beside it'],
  ['{"weight_map": {"a": ["x.safetensors"]}}', "is not the name of one beside it"],
  ['{"weight_map": {"a": "."}}', "is not the name of one beside it"],
  ['{"weight_map": {"a": "sub/x.safetensors"}}', "is not the name of one beside it"],
  ['{"weight_map": {"a": "file:x.safetensors/"}}', "is not the name of one beside it"],
  ['{"weight_map": {"a": "x\\u0000.safetensors"}}', "is not the name of one beside it"],
  [`{"weight_map": {"a": "malformed.index.json"}}`, "is JSON, such as the index of several files"],
  ['{"weight_map": {"a": "cut.safetensors"}}', "cut.safetensors: "],
  ['{"weight_map": {}, "weight_map": {}}', 'has the key "weight_map" twice'],
];

test("indices and shards that do not fit are refused, and leave nothing in memory", () => {
  save({ a: tensor([1]) }, join(folder, "x.safetensors"));
  save({ c: tensor([1]), d: tensor([2]) }, join(folder, "two.safetensors"));
  writeFileSync(join(folder, "bad.safetensors"), "bad");
  const whole = readFileSync(join(folder, "x.safetensors"));
  writeFileSync(join(folder, "cut.safetensors"), whole.subarray(0, -1));
  const index = join(folder, "malformed.index.json");
  const before = memory.stats().storages;
  for (const [text, message] of MALFORMED) {
    writeFileSync(index, text);
    const error = assertThrows(() => loadSharded(index), Error, message);
    assert(error.message.startsWith(`Cannot read ${folder}`), error.message);
  }
  assertEquals(memory.stats().storages, before);
});
