/**
 * Every op of the table is misused in at least five ways, each of which must be told apart.
 *
 * @module
 */

import { test } from "node:test";
import { assert, assertStrictEquals, assertThrows } from "@std/assert";
import { grad, memory, type Tensor } from "../../mod.ts";
import { kernelNames, setKernels } from "../support/kernels.ts";
import type { Op } from "../../src/ops/op.ts";
import { ops } from "../../src/ops/table.ts";
import { ofOperands } from "./error_families.ts";
import { errorInputsOf } from "./error_inputs.ts";
import type { ErrorInput } from "./mistakes.ts";
import { input, isArithmetic, type OpName, useOf } from "./uses.ts";

const LEAST = 5;
const names = Object.keys(ops) as OpName[];

/** The error that a mistake gives, which must be the one that it is known for. */
function errorOf({ make, type, message }: ErrorInput): Error {
  const error = assertThrows(make, type, "", `${message}\n${make}`);
  const fits = typeof message === "string"
    ? error.message.startsWith(message)
    : message.test(error.message);
  assert(fits, `"${error.message}" is not "${message}"\n${make}`);
  return error;
}

for (const kernels of kernelNames()) {
  for (const name of names) {
    test(`op ${name} on ${kernels}: mistakes are refused, each with a message of its own`, () => {
      setKernels(kernels);
      try {
        const messages = errorInputsOf(name).map((one) => errorOf(one).message);
        assert(
          new Set(messages).size >= LEAST,
          `${name} is misused in ${messages.length} ways, and ${LEAST} are wanted: add to its row ` +
            `in tests/ops/error_inputs.ts what people may do wrong with it`,
        );
      } finally {
        setKernels(kernelNames()[0]);
      }
    });
  }
}

/** Returns true if `op` runs in `use`, or in its gradient. */
function runs(op: Op, use: () => void): boolean {
  const { forward } = op;
  let ran = false;
  op.forward = (...args) => {
    ran = true;
    return forward(...args);
  };
  try {
    use();
  } finally {
    op.forward = forward;
  }
  return ran;
}

test("what is misused is the op", () => {
  for (const name of names) {
    const [shape, call] = useOf(name);
    const use = (): void => {
      const x: Tensor = input(...shape).requiresGrad_();
      const y = call(x);
      if (!y.requiresGrad) return;
      const [g] = grad(y.sum(), x, { createGraph: true });
      if (g!.requiresGrad) grad(g!.sum(), x);
    };
    const op: Op = ops[name];
    // In place, ops run without their forward.
    const writes = name === "assign";
    assert(writes || runs(op, use), `${name} does not run in its use in tests/ops/uses.ts`);
  }
});

test("what is refused leaves no memory behind", () => {
  for (const name of names.filter(isArithmetic)) {
    for (const one of ofOperands(name)) {
      const before = memory.stats();
      errorOf(one);
      assertStrictEquals(memory.stats().resident, before.resident, `${one.message}`);
    }
  }
});
