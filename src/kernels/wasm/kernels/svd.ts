/**
 * Singular values and vectors of larger matrices, in float64 for every dtype.
 *
 * Jacobi's method, the reference's, finds small values as precisely as large ones. Golub and Kahan's
 * takes a fifth of its time or less, and errs by units of float64 of the largest value. That does not show
 * in float32 unless the smallest value is millions of times smaller; so float32 goes that way first.
 *
 * @module
 */

import type { Kernels } from "../../kernels.ts";
import {
  decompositions as reference,
  eachMatrix,
  MAX_SWEEPS,
  orthogonalTo,
  scaleOf,
} from "../../reference/linalg.ts";
import type { Body } from "../assembler/code.ts";
import { type I32, loopUntil, loopWhile, select, when } from "../assembler/control.ts";
import { f64, i32 } from "../assembler/scalars.ts";
import { f64x2, v128 } from "../assembler/vectors.ts";
import { Scratch } from "../scratch.ts";
import { compile, type Exports } from "../threads/instances.ts";
import { rowKernels } from "./linalg.ts";
import {
  float64At,
  makeReflection,
  multiplyReflections,
  reflectKernel,
  transposeInto,
} from "./qr.ts";

/** Smaller matrices are faster in JavaScript alone. */
const SMALL = 12;

/** Bytes of a float64. */
const BYTES = 8;

/** Singular values and vectors. */
export const decompositions: Pick<Kernels, "svd" | "singularValues"> = {
  svd(x) {
    const [m, n] = x.shape.slice(-2);
    if (n < SMALL) return reference.svd(x);
    const shape = [...x.shape.slice(0, -2), m + 1 + n, n];
    return eachMatrix([x], shape, ([a], i) => {
      const found = decompose(a, m, n, i, { vectors: true, isSingle: x.dtype === "float32" });
      return pack(found, m, n);
    });
  },

  singularValues(x) {
    const [m, n] = x.shape.slice(-2);
    if (n < SMALL) return reference.singularValues(x);
    return eachMatrix(
      [x],
      [...x.shape.slice(0, -2), n],
      ([a], i) => {
        const found = decompose(a, m, n, i, { vectors: false, isSingle: x.dtype === "float32" });
        return found.order.map((j) => found.values[j]);
      },
      1,
    );
  },
};

interface Purpose {
  /** False if the values are enough. */
  readonly vectors: boolean;
  /** True if the result becomes float32. */
  readonly isSingle: boolean;
}

/** Singular values, and vectors column by column; `order` sorts them. */
interface Decomposition {
  readonly u: Float64Array;
  readonly values: readonly number[];
  readonly v: Float64Array;
  readonly order: readonly number[];
}

/** Memory for columns that are rotated. */
interface Columns {
  readonly u: Float64Array;
  readonly v: Float64Array;
}

function decompose(
  a: Float64Array,
  m: number,
  n: number,
  index: number,
  { vectors, isSingle }: Purpose,
): Decomposition {
  const scale = scaleOf(a, index);
  const scaled = a.map((value) => value * scale);
  const scratch = new Scratch(m * n * BYTES, n * n * BYTES, m * n * BYTES, n * n * BYTES);
  const [u, v, left, right] = scratch.at.map((at, i) => float64At(at, (i % 2 === 0 ? m : n) * n));
  transposeInto(u, scaled, m, n);
  let values = isSingle ? byBidiagonal({ u, v }, { left, right }, m, n, vectors) : null;
  if (values === null) {
    transposeInto(u, scaled, m, n);
    values = byJacobi({ u, v }, m, n, vectors, left.byteOffset);
  }
  const order = values.map((_, i) => i).sort((i, j) => values[j] - values[i]);
  const found = {
    ...{ u: u.slice(), v: v.slice(), order },
    values: values.map((value) => value / scale),
  };
  scratch.free();
  return found;
}

/** `U`, the values and `Vᵀ` below each other, row by row. */
function pack({ u, values, v, order }: Decomposition, m: number, n: number): Float64Array {
  const packed = new Float64Array((m + 1 + n) * n);
  order.forEach((from, j) => {
    for (let i = 0; i < m; i++) packed[i * n + j] = u[from * m + i];
    packed[m * n + j] = values[from];
    packed.set(v.subarray(from * n, (from + 1) * n), (m + 1 + j) * n);
  });
  return packed;
}

