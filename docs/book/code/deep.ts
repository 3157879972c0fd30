// Written by `deno task book`: the code of 09_why_training_fails.md.

import type { Tensor } from "@gradus/gradus";
import * as nn from "@gradus/gradus/nn";
import * as optim from "@gradus/gradus/optim";
import type { DataLoader } from "@gradus/gradus/utils/data";

/** Options of `makeDeep`. */
export interface DeepOptions {
  /** Returns the spread of the weights of a layer with so many inputs. */
  readonly spread: (fanIn: number) => number;
  /** Makes the bend after each hidden layer; by default a tanh. */
  readonly bend?: () => nn.Layer;
  /** Makes a layer that stands before each bend; by default there is none. */
  readonly norm?: (size: number) => nn.Layer;
  /** Factor for the weights of the last layer; by default 1. */
  readonly last?: number;
}

/** Returns a network of five hidden layers of 100 neurons, which reads digits. */
export function makeDeep({ spread, bend, norm, last = 1 }: DeepOptions): nn.Sequential {
  const sizes = [784, 100, 100, 100, 100, 100, 10];
  const network = new nn.Sequential();
  for (let i = 0; i < 6; i++) {
    const linear = new nn.Linear(sizes[i], sizes[i + 1]);
    nn.init.normal_(linear.weight, { std: spread(sizes[i]) * (i === 5 ? last : 1) });
    nn.init.zeros_(linear.bias!);
    network.push(linear);
    if (i === 5) break;
    if (norm !== undefined) network.push(norm(sizes[i + 1]));
    network.push(bend?.() ?? new nn.Tanh());
  }
  return network;
}

/** Trains for some steps, and returns the loss of each. Calls `look` before each update. */
export function learn(
  model: nn.Layer,
  loader: DataLoader<[Tensor, Tensor]>,
  { steps, lr, look }: { steps: number; lr: number; look?: (step: number) => void },
): number[] {
  const optimizer = new optim.SGD(model.parameters(), { lr });
  const losses: number[] = [];
  model.train();
  while (losses.length < steps) {
    for (const [images, labels] of loader) {
      optimizer.zeroGrad();
      const loss = nn.functional.crossEntropy(model(images), labels);
      loss.backward();
      look?.(losses.length);
      optimizer.step();
      losses.push(loss.item());
      if (losses.length === steps) break;
    }
  }
  return losses;
}
