/**
 * A tour: tensors in float64, a small network, saving and loading, and
 * the training loop.
 *
 *     deno run --allow-read=. --allow-write=. examples/tour.ts
 *     bun examples/tour.ts
 *
 * @module
 */

import { linspace, manualSeed, setDefaultDtype, tensor } from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { readArguments } from "./support/program.ts";

const { save } = readArguments("A tour: tensors, a network, the training loop, and files.", {
  save: ["square.safetensors", "the file of the network"],
});
setDefaultDtype("float64");
manualSeed(0);

// Tensors: those with requiresGrad keep their gradients.
const data1 = tensor([1, 2, 3], { requiresGrad: true });
const data2 = tensor([2, 3, 4], { requiresGrad: true });
const data3 = data1.add(data2);
const data4 = data1.mul(data3);
const data5 = data1.matmul(data2);
console.log("sum:", data4.sum().item(), " mean:", data4.mean().item(), " product:", data5.item());
data4.sum().add(data5).backward();
console.log("gradient of data1:", data1.grad);
console.log("gradient of data2:", data2.grad);

// Neural networks
const build = () => new nn.Sequential(new nn.Linear(1, 12), new nn.ReLU(), new nn.Linear(12, 1));
const model = build();
console.log(model);

// The training loop: y = x² on [-1, 1]
const x = linspace(-1, 1, { steps: 64 }).reshape(64, 1);
const y = x.square();
const lossFunction = new nn.MSELoss();
const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
for (let epoch = 1; epoch <= 1000; epoch++) {
  const loss = lossFunction(model(x), y);
  model.zeroGrad();
  loss.backward();
  optimizer.step();
  if (epoch % 200 === 0) console.log(`epoch ${epoch}  loss ${loss.item().toFixed(6)}`);
}

// Saving and loading
nn.save(model, save);
const copy = build();
nn.load(copy, save);
const half = tensor([[0.5]]);
console.log(`0.5² ≈ ${copy(half).item().toFixed(3)}, from the file as from the model:`);
console.log(copy(half).item() === model(half).item());
