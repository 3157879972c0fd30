/**
 * Recurrent layers: one or more on top of each other, in one or both directions.
 *
 * @module
 */

import { checkArguments, checkShape, checkTensors, checkWhole } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import { arena, OBJECTS } from "../../storage/arena.ts";
import { cat, stack } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { guardFields } from "../fields.ts";
import { checkProbability, dropout } from "./dropout.ts";
import { ConfiguredLayer } from "./configured_layer.ts";
import { PackedSequence } from "./packed_sequence.ts";
import {
  checkState,
  gruRecurrence,
  initialState,
  lstmRecurrence,
  type LSTMState,
  makeWeights,
  plainRecurrence,
  type Recurrence,
  type RecurrentWeights,
  runSequences,
} from "./recurrent_cell.ts";

/** Options of recurrent layers. */
export interface RecurrentOptions {
  /** Number of layers on top of each other; default 1. */
  readonly numLayers?: number;
  /** True if gates add learnt vectors; default true. */
  readonly bias?: boolean;
  /** True if inputs are `[n, l, …]` rather than `[l, n, …]`; default false. */
  readonly batchFirst?: boolean;
  /**
   * The probability of an element between two layers to become 0 in training; default 0. With one
   * layer, any other is refused.
   */
  readonly dropout?: number;
  /** True if each layer also runs backwards; default false. */
  readonly bidirectional?: boolean;
}

const RECURRENT = {
  numLayers: 1,
  bias: true,
  batchFirst: false,
  dropout: 0,
  bidirectional: false,
} as const;

/** Options of `RNN`. */
export interface RNNOptions extends RecurrentOptions {
  /** Function of the sum; default `"tanh"`. */
  readonly nonlinearity?: "tanh" | "relu";
}

/** Options of `LSTM`. */
export interface LSTMOptions extends RecurrentOptions {
  /** Size of the outputs, smaller than that of the state, by a learnt projection; 0 for none. */
  readonly projSize?: number;
}

/** Outputs for each element `[l, n, d · h]`, and last states `[d · layers, n, h]`. */
export interface RecurrentResult<O = Tensor> {
  /** Of the last layer. */
  readonly output: O;
  /** One for each tensor of a state. */
  readonly last: Tensor[];
}

/**
 * Base of the recurrent layers. Parameters are named as in PyTorch, for example `weight_ih_l0`,
 * `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, and `…_reverse` for the way back.
 */
export abstract class Recurrent extends ConfiguredLayer {
  /** Size of the input's vectors. */
  declare readonly inputSize: number;
  /** Size of the state's vectors. */
  declare readonly hiddenSize: number;
  /** Number of layers on top of each other. */
  declare readonly numLayers: number;
  /** True if inputs are `[n, l, …]`. */
  declare readonly batchFirst: boolean;
  /** The probability of an element between two layers to become 0 in training. */
  declare readonly dropout: number;
  /** True if each layer also runs backwards. */
  declare readonly bidirectional: boolean;
  /** Size of the outputs where it is another than that of the state, else 0. */
  declare readonly projSize: number;
  private readonly recurrence: Recurrence;

