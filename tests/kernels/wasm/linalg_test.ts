/** Factorizations of larger matrices agree with the definitions. */

import { test } from "node:test";
import type { Kernels } from "../../../src/kernels/kernels.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import type { NDArray } from "../../../src/storage/ndarray.ts";
import { viewPermute } from "../../../src/storage/views.ts";
import { assertClose, list, noise } from "../arrays.ts";

function check(call: (k: Kernels) => NDArray, what: string): void {
  const [fast, slow] = [list(call(wasm)), list(call(reference))];
  const size = Math.max(...slow.map(Math.abs));
  assertClose(fast.map((x) => x / size), slow.map((x) => x / size), 1e-11, what);
}

test("factorizations agree with the reference for every size", () => {
  for (const n of [11, 12, 13, 14, 15, 16, 37, 64]) {
    const x = noise([2, n, n], "float64");
    for (const a of [x, viewPermute(x, [0, 2, 1])]) {
      check((k) => k.determinant(a), `determinant ${n}`);
      check((k) => k.logDeterminant(a), `logDeterminant ${n}`);
      check((k) => k.cofactors(a), `cofactors ${n}`);
      check((k) => k.qr(a), `qr ${n}`);
      for (const columns of [1, 2, 5]) {
        const b = noise([2, n, columns], "float64");
        check((k) => k.solve(a, b), `solve ${n} by ${columns}`);
      }
    }
    const tall = noise([n + 7, n], "float64");
    check((k) => k.qr(tall), `qr of ${n + 7} rows`);
  }
});
