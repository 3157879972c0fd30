/**
 * L-BFGS: Newton's method with a curvature that is guessed from the last steps.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import type { DType } from "../dtype.ts";
import { StateDictError, ValueError } from "../errors.ts";
import { Formula } from "../kernels/formula.ts";
import { Optimizer, recorded } from "./optimizer.ts";
import {
  type Hyperparameters,
  type ParameterGroupOptions,
  type ParameterSource,
  unlessNonNegative,
} from "./parameter_groups.ts";
import type { OptimizerState } from "./state_dict.ts";
import { type LinePoint, strongWolfe } from "./strong_wolfe.ts";
import { assign } from "./update.ts";
import { formatShape } from "../shape.ts";
import { zeros } from "../tensor/create.ts";
import { cat, stack } from "../tensor/functions.ts";
import { pass } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";

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

/** `y ← y + a · x` */
const ADD = new Formula("L-BFGS", 3, (k, [y, a, x]) => k.add(y, k.mul(a, x)));

/** `y ← y + a · x` */
export function addMultiple(y: Tensor, a: number, x: Tensor): void {
  assign(y, ADD, y, a, x);
}

/** A step `s`, and the change `y` of the gradient that it made. */
interface Pair {
  readonly s: Tensor;
  readonly y: Tensor;
  /** `y · s` */
  readonly ys: number;
}

/** Pairs that are flatter than this tell nothing of the curvature. */
const FLAT = 1e-10;

/** The part of a saved state that is L-BFGS's own, by PyTorch's names. */
export type SavedMemory = Readonly<Record<string, Tensor | number | null>>;

const NUMBERS = ["func_evals", "n_iter", "t", "prev_loss"] as const;
const VECTORS = ["d", "prev_flat_grad"] as const;
const HISTORIES = ["old_dirs", "old_stps"] as const;

/** The state of L-BFGS: all parameters are one vector here. Its tensors are its own. */
export class LBFGSMemory {
  /** Evaluations of the closure so far. */
  evaluations = 0;
  /** Iterations so far. */
  iterations = 0;
  /** The loss where the last iteration began. */
  loss = 0;
  /** How far the last iteration went along its direction. */
  t = 0;
  #direction: Tensor | null = null;
  #gradient: Tensor | null = null;
  #pairs: Pair[] = [];

  /** The gradient where the last iteration began. */
  get gradient(): Tensor | null {
    return this.#gradient;
  }