  /**
   * Makes the layers.
   *
   * @param inputSize size of the input's vectors
   * @param hiddenSize size of the state's vectors
   * @param recurrence computation of the next state
   * @param options those that were given
   * @param further defaults of the options that only this layer has, which become fields
   * @throws {ValueError} if the number of layers, the dropout or the projection cannot be
   */
  constructor(
    inputSize: number,
    hiddenSize: number,
    recurrence: Recurrence,
    options: RecurrentOptions,
    further: object = {},
  ) {
    super({ inputSize, hiddenSize }, options, { ...further, ...RECURRENT });
    const action = `make ${new.target.name}`;
    const { bias = true } = options;
    const { numLayers, dropout, projSize = 0 } = this;
    checkShape([inputSize, hiddenSize], action);
    checkProbability(dropout);
    checkWhole(`${action} of ${numLayers} layers`, numLayers, 1);
    if (dropout > 0 && numLayers === 1) {
      throw new ValueError(
        `Cannot ${action} with dropout ${dropout} and one layer: it drops between layers only; leave it ` +
          `out, or use numLayers: 2 or more`,
      );
    }
    arena.checkRoom(numLayers * OBJECTS);
    if (!Number.isInteger(projSize) || projSize < 0 || (projSize > 0 && projSize >= hiddenSize)) {
      throw new ValueError(
        `Cannot ${action} of size ${hiddenSize} with projSize ${projSize}: use a smaller whole ` +
          `number, or 0 for no projection`,
      );
    }
    this.projSize = projSize;
    this.recurrence = recurrence;
    for (let layer = 0; layer < numLayers; layer++) {
      const size = layer === 0 ? inputSize : this.outputSize * this.directions;
      for (let direction = 0; direction < this.directions; direction++) {
        const weights = makeWeights(recurrence, size, hiddenSize, bias, projSize);
        for (const [name, parameter] of Object.entries(weights)) {
          if (parameter !== null) this.fields[name + suffix(layer, direction)] = parameter;
        }
      }
    }
    guardFields(this);
  }

  /** Number of directions. */
  private get directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  /** Size of the output of one direction. */
  private get outputSize(): number {
    return this.projSize > 0 ? this.projSize : this.hiddenSize;
  }

  /** The layer as an object of fields by name. */
  private get fields(): Record<string, unknown> {
    return this as unknown as Record<string, unknown>;
  }

  /** Returns the weights of one layer in one direction. */
  private weights(layer: number, direction: number): RecurrentWeights {
    const names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"];
    const place = suffix(layer, direction);
    const entries = names.map((name) => [name, this.fields[name + place] ?? null]);
    return Object.fromEntries(entries) as RecurrentWeights;
  }

  /** Runs all layers over `[l, n, in]`, `[n, l, in]`, `[l, in]`, or packed sequences. */
  protected over(
    x: Tensor | PackedSequence,
    given: readonly Tensor[] | null,
  ): RecurrentResult<Tensor | PackedSequence> {
    checkState(this.constructor.name, given, this.recurrence.states);
    if (x instanceof PackedSequence) return this.packed(x, given);
    checkTensors(`apply ${this.constructor.name}`, x);
    this.check(x);
    if (x.ndim === 2) {
      const batch = this.steps(x.unsqueeze(1), given?.map((s) => s.unsqueeze(1)) ?? null);
      return { output: batch.output.squeeze(1), last: batch.last.map((s) => s.squeeze(1)) };
    }
    const { batchFirst } = this;
    const { output, last } = this.steps(batchFirst ? x.transpose(0, 1) : x, given);
    return { output: batchFirst ? output.transpose(0, 1) : output, last };
  }

  /** Runs all layers over packed sequences. */
  private packed(
    packed: PackedSequence,
    given: readonly Tensor[] | null,
  ): RecurrentResult<PackedSequence> {
    const { data, batchSizes } = packed;
    this.checkSize(data, "the packed data must be [elements, in]", data.ndim === 2);
    const initial = this.initial(data, batchSizes[0], given)
      .map((s) => s.indexSelect(1, packed.sortedIndices));
    const { output, last } = this.run(data, batchSizes, initial);
    return {
      output: packed.withData(output),
      last: last.map((s) => s.indexSelect(1, packed.unsortedIndices)),
    };
  }

  /** Returns the states with which `n` sequences start. */
  private initial(x: Tensor, n: number, given: readonly Tensor[] | null): readonly Tensor[] {
    const ways = this.numLayers * this.directions;
    const shapes = Array.from(
      { length: this.recurrence.states },
      (_, i) => [ways, n, i === 0 ? this.outputSize : this.hiddenSize],
    );
    return initialState(this.constructor.name, given, shapes, x);
  }

  /** Runs all layers over `[l, n, in]`: steps of one size. */
  private steps(x: Tensor, given: readonly Tensor[] | null): RecurrentResult {
    const [l, n, size] = x.shape;
    const initial = this.initial(x, n, given);
    const { output, last } = this.run(x.reshape(l * n, size), new Array(l).fill(n), initial);
    return { output: output.reshape(l, n, output.shape[1]), last };
  }

