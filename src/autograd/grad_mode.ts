/**
 * Turns the recording of operations for gradients on and off.
 *
 * @module
 */

import { checkArguments, checkType } from "../checks.ts";
import { GradientError, ValueError } from "../errors.ts";

let enabled = true;

/**
 * Returns true if operations on tensors that require gradients are recorded.
 *
 * See https://pytorch.org/docs/stable/generated/torch.is_grad_enabled.html
 *
 * @example
 * ```ts
 * import { isGradEnabled, noGrad } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(isGradEnabled(), true);
 * assertEquals(noGrad(() => isGradEnabled()), false);
 * ```
 */
export function isGradEnabled(): boolean {
  checkArguments("isGradEnabled", arguments, 0);
  return enabled;
}

/** The open blocks that set the mode, in the order in which they began. */
const blocks: GradMode[] = [];

/** Sets the mode until it is disposed; blocks may end in any order, as in functions that await. */
class GradMode implements Disposable {
  readonly #mode: boolean;

  constructor(mode: boolean) {
    this.#mode = mode;
    blocks.push(this);
    enabled = mode;
  }

  /** Ends the block: the mode becomes that of the last open block, or on. */
  [Symbol.dispose](): void {
    const place = blocks.lastIndexOf(this);
    if (place < 0) return;
    blocks.splice(place, 1);
    enabled = blocks.length === 0 || blocks[blocks.length - 1].#mode;
  }
}

/**
 * Turns recording on or off until the block ends: `using _ = setGradEnabled(false)`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.set_grad_enabled.html
 *
 * @param mode true to record
 * @returns a guard for `using`: it restores the mode when its block ends, even if that throws
 * @example
 * ```ts
 * import { setGradEnabled, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * {
 *   using _ = setGradEnabled(false);
 *   assertEquals(x.mul(2).requiresGrad, false);
 * }
 * assertEquals(x.mul(2).requiresGrad, true);
 * ```
 */
export function setGradEnabled(mode: boolean): Disposable {
  checkArguments("setGradEnabled", arguments, 1);
  checkType("call setGradEnabled()", "a mode", mode, "boolean");
  return new GradMode(mode);
}

/**
 * Turns recording off until the block ends: `using _ = noGrad()`.
 *
 * The mode is one for the whole program. If the block awaits, recording is also off for what other
 * asynchronous functions do meanwhile: await before the block, or use `noGrad(() => …)`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.no_grad.html
 *
 * @returns a guard for `using`: it restores the mode when its block ends, even if that throws
 * @example
 * ```ts
 * import { noGrad, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * function double() {
 *   using _ = noGrad();
 *   return x.mul(2);
 * }
 * assertEquals(double().requiresGrad, false);
 * assertEquals(x.mul(2).requiresGrad, true);
 * ```
 */
export function noGrad(): Disposable;
/**
 * Runs `body` without recording.
 *
 * The mode is restored when `body` returns or throws. A function that returns a promise is
 * rejected, since nothing that runs while it waits would be recorded: load the data first, then
 * compute.
 *
 * See https://pytorch.org/docs/stable/generated/torch.no_grad.html
 *
 * @param body the computation
 * @returns the result of `body`
 * @throws {GradientError} if `body` returns a promise
 * @example
 * ```ts
 * import { noGrad, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * assertEquals(noGrad(() => x.mul(2)).requiresGrad, false);
 * ```
 */
export function noGrad<R>(body: () => R): R;
export function noGrad<R>(body?: () => R): R | Disposable {
  checkArguments("noGrad", arguments, 1);
  if (body === undefined) return new GradMode(false);
  if (typeof body !== "function") {
    throw new ValueError(
      `Cannot call noGrad() with a value of type ${typeof body}: pass a function, or nothing`,
    );
  }
  if (/Generator/.test(Object.prototype.toString.call(body))) {
    throw new GradientError(
      "Cannot use noGrad() with a generator function: its body runs later, when recording is on again; " +
        "call noGrad() inside it, around what computes",
    );
  }
  const result = withGradEnabled(false, body);
  const promises = promisesIn(result);
  if (promises.length === 0) return result;
  for (const promise of promises) promise.then(undefined, () => {});
  throw new GradientError(
    "Cannot use noGrad() with a function that returns a promise: recording would be off for " +
      "whatever runs while it waits, and on again after its first await; await the data first, and " +
      "pass a function that only computes",
  );
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | null | undefined)?.then === "function";
}

/** Lists the promises that `value` is, or holds as a list or an object. */
function promisesIn(value: unknown): Promise<unknown>[] {
  if (isPromise(value)) return [value];
  if (typeof value !== "object" || value === null) return [];
  const prototype = Object.getPrototypeOf(value);
  const isPlain = Array.isArray(value) || prototype === Object.prototype;
  return isPlain ? Object.values(value).filter(isPromise) : [];
}

/** Runs `body` with recording on or off; not by `using`, which Node 22 and some browsers lack. */
export function withGradEnabled<R>(mode: boolean, body: () => R): R {
  const guard = new GradMode(mode);
  try {
    return body();
  } finally {
    guard[Symbol.dispose]();
  }
}
