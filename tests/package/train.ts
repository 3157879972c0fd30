/**
 * A program of a user, for `tools/check_package.ts`: it trains and evaluates, in every runtime.
 *
 * @module
 */

import { describeKernels, getNumThreads, manualSeed, noGrad, type Tensor } from "@gradus/gradus";
import * as nn from "@gradus/gradus/nn";
import * as optim from "@gradus/gradus/optim";
import { DataLoader } from "@gradus/gradus/utils/data";
import { datasets, transforms } from "@gradus/gradus/vision";

class MLP extends nn.Module {
  fc1 = new nn.Linear(784, 32);
  fc2 = new nn.Linear(32, 10);

  override forward(x: Tensor): Tensor {
    return this.fc2(this.fc1(x).relu());
  }
}

/** The outcome of a run: the same numbers wherever it ran. */
export interface Outcome {
  readonly loss: number;
  readonly accuracy: number;
  readonly kernels: string;
  readonly threads: number;
}

/** Trains a network on the sample of MNIST, and evaluates it. */
export async function train(): Promise<Outcome> {
  manualSeed(0);
  const transform = new transforms.Compose([new transforms.ToTensor(), new transforms.Flatten()]);
  const trainSet = await datasets.MNISTSample.load({ transform });
  const testSet = await datasets.MNISTSample.load({ train: false, transform });
  const model = new MLP();
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  let total = 0;
  for (const [images, labels] of new DataLoader(trainSet, { batchSize: 64, shuffle: true })) {
    optimizer.zeroGrad();
    const loss = criterion(model(images), labels);
    loss.backward();
    optimizer.step();
    total += loss.item();
  }
  let correct = 0;
  model.eval();
  for (const [images, labels] of new DataLoader(testSet, { batchSize: 500 })) {
    correct += noGrad(() => model(images).argmax(1).eq(labels).sum().item());
  }
  return {
    loss: total,
    accuracy: correct / testSet.length,
    kernels: describeKernels().name,
    threads: getNumThreads(),
  };
}
