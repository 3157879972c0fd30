/**
 * Looks for a learning rate.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import { checkArguments, checkKind, checkType, checkWhole, readOptions } from "../checks.ts";
import { ValueError } from "../errors.ts";
import { pow } from "../math/mod.ts";
import type { Module } from "../nn/module.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { OptimizerState } from "../optim/state_dict.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Options of `lrFind`. */
export interface LRFindOptions {
  /** The first rate; default 1e-8. */
  readonly minLr?: number;
  /** The last rate; default 1. */
  readonly maxLr?: number;
  /** Number of steps; default 100. */
  readonly numTraining?: number;
  /** Growth of the rate: by a factor (the default), or by a difference. */
  readonly mode?: "exponential" | "linear";
  /** Stop when the loss is so many times the least one; `null` for never; default 4. */
  readonly earlyStopThreshold?: number | null;
}

/** The result of `lrFind`. */
export interface LRFinding {
  /** The learning rate of each step. */
  readonly lrs: readonly number[];
  /** The smoothed loss of each step. */
  readonly losses: readonly number[];
  /** The rate at which the loss fell fastest; `null` if it never fell. */
  readonly suggestion: number | null;
}

/** The weight of the losses before in their running mean. */
const SMOOTHING = 0.98;
/** So many steps at the begin and at the end suggest nothing. */
const [SKIP_BEGIN, SKIP_END] = [10, 1];

/**
 * Trains with a learning rate that grows from step to step, and finds the one at which the loss falls
 * fastest (Smith, "Cyclical learning rates for training neural networks", 2017). The model and the
 * optimizer are as they were afterwards.
 *
 * See https://lightning.ai/docs/pytorch/stable/api/lightning.pytorch.tuner.tuning.Tuner.html
 *
 * @param model the model
 * @param optimizer its optimizer
 * @param step makes one step of training, and returns its loss; it is called with the number of the step
 * @param options `minLr`, `maxLr`, `numTraining`, `mode`, `earlyStopThreshold`
 * @throws {ValueError} if an option makes no sense, or `step` returns no number
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { functional as F, Linear } from "@gradus/gradus/nn";
 * import { SGD } from "@gradus/gradus/optim";
 * import { lrFind } from "@gradus/gradus/utils";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const model = new Linear(4, 1);
 * const optimizer = new SGD(model.parameters(), { lr: 0.1 });
 * const x = randn([64, 4]);
 * const target = x.sum({ axis: 1, keepDims: true });
 * const { suggestion } = lrFind(model, optimizer, () => {
 *   optimizer.zeroGrad();
 *   const loss = F.mseLoss(model(x), target);
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 * assert(suggestion! > 1e-4 && suggestion! < 1);
 * assertEquals(optimizer.paramGroups[0].lr, 0.1);
 * ```
 */
export function lrFind(
  model: Module,
  optimizer: Optimizer,
  step: (index: number) => Tensor | number,
  options: LRFindOptions = {},
): LRFinding {
  checkArguments("lrFind", arguments, 4);
  const read = readOptions("lrFind", options, {
    minLr: 1e-8,
    maxLr: 1,
    numTraining: 100,
    mode: "exponential",
    earlyStopThreshold: 4,
  });
  checkKind("find a learning rate", step, typeof step === "function", "a function of a step");
  checkWhole(`find a learning rate in ${read.numTraining} steps`, read.numTraining, 2);
  const { minLr, maxLr, numTraining, mode } = read;
  for (const rate of [minLr, maxLr]) checkType("lrFind", "a rate", rate, "number");
  if (!(0 < minLr && minLr < maxLr && maxLr < Infinity)) {
    throw new ValueError(
      `Cannot find a learning rate from ${minLr} to ${maxLr}: use finite rates above 0, which rise`,
    );
  }
  if (mode !== "exponential" && mode !== "linear") {
    throw new ValueError(
      `Cannot find a learning rate with mode "${mode}": use "exponential" or "linear"`,
    );
  }
  const rateAt = (i: number): number => {
    const way = i / (numTraining - 1);
    return mode === "linear" ? minLr + way * (maxLr - minLr) : minLr * pow(maxLr / minLr, way);
  };
  const restore = keepState(model, optimizer);
  try {
    const { lrs, losses } = sweep(optimizer, step, numTraining, rateAt, read.earlyStopThreshold);
    return { lrs, losses, suggestion: steepest(lrs, losses) };
  } finally {
    restore();
  }
}

function sweep(
  optimizer: Optimizer,
  step: (index: number) => Tensor | number,
  steps: number,
  rateAt: (i: number) => number,
  threshold: number | null,
): { lrs: number[]; losses: number[] } {
  const [lrs, losses]: number[][] = [[], []];
  let mean = 0;
  let least = Infinity;
  for (let i = 0; i < steps; i++) {
    const lr = rateAt(i);
    for (const group of optimizer.paramGroups) group.lr = lr;
    const result = step(i);
    const loss = result instanceof Tensor ? result.item() : result;
    checkKind(
      "find a learning rate",
      loss,
      typeof loss === "number",
      "the loss that a step returns",
    );
    mean = SMOOTHING * mean + (1 - SMOOTHING) * loss;
    const smooth = mean / (1 - pow(SMOOTHING, i + 1));
    if (!Number.isFinite(smooth)) break;
    lrs.push(lr);
    losses.push(smooth);
    if (threshold !== null && i > 0 && smooth > threshold * least) break;
    least = Math.min(least, smooth);
  }
  return { lrs, losses };
}

/** Returns the rate where the differences of neighbouring losses fall most. */
function steepest(lrs: readonly number[], losses: readonly number[]): number | null {
  let [best, slope] = [-1, 0];
  for (let i = SKIP_BEGIN + 1; i < losses.length - SKIP_END - 1; i++) {
    const fall = (losses[i + 1] - losses[i - 1]) / 2;
    if (fall < slope) [best, slope] = [i, fall];
  }
  return best < 0 ? null : lrs[best];
}

/** Returns a function that puts the model and the optimizer back. */
function keepState(model: Module, optimizer: Optimizer): () => void {
  const copy = (x: Tensor): Tensor => noGrad(() => x.clone().retain());
  const weights = new Map(Array.from(model.stateDict(), ([name, x]) => [name, copy(x)]));
  const { state, param_groups: groups } = optimizer.stateDict();
  const copied = Object.entries(state).map(([name, entry]) => {
    const values = Object.entries(entry).map((
      [key, v],
    ) => [key, v instanceof Tensor ? copy(v) : v]);
    return [name, Object.fromEntries(values)];
  });
  const saved = { state: Object.fromEntries(copied), param_groups: groups } as OptimizerState;
  const modes = [...model.modules()].map((module) => [module, module.training] as const);
  return () => {
    model.loadStateDict(weights);
    optimizer.loadStateDict(saved);
    optimizer.zeroGrad();
    for (const [module, training] of modes) module.training = training;
  };
}
