/**
 * Gradient rules over arrays: everything is computed at once, and nothing is recorded.
 *
 * @module
 */

import { kernels } from "../kernels/backends.ts";
import type { MapOperand } from "../kernels/kernels.ts";
import { NDArray } from "../storage/ndarray.ts";
import { mapElements } from "./elementwise.ts";
import type { RuleOps } from "./rule_ops.ts";
import { bindRuleOps } from "./table.ts";

/** The language of gradient rules, computed at once. */
export const arrayOps: RuleOps<NDArray> = bindRuleOps<NDArray>(
  (op, inputs, attrs) => {
    const result = op.forward(kernels(), inputs, attrs);
    return result instanceof NDArray ? result : result[0];
  },
  (f, operands: readonly MapOperand[]) => mapElements(kernels(), f, operands),
);
