/**
 * Writes explained graphs as TensorFlow's `GraphDef`, which TensorBoard draws.
 *
 * @module
 */

import type { ExplainedNode } from "../explain/mod.ts";
import { bytes, message, whole } from "./protobuf.ts";

/** Returns a `GraphDef` of the nodes; those of a module stand below its name. */
export function graphDef(nodes: readonly ExplainedNode[]): Uint8Array {
  const names = new Map<ExplainedNode, string>();
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const path = pathOf(node);
    const count = counts.get(path) ?? 0;
    counts.set(path, count + 1);
    names.set(node, count === 0 ? path : `${path}_${count}`);
  }
  const defs = nodes.map((node) => bytes(1, nodeDef(node, names)));
  return message(...defs, bytes(4, whole(1, PRODUCER)));
}

/** The version of the format. */
const PRODUCER = 22;

/** Returns the name with slashes: of an op or leaf, that of its module, and behind it its own. */
function pathOf({ name, type, kind, module }: ExplainedNode): string {
  const isLeaf = kind === "leaf" || kind === "constant";
  const own = isLeaf && name.startsWith(`${module}.`) ? name.slice(module.length + 1) : type;
  const path = kind === "module" || module === "" ? name : `${module}.${own}`;
  // Characters of names in TensorFlow.
  return path.replaceAll(".", "/").replace(/[^\w/-]/g, "_");
}

const OPS = { leaf: "Parameter", constant: "Const" };

function nodeDef(node: ExplainedNode, names: ReadonlyMap<ExplainedNode, string>): Uint8Array {
  const { kind, type, inputs, results, options } = node;
  const shapes = results.map(({ shape }) =>
    bytes(7, message(...shape.map((size) => bytes(2, whole(1, size)))))
  );
  const attributes: [string, Uint8Array][] = [["_output_shapes", bytes(1, message(...shapes))]];
  if (options !== "") attributes.push(["attr", bytes(2, options)]);
  return message(
    bytes(1, names.get(node)!),
    bytes(2, kind === "leaf" || kind === "constant" ? OPS[kind] : type),
    ...inputs.filter((x) => typeof x !== "number").map((x) => bytes(3, names.get(x)!)),
    ...attributes.map(([name, value]) => bytes(5, message(bytes(1, name), bytes(2, value)))),
  );
}
