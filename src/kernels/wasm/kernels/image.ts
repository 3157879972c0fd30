/**
 * The layout of images for convolution: with a border of zeros, and columns sorted by the stride.
 *
 * With a stride of 2, the elements under one tap of the window are every second of a row. Here a row
 * holds its even columns first and its odd ones after them, so that they become neighbours.
 *
 * @module
 */

import type { Pair, Window } from "../../kernels.ts";
import type { Kernel } from "../threads/instances.ts";
import type { Call } from "../threads/pool.ts";
import type { NDArray } from "../../../storage/ndarray.ts";

/** Kernels may read this many bytes beyond the last row, and ignore them. */
const SLACK = 64;

/** Places of the elements of an image. */
export interface Layout {
  /** Bytes of scratch memory for an image. */
  readonly bytes: number;
  /** Bytes from plane to plane. */
  readonly planeStep: number;
  /** Bytes from row to row. */
  readonly rowStep: number;
  /** Bytes from the start of a plane to the element at `row` and `column`, border included. */
  place(row: number, column: number): number;
  /** Lays out image `index` of `x [n, c, h, w]`, in scratch memory at `to`; returns its address. */
  fill(call: Call, copyBlock: Kernel, x: NDArray, index: number, to: number): number;
}

/** Images without a border are read where they are. */
export class InPlaceLayout implements Layout {
  readonly bytes = 0;
  readonly planeStep: number;
  readonly rowStep: number;
  readonly #element: number;

  constructor(x: NDArray, element: number) {
    [this.planeStep, this.rowStep] = [x.strides[1] * element, x.strides[2] * element];
    this.#element = element;
  }

  place(row: number, column: number): number {
    return row * this.rowStep + column * this.#element;
  }

  fill(_call: Call, _copyBlock: Kernel, x: NDArray, index: number): number {
    return x.ptr + index * x.strides[0] * this.#element;
  }
}

/** The layout of the planes of one image in scratch memory. */
export class ImageLayout implements Layout {
  readonly bytes: number;
  readonly planeStep: number;
  readonly rowStep: number;
  readonly #element: number;
  readonly #origin: Pair;
  readonly #stride: number;
  /** Bytes of the columns with one remainder. */
  readonly #part: number;

  /**
   * @param planes number of planes
   * @param size height and width, with the border
   * @param origin row and column of the first element inside of the border
   * @param stride distance between the columns that become neighbours
   * @param element bytes of an element
   */
  constructor(planes: number, size: Pair, origin: Pair, stride: number, element: number) {
    this.#element = element;
    this.#origin = origin;
    this.#stride = stride;
    this.#part = Math.ceil(size[1] / stride) * element;
    this.rowStep = stride * this.#part;
    this.planeStep = size[0] * this.rowStep;
    this.bytes = planes * this.planeStep + SLACK;
  }

  place(row: number, column: number): number {
    const index = Math.floor(column / this.#stride);
    return row * this.rowStep + (column % this.#stride) * this.#part + index * this.#element;
  }

  /** Bytes from the start of a plane to the element at `row` and `column`, counted from the origin. */
  inside(row: number, column: number): number {
    return this.place(this.#origin[0] + row, this.#origin[1] + column);
  }

  /** Copies the image to `to`, where the border is 0 already. */
  fill(call: Call, copyBlock: Kernel, x: NDArray, index: number, to: number): number {
    const [, planes, rows, columns] = x.shape;
    const [imageStep, planeStep, rowStep, columnStep] = x.strides.map((s) => s * this.#element);
    const from = x.ptr + index * imageStep;
    const stride = this.#stride;
    for (let first = 0; first < Math.min(stride, columns); first++) {
      const count = Math.ceil((columns - first) / stride);
      const steps = [planeStep, rowStep, stride * columnStep] as const;
      const start = to + this.inside(0, first);
      call(
        ...[copyBlock, planes, rows, count, from + first * columnStep, ...steps] as const,
        ...[start, this.planeStep, this.rowStep, this.#element],
      );
    }
    return to;
  }
}

/** The layout of the images that `window` slides over. */
export function slidingLayout(x: NDArray, window: Window, bytes: number): ImageLayout {
  const [top, left] = window.padding;
  const size: Pair = [x.shape[2] + 2 * top, x.shape[3] + 2 * left];
  return new ImageLayout(x.shape[1], size, window.padding, window.stride[1], bytes);
}

/** Offsets of the taps of `window` over `channels` planes, in the order of the weight. */
export function tapTable(layout: Layout, channels: number, window: Window): Int32Array {
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
