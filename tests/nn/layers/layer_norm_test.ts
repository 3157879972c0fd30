import { test } from "node:test";
import { ones, tensor, zeros } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertNear, assertSame } from "../../support/assert.ts";

const { functional: F } = nn;

test("a large mean costs normalization no digits", () => {
  const x = tensor([[1, 2, 3, 4, 5]]).add(1e6);
  const expected = tensor([[-2, -1, 0, 1, 2]]).div(Math.sqrt(2));
  assertNear(F.layerNorm(x, 5), expected, 1e-4);
  assertNear(F.batchNorm(x.T, { training: true }).T, expected, 1e-4);
});

test("what normalizes over constant values gives zeros, not NaN", () => {
  assertSame(F.layerNorm(ones([1, 3]).mul(7), 3).toArray(), [[0, 0, 0]]);
  assertSame(F.rmsNorm(zeros([1, 2]), 2).toArray(), [[0, 0]]);
});
