/**
 * One step of a recurrent layer, after the products with its weights; and whole sequences of an LSTM
 * and a GRU.
 *
 * By elementwise ops, a step would record a dozen nodes; here it is one node, and each part of the
 * gradient is one pass. A sequence is one node, too: its steps write in place, and the gradients of
 * its weights are one product over all steps.
 *
 * @module
 */

import { checkBias, checkFloat, checkSameDtype } from "../checks.ts";
import { ShapeError } from "../errors.ts";
import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import { kernels } from "../kernels/backends.ts";
import { Formula } from "../kernels/formula.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { formatShape, sameShape, type Shape, type Value } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import { type Span, spansAlong, viewPermute, viewReshape, viewSlice } from "../storage/views.ts";
import { mapElements, write } from "./elementwise.ts";
import { type Context, once, type Op, op, OUTPUT, sample } from "./op.ts";
import { type RuleOps, transposed } from "./rule_ops.ts";

/** The derivative of σ, from s = σ(x). */
function sigmoidSlope<T>(k: Arithmetic<T>, s: Operand<T>): T {
  return k.mul(s, k.sub(1, s));
}

/** The derivative of tanh, from t = tanh x: nothing is rounded before it cancels. */
function tanhSlope<T>(k: Arithmetic<T>, t: Operand<T>): T {
  return k.mul(k.sub(1, t), k.add(1, t));
}

/** Gate `i` in the columns of `[n, gates · size]`. */
function gate(i: number, [n, size]: Shape): Span[] {
  return spansAlong([n, size], 1, i * size, size);
}

/** Entry `i` of the first axis of `[entries, n, size]`. */
function entry(i: number, shape: Shape): Span[] {
  return spansAlong([1, ...shape], 0, i, 1);
}

const lstmState = new Formula(
  "the state of an LSTM",
  4,
  (k, [i, f, g, c]) => k.add(k.mul(k.sigmoid(f), c), k.mul(k.sigmoid(i), k.tanh(g))),
);
const lstmOutput = new Formula(
  "the output of an LSTM",
  2,
  (k, [o, c]) => k.mul(k.sigmoid(o), k.tanh(c)),
);
/** gc + gh σ(o) tanh′(c) */
const lstmStateGradient = new Formula("the gradient of an LSTM's state", 4, (
  k,
  [gh, gc, o, c],
) => k.add(gc, k.mul(k.mul(gh, k.sigmoid(o)), tanhSlope(k, k.tanh(c)))));
const throughSigmoid = new Formula(
  "the gradient of a gate",
  3,
  (k, [g, factor, x]) => k.mul(k.mul(g, factor), sigmoidSlope(k, k.sigmoid(x))),
);
const throughSigmoidWithTanh = new Formula(
  "the gradient of a gate of tanh",
  3,
  (k, [g, x, t]) => k.mul(k.mul(g, k.tanh(t)), sigmoidSlope(k, k.sigmoid(x))),
);
const throughTanh = new Formula(
  "the gradient of a candidate",
  3,
  (k, [g, gate, x]) => k.mul(k.mul(g, k.sigmoid(gate)), tanhSlope(k, k.tanh(x))),
);
const gated = new Formula("gated", 2, (k, [g, gate]) => k.mul(g, k.sigmoid(gate)));

/**
 * A step of an LSTM: gates `[n, 4 h]` (i, f, g, o before their nonlinearities) and the state
 * c `[n, h]` → `[2, n, h]`: the output h′ = σ(o) tanh c′, and the state c′ = σ(f) c + σ(i) tanh g.
 *
 * Source: Hochreiter and Schmidhuber, "Long short-term memory" (1997); Gers, Schmidhuber and Cummins,
 * "Learning to forget" (2000).
 */
