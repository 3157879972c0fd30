/**
 * Convolutions and their two gradients.
 *
 * A convolution multiplies the weights by the windows of each image. Its gradient for the weight
 * multiplies the windows of each image by the gradient of the result.
 *
 * Its gradient for the input is made of convolutions with stride 1. Along one axis, element `v` of the
 * input meets tap `i` of the result `y` where `y · stride = v + padding - i · dilation`. So inputs with
 * the same remainder modulo the stride, a phase, meet the same taps; and going to the next input of
 * the phase goes to the next result.
 *
 * @module
 */

import { type FloatDType, isFloat } from "../../../dtype.ts";
import type { Convolution, Kernels, Pair } from "../../kernels.ts";
import { convolutions as reference } from "../../reference/conv.ts";
import {
  convolutionKernels,
  convolveKernel,
  convolveScratch,
  correlateScratch,
} from "./conv_kernels.ts";
import { ImageLayout, slidingLayout, tapTable } from "./image.ts";
import { clear, clearKernel } from "./layout.ts";
import { PANEL } from "./panel.ts";
import { Tiles } from "./winograd.ts";
import { copyVector, Scratch } from "../scratch.ts";
import { FLOAT_LANES, type Lanes, VECTOR } from "../simd/lanes.ts";
import type { Exports } from "../threads/instances.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";
import { outputSize } from "../../window.ts";
import { beginKernel, type NDArray } from "../../../storage/ndarray.ts";
import { type Span, viewPermute, viewSlice } from "../../../storage/views.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";

/** The inputs of one axis with one remainder, and the taps that meet them. */
interface Phase {
  /** Index of the first input. */
  readonly first: number;
  /** Number of inputs. */
  readonly count: number;
  /** The taps, evenly spaced. */
  readonly taps: Span;
  /** For each tap: the result that the first input meets; may be outside. */
  readonly results: readonly number[];
}

/** The phases of an axis (0 or 1) of `size` inputs. */
function phasesOf(size: number, window: Convolution, axis: 0 | 1): Phase[] {
  const [kernel, stride] = [window.kernel[axis], window.stride[axis]];
  const [padding, dilation] = [window.padding[axis], window.dilation[axis]];
  return Array.from({ length: Math.min(stride, size) }, (_, first): Phase => {
    const taps: number[] = [];
    for (let i = 0; i < kernel; i++) {
      if ((first + padding - i * dilation) % stride === 0) taps.push(i);
    }
    const [start = 0, second = start + 1] = taps;
    return {
      first,
      count: Math.ceil((size - first) / stride),
      taps: { start, step: second - start, length: taps.length },
      results: taps.map((i) => (first + padding - i * dilation) / stride),
    };
  });
}

/** Some images, and some channels of each. */
interface Portion {
  readonly images: readonly [first: number, end: number];
  readonly channels: readonly [first: number, end: number];
}

/** A result `[batch, channels, …]` as items. */
interface Portions {
  /** Number of items. */
  readonly count: number;
  /** The items from `first` to before `last`. */
  between(first: number, last: number): Portion;
}

/** With this many images for each thread, a remainder does not matter. */
const MANY = 8;

/**
 * Items are images where every thread gets as many; otherwise channels, although then every thread
 * has to lay out every image.
 */
function portionsOf(batch: number, channels: number, threads: number): Portions {
  const byImage = batch % threads === 0 || batch >= MANY * threads || channels < threads;
  return {
    count: byImage ? batch : channels,
    between: (first, last) =>
      byImage
        ? { images: [first, last], channels: [0, channels] }
        : { images: [0, batch], channels: [first, last] },
  };
}

/** Visits the channels of a portion group by group, where a group has `size` channels. */
function forEachGroup(
  { channels: [first, end] }: Portion,
  size: number,
  visit: (group: number, start: number, count: number) => void,
): void {
  for (let start = first; start < end;) {
    const group = Math.floor(start / size);
    const count = Math.min((group + 1) * size, end) - start;
    visit(group, start, count);
    start += count;
  }
}

/** Writes the convolution of `x` with `weight`, plus `bias`, to the dense array `out`. */
function convolve(
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
          ...[convolveKernel(kernels, count), count, k, height, width] as const,
          weights + start * k * bytes,
          ...[k * bytes, place.image, table, lineStep, place.out, plane, place.bias, right, done],
        );
      });
    }
  });
  scratch.free();
}

