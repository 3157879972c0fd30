/**
 * Recurrent cells, which compute one step of a sequence, and the steps themselves.
 *
 * @module
 */

import { checkArguments, checkKind, checkShape, checkTensors } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import { formatShape, sameShape, type Shape, sizeOf } from "../../shape.ts";
import { zeros } from "../../tensor/create.ts";
import { run } from "../../tensor/run.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { guardFields } from "../fields.ts";
import { uniform_ } from "../init.ts";
import { Parameter } from "../parameter.ts";
import { ConfiguredLayer } from "./configured_layer.ts";

/** The computation of the next state. */
export interface Recurrence {
  /** Gates for each element of the state. */
  readonly gates: number;
  /** Tensors in a state; the first one is the output. */
  readonly states: number;
  /** The op that runs it over sequences. */
  readonly op: "rnnTanh" | "rnnRelu" | "lstm" | "gru";
}

/** Returns the recurrence `h′ = tanh(x + h)` or `h′ = max(x + h, 0)`. */
export function plainRecurrence(
  name: string,
  nonlinearity: "tanh" | "relu" = "tanh",
): Recurrence {
  if (nonlinearity !== "tanh" && nonlinearity !== "relu") {
    throw new ValueError(
      `Cannot make ${name} with nonlinearity "${nonlinearity}": use "tanh" or "relu"`,
    );
  }
  return { gates: 1, states: 1, op: nonlinearity === "tanh" ? "rnnTanh" : "rnnRelu" };
}

/** See `ops.lstm`. */
export const lstmRecurrence: Recurrence = { gates: 4, states: 2, op: "lstm" };

/** See `ops.gru`. */
export const gruRecurrence: Recurrence = { gates: 3, states: 1, op: "gru" };

/** The weights of one layer in one direction. */
export interface RecurrentWeights {
  /** Of the input: `[gates · h, in]`. */
  readonly weight_ih: Parameter;
  /** Of the output before: `[gates · h, out]`. */
  readonly weight_hh: Parameter;
  /** `[gates · h]`, if there is one. */
  readonly bias_ih: Parameter | null;
  /** `[gates · h]`, if there is one. */
  readonly bias_hh: Parameter | null;
  /** Projection of the output, if it has another size than the state: `[out, hidden]`. */
  readonly weight_hr?: Parameter | null;
}

/** Makes weights, uniform over ±1/√hidden; with `projSize` above 0, outputs have that size. */
export function makeWeights(
  recurrence: Recurrence,
  inputSize: number,
  hiddenSize: number,
  bias: boolean,
  projSize = 0,
): RecurrentWeights {
  const bound = hiddenSize > 0 ? 1 / Math.sqrt(hiddenSize) : 0;
  const make = (...shape: number[]): Parameter =>
    uniform_(new Parameter(zeros(shape)), { a: -bound, b: bound });
  const rows = recurrence.gates * hiddenSize;
  return {
    weight_ih: make(rows, inputSize),
    weight_hh: make(rows, projSize > 0 ? projSize : hiddenSize),
    bias_ih: bias ? make(rows) : null,
    bias_hh: bias ? make(rows) : null,
    ...(projSize > 0 && { weight_hr: make(projSize, hiddenSize) }),
  };
}

/** Returns the outputs `[rows, out]` of all steps, and the last states. */
export function runSequences(
  { op }: Recurrence,
  x: Tensor,
  initial: readonly Tensor[],
  { weight_ih, weight_hh, bias_ih, bias_hh, weight_hr = null }: RecurrentWeights,
  attrs: { readonly sizes: readonly number[]; readonly backwards: boolean },
): { readonly output: Tensor; readonly last: Tensor[] } {
  const weights = [weight_ih, weight_hh, bias_ih ?? 0, bias_hh ?? 0];
  const inputs = [x, ...weights, ...initial, ...weight_hr === null ? [] : [weight_hr]];
  const result = run(ops[op], inputs, attrs);
  const shapes = [[x.shape[0], initial[0].shape[1]], ...initial.map((state) => state.shape)];
  const [output, ...last] = result.split(shapes.map(sizeOf))
    .map((part, i) => part.reshape(shapes[i]));
  return { output, last };
}

/** Rejects a state that is not a list of `count` tensors. */
export function checkState(name: string, given: unknown, count: number): void {
  if (given === null) return;
  const action = `start ${name}`;
  checkKind(action, given, Array.isArray(given) && given.length === count, "the state [h, c]");
  checkTensors(action, ...given as unknown[]);
}

