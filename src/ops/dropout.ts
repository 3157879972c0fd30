/**
 * Dropout, once it is known what stays.
 *
 * @module
 */

import { elementwise } from "./elementwise.ts";
import { indices, type Op, sample } from "./op.ts";

/**
 * scale · x where an element is kept, 0 elsewhere. The mask takes a byte for each element, and a
 * dropped NaN or ∞ is 0.
 */
export const dropout: Op<void> = elementwise(
  {
    name: "dropout",
    float: true,
    samples: [{
      inputs: [sample([2, 3]), indices([2, 3], [0, 1, 1, 0, 0, 1]), 2],
      attrs: undefined,
    }],
  },
  3,
  (k, [x, kept, scale]) => k.where(kept, k.mul(x, scale), 0),
  (k, g, [, kept, scale]) => [k.where(kept, k.mul(g, scale), 0)],
);
