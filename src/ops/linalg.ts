/**
 * Linear algebra on batches of matrices: solutions, determinants and factorizations.
 *
 * @module
 */

import { checkFloat, checkMatrix, checkSameDtype, checkSquare } from "../checks.ts";
import { ShapeError } from "../errors.ts";
import { formatShape, type Value } from "../shape.ts";
import { spansAlong, viewBatches } from "../storage/views.ts";
import { listed, once, type Op, op, OUTPUT, type Sample, sample } from "./op.ts";
import { nonZero, type RuleOps, transposed } from "./rule_ops.ts";

/** Symmetric, positive definite and far from singular. */
const definite = listed(
  [2, 3, 3],
  [4, 1, 0.5, 1, 3, -0.7, 0.5, -0.7, 2, 2, 0.3, 0.1, 0.3, 5, 1.2, 0.1, 1.2, 3],
);
const regular = listed([3, 3], [0.5, 2, 1, -1, 0.3, 2, 3, 1, -0.6]);

/** Of rank 2 and of rank 1. */
const singular = listed(
  [2, 3, 3],
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 1, -2, 0.5, 2, -4, 1, -1, 2, -0.5],
);

/** Rows `start` to `start + length` of the matrices `x`. */
function rowsOf<T extends Value>(k: RuleOps<T>, x: T, start: number, length: number): T {
  return k.slice(x, spansAlong(x.shape, x.shape.length - 2, start, length));
}

const squareSamples: readonly Sample<void>[] = [
  { inputs: [regular] },
  { inputs: [definite] },
  { inputs: [sample([0, 0])] },
];

/**
 * The lower triangular `L` with `L Lᵀ = (x + xᵀ) / 2`, which is `x` where `x` is symmetric.
 *
 * With `P = Φ(Lᵀ g)`, where `Φ` takes the lower half and half of the diagonal, `gₓ` is the symmetric
 * part of `L⁻ᵀ P L⁻¹` (I. Murray, Differentiation of the Cholesky decomposition, 2016).
 */
export const cholesky: Op<void> = op({
  name: "cholesky",
  reads: [[OUTPUT]],
  forward(k, [x]) {
    checkSquare("cholesky", x);
    return k.cholesky(x);
  },
  backward: (k, g, { output: l }) => [() => {
    const product = k.matmul(transposed(k, l), g);
    const phi = k.mul(k.add(k.tril(product, 0), k.tril(product, -1)), 0.5);
    const half = k.solve(transposed(k, l), phi);
    const inner = transposed(k, k.solve(transposed(k, l), transposed(k, half)));
    return k.mul(k.add(inner, transposed(k, inner)), 0.5);
  }],
  samples: [{ inputs: [definite] }],
});

/** The solution of `a X = b`: `g_b = a⁻ᵀ g`, and `g_a = −g_b Xᵀ`. */
export const solve: Op<void> = op({
  name: "solve",
  reads: [[0, OUTPUT], [0]],
  forward(k, [a, b]) {
    checkSquare("solve", a);
    const [m, n] = [a.shape, b.shape];
    if (n.length < 2 || n[n.length - 2] !== m[m.length - 1]) {
      throw new ShapeError(
        `Cannot solve ${formatShape(m)} · x = ${formatShape(n)}: the right side needs ` +
          `${m[m.length - 1]} rows; reshape a vector to a column`,
        m,
        n,
      );
    }
    checkSameDtype("solve", a, b);
    return k.solve(...viewBatches(a, b, "solve"));
  },
  backward: (k, g, { inputs: [a], output: x }) => {
    const ofB = once(() => k.solve(transposed(k, a), g));
    return [() => k.neg(k.matmul(ofB(), transposed(k, x))), ofB];
  },
  samples: [
    { inputs: [regular, sample([3, 2])] },
    { inputs: [definite, sample([3, 2])] },
    { inputs: [regular, sample([2, 3, 2])] },
    { inputs: [sample([0, 0]), sample([0, 2])] },
  ],
});

/** The determinant; its gradient is the matrix of cofactors, also where the determinant is 0. */
export const det: Op<void> = op({
  name: "det",
  reads: [[0]],
  forward(k, [x]) {
    checkSquare("take the determinant of", x);
    return k.determinant(x);
  },
  backward: (k, g, { inputs: [x] }) => [
    () => k.mul(k.reshape(g, [...g.shape, 1, 1]), k.cofactors(x)),
  ],
  samples: [...squareSamples, { inputs: [singular] }],
});

