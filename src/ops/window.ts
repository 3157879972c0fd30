/**
 * Checks that a window fits the plane over which it slides.
 *
 * @module
 */

import { ShapeError, ValueError } from "../errors.ts";
import type { Window } from "../kernels/kernels.ts";
import { formatShape, type Shape } from "../shape.ts";

/** @throws if the sizes of `window` are not whole numbers in range, or it is larger than the plane */
export function checkWindow(name: string, shape: Shape, window: Window): void {
  checkPair(name, "kernel", window.kernel, 1);
  checkPair(name, "stride", window.stride, 1);
  checkPair(name, "padding", window.padding, 0);
  checkPair(name, "dilation", window.dilation, 1);
  for (let i = 0; i < 2; i++) {
    const room = shape[2 + i] + 2 * window.padding[i];
    const reach = window.dilation[i] * (window.kernel[i] - 1) + 1;
    if (reach <= room) continue;
    throw new ShapeError(
      `Cannot ${name} shape ${
        formatShape(shape)
      }: the window reaches over ${reach} elements, but ` +
        `axis ${2 + i} has ${room} with its padding; use a smaller kernel or more padding`,
      shape,
    );
  }
}

function checkPair(name: string, what: string, pair: readonly number[], least: number): void {
  if (pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= least)) return;
  throw new ValueError(
    `Cannot ${name} with ${what} ${
      formatShape(pair)
    }: it must be two whole numbers, ${least} or more`,
  );
}