/** Jacobi's method on the columns of `u`, the matrix, which become the left vectors. */
function byJacobi(
  { u, v }: Columns,
  m: number,
  n: number,
  vectors: boolean,
  spare: number,
): number[] {
  if (vectors) {
    v.fill(0);
    for (let j = 0; j < n; j++) v[j * n + j] = 1;
  }
  const tolerance = Math.sqrt(m) * 2 ** -52;
  const { sweep } = kernels();
  for (let i = 0; i < MAX_SWEEPS; i++) {
    const length = vectors ? n : 0;
    if (sweep(u.byteOffset, v.byteOffset, n, m, length, spare, tolerance) === 0) break;
  }
  const columns = Array.from({ length: n }, (_, j) => u.subarray(j * m, (j + 1) * m));
  const values = columns.map(lengthOf);
  if (!vectors) return values;
  const order = values.map((_, i) => i).sort((i, j) => values[j] - values[i]);
  const done: Float64Array[] = [];
  for (const j of order) {
    const unit = values[j] > 0
      ? columns[j].map((value) => value / values[j])
      : orthogonalTo(done, m);
    columns[j].set(unit);
    done.push(unit);
  }
  return values;
}

function lengthOf(x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  return Math.sqrt(sum);
}

/** Iterations for each value after which Jacobi's method takes over; two are usual. */
const MOST_ITERATIONS = 30;

/**
 * Golub and Kahan's method: reflections from both sides leave the diagonal and the one above it, then
 * rotations from both sides make the latter 0.
 *
 * The values err by units of float64 of the largest one. So if that shows in float32 in the smallest one,
 * the result is null.
 */
function byBidiagonal(
  { u, v }: Columns,
  { left, right }: { readonly left: Float64Array; readonly right: Float64Array },
  m: number,
  n: number,
  vectors: boolean,
): number[] | null {
  const { diagonal, above, leftFactors, rightFactors } = bidiagonalize(u, left, right, m, n);
  if (vectors) {
    multiplyReflections(u, left, leftFactors, m, 0);
    multiplyReflections(v, right, rightFactors, n, 1);
  }
  const turn = vectors ? { u, v } : null;
  if (!diagonalize(diagonal, above, turn, m)) return null;
  const [least, most] = [Math.min(...diagonal.map(Math.abs)), Math.max(...diagonal.map(Math.abs))];
  if (!(least > most * n * 2 ** -27)) return null;
  return diagonal.map((value, j) => {
    if (value < 0 && vectors) { for (let i = j * n; i < (j + 1) * n; i++) v[i] = -v[i]; }
    return Math.abs(value);
  });
}

function bidiagonalize(
  columns: Float64Array,
  left: Float64Array,
  right: Float64Array,
  m: number,
  n: number,
) {
  const [diagonal, above]: number[][] = [[], []];
  const [leftFactors, rightFactors]: number[][] = [[], []];
  const reflect = reflectKernel();
  const { subtract } = rowKernels();
  const step = m * BYTES;
  for (let k = 0; k < n; k++) {
    const corner = k * m + k;
    const x = left.subarray(corner, (k + 1) * m);
    x.set(columns.subarray(corner, (k + 1) * m));
    leftFactors.push(makeReflection(x));
    const start = columns.byteOffset + corner * BYTES;
    if (leftFactors[k] > 0) reflect(x.byteOffset, start, n - k, step, m - k, leftFactors[k]);
    diagonal.push(columns[corner]);
    if (k === n - 1) break;
    const y = right.subarray(k * n + k + 1, (k + 1) * n);
    for (let i = 0; i < y.length; i++) y[i] = columns[(k + 1 + i) * m + k];
    rightFactors.push(makeReflection(y));
    if (rightFactors[k] > 0) {
      // The sum of the columns, times the elements of y; with another sign, as it is a difference from 0.
      // It stands where the next reflection will.
      const sum = left.subarray((k + 1) * m, (k + 2) * m).fill(0);
      const next = start + step;
      subtract(y.length, m - k, sum.byteOffset, 0, next, step, y.byteOffset, BYTES);
      for (let i = 0; i < sum.length; i++) sum[i] *= -rightFactors[k];
      subtract(y.length, m - k, next, step, sum.byteOffset, 0, y.byteOffset, BYTES);
    }
    above.push(columns[corner + m]);
  }
  return { diagonal, above, leftFactors, rightFactors };
}

