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
import { clearOnInterrupt, pause, PLOT, runProgram, withCurve } from "./support/program.ts";

/** Three fully connected layers: 109,386 parameters. */
class MLP extends nn.Module {
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

/** Two convolutions and two fully connected layers: 421,642 parameters. */
class CNN extends nn.Module {
  conv1 = new nn.Conv2d(1, 32, 3, { padding: 1 });
  conv2 = new nn.Conv2d(32, 64, 3, { padding: 1 });
  pool = new nn.MaxPool2d(2);
  fc1 = new nn.Linear(3136, 128);
  fc2 = new nn.Linear(128, 10);
  relu = new nn.ReLU();

  override forward(x: Tensor): Tensor {
    x = this.pool(this.relu(this.conv1(x)));
    x = this.pool(this.relu(this.conv2(x)));
    x = this.relu(this.fc1(x.flatten(1)));
    return this.fc2(x);
  }
}

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
  kernels: [["wasm", "native", "reference"], "what computes (native: --allow-ffi)"],
  "no-download": [false, "use only what is there"],
  plot: PLOT,
  save: [undefined, "write the weights after each epoch, as safetensors"],
}, async ({ dataset, root, epochs, lr, momentum, plot, save, ...options }) => {
  clearOnInterrupt();
  setKernels(options.kernels);
  manualSeed(options.seed);

  // The MLP reads an image as one row of 784 numbers, the CNN as a plane of one channel.
  const transform = new transforms.Compose(
    options.model === "mlp"
      ? [new transforms.ToTensor(), new transforms.Flatten()]
      : [new transforms.ToTensor()],
  );
  const set = dataset === "fashion" ? datasets.FashionMNIST : datasets.MNIST;
  const [train, test] = dataset === "sample"
    ? await loadSample(() => transform)
    : await loadImages(set, () => transform, { root, download: !options["no-download"] });
  const trainLoader = new DataLoader(train, { batchSize: options["batch-size"], shuffle: true });
  const testLoader = new DataLoader(test, { batchSize: 1000 });

  const model: nn.Layer = options.model === "mlp" ? new MLP() : new CNN();
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
