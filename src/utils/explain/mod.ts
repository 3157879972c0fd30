/**
 * Shows how a result was computed: the graph that autograd recorded, as text and as pictures; and how
 * an op computes: its formulas, and the WebAssembly made of them.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { explain } from "@gradus/gradus/explain";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const w = tensor([0.5, -1], { requiresGrad: true });
 * const x = tensor([3, 2]);
 * const graph = explain(w.mul(x).sum().tanh(), { names: { w, x } });
 * assertStringIncludes(`${graph}`, "mul = mul(w, x)");
 * assertStringIncludes(graph.toMermaid(), "flowchart TB");
 * ```
 *
 * @module
 */

export { explain, type ExplainOptions, Explanation } from "./explain.ts";
export {
  ExplainedFormula,
  ExplainedOp,
  explainFormula,
  explainOp,
  type ToWATOptions,
} from "./formulas.ts";
export { type ExplainedNode, type NodeResult } from "./fold.ts";
export type { Arithmetic, Operand, PrimitiveName } from "../../kernels/arithmetic.ts";
export type { Expression, FormulaBody } from "../../kernels/formula.ts";
export { named, type Names } from "./names.ts";
