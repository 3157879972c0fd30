/**
 * The base of all optimizers.
 *
 * @module
 */

import { noGrad, withGradEnabled } from "../autograd/grad_mode.ts";
import { clearGradient } from "../autograd/node.ts";
import { checkKind, guardMembers } from "../checks.ts";
import { ValueError } from "../errors.ts";
import { arena } from "../storage/arena.ts";
import { touch } from "../storage/ndarray.ts";
import { zerosLike } from "../tensor/create.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type Constraint,
  faultsIn,
  finite,
  fraction,
  list,
  listOf,
  nonNegative,
  oneOf,
} from "./constraints.ts";
import {
  checkNames,
  groupsIn,
  type Hyperparameters,
  hyperparametersOf,
  type OptimizerOptions,
  type ParameterGroup,
  type ParameterGroupOptions,
  parametersIn,
  type ParameterSource,
  restoredGroups,
} from "./parameter_groups.ts";
import { type OptimizerState, type ParameterState, readState, writeState } from "./state_dict.ts";
import type { Update } from "./update.ts";

/**
 * The base of all optimizers: parameters in groups, their state, and the step.
 *
 * An optimizer defines the tensors in the state of a parameter (`stateNames`) and the change of one
 * parameter (`update`), and may check its hyperparameters further (`faults`); the rest is here.
 *
 * See https://pytorch.org/docs/stable/optim.html
 *
 * @typeParam O the options
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import * as optim from "@gradus/gradus/optim";
 * import { assertEquals } from "@std/assert";
 *
 * // p ← p − lr · sign g
 * class SignDescent extends optim.Optimizer<{ lr?: number }> {
 *   protected override stateNames(): string[] {
 *     return [];
 *   }
 *   protected override update({ parameter, gradient }: optim.Update, { lr }: { lr: number }): void {
 *     parameter.sub_(gradient.sign().mul(lr));
 *   }
 * }
 *
 * const x = tensor([1, -2], { requiresGrad: true });
 * const optimizer = new SignDescent([x], { lr: 0.1 }, { lr: 0.5 });
 * x.square().sum().backward();
 * optimizer.step();
 * assertEquals(x.toArray(), [0.5, -1.5]);
 * ```
 */
export abstract class Optimizer<O extends OptimizerOptions = OptimizerOptions> {
  /** The parameters and their hyperparameters, which may be changed between steps. */
  readonly paramGroups: ParameterGroup<O>[] = [];
  readonly #defaults: Hyperparameters<O>;
  /** The constraints that `faults` checks. */
  #constraints: ReturnType<typeof constraintsOf> | null = null;
  #states = new Map<Tensor, ParameterState>();

  /**
   * Makes an optimizer.
   *
   * @param params parameters, or groups of them with hyperparameters of their own
   * @param defaults a value for every hyperparameter
   * @param options the hyperparameters that differ from their defaults
   * @throws {ValueError} if there are no parameters, one is no leaf or is there twice, or a
   *   hyperparameter makes no sense
   */
  constructor(params: ParameterSource<O>, defaults: Required<O>, options: O) {
    checkKind(
      `make ${this.constructor.name}`,
      defaults,
      Object(defaults) === defaults,
      "the defaults of its hyperparameters, the second argument of super()",
    );
    this.#defaults = defaults;
    this.#defaults = this.#hyperparameters(options);
    for (const group of groupsIn(params, this.constructor.name)) this.addParamGroup(group);
  }

  // ---------------------------------------------------------------- defined by each optimizer

  /** Returns the names of the tensors in the state of a parameter, and `step` if that counts. */
  protected abstract stateNames(group: Hyperparameters<O>): readonly string[];

  /** Returns the numbers in the state of a parameter, as they are before its first update. */
  protected stateNumbers(): Readonly<Record<string, number>> {
    return {};
  }

