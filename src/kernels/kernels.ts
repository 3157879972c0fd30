/**
 * The contract of a backend: everything that a backend computes, and its settings.
 *
 * Kernels work on {@link NDArray}s with any strides, and know nothing of tensors or gradients.
 * Callers have checked shapes and dtypes, broadcast, and chosen the dtype of the result. Every
 * result is a new contiguous array unless a line says otherwise. A kernel starts with
 * `arena.begin()`, then touches its inputs, then allocates, and only then takes addresses
 * (`beginKernel` does these in order). It frees its scratch memory. Sizes of 0 are legal
 * everywhere.
 *
 * To write a backend, implement this interface in a folder of its own, and name it in
 * `backends.ts`. It may take any function from the reference backend until it has its own.
 *
 * @module
 */

import type { Operand } from "./arithmetic.ts";
import type { DType } from "../dtype.ts";
import type { Formula, Formulas } from "./formula.ts";
import type { Shape } from "../shape.ts";
import type { NDArray } from "../storage/ndarray.ts";

/** The operation that combines elements in `reduce`. For booleans, `max` is any and `min` is all. */
export type ReduceKind = "sum" | "prod" | "max" | "min";

/** The operation that combines elements in `scan`. */
export type ScanKind = "sum" | "prod";

/** A pair of sizes: height, width. */
export type Pair = readonly [height: number, width: number];

/** A window that slides over the last two axes. */
export interface Window {
  /** Size of the window. */
  readonly kernel: Pair;
  /** Distance between windows. */
  readonly stride: Pair;
  /** Border added on both sides. */
  readonly padding: Pair;
  /** Distance between the elements of a window. */
  readonly dilation: Pair;
}

/** A convolution: a window, and the number of groups that do not see each other's channels. */
export interface Convolution extends Window {
  /** Number of groups; divides the input and the output channels. */
  readonly groups: number;
}

/** `out ← f(operands)`, element by element, as `mapInto` computes it in the dtype of `out`. */
export interface Assignment {
  readonly f: Formula;
  readonly operands: readonly Operand<NDArray>[];
  readonly out: NDArray;
}

/** A library of the machine that a backend computes with. */
export interface LibraryDescription {
  /** Its name, and its version if it tells that. */
  readonly name: string;
  /** The path, or the name that the system has looked for. */
  readonly path: string;
  /** The processors that its kernels are made for, if it tells that. */
  readonly architecture?: string;
}

/** Most blocks of random words that are drawn at once. */
export const MAX_RANDOM_BLOCKS = 1024;

/** Most threads that `setNumThreads` allows. */
export const MAX_THREADS = 16;

/** Everything that a backend computes. */
export interface Kernels {
  /** The name that `setKernels` takes. */
  readonly name: string;

  /** The library that it computes with; backends that need none leave it out. */
  readonly library?: LibraryDescription;

  /** Number of threads that may compute at once; 1 if the backend has only one. */
  getNumThreads(): number;

  /** Sets that number, from 1 to {@link MAX_THREADS}. Results do not depend on it, to the bit. */
  setNumThreads(count: number): void;

  /** Returns true if products and convolutions may use fused instructions; see `setFastMath`. */
  getFastMath(): boolean;

  /** Allows fused instructions, which change the last bits; a backend without them ignores it. */
  setFastMath(on: boolean): void;

  /**
   * Blocks number `first` to `first + count - 1` of the Philox stream of `seed`, four words each, at
   * most {@link MAX_RANDOM_BLOCKS}. The next call overwrites them. All backends give the same words.
   */
  randomBlocks(seed: number, first: number, count: number): Uint32Array;

  /**
   * Two whole numbers below `range`, which is 2³² at most, for each of these blocks (see
   * `Generator.integers`). The next call overwrites them. All backends give the same numbers.
   */
  boundedBlocks(seed: number, first: number, count: number, range: number): Uint32Array;

  /**
   * Two normal numbers for each of these blocks, by the method of Box and Muller (see `Generator.normal`).
   * The next call overwrites them. All backends give the same bits.
   */
  normalBlocks(seed: number, first: number, count: number): Float64Array;

  /**
   * `result[i] = f(operands[0][i], operands[1][i], …)` over `shape`, to which operands
   * broadcast: arrays of any dtypes, and numbers.
   *
   * Arithmetic is in `compute`, the result is stored as `dtype` (bool for conditions). Conditions among
   * the operands are of dtype bool.
   */
  map(
    f: Formula,
    operands: readonly Operand<NDArray>[],
    shape: Shape,
    compute: DType,
    dtype: DType,
  ): NDArray;

