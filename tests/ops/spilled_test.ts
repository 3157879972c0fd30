/**
 * Every op, on every backend, reads inputs and saved values that wait outside of the arena, and
 * unpins the operands of other ops.
 */

import { test } from "node:test";
import { apply } from "../../src/autograd/apply.ts";
import { clearGradient } from "../../src/autograd/node.ts";
import { isFloat } from "../../src/dtype.ts";
import type { Op } from "../../src/ops/op.ts";
import { ops } from "../../src/ops/table.ts";
import { Tensor, tensor } from "../../mod.ts";
import { kernelNames, setKernels } from "../support/kernels.ts";
import { arena } from "../../src/storage/arena.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { withLimit } from "../storage/limit.ts";
import { inputOf } from "./sample_inputs.ts";
import { assertSame } from "../support/assert.ts";

/** Moves everything out of the arena. */
function spill(): void {
  const { limit } = arena.stats();
  arena.setLimit(1);
  arena.setLimit(limit);
}

const ROOM = 2 ** 20;

let filling: Storage | undefined;

/** Fills the whole arena with the result of a kernel. */
function crowd(): void {
  if (filling !== undefined) arena.free(filling, "disposed");
  arena.begin();
  filling = arena.allocate(ROOM);
}

/** The result and the gradients of `op`, with `pause` before each of the two. */
function results(
  op: Op,
  inputs: readonly (Tensor | number)[],
  attrs: unknown,
  pause: () => void,
): unknown[] {
  const tensors = inputs.filter((x) => x instanceof Tensor);
  const leaves = op.backward === undefined ? [] : tensors.filter((x) => isFloat(x.dtype));
  leaves.forEach((x) => x.requiresGrad_());
  pause();
  const y = apply(op, inputs, attrs) as Tensor;
  const found: unknown[] = [y.toArray()];
  if (!y.requiresGrad) return found;
  pause();
  y.backward(y.detach().add(1));
  found.push(...leaves.map((x) => x.grad?.toArray() ?? null));
  leaves.forEach(clearGradient);
  return found;
}

/** Inputs of arithmetic on integers that no op refuses. */
const INTEGERS = [[3, 1, 2, 0], [1, 2, 5, 7], [1, 0, 1, 2], [2, 3, 1, 1]];

for (const kernels of kernelNames()) {
  for (const [name, op] of Object.entries<Op>(ops)) {
    test(`op ${name} on ${kernels} reads what was moved out of the arena`, () => {
      setKernels(kernels);
      try {
        for (const { inputs: samples, attrs } of op.samples) {
          const inputs = samples.map((s, j) => inputOf(s, j, "float32"));
          const expected = results(op, inputs, attrs, () => {});
          assertSame(results(op, inputs, attrs, spill), expected);
        }
      } finally {
        setKernels(kernelNames()[0]);
      }
    });

    test(`op ${name} on ${kernels} finds room where other ops have been`, () => {
      setKernels(kernels);
      try {
        for (const { inputs: samples, attrs } of op.samples) {
          const inputs = samples.map((s, j) => inputOf(s, j, "float32"));
          const expected = results(op, inputs, attrs, () => {});
          withLimit(ROOM, () => assertSame(results(op, inputs, attrs, crowd), expected));
        }
      } finally {
        setKernels(kernelNames()[0]);
      }
    });

    if (op.into === undefined || op.name === "assign") continue;

    test(`op ${name} on ${kernels} reads integers that were moved out of the arena`, () => {
      setKernels(kernels);
      try {
        const inputs = INTEGERS.slice(0, op.arity).map((x) => tensor(x, { dtype: "int32" }));
        const expected = apply(op, inputs, undefined) as Tensor;
        withLimit(ROOM, () => {
          crowd();
          const actual = apply(op, inputs, undefined) as Tensor;
          assertSame(actual.toArray(), expected.toArray());
        });
      } finally {
        setKernels(kernelNames()[0]);
      }
    });
  }
}
