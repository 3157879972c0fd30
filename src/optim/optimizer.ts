/**
 * The base of all optimizers.
 *
 * @module
 */

import { noGrad, setGradEnabled } from "../autograd/grad_mode.ts";
import { clearGradient } from "../autograd/gradients.ts";
import { arena } from "../storage/arena.ts";
import { touch } from "../storage/ndarray.ts";
import { zerosLike } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  groupsIn,
  type Hyperparameters,
  hyperparametersOf,
  type ParameterGroup,
  type ParameterGroupOptions,
  parametersIn,
  type ParameterSource,
} from "./parameter_groups.ts";
import { type OptimizerState, readState, writeState } from "./state_dict.ts";

/** What an optimizer remembers of one parameter. */
export interface ParameterState {
  /** Updates so far. */
  step: number;
  /** Numbers, under PyTorch's names. */
  readonly numbers: Record<string, number>;
  /** Tensors like the parameter, under PyTorch's names; zeros before the first update. */
  readonly tensors: Record<string, Tensor>;
}

/** One parameter that is to be updated. */
export interface Update {
  /** What is changed. */
  readonly parameter: Tensor;
  /** `∂L/∂parameter` */
  readonly gradient: Tensor;
  /** The tensors that `stateNames` names. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The numbers that `stateNumbers` names, to be changed. */
  readonly numbers: Record<string, number>;
  /** Number of this update of the parameter; 1 is the first. */
  readonly step: number;
}

/**
 * The base of all optimizers: parameters in groups, what is remembered of each, and the step.
 *
 * An optimizer says what it remembers (`stateNames`), which hyperparameters make no sense
 * (`faults`), and how one parameter changes (`update`); everything else is here.
 *
 * See https://pytorch.org/docs/stable/optim.html
 *
 * @typeParam H the hyperparameters
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import * as optim from "@gradus/gradus/optim";
 * import assert from "node:assert/strict";
 *
 * // p ← p − lr · sign g
 * class SignDescent extends optim.Optimizer<{ lr: number }> {
 *   protected override stateNames(): string[] {
 *     return [];
 *   }
 *   protected override faults({ lr }: { lr: number }): string[] {
 *     return lr > 0 ? [] : ["lr must be above 0"];
 *   }
 *   protected override update({ parameter, gradient }: optim.Update, { lr }: { lr: number }): void {
 *     parameter.sub_(gradient.sign().mul(lr));
 *   }
 * }
 *
 * const x = tensor([1, -2], { requiresGrad: true });
 * const optimizer = new SignDescent([x], { lr: 0.5 }, {});
 * x.square().sum().backward();
 * optimizer.step();
 * assert.deepEqual(x.toArray(), [0.5, -1.5]);
 * ```
 */
export abstract class Optimizer<H extends Hyperparameters = Hyperparameters> {
  /** The parameters and their hyperparameters, which may be changed between steps. */
  readonly paramGroups: ParameterGroup<H>[] = [];
  readonly #defaults: H;
  #states = new Map<Tensor, ParameterState>();

  /**
   * Makes an optimizer.
   *
   * @param params parameters, or groups of them with hyperparameters of their own
   * @param defaults a value for every hyperparameter
   * @param options what the caller wants instead
   * @throws {ValueError} if there are no parameters, one is no leaf or is there twice, or a
   *   hyperparameter makes no sense
   */
  constructor(params: ParameterSource<H>, defaults: H, options: Partial<H>) {
    const name = this.constructor.name;
    this.#defaults = hyperparametersOf(name, defaults, options, (h) => this.faults(h));
    for (const group of groupsIn(params, name)) this.addParamGroup(group);
  }

  // ---------------------------------------------------------------- what a kind of optimizer says

  /** Names of the tensors that are remembered for each parameter, and `step` if that counts. */
  protected abstract stateNames(group: H): readonly string[];

  /** Numbers that are remembered for each parameter, as they are before its first update. */
  protected stateNumbers(): Readonly<Record<string, number>> {
    return {};
  }

