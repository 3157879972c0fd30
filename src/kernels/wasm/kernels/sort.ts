/**
 * Radix sort, in plain TypeScript, since counting and moving gain nothing from SIMD. A line of a
 * million floats takes a ninth of the time of a sort by comparison (`deno task bench sort`). Short lines,
 * and the first few elements of any, are sorted by inserting (`rank_kernel.ts`).
 *
 * @module
 */

import { type DType, DTYPES, type TypedArray } from "../../../dtype.ts";
import type { Kernels } from "../../kernels.ts";
import { StridedIterator } from "../../strided_iterator.ts";
import { beginKernel, NDArray } from "../../../storage/ndarray.ts";
import { Scratch } from "../scratch.ts";
import type { Kernel } from "../threads/instances.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";
import { axisBack, axisLast, withContiguous } from "./map.ts";
import { compileRankKernel, FEW_RANKS, MOST_RANKS, RANK_BYTES } from "./rank_kernel.ts";

/** Sorting. */
export const sorting: Pick<Kernels, "argsort"> = {
  argsort(x, axis, descending, ranks): NDArray {
    const length = x.shape[axis] ?? 1;
    const [first, end] = ranks ?? [0, length];
    const areMost = length <= MOST_RANKS && 2 * (end - first) > length;
    const areFew = end <= FEW_RANKS || areMost;
    if (areFew && first < end) return findRanks(x, axis, descending, first, end);
    const shape = x.shape.length === 0 ? x.shape : x.shape.with(axis, end - first);
    const out = beginKernel([x], shape, "int32");
    if (out.size === 0) return out;
    const [step, outStep] = [x.strides[axis] ?? 0, out.strides[axis] ?? 0];
    const [from, to] = [x.whole(), out.whole()];
    const sorter = x.dtype === "float64" ? new WideSorter(length) : new Sorter(length);
    const single = x.shape.length === 0 ? x.shape : x.shape.with(axis, 1);
    const iterator = new StridedIterator(single, [x, out]);
    for (let done = 0; done < x.size; done += length, iterator.next()) {
      const [start, outStart] = iterator.offsets;
      sorter.fill(x.dtype, from, start, step, descending);
      const places = sorter.ranks(first, end);
      const skipped = places.length - (end - first);
      for (let i = first; i < end; i++) {
        to[outStart + (i - first) * outStep] = places[i - first + skipped];
      }
    }
    return out;
  },
};

const compiled: Kernel[] = [];

/** The places of the elements with the ranks from `first` to before `end`, which are few. */
function findRanks(
  x: NDArray,
  axis: number,
  descending: boolean,
  first: number,
  end: number,
): NDArray {
  if (x.shape.length === 0) return NDArray.from([0], [], "int32");
  const rows = withContiguous([axisLast(x, axis)], ([dense]) => {
    const { shape, size, dtype } = dense;
    const columns = shape[shape.length - 1];
    const out = NDArray.allocate(shape.with(-1, end - first), "int32");
    const kernel = compiled[2 * DTYPES[dtype].rank + Number(descending)] ??= compileRankKernel(
      dtype,
      descending,
    );
    const threads = threadsFor(size * NANOSECONDS.search);
    const kept = new Scratch(...new Array(threads).fill(RANK_BYTES));
    const [from, to] = [columns * DTYPES[dtype].bytes, (end - first) * 4];
    parallel(threads, size / columns, (start, stop, call, thread) => {
      const at = [dense.ptr + start * from, out.ptr + start * to, kept.at[thread]];
      call(kernel, ...at, stop - start, columns, first, end);
    });
    kept.free();
    return out;
  });
  return axisBack(rows, axis);
}

/** Bits of a digit, and the number of its values. */
const BITS = 11;
const VALUES = 1 << BITS;

/** Bits of a digit in lines of fewer elements than that has values. */
const SHORT_BITS = 8;

/** Sorts lines of one length by unsigned integers that have the order of the elements. */
class Sorter {
  /** The keys of the line. */
  protected readonly keys: Uint32Array<ArrayBuffer>;
  protected places: Int32Array<ArrayBuffer> = new Int32Array();
  #keys: Uint32Array<ArrayBuffer> = new Uint32Array();
  #spareKeys: Uint32Array<ArrayBuffer> = new Uint32Array();
  #sparePlaces: Int32Array<ArrayBuffer> = new Int32Array();
  /** True if elements with equal keys may differ. */
  protected readonly isWide: boolean = false;
  /** For each value of a digit, where the next key that has it goes, or how many have it. */
  readonly #next = new Int32Array(VALUES);

  constructor(length: number) {
    this.keys = new Uint32Array(length);
  }

  /** Reads the line that begins at `start`. */
  fill(dtype: DType, from: TypedArray, start: number, step: number, descending: boolean): void {
    const { keys } = this;
    if (dtype === "float32") {
      // Adding 0 makes +0 of −0.
      const values = new Float32Array(keys.buffer);
      for (let i = 0; i < keys.length; i++) values[i] = from[start + i * step] + 0;
      for (let i = 0; i < keys.length; i++) {
        const bits = keys[i];
        const isNaN = (bits & 0x7fffffff) > 0x7f800000;
        keys[i] = isNaN ? 0xffffffff : bits >>> 31 === 1 ? ~bits : bits | 0x80000000;
      }
    } else {
      for (let i = 0; i < keys.length; i++) keys[i] = from[start + i * step] ^ 0x80000000;
    }
    if (descending) { for (let i = 0; i < keys.length; i++) keys[i] = ~keys[i]; }
  }

