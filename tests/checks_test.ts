/** Arguments are refused exactly where they stop making sense, and errors name the way out. */

import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { DTypeError, ShapeError, ValueError } from "../mod.ts";
import {
  checkElements,
  checkHasAxes,
  checkIndexShape,
  checkIndices,
  checkInPlaceDtype,
  checkPool,
  checkShape,
  checkWhole,
  normalizeAxes,
  normalizeAxis,
  readOptions,
  REQUIRED,
} from "../src/checks.ts";
import { assertSame, assertThrowsMessage } from "./support/assert.ts";

interface Options {
  readonly axis?: number;
  readonly keepDims?: boolean;
  readonly labelSmoothing?: number;
}

const DEFAULTS = { axis: 1, keepDims: false, labelSmoothing: 0 };

/** Reads options of a program without types. */
function read(options: unknown): Readonly<Record<string, unknown>> {
  return readOptions<Options, typeof DEFAULTS>("sum", options as Options, DEFAULTS);
}

test("options that are left out, or undefined, have their defaults", () => {
  assertSame(read(undefined), DEFAULTS);
  assertSame(read({ axis: undefined, keepDims: true }), { ...DEFAULTS, keepDims: true });
});

test("an option without a default must be given", () => {
  const defaults = { ...DEFAULTS, axis: REQUIRED };
  assertEquals(readOptions<Options, typeof defaults>("sum", { axis: 2 }, defaults).axis, 2);
  for (const options of [undefined, {}, { axis: undefined }]) {
    assertThrowsMessage(
      () => readOptions<Options, typeof defaults>("sum", options, defaults),
      ValueError,
      'Cannot call sum() without "axis": pass it as an option',
    );
  }
});

test("an unknown option is refused with the name that was meant", () => {
  const meant: readonly (readonly [given: string, name: string])[] = [
    ["dim", "axis"],
    ["keepdim", "keepDims"],
    ["keep_dims", "keepDims"],
    ["KeepDims", "keepDims"],
    ["label_smoothing", "labelSmoothing"],
    ["labelSmothing", "labelSmoothing"],
    ["axs", "axis"],
  ];
  for (const [given, name] of meant) {
    assertThrowsMessage(
      () => read({ [given]: 1 }),
      ValueError,
      `Cannot call sum() with option "${given}": its name is "${name}" here`,
    );
  }
  assertThrowsMessage(
    () => read({ bogus: 1 }),
    Error,
    'Cannot call sum() with option "bogus": it takes "axis", "keepDims", "labelSmoothing"',
  );
});

test("options are an object", () => {
  for (const [options, type] of [[1, "number"], [null, "null"], [[0], "array"]] as const) {
    assertThrowsMessage(
      () => read(options),
      ValueError,
      `Cannot call sum() with options of type ${type}: pass an object that names them, such as ` +
        "{ axis: … }",
    );
  }
});

test("numbers are whole, and not below their least value", () => {
  checkWhole("split", 1, 1);
  checkWhole("roll", -3);
  const message = "Cannot split: use a whole number, 1 or more";
  for (const wrong of [0, 1.5, NaN, Infinity]) {
    assertThrowsMessage(() => checkWhole("split", wrong, 1), ValueError, message);
  }
  assertThrowsMessage(() => checkWhole("roll", 0.5), Error, "Cannot roll: use a whole number");
});

test("sizes are whole numbers, 0 or more, and their product is exact", () => {
  checkShape([0, 3], "make");
  checkShape([2 ** 53 - 1], "make");
  for (const wrong of [[-1], [1.5], [2 ** 53], [2 ** 27, 2 ** 26]]) {
    assertThrows(() => checkShape(wrong, "make"), ShapeError);
  }
});

test("axes count from either end, and each is named once", () => {
  assertSame([0, 2, -1, -3].map((axis) => normalizeAxis(axis, [4, 5, 6], "sum")), [
    0,
    2,
    2,
    0,
  ]);
  for (const wrong of [3, -4, 0.5]) {
    assertThrowsMessage(
      () => normalizeAxis(wrong, [4, 5, 6], "sum"),
      ShapeError,
      `Cannot sum over axis ${wrong} of shape [4, 5, 6]: axes go from -3 to 2`,
    );
  }
  assertSame(normalizeAxes([-1, 0], [4, 5, 6], "sum"), [0, 2]);
  assertSame(normalizeAxes(undefined, [4, 5], "sum"), [0, 1]);
  assertThrows(() => normalizeAxes([1, -1], [4, 5], "sum"), Error, "axis 1 is named twice");
});

