/**
 * Every op of the table, on every backend: what it computes, its first and second derivatives, for
 * inputs of any layout, broadcast, empty and scalar, and the memory that it leaves behind.
 *
 * @module
 */

import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { apply } from "../../src/autograd/apply.ts";
import { clearGradient } from "../../src/autograd/node.ts";
import { isFloat } from "../../src/dtype.ts";
import type { Op, Sample, SampleInput } from "../../src/ops/op.ts";
import { ops } from "../../src/ops/table.ts";
import type { Shape } from "../../src/shape.ts";
import { gradCheck, memory, Tensor, tensor } from "../../mod.ts";
import { kernelNames, setKernels } from "../support/kernels.ts";
import { inputOf, type Layout, STRIDED } from "./sample_inputs.ts";
import { assertSame } from "../support/assert.ts";

type Input = Tensor | number;

/**
 * The distance that results may have from those of the reference backend in float64, as a share of the largest
 * number that goes in or comes out: the elementary functions are good to 2 units in the last place,
 * and the longest formulas and sums of the samples round a few times more.
 */
const TOLERANCE = { float32: 4 * 2 ** -23, float64: 4 * 2 ** -52 };

const [DEFAULT] = kernelNames();

function on<R>(kernels: string, body: () => R): R {
  setKernels(kernels);
  try {
    return body();
  } finally {
    setKernels(DEFAULT);
  }
}

function run(op: Op, inputs: readonly Input[], attrs: unknown): Tensor {
  return apply(op, inputs, attrs) as Tensor;
}

/** Elementwise ops can write into what they read, and have no options. */
function isElementwise(op: Op): boolean {
  return op.into !== undefined && op.samples.every((s) => s.attrs === undefined);
}

/** The largest number of all tensors. */
function largestOf(inputs: readonly Input[]): number {
  const numbers = inputs.flatMap((x) => (typeof x === "number" ? [x] : [...x.data]));
  return numbers.reduce((a, x) => (Number.isFinite(x) ? Math.max(a, Math.abs(x)) : a), 0);
}

function assertNear(actual: Tensor, expected: Tensor, tolerance: number, what: string): void {
  assertSame(actual.shape, expected.shape, what);
  const [got, wanted] = [[...actual.data], [...expected.data]];
  const bound = isFloat(actual.dtype) ? tolerance : 0;
  got.forEach((value, i) => {
    const near = Math.abs(value - wanted[i]) <= bound || Object.is(value, wanted[i]);
    assert(near, `${what} [${i}]: ${value}, not ${wanted[i]}`);
  });
}

function checkForward(op: Op, kernels: string, sample: Sample<unknown>, layout: Layout): void {
  for (const dtype of ["float32", "float64"] as const) {
    const inputs = sample.inputs.map((s, j) => inputOf(s, j, dtype, layout));
    const actual = on(kernels, () => run(op, inputs, sample.attrs));
    const exact = sample.inputs.map((s, j) => inputOf(s, j, "float64"));
    const expected = on("reference", () => run(op, exact, sample.attrs));
    const largest = largestOf([...exact, expected]);
    assertNear(
      actual,
      expected,
      TOLERANCE[dtype] * largest,
      `${dtype} ${layout} ${shapesOf(sample)}`,
    );
  }
}

function checkGradients(op: Op, kernels: string, inputs: readonly Input[], attrs: unknown): void {
  const leaves = inputs.filter((x) => x instanceof Tensor && x.dtype === "float64") as Tensor[];
  leaves.forEach((x) => x.requiresGrad_());
  on(kernels, () => gradCheck(() => run(op, inputs, attrs), leaves, { secondOrder: true }));
}

function shapesOf(sample: Sample<unknown>): string {
  return sample.inputs.map((s) => (typeof s === "number" ? s : `[${s.shape}]`)).join(" ");
}

/** `sample` with other shapes; of listed values, the first ones are taken, again and again. */
function reshaped(sample: Sample<unknown>, shapes: readonly Shape[]): Sample<unknown> {
  let next = 0;
  const inputs = sample.inputs.map((input): SampleInput => {
    if (typeof input === "number") return input;
    const shape = shapes[next++ % shapes.length];
    if (!("values" in input)) return { ...input, shape };
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Array.from({ length: size }, (_, i) => input.values[i % input.values.length]);
    return { ...input, shape, values };
  });
  return { inputs, attrs: sample.attrs };
}

/** Shapes for two or three operands, each list of which broadcasts. */
const BROADCAST: readonly (readonly Shape[])[] = [
  [[2, 3], [1, 3], [2, 1]],
  [[2, 1], [3], [1, 1]],
  [[], [2, 3], [3]],
  [[2, 3], [], []],
  [[1, 1], [1], [2, 2]],
];

const EMPTY_AND_SCALAR: readonly (readonly Shape[])[] = [
  [[], [], []],
  [[0], [0], [0]],
  [[2, 0, 3], [2, 0, 3], [2, 0, 3]],
  [[0], [1], []],
  [[3, 1], [1, 0], [1]],
];

