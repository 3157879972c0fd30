/**
 * Folds the graph: modules below a depth become one box each. Reads shapes, values and gradients.
 *
 * @module
 */

import { noGrad } from "../../autograd/grad_mode.ts";
import { type Variable, wrap } from "../../autograd/node.ts";
import type { DType } from "../../dtype.ts";
import type { Shape } from "../../shape.ts";
import type { NDArray } from "../../storage/ndarray.ts";
import type { Storage } from "../../storage/storage.ts";
import type { NestedArray } from "../../tensor/reading.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { contentsOf, type Group, isGroup, isLeaf, isOp, type Leaf, type Op } from "./graph.ts";
import type { NameTable } from "./names.ts";

/** A tensor that a node hands on. */
export interface NodeResult {
  /** Its shape. */
  readonly shape: Shape;
  /** Its element type. */
  readonly dtype: DType;
}

/** A node of an explained graph, as it was when `explain` was called. */
export interface ExplainedNode {
  /** `leaf`: gradients flow to it; `constant`: none do; `op`; `module`: a call, folded. */
  readonly kind: "leaf" | "constant" | "op" | "module";
  /** Its name, which no other node has. */
  readonly name: string;
  /** Name of the op, or of the class of the module; the name itself for other nodes. */
  readonly type: string;
  /** The options of the op, such as `axes: [1]`. */
  readonly options: string;
  /** Name of the module around it, or of its class; empty outside of modules. */
  readonly module: string;
  /** The nodes whose results it uses, and numbers. */
  readonly inputs: readonly (ExplainedNode | number)[];
  /** Its results: one, but for modules that hand on several, or none. */
  readonly results: readonly NodeResult[];
  /** Its elements, if they are few; "freed" or "overwritten" if they are gone. */
  readonly value: string | null;
  /** Its gradient, if it has one: the elements if they are few, otherwise their norm. */
  readonly gradient: string | null;
  /** Number of ops in it. */
  readonly ops: number;
  /** Number of elements that gradients flow to. */
  readonly parameters: number;
  /** Bytes that it keeps for `backward()`, without those of leaves. */
  readonly heldBytes: number;
  /** True if `backward()` has freed it. */
  readonly freed: boolean;
  /** True if its inputs are no longer known. */
  readonly forgotten: boolean;
}

/** A module that is shown with its contents. */
export interface ExplainedModule {
  /** Its name; empty for the whole graph. */
  readonly name: string;
  /** The name of its class. */
  readonly type: string;
  readonly items: readonly (ExplainedNode | ExplainedModule)[];
}

/** Returns true for a module that is shown with its contents. */
export function isModule(item: ExplainedNode | ExplainedModule): item is ExplainedModule {
  return "items" in item;
}

/** Returns the nodes in `module`, in order. */
export function nodesIn(module: ExplainedModule): ExplainedNode[] {
  return module.items.flatMap((item) => isModule(item) ? nodesIn(item) : [item]);
}

/** Pictures of more nodes are hard to read. */
const READABLE = 48;

/** Returns the largest depth to which the graph is shown with at most {@link READABLE} nodes. */
export function readableDepth(whole: Group): number {
  const deepest = (group: Group): number =>
    group.items.reduce((d, item) => isGroup(item) ? Math.max(d, deepest(item)) : d, group.level);
  let depth = deepest(whole) + 1;
  while (depth > 1 && countNodes(whole, depth) > READABLE) depth--;
  return depth;
}

function countNodes(group: Group, depth: number): number {
  return group.items.reduce(
    (n, item) => n + (isGroup(item) && !isFolded(item, depth) ? countNodes(item, depth) : 1),
    0,
  );
}

/** Returns true for a group that is one node; also if there is only one op in it. */
function isFolded({ level, items }: Group, depth: number): boolean {
  return level >= depth || (items.length === 1 && isOp(items[0]));
}

/** Returns the graph with `depth` levels of modules shown, and the others folded. */
export function fold(
  whole: Group,
  root: Variable,
  names: NameTable,
  depth: number,
): ExplainedModule {
  const folder = new Folder(whole, root, names, depth);
  return { name: "", type: "", items: folder.items(whole) };
}

