/**
 * The measured training loops, written as users write them.
 *
 * @module
 */

import { manualSeed, randint, randn, type Tensor } from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { DataLoader } from "../src/utils/data/mod.ts";
import { datasets, transforms } from "../vision/mod.ts";
import { cnn, mlp, transformer } from "./networks.ts";

/** One step of training on a batch. */
export type Step = (x: Tensor, y: Tensor) => void;

/** Training of a classifier. */
export function classifierStep(model: nn.Layer): Step {
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
  return (x, y) => {
    optimizer.zeroGrad();
    const loss = criterion(model(x), y);
    loss.backward();
    optimizer.step();
  };
}

/** Images of random bytes, of the shape of Fashion-MNIST's, as a data set of torchvision's kind. */
export function images(count: number): datasets.ImageDataset {
  return new datasets.ImageDataset({
    data: randint(0, 256, { shape: [count, 28, 28], dtype: "uint8" }),
    targets: randint(0, 10, { shape: [count], dtype: "int32" }),
    classes: Array.from({ length: 10 }, (_, i) => `${i}`),
    transform: new transforms.Compose([new transforms.ToTensor(), new transforms.Flatten()]),
  });
}

/** An epoch of the MLP over 60,000 images: load, gather, train. */
export function mlpEpoch(): () => void {
  return mlpSteps(60_000);
}

/** An epoch of the MLP over `count` images. */
export function mlpSteps(count = 640): () => void {
  manualSeed(0);
  const loader = new DataLoader(images(count), { batchSize: 64, shuffle: true });
  const step = classifierStep(mlp());
  return () => {
    for (const [x, y] of loader) step(x, y);
  };
}

/** A step of the CNN on 32 images. */
export function cnnStep(): () => void {
  manualSeed(0);
  const [x, y] = [randn([32, 1, 28, 28]), randint(0, 10, { shape: [32], dtype: "int32" })];
  const step = classifierStep(cnn());
  return () => step(x, y);
}

/** A step of the transformer on 16 sequences of 64 tokens, towards outputs of mean square 0. */
export function transformerStep(): () => void {
  manualSeed(0);
  const model = transformer();
  return stepTowardsZero(model, model, randn([16, 64, 128]));
}

/** A step of a two-layer LSTM on 32 sequences of 64 characters, towards outputs of mean square 0. */
export function lstmStep(): () => void {
  manualSeed(0);
  const model = new nn.LSTM(128, 128, { numLayers: 2, batchFirst: true });
  return stepTowardsZero(model, (x) => model(x)[0], randn([32, 64, 128]));
}

/** Training of `model`, whose output is `apply(x)`, towards a mean square of 0. */
function stepTowardsZero(model: nn.Module, apply: (x: Tensor) => Tensor, x: Tensor): () => void {
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
  return () => {
    optimizer.zeroGrad();
    apply(x).square().mean().backward();
    optimizer.step();
  };
}
