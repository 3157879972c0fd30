/**
 * Optimizers whose state is divided among ranks: stage 1 of ZeRO (Rajbhandari et al., 2020).
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import type { Variable } from "../autograd/node.ts";
import { checkArguments, checkKind, guardMembers } from "../checks.ts";
import { type DType, DTYPES } from "../dtype.ts";
import { DistributedError, ValueError } from "../errors.ts";
import { LBFGS } from "../optim/lbfgs.ts";
import { type Optimizer, recorded } from "../optim/optimizer.ts";
import type {
  OptimizerOptions,
  ParameterGroup,
  ParameterSource,
} from "../optim/parameter_groups.ts";
import type { OptimizerState } from "../optim/state_dict.ts";
import { formatShape, type Shape, sizeOf } from "../shape.ts";
import { fromArray, fromValues } from "../tensor/run.ts";
import { Tensor } from "../tensor/tensor.ts";
import { recv, send } from "./collectives.ts";
import { compareLines } from "./compare.ts";
import { checkRank, type Group, groupOf } from "./group.ts";
import { Pinned } from "./pinned.ts";

/** A class of optimizers, such as `optim.Adam`. */
export type OptimizerClass<O extends OptimizerOptions> = new (
  params: ParameterSource<O>,
  options: O,
) => Optimizer<O>;

/** The state of one parameter in a saved state. */
type Saved = OptimizerState["state"][number];

/** The parameters of one type that a rank updates, and a place for all their elements. */
interface Shard {
  readonly owner: number;
  readonly parameters: readonly Tensor[];
  readonly elements: Pinned;
  readonly bytes: number;
}

/**
 * An optimizer on all ranks, each of which has the state of its own share of the parameters, updates
 * these, and gives them to the others. Use it with {@link DistributedDataParallel}, whose gradients are
 * the same everywhere; the weights are those of the optimizer itself, to the bit.
 *
 * With Adam, a model of P parameters has 2P numbers of state: on N ranks, each has 2P / N. Parameters are
 * divided whole, the largest first, each to the rank that has least. Schedules take the field `optimizer`.
 *
 * See https://pytorch.org/docs/stable/distributed.optim.html#torch.distributed.optim.ZeroRedundancyOptimizer
 *
 * @typeParam O the options of the optimizer
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import * as distributed from "@gradus/gradus/distributed";
 * import * as optim from "@gradus/gradus/optim";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * const x = tensor([1], { requiresGrad: true });
 * const optimizer = new distributed.ZeroRedundancyOptimizer([x], optim.Adam, { lr: 0.1 });
 * x.square().sum().backward();
 * optimizer.step();
 * assertAlmostEquals(x.item(), 0.9, 1e-6);
 * ```
 */
export class ZeroRedundancyOptimizer<O extends OptimizerOptions> {
  /** The optimizer, which has no state of parameters of other ranks. For schedules; do not step it. */
  readonly optimizer: Optimizer<O>;
  readonly #group: Group;
  readonly #parameters: readonly Tensor[];
  /** The rank that updates each parameter. */
  readonly #owners: readonly number[];
  readonly #shards: readonly Shard[];
  #consolidated: OptimizerState | null = null;

