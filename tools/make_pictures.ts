/**
 * Draws the pictures of `docs/seeing.md`: the graphs of four models, plots of two that learn, and the
 * inside of one that learned to read digits. `tools/record.ts` makes the recording of a terminal.
 *
 * Run with `deno run --allow-read --allow-write=docs tools/make_pictures.ts`.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import {
  cat,
  manualSeed,
  noGrad,
  ones,
  rand,
  randn,
  stack,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";
import { ConfusionMatrix, MeanMetric } from "../src/metrics/mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { DataLoader } from "../src/utils/data/mod.ts";
import { explain, type Explanation, named } from "../src/utils/explain/mod.ts";
import {
  activationImage,
  confusionImage,
  filterImage,
  saveImage,
} from "../src/utils/images/mod.ts";
import * as plots from "../src/utils/plots/mod.ts";
import { datasets, transforms } from "../vision/mod.ts";

class MLP extends nn.Module {
  fc1 = new nn.Linear(784, 128);
  fc2 = new nn.Linear(128, 10);
  relu = new nn.ReLU();

  override forward(x: Tensor): Tensor {
    return this.fc2(this.relu(this.fc1(x)));
  }
}

class ResidualBlock extends nn.Module {
  conv1 = new nn.Conv2d(16, 32, 3, { stride: 2, padding: 1, bias: false });
  bn1 = new nn.BatchNorm2d(32);
  conv2 = new nn.Conv2d(32, 32, 3, { padding: 1, bias: false });
  bn2 = new nn.BatchNorm2d(32);
  relu = new nn.ReLU();
  shortcut = new nn.Conv2d(16, 32, 1, { stride: 2, bias: false });

  override forward(x: Tensor): Tensor {
    let y = this.relu(this.bn1(this.conv1(x)));
    y = this.bn2(this.conv2(y));
    return this.relu(y.add(this.shortcut(x)));
  }
}

function neuron(): Explanation {
  const w = tensor([0.5, -1], { requiresGrad: true });
  const b = tensor(0.25, { requiresGrad: true });
  const x = tensor([3, 2]);
  const y = named("y", w.mul(x).sum().add(b).tanh());
  const loss = named("loss", y.sub(1).square());
  loss.backward();
  return explain(loss, { names: { w, b, x } });
}

function mlp(): Explanation {
  const model = new MLP();
  const labels = named("labels", tensor([3, 1], { dtype: "int32" }));
  const output = model(named("images", randn([2, 784])));
  return explain(named("loss", new nn.CrossEntropyLoss()(output, labels)), { names: model });
}

function residualBlock(): Explanation {
  const model = new ResidualBlock();
  const output = model(named("x", randn([8, 16, 28, 28])));
  return explain(named("loss", output.mean()), { names: model, depth: 1 });
}

function transformer(): Explanation {
  const model = new nn.TransformerEncoderLayer(32, 4, { dimFeedforward: 64 });
  const output = model(named("x", randn([7, 2, 32])));
  return explain(named("loss", output.mean()), { names: model });
}

/** Plots of how a network learns to tell two spirals apart. */
async function spirals(): Promise<void> {
  const [angle, noise] = [rand([150]).sqrt().mul(9), randn([150, 2]).mul(0.12)];
  const arm = stack([angle.cos().mul(angle), angle.sin().mul(angle)], { axis: 1 }).div(3).add(
    noise,
  );
  const points = cat([arm, arm.neg()]);
  const labels = cat([zeros([150, 1]), ones([150, 1])]);
  const model = new nn.Sequential(
    ...[new nn.Linear(2, 32), new nn.Tanh(), new nn.Linear(32, 32), new nn.Tanh()],
    new nn.Linear(32, 1),
  );
  const criterion = new nn.BCEWithLogitsLoss();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  for (let step = 0; step < 600; step++) {
    optimizer.zeroGrad();
    criterion(model(points), labels).backward();
    optimizer.step();
  }
  const boundary = await plots.decisionBoundary(model, points, labels.flatten(), {
    title: "Two spirals after 600 steps",
    height: 400,
  });
  boundary.save("docs/pictures/boundary.svg");
}

/** Trains a convolutional network on digits, and shows how it learns, what it sees and what it mistakes. */
async function digits(): Promise<void> {
  const transform = new transforms.ToTensor();
  const trainSet = await datasets.MNISTSample.load({ transform });
  const testSet = await datasets.MNISTSample.load({ train: false, transform });
  const conv = new nn.Conv2d(1, 16, 5);
  const model = new nn.Sequential(
    ...[conv, new nn.ReLU(), new nn.MaxPool2d(2), new nn.Flatten(), new nn.Linear(16 * 144, 10)],
  );
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.003 });
  const before = conv.weight.clone();
  const train: number[] = [];
  const test: [step: number, loss: number][] = [];
  for (let epoch = 0; epoch < 3; epoch++) {
    for (const [images, labels] of new DataLoader(trainSet, { batchSize: 64, shuffle: true })) {
      optimizer.zeroGrad();
      const loss = criterion(model(images), labels);
      loss.backward();
      optimizer.step();
      train.push(loss.item());
    }
    const mean = new MeanMetric();
    noGrad(() => {
      for (const [images, labels] of new DataLoader(testSet, { batchSize: 500 })) {
        mean.update(criterion(model(images), labels), labels.shape[0]);
      }
    });
    test.push([train.length - 1, mean.compute()]);
  }
  const curve = await plots.line({ train, test }, {
    title: "A network learns to read digits",
    xLabel: "step",
    yLabel: "loss",
    yScale: "log",
  });
  curve.save("docs/pictures/curve.svg");
  const weights = await plots.histogram({ before, after: conv.weight }, {
    title: "Weights of the first layer",
    xLabel: "weight",
  });
  weights.save("docs/pictures/weights.svg");
  const confusion = new ConfusionMatrix(10);
  noGrad(() => {
    let isFirst = true;
    for (const [images, labels] of new DataLoader(testSet, { batchSize: 64 })) {
      confusion.update(model(images), labels);
      if (!isFirst) continue;
      isFirst = false;
      saveImage(images.narrow(0, 0, 24), "docs/pictures/digits.png", { nrow: 8 });
      const seen = conv(images.narrow(0, 0, 1)).relu();
      saveImage(activationImage(seen, { nrow: 8, scale: 2 }), "docs/pictures/activations.png");
    }
  });
  const [images] = testSet.getBatch([3]);
  const probabilities = noGrad(() => model(images).softmax(1).at(0));
  const bars = await plots.bars(probabilities, { title: "What is it?", xLabel: "probability" });
  bars.save("docs/pictures/probabilities.svg");
  saveImage(filterImage(conv, { nrow: 8, scale: 10 }), "docs/pictures/filters.png");
  saveImage(confusionImage(confusion.compute()), "docs/pictures/confusion.png");
}

manualSeed(0);
mkdirSync("docs/pictures", { recursive: true });
for (
  const [name, graph] of Object.entries({
    neuron: neuron(),
    mlp: mlp(),
    residual_block: residualBlock(),
    transformer_layer: transformer(),
  })
) {
  writeFileSync(`docs/pictures/${name}.svg`, await graph.toSVG());
  console.log(`docs/pictures/${name}.svg`);
}
await digits();
await spirals();
