/**
 * Whether operations are recorded for gradients.
 *
 * @module
 */

let enabled = true;

/**
 * Whether operations on tensors that require gradients are recorded now.
 *
 * See https://pytorch.org/docs/stable/generated/torch.is_grad_enabled.html
 *
 * @example
 * ```ts
 * import { isGradEnabled, noGrad } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * assert.equal(isGradEnabled(), true);
 * assert.equal(noGrad(() => isGradEnabled()), false);
 * ```
 */
export function isGradEnabled(): boolean {
  return enabled;
}

/** Restores the mode that was in force before, when its block ends. */
class GradMode implements Disposable {
  readonly #before: boolean;

  constructor(mode: boolean) {
    this.#before = enabled;
    enabled = mode;
  }

  /** Ends the block. */
  [Symbol.dispose](): void {
    enabled = this.#before;
  }
}

/**
 * Turns recording on or off, until the end of the block or of the callback.
 *
 * See https://pytorch.org/docs/stable/generated/torch.set_grad_enabled.html
 *
 * @param mode whether to record
 * @returns something for `using`, which restores the mode when its block ends, also by a throw
 * @example
 * ```ts
 * import { setGradEnabled, tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * {
 *   using _ = setGradEnabled(false);
 *   assert.equal(x.mul(2).requiresGrad, false);
 * }
 * assert.equal(x.mul(2).requiresGrad, true);
 * ```
 */
export function setGradEnabled(mode: boolean): Disposable {
  return new GradMode(mode);
}

/**
 * Computes without recording for the rest of a block: `using _ = noGrad()`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.no_grad.html
 *
 * @returns something for `using`, which restores the mode when its block ends, also by a throw
 * @example
 * ```ts
 * import { noGrad, tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * function double() {
 *   using _ = noGrad();
 *   return x.mul(2);
 * }
 * assert.equal(double().requiresGrad, false);
 * assert.equal(x.mul(2).requiresGrad, true);
 * ```
 */
export function noGrad(): Disposable;
/**
 * Computes `body` without recording.
 *
 * The mode is restored when the callback returns or throws. (A callback that awaits would leave the
 * mode on for others in the meantime; use it around the synchronous parts.)
 *
 * See https://pytorch.org/docs/stable/generated/torch.no_grad.html
 *
 * @param body what to compute
 * @returns what `body` returns
 * @example
 * ```ts
 * import { noGrad, tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * assert.equal(noGrad(() => x.mul(2)).requiresGrad, false);
 * ```
 */
export function noGrad<R>(body: () => R): R;
export function noGrad<R>(body?: () => R): R | Disposable {
  if (body === undefined) return new GradMode(false);
  using _ = new GradMode(false);
  return body();
}
