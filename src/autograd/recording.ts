/**
 * Gradient rules over tensors: what they compute is recorded, so it can be differentiated again.
 *
 * @module
 */

import { getDefaultDtype, isFloat } from "../dtype.ts";
import type { Arithmetic, Operand, PrimitiveName } from "../kernels/arithmetic.ts";
import { numbers } from "../kernels/numbers.ts";
import { commonShape } from "../ops/elementwise.ts";
import type { RuleOps } from "../ops/rule_ops.ts";
import { bindRuleOps } from "../ops/table.ts";
import { NDArray } from "../storage/ndarray.ts";
import { apply } from "./apply.ts";
import { type Variable, wrap } from "./node.ts";

/** The language of gradient rules, recorded. */
export const recordedOps: RuleOps<Variable> = bindRuleOps<Variable>(
  (op, inputs, attrs) => apply(op, inputs, attrs),
  (f, operands) => {
    const result = f.apply(folding, operands);
    if (typeof result !== "number") return result;
    // A formula may be a mere constant.
    const arrays = operands.map((x) => (typeof x === "number" ? x : x.array));
    const floats = arrays.filter((x) => typeof x !== "number" && isFloat(x.dtype)) as NDArray[];
    const scalar = wrap(NDArray.from([result], [], floats[0]?.dtype ?? getDefaultDtype()));
    return recordedOps.expand(scalar, commonShape(arrays, f.name));
  },
);

type Primitive = (...operands: Operand<Variable>[]) => Operand<Variable>;

/** What only numbers go into is a number: as a tensor it would be rounded to the default dtype. */
function fold(name: PrimitiveName): Primitive {
  const compute = numbers[name] as (...operands: number[]) => number;
  return (...operands) => {
    if (operands.every((x) => typeof x === "number")) return compute(...operands);
    return (recordedOps[name] as Primitive)(...operands);
  };
}

const names = Object.keys(numbers) as PrimitiveName[];

/** Arithmetic on tensors and numbers, for formulas of both. */
const folding = {
  ...Object.fromEntries(names.map((name) => [name, fold(name)])),
  // A condition on numbers, such as that of the exponent of `pow`, chooses once and for all.
  where: (condition, a, b) => {
    if (typeof condition === "number") return condition !== 0 ? a : b;
    return recordedOps.where(condition, a, b);
  },
} as Arithmetic<Variable>;
