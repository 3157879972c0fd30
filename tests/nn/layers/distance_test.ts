/** Normalized vectors, cosines and distances. */

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { DTypeError, gradCheck, ShapeError, type Tensor, tensor, zeros } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { checkPytorch, type Expected, wave } from "../../support/pytorch_case.ts";
import { assertSame } from "../../support/assert.ts";

const { functional: F } = nn;

const double = (values: number[][]) => tensor(values, { dtype: "float64" });
const x = double([[3, 4, 0], [0, 0, 0], [1, -2, 2]]);
const other = double([[1, 2, 3], [1, 1, 1], [0, 0, 0]]);

function near(actual: Tensor, expected: readonly (number | readonly number[])[]): void {
  const values = expected.flat();
  assertStrictEquals(actual.numel(), values.length);
  actual.data.forEach((value, i) => {
    const error = Math.abs(value - values[i]);
    assert(error <= 4 * 2 ** -53 * Math.max(1, Math.abs(values[i])), `${value}, ${values[i]}`);
  });
}

/** The numbers of PyTorch 1.13, and the gradient if that of the result is `x` upside down. */
const NORMALIZED = [
  [{}, [0.6, 0.8, 0, 0, 0, 0, 1 / 3, -2 / 3, 2 / 3], [
    [0.32, -0.24, 0.4, 0, 0, 0, 1.1851851851851851, 0.9629629629629629, 0.37037037037037035],
  ]],
  [{ p: 1 }, [0.42857142857142855, 0.5714285714285714, 0, 0, 0, 0, 0.2, -0.4, 0.4], [
    [0.24489795918367346, -0.18367346938775508, 0.2857142857142857],
    [0, 0, 0],
    [0.8, 0.6000000000000001, 0.2],
  ]],
  [{ axis: 0 }, [
    [0.9486832980505138, 0.8944271909999159, 0, 0, 0, 0],
    [0.31622776601683794, -0.4472135954999579, 1],
  ], [
    [-0.2529822128134703, 0.26832815729997467, 1, 0, 0, 0],
    [0.758946638440411, 0.5366563145999496, 0],
  ]],
  [{ p: Infinity }, [0.75, 1, 0, 0, 0, 0, 0.5, -1, 1], [
    [0.25, -0.1875, 0.5, 0, 0, 0, 1.5, 1.375, 0.625],
  ]],
] as const;

for (const [options, result, gradient] of NORMALIZED) {
  test(`normalize with ${JSON.stringify(options)} ${options === NORMALIZED[3][0] ? "∞ " : ""}is PyTorch's`, () => {
    const input = x.clone().requiresGrad_();
    const y = F.normalize(input, options);
    y.backward(x.flip(0));
    near(y, result);
    near(input.grad!, gradient);
  });
}

test("cosines of rows are PyTorch's, with those of zeros", () => {
  const [a, b] = [x.clone().requiresGrad_(), other.clone().requiresGrad_()];
  const y = F.cosineSimilarity(a, b);
  y.sum().backward();
  near(y, [0.5879747322073337, 0, 0]);
  near(a.grad!, [
    [-0.01710471948239515, 0.012828539611796377, 0.16035674514745463],
    [57735026.91896258, 57735026.91896258, 57735026.91896258],
    [0, 0, 0],
  ]);
  near(b.grad!, [
    [0.11835854998978793, 0.12981260321460614, -0.12599458547300008],
    [0, 0, 0],
    [33333333.333333332, -66666666.666666664, 66666666.666666664],
  ]);
});

test("cosines go along any axis, and broadcast", () => {
  near(F.cosineSimilarity(x, other, { axis: 0 }), [0.6708203932499368, 0.8, 0]);
  const table = new nn.CosineSimilarity({ axis: -1 })(x.unsqueeze(1), other);
  near(table, [
    [0.5879747322073337, 0.8082903768654762, 0],
    [0, 0, 0],
    [0.2672612419124244, 0.19245008972987526, 0],
  ]);
});

test("second derivatives exist, and a printed layer shows its options", () => {
  const inputs = [x, other].map((t) => t.add(0.5).requiresGrad_());
  assert(gradCheck((a, b) => F.cosineSimilarity(a, b), inputs, { secondOrder: true }));
  assertEquals(`${new nn.CosineSimilarity()}`, "CosineSimilarity()");
  assertEquals(`${new nn.CosineSimilarity({ axis: 0 })}`, "CosineSimilarity({ axis: 0 })");
});

test("misuse of cosines is refused", () => {
  assertThrows(() => F.normalize(tensor([1, 2])), ShapeError, "axis 1 of shape [2]");
  assertThrows(() => F.cosineSimilarity(x, other.slice(0, 2)), ShapeError);
  assertThrows(() => F.normalize(tensor([[1, 2]], { dtype: "int32" })), DTypeError);
});

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
    checkPytorch(EXPECTED[name], inputs, (x, y) => F.pairwiseDistance(x, y, options));
  });
}

test("first and second derivatives", () => {
  const leaves = [a, b].map((x) => x.clone().requiresGrad_());
  for (const p of [1, 2, 3.5]) {
    const distance = new nn.PairwiseDistance({ p });
    assert(gradCheck((x, y) => distance(x, y), leaves, { secondOrder: true }));
  }
});

test("empty batches and vectors of nothing; a printed layer shows its options", () => {
  assertSame(F.pairwiseDistance(zeros([0, 3]), zeros([0, 3])).shape, [0]);
  assertSame(F.pairwiseDistance(zeros([2, 0]), zeros([2, 0])).toArray(), [0, 0]);
  assertEquals(F.pairwiseDistance(tensor(3), tensor(1), { eps: 0 }).item(), 2);
  assertEquals(`${new nn.PairwiseDistance()}`, "PairwiseDistance()");
  const layer = new nn.PairwiseDistance({ p: 1, eps: 0, keepDims: true });
  assertEquals(`${layer}`, "PairwiseDistance({ p: 1, eps: 0, keepDims: true })");
});

test("misuse is refused", () => {
  assertThrows(() => F.pairwiseDistance(zeros([2, 3]), zeros([2, 2])), ShapeError);
  const integers = tensor([1, 2], { dtype: "int32" });
  assertThrows(
    () => F.pairwiseDistance(integers, [1] as unknown as Tensor),
    DTypeError,
    "Cannot pairwiseDistance with a value of type array",
  );
});

test("cosines of vectors that broadcast along their own axis", () => {
  const y = F.cosineSimilarity(tensor([[1, 2], [3, 4]]), tensor([[1], [1]]), { axis: 1 });
  assertEquals(y.mul(1e4).round().toArray(), [9487, 9899]);
  const z = F.cosineSimilarity(tensor([1, 2]), tensor([[1, 2], [3, 4]]), 0);
  assertEquals(z.mul(1e4).round().toArray(), [8944, 9487]);
});
