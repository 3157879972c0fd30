/**
 * One step of a recurrent layer, after the products with its weights.
 *
 * By elementwise ops, a step would record a dozen nodes; here it is one node, and each part of the
 * gradient is one pass.
 *
 * @module
 */

import type { Arithmetic, Operand } from "../kernels/arithmetic.ts";
import { Formula } from "../kernels/formula.ts";
import type { Shape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import { type Span, spansAlong, viewReshape, viewSlice } from "../storage/views.ts";
import { mapElements } from "./elementwise.ts";
import { type Op, op, OUTPUT, sample } from "./op.ts";

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

/** Runs `compute` at most once: gradients of several inputs share its result. */
function once<T>(compute: () => T): () => T {
  let result: T | undefined;
  return () => result ??= compute();
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
