/**
 * Trains on your own data: stops when the loss no longer falls, resumes where it was interrupted (try
 * Ctrl-C), and classifies one point at the end.
 *
 *     deno run --allow-read=. --allow-write=. examples/own_data.ts
 *     bun examples/own_data.ts
 *
 * @module
 */

import { existsSync, rmSync } from "node:fs";
import { defaultGenerator, manualSeed, noGrad, type Tensor, tensor } from "../mod.ts";
import { Accuracy, MeanMetric } from "../src/metrics/mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import * as checkpoint from "../src/utils/checkpoint.ts";
import { DataLoader, type Dataset, randomSplit } from "../src/utils/data/mod.ts";
import { runProgram } from "./support/program.ts";

/** Makes points of two interleaved spirals, as lines of a file: `x,y,name`. */
function makeFile(points: number): string {
  const lines = Array.from({ length: points }, (_, i) => {
    const [name, start] = i % 2 === 0 ? ["inner", 0] : ["outer", Math.PI];
    const radius = 0.1 + 0.9 * i / points;
    const angle = start + 2 * Math.PI * radius;
    return `${radius * Math.cos(angle)},${radius * Math.sin(angle)},${name}`;
  });
  return lines.join("\n");
}

const NAMES = ["inner", "outer"];

/** A data set has a length and a sample for each index: here a point and the index of its name. */
class Points implements Dataset<[point: Tensor, name: number]> {
  readonly #rows: readonly string[][];

  /** @param text the text of a file, as `readFileSync(path, "utf8")` returns it */
  constructor(text: string) {
    this.#rows = text.trim().split("\n").map((line) => line.split(","));
  }

  get length(): number {
    return this.#rows.length;
  }

  get(index: number): [point: Tensor, name: number] {
    const [x, y, name] = this.#rows[index];
    return [tensor([Number(x), Number(y)]), NAMES.indexOf(name)];
  }
}

type Batches = DataLoader<[Tensor, number], [Tensor, Tensor]>;

/** Files of a run, and the conditions that end it. */
export interface RunOptions {
  /** Checkpoint to resume from; removed when the run is over. */
  readonly path: string;
  /** File of the best model. */
  readonly bestPath: string;
  /** Largest number of epochs. */
  readonly epochs: number;
  /** Number of epochs without progress after which the run stops. */
  readonly patience: number;
  /** Called after each epoch is saved. */
  readonly onEpoch: (line: string) => void;
}

/** Trains a model, and returns it as it was in its best epoch. */
export function run({ path, bestPath, epochs, patience, onEpoch }: RunOptions): nn.Layer {
  manualSeed(0);
  const [train, validation] = randomSplit(new Points(makeFile(400)), [0.8, 0.2]);
  const trainLoader: Batches = new DataLoader(train, { batchSize: 32, shuffle: true });
  const validationLoader: Batches = new DataLoader(validation, { batchSize: 100 });

  const model = new nn.Sequential(
    new nn.Linear(2, 64),
    new nn.ReLU(),
    new nn.Linear(64, 64),
    new nn.ReLU(),
    new nn.Linear(64, NAMES.length),
  );
  const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });
  const schedule = new optim.ReduceLROnPlateau(optimizer, { patience: 10 });
  let [epoch, best, bestEpoch] = [0, Infinity, 0];

  const snapshot = () => ({
    model: model.stateDict(),
    optimizer: optimizer.stateDict(),
    schedule: schedule.stateDict(),
    generator: defaultGenerator.getState(),
    progress: [epoch, best, bestEpoch],
  });
  if (existsSync(path)) {
    const saved = checkpoint.load<ReturnType<typeof snapshot>>(path);
    model.loadStateDict(saved.model);
    optimizer.loadStateDict(saved.optimizer);
    schedule.loadStateDict(saved.schedule);
    defaultGenerator.setState(saved.generator);
    [epoch, best, bestEpoch] = saved.progress;
  }

  while (epoch < epochs && epoch - bestEpoch < patience) {
    epoch++;
    const loss = trainEpoch(model, trainLoader, optimizer);
    const found = evaluate(model, validationLoader);
    schedule.step(found.loss);
    if (found.loss < best) {
      [best, bestEpoch] = [found.loss, epoch];
      nn.save(model, bestPath);
    }
    checkpoint.save(snapshot(), path);
    const share = (100 * found.accuracy).toFixed(1);
    onEpoch(
      `epoch ${epoch}  loss ${loss.toFixed(4)}  validation ${
        found.loss.toFixed(4)
      }  right ${share} %`,
    );
  }
  rmSync(path, { force: true });
  nn.load(model, bestPath);
  return model.eval();
}

/** Makes one pass over the training points; returns the mean loss. */
function trainEpoch(model: nn.Layer, loader: Batches, optimizer: optim.Optimizer): number {
  const criterion = new nn.CrossEntropyLoss();
  let total = 0;
  model.train();
  for (const [points, names] of loader) {
    optimizer.zeroGrad();
    const loss = criterion(model(points), names);
    loss.backward();
    optimizer.step();
    total += loss.item();
  }
  return total / loader.length;
}

/** Returns the mean loss and the accuracy on points that were set aside. */
function evaluate(model: nn.Layer, loader: Batches): { loss: number; accuracy: number } {
  const criterion = new nn.CrossEntropyLoss();
  const [loss, accuracy] = [new MeanMetric(), new Accuracy()];
  model.eval();
  noGrad(() => {
    for (const [points, names] of loader) {
      const output = model(points);
      loss.update(criterion(output, names), names.numel());
      accuracy.update(output, names);
    }
  });
  return { loss: loss.compute(), accuracy: accuracy.compute() };
}

/** Classifies one point: the name, and its probability. */
export function predict(model: nn.Layer, point: readonly number[]): string {
  const chances = noGrad(() => model(tensor([point])).softmax(1).at(0));
  const name = chances.argmax().item();
  return `${NAMES[name]} (${(100 * chances.at(name).item()).toFixed(1)} %)`;
}

if (import.meta.main) {
  await runProgram("Learns to tell two spirals apart, and goes on where it was interrupted.", {
    save: ["spirals.best.safetensors", "the file of the best model"],
  }, ({ save }) => {
    const model = run({
      path: "spirals.run.safetensors",
      bestPath: save,
      epochs: 300,
      patience: 20,
      onEpoch: console.log,
    });
    console.log(`[0.1, 0.25] is ${predict(model, [0.1, 0.25])}`);
  });
}
