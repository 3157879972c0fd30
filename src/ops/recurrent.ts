/**
 * Recurrent layers: whole sequences in one op.
 *
 * A cell has the equations of one step and of its gradient, at one element. {@link recurrence} runs any
 * cell over sequences of any lengths, in either direction. A step is one product and one pass over the
 * memory, and so is its gradient; the gradients of the weights are one product over all steps.
 *
 * @module
 */

import { checkBias, checkFloat, checkSameDtype } from "../checks.ts";
import { ShapeError } from "../errors.ts";
import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import { kernels } from "../kernels/backends.ts";
import { Formula, Formulas } from "../kernels/formula.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { formatShape, sameShape, type Shape, sizeOf, type Value } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import { spansAlong, viewPermute, viewReshape, viewSlice } from "../storage/views.ts";
import { contiguous, copy, mapElements, write } from "./elementwise.ts";
import { type Context, once, type Op, op, type Sample, sample } from "./op.ts";
import { type RuleOps, transposed } from "./rule_ops.ts";

/** The equations of one step. */
interface Cell {
  /** Number of gates. */
  readonly gates: number;
  /** Number of states; the first one is the output. */
  readonly states: number;
  /** Number of values that the gradient needs. */
  readonly saved: number;
  /** True if only the sums of the gates of the input and of the output before count. */
  readonly addsGates: boolean;
  /** Returns the next states, from the gates of the input `x` and of the output before `h`. */
  step<T>(
    k: Arithmetic<T>,
    x: readonly Operand<T>[],
    h: readonly Operand<T>[],
    states: readonly Operand<T>[],
  ): { readonly next: T[]; readonly saved: Operand<T>[] };
  /**
   * Returns the gradients of the gates and of the states before, from those of the next states. Without
   * `h`, the gradients of both kinds of gates are equal.
   */
  gradient<T>(
    k: Arithmetic<T>,
    next: readonly Operand<T>[],
    saved: readonly Operand<T>[],
    states: readonly Operand<T>[],
  ): { readonly x: T[]; readonly h?: T[]; readonly states: Operand<T>[] };
}

/** The derivative of σ, from s = σ(x). */
function sigmoidSlope<T>(k: Arithmetic<T>, s: Operand<T>): T {
  return k.mul(s, k.sub(1, s));
}

/** The derivative of tanh, from t = tanh x: nothing is rounded before it cancels. */
function tanhSlope<T>(k: Arithmetic<T>, t: Operand<T>): T {
  return k.mul(k.sub(1, t), k.add(1, t));
}

/** h′ = tanh(x + h) */
const tanhCell: Cell = {
  gates: 1,
  states: 1,
  saved: 1,
  addsGates: true,
  step(k, [x], [h]) {
    const y = k.tanh(k.add(x, h));
    return { next: [y], saved: [y] };
  },
  gradient: (k, [g], [y]) => ({ x: [k.mul(g, tanhSlope(k, y))], states: [0] }),
};

/** h′ = max(x + h, 0) */
const reluCell: Cell = {
  gates: 1,
  states: 1,
  saved: 1,
  addsGates: true,
  step(k, [x], [h]) {
    const sum = k.add(x, h);
    const y = k.where(k.lt(sum, 0), 0, sum);
    return { next: [y], saved: [y] };
  },
  gradient: (k, [g], [y]) => ({ x: [k.where(k.le(y, 0), 0, g)], states: [0] }),
};

/** c′ = σ(f) c + σ(i) tanh g and h′ = σ(o) tanh c′, where i, f, g and o are sums. */
const lstmCell: Cell = {
  gates: 4,
  states: 2,
  saved: 5,
  addsGates: true,
  step(k, x, h, [, c]) {
    const sum = (gate: number) => k.add(x[gate], h[gate]);
    const [i, f, g, o] = [k.sigmoid(sum(0)), k.sigmoid(sum(1)), k.tanh(sum(2)), k.sigmoid(sum(3))];
    const next = k.add(k.mul(f, c), k.mul(i, g));
    const t = k.tanh(next);
    return { next: [k.mul(o, t), next], saved: [i, f, g, o, t] };
  },
  gradient(k, [gh, gc], [i, f, g, o, t], [, c]) {
    const d = k.add(gc, k.mul(k.mul(gh, o), tanhSlope(k, t)));
    const x = [
      k.mul(k.mul(d, g), sigmoidSlope(k, i)),
      k.mul(k.mul(d, c), sigmoidSlope(k, f)),
      k.mul(k.mul(d, i), tanhSlope(k, g)),
      k.mul(k.mul(gh, t), sigmoidSlope(k, o)),
    ];
    return { x, states: [0, k.mul(d, f)] };
  },
};

