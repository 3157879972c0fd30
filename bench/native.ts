/**
 * Times of the kernels `"native"` as shares of those of `"wasm"`: products, convolutions with their
 * gradients, and training steps.
 *
 *     deno run --allow-ffi bench/native.ts [--threads=1] [--library=libblis.so.4]
 *     bun bench/native.ts
 *
 * Both take turns, and the fastest runs are compared: so the shares hold on a busy machine, too.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { describeKernels, randn, setKernels, setNumThreads } from "../mod.ts";
import { kernels } from "../src/kernels/backends.ts";
import type { Convolution, Kernels } from "../src/kernels/kernels.ts";
import { outputSize } from "../src/kernels/window.ts";
import { arena } from "../src/storage/arena.ts";
import type { NDArray } from "../src/storage/ndarray.ts";
import type { Shape } from "../src/shape.ts";
import { digits } from "./harness.ts";
import { cnnStep, mlpSteps, transformerStep } from "./models.ts";

const { threads, library } = parseArgs({
  options: { threads: { type: "string", default: "1" }, library: { type: "string" } },
}).values;
setNumThreads(Number(threads));

const CHOICES = [() => setKernels("wasm"), () => setKernels("native", { library })];
const BOTH: readonly Kernels[] = CHOICES.map((choose) => {
  choose();
  return kernels();
});
console.log(describeKernels());

/** Milliseconds in which runs are repeated, and those of one run at least. */
const [ENOUGH, LEAST] = [1500, 1];

/** Milliseconds of the fastest run of each of `works`, which take turns. */
function fastest(works: readonly (() => void)[], enough = ENOUGH): number[] {
  const calls = works.map(() => 1);
  const best = works.map(() => Infinity);
  for (const end = performance.now() + enough; performance.now() < end;) {
    works.forEach((work, i) => {
      const start = performance.now();
      for (let call = 0; call < calls[i]; call++) work();
      const time = performance.now() - start;
      if (time < LEAST) calls[i] *= 2;
      else best[i] = Math.min(best[i], time / calls[i]);
    });
  }
  return best;
}

function report(name: string, [wasm, native]: readonly number[], operations?: number): void {
  const speed = operations === undefined ? "" : `${digits(operations / native / 1e6)} GFLOP/s`;
  console.log(
    `${name.padEnd(44)} ${(native / wasm).toFixed(2).padStart(6)}  ` +
      `${digits(native).padStart(7)} of ${digits(wasm)} ms  ${speed}`,
  );
}

/** Runs a kernel of both backends, and reuses the memory of its result. */
function each(run: (kernels: Kernels) => NDArray): (() => void)[] {
  return BOTH.map((kernels) => () => arena.free(run(kernels).storage, "temporary"));
}

function product(m: number, k: number, n: number, ...batch: number[]): void {
  const [a, b] = [randn([...batch, m, k]).array, randn([...batch, k, n]).array];
  const name = `matmul ${[...batch, ""].join(" of ")}${m}x${k}x${n}`;
  const operations = 2 * a.size * n;
  report(name, fastest(each((kernels) => kernels.matmul(a, b, null))), operations);
}

function convolution(shape: Shape, to: number, options: Partial<Convolution> = {}): void {
  const window: Convolution = {
    ...{ kernel: [3, 3], padding: [1, 1], stride: [1, 1], dilation: [1, 1], groups: 1 },
    ...options,
  };
  const [x, weight] = [randn(shape).array, randn([to, shape[1], ...window.kernel]).array];
  const g = randn([shape[0], to, ...outputSize(shape, window)]).array;
  const operations = 2 * g.size * weight.size / to;
  const runs: Record<string, (kernels: Kernels) => NDArray> = {
    forward: (kernels) => kernels.conv2d(x, weight, null, window),
    input: (kernels) => kernels.conv2dInputGradient(g, weight, shape, window),
    weight: (kernels) => kernels.conv2dWeightGradient(g, x, weight.shape, window),
  };
  const details = Object.entries(options).map(([name, value]) => ` ${name} ${value}`).join("");
  for (const [name, run] of Object.entries(runs)) {
    report(`${shape.join("x")} -> ${to}${details}, ${name}`, fastest(each(run)), operations);
  }
}

for (const n of [8, 16, 24, 32, 64, 128, 256, 512, 1024]) product(n, n, n);
product(64, 784, 128);
product(64, 64, 10);
product(400, 400, 5);
product(1024, 128, 512);
product(64, 32, 64, 64);

convolution([32, 1, 28, 28], 32);
convolution([32, 32, 14, 14], 64);
convolution([32, 16, 32, 32], 16);
convolution([32, 64, 7, 7], 64);
convolution([8, 256, 14, 14], 256);
convolution([32, 64, 28, 28], 64, { kernel: [1, 1], padding: [0, 0] });
convolution([32, 32, 28, 28], 64, { stride: [2, 2] });
convolution([4, 3, 224, 224], 64, { kernel: [7, 7], padding: [3, 3], stride: [2, 2] });

for (const [name, prepare] of Object.entries({ mlpSteps, cnnStep, transformerStep })) {
  const steps = CHOICES.map((choose) => {
    choose();
    const step = prepare();
    return () => {
      choose();
      step();
    };
  });
  report(name, fastest(steps, 6 * ENOUGH));
}
