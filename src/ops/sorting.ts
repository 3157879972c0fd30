/**
 * Ops that sort: the order of elements, and their median.
 *
 * @module
 */

import { checkCountable } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { Formula } from "../kernels/formula.ts";
import { NDArray } from "../storage/ndarray.ts";
import { viewReshape } from "../storage/views.ts";
import { contiguous } from "./elementwise.ts";
import { type Op, op, OUTPUT, sample } from "./op.ts";
import { shareTies } from "./rule_ops.ts";

/** Options of `argsort`. */
interface ArgsortAttrs {
  readonly axis: number;
  readonly descending: boolean;
  /** The places in the order whose indices are wanted, if not all are. */
  readonly ranks?: readonly [first: number, end: number];
}

export const argsort: Op<ArgsortAttrs> = op({
  name: "argsort",
  forward(k, [x], { axis, descending, ranks }) {
    checkCountable("argsort", x.shape, axis);
    return k.argsort(x, axis, descending, ranks);
  },
  samples: [
    { inputs: [sample([2, 5])], attrs: { axis: 1, descending: false } },
    { inputs: [sample([4, 2, 2])], attrs: { axis: 0, descending: true } },
    { inputs: [sample([3, 70])], attrs: { axis: 1, descending: false, ranks: [40, 44] } },
    { inputs: [sample([70, 2])], attrs: { axis: 0, descending: true, ranks: [0, 5] } },
    { inputs: [sample([])], attrs: { axis: 0, descending: false } },
    { inputs: [sample([2, 0])], attrs: { axis: 1, descending: false } },
  ],
});

const chosen = new Formula("median", 2, (k, [most, x]) => k.where(k.ne(most, most), most, x));

/**
 * The middle one of all elements, the lower one of two; NaN if any is NaN. Elements that tie share the
 * gradient evenly.
 */
export const median: Op<void> = op({
  name: "median",
  reads: [[0, OUTPUT]],
  forward(k, [x]) {
    if (x.size === 0 && !isFloat(x.dtype)) {
      throw new ShapeError("Cannot take the median of no integers: check for that first", x.shape);
    }
    if (x.size === 0) return NDArray.from([NaN], [], x.dtype);
    const row = viewReshape(contiguous(k, x), [x.size])!;
    const rank = Math.floor((x.size - 1) / 2);
    const place = k.argsort(row, 0, false, [rank, rank + 1]);
    // The largest is NaN if any element is.
    const largest = k.reduce("max", row, [0], true, x.dtype);
    const middle = k.map(chosen, [largest, k.gather(row, place, 0)], [1], x.dtype, x.dtype);
    return viewReshape(middle, [])!;
  },
  backward: (k, g, { inputs: [x], output: y, shapes: [shape] }) => [
    () => shareTies(k, g, x, y, shape.map((_, axis) => axis)),
  ],
  samples: [
    { inputs: [sample([2, 3])] },
    { inputs: [sample([5])] },
    { inputs: [sample([])] },
  ],
});
