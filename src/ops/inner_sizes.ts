/**
 * Checks that the inner sizes of a matrix product match.
 *
 * @module
 */

import { ShapeError } from "../errors.ts";
import { formatShape, type Shape } from "../shape.ts";

/** @throws {ShapeError} unless the last size of `a` is `inner`, the one of `b` that it meets */
export function checkInnerSizes(
  action: string,
  a: Shape,
  b: Shape,
  inner: number,
  remedy: string,
): void {
  const last = a[a.length - 1];
  if (last === inner) return;
  throw new ShapeError(
    `Cannot ${action} ${formatShape(a)} by ${formatShape(b)}: inner sizes ${last} and ${inner} ` +
      `must match; ${remedy}`,
    a,
    b,
  );
}
