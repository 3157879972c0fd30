/**
 * Formats tensors for people: aligns columns, abridges long axes, and uses one notation.
 *
 * @module
 */

import { type DType, getDefaultDtype, isFloat } from "../dtype.ts";
import { formatShape, type Shape } from "../shape.ts";

/** Tensors with more elements than this are abridged. */
const THRESHOLD = 1000;

/** Entries shown at each end of an abridged axis. */
const EDGE = 3;

const DIGITS = 4;
const LINE_WIDTH = 80;

/** A tensor as the printer reads it. */
export interface Printable {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly requiresGrad: boolean;
  /** The element at a row-major position. */
  at(position: number): number;
}

/** Formats `x` like `tensor([[1, 2], [3, 4]])`. */
export function formatTensor(x: Printable): string {
  const size = x.shape.reduce((a, b) => a * b, 1);
  const abridge = size > THRESHOLD;
  const cells: string[] = [];
  const values = shownPositions(x.shape, abridge).map((position) => x.at(position));
  const write = numberFormat(values, x.dtype);
  for (const value of values) cells.push(write(value));
  const width = cells.reduce((w, cell) => Math.max(w, cell.length), 0);
  const padded = cells.map((cell) => cell.padStart(width));
  const indent = "tensor(".length;
  const body = size === 0 ? "[]" : layout(x.shape, abridge, padded, indent);
  const notes = [body];
  if (size === 0 && x.shape.length !== 1) notes.push(`shape: ${formatShape(x.shape)}`);
  if (x.dtype !== getDefaultDtype() && x.dtype !== "bool") notes.push(`dtype: ${x.dtype}`);
  if (x.requiresGrad) notes.push("requiresGrad: true");
  return `tensor(${notes.join(", ")})`;
}

/** Returns the indices along an axis that are printed; −1 stands for those left out. */
function shownEntries(size: number, abridge: boolean): number[] {
  return abridge ? ends(size, EDGE) : ends(size, size);
}

/** Returns the first and the last `edge` indices of an axis, with −1 for those between. */
export function ends(size: number, edge: number): number[] {
  if (size <= 2 * edge) return Array.from({ length: size }, (_, i) => i);
  const head = Array.from({ length: edge }, (_, i) => i);
  return [...head, -1, ...head.map((i) => size - edge + i)];
}

function shownPositions(shape: Shape, abridge: boolean): number[] {
  let positions = [0];
  for (const size of shape) {
    const entries = shownEntries(size, abridge).filter((i) => i >= 0);
    positions = positions.flatMap((p) => entries.map((i) => p * size + i));
  }
  return positions;
}

/** Puts nested brackets around `cells`, which it consumes in order. */
function layout(shape: Shape, abridge: boolean, cells: string[], indent: number): string {
  let next = 0;
  const nest = (axis: number): string => {
    if (axis === shape.length) return cells[next++];
    const entries = shownEntries(shape[axis], abridge);
    const parts = entries.map((i) => (i < 0 ? "..." : nest(axis + 1)));
    const margin = " ".repeat(indent + axis + 1);
    if (axis === shape.length - 1) return `[${wrapLine(parts, margin)}]`;
    const gap = "\n".repeat(shape.length - 1 - axis);
    return `[${parts.join(`,${gap}${margin}`)}]`;
  };
  return nest(0);
}

/** Joins `parts` with commas and breaks lines that grow too long. */
function wrapLine(parts: readonly string[], margin: string): string {
  let text = "";
  let column = margin.length;
  parts.forEach((part, i) => {
    if (i > 0) {
      const fits = column + part.length + 2 <= LINE_WIDTH;
      text += fits ? ", " : `,\n${margin}`;
      column = fits ? column + 2 : margin.length;
    }
    text += part;
    column += part.length;
  });
  return text;
}

/** Chooses one notation for all elements: integers, decimals, or powers of ten for a wide range. */
export function numberFormat(
  values: readonly number[],
  dtype: DType,
): (value: number) => string {
  if (dtype === "bool") return (value) => (value ? "true" : "false");
  if (!isFloat(dtype)) return String;
  const finite = values.filter(Number.isFinite).map(Math.abs);
  const special = (value: number): string =>
    Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  const largest = finite.reduce((a, b) => Math.max(a, b), 0);
  const smallest = finite.reduce((a, b) => (b > 0 ? Math.min(a, b) : a), Infinity);
  let write: (value: number) => string;
  if (finite.every(Number.isInteger) && largest < 1e8) {
    write = (v) => (Object.is(v, -0) ? "-0" : `${v}`);
  } else if (largest >= 1e8 || largest / smallest > 1e5 || largest < 1e-4) {
    write = (v) => v.toExponential(DIGITS);
  } else write = (v) => v.toFixed(DIGITS);
  return (value) => (Number.isFinite(value) ? write(value) : special(value));
}
