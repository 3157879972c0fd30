/**
 * Averages of models over their training.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import {
  checkArguments,
  checkFunction,
  checkKind,
  checkTensors,
  checkType,
  guardMembers,
  readOptions,
  REQUIRED,
} from "../checks.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { cos } from "../math/mod.ts";
import { BatchNorm } from "../nn/layers/batch_norm.ts";
import { checkModule, type Layer, Module } from "../nn/module.ts";
import { Buffer } from "../nn/parameter.ts";
import { formatShape, sameShape } from "../shape.ts";
import { scope } from "../tensor/scope.ts";
import { zeros } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { faultsIn, fraction, nonNegative, nonNegativeInteger, oneOf } from "./constraints.ts";
import type { Optimizer } from "./optimizer.ts";
import { LRScheduler, type ScheduledGroup } from "./schedules/lr_scheduler.ts";

/** Returns the new average, from the old one of `numAveraged` models and the tensor of another. */
export type AverageFunction = (averaged: Tensor, current: Tensor, numAveraged: number) => Tensor;

/** Options of {@link AveragedModel}. */
export interface AveragedModelOptions {
  /** Computes the average of a tensor; by default the mean of all models, see `getSwaAvgFn`. */
  readonly avgFn?: AverageFunction;
  /** True to average buffers too; by default those of the last model are copied. */
  readonly useBuffers?: boolean;
}

/**
 * Returns the function of the mean of all models: `a + (x − a) / (n + 1)`.
 *
 * See https://pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { getSwaAvgFn } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(getSwaAvgFn()(tensor(2), tensor(5), 2).item(), 3);
 * ```
 */
export function getSwaAvgFn(): AverageFunction {
  checkArguments("getSwaAvgFn", arguments, 0);
  return (averaged, current, n) => averaged.add(current.sub(averaged).div(n + 1));
}

/**
 * Returns the function of the exponential moving average: `decay · a + (1 − decay) · x`.
 *
 * See https://pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
 *
 * @param decay from 0 up to but not including 1; default 0.999
 * @throws {ValueError} if it is not
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { getEmaAvgFn } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(getEmaAvgFn(0.75)(tensor(4), tensor(8), 1).item(), 5);
 * ```
 */
export function getEmaAvgFn(decay = 0.999): AverageFunction {
  checkArguments("getEmaAvgFn", arguments, 1);
  checkType("getEmaAvgFn", "decay", decay, "number");
  if (!fraction.holds(decay)) {
    throw new ValueError(`Cannot average with decay ${decay}: it must be ${fraction.text}`);
  }
  return (averaged, current) => averaged.mul(decay).add(current.mul(1 - decay));
}

/**
 * A copy of a model whose parameters are an average of those that the model has had: stochastic weight
 * averaging (Izmailov et al., 2018), or an exponential moving average with `getEmaAvgFn`.
 *
 * See https://pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
 *
 * @typeParam M the class of the model
 * @example
 * ```ts
 * import { noGrad } from "@gradus/gradus";
 * import { Linear } from "@gradus/gradus/nn";
 * import { AveragedModel, getEmaAvgFn } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new Linear(1, 1, { bias: false });
 * const ema = new AveragedModel(model, { avgFn: getEmaAvgFn(0.5) });
 * for (const value of [2, 4]) {
 *   noGrad(() => model.weight.fill_(value)); // in the place of a step of training
 *   ema.updateParameters(model);
 * }
 * assertEquals(ema.module.weight.item(), 3);
 * ```
 */
export class AveragedModel<M extends Module = Module> extends Module {
  /** The average, to evaluate and to save. */
  module: M;
  /** Number of models that were averaged. */
  n_averaged: Buffer;
  private readonly avgFn: AverageFunction;
  private readonly useBuffers: boolean;

  /**
   * Makes a copy of the model, which the first update replaces.
   *
   * @param model the model
   * @param options `avgFn`, `useBuffers`
   */
  constructor(model: M, options: AveragedModelOptions = {}) {
    checkArguments("make AveragedModel", arguments, 2);
    super();
    const { avgFn, useBuffers } = readOptions("make AveragedModel", options, {
      avgFn: getSwaAvgFn(),
      useBuffers: false,
    });
    checkKind("make AveragedModel", model, (model as unknown) instanceof Module, "a module");
    checkFunction("make AveragedModel", "the option avgFn", avgFn);
    this.module = model.clone();
    this.n_averaged = new Buffer(zeros([], { dtype: "int32" }));
    this.avgFn = avgFn;
    this.useBuffers = useBuffers;
  }

  /** Calls the average. */
  override forward(...inputs: Parameters<M["forward"]>): ReturnType<M["forward"]> {
    const call = this.module as unknown as (...inputs: unknown[]) => ReturnType<M["forward"]>;
    return call(...inputs);
  }

  /**
   * Takes the present parameters of `model` into the average.
   *
   * @param model the model of which this is a copy
   * @throws {ValueError} if it has other parameters
   */
  updateParameters(model: M): void {
    const n = this.n_averaged.item();
    const averaged = [this.module, model].map((each) => ({
      parameters: [...each.parameters()],
      buffers: [...each.buffers()],
    }));
    const [own, other] = averaged;
    const [shapes, others] = averaged.map(({ parameters, buffers }) =>
      [parameters, buffers].map((list) => list.map(({ shape }) => formatShape(shape)).join(" "))
    );
    if (shapes.some((list, i) => list !== others[i])) {
      throw new ValueError(
        "Cannot average a model of other parameters than the first: numbers and shapes must be the " +
          "same; make an AveragedModel of it",
      );
    }
    const averages = (kind: "parameters" | "buffers", isAveraged: boolean): Tensor[] =>
      own[kind].map((target, i) => {
        const x = other[kind][i];
        return n > 0 && isAveraged ? averageBy(this.avgFn, target, x, n) : x;
      });
    noGrad(() =>
      scope(() => {
        // All are there before one is written: a function of the user may fail.
        const next = [...averages("parameters", true), ...averages("buffers", this.useBuffers)];
        [...own.parameters, ...own.buffers].forEach((target, i) => target.copy_(next[i]));
        this.n_averaged.add_(1);
      })
    );
  }
}

