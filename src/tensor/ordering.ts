/**
 * Sorting, and counting what is equal or near.
 *
 * @module
 */

import { requireOptions, requireTensors } from "../checks.ts";
import { wrap } from "../autograd/node.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { normalizeAxis } from "../checks.ts";
import { formatShape } from "../shape.ts";
import { NDArray } from "../storage/ndarray.ts";
import { indexTensor } from "./index_tensor.ts";
import { quantile, type QuantileOptions } from "./quantile.ts";
import { NanAwareTensor } from "./nan_aware.ts";
import { type AxisOptions, optionsOf } from "./reducing.ts";
import { run } from "./run.ts";
import { pass } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `sort` and `argsort`. */
export interface SortOptions {
  /** The axis along which to sort; default −1. */
  readonly axis?: number;
  /** Largest first; default false. */
  readonly descending?: boolean;
}

/** Options of `topk`. */
export interface TopkOptions {
  /** The axis along which to look; default −1. */
  readonly axis?: number;
  /** Whether the largest elements are wanted, rather than the smallest; default true. */
  readonly largest?: boolean;
}

/** Elements, and where along the axis they were. */
export interface Sorted {
  /** The elements in order; gradients flow to where they came from. */
  readonly values: Tensor;
  /** Their int32 indices along the axis. */
  readonly indices: Tensor;
}

/** What `unique` finds. */
export interface Unique {
  /** Each value once, the smallest first. */
  readonly values: Tensor;
  /** For each element, the index of its value: int32, in the shape of the tensor. */
  readonly inverse: Tensor;
  /** How often each value occurs, as int32. */
  readonly counts: Tensor;
}

/** Options of `histogram` and `histc`. */
export interface HistogramOptions {
  /** Number of bins; default 100. */
  readonly bins?: number;
  /** Left end of the first bin; the smallest element if `min` and `max` are left out. */
  readonly min?: number;
  /** Right end of the last bin, which belongs to it; the largest element as well. */
  readonly max?: number;
}

/** What `histogram` finds. */
export interface Histogram {
  /** How many elements lie in each bin, in the dtype of the tensor. */
  readonly counts: Tensor;
  /** The ends of the bins, one more than there are bins. */
  readonly edges: Tensor;
}

/** Options of `bincount`. */
export interface BincountOptions {
  /** What each element counts for; 1 if left out. */
  readonly weights?: Tensor;
  /** The least length of the result; default 0. */
  readonly minLength?: number;
}

/** Options of `bucketize`. */
export interface BucketizeOptions {
  /** Whether a boundary belongs to the bucket on its right; default false. */
  readonly right?: boolean;
}

/**
 * The part of {@link Tensor} that sorts and counts. NaN counts as larger than ∞.
 *
 * See https://pytorch.org/docs/stable/torch.html#comparison-ops
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const scores = tensor([0.1, 0.7, 0.2]);
 * assert.deepEqual(scores.argsort({ descending: true }).toArray(), [1, 2, 0]);
 * assert.equal(scores.median().item(), Math.fround(0.2));
 * ```
 */
export abstract class OrderedTensor extends NanAwareTensor {
  /**
   * The int32 indices that sort along an axis; equal elements keep their order.
   *
   * @param options see {@link SortOptions}
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.deepEqual(tensor([30, 10, 20]).argsort().toArray(), [1, 2, 0]);
   * ```
   */
  argsort(options: SortOptions = {}): Tensor {
    requireOptions("sort", options);
    const { axis = -1, descending = false } = options;
    return run(ops.argsort, [this], {
      axis: normalizeAxis(axis, this.shape, "argsort"),
      descending,
    });
  }

  /**
   * The elements sorted along an axis; equal ones keep their order.
   *
   * @param options see {@link SortOptions}
   * @returns `values` and their `indices`
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const { values, indices } = tensor([30, 10, 20]).sort();
   * assert.deepEqual(values.toArray(), [10, 20, 30]);
   * assert.deepEqual(indices.toArray(), [1, 2, 0]);
   * ```
   */
  sort(options: SortOptions = {}): Sorted {
    return this.#inOrder(this.argsort(options), options.axis ?? -1);
  }

