/**
 * L-BFGS: Newton's method with a curvature that is guessed from the last steps.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import { StateDictError, ValueError } from "../errors.ts";
import { zeros } from "../tensor/create.ts";
import { cat } from "../tensor/functions.ts";
import { pass } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { addMultiple, LBFGSMemory } from "./lbfgs_memory.ts";
import { Optimizer, recorded } from "./optimizer.ts";
import {
  type Hyperparameters,
  type ParameterGroupOptions,
  type ParameterSource,
  unlessNonNegative,
} from "./parameter_groups.ts";
import type { OptimizerState } from "./state_dict.ts";
import { type LinePoint, strongWolfe } from "./strong_wolfe.ts";

/** The hyperparameters of {@link LBFGS}. */
export interface LBFGSHyperparameters extends Hyperparameters {
  /** The most iterations in a step; default 20. */
  maxIter: number;
  /** The most evaluations of the closure in a step; default `⌊1.25 · maxIter⌋`. */
  maxEval: number;
  /** Stop when no element of the gradient is larger; default 1e-7. */
  toleranceGrad: number;
  /** Stop when neither the parameters nor the loss change by more; default 1e-9. */
  toleranceChange: number;
  /** How many steps to remember; each costs memory for two copies of all parameters; default 100. */
  historySize: number;
  /** How to find out how far to go; default `null`: by the learning rate. */
  lineSearchFn: "strong_wolfe" | null;
  /** Climb instead of descend; default false. */
  maximize: boolean;
}

/** Options of {@link LBFGS}. */
export type LBFGSOptions = Partial<LBFGSHyperparameters>;

const DEFAULTS: LBFGSHyperparameters = {
  lr: 1,
  maxIter: 20,
  maxEval: 25,
  toleranceGrad: 1e-7,
  toleranceChange: 1e-9,
  historySize: 100,
  lineSearchFn: null,
  maximize: false,
};

/** The loss and the gradient at a point. */
interface Measure {
  readonly loss: number;
  readonly gradient: Tensor;
}

/**
 * L-BFGS (Liu and Nocedal, 1989), for small smooth problems without noise: all parameters are one
 * vector, and each step makes several iterations, for which it evaluates the closure again and again.
 *
 * An iteration goes from `p` with the gradient `g` to
 * ```text
 * p = p - t · H · g
 * ```
 * where `H`, the inverse of the Hessian, is guessed from the last steps and what they did to the
 * gradient, and `t` is the learning rate, or is found by a line search with the strong Wolfe
 * conditions. There is one group of parameters. If the closure throws during a line search, the
 * parameters return to where that began. The history is saved as two matrices, where PyTorch has
 * lists. See https://pytorch.org/docs/stable/generated/torch.optim.LBFGS.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { LBFGS } from "@gradus/gradus/optim";
 * import assert from "node:assert/strict";
 *
 * // Rosenbrock's valley, with its least value at (1, 1).
 * const p = tensor([-1.2, 1], { dtype: "float64", requiresGrad: true });
 * const optimizer = new LBFGS([p], { maxIter: 100, lineSearchFn: "strong_wolfe" });
 * optimizer.step(() => {
 *   optimizer.zeroGrad();
 *   const [x, y] = [p.at(0), p.at(1)];
 *   const loss = y.sub(x.square()).square().mul(100).add(x.sub(1).square());
 *   loss.backward();
 *   return loss;
 * });
 * assert.ok(p.sub(1).abs().amax().item() < 1e-4);
 * ```
 */
export class LBFGS extends Optimizer<LBFGSHyperparameters> {
  #memory = new LBFGSMemory();

