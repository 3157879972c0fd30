import {
  DTypeError,
  grad,
  gradCheck,
  ShapeError,
  type Tensor,
  tensor,
  where,
  zeros,
} from "../../mod.ts";
import { checkPytorch, type Expected, wave } from "../support/pytorch_case.ts";
import * as F from "../../src/nn/functional.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

const EXPECTED: Record<string, Expected> = {
  "asinh": [[8], [
    -2.0322246215338136,
    1.1947632172871094,
    -1.1947632172871094,
    2.0322246215338136,
    0.6931471805599453,
    -1.5501579568690622,
    1.8184464592320668,
    0,
  ], [
    0.3220783132004154,
    0.1386750490563073,
    -0.41602514716892186,
    0.25766265056033233,
    0,
    -0.40613846605344767,
    0.23717082451262844,
    -0.25,
  ]],
  "acosh": [[8], [
    0.6931471805599453,
    1.762747174039086,
    1.3169578969248166,
    1.9966315184985717,
    1.66991903058777,
    1.158810360429947,
    1.9248473002384139,
    1.566799236972411,
  ], [
    1.6666666666666665,
    0.08838834764831843,
    -0.4330127018922194,
    0.27668578554642986,
    0,
    -0.6963106238227914,
    0.223606797749979,
    -0.1091089451179962,
  ]],
  "atanh": [[8], [
    -0.7331685343967136,
    0.25541281188299536,
    -0.25541281188299536,
    0.7331685343967136,
    0.12565721414045303,
    -0.3942286801821351,
    0.5493061443340548,
    0,
  ], [
    2.051282051282051,
    0.26666666666666666,
    -0.8,
    1.641025641025641,
    0,
    -1.1636363636363636,
    1,
    -0.25,
  ]],
  "exp2": [[8], [
    0.42044820762685725,
    1.4142135623730951,
    0.7071067811865476,
    2.378414230005442,
    1.189207115002721,
    0.5946035575013605,
    2,
    1,
  ], [
    0.3642906121100482,
    0.2450645358671368,
    -0.36759680380070525,
    1.6485911177319255,
    0,
    -0.41214777943298136,
    1.0397207708399179,
    -0.17328679513998632,
  ]],
  "copysign": [[8], [1.25, 0.5, -0.5, 1.25, 0.25, -0.75, 1, 0], [
    -1.25,
    0.25,
    -0.75,
    1,
    0,
    -1,
    0.75,
    0,
  ]],
  "nanToNum": [[8], [-3, 0.5, -0.5, 2, 0.25, -0.75, 1, 0], [0, 0.25, -0.75, 0, 0, -1, 0.75, -0.25]],
  "nansum": [[3], [-1.25, 0, -1.25], [1.25, 0, -0.75, 0, 0, -0.75]],
  "nanmean": [[2, 1], [-0.4166666666666667, -0.25], [
    0.4166666666666667,
    0.4166666666666667,
    0.4166666666666667,
    0,
    0.125,
    0.125,
  ]],
};

const CALLS: Record<string, readonly [Tensor[], (...inputs: Tensor[]) => Tensor]> = {
  asinh: [[wave([8]).mul(3)], (x) => x.asinh()],
  acosh: [[wave([8]).add(2.5)], (x) => x.acosh()],
  atanh: [[wave([8]).div(2)], (x) => x.atanh()],
  exp2: [[wave([8])], (x) => x.exp2()],
  copysign: [[wave([8])], (x) => x.copysign(wave([8], 3))],
  nanToNum: [[wave([8])], (x) => {
    const holes = where(x.gt(1), NaN, where(x.lt(-1), Infinity, x));
    return holes.nanToNum({ nan: 2, posinf: -3 });
  }],
  nansum: [[wave([2, 3])], (x) => where(x.gt(0), NaN, x).nansum(0)],
  nanmean: [[wave([2, 3])], (x) => where(x.gt(0.5), NaN, x).nanmean({ axis: 1, keepDims: true })],
};

