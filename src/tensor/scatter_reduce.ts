/**
 * Reductions of what an index sends to one place.
 *
 * Places to which equally many elements go make up a matrix, with a row for each: so every reduction
 * is one along its rows, with the gradient that it has anyway. What is gathered is no more than there
 * is, however many elements meet.
 *
 * @module
 */

import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { contiguousStrides, formatShape, sameShape, type Shape } from "../shape.ts";
import { cat } from "./functions.ts";
import { indexTensor } from "./index_tensor.ts";
import { pass } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** What becomes of several elements. */
export type ScatterReduction = "sum" | "prod" | "mean" | "amax" | "amin";

/** Options of `scatterReduce`. */
export interface ScatterReduceOptions {
  /** What becomes of the elements that meet; the mean of integers is rounded down. */
  readonly reduce: ScatterReduction;
  /** The axis to which indices belong; default 0. */
  readonly axis?: number;
  /** Whether the element that was there takes part; default true. */
  readonly includeSelf?: boolean;
}

const REDUCTIONS: Readonly<Record<ScatterReduction, (rows: Tensor) => Tensor>> = {
  sum: (rows) => rows.sum(1),
  prod: (rows) => rows.prod(1),
  mean: (rows) => {
    if (isFloat(rows.dtype)) return rows.mean(1);
    return rows.sum(1).div(rows.shape[1], { roundingMode: "floor" });
  },
  amax: (rows) => rows.amax(1),
  amin: (rows) => rows.amin(1),
};

/** See `Tensor.scatterReduce`; `axis` is normalized. */
export function scatterReduce(
  x: Tensor,
  index: Tensor,
  source: Tensor,
  { reduce, axis, includeSelf = true }: ScatterReduceOptions & { readonly axis: number },
): Tensor {
  if (!Object.hasOwn(REDUCTIONS, reduce)) {
    throw new ValueError(
      `Cannot scatterReduce by "${reduce}": use ${Object.keys(REDUCTIONS).join(", ")}`,
    );
  }
  check(x, index, source, axis);
  const meeting = groupBySize(destinations(index, x.shape, axis), includeSelf ? x.size : null);
  return pass(() => {
    const from = source.to(x.dtype).reshape(source.size);
    const all = includeSelf ? cat([from, x.reshape(x.size)]) : from;
    const places = indexTensor(meeting.flatMap((group) => group.places));
    const results = meeting.map(({ size, places, members }) => {
      const rows = all.indexSelect(0, indexTensor(members)).reshape(places.length, size);
      return REDUCTIONS[reduce](rows).to(x.dtype);
    });
    if (results.length === 0) return x.clone();
    return x.reshape(x.size).scatter(places, cat(results)).reshape(x.shape);
  });
}

function check(x: Tensor, index: Tensor, source: Tensor, axis: number): void {
  if (index.dtype !== "int32" && index.dtype !== "uint8") {
    throw new DTypeError(
      `Cannot scatterReduce with an index of dtype ${index.dtype}: convert it with .to("int32")`,
    );
  }
  const fits = index.ndim === x.ndim && index.shape.every((n, i) => i === axis || n <= x.shape[i]);
  if (!fits || !sameShape(index.shape, source.shape)) {
    throw new ShapeError(
      `Cannot scatterReduce ${formatShape(source.shape)} into ${formatShape(x.shape)} with an ` +
        `index of shape ${
          formatShape(index.shape)
        }: index and source need the same shape, with as ` +
        `many axes, none longer except axis ${axis}`,
      source.shape,
      x.shape,
      index.shape,
    );
  }
  const size = x.shape[axis];
  const wrong = index.data.find((i: number) => i < 0 || i >= size);
  if (wrong === undefined) return;
  throw new ShapeError(
    `Cannot scatterReduce to index ${wrong} of axis ${axis} of shape ${formatShape(x.shape)}: ` +
      `indices go from 0 to ${size - 1}`,
    x.shape,
  );
}

/** For each element of the source, the place in the flattened result where it goes. */
function destinations(index: Tensor, shape: Shape, axis: number): Int32Array {
  const [own, strides] = [contiguousStrides(index.shape), contiguousStrides(shape)];
  return Int32Array.from(index.data, (target, i) => {
    let place = target * strides[axis];
    for (let k = 0; k < own.length; k++) {
      if (k !== axis) place += (Math.floor(i / own[k]) % index.shape[k]) * strides[k];
    }
    return place;
  });
}

/** Places at which as many elements meet. */
interface Meeting {
  readonly size: number;
  readonly places: number[];
  /** The elements, place by place; what was there before stands behind those of the source. */
  readonly members: number[];
}

function groupBySize(destinations: Int32Array, own: number | null): Meeting[] {
  const byPlace = new Map<number, number[]>();
  destinations.forEach((place, i) => {
    const members = byPlace.get(place);
    if (members !== undefined) members.push(i);
    else byPlace.set(place, own === null ? [i] : [destinations.length + place, i]);
  });
  const bySize = new Map<number, Meeting>();
  for (const [place, members] of byPlace) {
    const size = members.length;
    const group = bySize.get(size) ?? { size, places: [], members: [] };
    bySize.set(size, group);
    group.places.push(place);
    for (const member of members) group.members.push(member);
  }
  return [...bySize.values()];
}
