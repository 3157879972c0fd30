/**
 * Writes logs of training for TensorBoard: scalars, histograms, images, graphs, texts, hyperparameters.
 *
 * @example
 * ```ts
 * import { SummaryWriter } from "@gradus/gradus/utils/tensorboard";
 * import { readdirSync, rmSync } from "node:fs";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new SummaryWriter("example_runs");
 * for (let step = 0; step < 10; step++) writer.addScalar("loss", 1 / (step + 1), { globalStep: step });
 * writer.close();
 * // tensorboard --logdir example_runs
 * assertEquals(readdirSync("example_runs").length, 1);
 * rmSync("example_runs", { recursive: true });
 * ```
 *
 * @module
 */

export {
  type EventOptions,
  type HparamsOptions,
  type HparamValue,
  SummaryWriter,
  type SummaryWriterOptions,
} from "./summary_writer.ts";
