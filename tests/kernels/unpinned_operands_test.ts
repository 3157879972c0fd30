/**
 * Every kernel unpins the operands of the kernel before it, which may fill the memory, and finds its own.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { backends } from "../support/kernels.ts";
import { arena } from "../../src/storage/arena.ts";
import { list } from "./arrays.ts";
import { CALLS } from "./calls.ts";
import { withLimit } from "../storage/limit.ts";

const ROOM = 2 ** 23;

for (const kernels of backends) {
  for (const [name, call] of Object.entries(CALLS)) {
    test(`${name} on ${kernels.name} finds room where another kernel has been`, () => {
      const elements = () => call(kernels).map((result) => list(result).join());
      const expected = elements();
      withLimit(ROOM, () => {
        arena.begin();
        const whole = arena.allocate(ROOM);
        assertEquals(elements(), expected);
        arena.free(whole, "disposed");
      });
    });
  }
}
