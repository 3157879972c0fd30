/**
 * What recurrent layers and cells have in common: their weights, and one step.
 *
 * @module
 */

import { requireOptions } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { uniform_ } from "../init.ts";
import { linear } from "./linear.ts";
import type { LSTMState } from "./recurrent.ts";
import { formatArguments, Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { ops } from "../../ops/table.ts";
import { checkShape } from "../../checks.ts";
import { formatShape, sameShape, type Shape } from "../../shape.ts";
import { zeros } from "../../tensor/create.ts";
import { run } from "../../tensor/run.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** How a recurrent layer computes its next state. */
export interface Recurrence {
  /** Gates for each element of the state. */
  readonly gates: number;
  /** Tensors in a state; the first one is the output. */
  readonly states: number;
  /** The next state, from the gates of the input and of the output before. */
  step(x: Tensor, h: Tensor, state: readonly Tensor[]): Tensor[];
}

/** h′ = tanh(x + h) */
const tanhRecurrence: Recurrence = {
  gates: 1,
  states: 1,
  step: (x, h) => [x.add(h).tanh()],
};

/** h′ = max(x + h, 0) */
const reluRecurrence: Recurrence = {
  gates: 1,
  states: 1,
  step: (x, h) => [x.add(h).relu()],
};

/**
 * The recurrence of a plain layer.
 *
 * @throws {ValueError} if there is no such nonlinearity
 */
export function plainRecurrence(name: string, nonlinearity: "tanh" | "relu"): Recurrence {
  if (nonlinearity === "tanh") return tanhRecurrence;
  if (nonlinearity === "relu") return reluRecurrence;
  throw new ValueError(
    `Cannot make ${name} with nonlinearity "${nonlinearity}": use "tanh" or "relu"`,
  );
}

/** See `ops.lstmCell`. */
export const lstmRecurrence: Recurrence = {
  gates: 4,
  states: 2,
  step(x, h, [, c]) {
    const next = run(ops.lstmCell, [x.add(h), c]);
    return [next.at(0), next.at(1)];
  },
};

/** See `ops.gruCell`. */
export const gruRecurrence: Recurrence = {
  gates: 3,
  states: 1,
  step: (x, gates, [h]) => [run(ops.gruCell, [x, gates, h])],
};

/** The weights of one layer in one direction. */
export interface RecurrentWeights {
  readonly weight_ih: Parameter;
  readonly weight_hh: Parameter;
  readonly bias_ih: Parameter | null;
  readonly bias_hh: Parameter | null;
  /** What the output is multiplied by, if it has another size than the state: `[out, hidden]`. */
  readonly weight_hr?: Parameter | null;
}

/** Weights, uniform over ±1/√hidden; with `projSize` above 0, outputs have that size. */
export function makeWeights(
  recurrence: Recurrence,
  inputSize: number,
  hiddenSize: number,
  bias: boolean,
  projSize = 0,
): RecurrentWeights {
  const bound = hiddenSize > 0 ? 1 / Math.sqrt(hiddenSize) : 0;
  const make = (...shape: number[]): Parameter => {
    const parameter = new Parameter(zeros(shape));
    uniform_(parameter, { a: -bound, b: bound });
    return parameter;
  };
  const rows = recurrence.gates * hiddenSize;
  return {
    weight_ih: make(rows, inputSize),
    weight_hh: make(rows, projSize > 0 ? projSize : hiddenSize),
    bias_ih: bias ? make(rows) : null,
    bias_hh: bias ? make(rows) : null,
    weight_hr: projSize > 0 ? make(projSize, hiddenSize) : null,
  };
}

/** One step, from the gates of the input. */
export function nextState(
  recurrence: Recurrence,
  gates: Tensor,
  state: readonly Tensor[],
  { weight_hh, bias_hh, weight_hr = null }: RecurrentWeights,
): Tensor[] {
  const next = recurrence.step(gates, linear(state[0], weight_hh, { bias: bias_hh }), state);
  if (weight_hr !== null) next[0] = linear(next[0], weight_hr);
  return next;
}

/** `given`, or zeros, of `shapes`. */
export function initialState(
  name: string,
  given: readonly Tensor[] | null,
  shapes: readonly Shape[],
  like: Tensor,
): readonly Tensor[] {
  if (given === null) return shapes.map((shape) => zeros(shape, { dtype: like.dtype }));
  given.forEach((state, i) => {
    if (sameShape(state.shape, shapes[i])) return;
    throw new ShapeError(
      `Cannot start ${name} on shape ${formatShape(like.shape)} with a state of shape ` +
        `${formatShape(state.shape)}: it must be ${formatShape(shapes[i])}`,
      like.shape,
      state.shape,
    );
  });
  return given;
}

/** Options of recurrent cells. */
export interface RecurrentCellOptions {
  /** Whether gates add learnt vectors; default true. */
  readonly bias?: boolean;
}

/** Options of `RNNCell`. */
export interface RNNCellOptions extends RecurrentCellOptions {
  /** Default `"tanh"`. */
  readonly nonlinearity?: "tanh" | "relu";
}

/**
 * What recurrent cells have in common: one step of a sequence.
 *
 * @example
 * ```ts
 * import { GRUCell, RecurrentCell } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const cell = new GRUCell(8, 16);
 * assert.ok(cell instanceof RecurrentCell);
 * assert.deepEqual(cell.weight_hh.shape, [3 * 16, 16]);
 * ```
 */
export abstract class RecurrentCell extends Module {
  /** Size of the input's vectors. */
  readonly inputSize: number;
  /** Size of the state's vectors. */
  readonly hiddenSize: number;
  /** Weights of the input: `[gates · h, in]`. */
  weight_ih: Parameter;
  /** Weights of the state: `[gates · h, h]`. */
  weight_hh: Parameter;
  /** `[gates · h]`, if there is one. */
  bias_ih: Parameter | null;
  /** `[gates · h]`, if there is one. */
  bias_hh: Parameter | null;
  readonly #recurrence: Recurrence;

  /**
   * Makes the weights.
   *
   * @internal
   * @param inputSize size of the input's vectors
   * @param hiddenSize size of the state's vectors
   * @param recurrence how the next state is computed
   * @param options `bias`
   */
  constructor(
    inputSize: number,
    hiddenSize: number,
    recurrence: Recurrence,
    options: RecurrentCellOptions,
  ) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    checkShape([inputSize, hiddenSize], `make a ${new.target.name}`);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.#recurrence = recurrence;
    const weights = makeWeights(recurrence, inputSize, hiddenSize, options.bias ?? true);
    this.weight_ih = weights.weight_ih;
    this.weight_hh = weights.weight_hh;
    this.bias_ih = weights.bias_ih;
    this.bias_hh = weights.bias_hh;
  }

  /** The state after `[n, in]` or `[in]`. */
  protected next(x: Tensor, given: readonly Tensor[] | null): Tensor[] {
    if ((x.ndim !== 1 && x.ndim !== 2) || x.shape.at(-1) !== this.inputSize) {
      throw new ShapeError(
        `Cannot apply ${this.constructor.name}(${this.inputSize}, ${this.hiddenSize}) to shape ` +
          `${formatShape(x.shape)}: the input must be [n, in] or [in] with in = ${this.inputSize}`,
        x.shape,
      );
    }
    if (x.ndim === 1) {
      return this.#step(x.unsqueeze(0), given?.map((s) => s.unsqueeze(0)) ?? null)
        .map((s) => s.squeeze(0));
    }
    return this.#step(x, given);
  }

  #step(x: Tensor, given: readonly Tensor[] | null): Tensor[] {
    const { states } = this.#recurrence;
    const shapes = Array.from({ length: states }, () => [x.shape[0], this.hiddenSize]);
    const state = initialState(this.constructor.name, given, shapes, x);
    const gates = linear(x, this.weight_ih, { bias: this.bias_ih });
    return nextState(this.#recurrence, gates, state, this);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    return formatArguments([this.inputSize, this.hiddenSize], [[
      "bias",
      this.bias_ih !== null,
      true,
    ]]);
  }
}

