/**
 * The backends, the choice between them, and their settings.
 *
 * @module
 */

import { checkArguments, checkType, readOptions } from "../checks.ts";
import { ValueError } from "../errors.ts";
import { type Kernels, type LibraryDescription, MAX_THREADS } from "./kernels.ts";
import { native } from "./native/mod.ts";
import { reference } from "./reference/mod.ts";
import { wasm } from "./wasm/mod.ts";
import { quoted } from "../names.ts";

/** The backends that compute everywhere; the first one does unless another is chosen. */
export const BACKENDS: readonly Kernels[] = [wasm, reference];

let current: Kernels = BACKENDS[0];

/** The backend that computes now. */
export function kernels(): Kernels {
  return current;
}

/**
 * The names of the backends that compute everywhere, the default first. `"native"` needs a library, so
 * it is not among them.
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
  checkArguments("kernelNames", arguments, 0);
  return BACKENDS.map((backend) => backend.name);
}

/** Options of `setKernels`. */
export interface SetKernelsOptions {
  /** Path of the library that `"native"` computes with; the usual ones are tried if it is left out. */
  readonly library?: string;
}

/**
 * Chooses the backend that computes from now on; tensors need not be moved.
 *
 * `"native"` multiplies matrices with a library of the machine, in a third of the time or less:
 * Accelerate on macOS, MKL, OpenBLAS or BLIS elsewhere. It needs Deno with `--allow-ffi`, or Bun. The
 * same seed gives the same bits with it only on one machine, with one library, for one number of
 * threads. The others give the same bits everywhere.
 *
 * @param name `"wasm"` (SIMD kernels, the default), `"reference"` (plain loops, to learn from) or
 *   `"native"`
 * @throws {ValueError} if there is no such backend
 * @throws {LibraryError} if `"native"` cannot be used; the kernels stay as they are
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
export function setKernels(name: string, options?: SetKernelsOptions): void {
  checkArguments("setKernels", arguments, 2);
  const { library } = readOptions("call setKernels()", options, { library: undefined });
  if (name === "native") {
    if (library !== undefined) checkType("call setKernels()", "library", library, "string");
    if (library === "") {
      throw new ValueError(
        'Cannot use the kernels "native" with a library without a name: give its path, or leave it out',
      );
    }
    current = native(library);
    return;
  }
  const found = BACKENDS.find((backend) => backend.name === name);
  if (found === undefined) {
    throw new ValueError(
      `Cannot use the kernels ${quoted(name)}: there are ${
        kernelNames().map((n) => `"${n}"`).join(", ")
      } and "native"`,
    );
  }
  if (library !== undefined) {
    throw new ValueError(
      `Cannot use the kernels "${name}" with a library: they need none; leave it out, or choose ` +
        `"native"`,
    );
  }
  current = found;
}

/** The kernels in use, as `describeKernels` tells them. */
export interface KernelsDescription {
  /** Name of the backend. */
  readonly name: string;
  /** Number of threads that may compute at once. */
  readonly threads: number;
  /** The library of `"native"`; null for the others. */
  readonly library: LibraryDescription | null;
}

/**
 * Tells which backend computes, on how many threads, and with which library.
 *
 * @returns for `"native"`, the library's name and version, its path, and the processors that its
 *   kernels are made for, as far as it tells
 * @example
 * ```ts
 * import { describeKernels } from "@gradus/gradus";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const { name, threads, library } = describeKernels();
 * assertEquals(name, "wasm");
 * assert(threads >= 1);
 * assertEquals(library, null);
 * ```
 */
export function describeKernels(): KernelsDescription {
  checkArguments("describeKernels", arguments, 0);
  return { name: current.name, threads: getNumThreads(), library: current.library ?? null };
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
  checkArguments("getNumThreads", arguments, 0);
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
      `Cannot use ${quoted(count)} threads: it must be a whole number from 1 to ${MAX_THREADS}`,
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
  checkArguments("getFastMath", arguments, 0);
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
