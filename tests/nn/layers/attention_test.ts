import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { arange, DTypeError, grad, ones, ShapeError, type Tensor, tensor } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertNear, assertSame, assertThrowsMessage } from "../../support/assert.ts";
import { data } from "../../support/data.ts";

const { functional: F } = nn;

test("attention is softmax(q kᵀ / √e + mask) v", () => {
  const [q, k, v] = [data([2, 3, 4], 1), data([2, 5, 4], 2), data([2, 5, 6], 3)];
  const expected = (scores: Tensor) => scores.softmax(-1).matmul(v);
  const scores = q.matmul(k.transpose()).div(2);
  assertNear(F.scaledDotProductAttention(q, k, v), expected(scores), 1e-14);
  const bias = data([3, 5], 4);
  const biased = F.scaledDotProductAttention(q, k, v, { mask: bias });
  assertNear(biased, expected(scores.add(bias)), 1e-14);
  const scaled = F.scaledDotProductAttention(q, k, v, { scale: 3 });
  assertNear(scaled, expected(scores.mul(6)), 1e-14);
  const allowed = bias.gt(-0.5);
  const masked = F.scaledDotProductAttention(q, k, v, { mask: allowed });
  assertNear(masked, expected(scores.maskedFill(allowed.logicalNot(), -Infinity)), 1e-14);
});

test("with isCausal, long sequences attend in blocks as with a mask", () => {
  for (const [queries, keys] of [[150, 150], [150, 70], [70, 150], [600, 600]]) {
    const inputs = [[2, queries, 4], [2, keys, 4], [2, keys, 3]].map((shape, i) =>
      data(shape, i).requiresGrad_()
    );
    const [q, k, v] = inputs;
    const mask = arange(queries).unsqueeze(1).ge(arange(keys));
    const [whole, blocks] = [{ mask }, { isCausal: true }].map((options) => {
      const y = F.scaledDotProductAttention(q, k, v, options);
      return [y.detach(), ...grad(y.square().sum(), inputs)];
    });
    whole.forEach((expected, i) => assertNear(blocks[i]!, expected!, 1e-12));
  }
});

test("with isCausal, no result depends on what comes later", () => {
  const [q, k, v] = [1, 2, 3].map((seed) => data([4, 3], seed));
  const whole = F.scaledDotProductAttention(q, k, v, { isCausal: true });
  for (let n = 1; n <= 4; n++) {
    const [a, b, c] = [q, k, v].map((x) => x.slice(0, n));
    const last = F.scaledDotProductAttention(a, b, c).at(-1);
    assertNear(whole.at(n - 1), last, 1e-14);
  }
});

test("a query that may look nowhere gets NaN", () => {
  const x = data([2, 3]);
  const mask = tensor([[true, false], [false, false]]);
  const y = F.scaledDotProductAttention(x, x, x, { mask });
  assertNear(y.at(0), x.at(0), 0);
  assert(y.at(1).data.every(Number.isNaN));
});

test("dropout of attention is that of its weights, in training only", () => {
  const layer = new nn.MultiheadAttention(4, 2, { dropout: 0.5 });
  const x = ones([8, 4, 4]);
  const kept = layer(x, x, x, { averageAttnWeights: false })[1]!;
  assertSame([...new Set(kept.data)].sort(), [0, 0.25]);
  const all = layer.eval()(x, x, x)[1]!;
  assertEquals([...new Set(all.data)], [0.125]);
});

test("a mask that does not fit the scores, or would be added as integers, is refused", () => {
  const [q, mha] = [ones([1, 1, 4]), new nn.MultiheadAttention(4, 2)];
  const attend = (mask: Tensor) => F.scaledDotProductAttention(q, q, q, { mask });
  for (const shape of [[3, 1], [1, 3], [4, 1, 1], [1, 1, 1, 1]]) {
    assertThrowsMessage(
      () => attend(ones(shape)),
      ShapeError,
      `Cannot attend with a mask of shape [${
        shape.join(", ")
      }]: the scores, one for each query and ` +
        "key, have shape [1, 1, 1], to which it must broadcast",
    );
  }
  const message =
    "Cannot attend with a mask of int32: it would be added to the scores; compare, as " +
    'in mask.eq(1), or convert it with .to("bool")';
  const attnMask = tensor([[1]], { dtype: "int32" });
  assertThrowsMessage(() => attend(attnMask), DTypeError, message);
  assertThrowsMessage(() => mha(q, q, q, { attnMask }), DTypeError, message);
  assertThrows(() => mha(q, q, q, { keyPaddingMask: ones([3, 1]) }), ShapeError);
  assertSame(attend(ones([1])).toArray(), q.toArray());
});
