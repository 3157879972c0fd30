/**
 * What linear algebra takes.
 *
 * @module
 */

import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import type { NDArray } from "../storage/ndarray.ts";

/** @throws {ShapeError} unless the last two axes of `x` are equal; {DTypeError} for integers */
export function checkSquare(action: string, x: NDArray): void {
  checkMatrix(action, x);
  const { shape } = x;
  if (shape[shape.length - 1] === shape[shape.length - 2]) return;
  throw new ShapeError(
    `Cannot ${action} shape ${formatShape(shape)}: the last two axes must be equal`,
    shape,
  );
}

/** @throws {ShapeError} unless `x` has two axes; {DTypeError} for integers */
export function checkMatrix(action: string, { shape, dtype }: NDArray): void {
  if (shape.length < 2) {
    throw new ShapeError(
      `Cannot ${action} shape ${formatShape(shape)}: a matrix has two axes`,
      shape,
    );
  }
  if (isFloat(dtype)) return;
  throw new DTypeError(`Cannot ${action} ${dtype}: convert it first with .to("float32")`);
}
