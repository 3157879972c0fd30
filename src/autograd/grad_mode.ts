/**
 * Whether operations are recorded for gradients.
 *
 * @module
 */

import { GradientError } from "../errors.ts";

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

/** The blocks that set the mode and have not ended, in the order of their beginning. */
const blocks: GradMode[] = [];

/** Sets the mode until it is disposed of; blocks may end in any order, as in functions that await. */
class GradMode implements Disposable {
  readonly #mode: boolean;

  constructor(mode: boolean) {
    this.#mode = mode;
    blocks.push(this);
    enabled = mode;
  }

  /** Ends the block: the mode is that of the last block that has not ended, or on. */
  [Symbol.dispose](): void {
    const place = blocks.lastIndexOf(this);
    if (place < 0) return;
    blocks.splice(place, 1);
    enabled = blocks.length === 0 || blocks[blocks.length - 1].#mode;
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
 * The mode is restored when the callback returns or throws. A callback that awaits is refused, since
 * everything that runs in the meantime would not be recorded either: load data first, then compute.
 *
 * See https://pytorch.org/docs/stable/generated/torch.no_grad.html
 *
 * @param body what to compute
 * @returns the result of `body`
 * @throws {GradientError} if `body` returns a promise
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
  const result = body();
  if (!isPromise(result)) return result;
  result.then(undefined, () => {});
  throw new GradientError(
    "Cannot use noGrad() with a function that returns a promise: recording would be off for " +
      "whatever runs while it waits, and on again after its first await; await the data first, and " +
      "pass a function that only computes",
  );
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | null | undefined)?.then === "function";
}
