/**
 * How fast it is: kernels, the cost of an operation, and training steps.
 *
 *     deno task bench [--json]
 *     bun bench/main.ts [--json]
 *
 * The images of the training cases are random, of the shape and number of Fashion-MNIST's, so nothing
 * has to be downloaded; the time does not depend on what is on them.
 *
 * @module
 */

import process from "node:process";
import { manualSeed, noGrad, randint, randn, type Tensor } from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { DataLoader, TensorDataset } from "../src/utils/data/mod.ts";
import { line, measure, type Result } from "./harness.ts";

const asJson = process.argv.includes("--json");
const results: Result[] = [];

function report(result: Result): void {
  results.push(result);
  if (!asJson) console.log(line(result));
}

/** Runs without recording, inside a module call, so that results are freed as in a model. */
class Body extends nn.Module<[], void> {
  readonly #work: () => Tensor;

  constructor(work: () => Tensor) {
    super();
    this.#work = work;
  }

  override forward(): void {
    this.#work();
  }
}

function quietly(work: () => Tensor): () => void {
  const body = new Body(work);
  return () => noGrad(() => body());
}

function products(): void {
  const sizes = [[64, 64, 64], [128, 128, 128], [256, 256, 256], [511, 511, 511], [512, 512, 512], [
    1024,
    1024,
    1024,
  ], [64, 64, 10]];
  for (const [m, k, n] of sizes) {
    const [a, b] = [randn([m, k]), randn([k, n])];
    const convert = (ms: number): number => 2 * m * k * n / ms / 1e6;
    report(
      measure(
        { name: `matmul ${m}x${k}x${n}`, unit: "GFLOP/s", convert },
        quietly(() => a.matmul(b)),
      ),
    );
  }
}

function elementwise(): void {
  const [x, y] = [randn([1000, 1000]), randn([1000, 1000])];
  const cases: Record<string, () => Tensor> = {
    add: () => x.add(y),
    relu: () => x.relu(),
    exp: () => x.exp(),
    tanh: () => x.tanh(),
    sigmoid: () => x.sigmoid(),
    "sum of rows": () => x.sum(1),
    softmax: () => x.softmax(1),
  };
  for (const [name, work] of Object.entries(cases)) {
    report(measure({ name: `${name}, 1,000,000 values`, unit: "ms" }, quietly(work)));
  }
}

function overhead(): void {
  const [x, y] = [randn([10], { requiresGrad: true }), randn([10])];
  const convert = (ms: number): number => ms * 1000;
  report(measure({ name: "one op on 10 values, recorded", unit: "µs", convert }, () => x.mul(y)));
}

/** The network that the README trains. */
function mlp(): nn.Module {
  return new nn.Sequential(
    new nn.Linear(784, 128),
    new nn.ReLU(),
    new nn.Linear(128, 64),
    new nn.ReLU(),
    new nn.Linear(64, 10),
  );
}

function cnn(): nn.Module {
  return new nn.Sequential(
    new nn.Conv2d(1, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(32, 64, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(3136, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );
}

function stepper(model: nn.Module): (x: Tensor, y: Tensor) => void {
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
  return (x, y) => {
    optimizer.zeroGrad();
    criterion(model(x), y).backward();
    optimizer.step();
  };
}

function training(): void {
  const images = randint(0, 256, { shape: [60000, 784], dtype: "uint8" }).div(255);
  const labels = randint(0, 10, { shape: [60000] });
  const loader = new DataLoader(new TensorDataset(images, labels), {
    batchSize: 64,
    shuffle: true,
  });
  const step = stepper(mlp());
  const seconds = (ms: number): number => ms / 1000;
  report(
    measure({ name: "MLP, epoch of 60,000 images", unit: "s", convert: seconds, runs: 3 }, () => {
      for (const [x, y] of loader) step(x, y);
    }),
  );
  const [x, y] = [randn([32, 1, 28, 28]), randint(0, 10, { shape: [32] })];
  const convolve = stepper(cnn());
  report(measure({ name: "CNN, step of 32 images", unit: "ms" }, () => convolve(x, y)));
}

manualSeed(0);
products();
elementwise();
overhead();
training();
if (asJson) console.log(JSON.stringify(results, null, 2));
