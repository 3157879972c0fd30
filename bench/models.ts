/**
 * The networks and training loops that are measured, written as their users write them.
 *
 * @module
 */

import { manualSeed, ones, randint, randn, type Tensor, zeros } from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { DataLoader } from "../src/utils/data/mod.ts";
import { datasets, transforms } from "../vision/mod.ts";

/** One step of training on a batch. */
export type Step = (x: Tensor, y: Tensor) => void;

/** Three fully connected layers. */
export function mlp(): nn.Module {
  return new nn.Sequential(
    new nn.Linear(784, 128),
    new nn.ReLU(),
    new nn.Linear(128, 64),
    new nn.ReLU(),
    new nn.Linear(64, 10),
  );
}

/** Two convolutions and two fully connected layers. */
export function cnn(): nn.Module {
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

class LayerNorm extends nn.Module {
  weight: nn.Parameter;
  bias: nn.Parameter;

  constructor(size: number) {
    super();
    this.weight = new nn.Parameter(ones([size]));
    this.bias = new nn.Parameter(zeros([size]));
  }

  override forward(x: Tensor): Tensor {
    const centred = x.sub(x.mean({ axis: -1, keepDims: true }));
    const variance = centred.square().mean({ axis: -1, keepDims: true });
    return centred.div(variance.add(1e-5).sqrt()).mul(this.weight).add(this.bias);
  }
}

/** Attention and a feed-forward network, each added to its input and normalized. */
class EncoderLayer extends nn.Module {
  readonly heads: number;
  qkv: nn.Linear;
  out: nn.Linear;
  linear1: nn.Linear;
  linear2: nn.Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;

  constructor(size: number, heads: number, hidden: number) {
    super();
    this.heads = heads;
    this.qkv = new nn.Linear(size, 3 * size);
    this.out = new nn.Linear(size, size);
    this.linear1 = new nn.Linear(size, hidden);
    this.linear2 = new nn.Linear(hidden, size);
    this.norm1 = new LayerNorm(size);
    this.norm2 = new LayerNorm(size);
  }

  override forward(x: Tensor): Tensor {
    x = this.norm1(x.add(this.attend(x)));
    return this.norm2(x.add(this.linear2(this.linear1(x).relu())));
  }

  attend(x: Tensor): Tensor {
    const [batch, tokens, size] = x.shape;
    const each = size / this.heads;
    const split = this.qkv(x).reshape(batch, tokens, 3, this.heads, each).permute(2, 0, 3, 1, 4);
    const [q, k, v] = [split.at(0), split.at(1), split.at(2)];
    const weights = q.matmul(k.transpose(-2, -1)).mul(1 / Math.sqrt(each)).softmax(-1);
    return this.out(weights.matmul(v).transpose(1, 2).reshape(batch, tokens, size));
  }
}

/** Two layers of a transformer's encoder. */
export function transformer(): nn.Module {
  return new nn.Sequential(new EncoderLayer(128, 4, 512), new EncoderLayer(128, 4, 512));
}

/** Training of a classifier. */
export function classifierStep(model: nn.Module): Step {
  const criterion = new nn.CrossEntropyLoss();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
  return (x, y) => {
    optimizer.zeroGrad();
    const loss = criterion(model(x), y);
    loss.backward();
    optimizer.step();
  };
}

/** Images of random bytes, of the shape of Fashion-MNIST's, as a data set of torchvision's kind. */
export function images(count: number): datasets.ImageDataset {
  return new datasets.ImageDataset({
    data: randint(0, 256, { shape: [count, 28, 28], dtype: "uint8" }),
    targets: randint(0, 10, { shape: [count], dtype: "int32" }),
    classes: Array.from({ length: 10 }, (_, i) => `${i}`),
    transform: new transforms.Compose([new transforms.ToTensor(), new transforms.Flatten()]),
  });
}

/** An epoch of the MLP over 60,000 images: load, gather, train. */
export function mlpEpoch(): () => void {
  manualSeed(0);
  const loader = new DataLoader(images(60_000), { batchSize: 64, shuffle: true });
  const step = classifierStep(mlp());
  return () => {
    for (const [x, y] of loader) step(x, y);
  };
}

/** A step of the CNN on 32 images. */
export function cnnStep(): () => void {
  manualSeed(0);
  const [x, y] = [randn([32, 1, 28, 28]), randint(0, 10, { shape: [32], dtype: "int32" })];
  const step = classifierStep(cnn());
  return () => step(x, y);
}

/** A step of the transformer on 16 sequences of 64 tokens, towards outputs of mean square 0. */
export function transformerStep(): () => void {
  manualSeed(0);
  const model = transformer();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
  const x = randn([16, 64, 128]);
  return () => {
    optimizer.zeroGrad();
    const output = model(x) as Tensor;
    output.square().mean().backward();
    optimizer.step();
  };
}
