/**
 * The worker of the page: it holds the network, trains it, and asks it about drawings.
 *
 * @module
 */

import { getNumThreads, noGrad, type Tensor, tensor } from "../mod.ts";
import type { Adam } from "../src/optim/adam.ts";
import { DataLoader } from "../src/utils/data/loader.ts";
import { deserialize, serialize } from "../src/utils/safetensors/serialize.ts";
import { MNISTSample } from "../vision/datasets/mnist.ts";
import { ToTensor } from "../vision/transforms/to_tensor.ts";
import { SIDE } from "./digit.ts";
import type { Kind, Reply, Request } from "./messages.ts";
import { BATCH_SIZE, makeOptimizer, type Network, NETWORKS, PICTURES, step } from "./model.ts";
import { paintTiles } from "./tiles.ts";

/** Milliseconds of training between two looks at the messages of the page. */
const SLICE = 30;

/** Milliseconds between two pictures of the weights. */
const WEIGHTS_EVERY = 200;

/** The network that was chosen last; its weights may still be on the way. */
let wanted: Kind;
let kind: Kind;
let network: Network;
let optimizer: Adam;
let drawing: Float32Array = new Float32Array(SIDE * SIDE);
/** Changes when training starts or stops; a loop that sees another number than its own ends. */
let run = 0;

function send(reply: Reply): void {
  postMessage(reply);
}

/** Puts a network in place, with the weights of a safetensors file or with random ones. */
function place(chosen: Kind, weights?: ReadonlyMap<string, Tensor>): void {
  const placed = new NETWORKS[chosen]();
  if (weights !== undefined) placed.loadStateDict(weights);
  pause();
  [kind, network, optimizer] = [chosen, placed, makeOptimizer(placed)];
  let parameters = 0;
  for (const parameter of network.parameters()) parameters += parameter.numel();
  send({ type: "network", kind, parameters, threads: getNumThreads() });
  look({ atWeights: true });
}

/** Sends the network's opinion about the drawing, and its weights if they have changed. */
function look({ atWeights = false } = {}): void {
  const activations = new Map<string, ImageData>();
  const probabilities = noGrad(() => {
    const image = tensor(drawing).reshape(1, 1, SIDE, SIDE);
    const results = network.forward(
      image,
      (layer, { data, shape: [, , height = 1, width = 1] }) => {
        activations.set(layer, paintTiles(data, [height, width], PICTURES[layer].columns[1]));
      },
    );
    return [...results.softmax(1).data];
  });
  send({ type: "opinion", probabilities, activations });
  if (!atWeights) return;
  const pictures = new Map<string, ImageData>();
  for (const [name, { data }] of network.stateDict()) {
    const [layer, part] = name.split(".");
    const { tile, columns } = PICTURES[layer];
    if (part === "weight") pictures.set(layer, paintTiles(data, tile, columns[0]));
  }
  send({ type: "weights", pictures });
}

/** Reads the digits that come with the library, once they are needed. */
function loadDigits(train: boolean): Promise<MNISTSample> {
  const root = new URL("data", location.href);
  return MNISTSample.load({ root, train, transform: new ToTensor() });
}

let digits: [train: MNISTSample, test: MNISTSample] | undefined;

/** Trains until the next {@link pause}; every few steps, other messages get their turn. */
async function train(): Promise<void> {
  const own = ++run;
  send({ type: "training", isTraining: true });
  digits ??= await Promise.all([loadDigits(true), loadDigits(false)]);
  const [trainSet, testSet] = digits;
  const loader = new DataLoader(trainSet, { batchSize: BATCH_SIZE, shuffle: true });
  let losses: number[] = [];
  let [start, shown] = [performance.now(), 0];
  while (own === run) {
    for (const [images, labels] of loader) {
      losses.push(step(network, optimizer, images, labels));
      if (performance.now() - start < SLICE) continue;
      send({ type: "losses", losses });
      const atWeights = performance.now() - shown > WEIGHTS_EVERY;
      if (atWeights) shown = performance.now();
      look({ atWeights });
      await breathe();
      if (own !== run) return;
      losses = [];
      start = performance.now();
    }
    await evaluate(testSet, own);
  }
}

/** Sends the accuracy on the test digits. */
async function evaluate(testSet: MNISTSample, own: number): Promise<void> {
  let correct = 0;
  for (const [images, labels] of new DataLoader(testSet, { batchSize: 100 })) {
    correct += noGrad(() => network.forward(images).argmax(1).eq(labels).sum().item());
    await breathe();
    if (own !== run) return;
  }
  send({ type: "accuracy", accuracy: correct / testSet.length });
}

/** Lets messages come in. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function pause(): void {
  run++;
  send({ type: "training", isTraining: false });
}

/** Fetches the weights that come with the page; without them, the network begins to learn. */
async function use(chosen: Kind): Promise<void> {
  wanted = chosen;
  const response = await fetch(new URL(`${chosen}.safetensors`, location.href));
  const weights = response.ok
    ? deserialize(new Uint8Array(await response.arrayBuffer()))
    : undefined;
  // Another network may have been chosen in the meantime.
  if (chosen !== wanted) return;
  place(chosen, weights);
  if (weights === undefined) await train();
}

/** Does what the page asks for. */
function answer(request: Request): void | Promise<void> {
  switch (request.type) {
    case "use":
      return use(request.kind);
    case "restart":
      return place(kind);
    case "train":
      return train();
    case "pause":
      return pause();
    case "see":
      drawing = request.pixels;
      return look();
    case "save":
      return send({ type: "saved", bytes: serialize(network.stateDict()) });
    case "load": {
      const weights = deserialize(request.bytes);
      return place(weights.has("conv1.weight") ? "cnn" : "mlp", weights);
    }
  }
}

addEventListener("message", async ({ data }: MessageEvent<Request>) => {
  try {
    await answer(data);
  } catch (error) {
    pause();
    send({ type: "error", message: (error as Error).message });
  }
});
