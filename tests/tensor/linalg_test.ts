import {
  arange,
  DTypeError,
  eye,
  grad,
  gradCheck,
  linalg,
  ones,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import { checkPytorch, type Expected, wave } from "../support/pytorch_case.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { assertSame } from "../support/assert.ts";
import { numbers } from "../support/data.ts";

const EXPECTED: Record<string, Expected> = {
  "logabsdet": [[2], [-1.3862943611198908, 1.4321038971511848], [
    0,
    -3.75,
    -6.25,
    0,
    2.5,
    2.5,
    1.25,
    -4.0625,
    -4.6875,
    0.11567164179104476,
    -0.04104477611940297,
    -0.029850746268656723,
    0.08582089552238806,
    0.22761194029850743,
    0.07462686567164181,
    0.018656716417910443,
    -0.16791044776119401,
    0.05970149253731343,
  ]],
  "logdet": [[2], [2.3550885922881384, 4.119989465142509], [
    0.9266123054114159,
    -0.20014825796886584,
    0.24091919940696813,
    -0.20014825796886584,
    0.36323202372127505,
    -0.2520385470719051,
    0.24091919940696813,
    -0.2520385470719051,
    0.8126389918458117,
    0.04940034266133638,
    0.0014277555682467129,
    0.015895678659813443,
    0.001427755568246715,
    0.115648201027984,
    -0.0457833618884447,
    0.015895678659813443,
    -0.0457833618884447,
    0.06805634875309348,
  ]],
  "a number": [[], [0.9162907318741551], [-0.5]],
};

const matrices = wave([2, 3, 3]).add(eye(3));

const CALLS: Record<string, readonly [Tensor[], (...inputs: Tensor[]) => Tensor]> = {
  logabsdet: [[matrices], (x) => linalg.slogdet(x).logabsdet],
  logdet: [[matrices.matmul(matrices.mT).add(eye(3))], (x) => linalg.logdet(x)],
  "a number": [[tensor([[-2.5]], { dtype: "float64" })], (x) => linalg.slogdet(x).logabsdet],
};

for (const [name, [inputs, f]] of Object.entries(CALLS)) {
  test(`${name} gives PyTorch's numbers; first and second derivatives`, () => {
    checkPytorch(EXPECTED[name], inputs, f);
    const leaves = inputs.map((x) => x.clone().requiresGrad_());
    assert(gradCheck(f, leaves, { secondOrder: true }));
  });
}

test("slogdet returns the signs of determinants, without gradient", () => {
  const x = matrices.clone().requiresGrad_();
  const { sign } = linalg.slogdet(x);
  assertEquals(sign.toArray(), linalg.det(matrices).sign().toArray());
  sign.sum().backward();
  assertSame(x.grad!.abs().sum().item(), 0);
  const turned = linalg.slogdet(tensor([[0, 1], [1, 0]]));
  assertSame([turned.sign.item(), turned.logabsdet.item()], [-1, 0]);
});

test("slogdet neither overflows nor underflows where det would", () => {
  for (const [scale, n] of [[1e-10, 101], [1e10, 101], [-1e-10, 101], [-1e10, 102]]) {
    const { sign, logabsdet } = linalg.slogdet(eye(n, n, { dtype: "float64" }).mul(scale));
    assertStrictEquals(sign.item(), scale < 0 && n % 2 === 1 ? -1 : 1);
    const expected = n * Math.log(Math.abs(scale));
    assert(Math.abs(logabsdet.item() / expected - 1) < 1e-14);
  }
});

test("singular matrices have −∞ and the sign 0; negative determinants have no logarithm", () => {
  const singular = tensor([[1, 2], [2, 4]], { requiresGrad: true });
  assertStrictEquals(linalg.logdet(singular).item(), -Infinity);
  assertStrictEquals(linalg.slogdet(singular).logabsdet.item(), -Infinity);
  assertStrictEquals(linalg.slogdet(singular).sign.item(), 0);
  assertEquals(linalg.logdet(tensor([[0, 1], [1, 0]])).item(), NaN);
  assertEquals(linalg.slogdet(tensor([[NaN]])).logabsdet.item(), NaN);
  assertThrows(() => linalg.logdet(singular).backward(), ValueError, "it is singular");
});

test("empty matrices have determinant 1", () => {
  const { sign, logabsdet } = linalg.slogdet(zeros([0, 0]));
  assertSame([sign.item(), logabsdet.item()], [1, 0]);
  assertSame(linalg.logdet(zeros([2, 0, 0])).toArray(), [0, 0]);
  assertSame(linalg.logdet(zeros([0, 3, 3])).shape, [0]);
});

test("misuse is refused", () => {
  assertThrows(
    () => linalg.logdet(zeros([2, 3])),
    ShapeError,
    "Cannot take the logarithm of the determinant of shape [2, 3]",
  );
  assertThrows(() => linalg.slogdet(zeros([3])), ShapeError);
  assertThrows(() => linalg.slogdet(tensor([[1]], { dtype: "int32" })), DTypeError);
});

test("second derivatives of determinants are right for singular matrices of any rank", () => {
  // det is a polynomial: its second derivative at 0 in two directions is that of products of two.
  const zero = zeros([3, 3], { dtype: "float64", requiresGrad: true });
  const [first] = grad(linalg.det(zero), zero, { createGraph: true });
  const [second] = grad(first!.sum(), zero);
  assertSame(second!.abs().max().item(), 0);
  const pair = zeros([2, 2], { dtype: "float64", requiresGrad: true });
  const [cofactors] = grad(linalg.det(pair), pair, { createGraph: true });
  const [change] = grad(cofactors!.at(0, 0), pair);
  assertSame(change!.toArray(), [[0, 0], [0, 1]]);
  for (const rank of [1, 2, 3]) {
    const x = numbers(4, rank).matmul(numbers(rank, 4).add(0.3)).detach().requiresGrad_();
    assert(Math.abs(linalg.det(x).item()) < 1e-12);
    gradCheck((x) => linalg.det(x), [x], { secondOrder: true });
  }
});

/** Returns the distance of `columns` from orthonormal ones. */
function skewness(columns: Tensor): number {
  const n = columns.shape.at(-1)!;
  const found = columns.transpose().matmul(columns).sub(eye(n, n, { dtype: columns.dtype }));
  return found.numel() === 0 ? 0 : found.abs().max().item();
}

test("singular vectors are orthonormal, and the product is the matrix", () => {
  const cases: Record<string, Tensor> = {
    square: numbers(5, 5),
    tall: numbers(6, 2),
    wide: numbers(2, 6),
    batch: numbers(3, 4, 2),
    large: numbers(40, 30),
    scalar: tensor([[-3]], { dtype: "float64" }),
    zero: zeros([3, 2], { dtype: "float64" }),
    identity: eye(4, 4, { dtype: "float64" }),
    "of rank 1": ones([4, 3], { dtype: "float64" }),
    "with columns of 0": tensor([[0, 1, 0], [0, 2, 0], [0, 0, 0]], { dtype: "float64" }),
    huge: numbers(3, 3).mul(1e300),
    tiny: numbers(3, 3).mul(1e-300),
    empty: zeros([3, 0], { dtype: "float64" }),
    "without rows": zeros([0, 3], { dtype: "float64" }),
    "no matrices": zeros([0, 3, 2], { dtype: "float64" }),
  };
  for (const [name, x] of Object.entries(cases)) {
    const { u, s, vh } = linalg.svd(x);
    const scale = x.numel() === 0 ? 1 : x.abs().max().item() || 1;
    const back = u.mul(s.div(scale).unsqueeze(-2)).matmul(vh);
    const error = x.numel() === 0 ? 0 : back.sub(x.div(scale)).abs().max().item();
    assert(error < 1e-13, `${name}: ${error}`);
    for (const columns of [u, vh.transpose()]) {
      assert(skewness(columns) < 1e-13, `${name}: ${skewness(columns)}`);
    }
    const values = [...s.data];
    assert(
      values.every((value, i) =>
        value >= 0 && (i % s.shape.at(-1)! === 0 ||
          value <= values[i - 1])
      ),
      `${name}: ${values}`,
    );
  }
});

test("small singular values are as precise as large ones", () => {
  const scales = tensor([1, 1e-8, 1e-16, 1e-24], { dtype: "float64" });
  const { q } = linalg.qr(numbers(6, 4));
  const [values, wanted] = [linalg.svdvals(q.mul(scales)).data, scales.data];
  values.forEach((value, i) => assert(Math.abs(value / wanted[i] - 1) < 1e-14, `${value}`));
});

test("gradients of singular values exist for equal ones; of the largest of equal ones, a share", () => {
  const x = eye(2, 2, { dtype: "float64" }).mul(3).detach().requiresGrad_();
  linalg.svdvals(x).sum().backward();
  assertSame(x.grad!.toArray(), [[1, 0], [0, 1]]);
  x.grad = null;
  linalg.matrixNorm(x, { p: 2 }).backward();
  assertSame(x.grad!.toArray(), [[0.5, 0], [0, 0.5]]);
});

test("a small singular value of a square matrix does not magnify rounding in the gradient", () => {
  // The least singular value is 0.015, the others are above 2.
  const rows = [
    [-1.2, 0.74, 2.01, 0.345],
    [-2.083, -1.711, -0.921, -2.508],
    [-2.483, -1.251, 0.293, 2.181],
    [-1.627, -2.44, -2.244, -0.254],
  ].map((row) => row.map(Math.fround));
  const slopeIn = (dtype: "float32" | "float64"): Tensor => {
    const x = tensor(rows, { dtype, requiresGrad: true });
    const weights = tensor([1, -2, 3, -4], { dtype });
    return grad(linalg.svd(x).u.abs().matmul(weights).sum(), x)[0]!.to("float64");
  };
  const off = slopeIn("float32").sub(slopeIn("float64")).abs().max().item();
  assert(off < 4e-6, `${off}`);
});

test("solve takes as many vectors as there are matrices", () => {
  // A list of vectors that happens to be square is not a matrix to share.
  const a = tensor([[[2, 0], [0, 4]], [[1, 0], [0, 8]]], { dtype: "float64" });
  const b = tensor([[2, 4], [3, 8]], { dtype: "float64" });
  assertEquals(linalg.solve(a, b).toArray(), [[1, 1], [3, 1]]);
  assertSame(linalg.solve(zeros([0, 5, 5]), zeros([0, 5])).shape, [0, 5]);
  assertThrows(() => linalg.solve(a, zeros([3, 2], { dtype: "float64" })), Error, "needs 2 rows");
});

test("the gradient of the determinant of a singular matrix is its matrix of cofactors", () => {
  const x = tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]], { dtype: "float64", requiresGrad: true });
  linalg.det(x).backward();
  const wanted = [-3, 6, -3, 6, -12, 6, -3, 6, -3];
  x.grad!.data.forEach((g, i) => assert(Math.abs(g - wanted[i]) < 1e-10, `${g}`));
  const low = tensor([[1, 0, 0], [0, 0, 0], [0, 0, 0]], { dtype: "float64", requiresGrad: true });
  linalg.det(low).backward();
  assert(low.grad!.abs().amax().item() < 1e-80);
  const none = tensor([[2, 0], [0, 0]], { requiresGrad: true });
  linalg.det(none).backward();
  assertSame(none.grad!.toArray(), [[0, 0], [0, 2]]);
});

