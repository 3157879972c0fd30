/**
 * Places outside of an image count as zeros, and 0 · NaN is NaN, on all backends.
 *
 * @module
 */

import { type DType, Generator, noGrad, ones, rand, tensor } from "../../mod.ts";
import { kernelNames, setKernels } from "../support/kernels.ts";
import * as F from "../../src/nn/functional.ts";
import type { ConvOptions } from "../../src/nn/mod.ts";
import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";

interface Case {
  readonly dtype: DType;
  readonly image: readonly number[];
  readonly kernel: readonly number[];
  readonly options: ConvOptions;
}

const CASES: Case[] = [];
for (const dtype of ["float32", "float64"] as const) {
  for (const image of [[1, 2, 5, 6]]) {
    for (const [out, size] of [[8, 3], [1, 5], [2, 2]]) {
      for (const padding of [0, 1, 2]) {
        for (const stride of [1, 2]) {
          for (const dilation of [1, 2]) {
            if (dilation * (size - 1) + 1 > 5 + 2 * padding) continue;
            const options = { padding, stride, dilation };
            CASES.push({ dtype, image, kernel: [out, image[1], size, size], options });
          }
        }
      }
    }
  }
}

/** The places of NaN in the result and both gradients, if there is one in an operand or in g. */
function spread({ dtype, image, kernel, options }: Case, spoiled: number): string[] {
  const generator = new Generator(0);
  const [x, weight] = [image, kernel].map((shape) => rand(shape, { dtype, generator }));
  const spoil = (i: number, y: { set: typeof x.set }) => {
    if (i === spoiled) noGrad(() => y.set([0, 0, 0, 0], NaN));
  };
  [x, weight].forEach((y, i) => spoil(i, y));
  const y = F.conv2d(x.requiresGrad_(), weight.requiresGrad_(), options);
  const g = ones(y.shape, { dtype });
  spoil(2, g);
  y.backward(g);
  return [y, x.grad!, weight.grad!].map((part) => part.isnan().data.join(""));
}

test("a NaN spreads over the border in the same way on all backends", () => {
  const [fastest, ...others] = kernelNames();
  try {
    for (const one of CASES) {
      for (const spoiled of [0, 1, 2]) {
        setKernels(fastest);
        const expected = spread(one, spoiled);
        for (const kernels of others) {
          setKernels(kernels);
          assertEquals(spread(one, spoiled), expected, JSON.stringify([one, spoiled]));
        }
      }
    }
  } finally {
    setKernels(fastest);
  }
});

test("a weight of NaN makes all of a padded result NaN, as in PyTorch", () => {
  const weight = tensor([[[[NaN, 0, 0], [0, 1, 0], [0, 0, 0]]]]);
  for (const kernels of kernelNames()) {
    setKernels(kernels);
    const y = F.conv2d(ones([1, 1, 4, 4]), weight, { padding: 1 });
    assert(y.isnan().all().item());
  }
  setKernels(kernelNames()[0]);
});
