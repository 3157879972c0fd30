/**
 * The cases in TensorFlow.js on its WebAssembly backend, with SIMD and, where it finds workers,
 * threads:
 *
 *     npm install --no-package-lock --prefix bench/peers
 *     deno run --allow-all bench/peers/tfjs.js --threads=1 [CASE ...]
 */

import process from "node:process";
import { run, threads } from "./measure.js";

// Not imported statically: the peers' packages need not be there when the project is checked.
const [core, backend] = ["@tensorflow/tfjs", "@tensorflow/tfjs-backend-wasm"];
// In runtimes other than Node, the backend looks for its modules on the web.
const files = new URL("./node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url);
const tf = await import(core);
const wasm = await import(backend);
wasm.setWasmPaths(process.versions.deno === undefined ? files.pathname : files.href);
wasm.setThreadsCount(threads);
await tf.setBackend("wasm");

/** Runs `work`; `tidy` frees its result. The backend computes at once. */
function quietly(work) {
  return () => tf.tidy(() => void work());
}

function product(n) {
  const [a, b] = [tf.randomNormal([n, n]), tf.randomNormal([n, n])];
  return quietly(() => tf.matMul(a, b));
}

function million(apply) {
  const [x, y] = [tf.randomNormal([1000, 1000]), tf.randomNormal([1000, 1000])];
  return quietly(() => apply(x, y));
}

function eagerOp() {
  const [x, y] = [tf.variable(tf.randomNormal([10])), tf.randomNormal([10])];
  // Ops are recorded only where gradients are asked for.
  return quietly(() => tf.variableGrads(() => tf.sum(tf.mul(x, y)), [x]));
}

function dense(inputs, outputs) {
  const bound = 1 / Math.sqrt(inputs);
  return {
    w: tf.variable(tf.randomUniform([inputs, outputs], -bound, bound)),
    b: tf.variable(tf.randomUniform([outputs], -bound, bound)),
  };
}

const apply = ({ w, b }, x) => tf.add(tf.matMul(x, w), b);

function minimize(loss) {
  const optimizer = tf.train.sgd(0.01);
  return (...batch) => tf.tidy(() => void optimizer.minimize(() => loss(...batch)));
}

function mlpEpoch() {
  const layers = [dense(784, 128), dense(128, 64), dense(64, 10)];
  const data = tf.div(tf.randomUniform([60000, 784], 0, 256, "int32"), 255);
  const targets = tf.oneHot(tf.randomUniform([60000], 0, 10, "int32"), 10);
  const step = minimize((x, y) => {
    const hidden = tf.relu(apply(layers[1], tf.relu(apply(layers[0], x))));
    return tf.losses.softmaxCrossEntropy(y, apply(layers[2], hidden));
  });
  return () => {
    const order = tf.util.createShuffledIndices(60000);
    for (let i = 0; i < 60000; i += 64) {
      tf.tidy(() => {
        const indices = tf.tensor1d(Int32Array.from(order.slice(i, i + 64)), "int32");
        step(tf.gather(data, indices), tf.gather(targets, indices));
      });
    }
  };
}

function cnnStep() {
  const filters = (inputs, outputs) =>
    tf.variable(tf.randomNormal([3, 3, inputs, outputs], 0, 0.1));
  const [f1, f2, fc1, fc2] = [filters(1, 32), filters(32, 64), dense(3136, 128), dense(128, 10)];
  const x = tf.randomNormal([32, 28, 28, 1]);
  const y = tf.oneHot(tf.randomUniform([32], 0, 10, "int32"), 10);
  const block = (input, f) => tf.maxPool(tf.relu(tf.conv2d(input, f, 1, "same")), 2, 2, "valid");
  const step = minimize(() => {
    const hidden = tf.relu(apply(fc1, tf.reshape(block(block(x, f1), f2), [32, 3136])));
    return tf.losses.softmaxCrossEntropy(y, apply(fc2, hidden));
  });
  return () => step();
}

function norm() {
  return { g: tf.variable(tf.ones([128])), b: tf.variable(tf.zeros([128])) };
}

function normalize({ g, b }, x) {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), g), b);
}

function layer() {
  const linear = { q: dense(128, 128), k: dense(128, 128), v: dense(128, 128) };
  const rest = { out: dense(128, 128), up: dense(128, 512), down: dense(512, 128) };
  return { ...linear, ...rest, norm1: norm(), norm2: norm() };
}

function encode(p, x) {
  const heads = (w) => tf.transpose(tf.reshape(apply(w, x), [16, 64, 4, 32]), [0, 2, 1, 3]);
  const scores = tf.matMul(heads(p.q), heads(p.k), false, true);
  const mixed = tf.matMul(tf.softmax(tf.mul(scores, 1 / Math.sqrt(32))), heads(p.v));
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [1024, 128]);
  const y = normalize(p.norm1, tf.add(x, apply(p.out, joined)));
  return normalize(p.norm2, tf.add(y, apply(p.down, tf.relu(apply(p.up, y)))));
}

function transformerStep() {
  const [first, second] = [layer(), layer()];
  const x = tf.randomNormal([1024, 128]);
  const step = minimize(() => tf.mean(tf.square(encode(second, encode(first, x)))));
  return () => step();
}

await run({
  "matmul 256": () => product(256),
  "matmul 512": () => product(512),
  "matmul 1024": () => product(1024),
  "add": () => million((x, y) => tf.add(x, y)),
  "relu": () => million((x) => tf.relu(x)),
  "exp": () => million((x) => tf.exp(x)),
  "tanh": () => million((x) => tf.tanh(x)),
  "sigmoid": () => million((x) => tf.sigmoid(x)),
  "softmax": () => million((x) => tf.softmax(x)),
  "eager op": eagerOp,
  "MLP epoch": mlpEpoch,
  "CNN step": cnnStep,
  "transformer step": transformerStep,
});
process.exit();
