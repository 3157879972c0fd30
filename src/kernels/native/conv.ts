/**
 * Convolutions as matrix products by a library.
 *
 * The windows of some lines of an image are copied side by side, as the columns of a matrix
 * `[channels · taps, results]`. The weights times the windows are results; the gradient of the results
 * times the windows, transposed, is the gradient of the weights. The gradient of the input is the
 * convolution of the gradient of the results with the weights turned by 180°.
 *
 * @module
 */

import type { FloatDType } from "../../dtype.ts";
import { isFloat } from "../../dtype.ts";
import { arena } from "../../storage/arena.ts";
import { beginKernel, type NDArray } from "../../storage/ndarray.ts";
import { wasmMemory } from "../../storage/wasm_memory.ts";
import { spansAlong, viewPermute, viewSlice } from "../../storage/views.ts";
import type { Convolution, Kernels, Pair } from "../kernels.ts";
import { type ImageLayout, slidingLayout } from "../wasm/kernels/image.ts";
import { clearKernel } from "../wasm/kernels/layout.ts";
import { withContiguous } from "../wasm/kernels/map.ts";
import { cuts } from "../wasm/kernels/matmul.ts";
import { LARGE_ELEMENT } from "../wasm/kernels/winograd.ts";
import { wasm } from "../wasm/mod.ts";
import { Scratch } from "../wasm/scratch.ts";
import { FLOAT_LANES } from "../wasm/simd/lanes.ts";
import type { Exports } from "../wasm/threads/instances.ts";
import { type Call, mostThreads, parallel, threadsFor } from "../wasm/threads/pool.ts";
import { outputSize } from "../window.ts";
import { type Blas, FORM, memoryBase } from "./blas.ts";
import { copyKernels } from "./copies.ts";
import { checkInside, NANOSECONDS } from "./matmul.ts";
import { convolveTiles, tilesPay } from "./winograd.ts";

/** Elements of windows that are copied and multiplied at once: they fit the second cache. */
const STRIP = 65536;

/** Windows that are multiplied at once however large they are: fewer do not pay for packing weights. */
const LEAST_WINDOWS = 256;

/** Copies windows of images, and tells where they are. */
class Windows {
  /** Elements of a window, over all channels. */
  readonly taps: number;
  /** Bytes of scratch memory for the image, and for the windows with `spare` more rows. */
  readonly bytes: readonly [image: number, windows: number];
  /** Lines of results whose windows are copied at once. */
  readonly lines: number;
  readonly #layout: ImageLayout;
  readonly #window: Convolution;
  readonly #columns: number;
  readonly #element: number;
  readonly #copies: Exports;

