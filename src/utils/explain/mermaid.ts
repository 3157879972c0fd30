/**
 * Writes an explained graph in the language of Mermaid.
 *
 * @module
 */

import { type ExplainedModule, type ExplainedNode, isModule, nodesIn } from "./fold.ts";
import { COLORS, detailsOf, headOf } from "./label.ts";
import { titleOf } from "./text.ts";

/** Returns a flow chart of the graph. */
export function toMermaid(whole: ExplainedModule): string {
  const nodes = nodesIn(whole);
  const ids = new Map(nodes.map((node, i) => [node, `n${i}`]));
  let groups = 0;
  const write = (module: ExplainedModule, prefix: string, indent: string): string[] =>
    module.items.flatMap((item) => {
      if (!isModule(item)) return indent + ids.get(item) + boxOf(item, prefix);
      return [
        `${indent}subgraph g${groups++}["${escape(titleOf(item, prefix))}"]`,
        ...write(item, `${item.name}.`, `${indent}  `),
        `${indent}end`,
      ];
    });
  const edges = nodes.flatMap((node) =>
    node.inputs.flatMap((input) =>
      typeof input === "number" ? [] : `  ${ids.get(input)} --> ${ids.get(node)}`
    )
  );
  const boxes = write(whole, "", "  ");
  const styles = Object.entries(COLORS).map(([kind, { fill, line }]) =>
    `  classDef ${kind} fill:${fill},stroke:${line},color:#1f2328`
  );
  const classes = [
    classOf("freed", nodes.filter(({ freed }) => freed).map((node) => ids.get(node)!)),
    classOf("group", Array.from({ length: groups }, (_, i) => `g${i}`)),
  ];
  return ["flowchart TB", ...boxes, ...edges, ...styles, ...classes.flat(), ""].join("\n");
}

const STYLES = {
  freed: "stroke-dasharray:5 3",
  group: "fill:#f6f8fa,stroke:#d1d9e0,color:#59636e",
};

/** Gives a style to boxes, if there are any. */
function classOf(name: keyof typeof STYLES, ids: readonly string[]): string[] {
  if (ids.length === 0) return [];
  return [`  classDef ${name} ${STYLES[name]}`, `  class ${ids.join(",")} ${name}`];
}

function boxOf(node: ExplainedNode, prefix: string): string {
  const head = `<b>${escape(headOf(node, prefix))}</b>`;
  const text = [head, ...detailsOf(node).map(escape)].join("<br/>");
  return node.kind === "op" || node.kind === "module"
    ? `("${text}"):::${node.kind}`
    : `["${text}"]:::${node.kind}`;
}

/** Writes the letters that Mermaid, HTML, Markdown or TeX would read as code by their numbers. */
function escape(text: string): string {
  return text.replace(/["<>&#`%$\\]/g, (letter) => `#${letter.charCodeAt(0)};`);
}
