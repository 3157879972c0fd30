/**
 * L-BFGS: Newton's method with a curvature estimated from the last steps.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import { checkArguments, guardMembers, readOptions } from "../checks.ts";
import type { DType } from "../dtype.ts";
import { GradientError, StateDictError, ValueError } from "../errors.ts";
import { formatShape, sameShape, type Shape } from "../shape.ts";
import { zeros } from "../tensor/create.ts";
import { cat, stack } from "../tensor/shape.ts";
import { scope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { faultsIn, finite, nonNegativeInteger, oneOf, positiveInteger } from "./constraints.ts";
import { Optimizer, recorded } from "./optimizer.ts";
import type {
  OptimizerOptions,
  ParameterGroupOptions,
  ParameterSource,
} from "./parameter_groups.ts";
import type { OptimizerState } from "./state_dict.ts";
import { type LinePoint, strongWolfe } from "./strong_wolfe.ts";
import { assign, plusMultiple } from "./update.ts";

/** Options of {@link LBFGS}. */
export interface LBFGSOptions extends OptimizerOptions {
  /** The most iterations in a step; default 20. */
  maxIter?: number;
  /** The most evaluations of the closure in a step; default `⌊1.25 · maxIter⌋`. */
  maxEval?: number;
  /** Stop when no element of the gradient is larger; default 1e-7. */
  toleranceGrad?: number;
  /** Stop when neither the parameters nor the loss change by more; default 1e-9. */
  toleranceChange?: number;
  /** Number of steps to remember; each costs memory for two copies of all parameters; default 100. */
  historySize?: number;
  /** The line search that finds the step size; default `null`: the learning rate is the step size. */
  lineSearchFn?: "strong_wolfe" | null;
}

