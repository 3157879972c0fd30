/** Every kernel of every backend computes what the reference does, also from strided operands. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { reference } from "../../src/kernels/reference/mod.ts";
import { backends } from "../support/kernels.ts";
import { assertClose, list } from "./arrays.ts";
import { CALLS } from "./calls.ts";

// The signs of singular vectors are free.
const { svd: _, ...calls } = CALLS;

for (const [name, call] of Object.entries(calls)) {
  test(`${name} agrees with the reference`, () => {
    const expected = call(reference);
    for (const kernels of backends) {
      call(kernels).forEach((result, i) => {
        assertEquals(result.shape, expected[i].shape);
        assertClose(list(result), list(expected[i]), 2e-5, `${kernels.name} ${i}`);
      });
    }
  });
}