for (const [name, [inputs, f]] of Object.entries(CALLS)) {
  test(`${name} gives PyTorch's numbers; first and second derivatives`, () => {
    checkPytorch(EXPECTED[name], inputs, f);
    // Away from 0, where copysign has a kink.
    const leaves = inputs.map((x) => x.add(0.03).requiresGrad_());
    assert(gradCheck(f, leaves, { secondOrder: true }));
  });
}

const EDGES = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2, -2];

test("edge values are PyTorch's in both dtypes, with the signs of zeros", () => {
  for (const dtype of ["float32", "float64"] as const) {
    const x = tensor(EDGES, { dtype });
    const asinh = x.asinh().data;
    assertSame([...asinh.slice(0, 5)], [NaN, Infinity, -Infinity, 0, -0]);
    assertEquals(asinh[5], -asinh[6]);
    const acosh = [...x.acosh().data];
    assertSame(acosh.slice(0, 7), [NaN, Infinity, NaN, NaN, NaN, 0, NaN]);
    assertEquals(acosh[8], NaN);
    const atanh = [...x.atanh().data];
    assertSame(atanh, [NaN, NaN, NaN, 0, -0, Infinity, -Infinity, NaN, NaN]);
    const exp2 = [...x.exp2().data];
    assertSame(exp2, [NaN, Infinity, 0, 1, 1, 2, 0.5, 4, 0.25]);
  }
});

test("inverse hyperbolic functions are precise from the smallest to the largest numbers", () => {
  const float = (x: number) => tensor(x, { dtype: "float32" });
  const double = (x: number) => tensor(x, { dtype: "float64" });
  const near = (actual: number, expected: number, ulps: number, of: number) => {
    const error = Math.abs(actual / expected - 1);
    assert(error <= ulps * of, `${actual}, expected ${expected}`);
  };
  for (let e = -120; e <= 120; e += 0.37) {
    const x = Math.fround(2 ** e);
    near(float(x).asinh().item(), Math.asinh(x), 3, 2 ** -23);
    near(double(x).asinh().item(), Math.asinh(x), 4, 2 ** -52);
    const above = Math.fround(1 + x);
    if (above > 1) near(float(above).acosh().item(), Math.acosh(above), 4, 2 ** -23);
    if (x < 0.99) near(float(x).atanh().item(), Math.atanh(x), 3, 2 ** -23);
    if (x < 0.99) near(double(-x).atanh().item(), Math.atanh(-x), 4, 2 ** -52);
  }
});

test("gradients of acosh and atanh follow their formulas even where the value is NaN, as in PyTorch", () => {
  const slope = (f: (x: Tensor) => Tensor, at: number) => {
    const x = tensor(at, { requiresGrad: true });
    f(x).backward();
    return x.grad!.item();
  };
  assertEquals([0.5, 1, -1].map((x) => slope((x) => x.acosh(), x)), [NaN, Infinity, Infinity]);
  assert(Math.abs(slope((x) => x.acosh(), -1.25) - 4 / 3) < 1e-6);
  assertEquals([3, -3, 1].map((x) => slope((x) => x.atanh(), x)), [-0.125, -0.125, Infinity]);
});

test("copysign handles −0 and infinities, and combines dtypes", () => {
  const x = tensor([1, -2, 0, NaN, Infinity, 3]);
  const y = x.copysign(tensor([-0, 3, -1, -1, -1, -Infinity]));
  assertSame([...y.data], [-1, 2, -0, NaN, -Infinity, -3]);
  assertEquals(x.copysign(-0).slice(0, 2).toArray(), [-1, -2]);
  assertEquals(tensor([-2, 2]).copysign(Infinity).toArray(), [2, 2]);
  const integers = tensor([1, 2], { dtype: "int32" }).copysign(-1);
  assertEquals([integers.dtype, integers.toArray()], ["float32", [-1, -2]]);
  assertEquals(tensor([1]).copysign(tensor([1], { dtype: "float64" })).dtype, "float64");
  const [size, sign] = [[2, -3, 0], [-1, -1, 1]].map((v) => tensor(v, { requiresGrad: true }));
  size.copysign(sign).sum().backward();
  assertSame([size.grad!.toArray(), sign.grad!.toArray()], [[-1, 1, 0], [0, 0, 0]]);
});