  /** What is wrong with hyperparameters, a sentence each. */
  protected abstract faults(hyperparameters: H): string[];

  /** Changes one parameter and what is remembered of it; nothing is recorded meanwhile. */
  protected abstract update(update: Update, group: H): void;

  // ---------------------------------------------------------------- what a training loop calls

  /**
   * Adds parameters, for example of layers that begin to learn later.
   *
   * @param group the parameters, and hyperparameters that differ from the optimizer's
   * @throws {ValueError} as the constructor does; nothing is added then
   * @example
   * ```ts
   * import * as nn from "@gradus/gradus/nn";
   * import * as optim from "@gradus/gradus/optim";
   * import assert from "node:assert/strict";
   *
   * const [body, head] = [new nn.Linear(4, 4), new nn.Linear(4, 2)];
   * const optimizer = new optim.SGD(head.parameters(), { lr: 0.1 });
   * optimizer.addParamGroup({ params: body.parameters(), lr: 0.01 });
   * assert.deepEqual(optimizer.paramGroups.map(({ lr }) => lr), [0.1, 0.01]);
   * ```
   */
  addParamGroup(group: ParameterGroupOptions<H>): void {
    const { params, ...options } = group;
    const name = this.constructor.name;
    const hyperparameters = hyperparametersOf(
      name,
      this.#defaults,
      options as unknown as Partial<H>,
      (h) => this.faults(h),
    );
    const taken = new Set(this.paramGroups.flatMap((other) => other.params));
    this.paramGroups.push({ ...hyperparameters, params: parametersIn(params, name, taken) });
  }

  /**
   * Takes the gradients of all parameters away; their memory is used again.
   *
   * Call it before `backward()`, which adds to the gradients that are there.
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { SGD } from "@gradus/gradus/optim";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([3], { requiresGrad: true });
   * const optimizer = new SGD([x], { lr: 0.5 });
   * x.square().sum().backward();
   * assert.equal(x.grad!.item(), 6);
   * optimizer.zeroGrad();
   * assert.equal(x.grad, null);
   * ```
   */
  zeroGrad(): void {
    for (const { params } of this.paramGroups) params.forEach(clearGradient);
  }

  /**
   * Updates every parameter that has a gradient.
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { SGD } from "@gradus/gradus/optim";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([4], { requiresGrad: true });
   * const optimizer = new SGD([x], { lr: 0.25 });
   * for (let i = 0; i < 2; i++) {
   *   optimizer.zeroGrad();
   *   x.square().sum().backward();
   *   optimizer.step(); // x becomes x − 0.25 · 2x
   * }
   * assert.equal(x.item(), 1);
   * ```
   */
  step(): void;
  /**
   * Computes the loss, and updates every parameter that has a gradient.
   *
   * @param closure clears the gradients, computes the loss and its gradients, and returns it
   * @returns what the closure returns
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { SGD } from "@gradus/gradus/optim";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([4], { requiresGrad: true });
   * const optimizer = new SGD([x], { lr: 0.25 });
   * const loss = optimizer.step(() => {
   *   optimizer.zeroGrad();
   *   const loss = x.square().sum();
   *   loss.backward();
   *   return loss;
   * });
   * assert.deepEqual([loss.item(), x.item()], [16, 2]);
   * ```
   */
  step<L>(closure: () => L): L;
  step<L>(closure?: () => L): L | void {
    const loss = closure === undefined ? undefined : recorded(closure);
    const updates = [...this.#updates()];
    using _ = noGrad();
    for (const { parameter, gradient, state, group } of updates) {
      const { tensors, numbers } = state;
      this.update({ parameter, gradient, tensors, numbers, step: state.step + 1 }, group);
      state.step++;
    }
    return loss;
  }

  /**
   * What is to be updated, with memory for it. Everything that can fail (a gradient that was freed,
   * memory that is full) fails here, before the first parameter has changed.
   */
  *#updates() {
    for (const group of this.paramGroups) {
      for (const parameter of group.params) {
        const gradient = parameter.grad;
        if (gradient === null) continue;
        const state = this.#stateOf(parameter, group);
        const arrays = Object.values(state.tensors).map((tensor) => tensor.array);
        arena.begin();
        touch(parameter.array, gradient.array, ...arrays);
        yield { parameter, gradient, state, group };
      }
    }
  }