/** Copies the weights `[a, b, i, j]`, of any strides, in row-major order to the address `to`. */
function packWeights(kernels: Exports, weight: NDArray, bytes: number, to: number): void {
  const [count, planes, rows, columns] = weight.shape;
  const [step, ...steps] = weight.strides.map((stride) => stride * bytes);
  const toSteps = [rows * columns * bytes, columns * bytes, bytes];
  for (let i = 0; i < count; i++) {
    const target = to + i * planes * toSteps[0];
    kernels.copyBlock(planes, rows, columns, weight.ptr + i * step, ...steps, target, ...toSteps);
  }
}

/** The inputs of one phase along both axes, and where their weights and offsets are. */
interface Plan {
  readonly row: Phase;
  readonly column: Phase;
  /** Taps that meet one input, over all channels of a group. */
  readonly taps: number;
  /** Address of the weights `[channels, taps]`. */
  readonly weights: number;
  /** Address of the offsets of the taps. */
  readonly table: number;
}

/** Writes the gradient for the input to the dense array `out`, from the gradient `g` of the result. */
function inputGradient(
  g: NDArray,
  weight: NDArray,
  out: NDArray,
  window: Convolution,
  dtype: FloatDType,
): void {
  const kernels = convolutionKernels(dtype);
  const { bytes } = FLOAT_LANES[dtype];
  const [batch, channels, height, width] = out.shape;
  const phases = ([0, 1] as const).map((axis) => phasesOf(out.shape[2 + axis], window, axis));
  const [rows, columns] = phases;
  const layout = borderedLayout(g, phases, bytes);
  const isDense = window.stride[0] === 1 && window.stride[1] === 1;
  const plane = rows[0].count * columns[0].count * bytes;
  const work = g.size * (weight.size / weight.shape[0]) * NANOSECONDS.product[dtype];
  const threads = threadsFor(work);
  const portions = portionsOf(batch, channels, threads);
  const perGroup = channels / window.groups;
  const sizes = { from: g.shape[1] / window.groups, to: perGroup, columns: width };
  const tiles = new Tiles(dtype, window, sizes, layout, weight.size);
  const scratch = new Scratch(
    ...[weight.size * bytes, weight.size * 4, tiles.weightBytes],
    ...new Array(threads).fill(layout.bytes + tiles.imageBytes),
    ...new Array(threads).fill(isDense ? 0 : channels * plane),
    ...new Array(threads).fill(Math.max(convolveScratch(weight.size), tiles.threadBytes)),
  );
  const [weightsAt, tablesAt, transformed, ...own] = scratch.at;
  const plans = planPhases(kernels, weight, phases, layout, window.groups, weightsAt, tablesAt);
  // There is one phase if tiles are used, and neighbouring inputs meet its taps in reverse.
  tiles.transform(kernels, weightsAt, transformed, true);
  // A phase that no tap meets has no gradient.
  if (plans.length < rows.length * columns.length) clear(out.ptr, out.size * bytes);
  const groupStep = (g.shape[1] / window.groups) * layout.planeStep;
  parallel(threads, portions.count, (first, last, call, thread) => {
    const portion = portions.between(first, last);
    const [image, sorted, right] = [0, 1, 2].map((i) => own[i * threads + thread]);
    call(clearKernel(), image, layout.bytes);
    for (let n = portion.images[0]; n < portion.images[1]; n++) {
      layout.fill(call, kernels.copyBlock, g, n, image);
      const outImage = out.ptr + n * channels * height * width * bytes;
      for (const { row, column, taps, weights, table } of plans) {
        const to = isDense ? outImage : sorted;
        forEachGroup(portion, perGroup, (group, start, count) => {
          const place = {
            ...{ start, count, lines: row.count, bias: 0, scratch: right },
            image: image + group * groupStep,
            out: to + start * plane,
          };
          const done = tiles.convolve(call, kernels, place);
          call(
            ...[convolveKernel(kernels, count), count, taps, row.count, column.count] as const,
            ...[weights + start * taps * bytes, taps * bytes, place.image, table],
            ...[layout.rowStep, place.out, plane, 0, right, done],
          );
        });
        if (isDense) continue;
        const [start, end] = portion.channels;
        const place = (start * height + row.first) * width + column.first;
        call(
          ...[kernels.copyBlock, end - start, row.count, column.count] as const,
          ...[sorted + start * plane, plane, column.count * bytes, bytes, outImage + place * bytes],
          ...[height * width * bytes, window.stride[0] * width * bytes, window.stride[1] * bytes],
        );
      }
    }
  });
  scratch.free();
}