  /**
   * Divides the parameters among ranks. All ranks call it, with the same parameters.
   *
   * @param params parameters, or groups of them with hyperparameters of their own
   * @param optimizerClass the class of the optimizer, such as `optim.Adam`
   * @param options of the optimizer
   * @throws {ValueError} as the optimizer does; or for L-BFGS, which treats all parameters as one
   */
  constructor(params: ParameterSource<O>, optimizerClass: OptimizerClass<O>, options: O) {
    const type = "ZeroRedundancyOptimizer";
    const action = `make ${type}`;
    checkArguments(action, arguments, 3);
    const isClass = typeof optimizerClass === "function";
    checkKind(action, optimizerClass, isClass, "a class of optimizers, such as optim.Adam");
    this.#group = groupOf(`new ${type}`);
    this.optimizer = new optimizerClass(params, options);
    if (this.optimizer instanceof LBFGS) {
      throw new ValueError(
        `Cannot ${action} of LBFGS: it treats all parameters as one vector; use it alone`,
      );
    }
    this.#parameters = this.optimizer.paramGroups.flatMap((group) => group.params);
    this.#owners = divide(this.#parameters.map((x) => x.numel()), this.#group.size);
    const { connection } = this.#group;
    if (connection === null) {
      this.#shards = [];
      return;
    }
    compareLines(type, [
      optimizerClass.name,
      ...this.#parameters.map(({ dtype, shape }, i) =>
        `parameter ${i} ${dtype} ${formatShape(shape)}`
      ),
    ], connection);
    this.#shards = this.#makeShards();
  }

  /** The parameters and their hyperparameters, which may be changed between steps. */
  get paramGroups(): readonly ParameterGroup<O>[] {
    return this.optimizer.paramGroups;
  }

  #makeShards(): Shard[] {
    const byKind = Map.groupBy(
      this.#parameters.keys(),
      (i) => `${this.#owners[i]} ${this.#parameters[i].dtype}`,
    );
    // In the same order on all ranks.
    return [...byKind.values()].map((indices) => {
      const parameters = indices.map((i) => this.#parameters[i]);
      const { dtype } = parameters[0];
      const count = parameters.reduce((sum, x) => sum + x.numel(), 0);
      const elements = new Pinned(count, dtype);
      elements.unpin();
      return {
        owner: this.#owners[indices[0]],
        parameters,
        elements,
        bytes: count * DTYPES[dtype].bytes,
      };
    });
  }

  /** Frees the gradients of all parameters, and sets them to null. */
  zeroGrad(): void {
    this.optimizer.zeroGrad();
  }

  /** Updates every parameter that has a gradient; all ranks call it. */
  step(): void;
  /**
   * Computes the loss, and updates every parameter that has a gradient.
   *
   * @param closure clears the gradients, computes the loss and its gradients, and returns it
   * @returns the result of the closure
   */
  step<L>(closure: () => L): L;
  step<L>(closure?: () => L): L | void {
    const loss = closure === undefined ? undefined : recorded(closure);
    this.#consolidated = null;
    const others = this.#parameters.filter((_, i) => this.#owners[i] !== this.#group.rank);
    const gradients = others.map((x: Variable) => x.gradient);
    try {
      for (const x of others as Variable[]) x.gradient = null;
      this.optimizer.step();
    } finally {
      others.forEach((x: Variable, i) => x.gradient = gradients[i]);
    }
    this.#shareParameters();
    return loss;
  }

  /** Gives the parameters of each rank to all others. */
  #shareParameters(): void {
    const { connection, rank } = this.#group;
    if (connection === null) return;
    const { mpi } = connection;
    for (const { elements } of this.#shards) elements.pin();
    connection.agree("step", "");
    for (const { owner, parameters, elements } of this.#shards) {
      if (owner === rank) forEachPlace(parameters, elements, (x, place) => place.copy_(x));
    }
    const requests = this.#shards.map(({ owner, elements, bytes }) =>
      mpi.broadcast(mpi.world, elements.address(), bytes, owner)
    );
    connection.wait(requests, "step");
    for (const { owner, parameters, elements } of this.#shards) {
      if (owner !== rank) forEachPlace(parameters, elements, (x, place) => x.copy_(place));
      elements.unpin();
    }
  }

  /**
   * Collects the states of all parameters on rank `to`, where `stateDict` returns them. All ranks call it.
   *
   * @param to the rank, which must have memory for all; default 0
   */
  consolidateStateDict(to = 0): void {
    const { rank, size, connection } = this.#group;
    checkRank("consolidateStateDict", "to", to, size);
    connection?.agree("consolidateStateDict", `to = ${to}`);
    const own = this.optimizer.stateDict();
    if (rank !== to) {
      sendStates(own.state, to);
      this.#consolidated = null;
      return;
    }
    const state: Record<number, Saved> = { ...own.state };
    for (let from = 0; from < size; from++) {
      if (from !== to) Object.assign(state, receiveStates(from));
    }
    this.#consolidated = { ...own, state };
  }

  /**
   * Returns the state of all parameters, as the optimizer alone would; `loadStateDict` takes it on any
   * number of ranks.
   *
   * @throws {DistributedError} on ranks to which `consolidateStateDict` has not just collected it
   */
  stateDict(): OptimizerState {
    if (this.#group.size === 1) return this.optimizer.stateDict();
    if (this.#consolidated !== null) return this.#consolidated;
    throw new DistributedError(
      `Cannot return the state of an optimizer that is divided among ranks: call ` +
        `consolidateStateDict(to) on all ranks, and then stateDict() on rank "to"`,
    );
  }

  /**
   * Continues from a saved state, of which each rank takes its share. All ranks call it with the same.
   *
   * @param state returned by `stateDict`, of any number of ranks, or of the optimizer itself
   * @throws {StateDictError} naming everything that does not fit; nothing is changed then
   */
  loadStateDict(state: OptimizerState): void {
    this.optimizer.loadStateDict(state);
    this.#consolidated = null;
    if (this.#group.size === 1) return;
    // All of it was checked; now the share.
    const own = Object.entries(state.state).filter(([i]) =>
      this.#owners[Number(i)] === this.#group.rank
    );
    this.optimizer.loadStateDict({ ...state, state: Object.fromEntries(own) });
  }
}

guardMembers(ZeroRedundancyOptimizer);

/** Calls `visit` with each parameter and the place of its elements, without recording. */
function forEachPlace(
  parameters: readonly Tensor[],
  elements: Pinned,
  visit: (x: Tensor, place: Tensor) => void,
): void {
  let offset = 0;
  noGrad(() => {
    for (const x of parameters) {
      visit(x, fromArray(elements.view(offset, x.shape)));
      offset += x.numel();
    }
  });
}

/** Returns the rank for each of `sizes`: the largest first, to the rank that has least. */
function divide(sizes: readonly number[], ranks: number): number[] {
  const loads = new Array<number>(ranks).fill(0);
  const owners = new Array<number>(sizes.length);
  const largestFirst = [...sizes.keys()].sort((a, b) => sizes[b] - sizes[a] || a - b);
  for (const i of largestFirst) {
    const rank = loads.indexOf(Math.min(...loads));
    owners[i] = rank;
    loads[rank] += sizes[i];
  }
  return owners;
}

/** The description of a tensor in a message. */
interface Description {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** Returns states with `change` of each value. */
function mapStates<T, R>(
  states: Readonly<Record<number, Readonly<Record<string, T>>>>,
  change: (value: T) => R,
): Record<number, Record<string, R>> {
  const mapped = Object.entries(states).map(([i, values]) => {
    const entries = Object.entries(values).map(([name, value]) => [name, change(value)] as const);
    return [i, Object.fromEntries(entries)] as const;
  });
  return Object.fromEntries(mapped);
}

/** Sends states: a text that describes them, then their tensors in its order. */
function sendStates(states: OptimizerState["state"], to: number): void {
  const tensors: Tensor[] = [];
  const described = mapStates(states, (value) => {
    if (!(value instanceof Tensor)) return value;
    tensors.push(value);
    return { dtype: value.dtype, shape: value.shape };
  });
  const bytes = new TextEncoder().encode(JSON.stringify(described));
  send(fromValues([bytes.length], [1], "int32"), to);
  send(fromValues(bytes, [bytes.length], "uint8"), to);
  for (const x of tensors) send(x, to);
}

/** Receives what `sendStates` sends. */
function receiveStates(from: number): OptimizerState["state"] {
  const length = fromValues([0], [1], "int32");
  recv(length, from);
  const bytes = fromValues(new Uint8Array(length.item()), [length.item()], "uint8");
  recv(bytes, from);
  const described: Record<number, Record<string, Description | number | null>> = JSON.parse(
    new TextDecoder().decode(Uint8Array.from(bytes.data)),
  );
  return mapStates(described, (value) => {
    if (typeof value !== "object" || value === null) return value;
    const { dtype, shape } = value;
    const x = fromValues(new Float64Array(sizeOf(shape)), shape, dtype).retain();
    recv(x, from);
    return x;
  });
}
