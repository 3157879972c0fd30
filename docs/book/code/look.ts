// Written by `deno task book`: the code of 09_why_training_fails.md.

import type { Tensor } from "@gradus/gradus";
import * as nn from "@gradus/gradus/nn";

/** The output of a layer, and the gradient of the loss that came back to it. */
export interface Look {
  readonly layer: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly gradients: readonly number[];
}

/** Runs a batch through `model`, forward and backward, and reports on each layer. */
export function lookInside(model: nn.Sequential, images: Tensor, labels: Tensor): Look[] {
  let x = images;
  const outputs: Tensor[] = [];
  for (const layer of model) outputs.push(x = layer(x).retainGrad());
  const values = outputs.map(({ data }) => [...data]);
  nn.functional.crossEntropy(x, labels).backward();
  const looks = [...model].map((layer, i): Look => {
    const { shape, grad } = outputs[i];
    return { layer: `${layer}`, shape, values: values[i], gradients: [...grad!.data] };
  });
  model.zeroGrad();
  return looks;
}

/** Returns the root of the mean squared distance from the mean. */
export function spreadOf(values: readonly number[]): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
}

/** Returns the share of `values` for which `test` is true. */
export function shareOf(values: readonly number[], test: (x: number) => boolean): number {
  return values.filter(test).length / values.length;
}

/** Returns a histogram as a curve: how many of a thousand values lie in each of 50 intervals. */
export function curveOf(values: readonly number[], from: number, to: number): [number, number][] {
  const counts = new Array<number>(50).fill(0);
  for (const x of values) {
    const i = Math.floor(50 * (x - from) / (to - from));
    if (i >= 0 && i < 50) counts[i]++;
  }
  const middle = (i: number): number => from + (to - from) * (i + 0.5) / 50;
  return counts.map((count, i) => [middle(i), 1000 * count / values.length]);
}
