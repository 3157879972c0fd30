/**
 * Ops that sort: the order of elements, and their median.
 *
 * @module
 */

import { checkCountable } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { arena } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import { contiguous } from "./elementwise.ts";
import { type Op, op, OUTPUT, sample } from "./op.ts";
import { shareTies } from "./rule_ops.ts";

/** Options of `argsort`. */
interface ArgsortAttrs {
  readonly axis: number;
  readonly descending: boolean;
}

export const argsort: Op<ArgsortAttrs> = op({
  name: "argsort",
  forward(k, [x], { axis, descending }) {
    checkCountable("argsort", x.shape, axis);
    return k.argsort(x, axis, descending);
  },
  samples: [
    { inputs: [sample([2, 5])], attrs: { axis: 1, descending: false } },
    { inputs: [sample([4, 2, 2])], attrs: { axis: 0, descending: true } },
    { inputs: [sample([])], attrs: { axis: 0, descending: false } },
    { inputs: [sample([2, 0])], attrs: { axis: 1, descending: false } },
  ],
});

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
    const elements = contiguous(k, x);
    arena.begin();
    arena.touch(elements.storage);
    // Typed arrays sort by value, NaN last.
    const sorted = elements.values().slice().sort();
    const last = sorted.length - 1;
    const middle = Number.isNaN(sorted[last]) ? last : Math.floor(last / 2);
    return NDArray.from([sorted[middle] ?? NaN], [], x.dtype);
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