  #stateOf(parameter: Tensor, group: H): ParameterState {
    let state = this.#states.get(parameter);
    if (state === undefined) {
      state = { step: 0, numbers: { ...this.stateNumbers() }, tensors: {} };
      this.#states.set(parameter, state);
    }
    for (const name of this.stateNames(group)) {
      if (name === "step") continue;
      const known = state.tensors[name];
      // The parameter may have been converted since.
      if (known?.dtype !== parameter.dtype) {
        state.tensors[name] = stateTensor(parameter, name, known);
      }
    }
    return state;
  }

  // ---------------------------------------------------------------- state

  /**
   * What has to be saved to continue later, in PyTorch's layout and spelling.
   *
   * The tensors share memory with the optimizer: `clone()` them to keep them as they are now.
   *
   * @returns what is remembered by the parameter's number, and the groups with these numbers
   * @example
   * ```ts
   * import { Tensor, tensor } from "@gradus/gradus";
   * import { SGD } from "@gradus/gradus/optim";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([4], { requiresGrad: true });
   * const optimizer = new SGD([x], { lr: 0.25, momentum: 0.5 });
   * x.square().sum().backward();
   * optimizer.step();
   * const { state, param_groups: [group] } = optimizer.stateDict();
   * assert.equal((state[0].momentum_buffer as Tensor).item(), 8);
   * assert.deepEqual([group.lr, group.momentum, group.params], [0.25, 0.5, [0]]);
   * ```
   */
  stateDict(): OptimizerState {
    return writeState(this.paramGroups, (parameter, group) => {
      const state = this.#states.get(parameter);
      if (state === undefined || state.step === 0) return null;
      return { ...state, names: this.stateNames(group) };
    });
  }

  /**
   * Continues from a saved state: takes over hyperparameters and a copy of what was remembered.
   *
   * @param state what `stateDict` returned, of an optimizer with groups of the same sizes
   * @throws {StateDictError} naming everything that does not fit; nothing is changed then
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import * as optim from "@gradus/gradus/optim";
   * import assert from "node:assert/strict";
   *
   * const x = tensor([1], { requiresGrad: true });
   * const optimizer = new optim.SGD([x], { lr: 0.1, momentum: 0.9 });
   * const resumed = new optim.SGD([x], { lr: 1 });
   * resumed.loadStateDict(optimizer.stateDict());
   * assert.equal(resumed.paramGroups[0].momentum, 0.9);
   * ```
   */
  loadStateDict(state: OptimizerState): void {
    const { groups, entries } = readState(state, {
      action: `load state into ${this.constructor.name}`,
      groups: this.paramGroups,
      defaults: this.#defaults,
      faults: (h) => this.faults(h),
      names: (h) => this.stateNames(h),
      numbers: Object.keys(this.stateNumbers()),
    });
    const states = new Map<Tensor, ParameterState>();
    for (const { parameter, step, numbers, tensors } of entries) {
      const copies = Object.entries(tensors).map(([name, tensor]) =>
        [name, stateTensor(parameter, name, tensor)] as const
      );
      states.set(parameter, { step, numbers, tensors: Object.fromEntries(copies) });
    }
    this.#states = states;
    groups.forEach((hyperparameters, i) => Object.assign(this.paramGroups[i], hyperparameters));
  }
}

/** Runs `closure` with recording on. */
export function recorded<L>(closure: () => L): L {
  using _ = setGradEnabled(true);
  return closure();
}

/** A tensor like `parameter`, at first `value` or zeros, which no rule of the memory frees. */
function stateTensor(parameter: Tensor, name: string, value?: Tensor): Tensor {
  const tensor = zerosLike(parameter).retain();
  tensor.array.storage.origin = `the ${name} of an optimizer`;
  return value === undefined ? tensor : noGrad(() => tensor.copy_(value));
}
