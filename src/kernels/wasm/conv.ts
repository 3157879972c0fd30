/**
 * Two-dimensional cross-correlation and its gradients, in SIMD.
 *
 * @module
 */

import { type FloatDType, isFloat } from "../../dtype.ts";
import { arena } from "../../storage/arena.ts";
import { RawArray, touch } from "../../storage/raw_array.ts";
import { viewSlice } from "../../storage/views.ts";
import { wasmMemory } from "../../storage/wasm_memory.ts";
import type { Convolution, Kernels, Pair } from "../kernels.ts";
import { convolutions as reference } from "../reference/conv.ts";
import { outputSize } from "../window.ts";
import { Assembler, type Exports, instantiate } from "./assembler.ts";
import { addConvolve, addCorrelate, correlateScratch } from "./conv_kernels.ts";
import { addCopyBlock } from "./copy_block.ts";
import { FLOAT_LANES, VECTOR } from "./float_lanes.ts";
import { ImageLayout } from "./image.ts";
import { type Phase, phasesOf } from "./phases.ts";
import { copyVector, Scratch } from "./scratch.ts";

const compiled: Partial<Record<FloatDType, Exports>> = {};

/** The functions of `conv_kernels.ts` for `dtype`. */
function kernelsFor(dtype: FloatDType): Exports {
  let exports = compiled[dtype];
  if (exports === undefined) {
    const assembler = new Assembler();
    addCopyBlock(assembler, FLOAT_LANES[dtype]);
    addConvolve(assembler, FLOAT_LANES[dtype]);
    addCorrelate(assembler, FLOAT_LANES[dtype]);
    exports = compiled[dtype] = instantiate(assembler.bytes());
  }
  return exports;
}

/** The convolutions, in SIMD for floats. */
export const convolutions: Pick<Kernels, "conv2d" | "conv2dInput" | "conv2dWeight"> = {
  conv2d(x, weight, bias, window): RawArray {
    const { dtype } = x;
    if (!isFloat(dtype) || weight.size === 0) return reference.conv2d(x, weight, bias, window);
    arena.begin();
    touch(x, weight);
    if (bias !== null) touch(bias);
    const [height, width] = outputSize(x.shape, window);
    const out = RawArray.allocate([x.shape[0], weight.shape[0], height, width], dtype);
    if (out.size > 0) forward(x, weight, bias, out, window, dtype);
    return out;
  },

  conv2dInput(g, weight, shape, window): RawArray {
    const { dtype } = g;
    if (!isFloat(dtype) || g.size === 0) return reference.conv2dInput(g, weight, shape, window);
    arena.begin();
    touch(g, weight);
    const out = RawArray.allocate(shape, dtype);
    inputGradient(g, weight, out, window, dtype);
    return out;
  },

  conv2dWeight(g, x, shape, window): RawArray {
    const { dtype } = g;
    if (!isFloat(dtype) || g.size === 0) return reference.conv2dWeight(g, x, shape, window);
    arena.begin();
    touch(g, x);
    const out = RawArray.allocate(shape, dtype);
    weightGradient(g, x, out, window, dtype);
    return out;
  },
};

/** The layout of the images that `window` slides over. */
function slidingLayout(x: RawArray, window: Convolution, bytes: number): ImageLayout {
  const [top, left] = window.padding;
  const size: Pair = [x.shape[2] + 2 * top, x.shape[3] + 2 * left];
  return new ImageLayout(x.shape[1], size, window.padding, window.stride[1], bytes);
}

/** Offsets of the taps of `window` over `channels` planes, in the order of the weight. */
function tapTable(layout: ImageLayout, channels: number, window: Convolution): Int32Array {
  const { kernel, dilation } = window;
  const table = new Int32Array(channels * kernel[0] * kernel[1]);
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < kernel[0]; i++) {
      for (let j = 0; j < kernel[1]; j++) {
        table[at++] = c * layout.planeStep + layout.place(i * dilation[0], j * dilation[1]);
      }
    }
  }
  return table;
}
