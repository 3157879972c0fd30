/**
 * The networks of the programs that learn digits, on one process and on several.
 *
 * @module
 */

import type { Tensor } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";

/** Three fully connected layers, which read an image as one row of 784 numbers: 109,386 parameters. */
class MLP extends nn.Module {
  fc1 = new nn.Linear(784, 128);
  fc2 = new nn.Linear(128, 64);
  fc3 = new nn.Linear(64, 10);
  relu = new nn.ReLU();

  override forward(x: Tensor): Tensor {
    x = this.relu(this.fc1(x.flatten(1)));
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

/** Returns a new network for images `[n, 1, 28, 28]` of ten classes. */
export function makeNetwork(name: "mlp" | "cnn"): nn.Layer {
  return name === "mlp" ? new MLP() : new CNN();
}
