/**
 * Fused multiplication and addition, for those who prefer speed to equal bits.
 *
 * @module
 */

import type { FloatDType } from "../../../dtype.ts";
import type { Assembler } from "../assembler/assembler.ts";
import { f32x4, f64x2 } from "../assembler/vectors.ts";
import { FLOAT_LANES, type Lanes } from "../simd/lanes.ts";
import { compile, type Exports } from "../threads/instances.ts";

let enabled = false;

/** Vectors whose products and sums are one instruction, where the engine has it. */
const FUSED_LANES: Readonly<Record<FloatDType, Lanes>> = {
  float32: { ...FLOAT_LANES.float32, multiplyAdd: f32x4.relaxedMadd },
  float64: { ...FLOAT_LANES.float64, multiplyAdd: f64x2.relaxedMadd },
};

/**
 * Whether products of matrices and convolutions use fused instructions now; see `setFastMath`.
 *
 * @returns false at first
 * @example
 * ```ts
 * import { getFastMath } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * assert.equal(getFastMath(), false);
 * ```
 */
export function getFastMath(): boolean {
  return enabled;
}

/**
 * Lets products of matrices and convolutions use fused multiply–add instructions; off at first.
 *
 * They are about a tenth faster where the engine fuses (V8: Deno, Node, Chromium) and a little more
 * accurate, since a product is not rounded before it is added. But engines may choose whether to fuse,
 * so the same seed no longer gives the same bits everywhere. The number of threads still changes none.
 *
 * @param on whether to allow it
 * @example
 * ```ts
 * import { getFastMath, ones, setFastMath } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * setFastMath(true);
 * assert.deepEqual(ones([2, 3]).matmul(ones([3, 1])).toArray(), [[3], [3]]);
 * setFastMath(false);
 * assert.equal(getFastMath(), false);
 * ```
 */
export function setFastMath(on: boolean): void {
  enabled = on;
}

/** Compiles what `add` writes, once for each dtype and each way to multiply and add. */
export function compiledForProducts(
  add: (assembler: Assembler, lanes: Lanes) => void,
): (dtype: FloatDType) => Exports {
  const compiled = new Map<Lanes, Exports>();
  return (dtype) => {
    const lanes = (enabled ? FUSED_LANES : FLOAT_LANES)[dtype];
    let exports = compiled.get(lanes);
    if (exports === undefined) {
      compiled.set(lanes, exports = compile((assembler) => add(assembler, lanes)));
    }
    return exports;
  };
}
