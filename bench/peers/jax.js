/**
 * The cases in jax-js on its WebAssembly backend, compiled with `jit`:
 *
 *     npm install --no-package-lock --prefix bench/peers
 *     deno run --allow-all bench/peers/jax.js [CASE ...]
 *
 * jax-js has no setting for the number of threads. Its functions consume their arguments; `.ref`
 * keeps one for later.
 */

import process from "node:process";
import { run } from "./measure.js";

// Not imported statically: the peers' packages need not be there when the project is checked.
const name = "@jax-js/jax";
const { grad, init, defaultDevice, jit, lax, nn, numpy: np, random, tree } = await import(name);
await init("wasm");
defaultDevice("wasm");

const key = random.key(0);
const normal = (shape) => random.normal(key.ref, shape);
const zeros = (shape) => np.zeros(shape);

/** Waits for `result`, whose computation is lazy, and releases it. */
function finish(result) {
  result.dataSync();
}

function product(n) {
  const [a, b] = [normal([n, n]), normal([n, n])];
  const multiply = jit((x, y) => np.matmul(x, y));
  return () => finish(multiply(a.ref, b.ref));
}

function million(apply) {
  const [x, compiled] = [normal([1000, 1000]), jit(apply)];
  return () => finish(compiled(x.ref));
}

function eagerOp() {
  const [x, y] = [normal([10]), normal([10])];
  const gradient = grad((a) => np.sum(a.mul(y.ref)));
  return () => finish(gradient(x.ref));
}

const dense = (inputs, outputs) => ({
  w: normal([inputs, outputs]).mul(1 / Math.sqrt(inputs)),
  b: zeros([outputs]),
});

const apply = ({ w, b }, x) => np.matmul(x, w).add(b);

/** `-mean(log p[target])`, with one-hot targets. */
const crossEntropy = (logits, y) => np.mean(np.sum(nn.logSoftmax(logits).mul(y), -1)).mul(-1);

/** A compiled step of gradient descent on `loss(params, ...batch)`. */
function stepper(start, loss) {
  let params = start;
  const gradient = grad(loss);
  const step = jit((p, ...batch) =>
    tree.map((a, g) => a.sub(g.mul(0.01)), tree.ref(p), gradient(p, ...batch))
  );
  return (...batch) => {
    params = step(params, ...batch);
    return params;
  };
}

/** Waits until the parameters are there. */
function settle(params) {
  tree.leaves(tree.ref(params)).forEach(finish);
}

function mlpEpoch() {
  const layers = [dense(784, 128), dense(128, 64), dense(64, 10)];
  const step = stepper(
    layers,
    ([a, b, c], x, y) => crossEntropy(apply(c, nn.relu(apply(b, nn.relu(apply(a, x))))), y),
  );
  const data = Float32Array.from(
    { length: 60000 * 784 },
    () => Math.floor(256 * Math.random()) / 255,
  );
  const classes = Uint8Array.from({ length: 60000 }, () => Math.floor(10 * Math.random()));
  const order = Uint32Array.from({ length: 60000 }, (_, i) => i);
  return () => {
    shuffle(order);
    // Whole batches only: another size would have to be compiled again.
    for (let i = 0; i + 64 <= 60000; i += 64) {
      const x = new Float32Array(64 * 784);
      const y = new Float32Array(64 * 10);
      order.subarray(i, i + 64).forEach((row, j) => {
        x.set(data.subarray(row * 784, (row + 1) * 784), j * 784);
        y[j * 10 + classes[row]] = 1;
      });
      settle(step(np.array(x).reshape([64, 784]), np.array(y).reshape([64, 10])));
    }
  };
}

function shuffle(order) {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
}

function cnnStep() {
  const filters = (inputs, outputs) => ({
    w: normal([outputs, inputs, 3, 3]).mul(0.1),
    b: zeros([outputs, 1, 1]),
  });
  const block = ({ w, b }, x) => {
    const y = nn.relu(lax.conv(x, w, [1, 1], "SAME").add(b));
    return lax.reduceWindow(y, np.max, [2, 2], [2, 2]);
  };
  const start = [filters(1, 32), filters(32, 64), dense(3136, 128), dense(128, 10)];
  const step = stepper(start, ([f1, f2, fc1, fc2], x, y) => {
    const features = block(f2, block(f1, x)).reshape([32, 3136]);
    return crossEntropy(apply(fc2, nn.relu(apply(fc1, features))), y);
  });
  const [x, y] = [normal([32, 1, 28, 28]), nn.oneHot(np.zeros([32], { dtype: np.int32 }), 10)];
  return () => settle(step(x.ref, y.ref));
}

const norm = () => ({ g: np.ones([128]), b: zeros([128]) });

function normalize({ g, b }, x) {
  return nn.standardize(x, -1, { epsilon: 1e-5 }).mul(g).add(b);
}

function layer() {
  const linear = { q: dense(128, 128), k: dense(128, 128), v: dense(128, 128) };
  const rest = { out: dense(128, 128), up: dense(128, 512), down: dense(512, 128) };
  return { ...linear, ...rest, norm1: norm(), norm2: norm() };
}

function encode(p, x) {
  const heads = (w) => np.transpose(apply(w, x.ref).reshape([16, 64, 4, 32]), [0, 2, 1, 3]);
  const keys = np.transpose(heads(p.k), [0, 1, 3, 2]);
  const weights = nn.softmax(np.matmul(heads(p.q), keys).mul(1 / Math.sqrt(32)), -1);
  const mixed = np.transpose(np.matmul(weights, heads(p.v)), [0, 2, 1, 3]).reshape([1024, 128]);
  const y = normalize(p.norm1, x.add(apply(p.out, mixed)));
  return normalize(p.norm2, y.ref.add(apply(p.down, nn.relu(apply(p.up, y)))));
}

function transformerStep() {
  const step = stepper(
    [layer(), layer()],
    ([first, second], x) => np.mean(np.square(encode(second, encode(first, x)))),
  );
  const x = normal([1024, 128]);
  return () => settle(step(x.ref));
}

await run({
  "matmul 256": () => product(256),
  "matmul 512": () => product(512),
  "matmul 1024": () => product(1024),
  "add": () => million((x) => x.add(x.ref)),
  "relu": () => million((x) => nn.relu(x)),
  "exp": () => million((x) => np.exp(x)),
  "tanh": () => million((x) => np.tanh(x)),
  "sigmoid": () => million((x) => nn.sigmoid(x)),
  "softmax": () => million((x) => nn.softmax(x, -1)),
  "eager op": eagerOp,
  "MLP epoch": mlpEpoch,
  "CNN step": cnnStep,
  "transformer step": transformerStep,
});
process.exit();