/**
 * Makes the elements above the diagonal 0 by implicit QR steps (Golub and Van Loan, Algorithm 8.6.2, with
 * the shift of LAPACK's `dbdsqr`), and rotates the columns of `u` and `v` along.
 *
 * @returns false if it does not converge, or an element of the diagonal is 0
 */
function diagonalize(d: number[], e: number[], columns: Columns | null, m: number): boolean {
  const n = d.length;
  const { rotate } = kernels();
  const turn = (x: Float64Array, length: number, i: number, c: number, s: number): void => {
    const at = x.byteOffset + i * length * BYTES;
    rotate(at, at + length * BYTES, length, c, -s);
  };
  let last = n - 1;
  for (let left = MOST_ITERATIONS * n; last > 0; left--) {
    if (left === 0) return false;
    let first = last;
    while (first > 0 && !isNegligible(d, e, first - 1)) first--;
    if (first > 0) e[first - 1] = 0;
    if (first === last) {
      last--;
      continue;
    }
    if (d.slice(first, last + 1).includes(0)) return false;
    const shift = leastSingularValue(d[last - 1], e[last - 1], d[last]);
    let f = (Math.abs(d[first]) - shift) * (Math.sign(d[first]) + shift / d[first]);
    let g = e[first];
    for (let i = first; i < last; i++) {
      let r = Math.sqrt(f * f + g * g);
      let [c, s] = r === 0 ? [1, 0] : [f / r, g / r];
      if (i > first) e[i - 1] = r;
      f = c * d[i] + s * e[i];
      e[i] = c * e[i] - s * d[i];
      g = s * d[i + 1];
      d[i + 1] *= c;
      if (columns !== null) turn(columns.v, n, i, c, s);
      r = Math.sqrt(f * f + g * g);
      [c, s] = r === 0 ? [1, 0] : [f / r, g / r];
      d[i] = r;
      f = c * e[i] + s * d[i + 1];
      d[i + 1] = c * d[i + 1] - s * e[i];
      if (i < last - 1) {
        g = s * e[i + 1];
        e[i + 1] *= c;
      }
      if (columns !== null) turn(columns.u, m, i, c, s);
    }
    e[last - 1] = f;
  }
  return true;
}

function isNegligible(d: readonly number[], e: readonly number[], i: number): boolean {
  return Math.abs(e[i]) <= 2 ** -53 * (Math.abs(d[i]) + Math.abs(d[i + 1]));
}

/** The smaller singular value of `[[f, g], [0, h]]`, after LAPACK's `dlas2`. */
function leastSingularValue(f: number, g: number, h: number): number {
  const [small, large] = [Math.min(Math.abs(f), Math.abs(h)), Math.max(Math.abs(f), Math.abs(h))];
  if (small === 0) return 0;
  const [sum, difference] = [1 + small / large, (large - small) / large];
  const ratio = Math.abs(g) / large;
  const square = ratio * ratio;
  return small * 2 /
    (Math.sqrt(sum * sum + square) + Math.sqrt(difference * difference + square));
}

let compiled: Exports | undefined;

/**
 * `rotate(x, y, length, cosine, sine)` makes `c x − s y` and `s x + c y` of two vectors.
 *
 * `sweep(columns, others, n, length, otherLength, spare, tolerance)` rotates each pair of the `n` columns
 * of `length` elements that is not orthogonal, and the same pair of those of `otherLength` elements at
 * `others`; it returns the number of rotations.
 */