/**
 * One step of `RNN`: input `[n, in]` and state `[n, h]` → state `[n, h]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.RNNCell.html
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { RNNCell } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const cell = new RNNCell(3, 4);
 * let h = cell(randn([2, 3]));
 * h = cell(randn([2, 3]), h);
 * assert.deepEqual(h.shape, [2, 4]);
 * ```
 */
export class RNNCell extends RecurrentCell {
  /** What follows the sum. */
  readonly nonlinearity: "tanh" | "relu";

  /**
   * Makes the cell.
   *
   * @param inputSize size of the input's vectors
   * @param hiddenSize size of the state's vectors
   * @param options `bias`, `nonlinearity`
   * @throws {ValueError} if there is no such nonlinearity
   */
  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    const { nonlinearity = "tanh" } = options;
    super(inputSize, hiddenSize, plainRecurrence("an RNNCell", nonlinearity), options);
    this.nonlinearity = nonlinearity;
  }

  /** See {@link Module}. */
  override forward(x: Tensor, h: Tensor | null = null): Tensor {
    return this.next(x, h === null ? null : [h])[0];
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    const { inputSize, hiddenSize, nonlinearity, bias_ih } = this;
    return formatArguments([inputSize, hiddenSize], [
      ["nonlinearity", `"${nonlinearity}"`, `"tanh"`],
      ["bias", bias_ih !== null, true],
    ]);
  }
}

/**
 * One step of `LSTM`: input `[n, in]` and state `[h, c]` → state `[h, c]`, each `[n, h]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { LSTMCell } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const cell = new LSTMCell(3, 4);
 * let [h, c] = cell(randn([2, 3]));
 * [h, c] = cell(randn([2, 3]), [h, c]);
 * assert.deepEqual([h.shape, c.shape], [[2, 4], [2, 4]]);
 * ```
 */
export class LSTMCell extends RecurrentCell {
  /**
   * Makes the cell.
   *
   * @param inputSize size of the input's vectors
   * @param hiddenSize size of the state's vectors
   * @param options `bias`
   */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    super(inputSize, hiddenSize, lstmRecurrence, options);
  }

  /** See {@link Module}. */
  override forward(x: Tensor, state: Readonly<LSTMState> | null = null): LSTMState {
    const [h, c] = this.next(x, state);
    return [h, c];
  }
}

/**
 * One step of `GRU`: input `[n, in]` and state `[n, h]` → state `[n, h]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.GRUCell.html
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { GRUCell } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const cell = new GRUCell(3, 4);
 * const h = cell(randn([2, 3]));
 * assert.deepEqual(cell(randn([2, 3]), h).shape, [2, 4]);
 * ```
 */
export class GRUCell extends RecurrentCell {
  /**
   * Makes the cell.
   *
   * @param inputSize size of the input's vectors
   * @param hiddenSize size of the state's vectors
   * @param options `bias`
   */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentCellOptions = {}) {
    super(inputSize, hiddenSize, gruRecurrence, options);
  }

  /** See {@link Module}. */
  override forward(x: Tensor, h: Tensor | null = null): Tensor {
    return this.next(x, h === null ? null : [h])[0];
  }
}