export const lstmCell: Op<void> = op({
  name: "lstmCell",
  reads: [[0, 1, OUTPUT], [0, OUTPUT]],
  forward(k, [gates, c]) {
    arena.begin();
    const result = NDArray.allocate([2, ...c.shape], c.dtype);
    const [i, f, g, o] = [0, 1, 2, 3].map((p) => viewSlice(gates, gate(p, c.shape)));
    const [output, state] = [0, 1].map((e) =>
      viewReshape(viewSlice(result, entry(e, c.shape)), c.shape)!
    );
    k.mapInto(lstmState, [i, f, g, c], state, c.dtype);
    k.mapInto(lstmOutput, [o, state], output, c.dtype);
    return result;
  },
  backward(k, grad, { inputs: [gates, c], output: y, shapes: [, shape] }) {
    const gateOf = (p: number) => k.slice(gates, gate(p, shape));
    const [gh, gc] = [0, 1].map((e) => k.reshape(k.slice(grad, entry(e, shape)), shape));
    const state = () => k.reshape(k.slice(y, entry(1, shape)), shape);
    const dState = once(() => k.map(lstmStateGradient, [gh, gc, gateOf(3), state()]));
    return [
      () => {
        const [i, f, g, o] = [0, 1, 2, 3].map(gateOf);
        const d = dState();
        return k.cat([
          k.map(throughSigmoidWithTanh, [d, i, g]),
          k.map(throughSigmoid, [d, c, f]),
          k.map(throughTanh, [d, i, g]),
          k.map(throughSigmoidWithTanh, [gh, o, state()]),
        ], 1);
      },
      () => k.map(gated, [dState(), gateOf(1)]),
    ];
  },
  samples: [
    { inputs: [sample([2, 12]), sample([2, 3])] },
    { inputs: [sample([0, 12]), sample([0, 3])] },
  ],
});

/** Options of `lstm` and `gru`. */
export interface SequenceAttrs {
  /** Number of steps, above 0. */
  readonly length: number;
  /** True if the steps run from the last one to the first. */
  readonly backwards: boolean;
}

const sigmoidOfSum = new Formula("a gate", 2, (k, [x, h]) => k.sigmoid(k.add(x, h)));
const tanhOfSum = new Formula("a candidate", 2, (k, [x, h]) => k.tanh(k.add(x, h)));
const tanh = new Formula("tanh", 1, (k, [x]) => k.tanh(x));
const times = new Formula("product", 2, (k, [x, y]) => k.mul(x, y));
const plus = new Formula("sum", 2, (k, [x, y]) => k.add(x, y));
const gatedState = new Formula(
  "the state of an LSTM from its gates",
  4,
  (k, [i, f, g, c]) => k.add(k.mul(f, c), k.mul(i, g)),
);
/** The gradient of c, from that of the state after it through its forget gate f′, and from h = o t. */
const stateGradient = new Formula(
  "the gradient of an LSTM's state from its gates",
  5,
  (k, [gc, next, gh, o, t]) => k.add(k.mul(gc, next), k.mul(k.mul(gh, o), tanhSlope(k, t))),
);
/** g y σ′ */
const gateGradient = new Formula(
  "the gradient of a gate from its value",
  3,
  (k, [g, y, s]) => k.mul(k.mul(g, y), sigmoidSlope(k, s)),
);
/** g i tanh′ */
const candidateGradient = new Formula(
  "the gradient of a candidate from its value",
  3,
  (k, [g, i, t]) => k.mul(k.mul(g, i), tanhSlope(k, t)),
);

/** The steps in the order in which they run. */
function stepsOf({ length, backwards }: SequenceAttrs): number[] {
  return Array.from({ length }, (_, i) => backwards ? length - 1 - i : i);
}

/** The rows of step `t` among those of all steps, `n` for each. */
function step(t: number, n: number, shape: Shape, length = 1): Span[] {
  return spansAlong(shape, 0, t * n, length * n);
}

function stepOf(x: NDArray, t: number, n: number): NDArray {
  return viewSlice(x, step(t, n, x.shape));
}

/** Columns of the gates `[n, gates · size]`, from gate `i` on. */
function gatesOf(x: NDArray, i: number, size: number, count = 1): NDArray {
  return viewSlice(x, spansAlong(x.shape, 1, i * size, count * size));
}

