/**
 * Prints formulas with operators, as they would stand in a program.
 *
 * @module
 */

import type { PrimitiveName } from "../../kernels/arithmetic.ts";
import type { Expression } from "../../kernels/formula.ts";

/** Operators and how tightly they bind, as in TypeScript. Other primitives are called. */
const OPERATORS: Readonly<
  Partial<Record<PrimitiveName, readonly [symbol: string, level: number]>>
> = {
  where: ["?", 1],
  logicalOr: ["||", 2],
  logicalAnd: ["&&", 3],
  eq: ["===", 4],
  ne: ["!==", 4],
  lt: ["<", 5],
  le: ["<=", 5],
  gt: [">", 5],
  ge: [">=", 5],
  add: ["+", 6],
  sub: ["-", 6],
  mul: ["*", 7],
  div: ["/", 7],
  neg: ["-", 8],
  logicalNot: ["!", 8],
  pow: ["**", 9],
};

/** A formula with names for its inputs. */
interface Printable {
  readonly inputs: readonly string[];
  readonly expression: Expression;
}

/**
 * Returns the formula in lines: one for each part that is used twice, then `start` and the result.
 */
export function formulaLines({ inputs, expression }: Printable, start: string): string[] {
  const uses = new Map<Expression, number>();
  const count = (e: Expression): void => {
    uses.set(e, (uses.get(e) ?? 0) + 1);
    if (e.kind === "apply" && uses.get(e) === 1) e.args.forEach(count);
  };
  count(expression);
  const lines: string[] = [];
  const names = new Map<Expression, string>();
  const print = (e: Expression, level: number): string => {
    if (e.kind === "input") return inputs[e.index];
    if (e.kind === "constant") return constant(e.value, level);
    const known = names.get(e);
    if (known !== undefined) return known;
    if (uses.get(e) === 1) return infix(e.name, e.args, level, print);
    const text = infix(e.name, e.args, 0, print);
    const name = `t${names.size + 1}`;
    names.set(e, name);
    lines.push(`${name} = ${text}`);
    return name;
  };
  const result = print(expression, 0);
  return [...lines, start + result];
}

/** A number; a negative one binds as a negation does. */
function constant(value: number, level: number): string {
  const text = Object.is(value, -0) ? "-0" : `${value}`;
  return text.startsWith("-") && level > 8 ? `(${text})` : text;
}

/** A primitive of operands, in parentheses if the operator around it, of `level`, binds tighter. */
function infix(
  name: PrimitiveName,
  args: readonly Expression[],
  level: number,
  print: (e: Expression, level: number) => string,
): string {
  const operator = OPERATORS[name];
  if (operator === undefined) return `${name}(${args.map((arg) => print(arg, 0)).join(", ")})`;
  const [symbol, own] = operator;
  const text = name === "where"
    ? `${print(args[0], 2)} ? ${print(args[1], 1)} : ${print(args[2], 1)}`
    : args.length === 1
    ? symbol + print(args[0], own + 1)
    // From left to right; a power in an exponent gets parentheses that it does not need.
    : `${print(args[0], name === "pow" ? 10 : own)} ${symbol} ${print(args[1], own + 1)}`;
  return own < level ? `(${text})` : text;
}