  #inOrder(indices: Tensor, axis: number): Sorted {
    // A scalar is sorted, and has no axis to pick from.
    const values = this.ndim === 0 ? this.clone() : this.gather(axis, indices);
    return { values, indices };
  }

  /**
   * The `k` largest elements along an axis, the largest first; or the smallest.
   *
   * @param k how many
   * @param options see {@link TopkOptions}
   * @returns `values` and their `indices`
   * @throws {ShapeError} if there is no such axis, or it has fewer than `k` elements
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const { values, indices } = tensor([[1, 9, 3], [7, 2, 5]]).topk(2);
   * assert.deepEqual(values.toArray(), [[9, 3], [7, 5]]);
   * assert.deepEqual(indices.toArray(), [[1, 2], [0, 2]]);
   * ```
   */
  topk(k: number, options: TopkOptions = {}): Sorted {
    requireOptions("topk", options);
    const { axis = -1, largest = true } = options;
    const along = normalizeAxis(axis, this.shape, "topk");
    const size = this.shape[along] ?? 1;
    if (!Number.isInteger(k) || k < 0 || k > size || this.ndim === 0) {
      throw new ShapeError(
        `Cannot take the top ${k} along axis ${axis} of shape ${
          formatShape(this.shape)
        }: there are ` +
          `${size}`,
        this.shape,
      );
    }
    return pass(() => {
      const order = this.argsort({ axis, descending: largest });
      return this.#inOrder(order.slice(0, k, { axis }).clone(), axis);
    });
  }

  /**
   * The middle element, the lower one of two: of all, where ties share the gradient, or along one
   * axis. NaN wins.
   *
   * @param options `axis`, `keepDims`; or the axis alone
   * @throws {ShapeError} if there is no such axis
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * assert.equal(tensor([4, 1, 3, 2]).median().item(), 2);
   * ```
   */
  median(options?: AxisOptions | number): Tensor {
    const { axis, keepDims = false } = optionsOf<AxisOptions>(options);
    if (axis === undefined || this.ndim === 0) {
      const middle = run(ops.median, [this]);
      return keepDims ? middle.reshape(this.shape.map(() => 1)) : middle;
    }
    const along = normalizeAxis(axis, this.shape, "median");
    const last = this.shape[along] - 1;
    if (last < 0) {
      throw new ShapeError(
        `Cannot take the median over no elements of shape ${formatShape(this.shape)}: check for ` +
          `that first`,
        this.shape,
      );
    }
    return pass(() => {
      const order = this.argsort({ axis: along });
      const at = (i: number): Tensor => order.slice(i, i + 1, { axis: along });
      const greatest = at(last);
      const isNaN = this.gather(along, greatest).isnan();
      const chosen = isNaN.where(greatest, at(Math.floor(last / 2)));
      const picked = this.gather(along, chosen);
      return keepDims ? picked : picked.squeeze(along);
    });
  }

  /**
   * The element below which a share `q` of the others lies: of all, or along one axis. NaN wins.
   *
   * The rank `q · (n − 1)` may lie between two elements; `interpolation` says what stands for it:
   * `"linear"` weighs both, `"midpoint"` takes their mean, and the others choose one. Gradients flow
   * to the elements that are used.
   *
   * See https://pytorch.org/docs/stable/generated/torch.quantile.html
   *
   * @param q from 0 to 1; several give a first axis
   * @param options `axis`, `keepDims`, `interpolation`
   * @throws {ValueError} if `q` is out of range, or there is no such interpolation
   * @throws {DTypeError} if the tensor is of integers
   * @throws {ShapeError} if there is no such axis, or nothing along it
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1, 9, 3, 5, 7]);
   * assert.equal(x.quantile(0.25).item(), 3);
   * assert.deepEqual(x.quantile([0, 0.5, 0.625]).toArray(), [1, 5, 6]);
   * ```
   */
  quantile(q: number | readonly number[], options: QuantileOptions = {}): Tensor {
    return quantile(this as unknown as Tensor, q, options);
  }

  /**
   * The number of the bucket in which each element lies: bucket `i` goes from `boundaries[i − 1]` to
   * `boundaries[i]`, which belongs to it. NaN lies in the last.
   *
   * See https://pytorch.org/docs/stable/generated/torch.bucketize.html
   *
   * @param boundaries a vector in rising order
   * @param options `right`
   * @returns int32, from 0 to the number of boundaries
   * @throws {ShapeError} if the boundaries are no vector
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const ages = tensor([7, 18, 40]);
   * assert.deepEqual(ages.bucketize(tensor([17, 65])).toArray(), [0, 1, 1]);
   * ```
   */
  bucketize(boundaries: Tensor, options: BucketizeOptions = {}): Tensor {
    requireOptions("bucketize", options);
    const { right = false } = options;
    requireTensors("bucketize", boundaries);
    if (boundaries.ndim !== 1) {
      throw new ShapeError(
        `Cannot bucketize by boundaries of shape ${
          formatShape(boundaries.shape)
        }: they must be a ` +
          `vector`,
        boundaries.shape,
      );
    }
    const ends = boundaries.data;
    const isBelow = right
      ? (end: number, x: number) => !(end > x)
      : (end: number, x: number) => !(end >= x);
    const found = Int32Array.from(this.data, (x) => {
      let [low, high] = [0, ends.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (isBelow(ends[middle], x)) low = middle + 1;
        else high = middle;
      }
      return low;
    });
    return wrap(NDArray.from(found, this.shape, "int32")) as Tensor;
  }

  /**
   * The different values of the flattened tensor, with where and how often they occur.
   *
   * @returns see {@link Unique}
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const { values, counts } = tensor([3, 1, 3]).unique();
   * assert.deepEqual(values.toArray(), [1, 3]);
   * assert.deepEqual(counts.toArray(), [1, 2]);
   * ```
   */
  unique(): Unique {
    const { data } = this;
    const order = pass(() => this.reshape(this.size).argsort().data);
    const [firsts, counts]: [number[], number[]] = [[], []];
    const inverse = new Int32Array(data.length);
    order.forEach((place, i) => {
      // NaN differs from itself, so each is a value of its own, as in PyTorch.
      if (i === 0 || data[place] !== data[order[i - 1]]) {
        firsts.push(place);
        counts.push(0);
      }
      counts[counts.length - 1]++;
      inverse[place] = firsts.length - 1;
    });
    const values = NDArray.from(firsts.map((place) => data[place]), [firsts.length], this.dtype);
    return {
      values: wrap(values) as Tensor,
      inverse: wrap(NDArray.from(inverse, this.shape, "int32")) as Tensor,
      counts: indexTensor(counts),
    };
  }

  /**
   * How many elements lie in each of `bins` intervals of equal width. What lies outside is not
   * counted, nor is NaN.
   *
   * @param options see {@link HistogramOptions}
   * @returns `counts` and `edges`
   * @throws {ValueError} if `bins` is not a whole number above 0, or the ends are not finite and
   *   in order
   * @throws {DTypeError} if the tensor is of integers
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const { counts, edges } = tensor([0, 1, 1, 4]).histogram({ bins: 2 });
   * assert.deepEqual(counts.toArray(), [3, 1]);
   * assert.deepEqual(edges.toArray(), [0, 2, 4]);
   * ```
   */
  histogram(options: HistogramOptions = {}): Histogram {
    if (!isFloat(this.dtype)) {
      throw new DTypeError(
        `Cannot make a histogram of ${this.dtype}: use bincount(), or convert it with .to("float32")`,
      );
    }
    const { bins = 100 } = options;
    const { data } = this;
    const [low, high] = rangeOf(data, options);
    if (!Number.isInteger(bins) || bins < 1 || !(low < high) || !Number.isFinite(high - low)) {
      throw new ValueError(
        `Cannot make a histogram of ${bins} bins from ${low} to ${high}: it needs a whole number of ` +
          `bins, and finite ends of which the first is smaller`,
      );
    }
    const counts = new Float64Array(bins);
    for (const value of data) {
      if (!(value >= low && value <= high)) continue;
      counts[Math.min(Math.floor((value - low) / (high - low) * bins), bins - 1)]++;
    }
    const edges = Array.from({ length: bins + 1 }, (_, i) => low + (high - low) * i / bins);
    return {
      counts: wrap(NDArray.from(counts, [bins], this.dtype)) as Tensor,
      edges: wrap(NDArray.from(edges, [bins + 1], this.dtype)) as Tensor,
    };
  }

  /**
   * The counts of `histogram`.
   *
   * @param options see {@link HistogramOptions}
   * @returns `[bins]`
   * @throws {ValueError} if `bins` is not a whole number above 0, or the ends are not finite and
   *   in order
   * @throws {DTypeError} if the tensor is of integers
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([0, 1, 1, 4]);
   * assert.deepEqual(x.histc({ bins: 4, min: 0, max: 4 }).toArray(), [1, 2, 0, 1]);
   * ```
   */
  histc(options: HistogramOptions = {}): Tensor {
    return pass(() => this.histogram(options).counts);
  }

  /**
   * How often each of the numbers 0, 1, 2, … occurs, as int32; or the sum of the weights that stand
   * beside it.
   *
   * @param options see {@link BincountOptions}
   * @throws {DTypeError} if the tensor is not of an integer type
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import assert from "node:assert/strict";
   *
   * const labels = tensor([0, 2, 2], { dtype: "int32" });
   * assert.deepEqual(labels.bincount().toArray(), [1, 0, 2]);
   * ```
   */
  bincount(options: BincountOptions = {}): Tensor {
    const { weights, minLength = 0 } = options;
    if (isFloat(this.dtype)) {
      throw new DTypeError(`Cannot count bins of ${this.dtype}: convert it with .to("int32")`);
    }
    if (this.ndim !== 1 || (weights !== undefined && weights.size !== this.size)) {
      throw new ShapeError(
        `Cannot count bins of shape ${formatShape(this.shape)}: it needs one axis, and as many ` +
          `weights if there are any`,
        this.shape,
      );
    }
    let length = minLength;
    for (const value of this.data) length = Math.max(length, value + 1);
    return pass(() => {
      const ones = () => indexTensor(new Array<number>(this.size).fill(1));
      const index = this.to("int32");
      return run(ops.indexAdd, [weights ?? ones(), index], { shape: [length], axis: 0 });
    });
  }
}

/** The range of a histogram; around a single value it is 2 wide. */
function rangeOf(data: ArrayLike<number>, options: HistogramOptions): [number, number] {
  const { min = 0, max = 0 } = options;
  if (min !== 0 || max !== 0) return [min, max];
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    [low, high] = [Math.min(low, data[i]), Math.max(high, data[i])];
  }
  if (data.length === 0) return [0, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}
