/**
 * Rows of a table by number.
 *
 * @module
 */

import { checkIndex } from "./check_index.ts";
import { indices, type Op, op, sample } from "./op.ts";

/**
 * y[i] = weight[index[i]]; rows numbered `padding` get no gradient (null if there are none).
 *
 * What should add to that row is made zero before it is added up, so it costs a pass over g only.
 */
export const embedding: Op<number | null> = op<number | null>({
  name: "embedding",
  reads: [[1]],
  forward: (k, [weight, index]) =>
    k.indexSelect(weight, checkIndex(k, "embed", index, weight.shape, 0), 0),
  backward: (k, g, { inputs: [, index], shapes: [shape], attrs: padding }) => [() => {
    const place = { shape, axis: 0 };
    if (padding === null) return k.indexAdd(g, index, place);
    const isPadding = k.reshape(k.eq(index, padding), [g.shape[0], 1]);
    return k.indexAdd(k.where(isPadding, 0, g), index, place);
  }],
  samples: [{ inputs: [sample([4, 3]), indices([3], [3, 0, 3])], attrs: null }],
});
