/**
 * Convolutions with windows of 3 × 3 by transformed tiles, whose products a library computes.
 *
 * The transforms are those of `../wasm/kernels/winograd.ts`, where the method is explained. The tiles
 * of several small images are multiplied together.
 *
 * @module
 */

import type { NDArray } from "../../storage/ndarray.ts";
import type { Convolution } from "../kernels.ts";
import { convolutionKernels } from "../wasm/kernels/conv_kernels.ts";
import { slidingLayout } from "../wasm/kernels/image.ts";
import { clearKernel } from "../wasm/kernels/layout.ts";
import { isThreeByThree, LEAST_COLUMNS, PRODUCTS } from "../wasm/kernels/winograd.ts";
import { copyVector, Scratch } from "../wasm/scratch.ts";
import { mostThreads, parallel, threadsFor } from "../wasm/threads/pool.ts";
import { type Blas, memoryBase } from "./blas.ts";
import { checkInside, NANOSECONDS } from "./matmul.ts";

/** Tiles that are multiplied at once: with what they become, they fit the second cache. */
const STRIP = 128;

/** With fewer channels on either side, transforms take as long as they save. */
const LEAST_CHANNELS = 16;

/** The way in which the tiles of a result `[n, m, height, columns]` are grouped. */
interface Groups {
  /** Images of a group. */
  readonly images: number;
  readonly count: number;
  /** Tiles of a line of an image, and lines of tiles that are taken at once. */
  readonly line: number;
  readonly lines: number;
  /** Estimated nanoseconds in all. */
  readonly work: number;
}

/** The groups of tiles for a result of shape `[batch, m, height, columns]`, from `k` channels. */
function groupsOf([batch, m, height, columns]: readonly number[], k: number): Groups {
  const [line, all] = [Math.ceil(columns / 2), Math.ceil(height / 2)];
  const images = Math.max(1, Math.min(batch, Math.floor(STRIP / (line * all))));
  const lines = Math.min(all, Math.max(1, Math.floor(STRIP / line)));
  const work = batch * m * k * PRODUCTS * line * all * NANOSECONDS.float32;
  return { images, count: Math.ceil(batch / images), line, lines, work };
}

/** True if tiles save time, for operands without elements as large as 2⁵⁰. */
export function tilesPay(x: NDArray, window: Convolution, shape: readonly number[]): boolean {
  const { count, work } = groupsOf(shape, x.shape[1]);
  return x.dtype === "float32" && isThreeByThree(window) && shape[3] >= LEAST_COLUMNS &&
    Math.min(x.shape[1], shape[1]) >= LEAST_CHANNELS && count >= mostThreads(work);
}

/** Writes the convolution of `x` with the dense `weight`, turned by 180° if `isTurned`, and `bias`. */
export function convolveTiles(
  blas: Blas,
  x: NDArray,
  weight: NDArray,
  bias: NDArray | null,
  out: NDArray,
  window: Convolution,
  isTurned: boolean,
): void {
  checkInside(weight);
  const [batch, m, height, columns] = out.shape;
  const k = x.shape[1];
  const { images, count, line, lines, work } = groupsOf(out.shape, k);
  const layout = slidingLayout(x, window, 4);
  // Whole vectors, and one that keeps rows from falling into the same lines of the cache.
  const step = (Math.ceil(images * lines * line / 4) + 1) * 16;
  const threads = blas.isSingleThreaded ? threadsFor(work) : 1;
  const imageBytes = Math.ceil((layout.bytes + layout.rowStep) / 64) * 64;
  const scratch = new Scratch(
    ...[PRODUCTS * weight.size / 9 * 4, bias === null ? 0 : m * 4],
    ...new Array<number>(threads).fill(images * imageBytes),
    ...new Array<number>(threads).fill(PRODUCTS * k * step),
    ...new Array<number>(threads).fill(PRODUCTS * m * step),
  );
  const [weights, biasAt, ...own] = scratch.at;
  const kernels = convolutionKernels("float32");
  kernels.winogradWeights(m * k, weight.ptr, weights, m * k * 4, Number(isTurned));
  if (bias !== null) copyVector(bias, biasAt);
  const gemm = blas.gemm.float32;
  const [high, low] = memoryBase();
  const { planeStep, rowStep } = layout;
  const plane = height * columns * 4;
  parallel(threads, count, (first, last, call, thread) => {
    const [image, tiles, sums] = [0, 1, 2].map((i) => own[i * threads + thread]);
    call(clearKernel(), image, images * imageBytes);
    for (let group = first; group < last; group++) {
      const from = group * images;
      const here = Math.min(images, batch - from);
      for (let i = 0; i < here; i++) {
        layout.fill(call, kernels.copyBlock, x, from + i, image + i * imageBytes);
      }
      for (let y = 0; 2 * y < height; y += lines) {
        const some = Math.min(lines, Math.ceil(height / 2) - y);
        const size = some * line;
        for (let i = 0; i < here; i++) {
          const at = image + i * imageBytes + 2 * y * rowStep;
          const to = tiles + i * size * 4;
          call(kernels.winogradImage, k, some, line, at, planeStep, rowStep, to, step);
        }
        for (let product = 0; product < PRODUCTS; product++) {
          const operands = [weights + product * m * k * 4, k, tiles + product * k * step] as const;
          const target = [step / 4, sums + product * step, PRODUCTS * step / 4] as const;
          call(gemm, 0, m, k, here * size, ...operands, ...target, high, low);
        }
        for (let i = 0; i < here; i++) {
          const rows = Math.min(2 * some, height - 2 * y);
          const to = out.ptr + (from + i) * m * plane + 2 * y * columns * 4;
          const sum = sums + i * size * 4;
          call(
            kernels.winogradResult,
            m,
            rows,
            columns,
            sum,
            step,
            to,
            plane,
            biasAt * Number(bias !== null),
          );
        }
      }
    }
  });
  scratch.free();
}
