/**
 * A network learns a number from the columns of a CSV file, stops when it no longer improves on rows
 * that were set aside, and the best model is kept.
 *
 *     deno run --allow-read examples/csv_regression.ts --help
 *     bun examples/csv_regression.ts --file houses.csv --target price
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { Generator, manualSeed, noGrad, type Tensor } from "../mod.ts";
import { MeanMetric } from "../src/metrics/mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { CSVDataset, DataLoader, randomSplit } from "../src/utils/data/mod.ts";
import { EarlyStopping } from "../src/utils/mod.ts";
import { runProgram } from "./support/program.ts";

/** Makes a file of flats: their rents depend on the others, and a few floors are missing. */
export function makeFile(rows: number): string {
  const random = new Float64Array(rows * 4);
  new Generator(0).uniform(random);
  const lines = Array.from({ length: rows }, (_, i) => {
    const [a, b, c, d] = random.subarray(4 * i);
    const [size, floor, city] = [20 + 100 * a, Math.floor(6 * b), Math.floor(3 * c)];
    const rent = size * [24, 15, 12][city] + 20 * floor + 50 * d;
    const cells = [size.toFixed(1), d < 0.03 ? "" : floor, ["Bern", "Lyon", "Ulm"][city]];
    return [...cells, rent.toFixed(2)].join(",");
  });
  return `size,floor,city,rent\n${lines.join("\n")}\n`;
}

/** Trains on a file; returns the best model, and the root of its mean squared error. */
export async function train(text: string, target: string, print: (line: string) => void) {
  manualSeed(0);
  const set = await CSVDataset.parse(text, { target, missing: "impute" });
  const [trainSet, validationSet] = randomSplit(set, [0.8, 0.2]);
  set.standardize(trainSet.indices); // by the rows that are trained on, alone
  const loader = new DataLoader(trainSet, { batchSize: 32, shuffle: true });
  const validation = new DataLoader(validationSet, { batchSize: 256 });
  const scale = Math.max(...trainSet.indices.map((i) => Math.abs(set.get(i)[1].item())));
  const hidden = new nn.Linear(set.featureNames.length, 64);
  const model = new nn.Sequential(hidden, new nn.ReLU(), new nn.Linear(64, 1), new nn.Flatten(0));
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const errorOf = (x: Tensor, y: Tensor) => nn.functional.mseLoss(model(x), y.div(scale));
  const stopping = new EarlyStopping({ patience: 20 });
  let [best, isOver] = [model, false];
  for (let epoch = 1; epoch <= 500 && !isOver; epoch++) {
    for (const [x, y] of loader) {
      optimizer.zeroGrad();
      errorOf(x, y).backward();
      optimizer.step();
    }
    const mean = new MeanMetric();
    noGrad(() => {
      for (const [x, y] of validation) mean.update(errorOf(x, y).item(), y.numel());
    });
    const error = scale * Math.sqrt(mean.compute());
    isOver = stopping.step(error);
    if (stopping.isBest) best = model.clone();
    if (isOver || epoch % 10 === 0) print(`epoch ${epoch}  error ${error.toFixed(2)}`);
  }
  return { best, error: stopping.best };
}

if (import.meta.main) {
  await runProgram("A network learns a number from the columns of a CSV file.", {
    file: [undefined, "the file; by default one is made up"],
    target: ["rent", "the column to learn"],
  }, async ({ file, target }) => {
    const text = file === undefined ? makeFile(500) : readFileSync(file, "utf8");
    const { error } = await train(text, target, console.log);
    console.log(`the best model is off by ${error.toFixed(2)}, by the root of the mean square`);
  });
}
