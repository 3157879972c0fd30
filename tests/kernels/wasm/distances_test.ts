/** Distances, and sums of differences, of every size. */

import { assert } from "@std/assert";
import { test } from "node:test";
import { cdist, tensor } from "../../../mod.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import { viewExpand, viewPermute } from "../../../src/storage/views.ts";
import { assertClose, list, noise } from "../arrays.ts";

test("distances and weighted differences are the reference's", () => {
  for (const dtype of ["float32", "float64"] as const) {
    const tolerance = dtype === "float32" ? 2e-6 : 2e-14;
    for (
      const [m, n, d] of [[1, 1, 1], [3, 4, 5], [2, 9, 4], [5, 7, 19], [2, 300, 33], [4, 3, 300]]
    ) {
      const a = viewPermute(noise([2, d, m], dtype), [0, 2, 1]);
      const b = viewExpand(noise([1, n, d], dtype), [2, n, d]);
      const w = noise([2, m, n], dtype);
      const what = `${dtype} ${m} ${n} ${d}`;
      assertClose(list(wasm.distances(a, b)), list(reference.distances(a, b)), tolerance * d, what);
      const [fast, slow] = [wasm, reference].map((k) => list(k.weightedDifferences(w, a, b)));
      assertClose(fast, slow, tolerance * n, what);
    }
  }
});

test("distances of near points keep their digits, and so do their gradients", () => {
  const a = tensor([[1000, 2000], [1000.0625, 2000]], { requiresGrad: true });
  const y = cdist(a, a.detach());
  assert(y.at(0, 1).item() === 0.0625);
  y.sum().backward();
  assert(a.grad!.at(0, 0).item() === -1 && a.grad!.at(1, 0).item() === 1);
});
