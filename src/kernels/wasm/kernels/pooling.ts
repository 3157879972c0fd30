/**
 * Pooling, in SIMD.
 *
 * @module
 */

import { DTYPES, type FloatDType, isFloat } from "../../../dtype.ts";
import { Formula } from "../../formula.ts";
import type { Kernels, Pair, Window } from "../../kernels.ts";
import { pooling as reference } from "../../reference/pooling.ts";
import { convolutions } from "./conv.ts";
import { indexing } from "./indexing.ts";
import { InPlaceLayout, type Layout, slidingLayout, tapTable } from "./image.ts";
import { clear, clearKernel } from "./layout.ts";
import { makeContiguous, maps, withContiguous } from "./map.ts";
import { poolKernels } from "./pooling_kernels.ts";
import { reductions } from "./reduce.ts";
import { Scratch } from "../scratch.ts";
import { FLOAT_LANES } from "../simd/lanes.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";
import { outputSize } from "../../window.ts";
import { arena, listOf } from "../../../storage/arena.ts";
import { beginKernel, NDArray } from "../../../storage/ndarray.ts";
import type { Shape } from "../../../shape.ts";
import { viewExpand, viewReshape, viewSlice } from "../../../storage/views.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";

/** The pooling kernels, in SIMD for floats. */
export const pooling: Pick<Kernels, "maxPool2d" | "avgPool2d" | "avgPool2dGradient"> = {
  maxPool2d(x, window): { output: NDArray; indices: NDArray } {
    const [height, width] = outputSize(x.shape, window);
    const isWhole = isPlain(window) && window.kernel.every((n, axis) => n === x.shape[2 + axis]);
    if (isWhole && x.size > 0) return largest(x);
    const hasBorder = window.padding.some((n) => n > 0);
    const starts = hasBorder
      ? [...firstInside(x, window, 0, height), ...firstInside(x, window, 1, width)]
      : [];
    // In a window that dilation makes miss the plane altogether there is no first element.
    if (!isFloat(x.dtype) || starts.includes(-1)) return reference.maxPool2d(x, window);
    const shape = [x.shape[0], x.shape[1], height, width];
    const output = beginKernel([x], shape, x.dtype);
    const indices = NDArray.allocate(shape, "int32");
    if (output.size > 0) maximize(x, window, starts, output, indices);
    return { output, indices };
  },

  avgPool2d(x, window): NDArray {
    const { dtype } = x;
    if (!isFloat(dtype)) return reference.avgPool2d(x, window);
    const [height, width] = outputSize(x.shape, window);
    const isWide = window.kernel[1] >= WIDE || width === 1;
    if (isWide && areTiles(x.shape, window)) return averageTiles(x, window, [height, width]);
    if (width < FEW && isPlain(window)) return averageRows(x, window, [height, width]);
    const out = beginKernel([x], [x.shape[0], x.shape[1], height, width], dtype);
    if (out.size > 0) average(x, window, out, dtype);
    return out;
  },

  avgPool2dGradient(g, shape, window): NDArray {
    const { dtype } = g;
    if (!isFloat(dtype)) return reference.avgPool2dGradient(g, shape, window);
    const isWide = window.kernel[1] >= WIDE && isPlain(window);
    if (isWide || areTiles(shape, window)) return spread(g, shape, window);
    // The mean is a convolution of each channel with equal weights.
    const channels = shape[1];
    const share = NDArray.from([1 / (window.kernel[0] * window.kernel[1])], [1, 1, 1, 1], dtype);
    const weight = viewExpand(share, [channels, 1, ...window.kernel]);
    const gradient = convolutions.conv2dInputGradient(g, weight, shape, {
      ...window,
      groups: channels,
    });
    arena.free(share.storage, "temporary");
    return gradient;
  },
};

/** Columns of a window from which a reduction is faster than a sum for each tap. */
const WIDE = 8;

/** Fewer windows in a line than this are summed one by one: they would hardly fill a vector. */
const FEW = 4;

/** Returns true if windows have neither border nor gaps. */
function isPlain({ padding, dilation }: Window): boolean {
  return padding.every((n) => n === 0) && dilation.every((n) => n === 1);
}

/** Returns true if the windows lie side by side: each element is in one of them at most. */
function areTiles(shape: Shape, window: Window): boolean {
  const { kernel, stride } = window;
  const counts = outputSize(shape, window);
  return isPlain(window) && counts.every((n, axis) => n === 1 || kernel[axis] === stride[axis]);
}

