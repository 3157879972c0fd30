/** Values and gradients of losses are those of PyTorch, also where formulas meet. */

import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type DType, type Tensor, tensor } from "../../../mod.ts";
import { kernelNames, setKernels } from "../../support/kernels.ts";
import { functional as F } from "../../../src/nn/mod.ts";
import { assertSame } from "../../support/assert.ts";

interface Plain {
  readonly shape: number[];
  /** JSON has no NaN and no ∞: they are written as words. */
  readonly data: (number | string)[];
  readonly dtype: DType;
}

/** A case of tools/oracle/make_loss_fixtures.py. */
interface Case {
  readonly call: string;
  readonly options: Record<string, unknown>;
  readonly tensors: Plain[];
  readonly hidden: Record<string, Plain>;
  readonly g: Plain;
  readonly output: Plain;
  readonly grads: (Plain | null)[];
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL("../../fixtures/losses.json", import.meta.url), "utf8"),
);

function make({ shape, data, dtype }: Plain): Tensor {
  const numbers = data.map((value) => (value === "inf" ? Infinity : Number(value)));
  return tensor(numbers, { dtype }).reshape(shape);
}

function checkClose(actual: Tensor, expected: Plain, what: string): void {
  assertSame(actual.shape, expected.shape, what);
  assertEquals(actual.dtype, "float64", what);
  const { data } = make(expected);
  actual.data.forEach((value, i) => {
    const bound = 1e-11 * Math.max(1, Math.abs(data[i]));
    const close = Object.is(value, data[i]) || Math.abs(value - data[i]) <= bound;
    assert(close, `${what}[${i}] is ${value}, expected ${data[i]}`);
  });
}

function check({ call, options, tensors, hidden, g, output, grads }: Case): void {
  const inputs = tensors.map(make);
  grads.forEach((grad, i) => grad !== null && inputs[i].requiresGrad_());
  const given: Record<string, unknown> = { ...options };
  if (options.p === "inf") given.p = Infinity;
  for (const [name, plain] of Object.entries(hidden)) given[name] = make(plain);
  const loss = F[call as "mseLoss"] as unknown as (...args: unknown[]) => Tensor;
  const result = loss(...inputs, given);
  const what = `${call} ${JSON.stringify(options)} of ${JSON.stringify(tensors[0].shape)}`;
  checkClose(result, output, what);
  if (grads.every((grad) => grad === null)) return;
  result.backward(make(g));
  grads.forEach((grad, i) =>
    grad !== null && checkClose(inputs[i].grad!, grad, `${what}, gradient ${i}`)
  );
}

for (const kernels of kernelNames()) {
  for (const call of new Set(cases.map((c) => c.call))) {
    test(`${call} has the values and gradients of PyTorch, with ${kernels} kernels`, () => {
      setKernels(kernels);
      try {
        cases.filter((c) => c.call === call).forEach(check);
      } finally {
        setKernels(kernelNames()[0]);
      }
    });
  }
}
