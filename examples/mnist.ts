/**
 * Trains a network on handwritten digits, and tests it on digits that it has never seen.
 *
 *     deno task mnist --help
 *     bun examples/mnist.ts --model cnn --epochs 1
 *
 * @module
 */

import { manualSeed, setKernels, type Tensor } from "../mod.ts";
import { Accuracy } from "../src/metrics/mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { DataLoader } from "../src/utils/data/mod.ts";
import { ProgressBar } from "../src/utils/progress.ts";
import { TerminalCurve } from "../src/utils/terminal_curve.ts";
import { datasets, transforms } from "../vision/mod.ts";
import { evaluate, loadImages, loadSample } from "./support/images.ts";
import { makeNetwork } from "./support/networks.ts";
import {
  clearOnInterrupt,
  KERNELS,
  pause,
  PLOT,
  runProgram,
  withCurve,
} from "./support/program.ts";

const bar = new ProgressBar();

/** Makes one pass over the training images; returns the mean loss and the accuracy. */
async function trainEpoch(
  model: nn.Layer,
  loader: DataLoader<[Tensor, Tensor]>,
  optimizer: optim.Optimizer,
  curve?: TerminalCurve,
): Promise<{ loss: number; accuracy: number }> {
  const criterion = new nn.CrossEntropyLoss();
  const start = performance.now();
  const right = new Accuracy();
  let [seen, loss, steps] = [0, 0, 0];
  model.train();
  for (const [x, y] of loader) {
    optimizer.zeroGrad();
    const output = model(x);
    const error = criterion(output, y);
    error.backward();
    optimizer.step();

    seen += x.shape[0];
    loss += error.item() * x.shape[0];
    right.update(output, y);
    const seconds = (performance.now() - start) / 1000;
    const speed = Math.round(seen / seconds).toLocaleString("en");
    const left = (seconds * (loader.length / ++steps - 1)).toFixed(1);
    const status = `loss ${(loss / seen).toFixed(4)}  ${speed} images/s  ${left} s left`;
    curve?.add(error.item());
    bar.update(steps, loader.length, () => withCurve(status, curve));
    await pause();
  }
  bar.clear();
  return { loss: loss / seen, accuracy: right.compute() };
}

await runProgram("Trains a network on handwritten digits.", {
  dataset: [["mnist", "fashion", "sample"], "images to learn from"],
  root: ["data", "where data sets lie or are put"],
  model: [["mlp", "cnn"], "the network"],
  epochs: [5, "passes over the training images"],
  lr: [0.05, "learning rate"],
  momentum: [0.9, "momentum of the optimizer"],
  "batch-size": [64, "images in a step"],
  seed: [0, "where random numbers start"],
  kernels: KERNELS,
  "no-download": [false, "use only what is there"],
  plot: PLOT,
  save: [undefined, "write the weights after each epoch, as safetensors"],
}, async ({ dataset, root, epochs, lr, momentum, plot, save, ...options }) => {
  clearOnInterrupt();
  setKernels(options.kernels);
  manualSeed(options.seed);

  const transform = new transforms.ToTensor();
  const set = dataset === "fashion" ? datasets.FashionMNIST : datasets.MNIST;
  const [train, test] = dataset === "sample"
    ? await loadSample(() => transform)
    : await loadImages(set, () => transform, { root, download: !options["no-download"] });
  const trainLoader = new DataLoader(train, { batchSize: options["batch-size"], shuffle: true });
  const testLoader = new DataLoader(test, { batchSize: 1000 });

  const model = makeNetwork(options.model);
  const optimizer = new optim.SGD(model.parameters(), { lr, momentum });
  const curve = plot ? new TerminalCurve() : undefined;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    const { loss, accuracy } = await trainEpoch(model, trainLoader, optimizer, curve);
    const seconds = (performance.now() - start) / 1000;
    console.log(
      `epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  accuracy ${accuracy.toFixed(4)}  ` +
        `${seconds.toFixed(2)} s`,
    );
    if (save !== undefined) nn.save(model, save);
  }
  if (curve !== undefined) console.log(`\n${curve}\n`);
  console.log(`test accuracy: ${evaluate(model, testLoader).compute().toFixed(4)}`);
});