  /** As `map`, into the elements of `out`, which may be any view and may also be an operand. */
  mapInto(
    f: Formula,
    operands: readonly Operand<NDArray>[],
    out: NDArray,
    compute: DType,
  ): void;

  /** Makes one assignment after the other: each reads what those before it have written. */
  assign(assignments: readonly Assignment[]): void;

  /**
   * `outs[i] = fs[i](operands[0], operands[1], …)` in one pass, which computes once what formulas share.
   * All arrays are of one float dtype. The views `outs` have one shape, to which operands broadcast; an
   * operand that is read where an out is written must be that out.
   */
  mapAllInto(
    fs: Formulas,
    operands: readonly Operand<NDArray>[],
    outs: readonly NDArray[],
  ): void;

  /**
   * The program by which `map` computes `f` of dense arrays of `dtype`, as text, without loops that do
   * the same faster; `null` if that is the reference's loop, and absent where all are.
   */
  mapText?(f: Formula, dtype: DType): string | null;

  /** `result[i, …] = f(x[rows[i], …], ...numbers)`: picks entries of axis 0 and maps them at once. */
  mapRows(
    f: Formula,
    x: NDArray,
    rows: Int32Array,
    numbers: readonly number[],
    dtype: DType,
  ): NDArray;

  /**
   * Combines the elements along `axes` (sorted, distinct, from the front), which stay as size 1 with
   * `keepDims`; with `of`, for floats, that formula of each element, computed in `dtype` or float64. Empty input
   * gives 0, 1, the lowest value, the highest value, by kind. NaN propagates. float32 sums are blocked
   * or pairwise, never one running sum.
   */
  reduce(
    kind: ReduceKind,
    x: NDArray,
    axes: readonly number[],
    keepDims: boolean,
    dtype: DType,
    of?: Formula,
  ): NDArray;

  /** int32 index along `axis` of the first largest or smallest element; of the first NaN if any. */
  argReduce(kind: "max" | "min", x: NDArray, axis: number, keepDims: boolean): NDArray;

  /**
   * `[…, m, k] · […, k, n] → […, m, n]`, plus `bias [n]` if there is one. The batch axes of `a` and
   * `b` are equal in size (a stride of 0 repeats a matrix); all dtypes are equal.
   */
  matmul(a: NDArray, b: NDArray, bias: NDArray | null): NDArray;

  /**
   * `‖a[i] − b[j]‖`, Euclidean: `[…, m, d], […, n, d] → […, m, n]`, of floats. The batch axes of the operands
   * here and below are equal in size.
   */
  distances(a: NDArray, b: NDArray): NDArray;

  /** `Σ_j weights[i, j] (a[i] − b[j])`: `[…, m, n], […, m, d], […, n, d] → […, m, d]`. */
  weightedDifferences(weights: NDArray, a: NDArray, b: NDArray): NDArray;

  /** Running totals along `axis`: `result[i] = x[0] ∘ x[1] ∘ … ∘ x[i]`, rounded once each. */
  scan(kind: ScanKind, x: NDArray, axis: number, dtype: DType): NDArray;

  /**
   * int32 index along `axis` of the largest or smallest of the elements up to each: of the last one of
   * equals, and of the last NaN if any.
   */
  argScan(kind: "max" | "min", x: NDArray, axis: number): NDArray;

  /** int32 `[length]`: how often each number occurs among the elements of `x`, int32 from 0 to length − 1. */
  count(x: NDArray, length: number): NDArray;

  /**
   * int32: the indices along `axis` that sort `x`. Equal elements keep their order, and NaN counts as
   * larger than ∞. With `ranks`, only the indices that come at these places in the order.
   */
  argsort(
    x: NDArray,
    axis: number,
    descending: boolean,
    ranks?: readonly [first: number, end: number],
  ): NDArray;

  /** Softmax along `axis`, or its logarithm: both subtract the maximum first. */
  softmax(x: NDArray, axis: number, log: boolean): NDArray;

  /**
   * `ln Σ_c exp x[i, c, k] − x[i, index[i, k], k]` (here for axis 1), the negative logarithm of the
   * softmax at an index. Indices are int32, contiguous, and in range.
   */
  crossEntropy(x: NDArray, index: NDArray, axis: number): NDArray;

  /** Gradient of `crossEntropy` for `x`: `(softmax(x)[i, c, k] − [c = index[i, k]]) · g[i, k]`. */
  crossEntropyGradient(g: NDArray, x: NDArray, index: NDArray, axis: number): NDArray;

  /**
   * Cross-correlation: `x [n, c, h, w]`, `weight [o, c / groups, kh, kw]` → `[n, o, oh, ow]`. Here and
   * in the gradients, what lies outside of an image counts as zeros, also beside a weight of NaN.
   */
  conv2d(x: NDArray, weight: NDArray, bias: NDArray | null, window: Convolution): NDArray;

