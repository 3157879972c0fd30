/**
 * What L-BFGS remembers, and the direction that follows from it.
 *
 * @module
 */

import type { DType } from "../dtype.ts";
import { Formula } from "../kernels/formula.ts";
import { formatShape } from "../shape.ts";
import { stack } from "../tensor/functions.ts";
import { pass } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { assign } from "./assign.ts";

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
