/**
 * Trains the networks of `models.ts` on 1, 2 and 4 threads, and compares the bits of their weights.
 *
 *     deno run bench/same_bits.ts
 *     bun bench/same_bits.ts
 *
 * Prints a digest of all weights for each, which must be the same everywhere, and fails if two differ
 * here. Run it in Deno and in Bun and compare; `tests/training_bits_test.ts` checks smaller networks.
 *
 * @module
 */

import { createHash } from "node:crypto";
import process from "node:process";
import { manualSeed, randint, randn } from "../mod.ts";
import { DataLoader } from "../src/utils/data/mod.ts";
import { useThreads } from "../tests/support/threads.ts";
import { classifierStep, images } from "./models.ts";
import { cnn, mlp } from "./networks.ts";

const MLP_STEPS = 300;
const CNN_STEPS = 30;

function digest(model: ReturnType<typeof mlp>): string {
  const hash = createHash("sha256");
  for (const parameter of model.parameters()) hash.update(new Uint8Array(parameter.data.buffer));
  return hash.digest("hex").slice(0, 16);
}

/** 300 steps on batches of 64 as a loader makes them. */
function trainMlp(): string {
  manualSeed(0);
  const loader = new DataLoader(images(64 * MLP_STEPS), { batchSize: 64, shuffle: true });
  const model = mlp();
  const step = classifierStep(model);
  for (const [x, y] of loader) step(x, y);
  return digest(model);
}

/** 30 steps on 32 images. */
function trainCnn(): string {
  manualSeed(0);
  const [x, y] = [randn([32, 1, 28, 28]), randint(0, 10, { shape: [32], dtype: "int32" })];
  const model = cnn();
  const step = classifierStep(model);
  for (let i = 0; i < CNN_STEPS; i++) step(x, y);
  return digest(model);
}

const seen = new Set<string>();
for (const threads of [1, 2, 4]) {
  await useThreads(threads);
  const digests = `MLP ${trainMlp()}  CNN ${trainCnn()}`;
  seen.add(digests);
  console.log(`${threads} threads  ${digests}`);
}
process.exitCode = seen.size === 1 ? 0 : 1;
