/**
 * Measures memory in long loops without any dispose call: 10,000 training steps, and 10,000
 * evaluations.
 *
 *     deno run bench/memory.ts
 *     bun bench/memory.ts
 *
 * Prints every 1000 steps: memory of the tensors, memory of the process, and what has been spilled.
 *
 * @module
 */

import { parseArgs } from "node:util";
import process from "node:process";
import { memory, noGrad, type Tensor } from "../mod.ts";
import { DataLoader } from "../src/utils/data/mod.ts";
import { classifierStep, images } from "./models.ts";
import { mlp } from "./networks.ts";

// Refuses arguments: it takes none.
parseArgs({});

const STEPS = 10_000;
const MEGABYTE = 2 ** 20;

/** Yields batches without end. */
function* batches(): IterableIterator<[Tensor, Tensor]> {
  const loader = new DataLoader(images(6400), { batchSize: 64, shuffle: true });
  for (;;) yield* loader;
}

function loop(name: string, step: (x: Tensor, y: Tensor) => void): void {
  console.log(`\n${name}\n   steps   tensors  process  moved out  moved back  (MiB)`);
  let [steps, before] = [0, memory.stats()];
  for (const [x, y] of batches()) {
    step(x, y);
    if (++steps % 1000 !== 0) continue;
    const now = memory.stats();
    const sizes = [
      now.resident,
      process.memoryUsage().rss,
      now.spilledBytes - before.spilledBytes,
      now.restoredBytes - before.restoredBytes,
    ];
    const columns = sizes.map((size) => (size / MEGABYTE).toFixed(2).padStart(9));
    console.log(`${String(steps).padStart(8)} ${columns.join(" ")}`);
    before = now;
    if (steps === STEPS) return;
  }
}

const model = mlp();
const train = classifierStep(model);
let correct = 0;

loop("training", train);
loop("evaluation", (x, y) => {
  noGrad(() => correct += model(x).argmax(1).eq(y).sum().item());
});