class Folder {
  readonly #depth: number;
  readonly #names: NameTable;
  readonly #root: Variable;
  /** The ops of each group whose results are used outside of it. */
  readonly #results = new Map<Group, Set<Op>>();
  readonly #leafStorages = new Set<Storage>();
  /** For each op and leaf, the node that shows it. */
  readonly #shown = new Map<Op | Leaf, ExplainedNode>();
  /** Number of times that each name was wanted. */
  readonly #counts = new Map<string, number>();

  constructor(whole: Group, root: Variable, names: NameTable, depth: number) {
    this.#depth = depth;
    this.#names = names;
    this.#root = root;
    for (const item of contentsOf(whole)) {
      if (!isOp(item)) {
        this.#leafStorages.add(item.array.storage);
        continue;
      }
      for (const input of item.inputs) {
        if (typeof input !== "number" && isOp(input)) this.#leave(input, item.group);
      }
      if (item.node === root.node) this.#leave(item, whole);
    }
  }

  /** Notes the groups around `op` whose result it is, since something in `user` reads it. */
  #leave(op: Op, user: Group): void {
    const around = new Set<Group | null>();
    for (let group: Group | null = user; group !== null; group = group.outer) around.add(group);
    for (let group = op.group; !around.has(group); group = group.outer!) {
      if (!this.#results.has(group)) this.#results.set(group, new Set());
      this.#results.get(group)!.add(op);
    }
  }

  items(group: Group): (ExplainedNode | ExplainedModule)[] {
    return group.items.map((item) => {
      if (!isGroup(item)) return this.#show(item, isOp(item) ? this.#op(item) : this.#leaf(item));
      if (!isFolded(item, this.#depth)) {
        return { name: this.#nameOf(item), type: typeOf(item), items: this.items(item) };
      }
      const node = this.#module(item);
      for (const inside of contentsOf(item)) this.#show(inside, node);
      return node;
    });
  }

  #show(item: Op | Leaf, node: ExplainedNode): ExplainedNode {
    this.#shown.set(item, node);
    return node;
  }

  #leaf({ tensor, array, group }: Leaf): ExplainedNode {
    const kind = tensor === null ? "constant" : "leaf";
    const name = this.#unique(this.#names.ofTensor(array) ?? kind);
    return {
      kind,
      name,
      type: name,
      options: "",
      module: this.#nameOf(group),
      inputs: [],
      results: [array],
      value: valueOf(array),
      gradient: gradientOf(tensor),
      ops: 0,
      parameters: tensor === null ? 0 : array.size,
      heldBytes: 0,
      freed: false,
      forgotten: false,
    };
  }

