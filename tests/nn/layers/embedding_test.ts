import { assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { tensor, zeros } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertNear, assertSame } from "../../support/assert.ts";

test("rows that are not looked up, or short enough, are not written", () => {
  const layer = new nn.Embedding(3, 2, { maxNorm: 5 });
  layer.loadStateDict({ weight: tensor([[3, 4], [6, 8], [30, 40]]) });
  const version = layer.weight.array.storage.version;
  layer(tensor([0, 0], { dtype: "int32" }));
  assertStrictEquals(layer.weight.array.storage.version, version);
  assertNear(layer(tensor([1, 0], { dtype: "int32" })), tensor([[3, 4], [3, 4]]), 1e-6);
  assertEquals([...layer.weight.data].slice(4), [30, 40]);
  assertSame(layer(zeros([0], { dtype: "int32" })).shape, [0, 2]);
});

test("a table from elsewhere is shared, and learns only if asked", () => {
  const table = tensor([[1, 2], [3, 4]]);
  assertEquals(nn.Embedding.fromPretrained(table).weight.requiresGrad, false);
  const layer = nn.Embedding.fromPretrained(table, { freeze: false, paddingIdx: 0 });
  assertEquals(layer.weight.toArray(), [[1, 2], [3, 4]]);
  layer(tensor([0, 1, 1], { dtype: "int32" })).sum().backward();
  assertSame(layer.weight.grad!.toArray(), [[0, 0], [2, 2]]);
});
