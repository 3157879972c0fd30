import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { arange, DTypeError, gradCheck, type Tensor, ValueError, zeros } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import { assertThrowsMessage } from "../../support/assert.ts";

const { functional: F } = nn;

const image = arange(70, { dtype: "float64" }).mul(13).remainder(29).reshape(1, 2, 5, 7).div(8);

/**
 * The numbers of PyTorch 1.13 with `mode="bilinear", antialias=True`: the first rows of the first channel,
 * and the first row of the gradient of the image, where that of the result is 0, 1, 2, …
 */
const CASES: readonly (readonly [readonly [number, number], number[], number[]])[] = [
  [[2, 3], [
    ...[1.3632305194805197, 1.7887700534759357, 2.1132305194805197, 1.621753246753247],
    ...[1.8679812834224598, 1.700892857142857],
  ], [
    ...[0, 0.018716577540106957, 0.07486631016042779, 0.13101604278074866],
    ...[0.21122994652406407, 0.2914438502673796, 0.22727272727272738],
  ]],
  [[3, 7], [
    ...[0.21428571428571436, 1.8392857142857142, 1.9107142857142854, 1.4642857142857142],
    ...[3.0892857142857135, 1.0892857142857144, 2.714285714285714, 1, 2.6250000000000004, 0.625],
  ], [
    ...[0, 0.5714285714285713, 1.1428571428571426, 1.714285714285714, 2.285714285714285],
    ...[2.8571428571428563, 3.428571428571428],
  ]],
  [[1, 1], [1.749822190611664], [0, 0, 0, 0, 0, 0, 0]],
  [[5, 3], [
    ...[1.3928571428571432, 2.1029411764705883, 1.8839285714285718, 1.1160714285714288, 1.75],
  ], [
    ...[0, 0.05882352941176473, 0.23529411764705882, 0.411764705882353, 0.6638655462184873],
    ...[0.9159663865546217, 0.7142857142857147],
  ]],
  [[8, 10], [
    ...[0, 0.8937499999999997, 2.03125, 3.1687499999999997, 1.95, 1.8187499999999994],
    ...[2.7750000000000004, 1.375, 1.6062499999999988, 2.5, 0.21875, 1.1124999999999998],
  ], [
    ...[8.859375000000002, 11.03125, 16.140625, 16.453125000000004, 23.093749999999996],
    ...[23.14062500000001, 27.843749999999986],
  ]],
  [[5, 7], [0, 1.625, 3.25, 1.25, 2.875, 0.875, 2.5, 0.5], [0, 1, 2, 3, 4, 5, 6]],
];

function near(actual: Tensor, expected: readonly number[]): void {
  const values = actual.reshape(-1).data;
  expected.forEach((value, i) => {
    assert(Math.abs(values[i] - value) < 1e-13, `${values[i]} is not ${value}`);
  });
}

for (const [size, result, gradient] of CASES) {
  test(`images become ${size.join(" by ")} with antialias as in PyTorch`, () => {
    const x = image.clone().requiresGrad_();
    const y = F.interpolate(x, { size, mode: "bilinear", antialias: true });
    assertEquals(y.shape, [1, 2, ...size]);
    near(y.at(0, 0), result);
    y.backward(arange(y.numel(), { dtype: "float64" }).reshape(y.shape));
    near(x.grad!.at(0, 0, 0), gradient);
    const options = { size, mode: "bilinear", antialias: true } as const;
    assert(gradCheck((x) => F.interpolate(x, options), [x], { secondOrder: true }));
  });
}

test("enlarged images are the same with antialias and without", () => {
  const options = { scaleFactor: 2, mode: "bilinear" } as const;
  const [y, z] = [true, false].map((antialias) => F.interpolate(image, { ...options, antialias }));
  assert(y.allclose(z, { rtol: 1e-14 }));
  const float = F.interpolate(image.float(), { ...options, antialias: true });
  assertEquals(float.dtype, "float32");
  assert(float.allclose(z.float()));
});

test("a cubic is exact for a line, overshoots at an edge, and has gradients", () => {
  const line = arange(8, { dtype: "float64" }).reshape(1, 1, 1, 8);
  const y = F.interpolate(line, { size: [1, 15], mode: "bicubic", alignCorners: true });
  y.reshape(-1).data.slice(4, 11).forEach((v, i) => assert(Math.abs(v - (2 + i / 2)) < 1e-12));
  const edge = F.interpolate(line.ge(4).double(), { size: [1, 16], mode: "bicubic" });
  assert(edge.min().item() < 0 && edge.max().item() > 1);
  const x = image.clone().requiresGrad_();
  for (const antialias of [false, true]) {
    gradCheck((x) => F.interpolate(x, { size: [3, 9], mode: "bicubic", antialias }), [x]);
  }
});

test("a printed layer shows antialias, and modes without it refuse", () => {
  const layer = new nn.Upsample({ size: 2, mode: "bilinear", antialias: true });
  assertEquals(`${layer}`, 'Upsample({ size: 2, mode: "bilinear", antialias: true })');
  const options: nn.InterpolateOptions[] = [
    { size: 2, antialias: true },
    { size: 2, mode: "bilinear", alignCorners: true, antialias: true },
  ];
  for (const each of options) {
    assertThrowsMessage(
      () => F.interpolate(image, each),
      ValueError,
      'Cannot interpolate with antialias: use it with mode "bilinear" or "bicubic", without ' +
        "alignCorners",
    );
  }
});

test("bytes are not weighed as if they were fractions", () => {
  const bytes = zeros([1, 1, 2, 2], { dtype: "uint8" });
  assertEquals(F.interpolate(bytes, { size: 4 }).dtype, "uint8");
  assertThrowsMessage(
    () => F.interpolate(bytes, { size: 4, mode: "bilinear" }),
    DTypeError,
    'Cannot interpolate uint8 with mode "bilinear": convert it with .to("float32")',
  );
});
