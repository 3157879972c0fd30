import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { ReleasedError, tensor, ValueError } from "../../mod.ts";
import { Linear, renameKeys, Sequential } from "../../src/nn/mod.ts";

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

test("a value that was freed is refused before anything is written", () => {
  for (const [freed, other] of [["bias", "weight"], ["weight", "bias"]] as const) {
    const model = new Linear(1, 1);
    const before = model.stateDict().get(other)!.toArray();
    const state = { weight: tensor([[7]]), bias: tensor([7]) };
    state[freed][Symbol.dispose]();
    assertThrows(() => model.loadStateDict(state), ReleasedError, "it was disposed");
    assertEquals(model.stateDict().get(other)!.toArray(), before);
  }
});

test("layers exchange their values by a state dict with other names", () => {
  const model = new Sequential(
    new Linear(2, 2, { bias: false }),
    new Linear(2, 2, { bias: false }),
  );
  const [first, second] = [...model.stateDict().values()].map((weight) => weight.toArray());
  const state = model.stateDict();
  model.loadStateDict(
    new Map([
      ["0.weight", state.get("1.weight")!.T],
      ["1.weight", state.get("0.weight")!],
    ]),
  );
  const [one, two] = [...model.stateDict().values()];
  assertEquals([one.T.toArray(), two.toArray()], [second, first]);
});