/** h′ = (1 − z) n + z h with r = σ(xr + hr), z = σ(xz + hz) and n = tanh(xn + r hn). */
const gruCell: Cell = {
  gates: 3,
  states: 1,
  saved: 4,
  addsGates: false,
  step(k, [xr, xz, xn], [hr, hz, hn], [h]) {
    const [r, z] = [k.sigmoid(k.add(xr, hr)), k.sigmoid(k.add(xz, hz))];
    const n = k.tanh(k.add(xn, k.mul(r, hn)));
    return { next: [k.add(k.mul(k.sub(1, z), n), k.mul(z, h))], saved: [r, z, n, hn] };
  },
  gradient(k, [g], [r, z, n, hn], [h]) {
    const dn = k.mul(k.mul(g, k.sub(1, z)), tanhSlope(k, n));
    const dz = k.mul(k.mul(g, k.sub(h, n)), sigmoidSlope(k, z));
    const dr = k.mul(k.mul(dn, hn), sigmoidSlope(k, r));
    return { x: [dr, dz, dn], h: [dr, dz, k.mul(dn, r)], states: [k.mul(g, z)] };
  },
};

/** Options of recurrent ops. */
export interface SequenceAttrs {
  /** Number of sequences that have a first element, a second one, …: at least one step; they never rise. */
  readonly sizes: readonly number[];
  /** True if the steps run from the last one to the first. */
  readonly backwards: boolean;
}

/** The rows of one step among those of all steps. */
interface Step {
  readonly start: number;
  readonly count: number;
}

/** The steps in the order in which they run. */
function stepsOf({ sizes, backwards }: SequenceAttrs): Step[] {
  let start = 0;
  const steps = sizes.map((count) => ({ start: (start += count) - count, count }));
  return backwards ? steps.reverse() : steps;
}

/** The inputs of a recurrent op by their names, null for those that are absent. */
interface Inputs<T> {
  readonly x: T;
  /** Weights of the input `[gates · hidden, in]` and of the output before `[gates · hidden, out]`. */
  readonly weights: readonly [inner: T, outer: T];
  /** Of the input and of the output before. */
  readonly biases: readonly [inner: T | null, outer: T | null];
  readonly initial: readonly T[];
  /** `[out, hidden]`: the output is a product with it. */
  readonly projection: T | null;
}

function inputsOf<T>({ states }: Cell, inputs: readonly Operand<T>[]): Inputs<T> {
  const given = (i: number): T | null => typeof inputs[i] === "number" ? null : inputs[i] ?? null;
  // A call without them is refused before.
  const needed = (i: number): T => given(i)!;
  return {
    x: needed(0),
    weights: [needed(1), needed(2)],
    biases: [given(3), given(4)],
    initial: Array.from({ length: states }, (_, i) => needed(5 + i)),
    projection: given(5 + states),
  };
}

