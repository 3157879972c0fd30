/** Distances of pairs: PyTorch 1.13's numbers, edges, and misuse. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { DTypeError, gradCheck, ShapeError, type Tensor, tensor, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { type Expected, requirePytorch, wave } from "../support/pytorch_case.ts";

const { functional: F } = nn;
const [a, b] = [wave([2, 3]), wave([2, 3], 5)];

const EXPECTED: Record<string, Expected> = {
  "p 2": [[2], [0.8660236717336312, 2.3584958130136675], [
    -0.7216878364870322,
    -0.7216878364870322,
    -0.7216878364870322,
    0.2384995754057505,
    -0.052999776090455,
    -0.052999776090455,
  ], [
    0.7216878364870322,
    0.7216878364870322,
    0.7216878364870322,
    -0.2384995754057505,
    0.052999776090455,
    0.052999776090455,
  ]],
  "p 1": [[2], [1.499997, 3.249999], [-1.25, -1.25, -1.25, 0.25, -0.25, -0.25], [
    1.25,
    1.25,
    1.25,
    -0.25,
    0.25,
    0.25,
  ]],
  "p 3": [[2], [0.7211233429041339, 2.26634281359949], [
    -0.60093732096142,
    -0.60093732096142,
    -0.60093732096142,
    0.24640767144295786,
    -0.012168220581987091,
    -0.012168220581987091,
  ], [
    0.60093732096142,
    0.60093732096142,
    0.60093732096142,
    -0.24640767144295786,
    0.012168220581987091,
    0.012168220581987091,
  ]],
  "p inf": [[2], [0.499999, 2.250001], [
    -0.4166666666666667,
    -0.4166666666666667,
    -0.4166666666666667,
    0.25,
    0,
    0,
  ], [0.4166666666666667, 0.4166666666666667, 0.4166666666666667, -0.25, 0, 0]],
  "keep": [[2, 1], [0.4330127018922193, 2.5248762345905194], [
    -0.7216878364870323,
    -0.7216878364870323,
    -0.7216878364870323,
    0.2475368857441686,
    -0.02475368857441686,
    -0.02475368857441686,
  ], [
    0.7216878364870323,
    0.7216878364870323,
    0.7216878364870323,
    -0.2475368857441686,
    0.02475368857441686,
    0.02475368857441686,
  ]],
  "broadcast": [[2], [1.7320508075688771e-06, 2.5248770267090235], [
    0.7216878364870323,
    0.7216878364870323,
    0.7216878364870323,
    0.24753690710023932,
    -0.024753581793828375,
    -0.024753581793828375,
  ], [-0.9692247435872716, -0.6969342546932039, -0.6969342546932039]],
  "equal": [[2], [1.7320508075688771e-06, 1.7320508075688771e-06], [
    0.7216878364870323,
    0.7216878364870323,
    0.7216878364870323,
    0.14433756729740646,
    0.14433756729740646,
    0.14433756729740646,
  ], [
    -0.7216878364870323,
    -0.7216878364870323,
    -0.7216878364870323,
    -0.14433756729740646,
    -0.14433756729740646,
    -0.14433756729740646,
  ]],
  "vectors": [[], [2.4622137397072175], [
    -0.7615093359941029,
    0.6345920440626723,
    -0.7615093359941029,
  ], [0.7615093359941029, -0.6345920440626723, 0.7615093359941029]],
};

const CALLS: Record<string, readonly [Tensor[], nn.PairwiseDistanceOptions]> = {
  "p 2": [[a, b], {}],
  "p 1": [[a, b], { p: 1 }],
  "p 3": [[a, b], { p: 3 }],
  "p inf": [[a, b], { p: Infinity }],
  keep: [[a, b], { eps: 0.25, keepDims: true }],
  broadcast: [[a, wave([3])], {}],
  equal: [[a, a], {}],
  vectors: [[wave([3]), wave([3], 4)], {}],
};

for (const [name, [inputs, options]] of Object.entries(CALLS)) {
  test(`distances (${name}) are PyTorch's`, () => {
    requirePytorch(EXPECTED[name], inputs, (x, y) => F.pairwiseDistance(x, y, options));
  });
}

test("first and second derivatives", () => {
  const leaves = [a, b].map((x) => x.clone().requiresGrad_());
  for (const p of [1, 2, 3.5]) {
    const distance = new nn.PairwiseDistance({ p });
    assert.ok(gradCheck((x, y) => distance(x, y), leaves, { secondOrder: true }));
  }
});

test("empty batches and vectors of nothing; a printed layer shows its options", () => {
  assert.deepEqual(F.pairwiseDistance(zeros([0, 3]), zeros([0, 3])).shape, [0]);
  assert.deepEqual(F.pairwiseDistance(zeros([2, 0]), zeros([2, 0])).toArray(), [0, 0]);
  assert.equal(F.pairwiseDistance(tensor(3), tensor(1), { eps: 0 }).item(), 2);
  assert.equal(`${new nn.PairwiseDistance()}`, "PairwiseDistance()");
  const layer = new nn.PairwiseDistance({ p: 1, eps: 0, keepDims: true });
  assert.equal(`${layer}`, "PairwiseDistance({ p: 1, eps: 0, keepDims: true })");
});

test("misuse is refused", () => {
  assert.throws(() => F.pairwiseDistance(zeros([2, 3]), zeros([2, 2])), { name: ShapeError.name });
  const integers = tensor([1, 2], { dtype: "int32" });
  assert.throws(() => F.pairwiseDistance(integers, [1] as unknown as Tensor), {
    name: DTypeError.name,
    message: /Cannot pairwiseDistance with a value of type array/,
  });
});
