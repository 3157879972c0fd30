/**
 * Reads the graph behind a result: its ops and leaves, in the modules whose calls recorded them.
 *
 * @module
 */

import { sortedNodes } from "../../autograd/engine.ts";
import type { ModuleCall } from "../../autograd/module_call.ts";
import { Node, type Variable } from "../../autograd/node.ts";
import type { NDArray } from "../../storage/ndarray.ts";
import type { Storage } from "../../storage/storage.ts";
import type { NameTable } from "./names.ts";

/** A tensor that no recorded op computed. */
export interface Leaf {
  /** The tensor, if gradients flow to it; `null` for a constant. */
  readonly tensor: Variable | null;
  /** Its elements; of views of one constant, the largest. */
  array: NDArray;
  /** The first op that uses it; `null` if the leaf is the whole graph. */
  readonly firstUser: Op | null;
  /** The innermost group with all of its users. */
  group: Group;
}

/** A recorded op. */
export interface Op {
  readonly node: Node;
  readonly inputs: readonly (Op | Leaf | number)[];
  readonly group: Group;
}

/** The record of a call of a module; or, with `null` for the call, the whole graph. */
export interface Group {
  readonly call: ModuleCall | null;
  readonly outer: Group | null;
  /** Number of calls around this one; −1 for the whole graph. */
  readonly level: number;
  /** Its ops, leaves and inner groups, each after those that it uses. */
  readonly items: (Op | Leaf | Group)[];
}

/** Returns the graph behind `root`, whose ops and leaves are in its items. */
export function readGraph(root: Variable, names: NameTable): Group {
  const whole: Group = { call: null, outer: null, level: -1, items: [] };
  const groups = new Map<ModuleCall | null, Group>([[null, whole]]);
  const ops = new Map<Node, Op>();
  const leaves = new Map<Variable | Storage, Leaf>();

  const groupOf = (call: ModuleCall | null): Group => {
    const known = groups.get(call);
    if (known !== undefined) return known;
    const outer = groupOf(call!.outer);
    const group = { call, outer, level: outer.level + 1, items: [] };
    outer.items.push(group);
    groups.set(call, group);
    return group;
  };
  const leafOf = (tensor: Variable | null, view: NDArray, user: Op): Leaf => {
    const array = tensor === null ? names.baseOf(view) ?? view : view;
    const key = tensor ?? array.storage;
    const known = leaves.get(key);
    if (known !== undefined) {
      known.group = commonGroup(known.group, user.group);
      if (array.size > known.array.size) known.array = array;
      return known;
    }
    const leaf = { tensor, array, firstUser: user, group: user.group };
    leaves.set(key, leaf);
    return leaf;
  };

  for (const node of sortedNodes([root]).reverse()) {
    const inputs: (Op | Leaf | number)[] = [];
    const op: Op = { node, inputs, group: groupOf(node.moduleCall) };
    node.edges.forEach((edge, i) => {
      const input = node.inputs[i];
      if (edge instanceof Node) inputs.push(ops.get(edge)!);
      else inputs.push(typeof input === "number" ? input : leafOf(edge, input, op));
    });
    op.group.items.push(op);
    ops.set(node, op);
  }
  if (root.node === null) {
    whole.items.push({ tensor: root, array: root.array, firstUser: null, group: whole });
  }
  for (const leaf of leaves.values()) {
    if (!names.isOwned(leaf.array)) leaveModules(leaf, names);
    placeLeaf(leaf);
  }
  return whole;
}

/** Moves a leaf out of the modules that got it from outside: it has a name, or was there before. */
function leaveModules(leaf: Leaf, names: NameTable): void {
  const { tensor, array } = leaf;
  const isOutside = ({ since }: ModuleCall): boolean =>
    tensor === null ? array.storage.serial <= since : names.ofTensor(array) !== undefined;
  while (leaf.group.call !== null && isOutside(leaf.group.call)) leaf.group = leaf.group.outer!;
}

/** Puts a leaf into its group, before what uses it first. */
function placeLeaf(leaf: Leaf): void {
  const { firstUser, group } = leaf;
  let user: Op | Group = firstUser!;
  for (let around = firstUser!.group; around !== group; around = around.outer!) user = around;
  group.items.splice(group.items.indexOf(user), 0, leaf);
}

function commonGroup(a: Group, b: Group): Group {
  while (a !== b) {
    if (a.level >= b.level) a = a.outer!;
    else b = b.outer!;
  }
  return a;
}

/** Returns true for a group, rather than an op or a leaf. */
export function isGroup(item: Op | Leaf | Group): item is Group {
  return "items" in item;
}

/** Returns true for an op, rather than a leaf or a group. */
export function isOp(item: Op | Leaf | Group): item is Op {
  return "node" in item;
}

/** Returns true for a leaf, rather than an op or a group. */
export function isLeaf(item: Op | Leaf | Group): item is Leaf {
  return "firstUser" in item;
}

/** Returns the ops and leaves of a group and of the groups inside. */
export function contentsOf(group: Group): (Op | Leaf)[] {
  return group.items.flatMap((item) => isGroup(item) ? contentsOf(item) : [item]);
}
