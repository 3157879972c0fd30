/**
 * The bodies of the methods of `Tensor` for gradients, and the function `grad`.
 *
 * @module
 */

import { gradients, type PassOptions } from "../autograd/engine.ts";
import type { GradientHook } from "../autograd/node.ts";
import {
  checkArguments,
  checkFunction,
  checkTensors,
  checkType,
  isForeign,
  isTensor,
  operandError,
  readOptions,
} from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, GradientError, ShapeError } from "../errors.ts";
import { formatShape, sameShape } from "../shape.ts";
import { fromArray } from "./run.ts";
import type { Tensor } from "./tensor.ts";

/** A handle to a registered hook. */
export interface RemovableHandle {
  /** Removes the hook. */
  remove(): void;
}

/** Rejects a `value` that `requiresGrad` of `x` cannot have. */
export function checkRequiresGrad(x: Tensor, value: boolean): void {
  checkType("set requiresGrad", "a value", value, "boolean");
  if (x.node !== null && !value) {
    throw new GradientError(
      "Cannot stop recording for a result of recorded operations; use detach()",
    );
  }
  if (value && !isFloat(x.dtype)) {
    throw new DTypeError(
      `Cannot require the gradient of a tensor of ${x.dtype}: only floating-point tensors have ` +
        `gradients; convert it with .to("float32")`,
    );
  }
}

export function setGrad(x: Tensor, value: Tensor | null): void {
  if (value !== null) checkGrad(x, value);
  // It may be a view of another tensor, or the gradient of another leaf: `zeroGrad` must not free it.
  if (value !== null) value.array.storage.retained = true;
  x.gradient = value;
}

function checkGrad(x: Tensor, value: Tensor): void {
  checkTensors("set a gradient", value);
  if (!sameShape(value.shape, x.shape)) {
    throw new ShapeError(
      `Cannot set a gradient of shape ${formatShape(value.shape)} on a tensor of shape ` +
        `${formatShape(x.shape)}: they must be the same`,
      value.shape,
      x.shape,
    );
  }
  if (value.dtype !== x.dtype) {
    throw new DTypeError(
      `Cannot set a gradient of ${value.dtype} on a tensor of ${x.dtype}: convert it with ` +
        `.to("${x.dtype}")`,
    );
  }
}

export function retainGrad(x: Tensor): void {
  if (!x.requiresGrad) {
    throw new GradientError(
      "Cannot retain the gradient of a tensor that does not require one; set requiresGrad",
    );
  }
  if (x.node !== null) x.node.retainsGradFor = x;
}

export function registerHook(
  x: Tensor,
  hook: (gradient: Tensor) => Tensor | void,
): RemovableHandle {
  if (!x.requiresGrad) {
    throw new GradientError(
      "Cannot register a hook on a tensor that does not require a gradient; set requiresGrad",
    );
  }
  checkFunction("register a hook", "the hook", hook);
  const place = x.node ?? x;
  // The engine calls hooks with results of `wrap`, which are instances of `Tensor`.
  const registered: GradientHook = (gradient) => hook(gradient as Tensor);
  (place.hooks ??= []).push(registered);
  return {
    remove: () => {
      place.hooks = place.hooks?.filter((other) => other !== registered) ?? null;
    },
  };
}

export function detach(x: Tensor): Tensor {
  x.array.storage.retained = true;
  const result = fromArray(x.array);
  result.isView = true;
  return result;
}

/** One step of a backward pass: an op, the gradient that arrives at it, and those that leave. */
export interface BackwardStep {
  /** The name of the op. */
  readonly op: string;
  /** The inputs of the op; memory that its gradients do not need may have been freed. */
  readonly inputs: readonly (Tensor | number)[];
  /** The result of the op; its memory, too, may have been freed. */
  readonly output: Tensor;
  /** `∂L/∂output`, complete: all ops that used the output have had their steps. */
  readonly gradient: Tensor;
  /** `∂L/∂input` for each input, summed where it was broadcast; `null` where none is needed. */
  readonly gradients: readonly (Tensor | null)[];
}

/** Options of a backward pass. */
export interface BackwardOptions {
  /** Keep the graph for another backward pass; the default is the value of `createGraph`. */
  readonly retainGraph?: boolean;
  /** Record the computation of the gradients, so that they can be differentiated; default false. */
  readonly createGraph?: boolean;
  /** Called after each step, to show how gradients flow; it may keep the gradients. */
  readonly onStep?: (step: BackwardStep) => void;
}

const DEFAULTS = { retainGraph: undefined, createGraph: false, onStep: undefined };

/** Returns options for the engine, which makes its tensors by `wrap`: they are instances of `Tensor`. */
function readPass(options: BackwardOptions | undefined, action: string): PassOptions {
  const read = readOptions(action, options, DEFAULTS);
  const { retainGraph, onStep } = read;
  if (retainGraph !== undefined) checkType(action, "retainGraph", retainGraph, "boolean");
  if (onStep !== undefined) checkType(action, "onStep", onStep, "function");
  return read as PassOptions;
}

/** Reads the arguments of `backward`: a starting gradient, options, or both. */
export function readBackward(
  start: Tensor | BackwardOptions | null | undefined,
  options: BackwardOptions | undefined,
): [start: Tensor | null, options: PassOptions] {
  const action = "call backward()";
  if (isTensor<Tensor>(start) || start === null || start === undefined) {
    return [start ?? null, readPass(options, action)];
  }
  if (isForeign(start) || options !== undefined) throw operandError(action, start, "a tensor");
  return [null, readPass(start, action)];
}

/** Options of `grad`. */
export interface GradOptions extends BackwardOptions {
  /** The starting gradient `∂L/∂output` of each output; 1 by default for a single element. */
  readonly gradOutputs?: Tensor | readonly (Tensor | null)[];
}

/**
 * Computes the gradients of `outputs` with respect to `inputs` and returns them; no `grad` changes.
 *
 * See https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
 *
 * @param outputs the tensors to differentiate; the gradients of several add up
 * @param inputs the tensors to differentiate by: leaves or intermediate results
 * @param options `gradOutputs`, `retainGraph`, `createGraph`, `onStep`
 * @returns one gradient for each input; `null` if no output depends on it
 * @throws {GradientError} if an output has no graph, or several elements and no starting gradient
 * @example
 * ```ts
 * import { grad, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor(3, { requiresGrad: true });
 * const [first] = grad(x.pow(3), x, { createGraph: true });
 * const [second] = grad(first!, x);
 * assertEquals(first!.item(), 27);
 * assertEquals(second!.item(), 18);
 * ```
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): (Tensor | null)[] {
  checkArguments("grad", arguments, 3);
  const { gradOutputs, ...rest } = readOptions("grad", options, { ...DEFAULTS, gradOutputs: [] });
  const pass = readPass(rest, "grad");
  const list = <T>(x: T | readonly T[]): T[] => [x].flat() as T[];
  const starts = list<Tensor | null>(gradOutputs);
  checkTensors(
    "take gradients",
    ...[outputs, inputs, starts.filter((x) => x !== null)].flat(2),
  );
  const found = gradients(list(outputs), list(inputs), starts, pass);
  return found as (Tensor | null)[];
}
