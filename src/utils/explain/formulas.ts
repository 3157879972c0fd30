/**
 * Shows the formulas of elementwise ops, and the WebAssembly that is made of them.
 *
 * @module
 */

import { checkArguments, checkKind, checkType, guardMembers, readOptions } from "../../checks.ts";
import type { FloatDType } from "../../dtype.ts";
import { DTypeError, KernelError, ValueError } from "../../errors.ts";
import { kernels } from "../../kernels/backends.ts";
import { type Expression, Formula, type FormulaBody } from "../../kernels/formula.ts";
import { numbers } from "../../kernels/numbers.ts";
import type { Op } from "../../ops/op.ts";
import { ops } from "../../ops/table.ts";
import { formulaLines } from "./infix.ts";

/** Options of {@link ExplainedFormula.toWAT}. */
export interface ToWATOptions {
  /** Dtype of the elements; default `"float32"`. */
  readonly dtype?: FloatDType;
}

/**
 * A formula for one element, and what the library makes of it; {@link explainFormula} and
 * {@link explainOp} return them.
 *
 * @example
 * ```ts
 * import { type ExplainedFormula, explainOp } from "@gradus/gradus/explain";
 * import { assertEquals } from "@std/assert";
 *
 * const { forward, gradients: [gradient] } = explainOp("square");
 * const formulas: ExplainedFormula[] = [forward, gradient];
 * assertEquals(formulas.map(String), ["x * x", "g * (2 * x)"]);
 * assertEquals(forward.evaluate(3), 9);
 * ```
 */
export class ExplainedFormula {
  /** The names of its inputs. */
  readonly inputs: readonly string[];
  /** The formula as a tree; parts that are used twice are one object. */
  readonly expression: Expression;
  readonly #formula: Formula;

  /**
   * Keeps a formula.
   *
   * @internal
   * @param formula the formula
   * @param inputs names for its inputs
   */
  constructor(formula: Formula, inputs: readonly string[]) {
    this.#formula = formula;
    this.inputs = inputs;
    this.expression = formula.body;
  }

  /** Returns the formula as it would stand in a program; parts that are used twice come first. */
  toString(): string {
    return formulaLines(this, "").join("\n");
  }

  /**
   * Computes the formula for one element, as the reference kernels do.
   *
   * @param values a number for each input
   * @returns the result in double precision; 1 and 0 for conditions
   * @throws {ValueError} if there are more numbers, or fewer, than inputs
   */
  evaluate(...values: number[]): number {
    const { rule, arity, name } = this.#formula;
    if (values.length !== arity) {
      throw new ValueError(
        `Cannot evaluate ${name} for ${values.length} numbers: its inputs are ` +
          `${this.inputs.join(", ")}; pass a number for each`,
      );
    }
    for (const value of values) checkType(`evaluate ${name}`, "a value", value, "number");
    return rule<number>(numbers, values) as number;
  }

