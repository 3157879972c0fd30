/**
 * The gradient of a convolution for its input, as convolutions with stride 1.
 *
 * Along one axis, element `v` of the input meets tap `i` of the result `y` where
 * `y · stride = v + padding - i · dilation`. So inputs with the same remainder modulo the stride, a
 * phase, meet the same taps; and going to the next input of the phase goes to the next result.
 *
 * @module
 */

import type { Span } from "../../../storage/views.ts";

/** The inputs of one axis with one remainder, and the taps that meet them. */
export interface Phase {
  /** Index of the first input. */
  readonly first: number;
  /** Number of inputs. */
  readonly count: number;
  /** The taps, evenly spaced. */
  readonly taps: Span;
  /** For each tap: the result that the first input meets; may be outside. */
  readonly results: readonly number[];
}

/** The phases of an axis of `size` inputs. */
export function phasesOf(
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): Phase[] {
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