/**
 * The sign of the determinant, beside the logarithm of its size: `[…, 2]`. The gradient of the
 * logarithm is `x⁻ᵀ`, which only regular matrices have; that of the sign is 0.
 */
export const slogdet: Op<void> = op({
  name: "slogdet",
  reads: [[0]],
  forward(k, [x]) {
    checkSquare("take the logarithm of the determinant of", x);
    return k.logDeterminant(x);
  },
  backward: (k, g, { inputs: [x] }) => [() => {
    const outer = x.shape.slice(0, -2);
    const ofLog = k.slice(g, spansAlong(g.shape, outer.length, 1, 1));
    const identity = k.triu(k.tril(k.add(k.mul(x, 0), 1), 0), 0);
    return k.mul(k.reshape(ofLog, [...outer, 1, 1]), k.solve(transposed(k, x), identity));
  }],
  samples: squareSamples,
});

/** `C = ∂ det x / ∂x`, which is `det x · x⁻ᵀ` for regular matrices. */
export const cofactors: Op<void> = op({
  name: "cofactors",
  reads: [[0]],
  forward: (k, [x]) => k.cofactors(x),
  backward: (k, g, { inputs: [x] }) => [() => k.cofactorsGradient(x, g)],
  samples: squareSamples,
});

/**
 * `D(x)[g] = Σ g_ij ∂C_ij / ∂x` with the cofactors `C`, which exists for singular matrices too.
 *
 * D is symmetric, as second derivatives are: the gradient for g is `D(x)[h]`. For x, `C = d X` with
 * `d = det x` and `X = x⁻ᵀ`, whose change is `−X dxᵀ X`; so `⟨h, D(x)[g]⟩ = d (⟨g, X⟩ ⟨h, X⟩ −
 * tr gᵀ X hᵀ X)` has the gradient below, which exists for regular matrices only.
 */
export const cofactorsGradient: Op<void> = op({
  name: "cofactorsGradient",
  reads: [[0, 1], [0]],
  forward: (k, [x, g]) => k.cofactorsGradient(x, g),
  backward: (k, h, { inputs: [x, g] }) => [
    () => {
      const total = (y: typeof x) =>
        k.sum(y, { axes: [y.shape.length - 2, y.shape.length - 1], keepDims: true });
      const c = k.cofactors(x);
      // Every row of x, times its cofactors, adds up to the determinant.
      const d = k.div(total(k.mul(x, c)), x.shape[x.shape.length - 1]);
      const inverse = k.div(c, d);
      const [ofG, ofH] = [g, h].map((y) => total(k.mul(y, inverse)));
      const [turnedG, turnedH] = [g, h].map((y) => k.matmul(inverse, transposed(k, y)));
      const products = k.add(k.matmul(turnedG, turnedH), k.matmul(turnedH, turnedG));
      const singles = k.add(k.mul(turnedH, ofG), k.mul(turnedG, ofH));
      const trace = total(k.mul(k.matmul(turnedG, inverse), h));
      const scalar = k.sub(k.mul(ofG, ofH), trace);
      const rest = k.matmul(k.sub(products, singles), inverse);
      return k.mul(d, k.add(k.mul(scalar, inverse), rest));
    },
    () => k.cofactorsGradient(x, h),
  ],
  samples: [
    { inputs: [regular, sample([3, 3])] },
    { inputs: [definite, sample([2, 3, 3])] },
    { inputs: [sample([1, 1]), sample([1, 1])] },
  ],
});

/**
 * `Q` on top of `R`, for at least as many rows as columns.
 *
 * With `M = R g_Rᵀ − g_Qᵀ Q`, and its lower half copied over the upper one, `gₓ = (g_Q + Q M) R⁻ᵀ`
 * (M. Seeger et al., Auto-differentiating linear algebra, 2017).
 */
export const qr: Op<void> = op({
  name: "qr",
  reads: [[OUTPUT]],
  forward(k, [x]) {
    checkFloat("take the QR factors of", x);
    return k.qr(x);
  },
  backward: (k, g, { output }) => [() => {
    const [rows, n] = output.shape.slice(-2);
    const [q, gq] = [output, g].map((x) => rowsOf(k, x, 0, rows - n));
    const [r, gr] = [output, g].map((x) => rowsOf(k, x, rows - n, n));
    // Below the diagonal, R is 0 for every x.
    const upper = transposed(k, k.tril(transposed(k, gr), 0));
    const m = k.sub(k.matmul(r, transposed(k, upper)), k.matmul(transposed(k, gq), q));
    const symmetric = k.add(k.tril(m, 0), transposed(k, k.tril(m, -1)));
    const inner = k.add(gq, k.matmul(q, symmetric));
    return transposed(k, k.solve(r, transposed(k, inner)));
  }],
  samples: [
    { inputs: [regular] },
    { inputs: [definite] },
    { inputs: [sample([2, 4, 2])] },
  ],
});

