/**
 * The gradient of a convolution for its weight: the windows of each image times the gradient of the
 * result.
 *
 * @module
 */

import type { FloatDType } from "../../dtype.ts";
import type { RawArray } from "../../storage/raw_array.ts";
import { wasmMemory } from "../../storage/wasm_memory.ts";
import type { Convolution } from "../kernels.ts";
import { clear } from "./clear.ts";
import { convolutionKernels, correlateScratch } from "./conv_kernels.ts";
import { FLOAT_LANES, VECTOR } from "./float_lanes.ts";
import { slidingLayout, tapTable } from "./image.ts";
import { Scratch } from "./scratch.ts";

/** Writes the gradient for the weight to the dense array `out`, from the gradient `g` of the result. */
export function weightGradient(
  g: RawArray,
  x: RawArray,
  out: RawArray,
  window: Convolution,
  dtype: FloatDType,
): void {
  const kernels = convolutionKernels(dtype);
  const lanes = FLOAT_LANES[dtype];
  const { bytes } = lanes;
  const [batch, channels, height, width] = g.shape;
  const [n, planes] = [channels / window.groups, out.shape[1]];
  const layout = slidingLayout(x, window, bytes);
  const taps = tapTable(layout, planes, window);
  const m = taps.length;
  /** Sums are collected as `[taps, channels]`, whose rows are whole vectors. */
  const sumStep = Math.ceil(n / lanes.count) * VECTOR;
  const groupSums = m * sumStep;
  const positions = height * width;
  const isEven = g.strides[2] === width * g.strides[3] || height === 1;
  const scratch = new Scratch(
    layout.bytes,
    4 * m,
    window.groups * groupSums,
    correlateScratch(lanes, n, width),
    isEven ? 0 : channels * positions * bytes,
  );
  const [image, table, sums, right, even] = scratch.at;
  wasmMemory.i32.set(taps, table / 4);
  clear(image, layout.bytes);
  clear(sums, window.groups * groupSums);
  const gSteps = g.strides.map((stride) => stride * bytes);
  const [channelStep, columnStep] = isEven ? [gSteps[1], gSteps[3]] : [positions * bytes, bytes];
  const lineStep = window.stride[0] * layout.rowStep;
  for (let i = 0; i < batch; i++) {
    layout.fill(kernels, x, i, image);
    let from = g.ptr + i * gSteps[0];
    if (!isEven) {
      const steps = [positions * bytes, width * bytes, bytes];
      kernels.copyBlock(channels, height, width, from, ...gSteps.slice(1), even, ...steps);
      from = even;
    }
    for (let group = 0; group < window.groups; group++) {
      kernels.correlate(
        ...[m, n, height, width, image + group * planes * layout.planeStep, table, lineStep],
        ...[from + group * n * channelStep, columnStep, channelStep],
        ...[sums + group * groupSums, sumStep, right],
      );
    }
  }
  // As one block of copies: group by group, `[taps, channels]` becomes `[channels, taps]`.
  kernels.copyBlock(
    ...[window.groups, n, m, sums, groupSums, bytes, sumStep],
    ...[out.ptr, n * m * bytes, m * bytes, bytes],
  );
  scratch.dispose();
}
