/**
 * Which backend computes: the fast one, unless another is chosen.
 *
 * @module
 */

import { ValueError } from "../errors.ts";
import type { Kernels } from "./kernels.ts";
import { reference } from "./reference/mod.ts";
import { wasm } from "./wasm/mod.ts";

export { getNumThreads, setNumThreads } from "./wasm/threads/pool.ts";
export { getFastMath, setFastMath } from "./wasm/kernels/fast_math.ts";

const BACKENDS: readonly Kernels[] = [wasm, reference];

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
 * import assert from "node:assert/strict";
 *
 * // Every backend computes the same; "reference" is the plain, slow definition.
 * for (const name of kernelNames()) {
 *   setKernels(name);
 *   assert.equal(tensor([3, 4]).square().sum().item(), 25);
 * }
 * setKernels("wasm");
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
 * import { ones, setKernels } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * setKernels("reference");
 * assert.equal(ones([2, 3]).matmul(ones([3, 4])).sum().item(), 24);
 * setKernels("wasm");
 * ```
 */
export function setKernels(name: string): void {
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
