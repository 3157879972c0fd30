/**
 * Gradients of tensors: requiring, keeping, setting and watching them.
 *
 * @module
 */

import { type BackwardOptions, gradients } from "../autograd/engine.ts";
import type { GradientHook } from "../autograd/node.ts";
import { readOptions } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, GradientError, ShapeError } from "../errors.ts";
import { formatShape, sameShape } from "../shape.ts";
import { fromArray } from "./run.ts";
import type { Tensor } from "./tensor.ts";

/** Undoes a registration. */
export interface RemovableHandle {
  /** Removes the hook. */
  remove(): void;
}

/** Checks that `value` can be what `requiresGrad` of `x` is set to. */
export function checkRequiresGrad(x: Tensor, value: boolean): void {
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

/** Checks that `value` can be the gradient of `x`. */
export function checkGrad(x: Tensor, value: Tensor | null): void {
  if (value === null) return;
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
  const place = x.node ?? x;
  // The engine shows hooks what `wrap` made, which are tensors.
  const registered = hook as GradientHook;
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

/** Options of `grad`. */
export interface GradOptions extends BackwardOptions {
  /** A starting gradient for each output; may be left out for single elements. */
  readonly gradOutputs?: readonly (Tensor | null)[];
}

/**
 * The gradients of `outputs` for `inputs`, returned rather than left in the leaves.
 *
 * See https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
 *
 * @param outputs what to differentiate; several add up
 * @param inputs for what; leaves or intermediate results
 * @param options `gradOutputs`, `retainGraph`, `createGraph`
 * @returns one gradient for each input; `null` where no output depends on it
 * @throws {GradientError} if nothing was recorded, or an output has several elements and no start
 * @example
 * ```ts
 * import { grad, tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor(3, { requiresGrad: true });
 * const [first] = grad(x.pow(3), x, { createGraph: true });
 * const [second] = grad(first!, x);
 * assert.equal(first!.item(), 27);
 * assert.equal(second!.item(), 18);
 * ```
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  options?: GradOptions,
): (Tensor | null)[] {
  const { gradOutputs, retainGraph, createGraph } = readOptions("grad", options, {
    gradOutputs: [],
    retainGraph: undefined,
    createGraph: false,
  });
  const list = (x: Tensor | readonly Tensor[]) => [x].flat();
  const found = gradients(list(outputs), list(inputs), gradOutputs, { retainGraph, createGraph });
  return found as (Tensor | null)[];
}
