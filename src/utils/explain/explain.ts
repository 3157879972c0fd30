/**
 * Explains a result: the ops and leaves behind it, as text, Mermaid, DOT and SVG.
 *
 * @module
 */

import {
  checkArguments,
  checkTensors,
  checkWhole,
  guardMembers,
  readOptions,
} from "../../checks.ts";
import { GradientError, LibraryError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { importPackage } from "../package.ts";
import { toDot } from "./dot.ts";
import {
  type ExplainedModule,
  type ExplainedNode,
  fold,
  heldBytes,
  nodesIn,
  readableDepth,
} from "./fold.ts";
import { readGraph } from "./graph.ts";
import { toMermaid } from "./mermaid.ts";
import { type Names, NameTable } from "./names.ts";
import { toText } from "./text.ts";

/** Options of `explain`. */
export interface ExplainOptions {
  /** The model, or tensors and modules by name; `named` names single tensors. */
  readonly names?: Names;
  /**
   * Levels of modules that are shown with their contents; those further inside are one node each. The
   * default is as many as leave the picture readable.
   */
  readonly depth?: number;
}

/**
 * The graph behind a result, as it was when `explain` was called; it prints as a table.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { explain, type Explanation } from "@gradus/gradus/explain";
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 *
 * const w = tensor([2, 3], { requiresGrad: true });
 * const graph: Explanation = explain(w.square().sum(), { names: { w } });
 * assertEquals(graph.nodes.map(({ name, value }) => `${name} ${value}`), [
 *   "w [2, 3]",
 *   "square [4, 9]",
 *   "sum 13",
 * ]);
 * assertStringIncludes(graph.toDot(), "digraph");
 * ```
 */
export class Explanation {
  /** The nodes, each after those that it uses. */
  readonly nodes: readonly ExplainedNode[];
  /** Bytes that the graph keeps for `backward()`, without those of leaves. */
  readonly heldBytes: number;
  readonly #whole: ExplainedModule;

  /**
   * Keeps a graph that was read.
   *
   * @internal
   * @param whole the graph
   * @param heldBytes bytes that it keeps
   */
  constructor(whole: ExplainedModule, heldBytes: number) {
    this.#whole = whole;
    this.nodes = nodesIn(whole);
    this.heldBytes = heldBytes;
  }

  /**
   * Returns the graph as a table for a terminal, with a line for each node.
   *
   * @returns the lines, those in modules indented
   */
  toString(): string {
    return toText(this.#whole, this.heldBytes);
  }

  /**
   * Returns the graph in the language of Mermaid, which GitHub draws in Markdown.
   *
   * @returns a flow chart from the leaves to the result
   */
  toMermaid(): string {
    return toMermaid(this.#whole);
  }

  /**
   * Returns the graph in DOT, the language of Graphviz.
   *
   * @returns a directed graph with a cluster for each module
   */
  toDot(): string {
    return toDot(this.#whole);
  }

  /**
   * Draws the graph with Graphviz, by the npm package `@viz-js/viz`, which is loaded now. Deno gets
   * it by itself; for Bun and Node add it to the project.
   *
   * @returns the text of an SVG file
   * @throws {LibraryError} if the package cannot be loaded
   */
  async toSVG(): Promise<string> {
    const { instance } = await loadViz();
    const svg = (await instance()).renderString(this.toDot(), { format: "svg" });
    // The system's own letters of this width are easier to read.
    return svg.replaceAll("Courier,monospace", "ui-monospace,Menlo,Consolas,monospace");
  }

  /** Returns the text that `console.log` shows in Bun and Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  /** Returns the text that `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** Returns the table and the drawing of which a notebook shows one; without Graphviz the table. */
  async [Symbol.for("Jupyter.display")](): Promise<Record<string, string>> {
    const text = this.toString();
    try {
      return { "text/plain": text, "image/svg+xml": await this.toSVG() };
    } catch (error) {
      if (!(error instanceof LibraryError)) throw error;
      return { "text/plain": `${text}\n${error.message}` };
    }
  }
}

guardMembers(Explanation);

/** The parts of `@viz-js/viz` that are used here. */
interface Viz {
  instance(): Promise<{ renderString(dot: string, options: { format: string }): string }>;
}

/** Loads Graphviz. */
function loadViz(): Promise<Viz> {
  return importPackage(
    "@viz-js/viz@3.31.0",
    "draw the graph",
    "draw toDot() with Graphviz yourself",
  );
}

/**
 * Explains a result: returns the graph that autograd recorded, from its leaves to `result`, with names,
 * shapes, dtypes, the memory that it keeps, and small values and gradients.
 *
 * Everything is read at once, so later changes do not show. Ops inside a module stand in its group. The
 * graph can be explained before `backward()` and after it, when leaves have gradients, until the next
 * graph is freed; then only the last op is known. A tensor of the size of a few numbers is shown
 * with its values; these are "freed" if a rule of memory took them, and "overwritten" if the tensor was
 * written in place since.
 *
 * @param result a tensor with a graph, such as a loss
 * @param options `names`, `depth`
 * @returns the graph, to print or to draw
 * @throws {GradientError} if the tensor has no graph
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import * as nn from "@gradus/gradus/nn";
 * import { explain } from "@gradus/gradus/explain";
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 *
 * const model = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU(), new nn.Linear(3, 1));
 * const loss = model(tensor([[1, 2]])).sum();
 * loss.backward();
 * const graph = explain(loss, { names: model });
 * assertStringIncludes(`${graph}`, "backward() has freed");
 * const weight = graph.nodes.find(({ name }) => name === "0.weight")!;
 * assertEquals([weight.kind, weight.module], ["leaf", "0"]);
 * ```
 */
export function explain(result: Tensor, options?: ExplainOptions): Explanation {
  checkArguments("explain", arguments, 2);
  checkTensors("explain", result);
  const { names, depth } = readOptions("explain", options, { names: undefined, depth: undefined });
  if (depth !== undefined) checkWhole(`explain to a depth of ${depth}`, depth, 0);
  if (!result.requiresGrad) {
    throw new GradientError(
      `Cannot explain shape ${
        formatShape(result.shape)
      }: it has no graph, since no input requires a ` +
        `gradient or it was made inside noGrad(); create parameters with { requiresGrad: true }`,
    );
  }
  const table = new NameTable(names);
  const graph = readGraph(result, table);
  const whole = fold(graph, result, table, depth ?? readableDepth(graph));
  return new Explanation(whole, heldBytes(graph));
}
