import { test } from "node:test";
import assert from "node:assert/strict";
import { apply } from "../../src/autograd/apply.ts";
import { ops } from "../../src/ops/table.ts";
import { type Tensor, tensor } from "../../mod.ts";

test("standardize takes the mean and the factor that it is given", () => {
  const x = tensor([[1, 2], [3, 5]]);
  const attrs = { axes: [1], eps: 0, centered: true };
  const y = apply(ops.standardize, [x, tensor([[1], [2]]), tensor([[10], [100]])], attrs) as Tensor;
  assert.deepEqual(y.toArray(), [[0, 10], [100, 300]]);
});
