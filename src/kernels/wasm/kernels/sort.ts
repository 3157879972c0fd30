/**
 * Radix sort, in plain TypeScript, since counting and moving gain nothing from SIMD. A line of a
 * million floats takes a ninth of the time of a sort by comparison (`deno task bench sort`).
 *
 * @module
 */

import type { DType, TypedArray } from "../../../dtype.ts";
import type { Kernels } from "../../kernels.ts";
import { sorting as reference } from "../../reference/sort.ts";
import { StridedIterator } from "../../strided_iterator.ts";
import { beginKernel, type NDArray } from "../../../storage/ndarray.ts";

/** Shorter lines are sorted as fast by comparing. */
const SHORT = 32;

/** Bits of a digit, and the number of its values. */
const BITS = 11;
const VALUES = 1 << BITS;

/** Sorting. */
export const sorting: Pick<Kernels, "argsort"> = {
  argsort(x, axis, descending): NDArray {
    const length = x.shape[axis] ?? 1;
    if (x.dtype === "float64" || length < SHORT) return reference.argsort(x, axis, descending);
    const out = beginKernel([x], x.shape, "int32");
    const [step, outStep] = [x.strides[axis], out.strides[axis]];
    const [from, to] = [x.whole(), out.whole()];
    const sorter = new Sorter(length);
    const iterator = new StridedIterator(x.shape.with(axis, 1), [x, out]);
    for (let done = 0; done < x.size; done += length, iterator.next()) {
      const [start, outStart] = iterator.offsets;
      fillKeys(sorter.keys, x.dtype, from, start, step, descending);
      const places = sorter.sort();
      for (let i = 0; i < length; i++) to[outStart + i * outStep] = places[i];
    }
    return out;
  },
};

/** Fills `keys` with unsigned integers that have the order of the elements. */
function fillKeys(
  keys: Uint32Array,
  dtype: DType,
  from: TypedArray,
  start: number,
  step: number,
  descending: boolean,
): void {
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

/** Sorts by one digit after the other, the last one first; each step keeps the order of equal keys. */
class Sorter {
  /** The keys to sort; `sort` overwrites them. */
  readonly keys: Uint32Array<ArrayBuffer>;
  #keys: Uint32Array<ArrayBuffer>;
  #spareKeys: Uint32Array<ArrayBuffer>;
  #places: Int32Array<ArrayBuffer>;
  #sparePlaces: Int32Array<ArrayBuffer>;
  /** For each value of a digit, where the next key that has it goes. */
  readonly #next = new Int32Array(VALUES);

  constructor(length: number) {
    this.keys = this.#keys = new Uint32Array(length);
    this.#spareKeys = new Uint32Array(length);
    this.#places = new Int32Array(length);
    this.#sparePlaces = new Int32Array(length);
  }

  /** The places of the keys in ascending order. */
  sort(): Int32Array {
    if (this.#keys !== this.keys) {
      [this.#keys, this.#spareKeys] = [this.#spareKeys, this.#keys];
    }
    for (let i = 0; i < this.keys.length; i++) this.#places[i] = i;
    for (let shift = 0; shift < 32; shift += BITS) this.#sortByDigit(shift);
    return this.#places;
  }

  #sortByDigit(shift: number): void {
    const [keys, places] = [this.#keys, this.#places];
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
    [this.#places, this.#sparePlaces] = [placesTo, places];
  }
}
