/** Windows with sizes that make no sense are refused by name. */

import { test } from "node:test";
import assert from "node:assert/strict";
import type { Window } from "../../src/kernels/kernels.ts";
import { checkWindow } from "../../src/checks.ts";

const SHAPE = [1, 1, 5, 4];
const window: Window = { kernel: [2, 3], stride: [1, 2], padding: [0, 1], dilation: [2, 1] };

const WRONG: readonly (readonly [keyof Window, readonly number[], least: number])[] = [
  ["kernel", [0, 1], 1],
  ["stride", [1, 0], 1],
  ["padding", [-1, 0], 0],
  ["dilation", [1, 0], 1],
  ["dilation", [1.5, 1], 1],
  ["kernel", [2], 1],
];

test("sizes of a window are two whole numbers, each large enough", () => {
  checkWindow("pool", SHAPE, window);
  for (const [what, pair, least] of WRONG) {
    assert.throws(() => checkWindow("pool", SHAPE, { ...window, [what]: pair }), {
      name: "ValueError",
      message: `Cannot pool with ${what} [${pair.join(", ")}]: ` +
        `it must be two whole numbers, ${least} or more`,
    });
  }
});

test("a window may reach over the whole plane with its padding, and no further", () => {
  checkWindow("pool", SHAPE, { ...window, kernel: [3, 6] });
  assert.throws(() => checkWindow("pool", SHAPE, { ...window, kernel: [3, 7] }), {
    name: "ShapeError",
    message: /reaches over 7 elements, but axis 3 has 6 with its padding/,
  });
  assert.throws(() => checkWindow("pool", SHAPE, { ...window, kernel: [4, 6] }), {
    message: /reaches over 7 elements, but axis 2 has 5 with its padding/,
  });
});
