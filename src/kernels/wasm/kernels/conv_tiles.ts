/**
 * Convolutions by transformed tiles (see `winograd.ts`), where that is faster.
 *
 * @module
 */

import type { FloatDType } from "../../../dtype.ts";
import type { Convolution } from "../../kernels.ts";
import type { ImageLayout } from "./image.ts";
import { LEAST_COLUMNS, PRODUCTS, winogradScratch } from "./winograd.ts";
import type { Exports } from "../threads/instances.ts";
import type { Call } from "../threads/pool.ts";

/** With fewer channels on either side, transforms take as long as they save. */
const LEAST_CHANNELS = 8;

/** Elements of a window. */
const TAPS = 9;

/** Channels of a group, of the image and of the result, and the columns of the result. */
export interface Sizes {
  readonly from: number;
  readonly to: number;
  readonly columns: number;
}

/** Some channels of a result, and where they are. */
export interface Place {
  /** The first channel, and how many. */
  readonly start: number;
  readonly count: number;
  readonly lines: number;
  /** Addresses of the image, of the result, of the bias or 0, and of scratch memory. */
  readonly image: number;
  readonly out: number;
  readonly bias: number;
  readonly scratch: number;
}

/** The weights of a convolution, transformed if that pays. */
export class Tiles {
  /** Bytes for the transformed weights. */
  readonly weightBytes: number;
  /** Bytes of scratch memory for each thread. */
  readonly threadBytes: number;
  /** Bytes that must be readable behind an image: tiles may reach beyond it by a row. */
  readonly imageBytes: number;
  readonly #sizes: Sizes;
  readonly #layout: ImageLayout;
  /** Bytes of the weights before they are transformed, by taps: from one product to the next. */
  readonly #step: number;
  /** Where they are; 0 if they are not to be used. */
  #weights = 0;

  /** @param count the number of weights */
  constructor(
    dtype: FloatDType,
    window: Convolution,
    sizes: Sizes,
    layout: ImageLayout,
    count: number,
  ) {
    const pays = isThreeByThree(window) && dtype === "float32" &&
      Math.min(sizes.from, sizes.to) >= LEAST_CHANNELS && sizes.columns >= LEAST_COLUMNS;
    this.#sizes = sizes;
    this.#layout = layout;
    this.#step = 4 * count / TAPS;
    this.weightBytes = pays ? PRODUCTS * this.#step : 0;
    this.threadBytes = pays ? winogradScratch(sizes.to, sizes.from, sizes.columns) : 0;
    this.imageBytes = pays ? layout.rowStep : 0;
  }

  /** Transforms the dense weights at `from`, turned by 180° if `isTurned`, to the address `to`. */
  transform({ winogradWeights }: Exports, from: number, to: number, isTurned: boolean): void {
    if (this.weightBytes === 0) return;
    const count = this.#step / 4;
    const areModest = winogradWeights(count, from, to, this.#step, Number(isTurned)) === 1;
    this.#weights = areModest ? to : 0;
  }

  /** Has a result computed, if tiles are used; returns the address of whether it was, or 0. */
  convolve(call: Call, { winograd }: Exports, place: Place): number {
    if (this.#weights === 0) return 0;
    const { start, count, lines, image, out, bias, scratch } = place;
    const { from, columns } = this.#sizes;
    const { planeStep, rowStep } = this.#layout;
    call(
      ...[winograd, count, from, lines, columns, this.#weights + start * from * 4] as const,
      ...[this.#step, image, planeStep, rowStep, out, lines * columns * 4, bias, scratch],
    );
    return scratch;
  }
}

/** Whether windows are of 3 × 3 neighbours, next to each other, with the usual borders at most. */
function isThreeByThree({ kernel, stride, dilation, padding }: Convolution): boolean {
  return kernel.every((size) => size === 3) && padding.every((size) => size <= 2) &&
    [...stride, ...dilation].every((step) => step === 1);
}
