/**
 * Shapes, strides and axes: pure arithmetic on small arrays of integers.
 *
 * @module
 */

import type { DType } from "./dtype.ts";
import { ShapeError } from "./errors.ts";
import { mapList } from "./lists.ts";
import { counted, quotedEntry } from "./names.ts";

/** The size of a tensor along each axis; `[]` is a scalar. */
export type Shape = readonly number[];

/** The distance, in elements, between neighbours along each axis. */
export type Strides = readonly number[];

/** An array or a tensor, as checks and gradient rules see it. */
export interface Value {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One axis or several, negative ones counted from the end. */
export type Axes = number | readonly number[];

/** Options of functions along one axis. */
export interface AlongOptions {
  /** The axis, negative ones counted from the end. */
  readonly axis?: number;
}

/** Options of functions along several axes. */
export interface AxesOptions {
  /** The axis or axes; all by default. */
  readonly axis?: Axes;
}

/** The number of elements of `shape`; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}

/** The number of elements along `axes` of `shape`. */
export function countOf(shape: Shape, axes: readonly number[]): number {
  return axes.reduce((n, axis) => n * shape[axis], 1);
}

/** Row-major strides of `shape`. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = shape.slice();
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/** True if `strides` walk `shape` in row-major order without gaps; also if there are no elements. */
export function isContiguous(shape: Shape, strides: Strides): boolean {
  let expected = 1;
  let gapless = true;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 0) return true;
    if (shape[i] !== 1 && strides[i] !== expected) gapless = false;
    expected *= shape[i];
  }
  return gapless;
}

/** True if two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Formats a shape as people write it: `[32, 784]`. */
export function formatShape(shape: Shape): string {
  return `[${Array.from(shape, quotedEntry).join(", ")}]`;
}

/**
 * The shape that `a` and `b` broadcast to: axes are aligned at the end, and size 1 stretches.
 *
 * @throws {ShapeError} naming `action` if two sizes differ and neither is 1
 */
export function broadcastShapes(a: Shape, b: Shape, action = "broadcast"): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const result = (a.length === rank ? a : b).slice();
  for (let i = 1; i <= rank; i++) {
    const m = i <= a.length ? a[a.length - i] : 1;
    const n = i <= b.length ? b[b.length - i] : 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `Cannot ${action} ${formatShape(a)} with ${formatShape(b)}: sizes ${m} and ${n} at axis ` +
          `${-i} differ and neither is 1; reshape or transpose one operand`,
        a,
        b,
      );
    }
    result[rank - i] = m === 1 ? n : m;
  }
  return result;
}

/** True if `from` broadcasts to `to`, and `to` stays as it is. */
export function canStretch(from: Shape, to: Shape): boolean {
  const added = to.length - from.length;
  return added >= 0 && from.every((n, i) => n === 1 || n === to[i + added]);
}

/** The shape after reducing `axes`, counted from the front: without them, or with size 1. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  const result: number[] = [];
  for (let i = 0; i < shape.length; i++) {
    if (!axes.includes(i)) result.push(shape[i]);
    else if (keepDims) result.push(1);
  }
  return result;
}

/**
 * Fills in the one `-1` of a shape `to` for `reshape`.
 *
 * @returns a list of its own, since the caller may change `to`
 * @throws {ShapeError} if the element counts differ or `-1` is ambiguous
 */
export function resolveReshape(from: Shape, to: Shape, action = "reshape"): Shape {
  const size = sizeOf(from);
  const fail = (reason: string): never => {
    throw new ShapeError(
      `Cannot ${action} ${formatShape(from)} to ${formatShape(to)}: ${reason}`,
      from,
      to,
    );
  };
  let known = 1;
  let hole = -1;
  for (let i = 0; i < to.length; i++) {
    if (to[i] === -1) {
      if (hole >= 0) fail("only one size may be -1");
      hole = i;
    } else if (!Number.isInteger(to[i]) || to[i] < 0) {
      fail("sizes must be whole numbers, 0 or more, or one -1");
    } else {
      known *= to[i];
    }
  }
  if (hole < 0) {
    return known === size ? [...to] : fail(`${counted(size, "element")} cannot make ${known}`);
  }
  if (known === 0) fail("-1 could be any size beside a 0; write the size out");
  if (size % known !== 0) fail(`${counted(size, "element")} cannot be divided by ${known}`);
  return mapList(to, (n, i) => i === hole ? size / known : n);
}
