/**
 * A short training program that prints when its first step is over.
 *
 * Run by `main.ts` in a process of its own.
 *
 * @module
 */

import process from "node:process";
import { setKernels } from "../mod.ts";
import { DataLoader } from "../src/utils/data/mod.ts";
import { classifierStep, images, mlp } from "./models.ts";

setKernels(process.argv[2].slice("--kernels=".length));
const step = classifierStep(mlp());
for (const [x, y] of new DataLoader(images(64), { batchSize: 64, shuffle: true })) step(x, y);
console.log(Date.now());