const share = new Formula("share", 2, (k, [x, count]) => k.div(x, count));

/** The elements of the windows of `x`: `[n, c, rows, height, columns, width]`. */
function tilesOf(x: NDArray, { kernel }: Window, [rows, columns]: Pair): NDArray {
  const [n, c] = x.shape;
  const covered = [n, c, rows * kernel[0], columns * kernel[1]];
  const spans = covered.map((length) => ({ start: 0, step: 1, length }));
  return viewReshape(viewSlice(x, spans), [n, c, rows, kernel[0], columns, kernel[1]])!;
}

function averageTiles(x: NDArray, window: Window, size: Pair): NDArray {
  const sums = reductions.reduce("sum", tilesOf(x, window, size), [3, 5], false, x.dtype);
  const count = window.kernel[0] * window.kernel[1];
  maps.mapInto(share, [sums, count], sums, x.dtype);
  return sums;
}

/** The means of windows without border and gaps, one after the other. */
function averageRows(x: NDArray, window: Window, [rows, columns]: Pair): NDArray {
  return withContiguous([x], ([dense]) => {
    const { bytes } = DTYPES[x.dtype];
    const { kernel: [height, width], stride } = window;
    const planes = x.shape[0] * x.shape[1];
    const out = NDArray.allocate([x.shape[0], x.shape[1], rows, columns], x.dtype);
    const { avgRows } = poolKernels(x.dtype as FloatDType);
    const [planeStep, rowStep] = [x.shape[2] * x.shape[3] * bytes, x.shape[3] * bytes];
    const threads = threadsFor(out.size * height * width * NANOSECONDS.copy);
    parallel(threads, planes, (first, last, call) => {
      call(
        ...[avgRows, last - first, rows, columns, dense.ptr + first * planeStep] as const,
        ...[height, width, stride[0] * rowStep, stride[1] * bytes, planeStep, rowStep],
        out.ptr + first * rows * columns * bytes,
      );
    });
    return out;
  });
}

/** The gradient of means of windows without border and gaps. */
function spread(g: NDArray, shape: Shape, window: Window): NDArray {
  return withContiguous([g], ([dense]) => {
    const { bytes } = DTYPES[g.dtype];
    const { kernel: [height, width], stride } = window;
    const [, , rows, columns] = g.shape;
    const out = NDArray.allocate(shape, g.dtype);
    const kernels = poolKernels(g.dtype as FloatDType);
    const isTiled = areTiles(shape, window);
    const isWhole = isTiled && rows * height === shape[2] && columns * width === shape[3];
    if (!isWhole) clear(out.ptr, out.size * bytes);
    const [planeStep, rowStep] = [shape[2] * shape[3] * bytes, shape[3] * bytes];
    const steps = [stride[0] * rowStep, stride[1] * bytes];
    const work = g.size * height * width * NANOSECONDS.element;
    parallel(threadsFor(work), shape[0] * shape[1], (first, last, call) => {
      const from = dense.ptr + first * rows * columns * bytes;
      call(
        ...[isTiled ? kernels.write : kernels.add, last - first, rows, columns] as const,
        ...[from, height, width],
        ...[...steps, out.ptr + first * planeStep, planeStep, rowStep],
      );
    });
    return out;
  });
}

/**
 * For each of `count` windows along `axis` (0 or 1), the part of an index in the plane that belongs to
 * the first row or column inside of the border; -1 if the window misses the plane.
 */
function firstInside(x: NDArray, window: Window, axis: 0 | 1, count: number): number[] {
  const { kernel, stride, padding, dilation } = window;
  const size = x.shape[2 + axis];
  return listOf(count, (i) => {
    const start = i * stride[axis] - padding[axis];
    const tap = Math.max(0, Math.ceil(-start / dilation[axis]));
    const first = start + tap * dilation[axis];
    if (tap >= kernel[axis] || first >= size) return -1;
    return axis === 0 ? first * x.shape[3] : first;
  });
}

/**
 * The layout of the images of `x`, and the distance of the elements of neighbouring windows in it. A
 * line has `columns` windows. Only whole vectors can be read in place: with fewer windows in a line,
 * they would reach beyond `x`.
 */
