// Written by `deno task book`: the code of 10_convolution.md.

import { make, type NumberArray } from "./array.ts";

/** Slides `kernel` over `image`, and returns the sum of products at each place. */
export function convolve(image: NumberArray, kernel: NumberArray): NumberArray {
  const [[height, width], [high, wide]] = [image.shape, kernel.shape];
  const out = make([height - high + 1, width - wide + 1], () => 0);
  for (let row = 0; row < out.shape[0]; row++) {
    for (let column = 0; column < out.shape[1]; column++) {
      let sum = 0;
      for (let i = 0; i < high; i++) {
        for (let j = 0; j < wide; j++) {
          sum += image.data[(row + i) * width + column + j] * kernel.data[i * wide + j];
        }
      }
      out.data[row * out.shape[1] + column] = sum;
    }
  }
  return out;
}
