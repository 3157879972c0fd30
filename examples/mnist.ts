/**
 * Trains a network on handwritten digits, and tests it on digits that it has never seen.
 *
 *     deno task mnist --help
 *     bun examples/mnist.ts --model cnn --epochs 1
 *
 * @module
 */

import process from "node:process";
import { parseArgs } from "node:util";
import {
  DownloadError,
  FileAccessError,
  manualSeed,
  noGrad,
  setKernels,
  type Tensor,
} from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { DataLoader } from "../src/utils/data/mod.ts";
import { ProgressBar } from "../src/utils/progress.ts";
import { datasets, transforms } from "../vision/mod.ts";

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

const HELP = `Trains a network on handwritten digits.

  --dataset mnist|fashion|sample   what to learn                        [mnist]
  --root PATH                      where data sets lie or are put       [data]
  --model mlp|cnn                  the network                          [mlp]
  --epochs N                       passes over the training images      [5]
  --lr X                           learning rate                        [0.05]
  --momentum X                     momentum of the optimizer            [0.9]
  --batch-size N                   images in a step                     [64]
  --seed N                         where random numbers start           [0]
  --kernels wasm|native|reference  what computes (native: --allow-ffi)  [wasm]
  --no-download                    use only what is there
  --save PATH                      write the weights as safetensors
  --help                           this text`;

const options = readOptions();

function readOptions() {
  try {
    return parseArgs({
      options: {
        dataset: { type: "string", default: "mnist" },
        root: { type: "string", default: "data" },
        model: { type: "string", default: "mlp" },
        epochs: { type: "string", default: "5" },
        lr: { type: "string", default: "0.05" },
        momentum: { type: "string", default: "0.9" },
        "batch-size": { type: "string", default: "64" },
        seed: { type: "string", default: "0" },
        kernels: { type: "string", default: "wasm" },
        "no-download": { type: "boolean", default: false },
        save: { type: "string" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return process.exit(2);
  }
}

/** Returns the choice that `options[name]` makes among the keys of `choices`. */
function choose<T>(name: "dataset" | "model", choices: Record<string, T>): T {
  const choice = options[name];
  if (Object.hasOwn(choices, choice)) return choices[choice];
  throw new RangeError(
    `Cannot use --${name} ${choice}: choose ${Object.keys(choices).join(" or ")}`,
  );
}

function numberOf(name: "epochs" | "lr" | "momentum" | "batch-size" | "seed"): number {
  const value = Number(options[name]);
  if (options[name].trim() !== "" && Number.isFinite(value)) return value;
  throw new RangeError(`Cannot use --${name} ${options[name]}: it must be a number`);
}

type Split = (train: boolean) => Promise<datasets.ImageDataset>;

/** The MLP reads an image as one row of 784 numbers, the CNN as a plane of one channel. */
const transform = new transforms.Compose(
  options.model === "mlp"
    ? [new transforms.ToTensor(), new transforms.Flatten()]
    : [new transforms.ToTensor()],
);

const sample: Split = (train) => datasets.MNISTSample.load({ train, transform });

/** Returns the full set, downloaded if needed; without a network the sample, with a message. */
function fullSet(set: typeof datasets.MNIST): Split {
  let load: Split = (train) =>
    set.load({ root: options.root, train, transform, download: !options["no-download"] });
  return async (train) => {
    try {
      return await load(train);
    } catch (error) {
      // Damaged files are an error, not a reason to take the sample.
      const missing = error instanceof DownloadError || error instanceof FileAccessError;
      if (!missing) throw error;
      console.log(error.message);
      console.log("Training on the sample of 8,000 digits instead.\n");
      load = sample;
      return await load(train);
    }
  };
}

/** Makes one pass over the training images; returns the mean loss and the accuracy. */
function trainEpoch(
  model: nn.Layer,
  loader: DataLoader<[Tensor, Tensor]>,
  optimizer: optim.Optimizer,
): { loss: number; accuracy: number } {
  const criterion = new nn.CrossEntropyLoss();
  const bar = new ProgressBar();
  const start = performance.now();
  let [seen, loss, correct, steps] = [0, 0, 0, 0];
  model.train();
  for (const [x, y] of loader) {
    optimizer.zeroGrad();
    const output = model(x);
    const error = criterion(output, y);
    error.backward();
    optimizer.step();

    seen += x.shape[0];
    loss += error.item() * x.shape[0];
    correct += countCorrect(output, y);
    const seconds = (performance.now() - start) / 1000;
    const speed = Math.round(seen / seconds).toLocaleString("en");
    const left = (seconds * (loader.length / ++steps - 1)).toFixed(1);
    const status = `loss ${(loss / seen).toFixed(4)}  ${speed} images/s  ${left} s left`;
    bar.update(steps, loader.length, status);
  }
  bar.clear();
  return { loss: loss / seen, accuracy: correct / seen };
}

/** Returns the share of images that the model classifies correctly. */
function evaluate(model: nn.Layer, loader: DataLoader<[Tensor, Tensor]>): number {
  let [seen, correct] = [0, 0];
  model.eval();
  using _ = noGrad();
  for (const [x, y] of loader) {
    seen += x.shape[0];
    correct += countCorrect(model(x), y);
  }
  return correct / seen;
}

function countCorrect(output: Tensor, y: Tensor): number {
  return noGrad(() => output.argmax(1).eq(y).sum().item());
}

async function main(): Promise<void> {
  if (options.help) return console.log(HELP);
  const epochs = numberOf("epochs");
  const batchSize = numberOf("batch-size");
  const Model = choose("model", { mlp: MLP, cnn: CNN });
  setKernels(options.kernels);
  manualSeed(numberOf("seed"));

  const load = choose("dataset", {
    mnist: fullSet(datasets.MNIST),
    fashion: fullSet(datasets.FashionMNIST),
    sample,
  });
  const trainLoader = new DataLoader(await load(true), { batchSize, shuffle: true });
  const testLoader = new DataLoader(await load(false), { batchSize: 1000 });

  const model: nn.Layer = new Model();
  const optimizer = new optim.SGD(model.parameters(), {
    lr: numberOf("lr"),
    momentum: numberOf("momentum"),
  });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    const { loss, accuracy } = trainEpoch(model, trainLoader, optimizer);
    const seconds = (performance.now() - start) / 1000;
    console.log(
      `epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  accuracy ${accuracy.toFixed(4)}  ` +
        `${seconds.toFixed(2)} s`,
    );
  }
  if (options.save !== undefined) nn.save(model, options.save);
  console.log(`test accuracy: ${evaluate(model, testLoader).toFixed(4)}`);
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
