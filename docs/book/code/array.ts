// Written by `deno task book`: the code of 03_tensors.md.

/** A block of numbers, row after row. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Returns a block of `shape` with the number that `numberAt` returns for each cell. */
export function make(shape: readonly number[], numberAt: (cell: number) => number): NumberArray {
  const size = shape.reduce((product, n) => product * n, 1);
  return { shape, data: Float64Array.from({ length: size }, (_, cell) => numberAt(cell)) };
}

/** Returns the shape of `a` and `b` together: missing axes, and axes of size 1, are repeated. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [x, y] = [a.at(axis - rank) ?? 1, b.at(axis - rank) ?? 1];
    if (x !== y && x !== 1 && y !== 1) throw new Error(`[${a}] and [${b}] do not fit`);
    return x === 1 ? y : x;
  });
}

/** Returns the cell of an array of shape `from` that stands at `cell` of one of shape `to`. */
function cellOf(cell: number, to: readonly number[], from: readonly number[]): number {
  let [place, stride] = [0, 1];
  for (let axis = 1; axis <= to.length; axis++) {
    const size = from.at(-axis) ?? 1;
    const step = cell % to.at(-axis)!;
    cell = Math.floor(cell / to.at(-axis)!);
    if (axis <= from.length && size !== 1) place += step * stride;
    if (axis <= from.length) stride *= size;
  }
  return place;
}

/** Applies `f` to each pair of numbers. */
export function zip(
  a: NumberArray,
  b: NumberArray,
  f: (x: number, y: number) => number,
): NumberArray {
  const shape = broadcast(a.shape, b.shape);
  return make(shape, (cell) => {
    return f(a.data[cellOf(cell, shape, a.shape)], b.data[cellOf(cell, shape, b.shape)]);
  });
}

/** Adds up all numbers of `a` that a block of `shape` would be repeated to. */
export function sumTo(a: NumberArray, shape: readonly number[]): NumberArray {
  const sum = make(shape, () => 0);
  a.data.forEach((x, cell) => sum.data[cellOf(cell, a.shape, shape)] += x);
  return sum;
}

/** The product of matrices `[rows, inner]` and `[inner, columns]`. */
export function matmul(a: NumberArray, b: NumberArray): NumberArray {
  const [inner, columns] = b.shape;
  return make([a.shape[0], columns], (cell) => {
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += a.data[row * inner + k] * b.data[k * columns + column];
    return sum;
  });
}

/** The matrix on its side. */
export function transpose(a: NumberArray): NumberArray {
  const [rows, columns] = a.shape;
  return make([columns, rows], (cell) => a.data[(cell % rows) * columns + Math.floor(cell / rows)]);
}