function kernels(): Exports {
  return compiled ??= compile((assembler) => {
    const dots = assembler.procedure(null, 4, (f, x, y, length, out) => {
      const sums = f.locals("v128", 6);
      const [p, q] = f.locals("v128", 2);
      const forward = (elements: number): Body => [
        x.set(i32.add(x, elements * BYTES)),
        y.set(i32.add(y, elements * BYTES)),
        length.set(i32.sub(length, elements)),
      ];
      const add = (half: number, a: typeof p, b: typeof p): Body =>
        [[a, a], [b, b], [a, b]].map(([s, t], i) =>
          sums[3 * half + i].set(f64x2.add(sums[3 * half + i], f64x2.mul(s, t)))
        );
      return [
        loopWhile(i32.geU(length, 4), [
          ...[0, 1].flatMap((half) => [
            p.set(v128.load(x, 16 * half)),
            q.set(v128.load(y, 16 * half)),
            ...add(half, p, q),
          ]),
          ...forward(4),
        ]),
        loopWhile(length, [
          p.set(v128.load64Zero(x)),
          q.set(v128.load64Zero(y)),
          ...add(0, p, q),
          ...forward(1),
        ]),
        ...[0, 1, 2].flatMap((i) => [
          p.set(f64x2.add(sums[i], sums[3 + i])),
          f64.store(out, f64.add(f64x2.extractLane(p, 0), f64x2.extractLane(p, 1)), BYTES * i),
        ]),
      ];
    });
    const rotate = assembler.func(
      "rotate",
      ["i32", "i32", "i32", "f64", "f64"],
      "void",
      (f, x, y, length, cosine, sine) => {
        const [c, s, p, q] = f.locals("v128", 4);
        const step = (elements: 1 | 2, at: number): Body => {
          const load = elements === 2 ? v128.load : v128.load64Zero;
          const store = (address: I32, value: ReturnType<typeof f64x2.add>) =>
            elements === 2
              ? v128.store(address, value, at)
              : v128.store64Lane(address, value, 0, at);
          return [
            p.set(load(x, at)),
            q.set(load(y, at)),
            store(x, f64x2.sub(f64x2.mul(c, p), f64x2.mul(s, q))),
            store(y, f64x2.add(f64x2.mul(s, p), f64x2.mul(c, q))),
          ];
        };
        const forward = (elements: number): Body => [
          x.set(i32.add(x, elements * BYTES)),
          y.set(i32.add(y, elements * BYTES)),
          length.set(i32.sub(length, elements)),
        ];
        return [
          c.set(f64x2.splat(cosine)),
          s.set(f64x2.splat(sine)),
          loopWhile(i32.geU(length, 4), [...step(2, 0), ...step(2, 16), ...forward(4)]),
          loopWhile(length, [...step(1, 0), ...forward(1)]),
        ];
      },
    );
    const parameters = ["i32", "i32", "i32", "i32", "i32", "i32", "f64"] as const;
    assembler.func(
      "sweep",
      parameters,
      "i32",
      (f, columns, others, n, length, otherLength, spare, tolerance) => {
        const [p, q, x, y, u, v, count, step, otherStep] = f.locals("i32", 9);
        const [pp, qq, pq, zeta, tangent, cosine] = f.locals("f64", 6);
        const limit = f64.mul(tolerance, f64.mul(f64.sqrt(pp), f64.sqrt(qq)));
        return [
          step.set(i32.mul(length, BYTES)),
          otherStep.set(i32.mul(otherLength, BYTES)),
          ...[x.set(columns), u.set(others)],
          loopUntil(p, n, 1, [
            ...[q.set(i32.add(p, 1)), y.set(i32.add(x, step)), v.set(i32.add(u, otherStep))],
            loopUntil(q, n, 1, [
              dots.call(x, y, length, spare),
              ...[pp, qq, pq].map((value, i) => value.set(f64.load(spare, BYTES * i))),
              when(f64.gt(f64.abs(pq), limit), [
                count.set(i32.add(count, 1)),
                zeta.set(f64.div(f64.sub(qq, pp), f64.mul(f64.const(2), pq))),
                tangent.set(f64.div(
                  select(f64.const(-1), f64.const(1), f64.lt(zeta, 0)),
                  f64.add(f64.abs(zeta), f64.sqrt(f64.add(1, f64.mul(zeta, zeta)))),
                )),
                cosine.set(f64.div(1, f64.sqrt(f64.add(1, f64.mul(tangent, tangent))))),
                tangent.set(f64.mul(cosine, tangent)),
                rotate.call(x, y, length, cosine, tangent),
                rotate.call(u, v, otherLength, cosine, tangent),
              ]),
              ...[y.set(i32.add(y, step)), v.set(i32.add(v, otherStep))],
            ]),
            ...[x.set(i32.add(x, step)), u.set(i32.add(u, otherStep))],
          ]),
          count,
        ];
      },
    );
  });
}