/** Rejects operands that do not fit each other. */
function checkInputs(
  name: string,
  { gates }: Cell,
  { x, weights: [inner, outer], biases, initial: [h, ...others], projection }: Inputs<NDArray>,
): void {
  checkFloat(name, x);
  const [n, out] = h.shape;
  const hidden = projection === null ? out : others[0].shape[1];
  const rows = gates * hidden;
  const expected: [role: string, operand: NDArray, shape: Shape][] = [
    ["weight of the input", inner, [rows, x.shape[1]]],
    ["weight of the state", outer, [rows, out]],
    ...others.map((state): [string, NDArray, Shape] => ["state", state, [n, hidden]]),
  ];
  if (projection !== null) expected.push(["projection", projection, [out, hidden]]);
  for (const [role, operand, shape] of expected) {
    checkSameDtype(name, x, operand, role);
    if (sameShape(operand.shape, shape)) continue;
    throw new ShapeError(
      `Cannot ${name} with a ${role} of shape ${formatShape(operand.shape)}: beside an output of ` +
        `shape ${formatShape(h.shape)} it must be ${formatShape(shape)}`,
      operand.shape,
      h.shape,
    );
  }
  checkSameDtype(name, x, h, "output");
  for (const bias of biases) checkBias(name, bias, inner);
}

/** A rectangle of a matrix; `column` is 0 unless the elements of a row lie side by side. */
function block(
  { storage, strides, offset, dtype }: NDArray,
  row: number,
  rows: number,
  column: number,
  columns: number,
): NDArray {
  const start = offset + row * strides[0] + column;
  return new NDArray(storage, [rows, columns], strides, start, dtype);
}

function rowsOf(x: NDArray, { start, count }: Step): NDArray {
  return block(x, start, count, 0, x.shape[1]);
}

/** The first rows of a state, which a step changes. */
function headOf(x: NDArray, { count }: Step): NDArray {
  return block(x, 0, count, 0, x.shape[1]);
}

/** The columns of each gate. */
function gatesOf(x: NDArray, count: number): NDArray[] {
  const [rows, columns] = x.shape;
  const size = columns / count;
  return Array.from({ length: count }, (_, i) => block(x, 0, rows, i * size, size));
}

/** The outputs of all steps and the last states, in the order of the result. */
function shapesOf(rows: number, initial: readonly Value[]): Shape[] {
  return [[rows, initial[0].shape[1]], ...initial.map((state) => state.shape)];
}

/** The parts of the result of a recurrent op, or of its gradient, of `shapes`. */
function partsOf(x: NDArray, shapes: readonly Shape[]): NDArray[] {
  let end = 0;
  return shapes.map((shape) => {
    const size = sizeOf(shape);
    end += size;
    return viewReshape(viewSlice(x, spansAlong(x.shape, 0, end - size, size)), shape)!;
  });
}

function allocate(rows: number, columns: number, { dtype }: NDArray): NDArray {
  return NDArray.allocate([rows, columns], dtype);
}

const plus = new Formula("sum", 2, (k, [x, y]) => k.add(x, y));

/** The formulas of a cell; with a projection, the output is no state of theirs. */
class CellFormulas {
  /** From gates of input and output and the states: the output, next states, saved values, states. */
  readonly step: Formulas;
  /** From the gradients of the output (two to add) and of other states, saved values and states. */
  readonly gradient: Formulas;

  constructor({ gates, states, saved, ...cell }: Cell, first: number) {
    this.step = new Formulas(2 * gates + states, (k, inputs) => {
      const before = inputs.slice(2 * gates);
      const found = cell.step(k, inputs.slice(0, gates), inputs.slice(gates, 2 * gates), before);
      const { next } = found;
      return [next[0], ...next.slice(first), ...found.saved, ...before.slice(first)];
    });
    this.gradient = new Formulas(1 + 2 * states + saved, (k, [own, carried, ...rest]) => {
      const next = [k.add(own, carried), ...rest.splice(0, states - 1)];
      const found = cell.gradient(k, next, rest.slice(0, saved), rest.slice(saved));
      return [...found.x, ...found.h ?? [], ...found.states.slice(first)];
    });
  }
}

/** Gradients from which those of the inputs follow by one product each. */
interface Gradients<T> {
  /** Of the gates of the inputs. */
  readonly x: T;
  /** Of the gates of the outputs before. */
  readonly h: T;
  /** Of the states to start with. */
  readonly states: readonly T[];
  /** The outputs before. */
  readonly before: T;
  /** Of the outputs, and what they are projections of; if they are. */
  readonly projected: readonly [gradient: T, values: T] | null;
}

