/**
 * Convolution: the weights times the windows of each image.
 *
 * @module
 */

import type { FloatDType } from "../../dtype.ts";
import type { RawArray } from "../../storage/raw_array.ts";
import { wasmMemory } from "../../storage/wasm_memory.ts";
import type { Convolution } from "../kernels.ts";
import type { Exports } from "./assembler.ts";
import { clearKernel } from "./clear.ts";
import { convolutionKernels, convolveScratch } from "./conv_kernels.ts";
import { FLOAT_LANES } from "./float_lanes.ts";
import { slidingLayout, tapTable } from "./image.ts";
import { forEachGroup, portionsOf } from "./portions.ts";
import { winogradScratch } from "./winograd.ts";
import { copyVector, Scratch } from "./scratch.ts";
import { NANOSECONDS, parallel, threadsFor } from "./threads.ts";

/** Writes the convolution of `x` with `weight`, plus `bias`, to the dense array `out`. */
export function convolve(
  x: RawArray,
  weight: RawArray,
  bias: RawArray | null,
  out: RawArray,
  window: Convolution,
  dtype: FloatDType,
): void {
  const kernels = convolutionKernels(dtype);
  const { bytes } = FLOAT_LANES[dtype];
  const [batch, channels, height, width] = out.shape;
  const [m, planes] = [channels / window.groups, weight.shape[1]];
  const layout = slidingLayout(x, window, bytes);
  const taps = tapTable(layout, planes, window);
  const k = taps.length;
  const biasBytes = bias === null ? 0 : channels * bytes;
  const weightBytes = weight.contiguous ? 0 : weight.size * bytes;
  const threads = threadsFor(out.size * k * NANOSECONDS.product[dtype]);
  const portions = portionsOf(batch, channels, threads);
  const fast = prefersWinograd(dtype, window, m, planes, width);
  const uStep = channels * planes * 4;
  const scratch = new Scratch(
    ...[4 * k, biasBytes, weightBytes, fast ? 16 * uStep : 0],
    ...new Array(threads).fill(layout.bytes + (fast ? layout.rowStep : 0)),
    ...new Array(threads).fill(fast ? winogradScratch(m, planes, width) : convolveScratch(k)),
  );
  const [table, biasAt, packed, u, ...own] = scratch.at;
  wasmMemory.i32.set(taps, table / 4);
  if (bias !== null) copyVector(bias, biasAt);
  if (!weight.contiguous) packWeights(kernels, weight, bytes, packed);
  const weights = weight.contiguous ? weight.ptr : packed;
  const plane = height * width * bytes;
  if (fast) kernels.winogradWeights(channels * planes, weights, u, uStep, 0);
  const lineStep = window.stride[0] * layout.rowStep;
  parallel(threads, portions.count, (first, last, call, thread) => {
    const portion = portions.between(first, last);
    const [image, right] = [own[thread], own[threads + thread]];
    call(clearKernel(), image, layout.bytes);
    for (let n = portion.images[0]; n < portion.images[1]; n++) {
      layout.fill(call, kernels.copyBlock, x, n, image);
      forEachGroup(portion, m, (group, start, count) => {
        const from = image + group * planes * layout.planeStep;
        if (fast) {
          call(
            ...[kernels.winograd, count, planes, height, width, u + start * planes * 4] as const,
            ...[uStep, from, layout.planeStep, layout.rowStep],
            ...[out.ptr + (n * channels + start) * plane, plane],
            ...[bias === null ? 0 : biasAt + start * bytes, right],
          );
          return;
        }
        call(
          ...[kernels.convolve, count, k, height, width, weights + start * k * bytes] as const,
          ...[k * bytes, from, table, lineStep],
          ...[out.ptr + (n * channels + start) * plane, plane],
          ...[bias === null ? 0 : biasAt + start * bytes, right],
        );
      });
    }
  });
  scratch.dispose();
}

/** Whether the windows are such that transforms of the image cost less than they save. */
export function prefersWinograd(
  dtype: FloatDType,
  { kernel, stride, dilation }: Convolution,
  to: number,
  from: number,
  columns: number,
): boolean {
  return dtype === "float32" && kernel[0] === 3 && kernel[1] === 3 && stride[0] === 1 &&
    stride[1] === 1 && dilation[0] === 1 && dilation[1] === 1 && to >= 16 && from >= 16 &&
    columns >= 7 && Reflect.get(globalThis, "WINO") !== false;
}

/** Copies the weights `[a, b, i, j]`, of any strides, in row-major order to the address `to`. */
export function packWeights(kernels: Exports, weight: RawArray, bytes: number, to: number): void {
  const [count, planes, rows, columns] = weight.shape;
  const [step, ...steps] = weight.strides.map((stride) => stride * bytes);
  const toSteps = [rows * columns * bytes, columns * bytes, bytes];
  for (let i = 0; i < count; i++) {
    const target = to + i * planes * toSteps[0];
    kernels.copyBlock(planes, rows, columns, weight.ptr + i * step, ...steps, target, ...toSteps);
  }
}