  /**
   * Makes the optimizer.
   *
   * @param params the parameters, or one group of them
   * @param options see {@link LBFGSHyperparameters}; the default of `lr` is 1
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<LBFGSHyperparameters>, options: LBFGSOptions = {}) {
    const { maxIter = DEFAULTS.maxIter } = options;
    const { maxEval = Math.floor(maxIter * 5 / 4) } = options;
    super(params, DEFAULTS, { ...options, maxEval });
  }

  /** See {@link Optimizer}; there can be only one group. */
  override addParamGroup(group: ParameterGroupOptions<LBFGSHyperparameters>): void {
    if (this.paramGroups.length > 0) {
      throw new ValueError(
        "Cannot add a parameter group to LBFGS: all parameters are one vector; put them in one group",
      );
    }
    super.addParamGroup(group);
  }

  /** See {@link Optimizer}. */
  protected override stateNames(): readonly string[] {
    return [];
  }

  /** See {@link Optimizer}. */
  protected override faults(h: LBFGSHyperparameters): string[] {
    const faults = [
      ...unlessNonNegative("lr", h.lr),
      ...unlessNonNegative("toleranceGrad", h.toleranceGrad),
      ...unlessNonNegative("toleranceChange", h.toleranceChange),
    ];
    for (const name of ["maxIter", "maxEval", "historySize"] as const) {
      if (Number.isSafeInteger(h[name]) && h[name] > 0) continue;
      faults.push(`${name} is ${h[name]}, and must be a whole number, 1 or more`);
    }
    if (h.lineSearchFn !== null && h.lineSearchFn !== "strong_wolfe") {
      faults.push(`lineSearchFn is "${h.lineSearchFn}", and must be "strong_wolfe" or null`);
    }
    return faults;
  }

  /** All parameters change at once, in {@link step}. */
  protected override update(): void {}

  /** Not possible: the loss has to be evaluated again and again. @throws {ValueError} always */
  override step(): void;
  /**
   * Makes up to `maxIter` iterations.
   *
   * @param closure clears the gradients, computes the loss and its gradients, and returns it
   * @returns what the closure returned first
   * @throws {ValueError} if there is no closure, or it returns no single number
   */
  override step<L>(closure: () => L): L;
  override step<L>(closure?: () => L): L | void {
    if (closure === undefined) {
      throw new ValueError(
        "Cannot step LBFGS without a closure: pass a function that clears the gradients, computes " +
          "the loss, calls backward() and returns the loss",
      );
    }
    const result = recorded(closure);
    noGrad(() => this.#iterate(this.#measure(result), () => this.#measure(recorded(closure))));
    return result;
  }

  #iterate(start: Measure, evaluate: () => Measure): void {
    const { maxIter, maxEval, toleranceGrad, toleranceChange } = this.paramGroups[0];
    const memory = this.#memory;
    const before = memory.evaluations;
    memory.evaluations++;
    let point = start;
    let isDone = largest(point.gradient) <= toleranceGrad;
    for (let i = 1; i <= maxIter && !isDone; i++) {
      const from = point;
      const direction = memory.begin(from.gradient, this.paramGroups[0].historySize);
      memory.loss = from.loss;
      memory.t = this.#firstStep(from.gradient);
      const slope = dot(from.gradient, direction);
      if (!(slope <= -toleranceChange)) break;
      point = this.#advance({ ...from, slope, t: 0 }, direction, evaluate, i === maxIter);
      isDone = memory.evaluations - before >= maxEval ||
        largest(point.gradient) <= toleranceGrad ||
        largest(direction) * Math.abs(memory.t) <= toleranceChange ||
        Math.abs(point.loss - from.loss) < toleranceChange;
    }
    if (point.gradient !== memory.gradient) point.gradient[Symbol.dispose]();
  }

  /** How far to go at first: the guess of the curvature knows nothing yet of the scale. */
  #firstStep(gradient: Tensor): number {
    const { lr } = this.paramGroups[0];
    if (this.#memory.iterations > 1) return lr;
    return Math.min(1, 1 / pass(() => gradient.abs().sum().item())) * lr;
  }

