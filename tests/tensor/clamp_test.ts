import assert from "node:assert/strict";
import { test } from "node:test";
import { tensor } from "../../mod.ts";

test("clamp_ limits in place, also with one open side and for integers", () => {
  const x = tensor([-3, 0.5, 2]);
  assert.equal(x.clamp_(-1, 1), x);
  assert.deepEqual(x.toArray(), [-1, 0.5, 1]);
  assert.deepEqual(x.clamp_(0).toArray(), [0, 0.5, 1]);
  assert.deepEqual(x.clamp_(null, 0.25).toArray(), [0, 0.25, 0.25]);
  const n = tensor([-3, 7], { dtype: "int32" }).clamp_(null, 5);
  assert.deepEqual([n.dtype, n.toArray()], ["int32", [-3, 5]]);
  const weight = tensor([2], { requiresGrad: true });
  assert.throws(() => weight.clamp_(0, 1), {
    name: "GradientError",
    message: /^Cannot clamp in place on a leaf that requires a gradient/,
  });
});