/**
 * `U`, the singular values `s` as a row, and `Vᵀ`, on top of each other, for at least as many rows as
 * columns: `x = U · diag(s) · Vᵀ`.
 *
 * With `F_ij = 1 / (s_j² − s_i²)` and `skew(a) = a − aᵀ`,
 * `gₓ = (U (F ∘ skew(Uᵀ g_U) S + diag(g_s) + S (F ∘ skew(Vᵀ g_V))) + (1 − U Uᵀ) g_U S⁻¹) Vᵀ`
 * (J. Townsend, Differentiating the singular value decomposition, 2016).
 *
 * Vectors of equal singular values, or of 0, are not unique, and a loss that does not depend on the
 * choice does not depend on these terms: F and S⁻¹ are 0 there.
 */
export const svd: Op<void> = op({
  name: "svd",
  reads: [[OUTPUT]],
  forward(k, [x]) {
    checkMatrix("take the singular values of", x);
    checkFloat("take the singular values of", x);
    return k.svd(x);
  },
  backward: (k, g, { output }) => [() => {
    const [height, columns] = output.shape.slice(-2);
    const rows = height - columns - 1;
    const [u, gu] = [output, g].map((x) => rowsOf(k, x, 0, rows));
    const [s, gs] = [output, g].map((x) => rowsOf(k, x, rows, 1));
    const [vt, gvt] = [output, g].map((x) => rowsOf(k, x, rows + 1, columns));
    const column = transposed(k, s);
    // A difference of squares would lose digits where they are close.
    const f = inverseOrZero(k, k.mul(k.sub(s, column), k.add(s, column)));
    const skewed = (a: typeof u) => k.mul(f, k.sub(a, transposed(k, a)));
    const ugu = k.matmul(transposed(k, u), gu);
    const ofU = k.mul(skewed(ugu), s);
    const ofV = k.mul(column, skewed(k.matmul(vt, transposed(k, gvt))));
    const inside = k.add(k.add(ofU, ofV), diagonal(k, gs, vt));
    const within = k.matmul(u, inside);
    // The columns of a square U span everything: outside there are only rounding errors, made large.
    if (rows === columns) return k.matmul(within, vt);
    const outside = k.mul(k.sub(gu, k.matmul(u, ugu)), inverseOrZero(k, s));
    return k.matmul(k.add(within, outside), vt);
  }],
  samples: [
    { inputs: [regular] },
    { inputs: [listed([2, 3, 2], [1, 0.5, -0.3, 2, 0.7, 1.1, 0.2, -1, 3, 0.4, 0.6, 0.5])] },
    { inputs: [sample([2, 1])] },
    { inputs: [sample([3, 0])] },
  ],
});

/** The singular values alone, the largest first: `gₓ = U diag(g) Vᵀ`, also where some are equal. */
export const svdvals: Op<void> = op({
  name: "svdvals",
  reads: [[0]],
  forward(k, [x]) {
    checkMatrix("take the singular values of", x);
    checkFloat("take the singular values of", x);
    return k.singularValues(x);
  },
  backward: (k, g, { inputs: [x] }) => [() => {
    const [rows, columns] = x.shape.slice(-2);
    const packed = k.svd(x);
    const u = rowsOf(k, packed, 0, rows);
    const vt = rowsOf(k, packed, rows + 1, columns);
    return k.matmul(k.mul(u, k.reshape(g, [...g.shape.slice(0, -1), 1, columns])), vt);
  }],
  samples: [
    { inputs: [regular] },
    { inputs: [listed([2, 3, 2], [1, 0.5, -0.3, 2, 0.7, 1.1, 0.2, -1, 3, 0.4, 0.6, 0.5])] },
    { inputs: [sample([2, 1])] },
    { inputs: [sample([3, 0])] },
  ],
});

function inverseOrZero<T>(k: RuleOps<T>, x: T): T {
  return k.where(k.eq(x, 0), 0, k.div(1, nonZero(k, x)));
}

/** The row `s` as the diagonal of a matrix of the shape of `like`. */
function diagonal<T extends Value>(k: RuleOps<T>, s: T, like: T): T {
  const rows = k.expand(s, like.shape);
  return k.sub(k.tril(rows, 0), k.tril(rows, -1));
}