  /**
   * Returns the WebAssembly that computes the formula for all elements of dense tensors, as text: the
   * loop over rows, inside of it the loop over vectors, and the code for the last, incomplete one.
   *
   * @param options `dtype`
   * @returns a module with one function, in the folded form
   * @throws {KernelError} if the kernels in use are plain loops
   * @throws {DTypeError} if `dtype` is not one of floats
   */
  toWAT(options?: ToWATOptions): string {
    checkArguments("toWAT", arguments, 1);
    const { dtype } = readOptions("call toWAT()", options, { dtype: "float32" });
    if (dtype !== "float32" && dtype !== "float64") {
      throw new DTypeError(
        `Cannot show the WebAssembly for ${dtype}: only "float32" and "float64" are shown`,
      );
    }
    const { name, mapText } = kernels();
    const text = mapText?.(this.#formula, dtype) ?? null;
    if (text !== null) return text;
    const reason = mapText === undefined
      ? `the kernels "${name}" are plain loops; call setKernels("wasm") first`
      : `it has none, plain loops compute it`;
    throw new KernelError(`Cannot show the WebAssembly of ${this.#formula.name}: ${reason}`);
  }

  /** Returns the text that `console.log` shows in Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Returns the text that `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

guardMembers(ExplainedFormula);

/**
 * The formulas of an elementwise op: its result, and the gradients of its inputs. It prints them.
 *
 * The inputs are `x`, or `a`, `b` and so on; `y` is the result, and `g` is `∂L/∂y`.
 *
 * @example
 * ```ts
 * import { type ExplainedOp, explainOp } from "@gradus/gradus/explain";
 * import { assertEquals } from "@std/assert";
 *
 * const op: ExplainedOp = explainOp("mul");
 * assertEquals(`${op}`, "y = a * b\ng = ∂L/∂y\n∂L/∂a = g * b\n∂L/∂b = g * a");
 * ```
 */
export class ExplainedOp {
  /** The name in the op table. */
  readonly name: string;
  /** The result. */
  readonly forward: ExplainedFormula;
  /** The gradients, in the order of the inputs; the last may be missing, as those of numbers. */
  readonly gradients: readonly ExplainedFormula[];

  /**
   * Keeps the formulas of an op.
   *
   * @internal
   * @param name its name
   * @param forward the result
   * @param gradients the gradients
   */
  constructor(
    name: string,
    forward: ExplainedFormula,
    gradients: readonly ExplainedFormula[],
  ) {
    this.name = name;
    this.forward = forward;
    this.gradients = gradients;
  }

  /** Returns an equation for the result and for each gradient. */
  toString(): string {
    const lines = formulaLines(this.forward, "y = ");
    if (this.gradients.length > 0) lines.push("g = ∂L/∂y");
    this.gradients.forEach((gradient, i) =>
      lines.push(...formulaLines(gradient, `∂L/∂${this.forward.inputs[i]} = `))
    );
    return lines.join("\n");
  }

  /** Returns the text that `console.log` shows in Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Returns the text that `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

guardMembers(ExplainedOp);

/**
 * Explains an elementwise op: returns its formula, and those of its gradients.
 *
 * @param name the op, by its name in `docs/ops.md`, such as `"sigmoid"`
 * @returns the formulas, to print, to evaluate, or to see compiled
 * @throws {ValueError} if there is no such op, or if it is not elementwise
 * @example
 * ```ts
 * import { explainOp } from "@gradus/gradus/explain";
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 *
 * const relu = explainOp("relu");
 * assertEquals(`${relu}`, "y = x < 0 ? 0 : x\ng = ∂L/∂y\n∂L/∂x = y <= 0 ? 0 : g");
 * assertStringIncludes(relu.forward.toWAT(), "v128.bitselect");
 * ```
 */
export function explainOp(name: string): ExplainedOp {
  checkArguments("explainOp", arguments, 1);
  checkType("explain an op", "a name", name, "string");
  const op: Op | undefined = Object.hasOwn(ops, name) ? ops[name as keyof typeof ops] : undefined;
  if (op?.formulas === undefined) {
    const reason = op === undefined
      ? "there is none"
      : "it is not elementwise, so it has no formula";
    throw new ValueError(`Cannot explain the op "${name}": ${reason}; docs/ops.md lists all ops`);
  }
  const { forward, gradients } = op.formulas;
  const inputs = forward.arity === 1 ? ["x"] : [..."abcdef"].slice(0, forward.arity);
  return new ExplainedOp(
    name,
    new ExplainedFormula(forward, inputs),
    gradients.map((gradient) => new ExplainedFormula(gradient, ["g", ...inputs, "y"])),
  );
}

/**
 * Explains a formula of your own: what the library would make of it if it were an op.
 *
 * @param name its name, for errors
 * @param inputs names for its inputs
 * @param rule the formula, in the arithmetic `k` of ops: see `src/kernels/arithmetic.ts`
 * @returns the formula, to print, to evaluate, or to see compiled
 * @throws {ValueError} if an argument is of another type
 * @example
 * ```ts
 * import { explainFormula } from "@gradus/gradus/explain";
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 *
 * const swish = explainFormula("swish", ["x"], (k, [x]) => k.mul(x, k.sigmoid(x)));
 * assertEquals(`${swish}`, "x * sigmoid(x)");
 * assertEquals(swish.evaluate(0), 0);
 * assertStringIncludes(swish.toWAT(), "f32x4.mul");
 * ```
 */
export function explainFormula(
  name: string,
  inputs: readonly string[],
  rule: FormulaBody,
): ExplainedFormula {
  checkArguments("explainFormula", arguments, 3);
  checkType("explain a formula", "a name", name, "string");
  checkKind("explain a formula", inputs, Array.isArray(inputs), "a list of names for its inputs");
  checkType("explain a formula", "a rule", rule, "function");
  return new ExplainedFormula(new Formula(name, inputs.length, rule), inputs);
}