  /** Runs all layers over `[elements, in]`, the steps one after the other, of `sizes` that fall. */
  private run(x: Tensor, sizes: readonly number[], initial: readonly Tensor[]): RecurrentResult {
    const { numLayers } = this;
    const lasts: Tensor[][] = [];
    let output = x;
    for (let layer = 0; layer < numLayers; layer++) {
      if (layer > 0) output = dropout(output, this.dropout, { training: this.training });
      const ways = Array.from({ length: this.directions }, (_, direction) => {
        const start = initial.map((s) => s.at(layer * this.directions + direction));
        const attrs = { sizes, backwards: direction === 1 };
        const weights = this.weights(layer, direction);
        const way = runSequences(this.recurrence, output, start, weights, attrs);
        lasts.push(way.last);
        return way.output;
      });
      output = ways.length === 1 ? ways[0] : cat(ways, 1);
    }
    return { output, last: initial.map((_, i) => stack(lasts.map((last) => last[i]))) };
  }

  /** Rejects inputs that are no sequences of the right size. */
  private check(x: Tensor): void {
    const { batchFirst } = this;
    const length = x.shape[x.ndim === 3 && batchFirst ? 1 : 0];
    this.checkSize(
      x,
      `the input must be ${batchFirst ? "[n, l, in]" : "[l, n, in]"} or [l, in]`,
      (x.ndim === 2 || x.ndim === 3) && length > 0,
      " and l above 0",
    );
  }

  /** Rejects inputs of another size, or that do not fit. */
  private checkSize(x: Tensor, layout: string, fits: boolean, further = ""): void {
    if (fits && x.shape.at(-1) === this.inputSize) return;
    throw new ShapeError(
      `Cannot apply ${this.constructor.name}(${this.inputSize}, ${this.hiddenSize}) to shape ` +
        `${formatShape(x.shape)}: ${layout} with in = ${this.inputSize}${further}`,
      x.shape,
    );
  }
}

function suffix(layer: number, direction: number): string {
  return `_l${layer}${direction === 1 ? "_reverse" : ""}`;
}

/** Runs over packed sequences as over a tensor. */
export interface RNN {
  /** Runs `forward` over sequences of different lengths. */
  (x: PackedSequence, h0?: Tensor | null): [output: PackedSequence, last: Tensor];
}

/**
 * Computes `hₜ = tanh(W xₜ + b + U hₜ₋₁ + c)`, or with `max(…, 0)`: `[l, n, in] → [[l, n, d · h],
 * [d · layers, n, h]]`, the outputs of the last layer for each element and the last states of each
 * layer, with d = 2 if bidirectional.
 *
 * Weights start uniform over `±1/√hidden`, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.RNN.html).
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { RNN } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new RNN(3, 4, { bidirectional: true });
 * const [output, last] = layer(randn([5, 2, 3]));
 * assertEquals(output.shape, [5, 2, 8]);
 * assertEquals(last.shape, [2, 2, 4]);
 * ```
 */
export class RNN extends Recurrent {
  /** Function of the sum. */
  declare readonly nonlinearity: "tanh" | "relu";

  /**
   * Makes the layer.
   *
   * @param inputSize size of the input's vectors
   * @param hiddenSize size of the state's vectors
   * @param options see {@link RNNOptions}
   * @throws {ValueError} if there is no such nonlinearity
   */
  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    checkArguments("make RNN", arguments, 3);
    const recurrence = plainRecurrence("RNN", options?.nonlinearity);
    super(inputSize, hiddenSize, recurrence, options, { nonlinearity: "tanh" });
  }

  /** See {@link Module}. */
  override forward(x: PackedSequence, h0?: Tensor | null): [output: PackedSequence, last: Tensor];
  /** See {@link Module}. */
  override forward(x: Tensor, h0?: Tensor | null): [output: Tensor, last: Tensor];
  override forward(
    x: Tensor | PackedSequence,
    h0: Tensor | null = null,
  ): [output: Tensor | PackedSequence, last: Tensor] {
    const { output, last } = this.over(x, h0 === null ? null : [h0]);
    return [output, last[0]];
  }
}