  /**
   * Begins an iteration at a point, learning from the way there.
   *
   * @param gradient of the loss; it becomes the memory's own
   * @param historySize the most pairs to remember
   * @returns the direction to go
   */
  begin(gradient: Tensor, historySize: number): Tensor {
    this.#convert(gradient.dtype);
    this.#learn(gradient, historySize);
    if (this.#gradient !== gradient) this.#gradient?.[Symbol.dispose]();
    this.#gradient = gradient;
    this.#direction?.[Symbol.dispose]();
    this.#direction = this.#quasiNewton(gradient);
    this.iterations++;
    return this.#direction;
  }

  /** Goes on in `dtype`, if the parameters were converted to that since. */
  #convert(dtype: DType): void {
    if (this.#gradient === null || this.#gradient.dtype === dtype) return;
    const converted = (x: Tensor): Tensor => {
      const result = x.to(dtype).retain();
      x[Symbol.dispose]();
      return result;
    };
    this.#gradient = converted(this.#gradient);
    this.#direction = this.#direction && converted(this.#direction);
    this.#pairs = this.#pairs.map(({ y, s, ys }) => ({ y: converted(y), s: converted(s), ys }));
  }

  #learn(gradient: Tensor, historySize: number): void {
    const [d, previous] = [this.#direction, this.#gradient];
    if (d === null || previous === null) return;
    const [y, s] = pass(() => [gradient.sub(previous), d.mul(this.t)]);
    const ys = pass(() => y.dot(s).item());
    if (!(ys > FLAT)) return [y, s].forEach((x) => x[Symbol.dispose]());
    this.#pairs.push({ y: y.retain(), s: s.retain(), ys });
    if (this.#pairs.length > historySize) this.#forget(this.#pairs.splice(0, 1));
  }

  #forget(pairs: readonly Pair[]): void {
    for (const { y, s } of pairs) [y, s].forEach((x) => x[Symbol.dispose]());
  }

  /** `-H g` by the two loops of Nocedal (1980): the pairs stand for the inverse `H` of the Hessian. */
  #quasiNewton(gradient: Tensor): Tensor {
    return pass(() => {
      const r = gradient.neg();
      const weights = this.#pairs.toReversed().map(({ y, s, ys }) => {
        const weight = s.dot(r).item() / ys;
        addMultiple(r, -weight, y);
        return weight;
      }).reverse();
      const last = this.#pairs.at(-1);
      if (last !== undefined) r.mul_(last.ys / last.y.dot(last.y).item());
      this.#pairs.forEach(({ y, s, ys }, i) =>
        addMultiple(r, weights[i] - y.dot(r).item() / ys, s)
      );
      return r.retain();
    });
  }

  // ---------------------------------------------------------------- state

  /** Its saved form; the history is one matrix of steps and one of changes, a row for each pair. */
  save(): SavedMemory {
    const numbers = {
      func_evals: this.evaluations,
      n_iter: this.iterations,
      t: this.t,
      prev_loss: this.loss,
    };
    if (this.#direction === null || this.#gradient === null) return numbers;
    const vectors = { d: this.#direction.clone(), prev_flat_grad: this.#gradient.clone() };
    if (this.#pairs.length === 0) return { ...numbers, ...vectors };
    const old_dirs = pass(() => stack(this.#pairs.map(({ y }) => y)));
    const old_stps = pass(() => stack(this.#pairs.map(({ s }) => s)));
    return { ...numbers, ...vectors, old_dirs, old_stps };
  }

  /** What is wrong with a saved form for vectors of `size` elements, a sentence each. */
  static faults(saved: SavedMemory, size: number): string[] {
    const faults: string[] = [];
    for (const name of NUMBERS) {
      const whole = name === "func_evals" || name === "n_iter";
      const good = whole ? Number.isSafeInteger(saved[name]) : Number.isFinite(saved[name]);
      if (!good) faults.push(`state[0]: "${name}" is ${saved[name]}, and must be a number`);
    }
    const shapeFault = (name: string, fits: (x: Tensor) => boolean, expected: string): void => {
      const x = saved[name];
      const found = x instanceof Tensor ? formatShape(x.shape) : "no tensor";
      if (!(x instanceof Tensor) || !fits(x)) {
        faults.push(`state[0]: "${name}" is ${found}, expected ${expected}`);
      }
    };
    const own = [...VECTORS, ...HISTORIES].filter((name) => (saved[name] ?? null) !== null);
    if (own.length === 0) return faults;
    for (const name of VECTORS) {
      shapeFault(name, (x) => x.ndim === 1 && x.size === size, `[${size}]`);
    }
    if (!HISTORIES.some((name) => own.includes(name))) return faults;
    const rows = saved.old_dirs instanceof Tensor ? saved.old_dirs.shape[0] : 0;
    for (const name of HISTORIES) {
      const fits = (x: Tensor): boolean =>
        x.ndim === 2 && x.shape[0] === rows && x.shape[1] === size;
      shapeFault(name, fits, `[${rows}, ${size}]`);
    }
    return faults;
  }

  /** The memory that was saved, with tensors of its own, after {@link faults} has found none. */
  static load(saved: SavedMemory): LBFGSMemory {
    const memory = new LBFGSMemory();
    const copy = (x: Tensor | number | null | undefined): Tensor | null =>
      x instanceof Tensor ? x.clone().retain() : null;
    const [y, s] = [saved.old_dirs, saved.old_stps];
    if (y instanceof Tensor && s instanceof Tensor) {
      memory.#pairs = Array.from({ length: y.shape[0] }, (_, i) => {
        const [change, step] = [copy(y.at(i))!, copy(s.at(i))!];
        return { y: change, s: step, ys: pass(() => change.dot(step).item()) };
      });
    }
    memory.#direction = copy(saved.d);
    memory.#gradient = copy(saved.prev_flat_grad);
    memory.evaluations = Number(saved.func_evals);
    memory.iterations = Number(saved.n_iter);
    memory.t = Number(saved.t);
    memory.loss = Number(saved.prev_loss);
    return memory;
  }
}
