import { test } from "node:test";
import assert from "node:assert/strict";
import { eye, grad, gradCheck, linalg, ones, type Tensor, tensor, zeros } from "../../mod.ts";

/** Irregular numbers that do not repeat. */
function numbers(...shape: number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Array.from(
    { length: size },
    (_, i) => (((i + 1) * 0.618034) % 1) * 4 - 2 + 0.3 * (i % 3),
  );
  return tensor(values, { dtype: "float64" }).reshape(shape);
}

test("second derivatives of determinants are right for singular matrices of any rank", () => {
  // det is a polynomial: its second derivative at 0 in two directions is that of products of two.
  const zero = zeros([3, 3], { dtype: "float64", requiresGrad: true });
  const [first] = grad(linalg.det(zero), zero, { createGraph: true });
  const [second] = grad(first!.sum(), zero);
  assert.deepEqual(second!.abs().max().item(), 0);
  const pair = zeros([2, 2], { dtype: "float64", requiresGrad: true });
  const [cofactors] = grad(linalg.det(pair), pair, { createGraph: true });
  const [change] = grad(cofactors!.at(0, 0), pair);
  assert.deepEqual(change!.toArray(), [[0, 0], [0, 1]]);
  for (const rank of [1, 2, 3]) {
    const x = numbers(4, rank).matmul(numbers(rank, 4).add(0.3)).detach().requiresGrad_();
    assert.ok(Math.abs(linalg.det(x).item()) < 1e-12);
    gradCheck((x) => linalg.det(x), [x], { secondOrder: true });
  }
});

/** How far `columns` are from orthonormal. */
function skewness(columns: Tensor): number {
  const n = columns.shape.at(-1)!;
  const found = columns.transpose().matmul(columns).sub(eye(n, n, { dtype: columns.dtype }));
  return found.size === 0 ? 0 : found.abs().max().item();
}

test("singular vectors are orthonormal and multiply back, whatever the matrix", () => {
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
    const scale = x.size === 0 ? 1 : x.abs().max().item() || 1;
    const back = u.mul(s.div(scale).unsqueeze(-2)).matmul(vh);
    const error = x.size === 0 ? 0 : back.sub(x.div(scale)).abs().max().item();
    assert.ok(error < 1e-13, `${name}: ${error}`);
    for (const columns of [u, vh.transpose()]) {
      assert.ok(skewness(columns) < 1e-13, `${name}: ${skewness(columns)}`);
    }
    const values = [...s.data];
    assert.ok(
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
  values.forEach((value, i) => assert.ok(Math.abs(value / wanted[i] - 1) < 1e-14, `${value}`));
});

test("gradients of singular values exist for equal ones; of the largest of equal ones, a share", () => {
  const x = eye(2, 2, { dtype: "float64" }).mul(3).detach().requiresGrad_();
  linalg.svdvals(x).sum().backward();
  assert.deepEqual(x.grad!.toArray(), [[1, 0], [0, 1]]);
  x.grad = null;
  linalg.matrixNorm(x, { order: 2 }).backward();
  assert.deepEqual(x.grad!.toArray(), [[0.5, 0], [0, 0.5]]);
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
  assert.ok(off < 4e-6, `${off}`);
});
