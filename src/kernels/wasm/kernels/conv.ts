/**
 * Two-dimensional cross-correlation and its gradients, in SIMD for floats.
 *
 * @module
 */

import { isFloat } from "../../../dtype.ts";
import { arena } from "../../../storage/arena.ts";
import { NDArray, touch } from "../../../storage/ndarray.ts";
import type { Kernels } from "../../kernels.ts";
import { convolutions as reference } from "../../reference/conv.ts";
import { outputSize } from "../../window.ts";
import { convolve } from "./conv_forward.ts";
import { inputGradient } from "./conv_input.ts";
import { weightGradient } from "./conv_weight.ts";

/** The convolutions, in SIMD for floats. */
export const convolutions: Pick<Kernels, "conv2d" | "conv2dInput" | "conv2dWeight"> = {
  conv2d(x, weight, bias, window): NDArray {
    const { dtype } = x;
    if (!isFloat(dtype) || weight.size === 0) return reference.conv2d(x, weight, bias, window);
    arena.begin();
    touch(x, weight);
    if (bias !== null) touch(bias);
    const [height, width] = outputSize(x.shape, window);
    const out = NDArray.allocate([x.shape[0], weight.shape[0], height, width], dtype);
    if (out.size > 0) convolve(x, weight, bias, out, window, dtype);
    return out;
  },

  conv2dInput(g, weight, shape, window): NDArray {
    const { dtype } = g;
    if (!isFloat(dtype) || g.size === 0) return reference.conv2dInput(g, weight, shape, window);
    arena.begin();
    touch(g, weight);
    const out = NDArray.allocate(shape, dtype);
    if (out.size > 0) inputGradient(g, weight, out, window, dtype);
    return out;
  },

  conv2dWeight(g, x, shape, window): NDArray {
    const { dtype } = g;
    if (!isFloat(dtype) || g.size === 0) return reference.conv2dWeight(g, x, shape, window);
    arena.begin();
    touch(g, x);
    const out = NDArray.allocate(shape, dtype);
    if (out.size > 0) weightGradient(g, x, out, window, dtype);
    return out;
  },
};
