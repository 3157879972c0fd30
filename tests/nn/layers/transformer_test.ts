import { assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { noGrad, randn } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";

test("a transformer stack holds copies, which start alike and learn apart", () => {
  const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8, dropout: 0 });
  const model = new nn.TransformerEncoder(layer, 2, { norm: new nn.LayerNorm(4) });
  const names = [...model.stateDict().keys()];
  assertStrictEquals(names.length, 2 * 12 + 2);
  assertEquals(names[0], "layers.0.self_attn.in_proj_weight");
  const [first, second] = model.layers;
  assertEquals(first.linear1.weight.toArray(), layer.linear1.weight.toArray());
  noGrad(() => second.linear1.weight.zero_());
  assertNotEquals(first.linear1.weight.toArray(), second.linear1.weight.toArray());
  const x = randn([3, 1, 4]);
  assertEquals(model(x).toArray(), model.norm!(second(first(x))).toArray());
  const decoder = new nn.TransformerDecoder(
    new nn.TransformerDecoderLayer(4, 2, { dimFeedforward: 8, dropout: 0 }),
    2,
  );
  assertEquals(decoder(x, randn([5, 1, 4])).shape, [3, 1, 4]);
});