/** Returns `given`, or zeros, of `shapes`. */
export function initialState(
  name: string,
  given: readonly Tensor[] | null,
  shapes: readonly Shape[],
  like: Tensor,
): readonly Tensor[] {
  checkState(name, given, shapes.length);
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

/** Output and state of an LSTM, each `[d · layers, n, h]`; the output `[…, projSize]` if projected. */
export type LSTMState = [h: Tensor, c: Tensor];

/** Options of recurrent cells. */
export interface RecurrentCellOptions {
  /** True if gates add learnt vectors; default true. */
  readonly bias?: boolean;
}

/** Options of `RNNCell`. */
export interface RNNCellOptions extends RecurrentCellOptions {
  /** Function of the sum; default `"tanh"`. */
  readonly nonlinearity?: "tanh" | "relu";
}

/** Base of the recurrent cells. */
export abstract class RecurrentCell extends ConfiguredLayer {
  /** Size of the input's vectors. */
  declare readonly inputSize: number;
  /** Size of the state's vectors. */
  declare readonly hiddenSize: number;
  /** Weights of the input: `[gates · h, in]`. */
  declare weight_ih: Parameter;
  /** Weights of the state: `[gates · h, h]`. */
  declare weight_hh: Parameter;
  /** `[gates · h]`, if there is one. */
  declare bias_ih: Parameter | null;
  /** `[gates · h]`, if there is one. */
  declare bias_hh: Parameter | null;
  private readonly recurrence: Recurrence;

  /**
   * Makes the weights.
   *
   * @param inputSize size of the input's vectors
   * @param hiddenSize size of the state's vectors
   * @param recurrence computation of the next state
   * @param options those that were given
   * @param defaults of all options
   */
  constructor(
    inputSize: number,
    hiddenSize: number,
    recurrence: Recurrence,
    options: RecurrentCellOptions,
    defaults: Required<RecurrentCellOptions> = { bias: true },
  ) {
    super({ inputSize, hiddenSize }, options, defaults);
    const { bias = true } = options;
    checkShape([inputSize, hiddenSize], `make ${new.target.name}`);
    this.recurrence = recurrence;
    Object.assign(this, makeWeights(recurrence, inputSize, hiddenSize, bias));
    guardFields(this);
  }

  /** Returns the state after an input `[n, in]` or `[in]`. */
  protected next(x: Tensor, given: readonly Tensor[] | null): Tensor[] {
    checkTensors(`apply ${this.constructor.name}`, x);
    if ((x.ndim !== 1 && x.ndim !== 2) || x.shape.at(-1) !== this.inputSize) {
      throw new ShapeError(
        `Cannot apply ${this.constructor.name}(${this.inputSize}, ${this.hiddenSize}) to shape ` +
          `${formatShape(x.shape)}: the input must be [n, in] or [in] with in = ${this.inputSize}`,
        x.shape,
      );
    }
    checkState(this.constructor.name, given, this.recurrence.states);
    if (x.ndim === 1) {
      return this.step(x.unsqueeze(0), given?.map((s) => s.unsqueeze(0)) ?? null)
        .map((s) => s.squeeze(0));
    }
    return this.step(x, given);
  }

  /** Runs one step of batches. */
  private step(x: Tensor, given: readonly Tensor[] | null): Tensor[] {
    const { states } = this.recurrence;
    const shapes = Array.from({ length: states }, () => [x.shape[0], this.hiddenSize]);
    const state = initialState(this.constructor.name, given, shapes, x);
    const attrs = { sizes: [x.shape[0]], backwards: false };
    return runSequences(this.recurrence, x, state, this, attrs).last;
  }
}

/**
 * Computes one step of `RNN`: input `[n, in]` and state `[n, h]` → state `[n, h]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.RNNCell.html
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { RNNCell } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const cell = new RNNCell(3, 4);
 * let h = cell(randn([2, 3]));
 * h = cell(randn([2, 3]), h);
 * assertEquals(h.shape, [2, 4]);
 * ```
 */
export class RNNCell extends RecurrentCell {
  /** Function of the sum. */
  declare readonly nonlinearity: "tanh" | "relu";

  /**
   * Makes the cell.
   *
   * @param inputSize size of the input's vectors
   * @param hiddenSize size of the state's vectors
   * @param options `bias`, `nonlinearity`
   * @throws {ValueError} if there is no such nonlinearity
   */
  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    checkArguments("make RNNCell", arguments, 3);
    const recurrence = plainRecurrence("RNNCell", options?.nonlinearity);
    const defaults = { nonlinearity: "tanh", bias: true } as const;
    super(inputSize, hiddenSize, recurrence, options, defaults);
  }

  /** See {@link Module}. */
  override forward(x: Tensor, h: Tensor | null = null): Tensor {
    return this.next(x, h === null ? null : [h])[0];
  }
}

/**
 * Computes one step of `LSTM`: input `[n, in]` and state `[h, c]` → state `[h, c]`, each `[n, h]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { LSTMCell } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const cell = new LSTMCell(3, 4);
 * let [h, c] = cell(randn([2, 3]));
 * [h, c] = cell(randn([2, 3]), [h, c]);
 * assertEquals([h.shape, c.shape], [[2, 4], [2, 4]]);
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
    checkArguments("make LSTMCell", arguments, 3);
    super(inputSize, hiddenSize, lstmRecurrence, options);
  }

  /** See {@link Module}. */
  override forward(x: Tensor, state: Readonly<LSTMState> | null = null): LSTMState {
    const [h, c] = this.next(x, state);
    return [h, c];
  }
}

/**
 * Computes one step of `GRU`: input `[n, in]` and state `[n, h]` → state `[n, h]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.GRUCell.html
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { GRUCell } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const cell = new GRUCell(3, 4);
 * const h = cell(randn([2, 3]));
 * assertEquals(cell(randn([2, 3]), h).shape, [2, 4]);
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
    checkArguments("make GRUCell", arguments, 3);
    super(inputSize, hiddenSize, gruRecurrence, options);
  }

  /** See {@link Module}. */
  override forward(x: Tensor, h: Tensor | null = null): Tensor {
    return this.next(x, h === null ? null : [h])[0];
  }
}
