// Written by `deno task book`: the code of 02_autograd.md.

import { Value } from "./value.ts";

/** Returns a function that returns numbers between −1 and 1, always the same ones. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** A network of layers of neurons; `sizes` are the numbers of inputs and of neurons in each layer. */
export class MLP {
  /** Layer, neuron, weight; the last weight of a neuron is its bias. */
  readonly weights: readonly Value[][][];

  constructor(sizes: readonly number[], random: () => number) {
    this.weights = sizes.slice(1).map((size, layer) =>
      Array.from({ length: size }, () => {
        return Array.from({ length: sizes[layer] + 1 }, () => new Value(random()));
      })
    );
  }

  parameters(): Value[] {
    return this.weights.flat(2);
  }

  call(inputs: readonly (Value | number)[]): Value[] {
    let values = [...inputs];
    for (const layer of this.weights) {
      values = layer.map((neuron) => {
        const bias = neuron.at(-1)!;
        return values.reduce<Value>((sum, x, i) => sum.add(neuron[i].mul(x)), bias).tanh();
      });
    }
    return values as Value[];
  }
}
