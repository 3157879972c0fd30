/**
 * The learnt scale and shift that follow a normalization.
 *
 * @module
 */

import { ShapeError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import { formatShape, sameShape, type Shape } from "../../shape.ts";
import { run } from "../../tensor/run.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** `x · scale + shift` in one pass, where both are reshaped to `shape` first; either may be absent. */
export function rescale(
  x: Tensor,
  scale: Tensor | null,
  shift: Tensor | null,
  shape: Shape,
): Tensor {
  if (scale === null) return shift === null ? x : x.add(shift.reshape(shape));
  if (shift === null) return x.mul(scale.reshape(shape));
  return run(ops.scaleShift, [x, scale.reshape(shape), shift.reshape(shape)], undefined);
}

/** @throws {ShapeError} unless `vector`, if there is one, is of `shape` */
export function checkVector(
  action: string,
  x: Tensor,
  vector: Tensor | null,
  shape: Shape,
): void {
  if (vector === null || sameShape(vector.shape, shape)) return;
  throw new ShapeError(
    `Cannot ${action} shape ${formatShape(x.shape)} with a weight, bias or statistic ` +
      `${formatShape(vector.shape)}: it must be ${formatShape(shape)}`,
    x.shape,
    vector.shape,
  );
}