/** Runs over packed sequences as over a tensor. */
export interface LSTM {
  /** Runs `forward` over sequences of different lengths. */
  (
    x: PackedSequence,
    state?: Readonly<LSTMState> | null,
  ): [output: PackedSequence, last: LSTMState];
}

/**
 * Long short-term memory: an `RNN` with a state that gates protect; see `ops.lstm` for the
 * equations. `[l, n, in] → [[l, n, d · h], [h, c]]`.
 *
 * With `projSize`, the output of a step is `W h` (Sak, Senior and Beaufays, "Long short-term memory
 * based recurrent neural network architectures for large vocabulary speech recognition", 2014).
 *
 * As in PyTorch (https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html).
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { LSTM } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new LSTM(3, 4, { numLayers: 2, batchFirst: true });
 * const [output, [h, c]] = layer(randn([2, 5, 3]));
 * assertEquals(output.shape, [2, 5, 4]);
 * assertEquals([h.shape, c.shape], [[2, 2, 4], [2, 2, 4]]);
 * ```
 */
export class LSTM extends Recurrent {
  /**
   * Makes the layer.
   *
   * @param inputSize size of the input's vectors
   * @param hiddenSize size of the state's vectors
   * @param options see {@link LSTMOptions}
   * @throws {ValueError} if the size of the outputs is not smaller than that of the state
   */
  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    checkArguments("make LSTM", arguments, 3);
    super(inputSize, hiddenSize, lstmRecurrence, options, { projSize: 0 });
  }

  /** See {@link Module}. */
  override forward(
    x: PackedSequence,
    state?: Readonly<LSTMState> | null,
  ): [output: PackedSequence, last: LSTMState];
  /** See {@link Module}. */
  override forward(
    x: Tensor,
    state?: Readonly<LSTMState> | null,
  ): [output: Tensor, last: LSTMState];
  override forward(
    x: Tensor | PackedSequence,
    state: Readonly<LSTMState> | null = null,
  ): [output: Tensor | PackedSequence, last: LSTMState] {
    const { output, last } = this.over(x, state);
    return [output, [last[0], last[1]]];
  }
}

/** Runs over packed sequences as over a tensor. */
export interface GRU {
  /** Runs `forward` over sequences of different lengths. */
  (x: PackedSequence, h0?: Tensor | null): [output: PackedSequence, last: Tensor];
}

/**
 * Gated recurrent unit: an `RNN` with a state that gates protect; see `ops.gru` for the
 * equations.
 *
 * As in PyTorch (https://pytorch.org/docs/stable/generated/torch.nn.GRU.html).
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { GRU } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new GRU(3, 4, { numLayers: 2 });
 * const [output, last] = layer(randn([5, 2, 3]));
 * assertEquals(output.shape, [5, 2, 4]);
 * assertEquals(last.shape, [2, 2, 4]);
 * ```
 */
export class GRU extends Recurrent {
  /**
   * Makes the layer.
   *
   * @param inputSize size of the input's vectors
   * @param hiddenSize size of the state's vectors
   * @param options see {@link RecurrentOptions}
   */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    checkArguments("make GRU", arguments, 3);
    super(inputSize, hiddenSize, gruRecurrence, options);
  }

  /** See {@link Module}. */
  override forward(x: PackedSequence, h0?: Tensor | null): [output: PackedSequence, last: Tensor];
  /** See {@link Module}. */
  override forward(x: Tensor, h0?: Tensor | null): [output: Tensor, last: Tensor];
  override forward(
    x: Tensor | PackedSequence,
    h0: Tensor | null = null,
  ): [output: Tensor | PackedSequence, last: Tensor] {
    const { output, last } = this.over(x, h0 === null ? null : [h0]);
    return [output, last[0]];
  }
}
