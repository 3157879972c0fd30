/**
 * Formulas over elements: functions to evaluate, and expressions to compile.
 *
 * @module
 */

import { type Arithmetic, CONDITIONS, type Operand, type PrimitiveName } from "./arithmetic.ts";
import { numbers } from "./numbers.ts";

/** A formula: an input, a constant, or a primitive applied to formulas. Shared parts are shared. */
export type Expression =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "apply"; readonly name: PrimitiveName; readonly args: readonly Expression[] };

/** Several formulas over elements of any kind. */
export type FormulasBody = <T>(k: Arithmetic<T>, inputs: readonly Operand<T>[]) => Operand<T>[];

/** A formula over elements of any kind. */
export type FormulaBody = <T>(k: Arithmetic<T>, inputs: readonly Operand<T>[]) => Operand<T>;

const PRIMITIVES = Object.keys(numbers) as PrimitiveName[];

/** Arithmetic that builds expressions. */
const symbols = Object.fromEntries(
  PRIMITIVES.map((name) => [
    name,
    (...args: Operand<Expression>[]): Expression => ({ kind: "apply", name, args: args.map(lift) }),
  ]),
) as unknown as Arithmetic<Expression>;

function lift(operand: Operand<Expression>): Expression {
  return typeof operand === "number" ? { kind: "constant", value: operand } : operand;
}

function inputsOf(arity: number): Expression[] {
  return Array.from({ length: arity }, (_, index) => ({ kind: "input", index }));
}

let nextId = 0;

/**
 * A function from some elements to one. Backends compile it once and find it again by its `id`.
 *
 * The tree is made when it is first asked for: a program uses few of the formulas that it loads.
 */
export class Formula {
  /** Small and unique, for caches. */
  readonly id: number = nextId++;
  /** The name, for people. */
  readonly name: string;
  /** Number of inputs. */
  readonly arity: number;
  /** The formula itself, over elements of any kind. */
  readonly rule: FormulaBody;
  #body?: Expression;
  #isCondition?: boolean;

  /** @param name for people @param arity number of inputs @param rule the formula */
  constructor(name: string, arity: number, rule: FormulaBody) {
    this.name = name;
    this.arity = arity;
    this.rule = rule;
  }

  /** The formula as a tree. */
  get body(): Expression {
    return this.#body ??= lift(this.rule<Expression>(symbols, inputsOf(this.arity)));
  }

  /** True if the result is a condition, of dtype bool. */
  get isCondition(): boolean {
    return this.#isCondition ??= this.body.kind === "apply" && CONDITIONS.has(this.body.name);
  }

  /** Indices of the inputs that the formula reads. */
  reads(): number[] {
    const found = new Set<number>();
    const visit = (e: Expression): void => {
      if (e.kind === "input") found.add(e.index);
      else if (e.kind === "apply") e.args.forEach(visit);
    };
    visit(this.body);
    return [...found];
  }
}

/** A function from some elements to several, none of them a condition: parts may be shared. */
export class Formulas {
  /** Small and unique, for caches: no {@link Formula} has it. */
  readonly id: number = nextId++;
  /** Number of inputs. */
  readonly arity: number;
  /** The formulas themselves, over elements of any kind. */
  readonly rule: FormulasBody;
  #bodies?: readonly Expression[];

  /** @param arity number of inputs @param rule the formulas */
  constructor(arity: number, rule: FormulasBody) {
    this.arity = arity;
    this.rule = rule;
  }

  /** The formulas as trees, which share what they have in common. */
  get bodies(): readonly Expression[] {
    return this.#bodies ??= this.rule<Expression>(symbols, inputsOf(this.arity)).map(lift);
  }
}

/** The formula of a copy. */
export const identity: Formula = new Formula("copy", 1, (_, [x]) => x);
