/** Kernels leave nothing in the arena but their results, also where threads share the work. */

import { test } from "node:test";
import { assertStrictEquals } from "@std/assert";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import { useThreads } from "../../support/threads.ts";
import { CALLS, storagesLeft } from "../calls.ts";

for (const [name, call] of Object.entries(CALLS)) {
  test(`${name} leaves nothing but its results on 1 and 3 threads`, async () => {
    for (const threads of [1, 3]) {
      await useThreads(threads);
      const { made, results } = storagesLeft(call, wasm);
      assertStrictEquals(made, results, `on ${threads} threads`);
    }
  });
}
