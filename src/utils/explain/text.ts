/**
 * Writes an explained graph as a table.
 *
 * @module
 */

import { formatShape } from "../../shape.ts";
import { type ExplainedModule, type ExplainedNode, isModule, nodesIn } from "./fold.ts";

/** Returns the table of the graph, and what it holds. */
export function toText(whole: ExplainedModule, heldBytes: number): string {
  const header = ["", "result", "value", "gradient", "keeps"];
  const rows = [header, ...rowsOf(whole, "")];
  const widths = header.map((title, i) => {
    const width = Math.max(...rows.slice(1).map((row) => row[i].length));
    return width === 0 ? 0 : Math.max(width, title.length);
  });
  const lines = rows.map((row) =>
    row.map((cell, i) => cell.padEnd(widths[i])).filter((_, i) => widths[i] > 0).join("  ")
      .trimEnd()
  );
  const rule = "─".repeat(widths.reduce((sum, width) => width === 0 ? sum : sum + width + 2, -2));
  lines.splice(1, 0, rule);
  return [...lines, rule, ...summaryOf(nodesIn(whole), heldBytes)].join("\n");
}

/** Returns the rows of the items of `module`, whose own names are written without `prefix`. */
function rowsOf(module: ExplainedModule, prefix: string, indent = ""): string[][] {
  return module.items.flatMap((item) => {
    if (!isModule(item)) return [rowOf(item, prefix, indent)];
    return [
      [indent + titleOf(item, prefix), "", "", "", ""],
      ...rowsOf(item, `${item.name}.`, `${indent}  `),
    ];
  });
}

/** Returns the heading of a module: its name and its class. */
export function titleOf({ name, type }: ExplainedModule, prefix = ""): string {
  return name === type ? type : `${within(name, prefix)}: ${type}`;
}

function rowOf(node: ExplainedNode, prefix: string, indent: string): string[] {
  const { name, kind, gradient, value, heldBytes } = node;
  const left = within(name, prefix);
  const text = kind === "leaf" || kind === "constant" ? left : `${left} = ${callOf(node, prefix)}`;
  return [
    indent + text,
    resultsOf(node),
    value ?? "",
    gradient ?? "",
    heldBytes === 0 ? "" : formatBytes(heldBytes),
  ];
}

function callOf({ type, inputs, options, forgotten }: ExplainedNode, prefix: string): string {
  const given = inputs.map((input) =>
    typeof input === "number" ? `${input}` : within(input.name, prefix)
  );
  return `${type}(${
    [...given, ...forgotten ? ["…"] : [], ...options === "" ? [] : [options]].join(", ")
  })`;
}

/** Returns `name` as it reads inside the module of `prefix`; a bare number would look like an input. */
export function within(name: string, prefix: string): string {
  const inner = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  return /^\d+(#|$)/.test(inner) ? name : inner;
}

/** Returns dtype and shape of what a node hands on. */
export function resultsOf({ results }: ExplainedNode): string {
  return results.map(({ dtype, shape }) => `${dtype} ${formatShape(shape)}`).join(", ");
}

const UNITS: readonly (readonly [name: string, bytes: number])[] = [
  ["GB", 1e9],
  ["MB", 1e6],
  ["kB", 1e3],
  ["B", 1],
];

/** Returns a number of bytes as people read it: 1 kB is 1000 bytes. */
export function formatBytes(bytes: number): string {
  const [name, size] = UNITS.find(([, size]) => bytes >= size) ?? ["B", 1];
  return `${Number((bytes / size).toPrecision(3))} ${name}`;
}

function summaryOf(nodes: readonly ExplainedNode[], heldBytes: number): string[] {
  const sum = (key: "ops" | "parameters"): number => nodes.reduce((n, node) => n + node[key], 0);
  const folded = nodes.filter(({ kind, ops }) => kind === "module" && ops > 1).length;
  const ops = sum("ops");
  const state = nodes.some(({ forgotten }) => forgotten)
    ? "backward() has freed the graph, and another one since, so what comes before … is forgotten"
    : nodes.some(({ freed }) => freed)
    ? "backward() has freed the graph: it keeps nothing"
    : `the graph keeps ${formatBytes(heldBytes)} for backward()`;
  return [
    `${ops} ${ops === 1 ? "op" : "ops"} over ${
      sum("parameters").toLocaleString("en-US")
    } elements ` +
    `that require a gradient; ${state}`,
    ...(folded === 0 ? [] : [
      `${folded} ${
        folded === 1 ? "module is" : "modules are"
      } folded: a larger { depth } shows what is in them`,
    ]),
  ];
}
