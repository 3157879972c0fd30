import { assertEquals, assertNotEquals } from "@std/assert";
import { test } from "node:test";
import { manualSeed, randn } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";

test("dropout between recurrent layers falls on all but the last, in training only", () => {
  manualSeed(0);
  const layer = new nn.RNN(2, 8, { numLayers: 2, dropout: 1 });
  const x = randn([3, 1, 2]);
  const noInput = layer(x)[0].toArray();
  assertEquals(layer(x.mul(2))[0].toArray(), noInput);
  layer.eval();
  assertNotEquals(layer(x)[0].toArray(), layer(x.mul(2))[0].toArray());
});