/** The layout of images of `g` in which every result that a phase meets lies inside of the border. */
function borderedLayout(g: NDArray, phases: Phase[][], bytes: number): ImageLayout {
  const origins = phases.map((axis) => Math.max(0, -Math.min(...axis.flatMap((p) => p.results))));
  const sizes = phases.map((axis, i) => {
    const ends = axis.flatMap((p) => p.results.map((result) => result + p.count));
    return origins[i] + Math.max(g.shape[2 + i], ...ends);
  });
  const [origin, size] = [origins, sizes] as unknown as [Pair, Pair];
  return new ImageLayout(g.shape[1], size, origin, 1, bytes);
}

/** Packs the weights and the offsets of all phases that some tap meets. */
function planPhases(
  kernels: Exports,
  weight: NDArray,
  [rows, columns]: Phase[][],
  layout: ImageLayout,
  groups: number,
  weightsAt: number,
  tablesAt: number,
): Plan[] {
  const plans: Plan[] = [];
  const [outChannels, inChannels] = weight.shape;
  const perGroup = outChannels / groups;
  const bytes = weight.whole().BYTES_PER_ELEMENT;
  for (const row of rows) {
    for (const column of columns) {
      const taps = perGroup * row.taps.length * column.taps.length;
      if (taps === 0) continue;
      plans.push({ row, column, taps, weights: weightsAt, table: tablesAt });
      for (let group = 0; group < groups; group++) {
        const part = viewSlice(weight, [
          { start: group * perGroup, step: 1, length: perGroup },
          { start: 0, step: 1, length: inChannels },
          row.taps,
          column.taps,
        ]);
        packWeights(kernels, viewPermute(part, [1, 0, 2, 3]), bytes, weightsAt);
        weightsAt += part.size * bytes;
      }
      wasmMemory.i32.set(offsets(layout, row, column, perGroup), tablesAt / 4);
      tablesAt += taps * 4;
    }
  }
  return plans;
}

/** For each tap of a phase, over `channels` planes, the offset of the result its first input meets. */
function offsets(layout: ImageLayout, row: Phase, column: Phase, channels: number): Int32Array {
  const table = new Int32Array(channels * row.taps.length * column.taps.length);
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (const y of row.results) {
      for (const x of column.results) table[at++] = c * layout.planeStep + layout.inside(y, x);
    }
  }
  return table;
}

/** Writes the gradient for the weight to the dense array `out`, from the gradient `g` of the result. */
function weightGradient(
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
  /** A vector of channels would be hardly filled. */
  const byLines = n < lanes.count;
  const isEven = (g.strides[2] === width * g.strides[3] || height === 1) &&
    (g.strides[3] === 1 || !byLines);
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
        const sizes = [rows[1] - rows[0], columns[1] - columns[0], height, width];
        const operands = [
          ...[image + group * planes * layout.planeStep, table + rows[0] * 4, lineStep],
          from + (group * n + columns[0]) * channelStep,
        ];
        const to = [sums + part, sumStep];
        if (byLines) call(kernels.correlateLines, ...sizes, ...operands, channelStep, ...to);
        else {
          call(kernels.correlate, ...sizes, ...operands, columnStep, channelStep, ...to, right);
        }
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
  scratch.free();
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
  lanes: Lanes,
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

/** The convolutions, in SIMD for floats. */
export const convolutions: Pick<
  Kernels,
  "conv2d" | "conv2dInputGradient" | "conv2dWeightGradient"
> = {
  conv2d(x, weight, bias, window): NDArray {
    const { dtype } = x;
    if (!isFloat(dtype) || weight.size === 0) return reference.conv2d(x, weight, bias, window);
    const [height, width] = outputSize(x.shape, window);
    const out = beginKernel([x, weight, bias], [x.shape[0], weight.shape[0], height, width], dtype);
    if (out.size > 0) convolve(x, weight, bias, out, window, dtype);
    return out;
  },

  conv2dInputGradient(g, weight, shape, window): NDArray {
    const { dtype } = g;
    if (!isFloat(dtype) || g.size === 0) {
      return reference.conv2dInputGradient(g, weight, shape, window);
    }
    const out = beginKernel([g, weight], shape, dtype);
    if (out.size > 0) inputGradient(g, weight, out, window, dtype);
    return out;
  },

  conv2dWeightGradient(g, x, shape, window): NDArray {
    const { dtype } = g;
    if (!isFloat(dtype)) return reference.conv2dWeightGradient(g, x, shape, window);
    const out = beginKernel([g, x], shape, dtype);
    if (out.size > 0) weightGradient(g, x, out, window, dtype);
    return out;
  },
};
