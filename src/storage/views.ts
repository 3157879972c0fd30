/**
 * Views: other shapes and strides on the same storage, without copying.
 *
 * @module
 */

import { ShapeError } from "../errors.ts";
import { mapList } from "../lists.ts";
import {
  broadcastShapes,
  contiguousStrides,
  formatShape,
  sameShape,
  type Shape,
} from "../shape.ts";
import { NDArray } from "./ndarray.ts";

/** Part of one axis: elements `start`, `start + step`, …, `length` of them. */
export interface Span {
  /** Index of the first element. */
  readonly start: number;
  /** Distance between elements; may be negative. */
  readonly step: number;
  /** Number of elements. */
  readonly length: number;
}

/** `x` with shape `shape` (of equal size), or `null` if its strides cannot express that. */
export function viewReshape(x: NDArray, shape: Shape): NDArray | null {
  if (x.contiguous) {
    return new NDArray(x.storage, shape, contiguousStrides(shape), x.offset, x.dtype);
  }
  const strides = mapList(shape, () => 0);
  // Walk both shapes in groups of equal size; within a group the old axes must be mergeable.
  let i = 0;
  let j = 0;
  while (i < x.shape.length && j < shape.length) {
    const first = i;
    let old = x.shape[i++];
    const from = j;
    let now = shape[j++];
    while (old !== now) {
      if (old < now) old *= x.shape[i++];
      else now *= shape[j++];
    }
    for (let axis = first; axis < i - 1; axis++) {
      if (x.shape[axis] === 1) continue;
      const next = nextRealAxis(x, axis + 1, i);
      if (next >= 0 && x.strides[axis] !== x.strides[next] * x.shape[next]) return null;
    }
    let stride = lastRealStride(x, first, i);
    for (let axis = j - 1; axis >= from; axis--) {
      strides[axis] = stride;
      stride *= shape[axis];
    }
  }
  return new NDArray(x.storage, shape, strides, x.offset, x.dtype);
}

function nextRealAxis(x: NDArray, from: number, to: number): number {
  for (let axis = from; axis < to; axis++) if (x.shape[axis] !== 1) return axis;
  return -1;
}

function lastRealStride(x: NDArray, from: number, to: number): number {
  for (let axis = to - 1; axis >= from; axis--) if (x.shape[axis] !== 1) return x.strides[axis];
  return 1;
}

/** `x` with its axes in the order `order`. */
export function viewPermute(x: NDArray, order: readonly number[]): NDArray {
  const shape = mapList(order, (axis) => x.shape[axis]);
  const strides = mapList(order, (axis) => x.strides[axis]);
  return new NDArray(x.storage, shape, strides, x.offset, x.dtype);
}

/**
 * The axes of `x` as they lie in memory, the one with the longest steps first; null if that is the
 * order in which they are, or if `x` repeats elements.
 */
export function memoryOrder(x: NDArray): number[] | null {
  if (x.contiguous) return null;
  const { shape, strides } = x;
  if (strides.some((stride, axis) => stride === 0 && shape[axis] > 1)) return null;
  const order = mapList(shape, (_, axis) => axis);
  order.sort((a, b) => Math.abs(strides[b]) - Math.abs(strides[a]));
  return order.every((axis, place) => axis === place) ? null : order;
}

/** The order that undoes {@link viewPermute} with `order`. */
export function inverseOrder(order: readonly number[]): number[] {
  return mapList(order, (_, axis) => order.indexOf(axis));
}

/**
 * `x` stretched to `shape`: new axes in front, and axes of size 1 repeated.
 *
 * @throws {ShapeError} if an axis of another size would have to change
 */
export function viewExpand(x: NDArray, shape: Shape): NDArray {
  if (sameShape(x.shape, shape)) return x;
  const added = shape.length - x.shape.length;
  const strides = mapList(shape, (size, axis) => {
    const own = axis - added;
    if (own < 0 || (x.shape[own] === 1 && size !== 1)) return 0;
    if (x.shape[own] !== size) failExpand(x.shape, shape);
    return x.strides[own];
  });
  if (added < 0) failExpand(x.shape, shape);
  return new NDArray(x.storage, shape, strides, x.offset, x.dtype);
}

/**
 * Batches of matrices `a` and `b` with equal batch axes: all axes but the last two broadcast.
 *
 * @throws {ShapeError} naming `action` if they do not
 */
export function viewBatches(a: NDArray, b: NDArray, action: string): [a: NDArray, b: NDArray] {
  const [outerA, outerB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const outer = broadcastShapes(outerA, outerB, `${action} batches of`);
  const stretch = (x: NDArray) => viewExpand(x, [...outer, ...x.shape.slice(-2)]);
  return [stretch(a), stretch(b)];
}

function failExpand(from: Shape, to: Shape): never {
  throw new ShapeError(
    `Cannot expand ${formatShape(from)} to ${formatShape(to)}: only axes of size 1 stretch, and ` +
      `new axes go in front`,
    from,
    to,
  );
}

/** Spans of a part of `shape`: `length` entries of one axis from `start` on, and all of the others. */
export function spansAlong(
  shape: Shape,
  axis: number,
  start: number,
  length: number,
  step = 1,
): Span[] {
  return mapList(
    shape,
    (size, i) => i === axis ? { start, step, length } : { start: 0, step: 1, length: size },
  );
}

/** The part of `x` that `spans`, one for each axis, select. */
export function viewSlice(x: NDArray, spans: readonly Span[]): NDArray {
  let offset = x.offset;
  const strides = mapList(spans, (span, axis) => {
    if (span.length > 0) offset += span.start * x.strides[axis];
    return span.step * x.strides[axis];
  });
  return new NDArray(x.storage, mapList(spans, (s) => s.length), strides, offset, x.dtype);
}