test("heaviside is 0, 1, or the given value; NaN gives 0, as in PyTorch", () => {
  const [x, values] = [[-1, 0, 2, NaN, -0], [5, 6, 7, 8, 9]].map((v) =>
    tensor(v, { requiresGrad: true })
  );
  const y = x.heaviside(values);
  assertSame(y.toArray(), [0, 6, 1, 0, 9]);
  y.sum().backward();
  assertSame(x.grad!.toArray(), [0, 0, 0, 0, 0]);
  assertSame(values.grad!.toArray(), [0, 1, 0, 0, 1]);
  assertEquals(tensor([0, 3], { dtype: "int32" }).heaviside(2).toArray(), [2, 1]);
});

test("nanToNum uses the largest and lowest numbers of the dtype by default", () => {
  const x = tensor([NaN, Infinity, -Infinity, 2]);
  const largest = 3.4028234663852886e38;
  assertSame(x.nanToNum().toArray(), [0, largest, -largest, 2]);
  const { MAX_VALUE } = Number;
  assertSame(x.double().nanToNum().toArray(), [0, MAX_VALUE, -MAX_VALUE, 2]);
  assertEquals(tensor([1, 2], { dtype: "int32" }).nanToNum().toArray(), [1, 2]);
});

test("nansum and nanmean of NaN alone, of empty tensors and of integers", () => {
  const holes = tensor([NaN, NaN]);
  assertSame([holes.nansum().item(), holes.nanmean().item()], [0, NaN]);
  assertSame([zeros([0]).nansum().item(), zeros([0]).nanmean().item()], [0, NaN]);
  assertStrictEquals(tensor(NaN).nansum().item(), 0);
  const integers = tensor([1, 2], { dtype: "int32" });
  assertEquals(integers.nansum().item(), 3);
  assertThrows(() => integers.nanmean(), DTypeError);
  assertThrowsMessage(
    () => holes.nansum(1),
    ShapeError,
    "Cannot nansum over axis 1 of shape [2]: axes go from -1 to 0",
  );
});

test("empty inputs and scalars", () => {
  for (const f of ["asinh", "acosh", "atanh", "exp2", "nanToNum"] as const) {
    assertSame(zeros([2, 0])[f]().shape, [2, 0]);
    assertEquals(tensor(0.5)[f]().shape, []);
    assertEquals(tensor([1], { dtype: "int32" })[f]().numel(), 1);
  }
  assertEquals(tensor(3, { dtype: "int32" }).exp2().dtype, "float32");
  assertThrows(() => zeros([2]).copysign(zeros([3])), ShapeError);
  assertThrows(() => zeros([2]).heaviside(zeros([3])), ShapeError);
});

test("2ˣ in float64 has derivatives in float64", () => {
  const x = tensor([1, 3], { dtype: "float64", requiresGrad: true });
  const [first] = grad(x.exp2().sum(), [x], { createGraph: true });
  assertEquals([...first!.data], [2 * Math.LN2, 8 * Math.LN2]);
  const [second] = grad(first!.sum(), [x]);
  assert(Math.abs(second!.data[1] - 8 * Math.LN2 ** 2) < 1e-14);
  // Numbers of a rule keep their digits, too, if a condition chooses between two of them.
  const y = tensor([-1], { dtype: "float64", requiresGrad: true });
  const [slope] = grad(F.leakyRelu(y, 0.1).sum(), [y], { createGraph: true });
  assertEquals(slope!.item(), 0.1);
});
