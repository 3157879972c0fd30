/** Factorizations of larger matrices agree with the definitions. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { test } from "node:test";
import { arange, eye, linalg, type Tensor, tensor } from "../../../mod.ts";
import { Formula } from "../../../src/kernels/formula.ts";
import type { Kernels } from "../../../src/kernels/kernels.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import type { NDArray } from "../../../src/storage/ndarray.ts";
import { viewPermute } from "../../../src/storage/views.ts";
import { assertClose, list, noise } from "../arrays.ts";

function check(call: (k: Kernels) => NDArray, what: string): void {
  const [fast, slow] = [list(call(wasm)), list(call(reference))];
  const size = Math.max(...slow.map(Math.abs));
  assertClose(fast.map((x) => x / size), slow.map((x) => x / size), 1e-11, what);
}

const definite = new Formula(
  "definite",
  3,
  (k, [product, a, one]) => k.add(k.add(product, k.mul(0.1, a)), k.mul(2, one)),
);
const above = new Formula(
  "above",
  3,
  (k, [x, column, row]) => k.where(k.lt(column, row), 0, k.add(x, k.eq(column, row))),
);

/** The index along an axis of each element of `[n, n]`. */
function places(n: number, axis: 0 | 1): NDArray {
  const line = arange(n, { dtype: "float64" }).reshape(...axis === 0 ? [n, 1] : [1, n]);
  return line.expand(n, n).contiguous().array;
}

/** The index along the rows, up to 7: elements below the diagonal of the first columns are 0. */
function half(n: number): NDArray {
  const rows = arange(n, { dtype: "float64" }).minimum(7).reshape(n, 1);
  return rows.expand(n, n).contiguous().array;
}

test("factorizations agree with the reference for every size", () => {
  for (const n of [11, 12, 13, 14, 15, 16, 37, 64]) {
    const x = noise([2, n, n], "float64");
    for (const a of [x, viewPermute(x, [0, 2, 1])]) {
      check((k) => k.determinant(a), `determinant ${n}`);
      check((k) => k.logDeterminant(a), `logDeterminant ${n}`);
      check((k) => k.cofactors(a), `cofactors ${n}`);
      check((k) => k.qr(a), `qr ${n}`);
      const product = wasm.matmul(a, viewPermute(a, [0, 2, 1]), null);
      // Not symmetric: the factor is that of the mean with its transpose.
      const b = wasm.map(
        definite,
        [product, a, eye(n, n, { dtype: "float64" }).array],
        a.shape,
        "float64",
        "float64",
      );
      check((k) => k.cholesky(b), `cholesky ${n}`);
      check((k) => k.cholesky(viewPermute(b, [0, 2, 1])), `cholesky of the transpose ${n}`);
      for (const columns of [1, 2, 5]) {
        const b = noise([2, n, columns], "float64");
        check((k) => k.solve(a, b), `solve ${n} by ${columns}`);
      }
    }
    const tall = noise([n + 7, n], "float64");
    check((k) => k.qr(tall), `qr of ${n + 7} rows`);
  }
});

test("a triangle is solved without elimination, also a block of one", () => {
  for (const n of [12, 15, 33]) {
    const [x, b] = [noise([n, n], "float64"), noise([n, n + 1], "float64")];
    const upper = wasm.map(above, [x, places(n, 1), places(n, 0)], [n, n], "float64", "float64");
    const lower = viewPermute(upper, [1, 0]);
    // Zeros below the first columns only.
    const block = wasm.map(above, [x, places(n, 1), half(n)], [n, n], "float64", "float64");
    for (const a of [upper, lower, block]) {
      check((k) => k.solve(a, b), `solve ${n}`);
      check((k) => k.determinant(a), `determinant ${n}`);
    }
  }
});

test("a matrix that is not positive definite is refused by the row that shows it", () => {
  for (const [row, value] of [[0, 0], [5, -1], [12, NaN], [18, 0]] as const) {
    const x = tensor(
      Array.from({ length: 2 * 361 }, (_, i) => i % 361 % 20 === 0 ? 2 : 0),
      { dtype: "float64" },
    ).reshape(2, 19, 19).array;
    (x.values() as Float64Array)[361 + 20 * row] = value;
    const messages = [wasm, reference].map((k) => assertThrows(() => k.cholesky(x)).message);
    assertEquals(messages[0], messages[1]);
    assertMatch(messages[0], new RegExp(`matrix 1: .* leading part of ${row + 1} rows`));
  }
});