  #op(op: Op): ExplainedNode {
    const { node, group } = op;
    const owner = this.#nameOf(group);
    const results = this.#results.get(group);
    const isResult = results?.size === 1 && results.has(op);
    const own = this.#names.ofModule(group.call?.module ?? op);
    const name = isResult ? owner : own === "" ? node.op.name : `${own}.${node.op.name}`;
    return {
      kind: "op",
      name: this.#unique(this.#names.ofTensor(node.output) ?? name),
      type: node.op.name,
      options: optionsOf(node.attrs),
      module: owner,
      inputs: op.inputs.map((input) => typeof input === "number" ? input : this.#shown.get(input)!),
      results: [node.output],
      value: valueOf(node.output, node.version),
      gradient: gradientOf(this.#tensorOf(op)),
      ops: 1,
      parameters: 0,
      heldBytes: this.#heldBy([op]),
      freed: node.freed,
      forgotten: isForgotten(op),
    };
  }

  #module(group: Group): ExplainedNode {
    const contents = contentsOf(group);
    const ops = contents.filter(isOp);
    const leaves = contents.filter(isLeaf);
    const inside = new Set<unknown>(contents);
    const outside = ops.flatMap(({ inputs }) => inputs.filter((input) => !inside.has(input)));
    const inputs = outside.map((input) =>
      typeof input === "number" ? input : this.#shown.get(input)!
    );
    const results = [...this.#results.get(group) ?? []];
    const [only] = results.length === 1 ? results : [];
    const name = only && this.#names.ofTensor(only.node.output);
    return {
      kind: "module",
      name: this.#unique(name ?? this.#nameOf(group)),
      type: typeOf(group),
      options: "",
      module: this.#nameOf(group.outer!),
      inputs: [...new Set(inputs.filter((input) => typeof input !== "number"))],
      results: results.map(({ node }) => node.output),
      value: only === undefined ? null : valueOf(only.node.output, only.node.version),
      gradient: only === undefined ? null : gradientOf(this.#tensorOf(only)),
      ops: ops.length,
      parameters: leaves.reduce(
        (n, { tensor, array }) => n + (tensor === null ? 0 : array.size),
        0,
      ),
      heldBytes: this.#heldBy(ops),
      freed: ops.every(({ node }) => node.freed),
      forgotten: ops.some(isForgotten),
    };
  }

  /** Returns the tensor of the result of `op`, if its gradient is kept. */
  #tensorOf({ node }: Op): Variable | null {
    return node === this.#root.node ? this.#root : node.retainsGradFor;
  }

  #heldBy(ops: readonly Op[]): number {
    const storages = new Set(ops.flatMap(({ node }) => node.held.map(({ storage }) => storage)));
    return [...storages.difference(this.#leafStorages)].reduce((n, { bytes }) => n + bytes, 0);
  }

  #nameOf(group: Group): string {
    if (group.call === null) return "";
    return onOneLine(this.#names.ofModule(group.call.module)) || typeOf(group);
  }

  /** Returns `name` on one line, and with a number behind it if it was given before. */
  #unique(given: string): string {
    const name = onOneLine(given);
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    return count === 1 ? name : this.#unique(`${name}#${count}`);
  }
}

function isForgotten({ node, inputs }: Op): boolean {
  return node.freed && inputs.length < node.inputs.length;
}

/** Returns a name without line breaks and control characters, which tables and pictures cannot show. */
function onOneLine(name: string): string {
  return name.replace(/[\s\p{Cc}]+/gu, " ");
}

/** Returns the name of the class of a module. */
function typeOf(group: Group): string {
  return group.call!.module.constructor.name || "Module";
}

/** Returns the total of what the ops of `group` keep, without the leaves. */
export function heldBytes(group: Group): number {
  const contents = contentsOf(group);
  const held = contents.filter(isOp).flatMap(({ node }) => node.held.map(({ storage }) => storage));
  const leaves = contents.filter(isLeaf).map(({ array }) => array.storage);
  return [...new Set(held).difference(new Set(leaves))].reduce((n, { bytes }) => n + bytes, 0);
}

/** Tensors with more elements are shown without them. */
const SMALL = 6;

/** Returns the elements of `array` as text, if they are few; they were written at `version`. */
function valueOf(array: NDArray, version?: number): string | null {
  const { size, storage } = array;
  if (size > SMALL) return null;
  if (storage.freedBy !== null) return "freed";
  if (version !== undefined && storage.version !== version) return "overwritten";
  return formatValue((wrap(array) as Tensor).toArray());
}

function gradientOf(x: Variable | null): string | null {
  const gradient = x?.gradient as Tensor | null | undefined;
  if (gradient === null || gradient === undefined) return null;
  return valueOf(gradient.array) ??
    `norm ${formatValue(noGrad(() => gradient.norm().item()))}`;
}

function formatValue(value: NestedArray): string {
  if (Array.isArray(value)) return `[${value.map(formatValue).join(", ")}]`;
  return String(Number(value.toPrecision(4)));
}

/** Longer options are not shown. */
const SHORT = 40;

/** Returns the options of a call of an op as text: short ones, without those that are off. */
function optionsOf(attrs: unknown): string {
  const isNamed = typeof attrs === "object" && attrs !== null && !Array.isArray(attrs);
  const options = isNamed ? Object.entries(attrs) : [["", attrs] as const];
  return options.filter(([, value]) => isPlain(value) && value !== false)
    .map(([name, value]) => (name === "" ? "" : `${name}: `) + plainText(value))
    .filter((text) => text.length <= SHORT).join(", ");
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlain);
  return ["number", "string", "boolean"].includes(typeof value);
}

/** Writes numbers and lists; of a pair for height and width, one number if they are equal. */
function plainText(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  if (value.length === 2 && value[0] === value[1]) return plainText(value[0]);
  return `[${value.map(plainText).join(", ")}]`;
}