  constructor(x: NDArray, window: Convolution, [height, columns]: Pair, spare: number) {
    const dtype = x.dtype as FloatDType;
    this.#element = FLOAT_LANES[dtype].bytes;
    this.#copies = copyKernels(dtype);
    this.#layout = slidingLayout(x, window, this.#element);
    this.#window = window;
    this.#columns = columns;
    this.taps = x.shape[1] * window.kernel[0] * window.kernel[1];
    const rows = this.taps + spare;
    const most = Math.max(LEAST_WINDOWS, STRIP / rows);
    this.lines = Math.min(height, Math.max(1, Math.floor(most / columns)));
    this.bytes = [this.#layout.bytes, rows * this.lines * columns * this.#element];
  }

  /** Lays out image `index` of `x` at `image`, where the border is 0 already. */
  layOut(call: Call, x: NDArray, index: number, image: number): void {
    this.#layout.fill(call, this.#copies.copyBlock, x, index, image);
  }

  /** Copies what is inside of the border at `image` to image `index` of `x`. */
  takeOut(call: Call, x: NDArray, index: number, image: number): void {
    const [, planes, rows, columns] = x.shape;
    const [imageStep, ...steps] = x.strides.map((stride) => stride * this.#element);
    const { planeStep, rowStep } = this.#layout;
    const stride = this.#window.stride[1];
    for (let first = 0; first < Math.min(stride, columns); first++) {
      const count = Math.ceil((columns - first) / stride);
      const from = image + this.#layout.inside(0, first);
      const to = x.ptr + index * imageStep + first * steps[2];
      call(
        ...[this.#copies.copyBlock, planes, rows, count, from, planeStep, rowStep] as const,
        ...[this.#element, to, steps[0], steps[1], stride * steps[2]],
      );
    }
  }

  /** Copies the windows of `lines` lines of results from the line `first` on to `to`, row by row. */
  copy(call: Call, image: number, planes: number, first: number, lines: number, to: number): void {
    this.#forEachTap(image, first, lines, to, (at, row, planeStep, lineStep, next, line) => {
      const steps = [planeStep, lineStep, this.#element] as const;
      const targets = [next, line, this.#element] as const;
      call(this.#copies.copyBlock, planes, lines, this.#columns, at, ...steps, row, ...targets);
    });
  }

  /** Adds gradients of the elements of windows, as `copy` lays them out, to the image. */
  add(call: Call, image: number, planes: number, first: number, lines: number, from: number): void {
    this.#forEachTap(image, first, lines, from, (at, row, planeStep, lineStep, next, line) => {
      const sizes = [planes, lines, this.#columns] as const;
      call(this.#copies.addBlock, ...sizes, row, next, line, at, planeStep, lineStep);
    });
  }

  /**
   * Visits the taps: the address `at` of the first element that each meets in the first plane, and of
   * its first `row` in the matrix at `matrix`; with the bytes from plane to plane and from line to line.
   */
  #forEachTap(
    image: number,
    first: number,
    lines: number,
    matrix: number,
    visit: (...steps: [number, number, number, number, number, number]) => void,
  ): void {
    const { kernel, stride, dilation } = this.#window;
    const { planeStep, rowStep } = this.#layout;
    const [line, lineStep] = [this.#columns * this.#element, stride[0] * rowStep];
    const next = kernel[0] * kernel[1] * lines * line;
    for (let i = 0; i < kernel[0]; i++) {
      for (let j = 0; j < kernel[1]; j++) {
        const at = image + first * lineStep + this.#layout.place(i * dilation[0], j * dilation[1]);
        const row = matrix + (i * kernel[1] + j) * lines * line;
        visit(at, row, planeStep, lineStep, next, line);
      }
    }
  }
}

/** True if all elements of `x` are below `limit` in size; NaN is not. */
function areBelow(limit: number, x: NDArray): boolean {
  return (["max", "min"] as const).every((kind) => {
    const extreme = wasm.reduce(kind, x, [0, 1, 2, 3], false, x.dtype);
    const [value] = extreme.values();
    arena.free(extreme.storage, "temporary");
    return Math.abs(value) < limit;
  });
}

/** Writes the convolution of `x` with the dense `weight`, plus `bias`, to the dense array `out`. */
function convolve(
  blas: Blas,
  x: NDArray,
  weight: NDArray,
  bias: NDArray | null,
  out: NDArray,
  window: Convolution,
): void {
  checkInside(weight);
  const dtype = x.dtype as FloatDType;
  const { bytes } = FLOAT_LANES[dtype];
  const { copyBlock } = copyKernels(dtype);
  const [batch, channels, height, columns] = out.shape;
  // The bias is one more weight, whose element of a window is 1.
  const spare = bias === null ? 0 : 1;
  const windows = new Windows(x, window, [height, columns], spare);
  const k = windows.taps + spare;
  const work = blas.isSingleThreaded ? out.size * k * NANOSECONDS[dtype] : 0;
  const threads = threadsFor(work);
  const parts = cuts(channels, Math.ceil(mostThreads(work) / batch), 16);
  const scratch = new Scratch(
    ...[bytes, bias === null ? 0 : channels * k * bytes],
    ...windows.bytes.flatMap((size) => new Array<number>(threads).fill(size)),
  );
  const [one, packed, ...own] = scratch.at;
  let weights = weight.ptr;
  if (bias !== null) {
    weights = packed;
    (bytes === 4 ? wasmMemory.f32 : wasmMemory.f64)[one / bytes] = 1;
    copyBlock(
      1,
      channels,
      k - 1,
      weight.ptr,
      0,
      (k - 1) * bytes,
      bytes,
      packed,
      0,
      k * bytes,
      bytes,
    );
    const [from, step] = [bias.ptr, bias.strides[0] * bytes];
    copyBlock(1, channels, 1, from, 0, step, bytes, packed + (k - 1) * bytes, 0, k * bytes, bytes);
  }
  const gemm = blas.gemm[dtype];
  const [high, low] = memoryBase();
  const plane = height * columns;
  parallel(threads, batch * (parts.length - 1), (first, last, call, thread) => {
    const [image, matrix] = [own[thread], own[threads + thread]];
    call(clearKernel(), image, windows.bytes[0]);
    for (let item = first; item < last; item++) {
      const n = Math.floor(item / (parts.length - 1));
      const part = item % (parts.length - 1);
      const [start, count] = [parts[part], parts[part + 1] - parts[part]];
      windows.layOut(call, x, n, image);
      for (let line = 0; line < height; line += windows.lines) {
        const lines = Math.min(windows.lines, height - line);
        const results = lines * columns;
        windows.copy(call, image, x.shape[1], line, lines, matrix);
        if (bias !== null) {
          const ones = matrix + windows.taps * results * bytes;
          call(copyBlock, 1, 1, results, one, 0, 0, 0, ones, 0, 0, bytes);
        }
        const to = out.ptr + ((n * channels + start) * plane + line * columns) * bytes;
        const operands = [weights + start * k * bytes, k, matrix, results] as const;
        call(gemm, 0, count, k, results, ...operands, to, plane, high, low);
      }
    }
  });
  scratch.free();
}

/** Writes the gradient for the weight to the dense array `out`, from that of the result, dense `g`. */
function weightGradient(
  blas: Blas,
  g: NDArray,
  x: NDArray,
  out: NDArray,
  window: Convolution,
): void {
  checkInside(g);
  const dtype = x.dtype as FloatDType;
  const { bytes } = FLOAT_LANES[dtype];
  const [batch, channels, height, columns] = g.shape;
  const windows = new Windows(x, window, [height, columns], 0);
  const work = blas.isSingleThreaded ? out.size * (g.size / channels) * NANOSECONDS[dtype] : 0;
  const threads = threadsFor(work);
  // Threads share the channels of the image, never images, whose order of addition decides the bits.
  const parts = cuts(x.shape[1], mostThreads(work), 1);
  const scratch = new Scratch(
    ...windows.bytes.flatMap((size) => new Array<number>(threads).fill(size)),
  );
  const gemm = blas.gemm[dtype];
  const [high, low] = memoryBase();
  const plane = height * columns;
  const row = windows.taps;
  parallel(threads, parts.length - 1, (first, last, call, thread) => {
    const [image, matrix] = [scratch.at[thread], scratch.at[threads + thread]];
    call(clearKernel(), image, windows.bytes[0]);
    for (let part = first; part < last; part++) {
      const [start, planes] = [parts[part], parts[part + 1] - parts[part]];
      const some = viewSlice(x, spansAlong(x.shape, 1, start, planes));
      const taps = planes * window.kernel[0] * window.kernel[1];
      const to = out.ptr + start * window.kernel[0] * window.kernel[1] * bytes;
      for (let n = 0; n < batch; n++) {
        windows.layOut(call, some, n, image);
        for (let line = 0; line < height; line += windows.lines) {
          const lines = Math.min(windows.lines, height - line);
          const results = lines * columns;
          windows.copy(call, image, planes, line, lines, matrix);
          const from = g.ptr + (n * channels * plane + line * columns) * bytes;
          const form = FORM.rightByColumns | (n + line === 0 ? 0 : FORM.adds);
          const operands = [from, plane, matrix, results] as const;
          call(gemm, form, channels, results, taps, ...operands, to, row, high, low);
        }
      }
    }
  });
  scratch.free();
}

/** Writes the gradient for the input to the dense array `out`, from that of the result, dense `g`. */
function inputGradient(
  blas: Blas,
  g: NDArray,
  weight: NDArray,
  out: NDArray,
  window: Convolution,
): void {
  checkInside(g);
  checkInside(weight);
  const dtype = g.dtype as FloatDType;
  const { bytes } = FLOAT_LANES[dtype];
  const [batch, channels, height, columns] = g.shape;
  const windows = new Windows(out, window, [height, columns], 0);
  const work = blas.isSingleThreaded ? g.size * windows.taps * NANOSECONDS[dtype] : 0;
  const threads = threadsFor(work);
  const parts = cuts(out.shape[1], Math.ceil(mostThreads(work) / batch), 1);
  const scratch = new Scratch(
    ...windows.bytes.flatMap((size) => new Array<number>(threads).fill(size)),
  );
  const gemm = blas.gemm[dtype];
  const [high, low] = memoryBase();
  const plane = height * columns;
  const k = windows.taps;
  parallel(threads, batch * (parts.length - 1), (first, last, call, thread) => {
    const [image, matrix] = [scratch.at[thread], scratch.at[threads + thread]];
    for (let item = first; item < last; item++) {
      const n = Math.floor(item / (parts.length - 1));
      const part = item % (parts.length - 1);
      const [start, planes] = [parts[part], parts[part + 1] - parts[part]];
      const taps = window.kernel[0] * window.kernel[1];
      call(clearKernel(), image, windows.bytes[0]);
      for (let line = 0; line < height; line += windows.lines) {
        const lines = Math.min(windows.lines, height - line);
        const results = lines * columns;
        const from = g.ptr + (n * channels * plane + line * columns) * bytes;
        const operands = [weight.ptr + start * taps * bytes, k, from, plane] as const;
        const sizes = [planes * taps, channels, results] as const;
        call(gemm, FORM.leftByColumns, ...sizes, ...operands, matrix, results, high, low);
        windows.add(call, image, planes, line, lines, matrix);
      }
      const some = viewSlice(out, spansAlong(out.shape, 1, start, planes));
      windows.takeOut(call, some, n, image);
    }
  });
  scratch.free();
}

/** The convolution with turned weights that is the gradient for the input, if the stride is 1. */
function turnedWindow(window: Convolution): Convolution {
  const border = (axis: 0 | 1): number =>
    window.dilation[axis] * (window.kernel[axis] - 1) - window.padding[axis];
  return { ...window, padding: [border(0), border(1)] };
}

/** The convolutions, by a library where that is faster. */
export function convolutions(
  blas: Blas,
): Pick<Kernels, "conv2d" | "conv2dInputGradient" | "conv2dWeightGradient"> {
  return {
    conv2d(x, weight, bias, window): NDArray {
      const size = outputSize(x.shape, window);
      const pays = isFloat(x.dtype) && window.groups === 1 &&
        weight.size * size[0] * size[1] * x.shape[0] > 0;
      if (!pays) return wasm.conv2d(x, weight, bias, window);
      const shape = [x.shape[0], weight.shape[0], ...size];
      const byTiles = tilesPay(x, window, shape) && areBelow(LARGE_ELEMENT, x) &&
        areBelow(LARGE_ELEMENT, weight);
      return withContiguous([weight], ([weights]) => {
        const out = beginKernel([x, weights, bias], shape, x.dtype);
        if (byTiles) convolveTiles(blas, x, weights, bias, out, window, false);
        else convolve(blas, x, weights, bias, out, window);
        return out;
      });
    },

    conv2dInputGradient(g, weight, shape, window): NDArray {
      // Elements that no result has met would get 0 for the product of 0 and NaN.
      const pays = isFloat(g.dtype) && window.groups === 1 && g.size * weight.size > 0 &&
        areBelow(Infinity, weight);
      if (!pays) return wasm.conv2dInputGradient(g, weight, shape, window);
      const back = turnedWindow(window);
      if (
        tilesPay(g, back, shape) && areBelow(LARGE_ELEMENT, g) && areBelow(LARGE_ELEMENT, weight)
      ) {
        return withContiguous([viewPermute(weight, [1, 0, 2, 3])], ([swapped]) => {
          const out = beginKernel([g, swapped], shape, g.dtype);
          convolveTiles(blas, g, swapped, null, out, back, true);
          return out;
        });
      }
      return withContiguous([g, weight], ([gradient, weights]) => {
        const out = beginKernel([gradient, weights], shape, g.dtype);
        inputGradient(blas, gradient, weights, out, window);
        return out;
      });
    },

    conv2dWeightGradient(g, x, shape, window): NDArray {
      const pays = isFloat(g.dtype) && window.groups === 1 && g.size > 0;
      if (!pays) return wasm.conv2dWeightGradient(g, x, shape, window);
      return withContiguous([g], ([gradient]) => {
        const out = beginKernel([gradient, x], shape, g.dtype);
        weightGradient(blas, gradient, x, out, window);
        return out;
      });
    },
  };
}
