/**
 * A variational autoencoder (Kingma and Welling, 2014) learns to draw digits.
 *
 *     deno run --allow-read examples/vae.ts --help
 *     bun examples/vae.ts --epochs 5
 *
 * @module
 */

import { manualSeed, noGrad, setKernels, type Tensor } from "../mod.ts";
import { klDivergence, Normal } from "../src/distributions/mod.ts";
import { MeanMetric } from "../src/metrics/mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { DataLoader } from "../src/utils/data/mod.ts";
import { datasets, transforms } from "../vision/mod.ts";
import { KERNELS, runProgram } from "./support/program.ts";

/** Size of the codes. */
const SIZE = 16;

/** Pixels [n, 784] → a distribution over codes [n, size] → logits of pixels. */
export class VAE extends nn.Module {
  encoder = new nn.Sequential(new nn.Linear(784, 256), new nn.ReLU(), new nn.Linear(256, 2 * SIZE));
  decoder = new nn.Sequential(new nn.Linear(SIZE, 256), new nn.ReLU(), new nn.Linear(256, 784));

  /** Returns the negative evidence lower bound of each image. */
  override forward(images: Tensor): Tensor {
    const [mean, logScale] = this.encoder(images).chunk(2, 1);
    const posterior = new Normal(mean, logScale.exp());
    const logits = this.decoder(posterior.rsample());
    const options = { reduction: "none" } as const;
    const error = nn.functional.binaryCrossEntropyWithLogits(logits, images, options).sum(1);
    return error.add(klDivergence(posterior, new Normal(0, 1)).sum(1));
  }

  /** Draws an image, as lines of text. */
  draw(): string {
    const pixels = noGrad(() => this.decoder(new Normal(0, 1).sample([SIZE])).sigmoid());
    const rows = pixels.reshape(28, 28).mul(4.99).to("int32").toArray() as number[][];
    return rows.map((row) => row.map((shade) => " ░▒▓█"[shade].repeat(2)).join("")).join("\n");
  }
}

/** Trains on the digits that come with the library, and returns the model. */
export async function train(epochs: number, print: (line: string) => void): Promise<VAE> {
  manualSeed(0);
  const transform = new transforms.Compose([new transforms.ToTensor(), new transforms.Flatten()]);
  const digits = await datasets.MNISTSample.load({ train: true, transform });
  const loader = new DataLoader(digits, { batchSize: 128, shuffle: true });
  const model = new VAE();
  const optimizer = new optim.Adam(model.parameters(), { lr: 2e-3 });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const bound = new MeanMetric();
    for (const [images] of loader) {
      optimizer.zeroGrad();
      const loss = model(images).mean();
      loss.backward();
      optimizer.step();
      bound.update(loss.item(), images.size(0));
    }
    print(`epoch ${epoch}  nats per image ${bound.compute().toFixed(2)}`);
  }
  return model;
}

if (import.meta.main) {
  await runProgram("A variational autoencoder learns to draw digits.", {
    epochs: [10, "passes over the training images"],
    kernels: KERNELS,
  }, async ({ epochs, kernels }) => {
    setKernels(kernels);
    console.log((await train(epochs, console.log)).draw());
  });
}