  /**
   * The places of the elements that have the ranks from `first` to before `end`, in order; some of lower
   * ranks may come before them, but none after.
   */
  ranks(first: number, end: number): Int32Array {
    const { keys } = this;
    if (2 * (end - first) > keys.length) return this.sortAll().subarray(0, end);
    const [low, before] = first === 0 ? [0, 0] : this.#keyOf(first);
    const range = end - first === 1 ? 0 : this.#keyOf(end - 1)[0] - low;
    const found: number[] = [];
    for (let i = 0; i < keys.length; i++) if ((keys[i] - low) >>> 0 <= range) found.push(i);
    if (range > 0 || this.isWide) {
      if (4 * found.length > keys.length) return this.sortAll().subarray(0, end);
      // Sorting an array is stable.
      found.sort((i, j) => this.compare(i, j));
    }
    return Int32Array.from(found.slice(first - before, end - before));
  }

  /**
   * The key of the element of rank `rank`, digit by digit, each that of the rank among the keys left; and
   * the number of smaller keys.
   */
  #keyOf(rank: number): [key: number, before: number] {
    const { keys } = this;
    const wanted = rank;
    const bits = keys.length < VALUES ? SHORT_BITS : BITS;
    const mask = (1 << bits) - 1;
    let key = 0;
    for (let shift = bits * Math.floor(31 / bits); shift >= 0; shift -= bits) {
      const counts = this.#next.fill(0);
      const known = shift + bits < 32 ? -1 << (shift + bits) : 0;
      for (let i = 0; i < keys.length; i++) {
        if ((keys[i] & known) === key) counts[(keys[i] >>> shift) & mask]++;
      }
      let value = 0;
      while (rank >= counts[value]) rank -= counts[value++];
      key |= value << shift;
    }
    return [key >>> 0, wanted - rank];
  }

  /** The order of two places of the line. */
  protected compare(i: number, j: number): number {
    return this.keys[i] - this.keys[j];
  }

  /** Sorts all places of the line. */
  protected sortAll(): Int32Array {
    this.startPlaces();
    this.sortBy(this.keys);
    return this.places;
  }

  protected startPlaces(): void {
    const { length } = this.keys;
    if (this.places.length !== length) {
      [this.#keys, this.#spareKeys] = [new Uint32Array(length), new Uint32Array(length)];
      [this.places, this.#sparePlaces] = [new Int32Array(length), new Int32Array(length)];
    }
    for (let i = 0; i < length; i++) this.places[i] = i;
  }

  /** Sorts `places` by the keys of the line; those that are equal keep their order. */
  protected sortBy(keys: Uint32Array): void {
    for (let i = 0; i < keys.length; i++) this.#keys[i] = keys[this.places[i]];
    for (let shift = 0; shift < 32; shift += BITS) this.#sortByDigit(shift);
  }

  #sortByDigit(shift: number): void {
    const [keys, places] = [this.#keys, this.places];
    const [keysTo, placesTo] = [this.#spareKeys, this.#sparePlaces];
    const next = this.#next.fill(0);
    for (let i = 0; i < keys.length; i++) next[(keys[i] >>> shift) & (VALUES - 1)]++;
    if (next[(keys[0] >>> shift) & (VALUES - 1)] === keys.length) return;
    let before = 0;
    for (let value = 0; value < VALUES; value++) {
      const count = next[value];
      next[value] = before;
      before += count;
    }
    for (let i = 0; i < keys.length; i++) {
      const to = next[(keys[i] >>> shift) & (VALUES - 1)]++;
      keysTo[to] = keys[i];
      placesTo[to] = places[i];
    }
    [this.#keys, this.#spareKeys] = [keysTo, keys];
    [this.places, this.#sparePlaces] = [placesTo, places];
  }
}

/** Sorts float64, whose keys have two words: first by the lower one. */
class WideSorter extends Sorter {
  protected override readonly isWide = true;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #low: Uint32Array<ArrayBuffer>;

  constructor(length: number) {
    super(length);
    this.#words = new Uint32Array(2 * length);
    this.#low = new Uint32Array(length);
  }

  override fill(
    _: DType,
    from: TypedArray,
    start: number,
    step: number,
    descending: boolean,
  ): void {
    const words = this.#words;
    const values = new Float64Array(words.buffer);
    for (let i = 0; i < values.length; i++) values[i] = from[start + i * step] + 0;
    const turn = descending ? -1 : 0;
    for (let i = 0; i < values.length; i++) {
      const high = words[2 * i + 1];
      // NaN is the largest; of negative numbers, those with larger bits are smaller.
      const isNaN = Number.isNaN(values[i]);
      const flip = high >>> 31 === 1 ? -1 : 0;
      this.#low[i] = (isNaN ? -1 : words[2 * i] ^ flip) ^ turn;
      this.keys[i] = (isNaN ? -1 : high ^ (flip | 0x80000000)) ^ turn;
    }
  }

  protected override compare(i: number, j: number): number {
    return this.keys[i] - this.keys[j] || this.#low[i] - this.#low[j];
  }

  protected override sortAll(): Int32Array {
    this.startPlaces();
    this.sortBy(this.#low);
    this.sortBy(this.keys);
    return this.places;
  }
}
