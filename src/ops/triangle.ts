/**
 * Halves of matrices.
 *
 * @module
 */

import { ShapeError, ValueError } from "../errors.ts";
import { ElementFunction } from "../kernels/formula.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { formatShape } from "../shape.ts";
import { RawArray } from "../storage/ndarray.ts";
import { type Op, op, type Sample, sample } from "./op.ts";

const keep = new ElementFunction("keep", 2, (k, [mask, x]) => k.where(mask, x, 0));

const samples: readonly Sample<number>[] = [
  { inputs: [sample([3, 4])], attrs: 0 },
  { inputs: [sample([2, 3, 3])], attrs: -1 },
  { inputs: [sample([4, 3])], attrs: 1 },
  { inputs: [sample([0, 3])], attrs: 0 },
];

/** `x` in the columns that `kept` says for each row, from the first to before the last; 0 elsewhere. */
function half(
  k: Kernels,
  name: string,
  x: RawArray,
  diagonal: number,
  kept: (row: number, columns: number) => readonly [first: number, end: number],
): RawArray {
  if (x.shape.length < 2) {
    throw new ShapeError(
      `Cannot ${name} shape ${formatShape(x.shape)}: a matrix has two axes`,
      x.shape,
    );
  }
  if (!Number.isInteger(diagonal)) {
    throw new ValueError(
      `Cannot ${name} at diagonal ${diagonal}: use a whole number; 0 is the main diagonal`,
    );
  }
  const [rows, columns] = x.shape.slice(-2);
  const mask = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const [first, end] = kept(row, columns);
    const start = row * columns;
    mask.fill(1, start + clamp(first, columns), start + clamp(end, columns));
  }
  return k.map(keep, [RawArray.from(mask, [rows, columns], "bool"), x], x.shape, x.dtype, x.dtype);
}

function clamp(column: number, columns: number): number {
  return Math.min(Math.max(column, 0), columns);
}

/** The elements on and below a diagonal, which is counted upwards from the main one; 0 above. */
export const tril: Op<number> = op<number>({
  name: "tril",
  forward: (k, [x], diagonal) => half(k, "tril", x, diagonal, (row) => [0, row + diagonal + 1]),
  backward: (k, g, { attrs: diagonal }) => [() => k.tril(g, diagonal)],
  samples,
});

/** The elements on and above a diagonal, which is counted upwards from the main one; 0 below. */
export const triu: Op<number> = op<number>({
  name: "triu",
  forward: (k, [x], diagonal) =>
    half(k, "triu", x, diagonal, (row, columns) => [row + diagonal, columns]),
  backward: (k, g, { attrs: diagonal }) => [() => k.triu(g, diagonal)],
  samples,
});
