/**
 * Writes an explained graph in DOT, the language of Graphviz.
 *
 * @module
 */

import { escapeMarkup } from "../../names.ts";
import { type ExplainedModule, type ExplainedNode, isModule, nodesIn } from "./fold.ts";
import { COLORS, detailsOf, headOf } from "./label.ts";
import { titleOf } from "./text.ts";

/** Letters of one width, which Graphviz knows without asking the system. */
const FONT = `fontname="Courier"`;

/** Returns a directed graph with a cluster for each module. */
export function toDot(whole: ExplainedModule): string {
  const nodes = nodesIn(whole);
  const ids = new Map(nodes.map((node, i) => [node, `n${i}`]));
  let clusters = 0;
  const write = (module: ExplainedModule, prefix: string, level: number): string[] =>
    module.items.flatMap((item) => {
      if (!isModule(item)) return `${ids.get(item)} [${boxOf(item, prefix)}];`;
      const fill = level % 2 === 0 ? "#f6f8fa" : "#ffffff";
      return [
        `subgraph cluster${clusters++} {`,
        `label=<<b>${escapeMarkup(titleOf(item, prefix))}</b>>; bgcolor="${fill}"; margin=10;`,
        ...write(item, `${item.name}.`, level + 1),
        `}`,
      ];
    });
  const edges = nodes.flatMap((node) =>
    [...new Set(node.inputs)].flatMap((input) =>
      typeof input === "number" ? [] : `${ids.get(input)} -> ${ids.get(node)};`
    )
  );
  return [
    "digraph {",
    `graph [${FONT}, fontsize=11, fontcolor="#59636e", bgcolor="#ffffff", pad=0.2, nodesep=0.2, ` +
    `ranksep=0.3, labeljust=l, style=rounded, color="#d1d9e0"];`,
    `node [${FONT}, fontsize=11, fontcolor="#1f2328", shape=box, style="rounded,filled", ` +
    `margin="0.1,0.06", height=0];`,
    `edge [color="#818b98", arrowsize=0.6];`,
    ...write(whole, "", 0),
    ...edges,
    "}",
    "",
  ].join("\n");
}

function boxOf(node: ExplainedNode, prefix: string): string {
  const { fill, line } = COLORS[node.kind];
  const details = detailsOf(node).map((text) =>
    `<br/><font point-size="9" color="#59636e">${escapeMarkup(text)}</font>`
  );
  const style = node.kind === "op" || node.kind === "module" ? "rounded,filled" : "filled";
  return `label=<<b>${escapeMarkup(headOf(node, prefix))}</b>${
    details.join("")
  }>, style="${style}` +
    `${node.freed ? ",dashed" : ""}", fillcolor="${fill}", color="${line}"`;
}