  /**
   * Returns the faults of hyperparameters, a sentence each: numbers must be 0 or more, and the
   * elements of lists (β) at least 0 and less than 1.
   */
  protected faults(hyperparameters: Hyperparameters<O>): string[] {
    this.#constraints ??= constraintsOf(this.#defaults);
    return faultsIn(hyperparameters, this.#constraints);
  }

  /** Changes one parameter and its state; nothing is recorded meanwhile. */
  protected abstract update(update: Update, group: Hyperparameters<O>): void;

  // ---------------------------------------------------------------- called by a training loop

  /**
   * Adds parameters, for example of layers that begin to learn later.
   *
   * @param group the parameters, and hyperparameters that differ from the optimizer's
   * @throws {ValueError} as the constructor does; nothing is added then
   * @example
   * ```ts
   * import * as nn from "@gradus/gradus/nn";
   * import * as optim from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const [body, head] = [new nn.Linear(4, 4), new nn.Linear(4, 2)];
   * const optimizer = new optim.SGD(head.parameters(), { lr: 0.1 });
   * optimizer.addParamGroup({ params: body.parameters(), lr: 0.01 });
   * assertEquals(optimizer.paramGroups.map(({ lr }) => lr), [0.1, 0.01]);
   * ```
   */
  addParamGroup(group: ParameterGroupOptions<O>): void {
    checkKind("add a parameter group", group, Object(group) === group, "{ params, … }");
    const { params, ...options } = group;
    const hyperparameters = this.#hyperparameters(options);
    const taken = new Set(this.paramGroups.flatMap((other) => other.params));
    const parameters = parametersIn(params, this.constructor.name, taken);
    this.paramGroups.push({ ...hyperparameters, params: parameters });
  }

  #hyperparameters(options: object): Hyperparameters<O> {
    const { name } = this.constructor;
    return hyperparametersOf(name, this.#defaults, options, (h) => this.faults(h));
  }

  /**
   * Frees the gradients of all parameters, and sets them to null.
   *
   * Call it before `backward()`, which adds to the gradients that are there.
   *
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([3], { requiresGrad: true });
   * const optimizer = new SGD([x], { lr: 0.5 });
   * x.square().sum().backward();
   * assertEquals(x.grad!.item(), 6);
   * optimizer.zeroGrad();
   * assertEquals(x.grad, null);
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
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([4], { requiresGrad: true });
   * const optimizer = new SGD([x], { lr: 0.25 });
   * for (let i = 0; i < 2; i++) {
   *   optimizer.zeroGrad();
   *   x.square().sum().backward();
   *   optimizer.step(); // x becomes x − 0.25 · 2x
   * }
   * assertEquals(x.item(), 1);
   * ```
   */
  step(): void;
  /**
   * Computes the loss, and updates every parameter that has a gradient.
   *
   * @param closure clears the gradients, computes the loss and its gradients, and returns it
   * @returns the result of the closure
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([4], { requiresGrad: true });
   * const optimizer = new SGD([x], { lr: 0.25 });
   * const loss = optimizer.step(() => {
   *   optimizer.zeroGrad();
   *   const loss = x.square().sum();
   *   loss.backward();
   *   return loss;
   * });
   * assertEquals([loss.item(), x.item()], [16, 2]);
   * ```
   */
  step<L>(closure: () => L): L;
  step<L>(closure?: () => L): L | void {
    if (closure !== undefined) {
      checkKind(
        "step",
        closure,
        typeof closure === "function",
        "a function that returns the loss",
      );
    }
    const loss = closure === undefined ? undefined : recorded(closure);
    const updates = this.#updates();
    withGradEnabled(false, () => {
      for (const { parameter, gradient, state, group } of updates) {
        const { tensors, numbers } = state;
        this.update({ parameter, gradient, tensors, numbers, step: state.step + 1 }, group);
        state.step++;
      }
    });
    return loss;
  }

  /**
   * Lists the parameters that have a gradient, with memory for their states. Everything that can fail
   * (a gradient that was freed, or is that of one rank alone; memory that is full) fails here, before any
   * parameter has changed.
   */
  #updates() {
    this.checkGroups();
    const updates = [];
    for (const group of this.paramGroups) {
      restoredGroups.delete(group);
      const names = this.stateNames(group);
      for (const parameter of group.params) {
        const gradient = parameter.grad;
        if (gradient === null) continue;
        parameter.collector?.checkComplete();
        const state = this.#stateOf(parameter, names);
        arena.begin();
        touch(parameter.array, gradient.array);
        for (const name in state.tensors) touch(state.tensors[name].array);
        updates.push({ parameter, gradient, state, group });
      }
    }
    return updates;
  }

