/**
 * Layers against PyTorch: results, gradients, buffers, and what some steps of training make of the
 * weights; and the same layers in float32 on every backend, and the memory that a step leaves.
 *
 * @module
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  type DType,
  type FloatDType,
  getDefaultDtype,
  memory,
  setDefaultDtype,
  type Tensor,
  tensor,
} from "../../../mod.ts";
import { kernelNames, setKernels } from "../../support/kernels.ts";
import { clearGradient } from "../../../src/autograd/node.ts";
import { isFloat } from "../../../src/dtype.ts";
import * as nn from "../../../src/nn/mod.ts";
import * as optim from "../../../src/optim/mod.ts";

interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  readonly dtype: DType;
}

interface Case {
  readonly layer: string;
  readonly args: readonly unknown[];
  readonly options?: Record<string, unknown>;
  readonly state: Record<string, Plain>;
  readonly inputs: readonly Plain[];
  readonly g: readonly Plain[];
  readonly outputs: readonly Plain[];
  readonly inputGrads: readonly (Plain | null)[];
  readonly grads: Record<string, Plain>;
  readonly buffers: Record<string, Plain>;
  readonly evalOutputs: readonly Plain[];
  readonly trained?: Record<string, Plain>;
}

const STEPS = 50;
const RATE = 0.05;

/** Calls of the layers that take or return more than one tensor. */
type Call = (layer: never, inputs: Tensor[], options: Record<string, unknown>) => Tensor[];

/** Options that are tensors stand in the fixture as the places of these among the inputs. */
function named(options: Record<string, unknown>, inputs: Tensor[]): Record<string, unknown> {
  const pick = (v: unknown) => typeof v === "number" ? inputs[v] : v;
  return Object.fromEntries(Object.entries(options).map(([name, v]) => [name, pick(v)]));
}

interface OneState extends nn.Module {
  forward(x: Tensor, state?: Tensor): [Tensor, Tensor] | Tensor;
}
interface TwoStates extends nn.Module {
  forward(x: Tensor, state?: nn.LSTMState): [Tensor, nn.LSTMState] | nn.LSTMState;
}

const withOneState: Call = (layer: OneState, [x, h]) => [layer(x, h)].flat(2);
const withTwoStates: Call = (layer: TwoStates, [x, h, c]) =>
  layer(x, h === undefined ? undefined : [h, c]).flat(2);

const CALLS: Record<string, Call> = {
  Bilinear: (layer: nn.Bilinear, [x1, x2]) => [layer(x1, x2)],
  RNN: withOneState,
  GRU: withOneState,
  RNNCell: withOneState,
  GRUCell: withOneState,
  LSTM: withTwoStates,
  LSTMCell: withTwoStates,
  MultiheadAttention: (layer: nn.MultiheadAttention, inputs, options) => {
    const [q, k, v] = inputs;
    return layer(q, k, v, named(options, inputs)).filter((x) => x !== null);
  },
  TransformerEncoderLayer: (layer: nn.TransformerEncoderLayer, inputs, options) => [
    layer(inputs[0], named(options, inputs)),
  ],
  TransformerDecoderLayer: (layer: nn.TransformerDecoderLayer, inputs, options) => [
    layer(inputs[0], inputs[1], named(options, inputs)),
  ],
  Transformer: (layer: nn.Transformer, inputs, options) => [
    layer(inputs[0], inputs[1], named(options, inputs)),
  ],
};

function callOf(name: string): (layer: nn.Module, inputs: Tensor[], c: Case) => Tensor[] {
  const special = CALLS[name];
  if (special === undefined) return (layer, [x]) => [(layer as nn.Layer)(x)];
  return (layer, inputs, c) => special(layer as never, inputs, c.options ?? {});
}

function make({ shape, data, dtype }: Plain): Tensor {
  const type = isFloat(dtype) ? getDefaultDtype() : dtype;
  return tensor([...data], { dtype: type }).reshape(shape);
}

function makeLayer({ layer, args, state }: Case): nn.Module {
  const made = new (nn as unknown as Record<string, new (...args: unknown[]) => nn.Module>)[layer](
    ...args,
  );
  made.loadStateDict(
    Object.fromEntries(Object.entries(state).map(([name, plain]) => [name, make(plain)])),
  );
  return made;
}

function checkClose(actual: Tensor, expected: Plain, tolerance: number, what: string): void {
  assertEquals(actual.shape, expected.shape, what);
  const largest = expected.data.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
  actual.data.forEach((value, i) => {
    const wanted = expected.data[i];
    const close = Object.is(value, wanted) || Math.abs(value - wanted) <= tolerance * largest;
    assert(close, `${what}[${i}] is ${value}, expected ${wanted}`);
  });
}

/** Puts a number to all results, so that each has the gradient `g`. */
function lossOf(results: Tensor[], gs: readonly Plain[]): Tensor {
  return results.map((y, i) => y.mul(make(gs[i])).sum()).reduce((a, b) => a.add(b));
}

