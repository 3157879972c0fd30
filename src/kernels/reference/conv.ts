/**
 * Two-dimensional cross-correlation and its two gradients.
 *
 * All three run over the same terms `output[b, o, y, x] += input[b, c, v, u] · weight[o, c', i, j]`
 * with `v = y · stride - padding + i · dilation` (and `u` alike); they differ in which of the three
 * arrays is the sum. What lies outside of the other two counts as zeros, also beside NaN and ∞, whose
 * products with 0 are NaN.
 *
 * @module
 */

import type { TypedArray } from "../../dtype.ts";
import type { Convolution, Kernels } from "../kernels.ts";
import { outputSize } from "../window.ts";
import type { Shape } from "../../shape.ts";
import { beginKernel, type NDArray } from "../../storage/ndarray.ts";

/** The reference convolutions. */
export const convolutions: Pick<
  Kernels,
  "conv2d" | "conv2dInputGradient" | "conv2dWeightGradient"
> = {
  conv2d(x, weight, bias, window): NDArray {
    const [height, width] = outputSize(x.shape, window);
    const out = beginKernel(
      [x, weight, bias],
      [x.shape[0], weight.shape[0], height, width],
      x.dtype,
    );
    const sums = new Float64Array(out.size);
    if (bias !== null) {
      const values = bias.whole();
      const plane = height * width;
      for (let i = 0; i < sums.length; i++) {
        const channel = Math.floor(i / plane) % weight.shape[0];
        sums[i] = values[bias.offset + channel * bias.strides[0]];
      }
    }
    const inX = x.whole();
    const inWeight = weight.whole();
    eachTerm(out, x, weight, window, (o, i, w) => {
      if (o !== null) sums[o] += valueAt(inX, i) * inWeight[w];
    });
    out.values().set(sums);
    return out;
  },

  conv2dInputGradient(g, weight, shape, window): NDArray {
    const out = beginKernel([g, weight], shape, g.dtype);
    const sums = new Float64Array(out.size);
    const inG = g.whole();
    const inWeight = weight.whole();
    eachTerm(g, out, weight, window, (o, i, w) => {
      if (i !== null) sums[i] += valueAt(inG, o) * inWeight[w];
    });
    out.values().set(sums);
    return out;
  },

  conv2dWeightGradient(g, x, shape, window): NDArray {
    const out = beginKernel([g, x], shape, g.dtype);
    const sums = new Float64Array(out.size);
    const inG = g.whole();
    const inX = x.whole();
    eachTerm(g, x, out, window, (o, i, w) => {
      if (o !== null) sums[w] += inG[o] * valueAt(inX, i);
    });
    out.values().set(sums);
    return out;
  },
};

/** Places in the storages of the output, the input and the weight that belong to one term. */
type Term = (output: Place, input: Place, weight: number) => void;

/** A place in a storage; `null` outside of a plane. */
type Place = number | null;

function valueAt(values: TypedArray, place: Place): number {
  return place === null ? 0 : values[place];
}

/** Visits all terms of a convolution. */
function eachTerm(
  output: NDArray,
  input: NDArray,
  weight: NDArray,
  window: Convolution,
  visit: Term,
): void {
  const [batch, outChannels] = output.shape;
  const [, inChannels] = weight.shape;
  const outPerGroup = outChannels / window.groups;
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outChannels; o++) {
      const firstChannel = Math.floor(o / outPerGroup) * inChannels;
      for (let c = 0; c < inChannels; c++) {
        eachPlaneTerm(
          plane(output, b, o),
          plane(input, b, firstChannel + c),
          plane(weight, o, c),
          window,
          visit,
        );
      }
    }
  }
}

/** One plane of a 4-d array: where it starts, its two sizes and its two strides. */
interface Plane {
  readonly start: number;
  readonly sizes: Shape;
  readonly strides: Shape;
}

function plane(x: NDArray, i: number, j: number): Plane {
  const start = x.offset + i * x.strides[0] + j * x.strides[1];
  return { start, sizes: x.shape.slice(2), strides: x.strides.slice(2) };
}

function eachPlaneTerm(
  output: Plane,
  input: Plane,
  weight: Plane,
  { stride, padding, dilation }: Convolution,
  visit: Term,
): void {
  // Windows beside the output reach into the input, too.
  const [above, left] = [0, 1].map((axis) => weight.sizes[axis] * dilation[axis]);
  for (let y = -above; y < output.sizes[0] + above; y++) {
    for (let x = -left; x < output.sizes[1] + left; x++) {
      const to = place(output, y, x);
      for (let i = 0; i < weight.sizes[0]; i++) {
        for (let j = 0; j < weight.sizes[1]; j++) {
          const v = y * stride[0] - padding[0] + i * dilation[0];
          const u = x * stride[1] - padding[1] + j * dilation[1];
          visit(to, place(input, v, u), place(weight, i, j)!);
        }
      }
    }
  }
}

function place({ start, sizes, strides }: Plane, y: number, x: number): Place {
  const isInside = y >= 0 && y < sizes[0] && x >= 0 && x < sizes[1];
  return isInside ? start + y * strides[0] + x * strides[1] : null;
}