const DEFAULTS: Required<LBFGSOptions> = {
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
 * where `H`, the inverse of the Hessian, is estimated from the last steps and the changes
 * of the gradient, and `t` is the learning rate, or is found by a line search with the strong Wolfe
 * conditions. There is one group of parameters. If the closure throws during a line search, the
 * parameters return to where that began. The history is saved as two matrices, where PyTorch has
 * lists. See https://pytorch.org/docs/stable/generated/torch.optim.LBFGS.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { LBFGS } from "@gradus/gradus/optim";
 * import { assert } from "@std/assert";
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
 * assert(p.sub(1).abs().amax().item() < 1e-4);
 * ```
 */
export class LBFGS extends Optimizer<LBFGSOptions> {
  #history = new History();

  /**
   * Makes the optimizer.
   *
   * @param params the parameters, or one group of them
   * @param options see {@link LBFGSOptions}; the default of `lr` is 1
   * @throws {ValueError} if parameters or options make no sense
   */
  constructor(params: ParameterSource<LBFGSOptions>, options: LBFGSOptions = {}) {
    checkArguments("make LBFGS", arguments, 2);
    const known = { ...DEFAULTS, maxEval: undefined };
    const { maxEval, ...rest } = readOptions("make LBFGS", options, known);
    super(params, DEFAULTS, { ...rest, maxEval: maxEval ?? Math.floor(rest.maxIter * 5 / 4) });
  }

  /** See {@link Optimizer}; there can be only one group. */
  override addParamGroup(group: ParameterGroupOptions<LBFGSOptions>): void {
    if (this.paramGroups.length > 0) {
      throw new ValueError(
        "Cannot add a parameter group to LBFGS: all parameters are one vector; put them in one group",
      );
    }
    super.addParamGroup(group);
  }

  /** See {@link Optimizer}. */
  protected override stateNames(_group: Required<LBFGSOptions>): readonly string[] {
    return [];
  }

  /** See {@link Optimizer}. */
  protected override faults(h: Required<LBFGSOptions>): string[] {
    return [
      ...super.faults(h),
      ...faultsIn(h, {
        maxIter: positiveInteger,
        maxEval: positiveInteger,
        historySize: positiveInteger,
        lineSearchFn: oneOf("strong_wolfe", null),
      }),
    ];
  }

  /** All parameters change at once, in {@link step}. */
  protected override update(): void {}

  /** Rejects a step without a closure, which has to be evaluated several times. @throws {ValueError} */
  override step(): void;
  /**
   * Makes up to `maxIter` iterations.
   *
   * @param closure clears the gradients, computes the loss and its gradients, and returns it
   * @returns the first result of the closure
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
    this.checkGroups();
    const result = recorded(closure);
    noGrad(() => this.#iterate(this.#measure(result), () => this.#measure(recorded(closure))));
    return result;
  }

  #iterate(start: Measure, evaluate: () => Measure): void {
    const { maxIter, maxEval, toleranceGrad, toleranceChange } = this.paramGroups[0];
    const history = this.#history;
    const before = history.evaluations;
    history.evaluations++;
    let point = start;
    let isDone = largest(point.gradient) <= toleranceGrad;
    for (let i = 1; i <= maxIter && !isDone; i++) {
      const from = point;
      const direction = history.begin(from.gradient, this.paramGroups[0].historySize);
      history.loss = from.loss;
      history.t = this.#firstStep(from.gradient);
      const slope = dot(from.gradient, direction);
      if (!(slope <= -toleranceChange)) break;
      point = this.#advance({ ...from, slope, t: 0 }, direction, evaluate, i === maxIter);
      isDone = history.evaluations - before >= maxEval ||
        largest(point.gradient) <= toleranceGrad ||
        largest(direction) * Math.abs(history.t) <= toleranceChange ||
        Math.abs(point.loss - from.loss) < toleranceChange;
    }
    if (point.gradient !== history.gradient) point.gradient[Symbol.dispose]();
  }

  /** Returns the first multiple of the direction: the first curvature knows nothing of the scale. */
  #firstStep(gradient: Tensor): number {
    const { lr } = this.paramGroups[0];
    if (this.#history.iterations > 1) return lr;
    return Math.min(1, 1 / scope(() => gradient.abs().sum().item())) * lr;
  }

  /** Goes along the direction, and measures the new point, unless it is the last. */
  #advance(
    from: LinePoint<Tensor>,
    direction: Tensor,
    evaluate: () => Measure,
    isLast: boolean,
  ): Measure {
    const history = this.#history;
    if (this.paramGroups[0].lineSearchFn !== null) return this.#search(from, direction, evaluate);
    this.#move(history.t, direction);
    if (isLast) return from;
    history.evaluations++;
    return evaluate();
  }

  #search(from: LinePoint<Tensor>, direction: Tensor, evaluate: () => Measure): Measure {
    const history = this.#history;
    const start = this.paramGroups[0].params.map((parameter) => parameter.clone().retain());
    const restore = () => start.forEach((x, i) => this.paramGroups[0].params[i].copy_(x));
    const made: Tensor[] = [];
    let best: LinePoint<Tensor> = from;
    try {
      return best = strongWolfe({
        start: from,
        first: history.t,
        size: largest(direction),
        tolerance: this.paramGroups[0].toleranceChange,
        evaluate: (t) => {
          this.#move(t, direction);
          history.evaluations++;
          const { loss, gradient } = evaluate();
          made.push(gradient);
          restore();
          return { t, loss, gradient, slope: dot(gradient, direction) };
        },
      });
    } finally {
      // Also after a throw, with nothing gained: then t is 0.
      restore();
      history.t = best.t;
      if (best !== from) this.#move(best.t, direction);
      for (const x of [...start, ...made]) if (x !== best.gradient) x[Symbol.dispose]();
    }
  }

  /** `p ← p + t · d` */
  #move(t: number, direction: Tensor): void {
    const { params } = this.paramGroups[0];
    scope(() =>
      direction.split(params.map((p) => p.numel())).forEach((part, i) =>
        assign(plusMultiple(params[i], t, part.reshape(params[i].shape)))
      )
    );
  }

  /** Returns the loss as a number, and all gradients as one new vector. */
  #measure(result: unknown): Measure {
    const loss = result instanceof Tensor && result.numel() === 1 ? result.item() : result;
    if (typeof loss !== "number") {
      throw new ValueError(
        "Cannot step LBFGS: the closure must return the loss, a number or a tensor of one element",
      );
    }
    const { params, maximize } = this.paramGroups[0];
    if (params.every((p) => p.grad === null)) {
      throw new GradientError(
        "Cannot step LBFGS without gradients: call backward() on the loss in the closure",
      );
    }
    for (const p of params) if (p.grad !== null) p.collector?.checkComplete();
    const gradient = scope(() => {
      const parts = params.map((p) =>
        p.grad === null ? zeros([p.numel()], { dtype: p.dtype }) : p.grad.reshape(-1)
      );
      return maximize ? cat(parts).neg() : cat(parts);
    });
    return { loss: maximize ? -loss : loss, gradient: gradient.retain() };
  }

  /** See {@link Optimizer}; the state is that of the first parameter. */
  override stateDict(): OptimizerState {
    const { param_groups } = super.stateDict();
    const { evaluations } = this.#history;
    return {
      state: evaluations === 0 ? {} : { 0: noGrad(() => this.#history.save()) },
      param_groups,
    };
  }

  /** See {@link Optimizer}. */
  override loadStateDict(state: OptimizerState): void {
    const saved = state?.state?.[0];
    const others = Object.keys(state?.state ?? {}).filter((number) => number !== "0");
    const size = this.paramGroups[0].params.reduce((sum, x) => sum + x.numel(), 0);
    const faults = [
      ...others.map((number) => `state[${number}] is not expected`),
      ...(saved === undefined ? [] : History.faults(saved, size)),
    ];
    if (faults.length > 0) throw new StateDictError("LBFGS", faults);
    const history = saved === undefined
      ? new History()
      : noGrad(() => scope(() => History.load(saved)));
    super.loadStateDict({ ...state, state: state?.state && {} });
    this.#history = history;
  }
}

guardMembers(LBFGS);

/** Returns the largest absolute value; 0 for an empty tensor. */
function largest(x: Tensor): number {
  return x.numel() === 0 ? 0 : scope(() => x.abs().amax().item());
}

function dot(a: Tensor, b: Tensor): number {
  return scope(() => a.dot(b).item());
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
type SavedHistory = Readonly<Record<string, Tensor | number | null>>;

const VECTORS = ["d", "prev_flat_grad"];
const HISTORIES = ["old_dirs", "old_stps"];

/** The last steps, and the direction that follows from them: all parameters are one vector here. */
class History {
  /** Evaluations of the closure so far. */
  evaluations = 0;
  /** Iterations so far. */
  iterations = 0;
  /** The loss where the last iteration began. */
  loss = 0;
  /** The multiple of its direction that the last iteration went. */
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
   * @param gradient the gradient there, which the history takes over
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
    const [y, s] = scope(() => [gradient.sub(previous), d.mul(this.t)]);
    const ys = scope(() => y.dot(s).item());
    if (!(ys > FLAT)) return [y, s].forEach((x) => x[Symbol.dispose]());
    this.#pairs.push({ y: y.retain(), s: s.retain(), ys });
    if (this.#pairs.length <= historySize) return;
    const oldest = this.#pairs.shift()!;
    [oldest.y, oldest.s].forEach((x) => x[Symbol.dispose]());
  }

  /** `-H g` by the two loops of Nocedal (1980): the pairs stand for the inverse `H` of the Hessian. */
  #quasiNewton(gradient: Tensor): Tensor {
    return scope(() => {
      const r = gradient.neg();
      const weights = this.#pairs.toReversed().map(({ y, s, ys }) => {
        const weight = s.dot(r).item() / ys;
        assign(plusMultiple(r, -weight, y));
        return weight;
      }).reverse();
      const last = this.#pairs.at(-1);
      if (last !== undefined) r.mul_(last.ys / last.y.dot(last.y).item());
      this.#pairs.forEach(({ y, s, ys }, i) =>
        assign(plusMultiple(r, weights[i] - y.dot(r).item() / ys, s))
      );
      return r.retain();
    });
  }

  // ---------------------------------------------------------------- state

  /** Returns the saved form: one matrix of steps and one of changes, a row for each pair. */
  save(): SavedHistory {
    const numbers = {
      func_evals: this.evaluations,
      n_iter: this.iterations,
      t: this.t,
      prev_loss: this.loss,
    };
    if (this.#direction === null || this.#gradient === null) return numbers;
    const vectors = { d: this.#direction.clone(), prev_flat_grad: this.#gradient.clone() };
    if (this.#pairs.length === 0) return { ...numbers, ...vectors };
    const old_dirs = scope(() => stack(this.#pairs.map(({ y }) => y)));
    const old_stps = scope(() => stack(this.#pairs.map(({ s }) => s)));
    return { ...numbers, ...vectors, old_dirs, old_stps };
  }

  /** Returns the faults of a saved form for vectors of `size` elements, a sentence each. */
  static faults(saved: SavedHistory, size: number): string[] {
    const faults = faultsIn<SavedHistory>(saved, {
      func_evals: nonNegativeInteger,
      n_iter: nonNegativeInteger,
      t: finite,
      prev_loss: finite,
    });
    const has = (name: string): boolean => (saved[name] ?? null) !== null;
    const check = (names: readonly string[], shape: Shape): void => {
      for (const name of names) {
        const x = saved[name];
        if (x instanceof Tensor && sameShape(x.shape, shape)) continue;
        const found = x instanceof Tensor ? formatShape(x.shape) : "no tensor";
        faults.push(`"${name}" is ${found}, expected ${formatShape(shape)}`);
      }
    };
    const rows = saved.old_dirs instanceof Tensor ? saved.old_dirs.shape[0] : 0;
    if ([...VECTORS, ...HISTORIES].some(has)) check(VECTORS, [size]);
    if (HISTORIES.some(has)) check(HISTORIES, [rows, size]);
    return faults.map((fault) => `state[0]: ${fault}`);
  }

  /** Makes the history that was saved, with tensors of its own; {@link faults} must have found none. */
  static load(saved: SavedHistory): History {
    const history = new History();
    const copy = (x: Tensor | number | null | undefined): Tensor | null =>
      x instanceof Tensor ? x.clone().retain() : null;
    const [y, s] = [saved.old_dirs, saved.old_stps];
    if (y instanceof Tensor && s instanceof Tensor) {
      history.#pairs = Array.from({ length: y.shape[0] }, (_, i) => {
        const [change, step] = [copy(y.at(i))!, copy(s.at(i))!];
        return { y: change, s: step, ys: scope(() => change.dot(step).item()) };
      });
    }
    history.#direction = copy(saved.d);
    history.#gradient = copy(saved.prev_flat_grad);
    history.evaluations = Number(saved.func_evals);
    history.iterations = Number(saved.n_iter);
    history.t = Number(saved.t);
    history.loss = Number(saved.prev_loss);
    return history;
  }
}
