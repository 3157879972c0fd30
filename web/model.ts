/**
 * The two networks of the page, and one step of their training.
 *
 * @module
 */

import type { Tensor } from "../mod.ts";
// Layers come from their own files: `nn/mod.ts` would bring all the others into the page, too.
import { Conv2d } from "../src/nn/layers/conv.ts";
import { Linear } from "../src/nn/layers/linear.ts";
import { maxPool2d } from "../src/nn/layers/pooling.ts";
import { crossEntropy } from "../src/nn/losses/classification.ts";
import { Module } from "../src/nn/module.ts";
import { Adam } from "../src/optim/adam.ts";
import type { Kind } from "./messages.ts";
import type { Tile } from "./tiles.ts";

/** Gets the result of each layer, after its activation function. */
export type See = (layer: string, result: Tensor) => void;

/** A network for images `[n, 1, 28, 28]`, with results `[n, 10]`. */
export interface Network extends Module {
  /** Computes the results, and shows those of each layer to `see`. */
  forward(images: Tensor, see?: See): Tensor;
}

/** Three fully connected layers: 52,650 parameters. */
export class MLP extends Module {
  fc1 = new Linear(784, 64);
  fc2 = new Linear(64, 32);
  fc3 = new Linear(32, 10);

  override forward(x: Tensor, see: See = () => {}): Tensor {
    x = this.fc1(x.flatten(1)).relu();
    see("fc1", x);
    x = this.fc2(x).relu();
    see("fc2", x);
    return this.fc3(x);
  }
}

/** Two convolutions and a fully connected layer: 11,274 parameters. */
export class CNN extends Module {
  conv1 = new Conv2d(1, 8, 5, { padding: 2 });
  conv2 = new Conv2d(8, 16, 5, { padding: 2 });
  fc = new Linear(784, 10);

  override forward(x: Tensor, see: See = () => {}): Tensor {
    x = this.conv1(x).relu();
    see("conv1", x);
    x = this.conv2(maxPool2d(x, 2)).relu();
    see("conv2", x);
    return this.fc(maxPool2d(x, 2).flatten(1));
  }
}

/** The classes of the networks. */
export const NETWORKS: Readonly<Record<Kind, new () => Network>> = { mlp: MLP, cnn: CNN };

/** The pictures of a layer. */
interface LayerPictures {
  /** The size of the tiles that show its weights: as many numbers as a neuron looks at. */
  readonly tile: Tile;
  /** Tiles in a row, of its weights and of its results. */
  readonly columns: readonly [weights: number, results: number];
}

/** The layers of both networks, as the page shows them. */
export const PICTURES: Readonly<Record<string, LayerPictures>> = {
  conv1: { tile: [5, 5], columns: [8, 4] },
  conv2: { tile: [5, 5], columns: [16, 8] },
  fc: { tile: [7, 7], columns: [16, 0] },
  fc1: { tile: [28, 28], columns: [8, 16] },
  fc2: { tile: [8, 8], columns: [8, 16] },
  fc3: { tile: [4, 8], columns: [5, 0] },
};

/** Images in a step. */
export const BATCH_SIZE = 32;

/** Returns the optimizer that trains a network here. */
export function makeOptimizer(network: Network): Adam {
  return new Adam(network.parameters(), { lr: 0.002 });
}

/** Takes one step of training, and returns the loss before it. */
export function step(network: Network, optimizer: Adam, images: Tensor, labels: Tensor): number {
  optimizer.zeroGrad();
  const loss = crossEntropy(network(images), labels);
  loss.backward();
  optimizer.step();
  return loss.item();
}
