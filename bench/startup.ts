/**
 * A short training program that tells when it has done each thing for the first time.
 *
 *     deno run bench/startup.ts [--kernels=native] [--network=cnn] [--cpu]
 *
 * It prints a list of {@link Moment} as JSON. `start.ts` runs it in processes of its own.
 *
 * @module
 */

import type { Tensor } from "../mod.ts";
import type * as nn from "../src/nn/mod.ts";
import { cpuClock } from "./cpu_clock.ts";

/** A moment of the program. */
export interface Moment {
  /** The thing that has just been done. */
  readonly name: string;
  /** Milliseconds since 1970; with `--cpu`, those that the thread has computed. */
  readonly at: number;
  /** Modules of WebAssembly that have been compiled. */
  readonly modules: number;
  /** Milliseconds that the engine took for them. */
  readonly compiling: number;
}

/** The arguments; to parse them by `node:util` takes Deno as long as a step. */
const args = (globalThis as { Deno?: { args: string[] } }).Deno?.args ??
  (globalThis as unknown as { process: { argv: string[] } }).process.argv.slice(2);

function option(name: string, fallback: string): string {
  return args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback;
}

const now = args.includes("--cpu") ? cpuClock() : () => performance.timeOrigin + performance.now();
const moments: Moment[] = [];
let [modules, compiling] = [0, 0];

function mark(name: string): void {
  moments.push({ name, at: now(), modules, compiling });
}

mark("process");

WebAssembly.Module = class extends WebAssembly.Module {
  constructor(bytes: BufferSource) {
    const begin = now();
    super(bytes);
    modules++;
    compiling += now() - begin;
  }
};

// Static imports would be over before the first line.
const { manualSeed, randint, randn, setKernels, tensor } = await import("../mod.ts");
mark("import mod.ts");
const { functional } = await import("../src/nn/mod.ts");
const { SGD } = await import("../src/optim/mod.ts");
const networks = await import("./networks.ts");
mark("import nn, optim");

setKernels(option("kernels", "wasm"));
manualSeed(0);
mark("setKernels");
const x = tensor([1, 2, 3], { requiresGrad: true });
mark("tensor");
const total = x.square().sum();
mark("x.square().sum()");
total.backward();
mark("backward()");

/** A network with a batch, and the loss of its output. */
interface Problem {
  readonly network: nn.Layer;
  readonly input: Tensor;
  readonly loss: (output: Tensor) => Tensor;
}

function classify(network: nn.Layer, input: Tensor): Problem {
  const labels = randint(0, 10, { shape: [input.shape[0]], dtype: "int32" });
  return { network, input, loss: (output) => functional.crossEntropy(output, labels) };
}

const problems: Readonly<Record<string, () => Problem>> = {
  xor: () => ({
    network: networks.xor(),
    input: tensor([[0, 0], [0, 1], [1, 0], [1, 1]]),
    loss: (output) => functional.mseLoss(output, tensor([[0], [1], [1], [0]])),
  }),
  mlp: () => classify(networks.mlp(), randn([64, 784])),
  cnn: () => classify(networks.cnn(), randn([32, 1, 28, 28])),
  transformer: () => ({
    network: networks.transformer(),
    input: randn([16, 64, 128]),
    loss: (output) => output.square().mean(),
  }),
};

const { network, input, loss } = problems[option("network", "mlp")]();
const optimizer = new SGD(network.parameters(), { lr: 0.01 });
mark("network, batch");
const value = loss(network(input));
mark("first forward");
value.backward();
mark("first backward");
optimizer.step();
mark("first step");
for (const name of ["second", "third"]) {
  optimizer.zeroGrad();
  loss(network(input)).backward();
  optimizer.step();
  mark(`${name} time`);
}
console.log(JSON.stringify(moments));
