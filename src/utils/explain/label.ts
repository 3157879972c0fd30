/**
 * The texts and colours of the boxes in pictures of graphs.
 *
 * @module
 */

import type { ExplainedNode } from "./fold.ts";
import { formatBytes, resultsOf, within } from "./text.ts";

/** The colours of the kinds of nodes; dark letters are readable on all. */
export const COLORS: Readonly<
  Record<ExplainedNode["kind"], { readonly fill: string; readonly line: string }>
> = {
  leaf: { fill: "#dafbe1", line: "#2da44e" },
  constant: { fill: "#fff8c5", line: "#bf8700" },
  op: { fill: "#ddf4ff", line: "#218bff" },
  module: { fill: "#fbefff", line: "#a475f9" },
};

/** Returns the first line of a box: the name, and what the node is. */
export function headOf({ name, type, kind, ops }: ExplainedNode, prefix: string): string {
  const own = within(name, prefix);
  if (kind === "leaf" || kind === "constant" || own.replace(/#\d+$/, "") === type) return own;
  return ops > 0 ? `${own}: ${type}` : own;
}

/** Returns the other lines of a box. */
export function detailsOf(node: ExplainedNode): string[] {
  const { options, value, gradient, heldBytes, kind, ops, parameters } = node;
  const size = kind !== "module" || ops < 2 ? "" : `${ops} ops` +
    (parameters === 0 ? "" : `, ${parameters.toLocaleString("en-US")} parameters`);
  return [
    node.inputs.every((input) => typeof input !== "number") ? "" : numbersOf(node),
    ...wrapped(options),
    resultsOf(node) + (value === null ? "" : ` = ${value}`),
    size,
    gradient === null ? "" : `gradient ${gradient}`,
    node.freed ? "freed" : heldBytes === 0 ? "" : `keeps ${formatBytes(heldBytes)}`,
    node.forgotten ? "… forgotten" : "",
  ].filter((line) => line !== "");
}

/** Breaks options into lines; a number without a name says nothing in a picture. */
function wrapped(options: string): string[] {
  if (/^-?[\d.]+$/.test(options)) return [];
  return options.replace(/(.{16,24}), (?=\w)/g, "$1,\n").split("\n");
}

/** Returns the inputs of an op of which some are numbers, with · for the others. */
function numbersOf({ inputs }: ExplainedNode): string {
  return `(${inputs.map((input) => typeof input === "number" ? `${input}` : "·").join(", ")})`;
}
