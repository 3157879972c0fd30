/**
 * The backends, the choice between them, and their settings.
 *
 * @module
 */

import { checkArguments, checkType } from "../checks.ts";
import { ValueError } from "../errors.ts";
import { type Kernels, MAX_THREADS } from "./kernels.ts";
import { reference } from "./reference/mod.ts";
import { wasm } from "./wasm/mod.ts";

/** All backends; the first one computes unless another is chosen. */
export const BACKENDS: readonly Kernels[] = [wasm, reference];

let current: Kernels = BACKENDS[0];

/** The backend that computes now. */
export function kernels(): Kernels {
  return current;
}

/**
 * The names of the backends, the default first.
 *
 * @returns `["wasm", "reference"]`
 * @example
 * ```ts
 * import { kernelNames, setKernels, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * // Every backend computes the same; "reference" is the plain, slow definition.
 * for (const name of kernelNames()) {
 *   setKernels(name);
 *   assertEquals(tensor([3, 4]).square().sum().item(), 25);
 * }
 * setKernels(kernelNames()[0]);
 * ```
 */
export function kernelNames(): string[] {
  return BACKENDS.map((backend) => backend.name);
}

/**
 * Chooses the backend that computes from now on; tensors need not be moved.
 *
 * @param name `"wasm"` (SIMD kernels, the default) or `"reference"` (plain loops, to learn from)
 * @throws {ValueError} if there is no such backend
 * @example
 * ```ts
 * import { kernelNames, ones, setKernels } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * setKernels("reference");
 * assertEquals(ones([2, 3]).matmul(ones([3, 4])).sum().item(), 24);
 * setKernels(kernelNames()[0]);
 * ```
 */
export function setKernels(name: string): void {
  checkArguments("setKernels", arguments, 1);
  const found = BACKENDS.find((backend) => backend.name === name);
  if (found === undefined) {
    throw new ValueError(
      `Cannot use the kernels "${name}": there are ${
        kernelNames().map((n) => `"${n}"`).join(" and ")
      }`,
    );
  }
  current = found;
}

/**
 * Number of threads that may compute at once.
 *
 * See https://pytorch.org/docs/stable/generated/torch.get_num_threads.html
 *
 * @returns the number that `setNumThreads` has set; 1 where memory cannot be shared, and for
 *   `"reference"`
 * @example
 * ```ts
 * import { getNumThreads, setNumThreads } from "@gradus/gradus";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const threads = getNumThreads();
 * assert(threads >= 1);
 * setNumThreads(1);
 * assertEquals(getNumThreads(), 1);
 * setNumThreads(threads);
 * ```
 */
export function getNumThreads(): number {
  return current.getNumThreads();
}

/**
 * Sets the number of threads that may compute at once; results do not depend on it, to the bit.
 *
 * The default is the number of processors, at most 8. Threads start when there is enough to do. In a
 * browser they need a page that is cross-origin isolated; other pages have one thread.
 *
 * See https://pytorch.org/docs/stable/generated/torch.set_num_threads.html
 *
 * @param count a whole number from 1 (no other threads) to 16
 * @throws {ValueError} if it is not
 * @example
 * ```ts
 * import { getNumThreads, setNumThreads } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const before = getNumThreads();
 * setNumThreads(1);
 * assertEquals(getNumThreads(), 1);
 * setNumThreads(before);
 * ```
 */
export function setNumThreads(count: number): void {
  checkArguments("setNumThreads", arguments, 1);
  if (!Number.isInteger(count) || count < 1 || count > MAX_THREADS) {
    throw new ValueError(
      `Cannot use ${count} threads: it must be a whole number from 1 to ${MAX_THREADS}`,
    );
  }
  for (const backend of BACKENDS) backend.setNumThreads(count);
}

/**
 * Returns true if products of matrices and convolutions may use fused instructions; see
 * `setFastMath`.
 *
 * @returns false at first
 * @example
 * ```ts
 * import { getFastMath } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(getFastMath(), false);
 * ```
 */
export function getFastMath(): boolean {
  return current.getFastMath();
}

/**
 * Lets products of matrices and convolutions use fused multiply–add instructions; off at first.
 *
 * They are about a tenth faster where the engine fuses (V8: Deno, Node, Chromium) and a little more
 * accurate, since a product is not rounded before it is added. But engines may choose whether to fuse,
 * so the same seed no longer gives the same bits everywhere. The number of threads still changes none.
 *
 * @param on true to allow it
 * @example
 * ```ts
 * import { ones, setFastMath } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * setFastMath(true);
 * assertEquals(ones([2, 3]).matmul(ones([3, 1])).toArray(), [[3], [3]]);
 * setFastMath(false);
 * ```
 */
export function setFastMath(on: boolean): void {
  checkArguments("setFastMath", arguments, 1);
  checkType("call setFastMath()", "a value", on, "boolean");
  for (const backend of BACKENDS) backend.setFastMath(on);
}