  /** Gradient of `conv2d` for its input of shape `shape`, from the gradient `g` of its result. */
  conv2dInputGradient(g: NDArray, weight: NDArray, shape: Shape, window: Convolution): NDArray;

  /** Gradient of `conv2d` for its weight of shape `shape`, from the gradient `g` of its result. */
  conv2dWeightGradient(g: NDArray, x: NDArray, shape: Shape, window: Convolution): NDArray;

  /**
   * The largest element of each window of `x [n, c, h, w]`, and where it is: int32 indices into
   * the plane `h · w`. The border counts as −∞; of equal elements the first one counts; NaN propagates.
   */
  maxPool2d(x: NDArray, window: Window): { output: NDArray; indices: NDArray };

  /** The mean of each window of `x [n, c, h, w]`, counting the border as zeros. */
  avgPool2d(x: NDArray, window: Window): NDArray;

  /** Gradient of `avgPool2d` for its input of shape `shape`. */
  avgPool2dGradient(g: NDArray, shape: Shape, window: Window): NDArray;

  /** `result[i, j, k] = x[i, index[i, j, k], k]` (here for axis 1); indices are in range. */
  gather(x: NDArray, index: NDArray, axis: number): NDArray;

  /**
   * A copy of `x` where `result[i, index[i, j, k], k] = source[i, j, k]` (here for axis 1); of several
   * writes to one place the last in row-major order stays.
   */
  scatter(x: NDArray, index: NDArray, source: NDArray, axis: number): NDArray;

  /**
   * A copy of `x` where `result[i, index[i, j, k], k]` is the larger or smaller one of itself and
   * `source[i, j, k]` (here for axis 1), of the dtype of `x`. NaN propagates.
   */
  scatterExtreme(
    kind: "max" | "min",
    x: NDArray,
    index: NDArray,
    source: NDArray,
    axis: number,
  ): NDArray;

  /** Zeros of `shape` where `result[i, index[i, j, k], k] += source[i, j, k]` (here for axis 1). */
  scatterAdd(shape: Shape, index: NDArray, source: NDArray, axis: number): NDArray;

  /** `result[i, j, k] = x[i, index[j], k]` (here for axis 1), for a 1-d int32 `index` in range. */
  indexSelect(x: NDArray, index: NDArray, axis: number): NDArray;

  /** Zeros of `shape` where `result[i, index[j], k] += source[i, j, k]` (here for axis 1). */
  indexAdd(shape: Shape, index: NDArray, source: NDArray, axis: number): NDArray;

  /** The lower triangular `L` with `L · Lᵀ = (x + xᵀ) / 2`, positive definite, `x […, n, n]`. */
  cholesky(x: NDArray): NDArray;

  /** The solution `[…, n, k]` of `a · result = b`, for `a […, n, n]` and `b […, n, k]`. */
  solve(a: NDArray, b: NDArray): NDArray;

  /** The determinants `[…]` of `x […, n, n]`. */
  determinant(x: NDArray): NDArray;

  /** The sign −1, 0 or 1 of each determinant and `ln |det x|`, `[…, 2]`, of `x […, n, n]`. */
  logDeterminant(x: NDArray): NDArray;

  /** `∂ det x / ∂x`, which is `det x · x⁻ᵀ` where that exists, for `x […, n, n]`. */
  cofactors(x: NDArray): NDArray;

  /**
   * `Q` on top of `R`, `[…, m + n, n]`, with `Q · R = x […, m, n]`, `m ≥ n`, by Householder's
   * reflections: orthonormal columns, and upper triangular.
   */
  qr(x: NDArray): NDArray;

  /**
   * Singular vectors and values of `x […, m, n]`, `m ≥ n`, on top of each other, `[…, m + 1 + n, n]`:
   * `U` with orthonormal columns, a row of values `s ≥ 0` in descending order, and `Vᵀ` orthogonal,
   * with `U · diag(s) · Vᵀ = x`.
   */
  svd(x: NDArray): NDArray;

  /** The singular values alone, `[…, n]`, in descending order; the bits of those of `svd`. */
  singularValues(x: NDArray): NDArray;

  /** `Σ g_ij · ∂C_ij / ∂x` with the cofactors `C` of `x […, n, n]`, which may be singular. */
  cofactorsGradient(x: NDArray, g: NDArray): NDArray;

  /** Returns true if all elements of `x`, int32 and contiguous, go from 0 to `size − 1`. */
  areIndices(x: NDArray, size: number): boolean;

  /** int32 `[count]`: row-major positions of the non-zero elements of `x`. */
  nonzero(x: NDArray): NDArray;
}