/** Computes them in place, step by step. */
function arrayGradients(
  k: Kernels,
  cell: Cell,
  formulas: readonly CellFormulas[],
  gradient: NDArray,
  { inputs, saved: kept, attrs }: Context<NDArray, SequenceAttrs>,
): Gradients<NDArray> {
  const { weights: [inner, outer], initial, projection } = inputsOf(cell, inputs);
  const first = projection === null ? 0 : 1;
  const saved = kept.slice(0, cell.saved);
  const [h, ...before] = kept.slice(cell.saved, cell.saved + cell.states);
  const [rows, width] = h.shape;
  const [output, ...last] = partsOf(gradient, shapesOf(rows, initial));
  const states = last.map((state) => copy(k, state));
  const ofX = allocate(rows, inner.shape[0], h);
  const ofH = cell.addsGates ? ofX : allocate(rows, inner.shape[0], h);
  const totals = projection === null ? output : allocate(rows, width, h);
  for (const step of stepsOf(attrs).reverse()) {
    const at = (x: NDArray): NDArray => rowsOf(x, step);
    const now = states.map((state) => headOf(state, step));
    const own = [at(output), now[0]];
    if (projection !== null) k.mapInto(plus, own, at(totals), h.dtype);
    const ofValue = projection && k.matmul(at(totals), projection, null);
    k.mapAllInto(
      formulas[first].gradient,
      [
        ...ofValue === null ? own : [ofValue, 0],
        ...now.slice(1),
        ...saved.map(at),
        first === 0 ? at(h) : 0,
        ...before.map(at),
      ],
      [
        ...gatesOf(at(ofX), cell.gates),
        ...cell.addsGates ? [] : gatesOf(at(ofH), cell.gates),
        ...now.slice(first),
      ],
    );
    const product = k.matmul(at(ofH), outer, null);
    k.mapInto(plus, [first === 0 ? now[0] : 0, product], now[0], h.dtype);
    for (const x of [ofValue, product]) if (x !== null) arena.free(x.storage, "temporary");
  }
  const projected = projection === null ? null : [totals, kept[kept.length - 1]] as const;
  return { x: ofX, h: ofH, states, before: h, projected };
}

/** Computes them by ops, which have gradients in turn: runs the steps again, and goes back. */
function recordedGradients<T extends Value>(
  k: RuleOps<T>,
  cell: Cell,
  gradient: T,
  { inputs, attrs }: Context<T, SequenceAttrs>,
): Gradients<T> {
  const { x, weights: [inner, outer], biases, initial, projection } = inputsOf<T>(cell, inputs);
  const rows = (a: T, { start, count }: Step): T =>
    k.slice(a, spansAlong(a.shape, 0, start, count));
  const head = (a: T, { count }: Step): T => k.slice(a, spansAlong(a.shape, 0, 0, count));
  const put = (a: T, value: Operand<T>, { count }: Step): T =>
    k.assign(a, value, spansAlong(a.shape, 0, 0, count));
  const gates = (a: T): T[] => {
    const size = a.shape[1] / cell.gates;
    return Array.from(
      { length: cell.gates },
      (_, i) => k.slice(a, spansAlong(a.shape, 1, i * size, size)),
    );
  };
  const linear = (a: T, weight: T, bias: T | null): T => {
    const product = k.matmul(a, transposed(k, weight));
    return bias === null ? product : k.add(product, bias);
  };
  const ofInputs = linear(x, inner, biases[0]);
  let states = initial;
  const steps = stepsOf(attrs).map((step) => {
    const before = states.map((state) => head(state, step));
    const h = linear(before[0], outer, biases[1]);
    const { next, saved } = cell.step(k, gates(rows(ofInputs, step)), gates(h), before);
    const [value] = next;
    if (projection !== null) next[0] = linear(value, projection, null);
    states = states.map((state, i) => put(state, next[i], step));
    return { step, before, saved, value };
  });
  let end = 0;
  const [output, ...last] = shapesOf(x.shape[0], initial).map((shape) => {
    const size = sizeOf(shape);
    end += size;
    return k.reshape(k.slice(gradient, spansAlong(gradient.shape, 0, end - size, size)), shape);
  });
  states = last;
  const results = steps.toReversed().map(({ step, before, saved, value }) => {
    const [own, ...others] = states.map((state) => head(state, step));
    const total = k.add(rows(output, step), own);
    const ofValue = projection === null ? total : k.matmul(total, projection);
    const found = cell.gradient(k, [ofValue, ...others], saved, before);
    const ofX = k.cat(found.x, 1);
    const ofH = found.h === undefined ? ofX : k.cat(found.h, 1);
    const [direct, ...rest] = found.states;
    const next = [k.add(k.matmul(ofH, outer), direct), ...rest];
    states = states.map((state, i) => put(state, next[i], step));
    return { x: ofX, h: ofH, before: before[0], total, value };
  });
  if (!attrs.backwards) results.reverse();
  const all = (part: (result: typeof results[number]) => T): T => k.cat(results.map(part), 0);
  return {
    x: all(({ x }) => x),
    h: all(({ h }) => h),
    states,
    before: all(({ before }) => before),
    projected: projection === null ? null : [all(({ total }) => total), all(({ value }) => value)],
  };
}

