import { test } from "node:test";
import { apply } from "../../src/autograd/apply.ts";
import { ops } from "../../src/ops/table.ts";
import { type Tensor, tensor } from "../../mod.ts";
import { assertSame } from "../support/assert.ts";

test("standardize takes the mean and the factor that it is given", () => {
  const x = tensor([[1, 2], [3, 5]]);
  const attrs = { axes: [1], eps: 0, centered: true };
  const y = apply(ops.standardize, [x, tensor([[1], [2]]), tensor([[10], [100]])], attrs) as Tensor;
  assertSame(y.toArray(), [[0, 10], [100, 300]]);
});
