/**
 * Trains a convolutional network on Fashion-MNIST, and prints the norms of the gradients of its
 * convolutions.
 *
 *     deno run --allow-read --allow-write=data --allow-net examples/fashion_cnn.ts
 *     bun examples/fashion_cnn.ts --root data --epochs 1
 *
 * @module
 */

import { manualSeed, setKernels, type Tensor } from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { DataLoader } from "../src/utils/data/mod.ts";
import { ProgressBar } from "../src/utils/progress.ts";
import { TerminalCurve } from "../src/utils/terminal_curve.ts";
import { datasets, transforms } from "../vision/mod.ts";
import { evaluate, loadImages } from "./support/images.ts";
import {
  clearOnInterrupt,
  KERNELS,
  pause,
  PLOT,
  runProgram,
  withCurve,
} from "./support/program.ts";

await runProgram("Trains a convolutional network on Fashion-MNIST.", {
  root: ["data", "where the data set lies or is put"],
  epochs: [1, "passes over the training images"],
  kernels: KERNELS,
  plot: PLOT,
  save: [undefined, "write the weights after each epoch, as safetensors"],
}, async ({ root, epochs, kernels, plot, save }) => {
  clearOnInterrupt();
  setKernels(kernels);
  manualSeed(0);

  const transform = new transforms.Compose([
    new transforms.ToTensor(),
    new transforms.Normalize([0.286], [0.353]),
  ]);
  const files = { root, download: true };
  const [train, test] = await loadImages(datasets.FashionMNIST, () => transform, files);
  const trainLoader = new DataLoader(train, { batchSize: 32, shuffle: true });
  const testLoader = new DataLoader(test, { batchSize: 500 });

  const conv1 = new nn.Conv2d(1, 32, 3, { padding: 1 });
  const conv2 = new nn.Conv2d(32, 64, 3, { padding: 1 });
  const model = new nn.Sequential(
    conv1,
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    conv2,
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(64 * 7 * 7, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );
  console.log(model);

  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });

  const length = (x: Tensor): string => x.square().sum().sqrt().item().toExponential(2);

  const bar = new ProgressBar();
  const curve = plot ? new TerminalCurve() : undefined;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let [loss, step] = [0, 0];
    model.train();
    for (const [x, y] of trainLoader) {
      optimizer.zeroGrad();
      const error = criterion(model(x), y);
      error.backward();
      optimizer.step();
      loss += error.item();
      curve?.add(error.item());
      bar.update(++step, trainLoader.length, () => {
        return withCurve(`loss ${(loss / step).toFixed(4)}`, curve);
      });
      await pause();
    }
    bar.clear();
    const gradients = [conv1, conv2].map((conv) => length(conv.weight.grad!)).join(" and ");
    console.log(
      `epoch ${epoch}/${epochs}  loss ${(loss / step).toFixed(4)}  test accuracy ` +
        `${evaluate(model, testLoader).compute().toFixed(4)}  convolution gradients ${gradients}`,
    );
    if (save !== undefined) nn.save(model, save);
  }
  if (curve !== undefined) console.log(`\n${curve}`);
});
