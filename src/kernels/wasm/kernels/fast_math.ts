/**
 * Fused multiplication and addition, for those who prefer speed to equal bits.
 *
 * @module
 */

import type { FloatDType } from "../../../dtype.ts";
import type { Kernels } from "../../kernels.ts";
import { f32x4, f64x2 } from "../assembler/vectors.ts";
import { FLOAT_LANES, type Lanes } from "../simd/lanes.ts";
import { compileEach, type Kernel, type Write } from "../threads/instances.ts";

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

/** The kernels that `writersFor` writes, for each dtype and each way to multiply and add. */
export function kernelsForProducts<Names extends string>(
  writersFor: (lanes: Lanes) => Readonly<Record<Names, Write>>,
): (dtype: FloatDType) => Readonly<Record<Names, Kernel>> {
  const known = new Map<Lanes, Readonly<Record<Names, Kernel>>>();
  return (dtype) => {
    const lanes = (isEnabled ? FUSED_LANES : FLOAT_LANES)[dtype];
    let kernels = known.get(lanes);
    if (kernels === undefined) known.set(lanes, kernels = compileEach(writersFor(lanes)));
    return kernels;
  };
}
