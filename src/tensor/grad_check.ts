/**
 * Checks gradients against finite differences.
 *
 * @module
 */

import type { TypedArray } from "../dtype.ts";
import { DTypeError, GradientError, ShapeError, ValueError } from "../errors.ts";
import { kernels } from "../kernels/backends.ts";
import { copy } from "../ops/elementwise.ts";
import { Generator } from "../random.ts";
import { checkArguments, checkKind, checkList, readOptions } from "../checks.ts";
import { formatShape, type Shape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { NDArray, repeatsElements, touch } from "../storage/ndarray.ts";
import { gradients } from "../autograd/engine.ts";
import { withGradEnabled } from "../autograd/grad_mode.ts";
import { type Variable, wrap } from "../autograd/node.ts";
import type { Tensor } from "./tensor.ts";

/** Options of `gradCheck`. */
export interface GradCheckOptions {
  /** Step of the finite differences, times |x| where that is above 1; default 0.001. */
  readonly eps?: number;
  /** Relative tolerance; default 1e-6. */
  readonly rtol?: number;
  /** Absolute tolerance; default 1e-8. */
  readonly atol?: number;
  /** Also check the derivatives of the gradients; default false. */
  readonly secondOrder?: boolean;
}

/**
 * f′(x) ≈ Σ cᵢ f(x + i h) / h, with an error of h⁶ f⁽⁷⁾(x) / 140. At h = 0.001 it is smaller than
 * the rounding error of f divided by h, about 1e-13: a tolerance of 1e-6 tests the gradient alone.
 */
const STENCIL: readonly (readonly [step: number, coefficient: number])[] = [
  [-3, -1 / 60],
  [-2, 9 / 60],
  [-1, -45 / 60],
  [1, 45 / 60],
  [2, -9 / 60],
  [3, 1 / 60],
];

/** The step of the finite differences, and the tolerances of the comparison. */
type Tolerances = Readonly<Record<"eps" | "rtol" | "atol", number>>;

/** Computes the outputs to differentiate; `recorded` is true if their gradient is needed. */
type Outputs = (recorded: boolean) => readonly Variable[];

/**
 * Checks the gradients of `f` against central finite differences of sixth order.
 *
 * It moves each element of each input in place, and back again. Fixed irregular weights of the
 * outputs keep errors from cancelling. `f` must be deterministic, and smooth within three steps of
 * `eps` around the inputs.
 *
 * See https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
 *
 * @param f maps the inputs to a float64 tensor, or to several
 * @param inputs float64 leaves that require gradients
 * @param options `eps`, `rtol`, `atol`, `secondOrder`
 * @returns true
 * @throws {DTypeError} if an input or an output is not float64
 * @throws {GradientError} if a gradient is wrong, or an input is not a leaf that requires one
 * @throws {ShapeError} if elements of an input share memory
 * @throws {ValueError} if `eps` is not above 0
 * @example
 * ```ts
 * import { gradCheck, tensor } from "@gradus/gradus";
 * import { assertEquals, assertMatch, assertThrows } from "@std/assert";
 *
 * const x = tensor([0.5, 2], { dtype: "float64", requiresGrad: true });
 * assertEquals(gradCheck((x) => x.log().mul(x), [x], { secondOrder: true }), true);
 * const error = assertThrows(() => gradCheck((x) => x.mul(x.detach()), [x]), Error);
 * assertMatch(error.message, /analytic 0\.\d+, numeric 1\.\d+/);
 * ```
 */
export function gradCheck(
  f: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options?: GradCheckOptions,
): true {
  checkArguments("gradCheck", arguments, 3);
  const { secondOrder, ...tolerances } = readOptions("gradCheck", options, {
    eps: 1e-3,
    rtol: 1e-6,
    atol: 1e-8,
    secondOrder: false,
  });
  const { eps } = tolerances;
  if (!(eps > 0)) {
    throw new ValueError(`Cannot check gradients with eps ${eps}: the step must be above 0`);
  }
  checkKind("gradCheck", f, typeof f === "function", "a function of the inputs");
  checkList("gradCheck", inputs);
  inputs.forEach(checkInput);
  const outputs: Outputs = (recorded) => withGradEnabled(recorded, () => [f(...inputs)].flat());
  compare("the gradient", outputs, inputs, tolerances);
  if (secondOrder) {
    const firstGradients: Outputs = (recorded) =>
      differentiate(outputs(true), inputs, recorded).filter((x) => x !== null);
    compare("the second derivative", firstGradients, inputs, tolerances);
  }
  return true;
}

function checkInput(x: Variable, i: number): void {
  const refuse = (reason: string): string => `Cannot check the gradient for input ${i}: ${reason}`;
  if (x.dtype !== "float64") {
    throw new DTypeError(
      refuse(`it is ${x.dtype}, and finite differences need { dtype: "float64" }`),
    );
  }
  if (!x.requiresGrad || x.node !== null) {
    throw new GradientError(refuse("it must be a leaf made with { requiresGrad: true }"));
  }
  if (repeatsElements(x.array)) {
    throw new ShapeError(refuse("several of its places share one element; clone() it"), x.shape);
  }
}

/** @throws {GradientError} if a gradient of the projected `outputs` is not the finite difference */
function compare(
  what: string,
  outputs: Outputs,
  inputs: readonly Variable[],
  { eps, rtol, atol }: Tolerances,
): void {
  const analytic = scoped(() =>
    differentiate(outputs(true), inputs, false).map((x) => x === null ? null : read(x.array))
  );
  inputs.forEach((x, i) => {
    for (let place = 0; place < x.array.size; place++) {
      const index = indexOf(place, x.shape);
      const numeric = slope(outputs, x, index, eps);
      const found = analytic[i]?.[place] ?? 0;
      if (Math.abs(found - numeric) <= atol + rtol * Math.abs(numeric)) continue;
      throw new GradientError(
        `Cannot confirm ${what} for input ${i} at ${formatShape(index)}: analytic ${found}, ` +
          `numeric ${numeric}; correct the rule, or move the input away from kinks and jumps`,
      );
    }
  });
}

/** Computes gradients of the projected `outputs`; `null` if no output depends on the input. */
function differentiate(
  outputs: readonly Variable[],
  inputs: readonly Variable[],
  createGraph: boolean,
): (Variable | null)[] {
  const recorded = outputs.filter((y) => y.requiresGrad);
  if (recorded.length === 0) return inputs.map(() => null);
  // By place: one tensor may be the gradient of several inputs.
  const weights = outputs.flatMap((y, i) =>
    y.requiresGrad ? [wrap(NDArray.from(projection(y.array.size, i), y.shape, "float64"))] : []
  );
  return gradients(recorded, inputs, weights, { createGraph });
}

/** Returns weights from 0.5 to 1.5, large enough that none hides an error. */
function projection(size: number, output: number): Float64Array {
  const values = new Float64Array(size);
  new Generator(output + 1).uniform(values);
  return values.map((value) => value + 0.5);
}

/** Computes the finite difference of the projected `outputs` for one element of `x`. */
function slope(outputs: Outputs, x: Variable, index: Shape, eps: number): number {
  const [elements, place] = locate(x, index);
  const value = elements[place];
  const h = eps * Math.max(1, Math.abs(value));
  let total = 0;
  try {
    for (const [step, coefficient] of STENCIL) {
      write(x, index, value + step * h);
      total += coefficient * project(outputs);
    }
  } finally {
    write(x, index, value);
  }
  return total / h;
}

/** Computes `Σ w · y` over all outputs. */
function project(outputs: Outputs): number {
  return scoped(() =>
    outputs(false).reduce((sum, y, k) => {
      if (y.dtype !== "float64") {
        throw new DTypeError(
          `Cannot check the gradient of output ${k}: it is ${y.dtype}, and finite differences ` +
            `need float64`,
        );
      }
      const weights = projection(y.array.size, k);
      return read(y.array).reduce((total, value, i) => total + value * weights[i], sum);
    }, 0)
  );
}

/** Runs `compute`, and frees the tensors that it made. */
function scoped<R>(compute: () => R): R {
  const mark = arena.open();
  try {
    return compute();
  } finally {
    arena.close(mark, "temporary", []);
  }
}

function read(x: NDArray): Float64Array {
  const elements = copy(kernels(), x);
  const values = Float64Array.from(elements.values());
  arena.free(elements.storage, "temporary");
  return values;
}

function indexOf(place: number, shape: Shape): number[] {
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1, rest = place; axis >= 0; axis--) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}

/** Returns the memory of `x`, and the place of one element in it. */
function locate({ array }: Variable, index: Shape): [elements: TypedArray, place: number] {
  arena.begin();
  touch(array);
  const place = index.reduce((sum, i, axis) => sum + i * array.strides[axis], array.offset);
  return [array.whole(), place];
}

function write(x: Variable, index: Shape, value: number): void {
  const [elements, place] = locate(x, index);
  elements[place] = value;
}
