/**
 * Recurrent layers: sequences, element by element, with a state in between.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Recurrent, type RecurrentOptions } from "./recurrent_base.ts";
import { gruRecurrence, lstmRecurrence, plainRecurrence } from "./recurrent_step.ts";

/** Options of `RNN`. */
export interface RNNOptions extends RecurrentOptions {
  /** Default `"tanh"`. */
  readonly nonlinearity?: "tanh" | "relu";
}

/**
 * `hₜ = tanh(W xₜ + b + U hₜ₋₁ + c)`, or with `max(…, 0)`: `[l, n, in] → [[l, n, d · h], [d · layers,
 * n, h]]`, the outputs of the last layer for each element and the last states of each layer, with
 * d = 2 if bidirectional.
 *
 * Weights start uniform over `±1/√hidden`, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.RNN.html).
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { RNN } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new RNN(3, 4, { bidirectional: true });
 * const [output, last] = layer(randn([5, 2, 3]));
 * assert.deepEqual(output.shape, [5, 2, 8]);
 * assert.deepEqual(last.shape, [2, 2, 4]);
 * ```
 */
export class RNN
  extends Recurrent<[x: Tensor, h0?: Tensor | null], [output: Tensor, last: Tensor]> {
  /** What follows the sum. */
  readonly nonlinearity: "tanh" | "relu";

  /**
   * Makes the layer.
   *
   * @param inputSize size of the input's vectors
   * @param hiddenSize size of the state's vectors
   * @param options see {@link RNNOptions}
   * @throws {ValueError} if there is no such nonlinearity
   */
  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    const { nonlinearity = "tanh" } = options;
    super(inputSize, hiddenSize, plainRecurrence("an RNN", nonlinearity), options);
    this.nonlinearity = nonlinearity;
  }

  /** See {@link Module}. */
  override forward(x: Tensor, h0: Tensor | null = null): [output: Tensor, last: Tensor] {
    const { output, last } = this.sequence(x, h0 === null ? null : [h0]);
    return [output, last[0]];
  }
  /** See {@link Module}. */
  override describe(): string {
    return this.describeWith([["nonlinearity", `"${this.nonlinearity}"`, `"tanh"`]]);
  }
}

/** Options of `LSTM`. */
export interface LSTMOptions extends RecurrentOptions {
  /** Size of the outputs, smaller than that of the state, by a learnt projection; 0 for none. */
  readonly projSize?: number;
}

/** Output and state of an LSTM, each `[d · layers, n, h]`; the output `[…, projSize]` if projected. */
export type LSTMState = [h: Tensor, c: Tensor];

/**
 * Long short-term memory: as `RNN`, with a state that gates protect; see `ops.lstmCell` for the
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
 * import assert from "node:assert/strict";
 *
 * const layer = new LSTM(3, 4, { numLayers: 2, batchFirst: true });
 * const [output, [h, c]] = layer(randn([2, 5, 3]));
 * assert.deepEqual(output.shape, [2, 5, 4]);
 * assert.deepEqual([h.shape, c.shape], [[2, 2, 4], [2, 2, 4]]);
 * ```
 */
export class LSTM extends Recurrent<
  [x: Tensor, state?: Readonly<LSTMState> | null],
  [output: Tensor, last: LSTMState]
> {
  /**
   * Makes the layer.
   *
   * @param inputSize size of the input's vectors
   * @param hiddenSize size of the state's vectors
   * @param options see {@link LSTMOptions}
   * @throws {ValueError} if the size of the outputs is not smaller than that of the state
   */
  constructor(inputSize: number, hiddenSize: number, options: LSTMOptions = {}) {
    const { projSize = 0 } = options;
    if (!Number.isInteger(projSize) || projSize < 0 || (projSize > 0 && projSize >= hiddenSize)) {
      throw new ValueError(
        `Cannot make an LSTM of size ${hiddenSize} with projSize ${projSize}: use a smaller whole ` +
          `number, or 0 for no projection`,
      );
    }
    super(inputSize, hiddenSize, lstmRecurrence, options, projSize);
  }

  /** See {@link Module}. */
  override forward(
    x: Tensor,
    state: Readonly<LSTMState> | null = null,
  ): [output: Tensor, last: LSTMState] {
    const { output, last } = this.sequence(x, state);
    return [output, [last[0], last[1]]];
  }

  /** See {@link Module}. */
  override describe(): string {
    return this.describeWith([["projSize", this.projSize, 0]]);
  }
}

/**
 * Gated recurrent unit: as `RNN`, with a state that gates protect; see `ops.gruCell` for the
 * equations.
 *
 * As in PyTorch (https://pytorch.org/docs/stable/generated/torch.nn.GRU.html).
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { GRU } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new GRU(3, 4, { numLayers: 2 });
 * const [output, last] = layer(randn([5, 2, 3]));
 * assert.deepEqual(output.shape, [5, 2, 4]);
 * assert.deepEqual(last.shape, [2, 2, 4]);
 * ```
 */
export class GRU
  extends Recurrent<[x: Tensor, h0?: Tensor | null], [output: Tensor, last: Tensor]> {
  /**
   * Makes the layer.
   *
   * @param inputSize size of the input's vectors
   * @param hiddenSize size of the state's vectors
   * @param options see {@link RecurrentOptions}
   */
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(inputSize, hiddenSize, gruRecurrence, options);
  }

  /** See {@link Module}. */
  override forward(x: Tensor, h0: Tensor | null = null): [output: Tensor, last: Tensor] {
    const { output, last } = this.sequence(x, h0 === null ? null : [h0]);
    return [output, last[0]];
  }
}
