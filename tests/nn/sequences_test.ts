import assert from "node:assert/strict";
import { test } from "node:test";
import { ShapeError, type Tensor, tensor, ValueError, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { DataLoader } from "../../src/utils/data/mod.ts";

test("sequences of several lengths become one tensor, as in PyTorch", () => {
  const sequences = [tensor([[1, 2], [3, 4]]), tensor([[5, 6]]), zeros([0, 2])];
  const y = nn.padSequence(sequences, { paddingValue: 9 });
  assert.deepEqual(y.toArray(), [[[1, 2], [5, 6], [9, 9]], [[3, 4], [9, 9], [9, 9]]]);
  const int = (values: number[]) => tensor(values, { dtype: "int32" });
  const rows = nn.padSequence([int([1, 2, 3]), int([4])], { batchFirst: true });
  assert.deepEqual(rows.toArray(), [[1, 2, 3], [4, 0, 0]]);
  assert.equal(rows.dtype, "int32");
});

test("gradients flow back to each sequence, and not into the padding", () => {
  const [a, b] = [tensor([1, 2, 3]).requiresGrad_(), tensor([4]).requiresGrad_()];
  nn.padSequence([a, b]).mul(tensor([[1, 10], [2, 20], [3, 30]])).sum().backward();
  assert.deepEqual(a.grad!.toArray(), [1, 2, 3]);
  assert.deepEqual(b.grad!.toArray(), [10]);
});

test("a loader collates texts with it", () => {
  const texts = ["deep", "net", "a"];
  const dataset = {
    length: texts.length,
    get: (i: number) => tensor(Int32Array.from(texts[i], (c) => c.charCodeAt(0) - 96)),
  };
  const loader = new DataLoader(dataset, {
    batchSize: 2,
    collate: (samples: Tensor[]) => nn.padSequence(samples, { batchFirst: true }),
  });
  const batches = Array.from(loader, (batch) => batch.toArray());
  assert.deepEqual(batches, [[[4, 5, 5, 16], [14, 5, 20, 0]], [[1]]]);
});

test("sequences that do not fit together are refused", () => {
  assert.throws(() => nn.padSequence([]), {
    name: ValueError.name,
    message: "Cannot pad no sequences: give at least one",
  });
  const message = "only the first size, the length, may differ";
  assert.throws(() => nn.padSequence([zeros([2, 3]), zeros([2, 4])]), {
    name: ShapeError.name,
    message: `Cannot pad sequences of shapes [2, 3] and [2, 4]: ${message}`,
  });
  assert.throws(() => nn.padSequence([tensor(1), tensor(2)]), {
    name: ShapeError.name,
    message: `Cannot pad sequences of shapes [] and []: ${message}`,
  });
});
