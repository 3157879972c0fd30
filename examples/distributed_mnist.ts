/**
 * Trains a network on handwritten digits, on several processes or machines.
 *
 *     mpirun -n 2 deno run --allow-ffi --allow-env --allow-read --allow-write --allow-net \
 *       examples/distributed_mnist.ts
 *     mpirun -n 4 bun examples/distributed_mnist.ts --model cnn --epochs 1 --save run.safetensors
 *
 * Permissions: `--allow-env` to learn the rank, `--allow-ffi` to call MPI, `--allow-read` and
 * `--allow-net` for the images, `--allow-write` for these and for `--save`. Without `mpirun` it is one
 * process, and needs no `--allow-ffi`.
 *
 * @module
 */

import { existsSync } from "node:fs";
import {
  defaultGenerator,
  manualSeed,
  setKernels,
  setNumThreads,
  type Tensor,
  tensor,
  ValueError,
} from "../mod.ts";
import * as distributed from "../src/distributed/mod.ts";
import { Accuracy, MeanMetric } from "../src/metrics/mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import * as checkpoint from "../src/utils/checkpoint.ts";
import { DataLoader } from "../src/utils/data/mod.ts";
import { ProgressBar } from "../src/utils/progress.ts";
import { datasets, transforms } from "../vision/mod.ts";
import { evaluate, loadImages, loadSample } from "./support/images.ts";
import { makeNetwork } from "./support/networks.ts";
import { clearOnInterrupt, KERNELS, pause, readArguments } from "./support/program.ts";

type Batches = DataLoader<[Tensor, Tensor]>;

const options = readArguments("Trains a network on handwritten digits, on the ranks of mpirun.", {
  dataset: [["mnist", "fashion", "sample"], "images to learn from"],
  root: ["data", "where data sets lie or are put"],
  model: [["mlp", "cnn"], "the network"],
  epochs: [5, "passes over the training images"],
  lr: [0.05, "learning rate"],
  momentum: [0.9, "momentum of the optimizer"],
  "batch-size": [64, "images in a step, divided among the ranks"],
  seed: [0, "where random numbers start"],
  kernels: KERNELS,
  threads: [0, "threads of a rank; 0 divides the processors of a machine among its ranks"],
  timeout: [600, "seconds after which a rank that does not answer ends the job"],
  "no-download": [false, "use only what is there"],
  save: [undefined, "write a checkpoint after each epoch, and go on from it if it is there"],
});

clearOnInterrupt();
distributed.init({ timeout: options.timeout });
const [rank, size] = [distributed.rank(), distributed.worldSize()];
const print = (line: string): void => {
  if (rank === 0) console.log(line);
};

setKernels(options.kernels);
setNumThreads(options.threads > 0 ? options.threads : shareOfThreads());
manualSeed(options.seed);
const batchSize = options["batch-size"] / size;
if (!Number.isInteger(batchSize)) {
  throw new ValueError(
    `Cannot divide --batch-size ${
      options["batch-size"]
    } among ${size} ranks: use a multiple of ${size}`,
  );
}

/** Returns how many threads this rank can have if others on its machine have as many. */
function shareOfThreads(): number {
  const share = Math.floor(navigator.hardwareConcurrency / distributed.localWorldSize());
  return Math.min(8, Math.max(1, share));
}

/** Loads the images; rank 0 downloads them, while the others wait. */
async function load(): Promise<[train: datasets.ImageDataset, test: datasets.ImageDataset]> {
  const transformOf = () => new transforms.ToTensor();
  const { root, dataset } = options;
  const set = dataset === "fashion" ? datasets.FashionMNIST : datasets.MNIST;
  if (dataset === "sample") return await loadSample(transformOf);
  const isFirst = rank === 0;
  const download = isFirst && !options["no-download"];
  const parts = isFirst ? await loadImages(set, transformOf, { root, download }) : null;
  // It takes the sample of MNIST where there is no network.
  const length = tensor([parts?.[0].length ?? 0], { dtype: "int32" });
  distributed.broadcast(length);
  if (parts !== null) return parts;
  const sample = await loadSample(transformOf);
  if (sample[0].length === length.item()) return sample;
  return await loadImages(set, transformOf, { root, download: false });
}

const bar = new ProgressBar();
const criterion = new nn.CrossEntropyLoss();

/** Makes one pass over the training images; returns the mean loss and the accuracy of all ranks. */
async function trainEpoch(
  model: nn.Layer,
  loader: Batches,
  optimizer: optim.Optimizer,
): Promise<{ loss: number; accuracy: number }> {
  const [loss, right] = [new MeanMetric(), new Accuracy()];
  const start = performance.now();
  let steps = 0;
  model.train();
  for (const [x, y] of loader) {
    optimizer.zeroGrad();
    const output = model(x);
    const error = criterion(output, y);
    error.backward(); // averages the gradients of all ranks
    optimizer.step();
    loss.update(error, x.shape[0]);
    right.update(output, y);
    if (rank === 0) {
      const seconds = (performance.now() - start) / 1000;
      const speed = Math.round(++steps * batchSize * size / seconds).toLocaleString("en");
      bar.update(steps, loader.length, `loss ${loss.compute().toFixed(4)}  ${speed} images/s`);
    }
    await pause();
  }
  bar.clear();
  return { loss: distributed.computeMetric(loss), accuracy: distributed.computeMetric(right) };
}

const [train, test] = await load();
const sampler = new distributed.DistributedSampler(train, { seed: options.seed, dropLast: true });
const trainLoader: Batches = new DataLoader(train, { batchSize, sampler });
// Each image once, so some ranks may have one less.
const own = Array.from({ length: test.length }, (_, i) => i).filter((i) => i % size === rank);
const testLoader: Batches = new DataLoader(test, { batchSize: 1000, sampler: own });

const network = makeNetwork(options.model);
const optimizer = new optim.SGD(network.parameters(), {
  lr: options.lr,
  momentum: options.momentum,
});
const snapshot = (epoch: number) => ({
  epoch,
  model: network.stateDict(),
  optimizer: optimizer.stateDict(),
  generator: defaultGenerator.getState(),
});

let done = 0;
const { save, epochs } = options;
const isThere = tensor([Number(save !== undefined && existsSync(save))]);
distributed.broadcast(isThere); // rank 0 wrote it, and all read it
if (save !== undefined && isThere.item() === 1) {
  const saved = checkpoint.load<ReturnType<typeof snapshot>>(save);
  network.loadStateDict(saved.model);
  optimizer.loadStateDict(saved.optimizer);
  defaultGenerator.setState(saved.generator);
  done = saved.epoch;
  print(`going on after epoch ${done} of ${save}`);
}

const model: nn.Layer = new distributed.DistributedDataParallel(network);
for (let epoch = done + 1; epoch <= epochs; epoch++) {
  const start = performance.now();
  sampler.setEpoch(epoch);
  const { loss, accuracy } = await trainEpoch(model, trainLoader, optimizer);
  const seconds = (performance.now() - start) / 1000;
  print(
    `epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  accuracy ${accuracy.toFixed(4)}  ` +
      `${seconds.toFixed(2)} s`,
  );
  if (save !== undefined && rank === 0) checkpoint.save(snapshot(epoch), save);
}
// Each rank looks at its own images.
const accuracy = distributed.computeMetric(evaluate(model, testLoader));
print(`test accuracy: ${accuracy.toFixed(4)}`);
