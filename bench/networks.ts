/**
 * The measured networks.
 *
 * @module
 */

import * as nn from "../src/nn/mod.ts";

/** Two fully connected layers for the exclusive or: the smallest network that one trains. */
export function xor(): nn.Layer {
  return new nn.Sequential(new nn.Linear(2, 16), new nn.Tanh(), new nn.Linear(16, 1));
}

/** Three fully connected layers. */
export function mlp(): nn.Layer {
  return new nn.Sequential(
    new nn.Linear(784, 128),
    new nn.ReLU(),
    new nn.Linear(128, 64),
    new nn.ReLU(),
    new nn.Linear(64, 10),
  );
}

/** Two convolutions and two fully connected layers. */
export function cnn(): nn.Layer {
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

/** Two layers of a transformer's encoder. */
export function transformer(): nn.Layer {
  const options = { dimFeedforward: 512, dropout: 0, batchFirst: true };
  return new nn.Sequential(
    new nn.TransformerEncoderLayer(128, 4, options),
    new nn.TransformerEncoderLayer(128, 4, options),
  );
}
