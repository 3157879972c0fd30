import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { tensor, ValueError } from "../../mod.ts";
import { Linear, renameKeys } from "../../src/nn/mod.ts";

const state = new Map(
  ["module.a.weight", "module.a.bias", "module.encoder.weight", "head"].map((name, i) => [
    name,
    tensor([i]),
  ]),
);

test("the longest prefix that fits is replaced, and tensors stay the same", () => {
  const renamed = renameKeys(state, { "module.": "", "module.encoder.": "backbone." });
  assertEquals([...renamed.keys()], ["a.weight", "a.bias", "backbone.weight", "head"]);
  assertEquals(renamed.get("backbone.weight") === state.get("module.encoder.weight"), true);
  assertEquals([...renameKeys(state, { "": "x." }).keys()][3], "x.head");
  const model = new Linear(2, 3);
  const wrapped = renameKeys(model.stateDict(), (name) => `_orig_mod.${name}`);
  new Linear(2, 3).loadStateDict(renameKeys(wrapped, { "_orig_mod.": "" }));
});

test("names that become one are refused", () => {
  assertThrows(
    () => renameKeys({ "a.w": tensor([1]), "b.w": tensor([2]) }, { "a.": "", "b.": "" }),
    ValueError,
    'Cannot rename keys "a.w" and "b.w" both to "w": choose names that differ',
  );
  assertThrows(() => renameKeys(null as never, {}), ValueError);
  assertThrows(() => renameKeys(state, "module." as never), ValueError);
});