/** One use of an op, after which a user holds nothing any more. */
function useAndForget(op: Op, { inputs: samples, attrs }: Sample<unknown>): void {
  const inputs = samples.map((s, j) => inputOf(s, j, "float32"));
  const tensors = inputs.filter((x) => x instanceof Tensor);
  const leaves = tensors.filter((x) => x.dtype === "float32");
  if (op.backward !== undefined) leaves.forEach((x) => x.requiresGrad_());
  const y = run(op, inputs, attrs);
  const held = [...tensors, y];
  if (y.requiresGrad) {
    const loss = y.sum();
    loss.backward();
    held.push(loss);
    leaves.forEach(clearGradient);
  }
  // The results of a graph stay until the next one is freed.
  const next = tensor(1, { requiresGrad: true });
  const end = next.mul(1);
  end.backward();
  clearGradient(next);
  for (const x of [...held, next, end]) x[Symbol.dispose]();
}

test("every op whose result can be differentiated has a gradient", () => {
  for (const [name, op] of Object.entries<Op>(ops)) {
    for (const { inputs: samples, attrs } of op.samples) {
      const inputs = samples.map((s, j) => inputOf(s, j, "float64"));
      const leaves = inputs.filter((x) => x instanceof Tensor && isFloat(x.dtype)) as Tensor[];
      leaves.forEach((x) => x.requiresGrad_());
      const y = run(op, inputs, attrs);
      if (isFloat(y.dtype)) {
        assert(y.requiresGrad, `${name} ${shapesOf({ inputs: samples, attrs })}`);
      }
    }
  }
});

/** The gradients of the floating-point inputs whose places are wanted, for the same `g` at any time. */
function gradientsAt(op: Op, { inputs: samples, attrs }: Sample<unknown>, places: number[]) {
  const inputs = samples.map((s, j) => inputOf(s, j, "float64")) as Tensor[];
  const leaves = places.map((j) => inputs[j].requiresGrad_());
  const y = run(op, inputs, attrs);
  const g = y.detach().mul(0.5).add(1);
  const given = [...inputs, g].map((x) => (typeof x === "number" ? x : x.toArray()));
  y.backward(g);
  assertSame([...inputs, g].map((x) => (typeof x === "number" ? x : x.toArray())), given, op.name);
  return leaves.map((x) => x.grad?.toArray());
}

test("gradients are the same one by one, and leave what they are given as it is", () => {
  for (const op of Object.values<Op>(ops).filter((op) => op.backward !== undefined)) {
    for (const sample of op.samples) {
      const isFloating = (s: SampleInput) =>
        typeof s !== "number" && (!("values" in s) || isFloat(s.dtype));
      const places = [...sample.inputs.keys()].filter((j) => isFloating(sample.inputs[j]));
      const all = gradientsAt(op, sample, places);
      const single = places.flatMap((j) => gradientsAt(op, sample, [j]));
      assertSame(single, all, `${op.name} ${shapesOf(sample)}`);
    }
  }
});

for (const kernels of kernelNames()) {
  for (const [name, op] of Object.entries<Op>(ops)) {
    const title = `op ${name} on ${kernels}:`;

    test(`${title} forward`, () => {
      for (const sample of op.samples) {
        for (const layout of ["contiguous", ...STRIDED] as const) {
          checkForward(op, kernels, sample, layout);
        }
      }
    });

    if (op.backward !== undefined) {
      test(`${title} gradients`, () => {
        for (const { inputs, attrs } of op.samples) {
          checkGradients(op, kernels, inputs.map((s, j) => inputOf(s, j, "float64")), attrs);
        }
      });

      test(`${title} gradients of strided inputs`, () => {
        for (const { inputs, attrs } of op.samples) {
          for (let first = 0; first < STRIDED.length; first++) {
            const mixed = inputs.map((s, j) =>
              inputOf(s, j, "float64", STRIDED[(first + j) % STRIDED.length])
            );
            checkGradients(op, kernels, mixed, attrs);
          }
        }
      });
    }

    if (isElementwise(op)) {
      test(`${title} broadcast, empty and scalar inputs`, () => {
        const shapes = op.arity > 1 ? [...BROADCAST, ...EMPTY_AND_SCALAR] : EMPTY_AND_SCALAR;
        for (const list of shapes) {
          const sample = reshaped(op.samples.at(-1)!, list);
          checkForward(op, kernels, sample, "contiguous");
          if (op.backward === undefined) continue;
          const inputs = sample.inputs.map((s, j) => inputOf(s, j, "float64"));
          checkGradients(op, kernels, inputs, sample.attrs);
        }
      });
    }

    test(`${title} memory`, () => {
      on(kernels, () => {
        for (const sample of op.samples) {
          useAndForget(op, sample);
          useAndForget(op, sample);
          const before = memory.stats();
          useAndForget(op, sample);
          const { resident, storages } = memory.stats();
          assertEquals({ resident, storages }, {
            resident: before.resident,
            storages: before.storages,
          }, shapesOf(sample));
        }
      });
    });
  }
}
