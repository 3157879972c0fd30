/** Kernels leave nothing in the arena but their results, also where they copy and pack. */

import { test } from "node:test";
import { assertStrictEquals } from "@std/assert";
import { backends } from "../support/kernels.ts";
import { CALLS, storagesLeft } from "./calls.ts";

for (const kernels of backends) {
  for (const [name, call] of Object.entries(CALLS)) {
    test(`${name} on ${kernels.name} leaves nothing but its results`, () => {
      const { made, results } = storagesLeft(call, kernels);
      assertStrictEquals(made, results);
    });
  }
}
