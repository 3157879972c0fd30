import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { ShapeError, tensor, zeros } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

test("layers of zero size can be made and called", () => {
  const layer = new nn.Linear(0, 3);
  assertSame(layer.bias!.toArray(), [0, 0, 0]);
  assertSame(layer(zeros([2, 0])).toArray(), [[0, 0, 0], [0, 0, 0]]);
  assertSame(new nn.Linear(3, 0)(zeros([2, 3])).shape, [2, 0]);
});

test("Unflatten cuts an axis, and refuses sizes that do not fit", () => {
  const layer = new nn.Unflatten(-1, [2, -1]);
  assertEquals(layer(tensor([[1, 2, 3, 4]])).toArray(), [[[1, 2], [3, 4]]]);
  assertEquals(`${layer}`, "Unflatten(-1, [2, -1])");
  assertThrowsMessage(
    () => new nn.Unflatten(1, [2, 3])(zeros([4, 5])),
    ShapeError,
    "Cannot unflatten [5] to [2, 3]: 5 elements cannot make 6",
  );
});
