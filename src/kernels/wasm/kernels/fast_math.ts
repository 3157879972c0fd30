/**
 * Fused multiplication and addition, for those who prefer speed to equal bits.
 *
 * @module
 */

import type { FloatDType } from "../../../dtype.ts";
import type { Kernels } from "../../kernels.ts";
import type { Assembler } from "../assembler/assembler.ts";
import { f32x4, f64x2 } from "../assembler/vectors.ts";
import { FLOAT_LANES, type Lanes } from "../simd/lanes.ts";
import { compile, type Exports } from "../threads/instances.ts";

let isEnabled = false;

/** Vectors whose products and sums are one instruction, where the engine has it. */
const FUSED_LANES: Readonly<Record<FloatDType, Lanes>> = {
  float32: { ...FLOAT_LANES.float32, multiplyAdd: f32x4.relaxedMadd },
  float64: { ...FLOAT_LANES.float64, multiplyAdd: f64x2.relaxedMadd },
};

/** The setting of fused instructions. */
export const fastMath: Pick<Kernels, "getFastMath" | "setFastMath"> = {
  getFastMath: () => isEnabled,
  setFastMath(on) {
    isEnabled = on;
  },
};

/** Compiles what `add` writes, once for each dtype and each way to multiply and add. */
export function compiledForProducts(
  add: (assembler: Assembler, lanes: Lanes) => void,
): (dtype: FloatDType) => Exports {
  const compiled = new Map<Lanes, Exports>();
  return (dtype) => {
    const lanes = (isEnabled ? FUSED_LANES : FLOAT_LANES)[dtype];
    let exports = compiled.get(lanes);
    if (exports === undefined) {
      compiled.set(lanes, exports = compile((assembler) => add(assembler, lanes)));
    }
    return exports;
  };
}
