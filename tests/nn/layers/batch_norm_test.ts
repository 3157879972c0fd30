import { assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { ones, ShapeError, tensor } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertNear, assertSame, assertThrowsMessage } from "../../support/assert.ts";

test("batch normalization refuses one value per channel in training, and is as it was then", () => {
  const layer = new nn.BatchNorm1d(2);
  layer(tensor([[1, 2], [3, 6]]));
  const before = [...layer.stateDict().values()].map((x) => x.toArray());
  assertThrowsMessage(
    () => layer(ones([1, 2])),
    ShapeError,
    "Cannot batchNorm shape [1, 2] in training: one value per channel has no variance; " +
      "use a larger batch, or eval()",
  );
  assertSame([...layer.stateDict().values()].map((x) => x.toArray()), before);
  assertEquals(before.slice(2, 4), [[0.2, 0.4], [1.1, 1.7]].map((row) => row.map(Math.fround)));
  assertEquals(layer.eval()(ones([1, 2])).shape, [1, 2]);
});

test("instance normalization notes statistics only if asked, and then uses them after eval()", () => {
  const plain = new nn.InstanceNorm1d(2);
  assertEquals([...plain.stateDict().keys()], []);
  const layer = new nn.InstanceNorm1d(2, { trackRunningStats: true, affine: true });
  assertEquals([...layer.stateDict().keys()], [
    "weight",
    "bias",
    "running_mean",
    "running_var",
    "num_batches_tracked",
  ]);
  const x = tensor([[[1, 3], [0, 4]], [[5, 7], [0, 0]]]);
  layer(x);
  // Means 4 and 1, unbiased variances 2 and 4, a tenth of each.
  assertNear(layer.running_mean!, tensor([0.4, 0.1]), 1e-6);
  assertNear(layer.running_var!, tensor([1.1, 1.3]), 1e-6);
  assertStrictEquals(layer.num_batches_tracked!.item(), 0);
  layer.eval();
  const one = layer(ones([1, 2, 1]));
  assertNear(one, tensor([[[0.6 / Math.sqrt(1.1)], [0.9 / Math.sqrt(1.3)]]]), 1e-4);
  assertNear(layer.running_mean!, tensor([0.4, 0.1]), 1e-6);
});
