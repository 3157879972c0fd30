/**
 * What recurrent layers and cells have in common: their weights, and one step.
 *
 * @module
 */

import { ShapeError, ValueError } from "../../errors.ts";
import { ops } from "../../ops/table.ts";
import { formatShape, sameShape, type Shape } from "../../shape.ts";
import { zeros } from "../../tensor/create.ts";
import { run } from "../../tensor/run.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { uniform_ } from "../init.ts";
import { linear } from "./linear.ts";
import { Parameter } from "../parameter.ts";

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
    const next = run(ops.lstmCell, [x.add(h), c], undefined);
    return [next.at(0), next.at(1)];
  },
};

/** See `ops.gruCell`. */
export const gruRecurrence: Recurrence = {
  gates: 3,
  states: 1,
  step: (x, gates, [h]) => [run(ops.gruCell, [x, gates, h], undefined)],
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
