/**
 * Singular values and vectors, with their gradients.
 *
 * @module
 */

import { checkMatrix } from "./check_matrix.ts";
import { type Language, transposed } from "./rule_ops.ts";
import { nonZero } from "./non_zero.ts";
import { type Op, op, OUTPUT, sample, type Value } from "./op.ts";

/**
 * `U`, the singular values `s` as a row, and `Vᵀ`, on top of each other, for at least as many rows as
 * columns: `x = U · diag(s) · Vᵀ`.
 *
 * With `F_ij = 1 / (s_j² − s_i²)` and `skew(a) = a − aᵀ`,
 * `gₓ = (U (F ∘ skew(Uᵀ g_U) S + diag(g_s) + S (F ∘ skew(Vᵀ g_V))) + (1 − U Uᵀ) g_U S⁻¹) Vᵀ`
 * (J. Townsend, Differentiating the singular value decomposition, 2016).
 *
 * Vectors of equal singular values, or of 0, are not determined, and what does not depend on the
 * choice has nothing to do with these terms: F and S⁻¹ are 0 there.
 */
export const svd: Op<void> = op({
  name: "svd",
  reads: [[OUTPUT]],
  forward(k, [x]) {
    checkMatrix("take the singular values of", x);
    return k.svd(x);
  },
  backward: (k, g, { output }) => [() => {
    const [u, s, vt] = unpackSvd(k, output);
    const [gu, gs, gvt] = unpackSvd(k, g);
    const column = transposed(k, s);
    // A difference of squares would lose digits where they are close.
    const f = inverseOrZero(k, k.mul(k.sub(s, column), k.add(s, column)));
    const skewed = (a: typeof u) => k.mul(f, k.sub(a, transposed(k, a)));
    const ugu = k.matmul(transposed(k, u), gu);
    const ofU = k.mul(skewed(ugu), s);
    const ofV = k.mul(column, skewed(k.matmul(vt, transposed(k, gvt))));
    const inside = k.add(k.add(ofU, ofV), diagonal(k, gs, vt));
    const within = k.matmul(u, inside);
    const [rows, columns] = u.shape.slice(-2);
    // The columns of a square U span everything: of what is outside there is only rounding, made large.
    if (rows === columns) return k.matmul(within, vt);
    const outside = k.mul(k.sub(gu, k.matmul(u, ugu)), inverseOrZero(k, s));
    return k.matmul(k.add(within, outside), vt);
  }],
  samples: [
    {
      inputs: [{
        shape: [3, 3],
        values: [0.5, 2, 1, -1, 0.3, 2, 3, 1, -0.6],
        dtype: "float32",
      }],
      attrs: undefined,
    },
    {
      inputs: [{
        shape: [2, 3, 2],
        values: [1, 0.5, -0.3, 2, 0.7, 1.1, 0.2, -1, 3, 0.4, 0.6, 0.5],
        dtype: "float32",
      }],
      attrs: undefined,
    },
    { inputs: [sample([2, 1])], attrs: undefined },
    { inputs: [sample([3, 0])], attrs: undefined },
  ],
});

function inverseOrZero<T>(k: Language<T>, x: T): T {
  return k.where(k.eq(x, 0), 0, k.div(1, nonZero(k, x)));
}

/** The row `s` as the diagonal of a matrix of the shape of `like`. */
function diagonal<T extends Value>(k: Language<T>, s: T, like: T): T {
  const rows = k.expand(s, like.shape);
  return k.sub(k.tril(rows, 0), k.tril(rows, -1));
}

/** What `svd` puts on top of each other. */
function unpackSvd<T extends Value>(k: Language<T>, packed: T): [u: T, s: T, vt: T] {
  const { shape } = packed;
  const [rows, n] = shape.slice(-2);
  const part = (start: number, length: number): T =>
    k.slice(
      packed,
      shape.map((size, axis) =>
        axis === shape.length - 2 ? { start, step: 1, length } : { start: 0, step: 1, length: size }
      ),
    );
  const m = rows - n - 1;
  return [part(0, m), part(m, 1), part(m + 1, n)];
}
