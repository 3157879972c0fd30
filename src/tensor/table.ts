/**
 * Formats tensors as tables of HTML, for notebooks.
 *
 * @module
 */

import { formatShape, sizeOf } from "../shape.ts";
import { ends, numberFormat, type Printable } from "./format.ts";

/** Rows and columns shown at each end of a long matrix: of one alone, and of several. */
const EDGES = [5, 3] as const;

/** Matrices shown at each end of many. */
const MATRICES = 2;

/**
 * Formats `x` as a table with dtype and shape above it: a row for one axis, a matrix for two, and
 * matrices below each other for more, each headed by its indices along the first axes. Rows, columns
 * and matrices in the middle of many are left out.
 */
export function formatTable(x: Printable): string {
  const notes = [formatShape(x.shape), ...x.requiresGrad ? ["requiresGrad"] : []];
  const size = sizeOf(x.shape);
  const head = `<code>${x.dtype} ${notes.join(", ")}${size === 0 ? ", no elements" : ""}</code>`;
  return size === 0 ? head : `${head}\n<table>\n${rowsOf(x).join("\n")}\n</table>`;
}

function rowsOf(x: Printable): string[] {
  const [height, width] = [1, 1, ...x.shape].slice(-2);
  const outer = x.shape.slice(0, -2);
  const matrices = ends(sizeOf(outer), MATRICES);
  const edge = EDGES[matrices.length > 1 ? 1 : 0];
  const [rows, columns] = [ends(height, edge), ends(width, edge)];
  const places = [matrices, rows, columns].map((list) => list.filter((i) => i >= 0));
  const values = places[0].flatMap((matrix) =>
    places[1].flatMap((i) => places[2].map((j) => x.at((matrix * height + i) * width + j)))
  );
  const write = numberFormat(values, x.dtype);
  let next = 0;
  const row = (name: string, cells: readonly string[], tag: string): string => {
    const heading = x.shape.length < 2 ? "" : `<th>${name}</th>`;
    return `<tr>${heading}${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
  };
  const indices = columns.map(nameOf);
  const left = columns.map(() => "⋮");
  const body = matrices.flatMap((matrix) => [
    ...outer.length === 0 ? [] : [headingOf(matrix, outer, columns.length)],
    ...matrix < 0 ? [] : rows.map((i) => {
      if (i < 0) return row("⋮", left, "td");
      return row(nameOf(i), columns.map((j) => (j < 0 ? "…" : write(values[next++]))), "td");
    }),
  ]);
  return x.shape.length === 0 ? body : [row("", indices, "th"), ...body];
}

function nameOf(index: number): string {
  return index < 0 ? "…" : `${index}`;
}

/** Returns the row above a matrix, which names its place along the axes `outer`. */
function headingOf(matrix: number, outer: readonly number[], columns: number): string {
  const indices: number[] = [];
  let rest = matrix;
  for (const size of outer.toReversed()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  const text = matrix < 0 ? "⋮" : `[${indices.join(", ")}]`;
  return `<tr><th colspan="${columns + 1}" style="text-align: left">${text}</th></tr>`;
}
