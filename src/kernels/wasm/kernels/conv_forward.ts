/**
 * Convolution: the weights times the windows of each image.
 *
 * @module
 */

import type { FloatDType } from "../../../dtype.ts";
import type { NDArray } from "../../../storage/ndarray.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";
import type { Convolution } from "../../kernels.ts";
import type { Exports } from "../assembler/assembler.ts";
import { clearKernel } from "./clear.ts";
import { convolutionKernels, convolveScratch } from "./conv_kernels.ts";
import { Tiles } from "./conv_tiles.ts";
import { FLOAT_LANES } from "../simd/float_lanes.ts";
import { slidingLayout, tapTable } from "./image.ts";
import { forEachGroup, portionsOf } from "./portions.ts";
import { copyVector, Scratch } from "./scratch.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";

/** Writes the convolution of `x` with `weight`, plus `bias`, to the dense array `out`. */
export function convolve(
  x: NDArray,
  weight: NDArray,
  bias: NDArray | null,
  out: NDArray,
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
  const sizes = { from: planes, to: m, columns: width };
  const tiles = new Tiles(dtype, window, sizes, layout, weight.size);
  const scratch = new Scratch(
    ...[4 * k, biasBytes, weightBytes, tiles.weightBytes],
    ...new Array(threads).fill(layout.bytes + tiles.imageBytes),
    ...new Array(threads).fill(Math.max(convolveScratch(k), tiles.threadBytes)),
  );
  const [table, biasAt, packed, transformed, ...own] = scratch.at;
  wasmMemory.i32.set(taps, table / 4);
  if (bias !== null) copyVector(bias, biasAt);
  if (!weight.contiguous) packWeights(kernels, weight, bytes, packed);
  const weights = weight.contiguous ? weight.ptr : packed;
  const plane = height * width * bytes;
  tiles.transform(kernels, weights, transformed, false);
  const lineStep = window.stride[0] * layout.rowStep;
  parallel(threads, portions.count, (first, last, call, thread) => {
    const portion = portions.between(first, last);
    const [image, right] = [own[thread], own[threads + thread]];
    call(clearKernel(), image, layout.bytes);
    for (let n = portion.images[0]; n < portion.images[1]; n++) {
      layout.fill(call, kernels.copyBlock, x, n, image);
      forEachGroup(portion, m, (group, start, count) => {
        const place = {
          ...{ start, count, lines: height, scratch: right },
          image: image + group * planes * layout.planeStep,
          out: out.ptr + (n * channels + start) * plane,
          bias: bias === null ? 0 : biasAt + start * bytes,
        };
        const done = tiles.convolve(call, kernels, place);
        call(
          ...[kernels.convolve, count, k, height, width, weights + start * k * bytes] as const,
          ...[k * bytes, place.image, table, lineStep, place.out, plane, place.bias, right, done],
        );
      });
    }
  });
  scratch.dispose();
}

/** Copies the weights `[a, b, i, j]`, of any strides, in row-major order to the address `to`. */
export function packWeights(kernels: Exports, weight: NDArray, bytes: number, to: number): void {
  const [count, planes, rows, columns] = weight.shape;
  const [step, ...steps] = weight.strides.map((stride) => stride * bytes);
  const toSteps = [rows * columns * bytes, columns * bytes, bytes];
  for (let i = 0; i < count; i++) {
    const target = to + i * planes * toSteps[0];
    kernels.copyBlock(planes, rows, columns, weight.ptr + i * step, ...steps, target, ...toSteps);
  }
}