  /**
   * Rejects hyperparameters that a program has changed to what makes no sense, or set in a wrong place.
   *
   * @throws {ValueError} naming the group and its faults
   */
  protected checkGroups(): void {
    checkNames(this.paramGroups, this.#defaults);
    this.paramGroups.forEach((group, i) => {
      const faults = [...this.#faultsInUse(group), ...faultsIn(group, { params: list })];
      if (faults.length === 0) return;
      throw new ValueError(
        `Cannot step ${this.constructor.name}: ${faults.join("; ")}; set it in paramGroups[${i}]`,
      );
    });
  }

  /**
   * The faults of hyperparameters in use. Their learning rate may be any finite number: schedules compute
   * it, and may end a rounding error below 0.
   */
  #faultsInUse(group: Hyperparameters<O>): string[] {
    const faults = this.faults({ ...group, lr: this.#defaults.lr });
    return [...faults, ...faultsIn(group, { lr: finite })];
  }

  #stateOf(parameter: Tensor, names: readonly string[]): ParameterState {
    let state = this.#states.get(parameter);
    if (state === undefined) {
      state = { step: 0, numbers: { ...this.stateNumbers() }, tensors: {} };
      this.#states.set(parameter, state);
    }
    for (const name of names) {
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
   * Returns the state to save, with which to continue later, in PyTorch's layout and spelling.
   *
   * The tensors share memory with the optimizer: `clone()` them to keep them as they are now.
   *
   * @returns the state of each parameter by its number, and the groups with these numbers
   * @example
   * ```ts
   * import { Tensor, tensor } from "@gradus/gradus";
   * import { SGD } from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([4], { requiresGrad: true });
   * const optimizer = new SGD([x], { lr: 0.25, momentum: 0.5 });
   * x.square().sum().backward();
   * optimizer.step();
   * const { state, param_groups: [group] } = optimizer.stateDict();
   * assertEquals((state[0].momentum_buffer as Tensor).item(), 8);
   * assertEquals([group.lr, group.momentum, group.params], [0.25, 0.5, [0]]);
   * ```
   */
  stateDict(): OptimizerState {
    return writeState(
      this.paramGroups,
      (parameter) => this.#states.get(parameter),
      (group) => this.stateNames(group),
    );
  }

  /**
   * Continues from a saved state: takes over hyperparameters, and copies the states of parameters.
   *
   * @param state returned by `stateDict` of an optimizer with groups of the same sizes
   * @throws {StateDictError} naming everything that does not fit; nothing is changed then
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import * as optim from "@gradus/gradus/optim";
   * import { assertEquals } from "@std/assert";
   *
   * const x = tensor([1], { requiresGrad: true });
   * const optimizer = new optim.SGD([x], { lr: 0.1, momentum: 0.9 });
   * const resumed = new optim.SGD([x], { lr: 1 });
   * resumed.loadStateDict(optimizer.stateDict());
   * assertEquals(resumed.paramGroups[0].momentum, 0.9);
   * ```
   */
  loadStateDict(state: OptimizerState): void {
    const { groups, states } = readState(state, {
      owner: this.constructor.name,
      groups: this.paramGroups,
      defaults: this.#defaults,
      faults: (h) => this.#faultsInUse(h),
      names: (h) => this.stateNames(h),
      numbers: Object.keys(this.stateNumbers()),
    });
    this.#states = new Map(Array.from(states, ([parameter, { tensors, ...rest }]) => {
      const copies = Object.entries(tensors).map(([name, tensor]) =>
        [name, stateTensor(parameter, name, tensor)] as const
      );
      return [parameter, { ...rest, tensors: Object.fromEntries(copies) }];
    }));
    groups.forEach((hyperparameters, i) => {
      restoredGroups.add(Object.assign(this.paramGroups[i], hyperparameters));
    });
  }
}

guardMembers(Optimizer, {
  lr: "optimizer.paramGroups[0].lr, or use a scheduler",
  param_groups: "paramGroups",
}, ["stateNames", "update"]);

/** Returns the constraint on each hyperparameter that follows from its default. */
function constraintsOf(defaults: object): Record<string, Constraint> {
  const constraints: Record<string, Constraint> = {};
  for (const [name, value] of Object.entries(defaults) as [string, unknown][]) {
    if (typeof value === "number") constraints[name] = nonNegative;
    else if (typeof value === "boolean") constraints[name] = oneOf(true, false);
    else if (Array.isArray(value)) constraints[name] = listOf(fraction, value.length);
  }
  return constraints;
}

/** Runs `closure` with recording on. */
export function recorded<L>(closure: () => L): L {
  return withGradEnabled(true, closure);
}

/** Makes a tensor like `parameter`, with `value` or zeros, which no rule of the memory frees. */
function stateTensor(parameter: Tensor, name: string, value?: Tensor): Tensor {
  const tensor = zerosLike(parameter).retain();
  tensor.array.storage.origin = `the ${name} of an optimizer`;
  return value === undefined ? tensor : noGrad(() => tensor.copy_(value));
}