/** Orthonormal columns. */
function orthonormal(m: number, n: number): Tensor {
  return linalg.qr(tensor(list(noise([m, n], "float64")), { dtype: "float64" }).reshape(m, n)).q;
}

/** A matrix with these singular values, some of which may be 0. */
function withValues(values: readonly number[], m: number, dtype: "float32" | "float64"): Tensor {
  const n = values.length;
  const product = orthonormal(m, n).mul(tensor(values, { dtype: "float64" })).matmul(
    orthonormal(n, n).T,
  );
  return product.to(dtype);
}

test("singular values and vectors of larger matrices make up the matrix", () => {
  for (const dtype of ["float32", "float64"] as const) {
    const unit = dtype === "float32" ? 2 ** -23 : 2 ** -52;
    for (const [m, n] of [[12, 12], [13, 13], [40, 37], [100, 20], [146, 12]]) {
      const cases: Record<string, number[]> = {
        spread: Array.from({ length: n }, (_, i) => 1 + i * i),
        "far apart": Array.from({ length: n }, (_, i) => 10 ** -i),
        equal: new Array(n).fill(3),
        "of low rank": Array.from({ length: n }, (_, i) => i < 5 ? 2 + i : 0),
      };
      for (const [name, wanted] of Object.entries(cases)) {
        const x = withValues(wanted, m, dtype);
        const { u, s, vh } = linalg.svd(x);
        const largest = Math.max(...wanted);
        const what = `${dtype} ${m} × ${n} ${name}`;
        const off = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();
        const error = off(u.mul(s).matmul(vh), x) / largest;
        assert(error < 20 * unit, `${what}: product ${error / unit}`);
        for (const columns of [u, vh.T]) {
          const skew = off(columns.T.matmul(columns), eye(n, n, { dtype }));
          assert(
            skew < 2000 * unit && (dtype === "float64" || skew < 20 * unit),
            `${what}: ${skew}`,
          );
        }
        const sorted = wanted.toSorted((a, b) => b - a);
        sorted.forEach((value, i) => {
          const error = Math.abs(s.data[i] - value) / largest;
          assert(error < 4 * n * unit, `${what}: ${s.data[i]} for ${value}`);
        });
        assertEquals(linalg.svdvals(x).data, s.contiguous().data, what);
      }
    }
  }
});

test("columns of zeros have singular values of 0", () => {
  for (const dtype of ["float32", "float64"] as const) {
    const x = noise([15, 13], dtype);
    const values = x.values() as Float64Array;
    for (let i = 0; i < values.length; i++) if (i % 13 % 5 === 2) values[i] = 0;
    const [fast, slow] = [wasm, reference].map((k) => list(k.singularValues(x)));
    assertEquals(fast.slice(-3), [0, 0, 0]);
    assertClose(fast, slow, dtype === "float32" ? 1e-6 : 1e-14, dtype);
  }
});

test("singular values of larger matrices are precise, also small ones", () => {
  const n = 24;
  for (
    const [least, dtype] of [[1e-2, "float32"], [1e-12, "float32"], [1e-18, "float64"]] as const
  ) {
    const scales = Array.from({ length: n }, (_, i) => least ** (i / (n - 1)));
    for (const order of [scales, scales.toReversed()]) {
      // Columns of other lengths do not change the precision of Jacobi's method.
      const x = orthonormal(30, n).mul(tensor(order, { dtype: "float64" })).to(dtype);
      const exact = linalg.svdvals(x.to("float64")).data;
      linalg.svdvals(x).data.forEach((value, i) => {
        const unit = dtype === "float32" ? 2 ** -24 : 2e-14;
        const wanted = dtype === "float32" ? exact[i] : scales[i];
        assert(Math.abs(value / wanted - 1) < 1.01 * unit, `${dtype} ${i}: ${value} for ${wanted}`);
      });
    }
  }
});
