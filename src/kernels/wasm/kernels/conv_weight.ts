/**
 * The gradient of a convolution for its weight: the windows of each image times the gradient of the
 * result.
 *
 * @module
 */

import type { FloatDType } from "../../../dtype.ts";
import type { NDArray } from "../../../storage/ndarray.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";
import type { Convolution } from "../../kernels.ts";
import { clear, clearKernel } from "./clear.ts";
import { convolutionKernels, correlateScratch } from "./conv_kernels.ts";
import { FLOAT_LANES, type FloatLanes, VECTOR } from "../simd/float_lanes.ts";
import { slidingLayout, tapTable } from "./image.ts";
import { PANEL } from "./panel.ts";
import { Scratch } from "./scratch.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";

/** Writes the gradient for the weight to the dense array `out`, from the gradient `g` of the result. */
export function weightGradient(
  g: NDArray,
  x: NDArray,
  out: NDArray,
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
  const threads = threadsFor(g.size * m * NANOSECONDS.product[dtype]);
  const scratch = new Scratch(
    ...[4 * m, window.groups * groupSums],
    ...new Array(threads).fill(layout.bytes),
    ...new Array(threads).fill(correlateScratch(width)),
    ...new Array(threads).fill(isEven ? 0 : channels * positions * bytes),
  );
  const [table, sums, ...own] = scratch.at;
  wasmMemory.i32.set(taps, table / 4);
  clear(sums, window.groups * groupSums);
  const gSteps = g.strides.map((stride) => stride * bytes);
  const [channelStep, columnStep] = isEven ? [gSteps[1], gSteps[3]] : [positions * bytes, bytes];
  const lineStep = window.stride[0] * layout.rowStep;
  const block = blocksOf(window.groups, n, m, threads, lanes);
  parallel(threads, block.count, (first, last, call, thread) => {
    const { groups, columns, rows } = block.between(first, last);
    const [image, right, even] = [own[thread], own[threads + thread], own[2 * threads + thread]];
    call(clearKernel(), image, layout.bytes);
    for (let i = 0; i < batch; i++) {
      layout.fill(call, kernels.copyBlock, x, i, image);
      let from = g.ptr + i * gSteps[0];
      if (!isEven) {
        const steps = [positions * bytes, width * bytes, bytes];
        const sizes = [channels, height, width];
        call(kernels.copyBlock, ...sizes, from, ...gSteps.slice(1), even, ...steps);
        from = even;
      }
      for (let group = groups[0]; group < groups[1]; group++) {
        const part = group * groupSums + rows[0] * sumStep + columns[0] * bytes;
        call(
          ...[kernels.correlate, rows[1] - rows[0], columns[1] - columns[0]] as const,
          ...[height, width, image + group * planes * layout.planeStep],
          ...[table + rows[0] * 4, lineStep, from + (group * n + columns[0]) * channelStep],
          ...[columnStep, channelStep, sums + part, sumStep, right],
        );
      }
    }
    // As one block of copies: group by group, `[taps, channels]` becomes `[channels, taps]`.
    const start = groups[0] * groupSums + rows[0] * sumStep + columns[0] * bytes;
    const place = (groups[0] * n + columns[0]) * m + rows[0];
    call(
      ...[kernels.copyBlock, groups[1] - groups[0], columns[1] - columns[0]] as const,
      ...[rows[1] - rows[0], sums + start, groupSums, bytes, sumStep],
      ...[out.ptr + place * bytes, n * m * bytes, m * bytes, bytes],
    );
  });
  scratch.dispose();
}

type Range = readonly [first: number, end: number];

/** A block of the sums `[groups, taps, channels]`. */
interface Block {
  readonly groups: Range;
  /** Taps. */
  readonly rows: Range;
  /** Channels of a group. */
  readonly columns: Range;
}

/**
 * The sums as items that threads share: groups, or vectors of channels, or, where these are too few
 * to fill a panel for each thread, taps. Never images: in what order these are added decides the bits.
 */
function blocksOf(
  groups: number,
  n: number,
  m: number,
  threads: number,
  lanes: FloatLanes,
): { count: number; between(first: number, last: number): Block } {
  const all: Block = { groups: [0, groups], rows: [0, m], columns: [0, n] };
  if (groups >= threads) {
    return { count: groups, between: (...range) => ({ ...all, groups: range }) };
  }
  if (n < threads * PANEL * lanes.count) {
    return { count: m, between: (...range) => ({ ...all, rows: range }) };
  }
  const between = (first: number, last: number): Block => {
    return { ...all, columns: [first * lanes.count, Math.min(last * lanes.count, n)] };
  };
  return { count: Math.ceil(n / lanes.count), between };
}
