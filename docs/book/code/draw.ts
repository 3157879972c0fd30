// Written by `deno task book`: the code of 02_autograd.md.

import type { Value } from "./value.ts";

/** Returns the graph behind `root` as Mermaid, a language for drawings. */
export function draw(root: Value, names: ReadonlyMap<Value, string> = new Map()): string {
  const lines = ["flowchart LR"];
  const ids = new Map<Value, string>();
  const visit = (value: Value): string => {
    const known = ids.get(value);
    if (known !== undefined) return known;
    const id = `n${ids.size}`;
    ids.set(value, id);
    const title = [names.get(value), value.op].filter(Boolean).join(" = ") || "number";
    const numbers = `${round(value.data)}<br/>gradient ${round(value.grad)}`;
    lines.push(`  ${id}["<b>${title}</b><br/>${numbers}"]`);
    for (const input of value.inputs) lines.push(`  ${visit(input)} --> ${id}`);
    return id;
  };
  visit(root);
  return lines.join("\n");
}

function round(x: number): number {
  return Math.round(x * 1000) / 1000;
}