function checkPass(c: Case, tolerance: number): void {
  const what = `${c.layer}(${JSON.stringify(c.args)})`;
  const layer = makeLayer(c);
  const call = callOf(c.layer);
  const inputs = c.inputs.map((plain) => make(plain).requiresGrad_(isFloat(plain.dtype)));
  const outputs = call(layer, inputs, c);
  assertStrictEquals(outputs.length, c.outputs.length);
  outputs.forEach((y, i) => checkClose(y, c.outputs[i], tolerance, `${what} result ${i}`));
  lossOf(outputs, c.g).backward();
  c.inputGrads.forEach((expected, i) => {
    if (expected === null) return assertEquals(inputs[i].grad, null);
    checkClose(inputs[i].grad!, expected, tolerance, `${what} gradient of input ${i}`);
  });
  const parameters = new Map(layer.namedParameters());
  for (const [name, expected] of Object.entries(c.grads)) {
    checkClose(parameters.get(name)!.grad!, expected, tolerance, `${what} gradient of ${name}`);
  }
  const buffers = new Map(layer.namedBuffers());
  assertEquals([...buffers.keys()], Object.keys(c.buffers));
  for (const [name, expected] of Object.entries(c.buffers)) {
    checkClose(buffers.get(name)!, expected, tolerance, `${what} ${name}`);
  }
  layer.eval();
  call(layer, inputs, c).forEach((y, i) =>
    checkClose(y, c.evalOutputs[i], tolerance, `${what} result ${i} after eval()`)
  );
}

/** The mean square of results - targets, added up over the results. */
function distance(results: Tensor[], targets: Tensor[]): Tensor {
  const parts = results.map((y, i) => nn.functional.mseLoss(y, targets[i]));
  return parts.reduce((a, b) => a.add(b));
}

/** `steps` of SGD on the mean square of results - g. */
function train(layer: nn.Module, c: Case, steps: number): void {
  const call = callOf(c.layer);
  const optimizer = new optim.SGD(layer.parameters(), { lr: RATE });
  const inputs = c.inputs.map(make);
  const targets = c.g.map(make);
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad();
    distance(call(layer, inputs, c), targets).backward();
    optimizer.step();
  }
}

function checkTraining(c: Case, tolerance: number): void {
  const layer = makeLayer(c);
  train(layer, c, STEPS);
  const state = layer.stateDict();
  assertEquals([...state.keys()], Object.keys(c.trained!), "names and order of the state");
  for (const [name, expected] of Object.entries(c.trained!)) {
    const what = `${c.layer}(${JSON.stringify(c.args)}) ${name} after ${STEPS} steps`;
    checkClose(state.get(name)!, expected, tolerance, what);
  }
}

/** After the first steps, which make the lasting tensors, every step leaves as much as the last. */
function checkMemory(c: Case): void {
  const layer = makeLayer(c);
  const call = callOf(c.layer);
  const inputs = c.inputs.map((plain) => make(plain).requiresGrad_(isFloat(plain.dtype)));
  const targets = c.g.map(make);
  const resident: number[] = [];
  for (let step = 0; step < 5; step++) {
    [...inputs, ...layer.parameters()].forEach(clearGradient);
    // The loss is the user's, for as long as they like.
    const loss = distance(call(layer, inputs, c), targets);
    loss.backward();
    resident.push(memory.stats().storages);
    loss[Symbol.dispose]();
  }
  assertEquals(resident.slice(3), resident.slice(2, 4), `${c.layer}: ${resident}`);
}

const cases: Case[] = JSON.parse(
  readFileSync(new URL("../../fixtures/layers.json", import.meta.url), "utf8"),
);

function within(dtype: FloatDType, kernels: string, body: () => void): void {
  const before = getDefaultDtype();
  setDefaultDtype(dtype);
  setKernels(kernels);
  try {
    body();
  } finally {
    setDefaultDtype(before);
    setKernels(kernelNames()[0]);
  }
}

for (const kernels of kernelNames()) {
  for (const name of new Set(cases.map((c) => c.layer))) {
    const own = cases.filter((c) => c.layer === name);

    test(`${name} is PyTorch's, with ${kernels} kernels`, () => {
      within("float64", kernels, () => own.forEach((c) => checkPass(c, 1e-11)));
      within("float32", kernels, () => own.forEach((c) => checkPass(c, 2e-5)));
    });

    if (own.some((c) => c.trained !== undefined)) {
      test(`${name} trains as PyTorch's, with ${kernels} kernels`, () => {
        const trained = own.filter((c) => c.trained !== undefined);
        within("float64", kernels, () => trained.forEach((c) => checkTraining(c, 1e-9)));
      });
    }

    test(`${name} leaves nothing in memory, with ${kernels} kernels`, () => {
      within("float32", kernels, () => own.forEach(checkMemory));
    });
  }
}