function layoutFor(x: NDArray, window: Window, columns: number): [layout: Layout, step: 1 | 2] {
  const { bytes, count } = FLOAT_LANES[x.dtype as FloatDType];
  const { padding: [top, left], stride: [, step] } = window;
  const fits = top === 0 && left === 0 && x.strides[3] === 1 && columns >= count;
  if (fits && (step === 1 || step === 2)) return [new InPlaceLayout(x, bytes), step];
  return [slidingLayout(x, window, bytes), 1];
}

/** The largest element of each plane, and where it is. */
function largest(x: NDArray): { output: NDArray; indices: NDArray } {
  const [n, c, height, width] = x.shape;
  const dense = makeContiguous(x);
  const planes = viewReshape(dense, [n, c, height * width])!;
  const indices = reductions.argReduce("max", planes, 2, true);
  const output = indexing.gather(planes, indices, 2);
  if (dense !== x) arena.free(dense.storage, "temporary");
  const restored = [output, indices].map((y) => viewReshape(y, [n, c, 1, 1])!);
  return { output: restored[0], indices: restored[1] };
}

function maximize(
  x: NDArray,
  window: Window,
  starts: readonly number[],
  output: NDArray,
  indices: NDArray,
): void {
  const dtype = x.dtype as FloatDType;
  const kernels = poolKernels(dtype);
  const { bytes, array: Elements } = DTYPES[dtype];
  const { stride } = window;
  const [batch, channels, height, width] = output.shape;
  const [layout, step] = layoutFor(x, window, width);
  const taps = indexedTaps(tapTable(layout, 1, window), x.shape[3], window);
  const threads = threadsFor(output.size * taps.length * NANOSECONDS.copy, batch);
  const images = new Array(threads).fill(layout.bytes);
  const scratch = new Scratch(4 * taps.length, 4 * starts.length, ...images);
  const [table, startsAt, ...image] = scratch.at;
  wasmMemory.i32.set(taps, table / 4);
  wasmMemory.i32.set(starts, startsAt / 4);
  if (starts.length > 0) {
    const { buffer } = wasmMemory.memory;
    for (const at of image) new Elements(buffer, at, layout.bytes / bytes).fill(-Infinity);
  }
  const imageSize = channels * height * width;
  parallel(threads, batch, (first, last, call, thread) => {
    for (let n = first; n < last; n++) {
      const from = layout.fill(call, kernels.copyBlock, x, n, image[thread]);
      call(
        ...[kernels[`maxPool${step}`], channels, height, width, from] as const,
        ...[layout.planeStep, stride[0] * layout.rowStep, table, taps.length / 2],
        ...[starts.length > 0 ? startsAt : 0, stride[0] * x.shape[3], stride[1]],
        ...[output.ptr + n * imageSize * bytes, indices.ptr + n * imageSize * 4],
      );
    }
  });
  scratch.free();
}

/** Each offset of `table`, followed by the index of its tap in a plane for the first window. */
function indexedTaps(table: Int32Array, planeWidth: number, window: Window): Int32Array {
  const { kernel, padding, dilation } = window;
  const result = new Int32Array(2 * table.length);
  for (let t = 0; t < table.length; t++) {
    const row = Math.floor(t / kernel[1]) * dilation[0] - padding[0];
    const column = (t % kernel[1]) * dilation[1] - padding[1];
    result[2 * t] = table[t];
    result[2 * t + 1] = row * planeWidth + column;
  }
  return result;
}

function average(x: NDArray, window: Window, out: NDArray, dtype: FloatDType): void {
  const kernels = poolKernels(dtype);
  const { bytes } = FLOAT_LANES[dtype];
  const [batch, channels, height, width] = out.shape;
  const [layout, step] = layoutFor(x, window, width);
  const taps = tapTable(layout, 1, window);
  const threads = threadsFor(out.size * taps.length * NANOSECONDS.copy, batch);
  const images = new Array(threads).fill(layout.bytes);
  const scratch = new Scratch(4 * taps.length, ...images);
  const [table, ...image] = scratch.at;
  wasmMemory.i32.set(taps, table / 4);
  const imageBytes = channels * height * width * bytes;
  parallel(threads, batch, (first, last, call, thread) => {
    call(clearKernel(), image[thread], layout.bytes);
    for (let n = first; n < last; n++) {
      const from = layout.fill(call, kernels.copyBlock, x, n, image[thread]);
      call(
        ...[kernels[`avgPool${step}`], channels, height, width, from] as const,
        ...[layout.planeStep, window.stride[0] * layout.rowStep, table],
        ...[...window.kernel, out.ptr + n * imageBytes],
      );
    }
  });
  scratch.free();
}
