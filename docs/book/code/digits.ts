// Written by `deno task book`: the code of 08_digits.md.

import { noGrad, type Tensor } from "@gradus/gradus";
import * as nn from "@gradus/gradus/nn";
import type * as optim from "@gradus/gradus/optim";
import type { DataLoader } from "@gradus/gradus/utils/data";

/** Reads a digit: a row of 784 pixels becomes 10 scores. */
export class DigitsMLP extends nn.Module {
  fc1 = new nn.Linear(784, 128);
  fc2 = new nn.Linear(128, 64);
  fc3 = new nn.Linear(64, 10);
  relu = new nn.ReLU();

  override forward(x: Tensor): Tensor {
    x = this.relu(this.fc1(x));
    x = this.relu(this.fc2(x));
    return this.fc3(x);
  }
}

/** Trains `model` on each batch once. Returns the mean loss. */
export function trainEpoch(
  model: nn.Layer,
  loader: DataLoader<[Tensor, Tensor]>,
  optimizer: optim.Optimizer,
): number {
  const criterion = new nn.CrossEntropyLoss();
  let total = 0;
  model.train();
  for (const [images, labels] of loader) {
    optimizer.zeroGrad();
    const scores = model(images);
    const loss = criterion(scores, labels);
    loss.backward();
    optimizer.step();
    total += loss.item();
  }
  return total / loader.length;
}

/** Returns the mean loss of `model` over all batches, and the share of labels that it gets right. */
export function evaluate(
  model: nn.Layer,
  loader: DataLoader<[Tensor, Tensor]>,
): { loss: number; accuracy: number } {
  const criterion = new nn.CrossEntropyLoss({ reduction: "sum" });
  let [loss, right, count] = [0, 0, 0];
  model.eval();
  noGrad(() => {
    for (const [images, labels] of loader) {
      const scores = model(images);
      loss += criterion(scores, labels).item();
      right += scores.argmax(1).eq(labels).sum().item();
      count += labels.numel();
    }
  });
  return { loss: loss / count, accuracy: right / count };
}
