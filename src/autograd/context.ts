/**
 * What a gradient rule gets to see of the op that was recorded.
 *
 * @module
 */

import type { MapOperand } from "../kernels/kernels.ts";
import type { Context, Value } from "../ops/op.ts";
import type { Shape } from "../shape.ts";
import type { Medium } from "./gradients.ts";
import type { Edge, Node } from "./node.ts";

/**
 * A recorded node as its rule sees it, with values of kind `T`.
 *
 * A class, because an object literal with a getter makes V8 create a hidden class for every single
 * object, which lives in the old generation and keeps all that the getter can reach from dying young.
 */
export class NodeContext<T extends Value> implements Context<T, unknown> {
  readonly inputs: readonly T[];
  readonly output: T;
  readonly saved: readonly T[];
  readonly #node: Node;

  constructor(node: Node, medium: Medium<T>) {
    this.#node = node;
    this.inputs = node.inputs.map((x, i) => lift(x, node.edges[i], node, medium));
    this.output = lift(node.output, node, node, medium);
    this.saved = node.saved.map((x) => medium.lift(x, null));
  }

  get shapes(): readonly Shape[] {
    return this.#node.inputs.map((x) => (typeof x === "number" ? [] : x.shape));
  }

  get attrs(): unknown {
    return this.#node.attrs;
  }
}

/** Rules do not look at what their op does not read; elementwise ones take numbers as they are. */
function lift<T extends Value>(x: MapOperand, from: Edge, node: Node, medium: Medium<T>): T {
  if (typeof x === "number") return x as unknown as T;
  return node.reads(x) ? medium.lift(x, from) : 0 as unknown as T;
}
