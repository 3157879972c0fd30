/** The transformer of the example: ten steps from the same weights have the losses of PyTorch. */

import { assert } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  CharTransformer,
  type CharTransformerOptions,
  lossOf,
} from "../../examples/char_transformer.ts";
import { setDefaultDtype, tensor } from "../../mod.ts";
import { kernelNames, setKernels } from "../support/kernels.ts";
import { type AdamOptions, AdamW } from "../../src/optim/mod.ts";

interface Fixture {
  readonly sizes: CharTransformerOptions;
  readonly optimizer: AdamOptions;
  readonly weights: Record<string, { readonly shape: number[]; readonly data: number[] }>;
  readonly batches: readonly number[][][];
  readonly losses: readonly number[];
}

const path = new URL("../fixtures/char_transformer.json", import.meta.url);
const fixture: Fixture = JSON.parse(readFileSync(path, "utf8"));

/** The losses of the steps, in float64. */
function train(): number[] {
  const model = new CharTransformer(fixture.sizes);
  const weights = Object.entries(fixture.weights).map(([name, { shape, data }]) =>
    [name, tensor(data).reshape(shape)] as const
  );
  model.loadStateDict(new Map(weights));
  const optimizer = new AdamW(model.parameters(), fixture.optimizer);
  return fixture.batches.map((batch) => {
    optimizer.zeroGrad();
    const loss = lossOf(model, tensor(batch, { dtype: "int32" }));
    loss.backward();
    optimizer.step();
    return loss.item();
  });
}

for (const kernels of kernelNames()) {
  test(`the character transformer trains as in PyTorch, on ${kernels}`, () => {
    setKernels(kernels);
    setDefaultDtype("float64");
    try {
      train().forEach((loss, step) => {
        const error = Math.abs(loss / fixture.losses[step] - 1);
        assert(error < 1e-9, `step ${step}: ${loss}, expected ${fixture.losses[step]}`);
      });
    } finally {
      setDefaultDtype("float32");
      setKernels(kernelNames()[0]);
    }
  });
}
