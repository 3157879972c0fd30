/**
 * The gradient of a convolution for its input: for each phase, a convolution of the gradient of the
 * result, with the taps of the phase as weights.
 *
 * @module
 */

import type { FloatDType } from "../../../dtype.ts";
import type { NDArray } from "../../../storage/ndarray.ts";
import { viewPermute, viewSlice } from "../../../storage/views.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";
import type { Convolution, Pair } from "../../kernels.ts";
import type { Exports } from "../assembler/assembler.ts";
import { clear, clearKernel } from "./clear.ts";
import { packWeights } from "./conv_forward.ts";
import { convolutionKernels, convolveScratch } from "./conv_kernels.ts";
import { Tiles } from "./conv_tiles.ts";
import { FLOAT_LANES } from "../simd/float_lanes.ts";
import { ImageLayout } from "./image.ts";
import { type Phase, phasesOf } from "./phases.ts";
import { forEachGroup, portionsOf } from "./portions.ts";
import { Scratch } from "./scratch.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";

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
export function inputGradient(
  g: NDArray,
  weight: NDArray,
  out: NDArray,
  window: Convolution,
  dtype: FloatDType,
): void {
  const kernels = convolutionKernels(dtype);
  const { bytes } = FLOAT_LANES[dtype];
  const [batch, channels, height, width] = out.shape;
  const phases = ([0, 1] as const).map((axis) =>
    phasesOf(
      out.shape[2 + axis],
      window.kernel[axis],
      window.stride[axis],
      window.padding[axis],
      window.dilation[axis],
    )
  );
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
            ...[kernels.convolve, count, taps, row.count, column.count] as const,
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
  scratch.dispose();
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
