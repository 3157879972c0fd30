/**
 * Limits for gradients, between `backward()` and `step()`.
 *
 * @module
 */

import { noGrad } from "../autograd/grad_mode.ts";
import { getDefaultDtype } from "../dtype.ts";
import { GradientError, ValueError } from "../errors.ts";
import { pow } from "../math/mod.ts";
import { ops } from "../ops/table.ts";
import { tensor } from "../tensor/create.ts";
import { runInPlace } from "../tensor/run.ts";
import { pass } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Options of {@link clipGradNorm_}. */
export interface ClipGradNormOptions {
  /** The order of the norm, above 0; `Infinity` is the largest element; default 2. */
  readonly normType?: number;
  /** Throw if the norm is NaN or infinite, rather than spread that; default false. */
  readonly errorIfNonfinite?: boolean;
}

/**
 * Scales all gradients, in place, by the same factor `min(1, maxNorm / (norm + 10⁻⁶))`, so that their
 * norm, as that of one long vector, is at most `maxNorm` (Pascanu et al., 2013).
 *
 * Parameters without a gradient count nothing. See
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 *
 * @param parameters whose gradients are meant: `model.parameters()`, or one tensor
 * @param maxNorm the largest norm, 0 or more
 * @param options `normType`, `errorIfNonfinite`
 * @returns the norm before scaling, a scalar; 0 if there are no gradients
 * @throws {ValueError} if `maxNorm` or `normType` makes no sense
 * @throws {GradientError} if the norm is not finite and that is not wanted; nothing is scaled then
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { clipGradNorm_ } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([3, 4], { requiresGrad: true });
 * x.square().sum().backward();
 * assert.equal(clipGradNorm_([x], 5).item(), 10);
 * assert.ok(Math.abs(x.grad!.norm().item() - 5) < 1e-5);
 * ```
 */
export function clipGradNorm_(
  parameters: Iterable<Tensor> | Tensor,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): Tensor {
  const { normType = 2, errorIfNonfinite = false } = options;
  if (!(maxNorm >= 0)) {
    throw new ValueError(`Cannot clip gradients to norm ${maxNorm}: use 0 or more`);
  }
  if (!(normType > 0)) {
    throw new ValueError(`Cannot clip gradients by a norm of order ${normType}: use one above 0`);
  }
  const gradients = gradientsOf(parameters);
  const norm = noGrad(() => pass(() => totalNorm(gradients, normType)));
  if (errorIfNonfinite && !Number.isFinite(norm)) {
    throw new GradientError(
      `Cannot clip gradients of norm ${norm}: lower the learning rate, look for the operation that ` +
        `overflows, or leave errorIfNonfinite out`,
    );
  }
  const factor = maxNorm / (norm + 1e-6);
  // A factor of NaN is passed on, as the gradients are already lost.
  if (!(factor >= 1)) noGrad(() => gradients.forEach((gradient) => gradient.mul_(factor)));
  return tensor(norm, { dtype: gradients[0]?.dtype ?? getDefaultDtype() });
}

/**
 * Limits every element of the gradients, in place, to `[-clipValue, clipValue]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
 *
 * @param parameters whose gradients are meant: `model.parameters()`, or one tensor
 * @param clipValue the largest absolute value, 0 or more
 * @throws {ValueError} if `clipValue` makes no sense
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { clipGradValue_ } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([3, -4, 0.25], { requiresGrad: true });
 * x.square().sum().backward();
 * clipGradValue_([x], 1);
 * assert.deepEqual(x.grad!.toArray(), [1, -1, 0.5]);
 * ```
 */
export function clipGradValue_(parameters: Iterable<Tensor> | Tensor, clipValue: number): void {
  if (!(clipValue >= 0)) {
    throw new ValueError(`Cannot clip gradients to values up to ${clipValue}: use 0 or more`);
  }
  const gradients = gradientsOf(parameters);
  noGrad(() =>
    gradients.forEach((gradient) =>
      runInPlace(ops.clamp, [gradient, -clipValue, clipValue], undefined)
    )
  );
}

/** The gradients, each once: a shared parameter must not be scaled twice. */
function gradientsOf(parameters: Iterable<Tensor> | Tensor): Tensor[] {
  const list = parameters instanceof Tensor ? [parameters] : parameters;
  return [...new Set(list)].map(({ grad }) => grad).filter((grad) => grad !== null);
}

/** The norm of all gradients; their norms are summed in float64, whatever they are themselves. */
function totalNorm(gradients: readonly Tensor[], order: number): number {
  const norms = gradients.filter(({ size }) => size > 0)
    .map((gradient) => Number(gradient.norm({ order }).item()));
  const largest = norms.reduce((a, b) => Math.max(a, b), 0);
  if (order === Infinity || largest === 0 || !Number.isFinite(largest)) return largest;
  // Scaled by the largest, so that no power overflows.
  const sum = norms.reduce((sum, norm) => sum + pow(norm / largest, order), 0);
  return largest * pow(sum, 1 / order);
}