test("a scalar has one axis of size 1 for reductions, and none for what needs one", () => {
  assertSame([normalizeAxis(-1, [], "sum"), normalizeAxes(0, [], "sum")], [0, []]);
  assertThrowsMessage(
    () => checkHasAxes("unbind", []),
    Error,
    "Cannot unbind a scalar: it has no axes; reshape it to [1]",
  );
  checkHasAxes("unbind", [0]);
});

test("extremes need elements along their axes, and not along the others", () => {
  checkElements("take amax", [0, 2], [1]);
  assertThrowsMessage(
    () => checkElements("take amax", [2, 0], [0, 1]),
    Error,
    "Cannot take amax of shape [2, 0] over axis 1: the axis is empty; check for that first",
  );
});

test("an index has as many axes as the tensor, and only its own may be longer", () => {
  checkIndexShape("gather", [2, 9], [2, 3], 1);
  for (const wrong of [[3, 3], [2], [2, 3, 1]]) {
    assertThrows(() => checkIndexShape("gather", wrong, [2, 3], 1), ShapeError);
  }
  checkIndices("gather", [0, 2], [2, 3], 1);
  for (const wrong of [-1, 3]) {
    assertThrowsMessage(
      () => checkIndices("gather", [0, wrong], [2, 3], 1),
      ShapeError,
      `Cannot gather index ${wrong} from axis 1 of shape [2, 3]: indices go from 0 to 2`,
    );
  }
});

test("a write in place keeps the kind of numbers, and may change their width", () => {
  checkInPlaceDtype("add", "float64", "float32");
  checkInPlaceDtype("add", "bool", "uint8");
  for (const [dtype, out] of [["float32", "int32"], ["uint8", "bool"]] as const) {
    assertThrows(() => checkInPlaceDtype("add", dtype, out), DTypeError);
  }
});

const SHAPE = [1, 1, 5, 4];
const window = {
  kernelSize: [2, 3],
  stride: [1, 2],
  padding: [0, 1],
  dilation: [2, 1],
  ceilMode: false,
};

const WRONG: readonly (readonly [keyof typeof window, sizes: unknown, least: number])[] = [
  ["kernelSize", [0, 1], 1],
  ["stride", [1, 0], 1],
  ["padding", [-1, 0], 0],
  ["dilation", [1, 0], 1],
  ["dilation", [1.5, 1], 1],
  ["kernelSize", [2], 1],
  ["kernelSize", "2", 1],
  ["stride", ["1", 2], 1],
];

test("sizes of a window are two whole numbers, of sequences one, each large enough", () => {
  checkPool("pool", SHAPE, window, 2);
  const flat = { kernelSize: 3, stride: 1, padding: 1, dilation: 1, ceilMode: false };
  checkPool("pool", [5], flat, 1);
  for (const [what, sizes, least] of WRONG) {
    const name = what === "kernelSize" ? "kernel" : what;
    const shown = JSON.stringify(sizes).replaceAll(",", ", ");
    assertThrowsMessage(
      () => checkPool("pool", SHAPE, { ...window, [what]: sizes }, 2),
      ValueError,
      `Cannot pool with ${name} ${shown}: it must be two whole numbers, ${least} or more`,
    );
    assertThrowsMessage(
      () => checkPool("pool", [5], { ...flat, [what]: sizes }, 1),
      ValueError,
      `Cannot pool with ${name} ${shown}: it must be a whole number, ${least} or more`,
    );
  }
});

test("a window may reach over the whole plane with its padding, and no further", () => {
  checkPool("pool", SHAPE, { ...window, kernelSize: [3, 6] }, 2);
  assertThrows(
    () => checkPool("pool", SHAPE, { ...window, kernelSize: [3, 7] }, 2),
    ShapeError,
    "reaches over 7 elements, but axis 3 has 6 with its padding",
  );
  checkPool("pool", SHAPE, { ...window, kernelSize: [3, 7], ceilMode: true }, 2);
  assertThrows(
    () => checkPool("pool", SHAPE, { ...window, kernelSize: [4, 6] }, 2),
    Error,
    "reaches over 7 elements, but axis 2 has 5 with its padding",
  );
  assertThrows(
    () => checkPool("pool", SHAPE, { ...window, padding: [0, 2] }, 2),
    ShapeError,
    "with padding [0, 2] and kernel [2, 3]: a window could lie in the border alone",
  );
});
