/**
 * Rows of a table by number.
 *
 * @module
 */

import { checkIndex } from "./check_index.ts";
import { indices, type Op, op, sample } from "./op.ts";

/** How gradients of rows are made. */
export interface EmbeddingAttrs {
  /** The row that gets no gradient, if any. */
  readonly padding: number | null;
  /** Whether gradients of a row are averaged rather than added up. */
  readonly byFrequency: boolean;
}

/**
 * y[i] = weight[index[i]]; rows numbered `padding` get no gradient.
 *
 * What should add to that row is made zero before it is added up, so it costs a pass over g only.
 */
export const embedding: Op<EmbeddingAttrs> = op<EmbeddingAttrs>({
  name: "embedding",
  reads: [[1]],
  forward: (k, [weight, index]) =>
    k.indexSelect(weight, checkIndex(k, "embed", index, weight.shape, 0), 0),
  backward: (k, g, { inputs: [, index], shapes: [shape], attrs }) => [() => {
    const { padding, byFrequency } = attrs;
    const column = [g.shape[0], 1];
    let rows = g;
    if (padding !== null) rows = k.where(k.reshape(k.eq(index, padding), column), 0, rows);
    if (byFrequency) {
      const once = k.cast(k.eq(index, index), g.dtype);
      const counts = k.indexAdd(once, index, { shape: [shape[0]], axis: 0 });
      rows = k.div(rows, k.reshape(k.indexSelect(counts, index, 0), column));
    }
    return k.indexAdd(rows, index, { shape, axis: 0 });
  }],
  samples: [
    {
      inputs: [sample([4, 2]), indices([3], [3, 0, 3])],
      attrs: { padding: null, byFrequency: false },
    },
    {
      // Only where no row repeats is the average the derivative.
      inputs: [sample([4, 2]), indices([3], [3, 0, 1])],
      attrs: { padding: null, byFrequency: true },
    },
  ],
});
