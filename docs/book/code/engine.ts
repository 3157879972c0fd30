// Written by `deno task book`: the code of 05_engine.md.

import { make, type NumberArray, zip } from "./array.ts";
import type { Op } from "./op.ts";

/** The record of one call of an op. */
interface Node {
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly output: NumberArray;
}

/** A block of numbers that remembers how it was computed. */
export class Tensor {
  array: NumberArray;
  /** Growth of the loss for each unit by which a number of this leaf grows. */
  grad: NumberArray | null = null;
  readonly node: Node | null;

  constructor(array: NumberArray, node: Node | null = null) {
    this.array = array;
    this.node = node;
  }

  backward(): void {
    const arrived = new Map<Tensor, NumberArray>([[this, make(this.array.shape, () => 1)]]);
    for (const tensor of sorted(this).reverse()) {
      const gradient = arrived.get(tensor)!; // complete: all users of the tensor came before
      if (tensor.node === null) {
        tensor.grad = tensor.grad === null ? gradient : plus(tensor.grad, gradient);
        continue;
      }
      const { op, inputs, output } = tensor.node;
      const parts = op.backward(gradient, inputs.map((x) => x.array), output);
      inputs.forEach((input, i) => {
        const before = arrived.get(input);
        arrived.set(input, before === undefined ? parts[i] : plus(before, parts[i]));
      });
    }
  }
}

/** Runs `op`, and records it. */
export function run(op: Op, ...inputs: readonly Tensor[]): Tensor {
  const output = op.forward(...inputs.map((x) => x.array));
  return new Tensor(output, { op, inputs, output });
}

/** Returns everything that `root` was made of, each after its inputs. */
function sorted(root: Tensor): Tensor[] {
  const order = new Set<Tensor>();
  const visit = (tensor: Tensor): void => {
    if (order.has(tensor)) return;
    tensor.node?.inputs.forEach(visit);
    order.add(tensor);
  };
  visit(root);
  return [...order];
}

const plus = (a: NumberArray, b: NumberArray): NumberArray => zip(a, b, (x, y) => x + y);