guardMembers(AveragedModel);

/** Returns what `avgFn` makes of two tensors, if that is a tensor of their shape. */
function averageBy(
  avgFn: AverageFunction,
  averaged: Tensor,
  current: Tensor,
  n: number,
): Tensor {
  const result = avgFn(averaged, current, n);
  checkTensors("average parameters by avgFn", result);
  if (sameShape(result.shape, averaged.shape)) return result;
  throw new ShapeError(
    `Cannot average parameters by avgFn: it made ${formatShape(result.shape)} of ` +
      `${formatShape(averaged.shape)}; it must return a tensor of the same shape`,
    result.shape,
    averaged.shape,
  );
}

/**
 * Computes the running statistics of batch normalization anew, as means over all batches: those of an
 * average of parameters are not the average of statistics.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.swa_utils.update_bn.html
 *
 * @param loader batches: tensors, or lists whose first entry is the input
 * @param model the model, whose mode stays as it is
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { BatchNorm1d, Sequential } from "@gradus/gradus/nn";
 * import { updateBn } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const norm = new BatchNorm1d(1);
 * updateBn([tensor([[0], [2]]), tensor([[4], [6]])], new Sequential(norm));
 * assertEquals(norm.running_mean!.item(), 3);
 * ```
 */
export function updateBn(
  loader: Iterable<Tensor | readonly [Tensor, ...unknown[]]>,
  model: Layer,
): void {
  checkArguments("updateBn", arguments, 2);
  checkModule("updateBn", model);
  const norms = [...model.modules()].filter((module) => module instanceof BatchNorm);
  const modes = [...model.modules()].map((module) => [module, module.training] as const);
  const momenta = norms.map(({ momentum }) => momentum);
  const setMomentum = (norm: BatchNorm, momentum: number | null) => {
    (norm as { momentum: number | null }).momentum = momentum;
  };
  try {
    for (const norm of norms) {
      norm.running_mean?.zero_();
      norm.running_var?.fill_(1);
      norm.num_batches_tracked?.zero_();
      setMomentum(norm, null); // the mean of all batches
    }
    model.train();
    noGrad(() => {
      for (const batch of loader) model(Array.isArray(batch) ? batch[0] : batch as Tensor);
    });
  } finally {
    norms.forEach((norm, i) => setMomentum(norm, momenta[i]));
    for (const [module, training] of modes) module.training = training;
  }
}

/** Options of {@link SWALR}. */
export interface SWALROptions {
  /** The rate at which averaging goes on. */
  readonly swaLr: number;
  /** Number of epochs until then; default 10. */
  readonly annealEpochs?: number;
  /** The way there: along half a cosine (`"cos"`, the default), or a line. */
  readonly annealStrategy?: "cos" | "linear";
}

/**
 * Goes from the present learning rate to that of averaging, and keeps it.
 *
 * See https://pytorch.org/docs/stable/generated/torch.optim.swa_utils.SWALR.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { SGD, SWALR } from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * const optimizer = new SGD([tensor([0], { requiresGrad: true })], { lr: 1 });
 * const options = { swaLr: 0.5, annealEpochs: 2, annealStrategy: "linear" } as const;
 * const scheduler = new SWALR(optimizer, options);
 * const rates = [1, 2, 3].map(() => {
 *   scheduler.step();
 *   return optimizer.paramGroups[0].lr;
 * });
 * assertEquals(rates, [0.75, 0.5, 0.5]);
 * ```
 */
export class SWALR extends LRScheduler<Required<SWALROptions>> {
  /**
   * Makes the schedule.
   *
   * @param optimizer the optimizer whose rates are set
   * @param options the rate, and the way there
   * @throws {ValueError} if an option makes no sense
   */
  constructor(optimizer: Optimizer, options: SWALROptions) {
    checkArguments("make SWALR", arguments, 2);
    const known = { swaLr: REQUIRED, annealEpochs: 10, annealStrategy: "cos" } as const;
    super(optimizer, readOptions("make SWALR", options, known));
  }

  /** See {@link LRScheduler}. */
  protected override faults(options: Required<SWALROptions>): string[] {
    return faultsIn(options, {
      swaLr: nonNegative,
      annealEpochs: nonNegativeInteger,
      annealStrategy: oneOf("cos", "linear"),
    });
  }

  /** See {@link LRScheduler}. */
  protected override floor({ swaLr }: Required<SWALROptions>): number {
    return swaLr;
  }

  /** See {@link LRScheduler}. */
  protected override rate(
    { base, epoch }: ScheduledGroup,
    { swaLr, annealEpochs, annealStrategy }: Required<SWALROptions>,
  ): number {
    const way = annealEpochs === 0 ? 1 : Math.min(epoch / annealEpochs, 1);
    const share = annealStrategy === "linear" ? way : (1 - cos(Math.PI * way)) / 2;
    return swaLr * share + base * (1 - share);
  }
}