/**
 * With more steps than this, products take their weight transposed once: for one of 512 × 128 and
 * OpenBLAS that takes 29 µs, and 12 µs less at every step.
 */
const FEW = 4;

/**
 * Makes the op of a cell over sequences.
 *
 * Inputs: `[rows, in]`, all sequences' first elements, then all second ones, …; weights of the input
 * `[gates · hidden, in]` and of the output before `[gates · hidden, out]`, a bias `[gates · hidden]` for
 * each of them, or 0 twice; the states to start with, `[n, out]` and `[n, hidden]`; and perhaps a projection
 * `[out, hidden]` or 0, without which out = hidden. The result is 1-d: the outputs `[rows, out]`, then
 * the last states.
 */
function recurrence(name: string, cell: Cell, samples: Sample<SequenceAttrs>[]): Op<SequenceAttrs> {
  const formulas = [0, 1].map((first) => new CellFormulas(cell, first));
  const [{ inputs: example }] = samples;
  const everything = example.map((_, i) => i);
  return op<SequenceAttrs, readonly Operand<NDArray>[]>({
    name,
    reads: example.map(() => everything),
    forward(k, inputs, attrs) {
      const operands = inputsOf(cell, inputs);
      checkInputs(name, cell, operands);
      const { x, weights: [inner, outer], biases, initial, projection } = operands;
      const [rows] = x.shape;
      const hidden = inner.shape[0] / cell.gates;
      const first = projection === null ? 0 : 1;
      const given = biases.filter((bias) => bias !== null);
      const added = cell.addsGates && given.length > 0;
      const [bias, innerBias] = added ? [mapElements(k, plus, given), null] : biases;
      const gates = k.matmul(x, viewPermute(inner, [1, 0]), bias);
      const [across, onto] = [outer, projection].map((weight) => {
        const turned = weight && viewPermute(weight, [1, 0]);
        return turned && attrs.sizes.length > FEW ? contiguous(k, turned) : turned;
      });
      const shapes = shapesOf(rows, initial);
      const size = shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
      const result = NDArray.allocate([size], x.dtype);
      const [output, ...states] = partsOf(result, shapes);
      const saved = Array.from({ length: cell.saved }, () => allocate(rows, hidden, x));
      const before = initial.map((state) => allocate(rows, state.shape[1], x));
      const values = projection === null ? output : allocate(rows, hidden, x);
      initial.forEach((state, i) => write(k, state, states[i]));
      for (const step of stepsOf(attrs)) {
        const at = (a: NDArray): NDArray => rowsOf(a, step);
        const now = states.map((state) => headOf(state, step));
        const product = k.matmul(now[0], across!, innerBias);
        k.mapAllInto(
          formulas[first].step,
          [
            ...gatesOf(at(gates), cell.gates),
            ...gatesOf(product, cell.gates),
            first === 0 ? now[0] : 0,
            ...now.slice(1),
          ],
          [at(values), ...now.slice(first), ...saved.map(at), ...before.slice(first).map(at)],
        );
        arena.free(product.storage, "temporary");
        if (projection === null) continue;
        write(k, now[0], at(before[0]));
        const h = k.matmul(at(values), onto!, null);
        for (const place of [at(output), now[0]]) write(k, h, place);
        arena.free(h.storage, "temporary");
      }
      return [result, ...saved, ...before, ...projection === null ? [] : [values]];
    },
    backward<T extends Value>(k: RuleOps<T>, gradient: T, context: Context<T, SequenceAttrs>) {
      const { x, weights: [inner] } = inputsOf<T>(cell, context.inputs);
      const found = once((): Gradients<Value> => {
        if (!(gradient instanceof NDArray)) return recordedGradients(k, cell, gradient, context);
        const arrays = context as Context<Value, SequenceAttrs> as Context<NDArray, SequenceAttrs>;
        return arrayGradients(kernels(), cell, formulas, gradient, arrays);
      }) as () => Gradients<T>;
      const product = (a: T, b: T): T => k.matmul(transposed(k, a), b);
      const sum = (a: T): T => k.sum(a, { axes: [0], keepDims: false });
      return [
        () => k.matmul(found().x, inner),
        () => product(found().x, x),
        () => product(found().h, found().before),
        () => sum(found().x),
        () => sum(found().h),
        ...Array.from({ length: cell.states }, (_, i) => () => found().states[i]),
        () => product(...found().projected!),
      ];
    },
    samples,
  });
}

