/**
 * A short training program that prints when its first step is over.
 *
 * Run by `main.ts` in a process of its own.
 *
 * @module
 */

import { DataLoader } from "../src/utils/data/mod.ts";
import { classifierStep, images, mlp } from "./models.ts";

const step = classifierStep(mlp());
for (const [x, y] of new DataLoader(images(64), { batchSize: 64, shuffle: true })) step(x, y);
console.log(Date.now());