test("the product of the factors is the matrix", () => {
  const x = numbers(2, 4, 3);
  const { q, r } = linalg.qr(x);
  assert(q.matmul(r).sub(x).abs().amax().item() < 1e-14);
  assertEquals(r.toArray(), r.triu().toArray());
  const square = x.transpose().matmul(x);
  const l = linalg.cholesky(square);
  assert(l.matmul(l.transpose()).sub(square).abs().amax().item() < 1e-14);
  assert(
    linalg.inv(square).matmul(square).sub(linalg.solve(square, square)).abs().amax().item() < 1e-12,
  );
});

test("the diagonal of R has LAPACK's signs", () => {
  const r = (...column: number[]) => linalg.qr(tensor(column).reshape(column.length, 1)).r.item();
  assertEquals([r(3, 4), r(-3, 4), r(0, 4), r(3, 0)], [-5, 5, -4, 3]);
});

test("vectors of equal singular values, or of 0, get no gradient: any others would serve", () => {
  const weighted = (y: Tensor) => y.mul(arange(y.numel()).reshape(y.shape)).sum();
  for (const matrix of [eye(3), eye(3).mul(-2), zeros([2, 2])]) {
    const x = matrix.to("float64").requiresGrad_();
    const { u, vh } = linalg.svd(x);
    weighted(u).add(weighted(vh)).backward();
    assert(x.grad!.eq(0).all().item(), `${x.grad}`);
  }
  const x = tensor([[1, 0], [0, 0], [0, 0]], { dtype: "float64", requiresGrad: true });
  linalg.svd(x).u.at(":", 1).sum().backward();
  assertEquals(x.grad!.at([1, 3], 1).toArray(), [0, 0]);
});
