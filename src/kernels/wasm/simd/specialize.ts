/**
 * Powers with plain exponents: `x.pow(2)` should cost a multiplication, not a logarithm.
 *
 * @module
 */

import type { Operand } from "../../arithmetic.ts";
import { type Expression, Formula } from "../../formula.ts";
import { simpleExponent } from "./lower.ts";
import type { NDArray } from "../../../storage/ndarray.ts";

/** For each function that raises to a power, by id: the inputs that its exponents depend on. */
const exponents: (readonly number[])[] = [];
/** By id, then by those values. */
const specialized: Map<number, Formula>[] = [];

/**
 * `f`, or if its exponents are given as numbers that are cheaper than others, the function with
 * these written into it; it ignores the operands that they came from.
 */
export function specialize(f: Formula, operands: readonly Operand<NDArray>[]): Formula {
  const inputs = exponents[f.id] ??= exponentInputs(f.body);
  if (inputs.length === 0) return f;
  let key = 0;
  for (let i = 0; i < inputs.length; i++) {
    const operand = operands[inputs[i]];
    const code = typeof operand === "number" ? simpleExponent(operand) : -1;
    if (code < 0) return f;
    key = key * 8 + code;
  }
  const known = specialized[f.id] ??= new Map();
  let found = known.get(key);
  if (found === undefined) {
    const values = operands.map((operand, i) => inputs.includes(i) ? operand as number : null);
    found = new Formula(f.name, f.arity, (k, xs) => {
      // The power 1 is the operand itself, which may then be copied, or left in its place.
      const pow = (...[a, b]: Parameters<typeof k.pow>) => b === 1 ? a : k.pow(a, b);
      return f.rule({ ...k, pow } as typeof k, xs.map((x, i) => values[i] ?? x));
    });
    known.set(key, found);
  }
  return found;
}

function exponentInputs(body: Expression): number[] {
  const found = new Set<number>();
  const seen = [new Set<Expression>(), new Set<Expression>()];
  const visit = (e: Expression, isExponent: boolean): void => {
    if (e.kind === "input" && isExponent) found.add(e.index);
    if (e.kind !== "apply" || seen[Number(isExponent)].has(e)) return;
    seen[Number(isExponent)].add(e);
    e.args.forEach((arg, i) => visit(arg, isExponent || (e.name === "pow" && i === 1)));
  };
  visit(body, false);
  return [...found];
}
