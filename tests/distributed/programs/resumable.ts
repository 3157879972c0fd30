/**
 * Trains in small steps, saves a checkpoint after each of them, and begins where the last one ended.
 *
 *     resumable.ts FOLDER STEPS
 *
 * Each step has four micro-batches, divided among any 1, 2 or 4 ranks, so the weights have the same bits
 * on all of them. Each rank first writes its process to the file `pid.RANK`. In the end, rank 0 prints
 * the step where this run began, and a digest of the weights.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { defaultGenerator, manualSeed, randint, randn, type Tensor } from "../../../mod.ts";
import * as distributed from "../../../src/distributed/mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import * as optim from "../../../src/optim/mod.ts";
import * as checkpoint from "../../../src/utils/checkpoint.ts";

const MICRO_BATCHES = 4;
const [folder, steps] = process.argv.slice(2);
const path = join(folder, "run.safetensors");
const { OMPI_COMM_WORLD_RANK, PMI_RANK } = process.env;
writeFileSync(join(folder, `pid.${OMPI_COMM_WORLD_RANK ?? PMI_RANK ?? 0}`), `${process.pid}`);

distributed.init({ timeout: 20 });
const [rank, size] = [distributed.rank(), distributed.worldSize()];
const rounds = MICRO_BATCHES / size;

manualSeed(5);
const model = new nn.Sequential(
  ...[new nn.Linear(20, 30), new nn.ReLU(), new nn.Dropout(0.3), new nn.Linear(30, 10)],
);
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
const snapshot = (step: number) => ({
  step,
  model: model.stateDict(),
  optimizer: optimizer.stateDict(),
  generator: defaultGenerator.getState(),
});

let begin = 0;
if (existsSync(path)) {
  // Nobody writes before all ranks have read: the first step needs all of them.
  const run = checkpoint.load<ReturnType<typeof snapshot>>(path);
  model.loadStateDict(run.model);
  optimizer.loadStateDict(run.optimizer);
  defaultGenerator.setState(run.generator);
  begin = run.step;
}
const parallel = new distributed.DistributedDataParallel(model);
const criterion = new nn.CrossEntropyLoss();

/** The loss of a micro-batch, divided for the mean over rounds. */
function lossOf(images: Tensor, labels: Tensor, micro: number): Tensor {
  return criterion(parallel(images.at(micro)), labels.at(micro)).div(rounds);
}

for (let step = begin; step < Number(steps); step++) {
  // All ranks draw the same samples, and take their own.
  const images = randn([MICRO_BATCHES, 8, 20]);
  const labels = randint(0, 10, { shape: [MICRO_BATCHES, 8] });
  for (let round = 0; round < rounds; round++) {
    const learn = (): void => lossOf(images, labels, round * size + rank).backward();
    if (round === rounds - 1) learn();
    else parallel.noSync(learn);
  }
  optimizer.step();
  optimizer.zeroGrad();
  if (rank === 0) checkpoint.save(snapshot(step + 1), path);
}

if (rank === 0) {
  const hash = createHash("sha256");
  for (const { data } of model.parameters()) hash.update(new Uint8Array(data.slice().buffer));
  console.log(JSON.stringify({ begin, digest: hash.digest("hex").slice(0, 16) }));
}