/** Rejects operands that do not fit each other; `gates` is the number of gates. */
function checkSequence(
  name: string,
  gates: number,
  [x, inner, outer, h, ...states]: readonly NDArray[],
  biases: readonly NDArray[],
  { length }: SequenceAttrs,
): void {
  checkFloat(name, x);
  const [n, size] = h.shape;
  const rows = gates * size;
  for (
    const [role, operand, shape] of [
      ["input", x, [length * n, inner.shape[1]]],
      ["weight of the input", inner, [rows, inner.shape[1]]],
      ["weight of the state", outer, [rows, size]],
      ...states.map((state) => ["state", state, [n, size]] as const),
    ] as const
  ) {
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

/**
 * Computes the gradients of a sequence at most once: by kernels that write in place where they are
 * arrays, and by `onTensors`, whose ops are recorded, where they have gradients in turn.
 */
function gradientsBy<T extends Value, Name extends string>(
  gradient: T,
  context: Context<T, SequenceAttrs>,
  onArrays: (
    k: Kernels,
    gradient: NDArray,
    context: Context<NDArray, SequenceAttrs>,
  ) => Readonly<Record<Name, NDArray>>,
  onTensors: () => Readonly<Record<Name, T>>,
): () => Readonly<Record<Name, T>> {
  return once(() => {
    if (!(gradient instanceof NDArray)) return onTensors();
    const arrays = context as Context<Value, SequenceAttrs> as Context<NDArray, SequenceAttrs>;
    const found: Readonly<Record<Name, Value>> = onArrays(kernels(), gradient, arrays);
    return found as Readonly<Record<Name, T>>;
  });
}

/** Gradients of a sequence, from which those of its inputs follow by one product each. */
interface SequenceGradients<T> {
  /** Of all gates before their nonlinearities. */
  readonly gates: T;
  /** Of the state that the first step starts with. */
  readonly state: T;
}

/** The outputs that the steps start with. */
function outputsBefore<T extends Value>(
  k: RuleOps<T>,
  { inputs: [, , , h0], output, attrs: { length, backwards } }: Context<T, SequenceAttrs>,
): T {
  const [n] = h0.shape;
  const others = k.slice(output, step(Number(backwards), n, output.shape, length - 1));
  return k.cat(backwards ? [others, h0] : [h0, others], 0);
}

/** The gradients as arrays, which need no gradients of their own: written in place, step by step. */
function lstmArrayGradients(
  k: Kernels,
  gradient: NDArray,
  { inputs, saved: [gates, cells, tanhs], attrs }: Context<NDArray, SequenceAttrs>,
): SequenceGradients<NDArray> {
  const [, , outer, { shape: [n, size] }, c0] = inputs;
  const { dtype } = gates;
  arena.begin();
  const all = NDArray.allocate(gates.shape, dtype);
  const state = NDArray.allocate([n, size], dtype);
  write(k, stepOf(gradient, attrs.length, n), state);
  let next: Operand<NDArray> = 1;
  let product: NDArray | null = null;
  const order = stepsOf(attrs);
  for (let place = attrs.length - 1; place >= 0; place--) {
    const t = order[place];
    const [i, f, g, o] = [0, 1, 2, 3].map((p) => gatesOf(stepOf(gates, t, n), p, size));
    const [gi, gf, gg, go] = [0, 1, 2, 3].map((p) => gatesOf(stepOf(all, t, n), p, size));
    const [y, before] = [
      stepOf(tanhs, t, n),
      place === 0 ? c0 : stepOf(cells, order[place - 1], n),
    ];
    let gh = stepOf(gradient, t, n);
    if (product !== null) {
      k.mapInto(plus, [product, gh], product, dtype);
      gh = product;
    }
    k.mapInto(stateGradient, [state, next, gh, o, y], state, dtype);
    k.mapInto(gateGradient, [state, g, i], gi, dtype);
    k.mapInto(gateGradient, [state, before, f], gf, dtype);
    k.mapInto(candidateGradient, [state, i, g], gg, dtype);
    k.mapInto(gateGradient, [gh, y, o], go, dtype);
    if (product !== null) arena.free(product.storage, "temporary");
    if (place > 0) product = k.matmul(stepOf(all, t, n), outer, null);
    next = f;
  }
  k.mapInto(times, [state, next], state, dtype);
  return { gates: all, state };
}

/** The gradients by ops, which have gradients in turn: by the rule of {@link lstmCell}, step by step. */
function lstmGradients<T extends Value>(
  k: RuleOps<T>,
  gradient: T,
  context: Context<T, SequenceAttrs>,
): SequenceGradients<T> {
  const { inputs: [x, inner, outer, h0, c0, ...biases], attrs } = context;
  const [n, size] = h0.shape;
  const order = stepsOf(attrs);
  const products = k.add(
    k.matmul(x, transposed(k, inner)),
    k.matmul(outputsBefore(k, context), transposed(k, outer)),
  );
  const all = biases.reduce((sum, bias) => k.add(sum, bias), products);
  const gates = order.map((t) => k.slice(all, step(t, n, all.shape)));
  const states = [c0];
  const results = gates.map((own, place) => {
    const result = k.lstmCell(own, states[place]);
    states.push(k.reshape(k.slice(result, entry(1, h0.shape)), h0.shape));
    return result;
  });
  let state = k.slice(gradient, step(attrs.length, n, gradient.shape));
  const found: T[] = [];
  for (let place = attrs.length - 1; place >= 0; place--) {
    const t = order[place];
    const own = k.slice(gradient, step(t, n, gradient.shape));
    const gh = place === attrs.length - 1
      ? own
      : k.add(own, k.matmul(found[order[place + 1]], outer));
    const rules = lstmCell.backward!(k, k.reshape(k.cat([gh, state], 0), [2, n, size]), {
      inputs: [gates[place], states[place]],
      output: results[place],
      saved: [],
      shapes: [gates[place].shape, h0.shape],
      attrs: undefined,
    });
    [found[t], state] = rules.map((rule) => rule());
  }
  return { gates: k.cat(found, 0), state };
}

/** All inputs and the result. */
const EVERYTHING = [0, 1, 2, 3, 4, 5, 6, OUTPUT];

/**
 * An LSTM over a sequence: inputs `[l · n, in]`, step by step, weights of the input `[4 h, in]` and of
 * the output before `[4 h, h]`, the output and the state to start with `[n, h]` each, and up to
 * two biases `[4 h]` → `[(l + 1) · n, h]`: the outputs of all steps, then the last state. See
 * {@link lstmCell} for the equations.
 */
export const lstm: Op<SequenceAttrs> = op({
  name: "lstm",
  arity: 5,
  reads: new Array(7).fill(EVERYTHING),
  forward(k, [x, inner, outer, h0, c0, ...biases], attrs) {
    checkSequence("lstm", 4, [x, inner, outer, h0, c0], biases, attrs);
    const { dtype, shape: [n, size] } = h0;
    const bias = biases.length < 2 ? biases[0] ?? null : mapElements(k, plus, biases);
    const gates = k.matmul(x, viewPermute(inner, [1, 0]), bias);
    const across = viewPermute(outer, [1, 0]);
    arena.begin();
    const output = NDArray.allocate([(attrs.length + 1) * n, size], dtype);
    const cells = NDArray.allocate([attrs.length * n, size], dtype);
    const tanhs = NDArray.allocate([attrs.length * n, size], dtype);
    let [h, c] = [h0, c0];
    for (const t of stepsOf(attrs)) {
      const own = stepOf(gates, t, n);
      const product = k.matmul(h, across, null);
      const [i, f, g, o] = [0, 1, 2, 3].map((p) => gatesOf(own, p, size));
      const both = gatesOf(own, 0, size, 2);
      k.mapInto(sigmoidOfSum, [both, gatesOf(product, 0, size, 2)], both, dtype);
      k.mapInto(tanhOfSum, [g, gatesOf(product, 2, size)], g, dtype);
      k.mapInto(sigmoidOfSum, [o, gatesOf(product, 3, size)], o, dtype);
      arena.free(product.storage, "temporary");
      const [cell, y] = [stepOf(cells, t, n), stepOf(tanhs, t, n)];
      k.mapInto(gatedState, [i, f, g, c], cell, dtype);
      k.mapInto(tanh, [cell], y, dtype);
      [h, c] = [stepOf(output, t, n), cell];
      k.mapInto(times, [o, y], h, dtype);
    }
    write(k, c, stepOf(output, attrs.length, n));
    return [output, gates, cells, tanhs];
  },
  backward<T extends Value>(k: RuleOps<T>, gradient: T, context: Context<T, SequenceAttrs>) {
    const { inputs: [x, inner, outer, { shape: [n] }], attrs } = context;
    const found = gradientsBy(
      gradient,
      context,
      lstmArrayGradients,
      () => lstmGradients(k, gradient, context),
    );
    const gates = () => found().gates;
    const biasGradient = () => k.sum(gates(), { axes: [0], keepDims: false });
    return [
      () => k.matmul(gates(), inner),
      () => k.matmul(transposed(k, gates()), x),
      () => k.matmul(transposed(k, gates()), outputsBefore(k, context)),
      () => k.matmul(k.slice(gates(), step(stepsOf(attrs)[0], n, gates().shape)), outer),
      () => found().state,
      biasGradient,
      biasGradient,
    ];
  },
  samples: [
    {
      inputs: [[6, 1], [8, 1], [8, 2], [3, 2], [3, 2], [8], [8]].map((shape) => sample(shape)),
      attrs: { length: 2, backwards: false },
    },
    {
      inputs: [[3, 2], [4, 2], [4, 1], [1, 1], [1, 1]].map((shape) => sample(shape)),
      attrs: { length: 3, backwards: true },
    },
    {
      inputs: [[0, 2], [12, 2], [12, 3], [0, 3], [0, 3]].map((shape) => sample(shape)),
      attrs: { length: 1, backwards: false },
    },
  ],
});

const candidate = <T>(k: Arithmetic<T>, r: Operand<T>, xn: Operand<T>, hn: Operand<T>): T =>
  k.tanh(k.add(xn, k.mul(r, hn)));

const gruState = new Formula(
  "the state of a GRU",
  7,
  (k, [xr, xz, xn, hr, hz, hn, h]) => {
    const z = k.sigmoid(k.add(xz, hz));
    const n = candidate(k, k.sigmoid(k.add(xr, hr)), xn, hn);
    return k.add(k.mul(k.sub(1, z), n), k.mul(z, h));
  },
);
/** g (1 − z) tanh′ */
const gruCandidateGradient = new Formula(
  "the gradient of a GRU's candidate",
  7,
  (k, [g, xr, xz, xn, hr, hz, hn]) => {
    const n = candidate(k, k.sigmoid(k.add(xr, hr)), xn, hn);
    return k.mul(k.mul(g, k.sub(1, k.sigmoid(k.add(xz, hz)))), tanhSlope(k, n));
  },
);
/** g (h − n) σ′ */
const gruUpdateGradient = new Formula(
  "the gradient of a GRU's update gate",
  8,
  (k, [g, xr, xz, xn, hr, hz, hn, h]) => {
    const n = candidate(k, k.sigmoid(k.add(xr, hr)), xn, hn);
    return k.mul(k.mul(g, k.sub(h, n)), sigmoidSlope(k, k.sigmoid(k.add(xz, hz))));
  },
);
const gruResetGradient = new Formula(
  "the gradient of a GRU's reset gate",
  4,
  (k, [dn, xr, hr, hn]) => k.mul(k.mul(dn, hn), sigmoidSlope(k, k.sigmoid(k.add(xr, hr)))),
);
const gatedBySum = new Formula(
  "gated by a sum",
  3,
  (k, [g, a, b]) => k.mul(g, k.sigmoid(k.add(a, b))),
);

/**
 * A step of a GRU: gates of the input and of the state, `[n, 3 h]` each (r, z, n before their
 * nonlinearities), and the state h `[n, h]` → h′ = (1 − z) ñ + z h `[n, h]` with z = σ(xz + hz),
 * r = σ(xr + hr) and ñ = tanh(xn + r hn).
 *
 * Source: Cho et al., "Learning phrase representations using RNN encoder–decoder for statistical
 * machine translation" (2014), with the reset gate after the product, as cuDNN and PyTorch have it.
 */
export const gruCell: Op<void> = op({
  name: "gruCell",
  reads: [[0, 1, 2], [0, 1, 2], [0, 1]],
  forward(k, [x, gates, h]) {
    const parts = [x, gates].flatMap((a) => [0, 1, 2].map((p) => viewSlice(a, gate(p, h.shape))));
    return mapElements(k, gruState, [...parts, h]);
  },
  backward(k, g, { inputs: [x, gates, h], shapes: [, , shape] }) {
    const shared = once(() => {
      const parts = [x, gates].flatMap((a) => [0, 1, 2].map((p) => k.slice(a, gate(p, shape))));
      const [xr, , , hr, , hn] = parts;
      const dn = k.map(gruCandidateGradient, [g, ...parts]);
      const dz = k.map(gruUpdateGradient, [g, ...parts, h]);
      const dr = k.map(gruResetGradient, [dn, xr, hr, hn]);
      return { dr, dz, dn, xr, hr };
    });
    const ofInput = () => {
      const { dr, dz, dn } = shared();
      return k.cat([dr, dz, dn], 1);
    };
    const ofGates = () => {
      const { dr, dz, dn, xr, hr } = shared();
      return k.cat([dr, dz, k.map(gatedBySum, [dn, xr, hr])], 1);
    };
    const update = () => [x, gates].map((a) => k.slice(a, gate(1, shape)));
    return [ofInput, ofGates, () => k.map(gatedBySum, [g, ...update()])];
  },
  samples: [
    { inputs: [sample([2, 9]), sample([2, 9]), sample([2, 3])] },
    { inputs: [sample([0, 9]), sample([0, 9]), sample([0, 3])] },
  ],
});

const gatedMean = new Formula(
  "the state of a GRU from its gates",
  3,
  (k, [z, n, h]) => k.add(k.mul(k.sub(1, z), n), k.mul(z, h)),
);
const gatedCandidate = new Formula(
  "the candidate of a GRU from its gates",
  3,
  (k, [x, r, h]) => k.tanh(k.add(x, k.mul(r, h))),
);
/** g (1 − z) tanh′ */
const meanCandidateGradient = new Formula(
  "the gradient of a GRU's candidate from its value",
  3,
  (k, [g, z, n]) => k.mul(k.mul(g, k.sub(1, z)), tanhSlope(k, n)),
);
/** g (h − n) σ′ */
const meanUpdateGradient = new Formula(
  "the gradient of a GRU's update gate from its value",
  4,
  (k, [g, h, n, z]) => k.mul(k.mul(g, k.sub(h, n)), sigmoidSlope(k, z)),
);
const plusProduct = new Formula("sum", 3, (k, [x, y, z]) => k.add(x, k.mul(y, z)));

/** Gradients of a sequence of a GRU. */
interface GRUGradients<T> {
  /** Of the gates of the inputs. */
  readonly inputs: T;
  /** Of the gates of the outputs before. */
  readonly outputs: T;
  /** Of the output that the first step starts with. */
  readonly state: T;
}

/** The gradients as arrays, written in place, step by step. */
function gruArrayGradients(
  k: Kernels,
  gradient: NDArray,
  { inputs, output, saved: [gates, inners], attrs }: Context<NDArray, SequenceAttrs>,
): GRUGradients<NDArray> {
  const [, , outer, h0] = inputs;
  const { dtype, shape: [n, size] } = h0;
  arena.begin();
  const [ofInputs, ofOutputs] = [0, 1].map(() => NDArray.allocate(gates.shape, dtype));
  const gh = NDArray.allocate([n, size], dtype);
  const order = stepsOf(attrs);
  let state: NDArray | null = null;
  for (let place = attrs.length - 1; place >= 0; place--) {
    const t = order[place];
    const [r, z, candidate] = [0, 1, 2].map((p) => gatesOf(stepOf(gates, t, n), p, size));
    const own = stepOf(ofOutputs, t, n);
    const [gr, gz, gn] = [0, 1, 2].map((p) => gatesOf(own, p, size));
    const dn = gatesOf(stepOf(ofInputs, t, n), 2, size);
    const before = place === 0 ? h0 : stepOf(output, order[place - 1], n);
    k.mapInto(plus, [stepOf(gradient, t, n), state ?? 0], gh, dtype);
    k.mapInto(meanCandidateGradient, [gh, z, candidate], dn, dtype);
    k.mapInto(meanUpdateGradient, [gh, before, candidate, z], gz, dtype);
    k.mapInto(gateGradient, [dn, stepOf(inners, t, n), r], gr, dtype);
    k.mapInto(times, [dn, r], gn, dtype);
    if (state !== null) arena.free(state.storage, "temporary");
    state = k.matmul(own, outer, null);
    k.mapInto(plusProduct, [state, gh, z], state, dtype);
  }
  // The gates of input and output are added, but for the candidate.
  write(k, gatesOf(ofOutputs, 0, size, 2), gatesOf(ofInputs, 0, size, 2));
  return { inputs: ofInputs, outputs: ofOutputs, state: state! };
}

/** The gradients by ops, which have gradients in turn: by the rule of {@link gruCell}, step by step. */
function gruGradients<T extends Value>(
  k: RuleOps<T>,
  gradient: T,
  context: Context<T, SequenceAttrs>,
): GRUGradients<T> {
  const { inputs: [x, inner, outer, h0, ...biases], attrs } = context;
  const [n] = h0.shape;
  const order = stepsOf(attrs);
  const before = outputsBefore(k, context);
  const [ofInputs, ofOutputs] = ([[x, inner], [before, outer]] as const).map(([a, weight], i) => {
    const product = k.matmul(a, transposed(k, weight));
    return biases.length === 0 ? product : k.add(product, biases[i]);
  });
  const rows = (a: T, t: number): T => k.slice(a, step(t, n, a.shape));
  const found: [inputs: T[], outputs: T[]] = [[], []];
  let state: T | null = null;
  for (let place = attrs.length - 1; place >= 0; place--) {
    const t = order[place];
    const own = rows(gradient, t);
    const inputs = [ofInputs, ofOutputs, before].map((a) => rows(a, t));
    const rules = gruCell.backward!(k, state === null ? own : k.add(own, state), {
      inputs,
      output: own,
      saved: [],
      shapes: inputs.map(({ shape }) => shape),
      attrs: undefined,
    });
    const [dx, dp, dh] = rules.map((rule) => rule());
    [found[0][t], found[1][t]] = [dx, dp];
    state = k.add(dh, k.matmul(dp, outer));
  }
  return { inputs: k.cat(found[0], 0), outputs: k.cat(found[1], 0), state: state! };
}

/**
 * A GRU over a sequence: inputs `[l · n, in]`, step by step, weights of the input `[3 h, in]` and of
 * the output before `[3 h, h]`, the output to start with `[n, h]`, and two biases `[3 h]`, of the input
 * and of the output, or none → `[l · n, h]`. See {@link gruCell} for the equations.
 */
export const gru: Op<SequenceAttrs> = op({
  name: "gru",
  arity: 4,
  reads: new Array(6).fill(EVERYTHING),
  forward(k, [x, inner, outer, h0, ...biases], attrs) {
    checkSequence("gru", 3, [x, inner, outer, h0], biases, attrs);
    const { dtype, shape: [n, size] } = h0;
    const [ofInput = null, ofOutput = null] = biases;
    const gates = k.matmul(x, viewPermute(inner, [1, 0]), ofInput);
    const across = viewPermute(outer, [1, 0]);
    arena.begin();
    const output = NDArray.allocate([attrs.length * n, size], dtype);
    const inners = NDArray.allocate([attrs.length * n, size], dtype);
    let h = h0;
    for (const t of stepsOf(attrs)) {
      const own = stepOf(gates, t, n);
      const product = k.matmul(h, across, ofOutput);
      const both = gatesOf(own, 0, size, 2);
      const [r, z, candidate] = [0, 1, 2].map((p) => gatesOf(own, p, size));
      const [next, innerOfStep] = [stepOf(output, t, n), stepOf(inners, t, n)];
      k.mapInto(sigmoidOfSum, [both, gatesOf(product, 0, size, 2)], both, dtype);
      write(k, gatesOf(product, 2, size), innerOfStep);
      arena.free(product.storage, "temporary");
      k.mapInto(gatedCandidate, [candidate, r, innerOfStep], candidate, dtype);
      k.mapInto(gatedMean, [z, candidate, h], next, dtype);
      h = next;
    }
    return [output, gates, inners];
  },
  backward<T extends Value>(k: RuleOps<T>, gradient: T, context: Context<T, SequenceAttrs>) {
    const { inputs: [x, inner] } = context;
    const found = gradientsBy(
      gradient,
      context,
      gruArrayGradients,
      () => gruGradients(k, gradient, context),
    );
    return [
      () => k.matmul(found().inputs, inner),
      () => k.matmul(transposed(k, found().inputs), x),
      () => k.matmul(transposed(k, found().outputs), outputsBefore(k, context)),
      () => found().state,
      () => k.sum(found().inputs, { axes: [0], keepDims: false }),
      () => k.sum(found().outputs, { axes: [0], keepDims: false }),
    ];
  },
  samples: [
    {
      inputs: [[6, 1], [6, 1], [6, 2], [3, 2], [6], [6]].map((shape) => sample(shape)),
      attrs: { length: 2, backwards: false },
    },
    {
      inputs: [[3, 2], [3, 2], [3, 1], [1, 1]].map((shape) => sample(shape)),
      attrs: { length: 3, backwards: true },
    },
    {
      inputs: [[0, 2], [9, 2], [9, 3], [0, 3]].map((shape) => sample(shape)),
      attrs: { length: 1, backwards: false },
    },
  ],
});
