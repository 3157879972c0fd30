/**
 * Gradient rules over tensors: what they compute is recorded, so it can be differentiated again.
 *
 * @module
 */

import { getDefaultDtype } from "../dtype.ts";
import { commonShape } from "../ops/elementwise.ts";
import type { Language } from "../ops/language.ts";
import { speak } from "../ops/table.ts";
import { RawArray } from "../storage/raw_array.ts";
import { apply } from "./apply.ts";
import { type Variable, wrap } from "./variable.ts";

/** The language of gradient rules, recorded. */
export const recording: Language<Variable> = speak<Variable>(
  (op, inputs, attrs) => apply(op, inputs, attrs),
  (f, operands) => {
    const result = f.apply(recording, operands);
    if (typeof result !== "number") return result;
    // A formula may be a mere constant.
    const arrays = operands.map((x) => (typeof x === "number" ? x : x.array));
    const scalar = wrap(RawArray.from([result], [], getDefaultDtype()));
    return recording.expand(scalar, commonShape(arrays, f.name));
  },
);