/** Calls of a cell for tests: of even and uneven sizes, with and without biases, and of an empty batch. */
function samplesOf({ gates, states }: Cell, projections: boolean): Sample<SequenceAttrs>[] {
  const make = (
    sizes: number[],
    [size, hidden, out]: [number, number, number],
    hasBias: boolean,
    backwards: boolean,
  ): Sample<SequenceAttrs> => {
    const rows = sizes.reduce((a, b) => a + b, 0);
    const initial = Array.from({ length: states }, (_, i) => [sizes[0], i === 0 ? out : hidden]);
    const bias = hasBias ? sample([gates * hidden]) : 0;
    const projection = out === hidden ? 0 : sample([out, hidden]);
    return {
      inputs: [
        ...[[rows, size], [gates * hidden, size], [gates * hidden, out]].map((s) => sample(s)),
        ...[bias, bias],
        ...initial.map((shape) => sample(shape)),
        ...projections ? [projection] : [],
      ],
      attrs: { sizes, backwards },
    };
  };
  return [
    make([3, 3], [1, 2, 2], true, false),
    make([1, 1, 1], [2, 1, 1], false, true),
    make([3, 2, 2, 1], [2, 2, 2], true, false),
    make([2, 1], [1, 2, 2], false, true),
    make([0], [2, 3, 3], false, false),
    ...projections ? [make([2, 1], [2, 3, 2], true, true)] : [],
  ];
}

/** An RNN over sequences, `h′ = tanh(x + h)`: see {@link recurrence}. */
export const rnnTanh: Op<SequenceAttrs> = recurrence(
  "rnnTanh",
  tanhCell,
  samplesOf(tanhCell, false),
);

/** An RNN over sequences, `h′ = max(x + h, 0)`: see {@link recurrence}. */
export const rnnRelu: Op<SequenceAttrs> = recurrence(
  "rnnRelu",
  reluCell,
  samplesOf(reluCell, false),
);

/**
 * An LSTM over sequences, perhaps with a projection: see {@link recurrence}.
 *
 * Source: Hochreiter and Schmidhuber, "Long short-term memory" (1997); Gers, Schmidhuber and Cummins,
 * "Learning to forget" (2000).
 */
export const lstm: Op<SequenceAttrs> = recurrence("lstm", lstmCell, samplesOf(lstmCell, true));

/**
 * A GRU over sequences: see {@link recurrence}.
 *
 * Source: Cho et al., "Learning phrase representations using RNN encoder–decoder for statistical
 * machine translation" (2014), with the reset gate after the product, as cuDNN and PyTorch have it.
 */
export const gru: Op<SequenceAttrs> = recurrence("gru", gruCell, samplesOf(gruCell, false));