  /** Goes along the direction, and measures where that led, unless nobody will ask. */
  #advance(
    from: LinePoint<Tensor>,
    direction: Tensor,
    evaluate: () => Measure,
    isLast: boolean,
  ): Measure {
    const memory = this.#memory;
    if (this.paramGroups[0].lineSearchFn !== null) return this.#search(from, direction, evaluate);
    this.#move(memory.t, direction);
    if (isLast) return from;
    memory.evaluations++;
    return evaluate();
  }

  #search(from: LinePoint<Tensor>, direction: Tensor, evaluate: () => Measure): Measure {
    const memory = this.#memory;
    const start = this.paramGroups[0].params.map((parameter) => parameter.clone().retain());
    const restore = () => start.forEach((x, i) => this.paramGroups[0].params[i].copy_(x));
    const made: Tensor[] = [];
    let best: LinePoint<Tensor> = from;
    try {
      const { point } = strongWolfe({
        start: from,
        first: memory.t,
        size: largest(direction),
        tolerance: this.paramGroups[0].toleranceChange,
        evaluate: (t) => {
          this.#move(t, direction);
          memory.evaluations++;
          const { loss, gradient } = evaluate();
          made.push(gradient);
          restore();
          return { t, loss, gradient, slope: dot(gradient, direction) };
        },
      });
      best = point;
      return best;
    } finally {
      // Also after a throw, with nothing gained: then t is 0.
      restore();
      memory.t = best.t;
      if (best !== from) this.#move(best.t, direction);
      for (const x of [...start, ...made]) if (x !== best.gradient) x[Symbol.dispose]();
    }
  }

  /** `p ← p + t · d` */
  #move(t: number, direction: Tensor): void {
    const { params } = this.paramGroups[0];
    pass(() =>
      direction.split(params.map(({ size }) => size)).forEach((part, i) =>
        addMultiple(params[i], t, part.reshape(params[i].shape))
      )
    );
  }

  /** The loss as a number, and all gradients as one vector, which nobody else has. */
  #measure(result: unknown): Measure {
    const loss = result instanceof Tensor && result.size === 1 ? result.item() : result;
    if (typeof loss !== "number") {
      throw new ValueError(
        "Cannot step LBFGS: the closure must return the loss, a number or a tensor of one element",
      );
    }
    const { params, maximize } = this.paramGroups[0];
    const gradient = pass(() => {
      const parts = params.map(({ grad, size, dtype }) =>
        grad === null ? zeros([size], { dtype }) : grad.reshape(-1)
      );
      return maximize ? cat(parts).neg() : cat(parts);
    });
    return { loss: maximize ? -loss : loss, gradient: gradient.retain() };
  }

  /** See {@link Optimizer}; what is remembered stands at the first parameter. */
  override stateDict(): OptimizerState {
    const { param_groups } = super.stateDict();
    const { evaluations } = this.#memory;
    return {
      state: evaluations === 0 ? {} : { 0: noGrad(() => this.#memory.save()) },
      param_groups,
    };
  }

  /** See {@link Optimizer}. */
  override loadStateDict(state: OptimizerState): void {
    const saved = state?.state?.[0];
    const others = Object.keys(state?.state ?? {}).filter((number) => number !== "0");
    const size = this.paramGroups[0].params.reduce((sum, x) => sum + x.size, 0);
    const faults = [
      ...others.map((number) => `state[${number}] is not expected`),
      ...(saved === undefined ? [] : LBFGSMemory.faults(saved, size)),
    ];
    if (faults.length > 0) {
      throw new StateDictError(`Cannot load state into LBFGS: ${faults.join("; ")}`);
    }
    const memory = saved === undefined
      ? new LBFGSMemory()
      : noGrad(() => pass(() => LBFGSMemory.load(saved)));
    super.loadStateDict({ ...state, state: state?.state && {} });
    this.#memory = memory;
  }
}

/** The largest absolute value; 0 of nothing. */
function largest(x: Tensor): number {
  return x.size === 0 ? 0 : pass(() => x.abs().amax().item());
}

function dot(a: Tensor, b: Tensor): number {
  return pass(() => a.dot(b).item());
}
