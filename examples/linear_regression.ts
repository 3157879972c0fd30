/**
 * Fits a straight line to noisy points, and keeps the model that is best on points set aside.
 *
 *     deno run examples/linear_regression.ts
 *     bun examples/linear_regression.ts
 *
 * @module
 */

import { manualSeed, noGrad, rand, randn } from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { DataLoader, randomSplit, TensorDataset } from "../src/utils/data/mod.ts";
import { readArguments } from "./support/program.ts";

readArguments("Fits a straight line to noisy points.", {});
manualSeed(0);

// y = 2 x + 1, and some noise
const x = rand([1000, 1]);
const y = x.mul(2).add(1).add(randn([1000, 1]).mul(0.1));
const [train, validation, test] = randomSplit(new TensorDataset(x, y), [0.7, 0.15, 0.15]);
const trainLoader = new DataLoader(train, { batchSize: 32, shuffle: true });

const model = new nn.Linear(1, 1);
const criterion = new nn.MSELoss();
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });

function evaluate(model: nn.Linear, set: typeof test): number {
  const loader = new DataLoader(set, { batchSize: 32 });
  let loss = 0;
  noGrad(() => {
    for (const [inputs, targets] of loader) loss += criterion(model(inputs), targets).item();
  });
  return loss / loader.length;
}

const epochs = 200;
let best = { loss: Infinity, model };
for (let epoch = 1; epoch <= epochs; epoch++) {
  let loss = 0;
  for (const [inputs, targets] of trainLoader) {
    optimizer.zeroGrad();
    const error = criterion(model(inputs), targets);
    error.backward();
    optimizer.step();
    loss += error.item();
  }
  const found = evaluate(model, validation);
  if (found < best.loss) best = { loss: found, model: model.clone() };
  if (epoch % 20 === 0) {
    const mean = loss / trainLoader.length;
    console.log(
      `epoch ${epoch}/${epochs}  loss ${mean.toFixed(4)}  validation ${found.toFixed(4)}`,
    );
  }
}

const { weight, bias } = best.model;
console.log(`y = ${weight.item().toFixed(2)} x + ${bias!.item().toFixed(2)}`);
console.log(`test loss: ${evaluate(best.model, test).toFixed(4)}`);
