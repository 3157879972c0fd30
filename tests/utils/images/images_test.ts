import { assertAlmostEquals, assertEquals } from "@std/assert";
import { decode } from "fast-png";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  DTypeError,
  GradusError,
  ones,
  rand,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import {
  activationImage,
  attentionImage,
  colorize,
  confusionImage,
  filterImage,
  type GridOptions,
  makeGrid,
  type Picture,
  saveImage,
  showImage,
  toPNG,
} from "../../../src/utils/images/mod.ts";
import { assertThrowsMessage } from "../../support/assert.ts";

interface GridCase {
  readonly shape: number[];
  readonly images: number[];
  readonly options: GridOptions;
  readonly gridShape: number[];
  readonly grid: number[];
}

const cases: GridCase[] = JSON.parse(
  readFileSync(new URL("../../fixtures/grids.json", import.meta.url), "utf8"),
);

/** The colour of a pixel. */
function pixel(image: Tensor, y: number, x: number): number[] {
  return [0, 1, 2].map((channel) => image.at(channel, y, x).item());
}

for (const { shape, images, options, gridShape, grid } of cases) {
  test(`a grid of [${shape}] with ${JSON.stringify(options)} is torchvision's`, () => {
    const made = makeGrid(tensor(images).reshape(shape), options);
    assertEquals(made.shape, gridShape);
    made.data.forEach((value, i) => assertAlmostEquals(value, grid[i], 2e-6));
  });
}

test("a grid takes a list, keeps the dtype, and records nothing", () => {
  const images = [zeros([3, 2, 2]), ones([3, 2, 2], { requiresGrad: true })];
  const grid = makeGrid(images, { padding: 1 });
  assertEquals(grid.shape, [3, 4, 7]);
  assertEquals(grid.requiresGrad, false);
  assertEquals(pixel(grid, 1, 4), [1, 1, 1]);
  assertEquals(makeGrid(ones([2, 3, 2, 2], { dtype: "uint8" }), { padValue: 255 }).dtype, "uint8");
  assertEquals(makeGrid([ones([2, 3]), zeros([2, 3])]).shape, [3, 6, 12]);
});

test("PNG holds the very bytes, for every number of channels", () => {
  for (const channels of [1, 2, 3, 4]) {
    const image = rand([channels, 5, 7]).mul(255).round().to("uint8");
    const decoded = decode(toPNG(image), { checkCrc: true });
    assertEquals([decoded.width, decoded.height, decoded.channels], [7, 5, channels]);
    assertEquals([...decoded.data], [...image.permute(1, 2, 0).data]);
  }
  const gray = [...decode(toPNG(tensor([[0, 1 / 255, 0.5, 1]]))).data];
  assertEquals(gray, [0, 1, 128, 255]);
  assertEquals([...decode(toPNG(tensor([[true, false]]))).data], [255, 0]);
  // A transposed image is written as it looks.
  assertEquals([...decode(toPNG(tensor([[0, 1], [1, 1]]).T)).data], [0, 255, 255, 255]);
});

test("numbers that are no brightness are refused", () => {
  for (const value of [-0.01, 1.01, NaN, Infinity]) {
    assertThrowsMessage(
      () => toPNG(tensor([[value]])),
      ValueError,
      /floats go from 0 to 1; use clamp/,
    );
  }
  assertThrowsMessage(
    () => toPNG(tensor([[3]], { dtype: "int32" })),
    DTypeError,
    /\.to\("uint8"\)/,
  );
  for (const shape of [[5, 2, 2], [1, 3, 2, 2], [3], [3, 0, 2]]) {
    assertThrowsMessage(() => toPNG(zeros(shape)), ShapeError, /Cannot write shape/);
  }
  assertThrowsMessage(() => makeGrid(zeros([0, 3, 2, 2])), ShapeError, /not empty/);
  assertThrowsMessage(() => makeGrid([]), ShapeError, /no tensors/);
  assertThrowsMessage(
    () => makeGrid(zeros([2, 3, 2, 2]), { scaleEach: true }),
    ValueError,
    /set normalize/,
  );
  assertThrowsMessage(
    () => makeGrid(zeros([2, 3, 2, 2], { dtype: "uint8" }), { normalize: true }),
    DTypeError,
    /float32/,
  );
  assertThrowsMessage(() => makeGrid(zeros([2, 3, 2, 2]), { nrow: 0 }), ValueError, /1 or more/);
  for (const valueRange of [3, [1], [NaN, 1], ["0", "1"], [1, 0], [1, 1]]) {
    const options = { normalize: true, valueRange } as never;
    assertThrowsMessage(() => makeGrid(rand([4, 4]), options), ValueError, / with valueRange /);
  }
  assertThrowsMessage(
    () => makeGrid(zeros([2, 3, 2, 2]), { nRow: 2 } as never),
    ValueError,
    /nrow/,
  );
});

test("saveImage writes a whole file or none", () => {
  const folder = mkdtempSync(join(tmpdir(), "gradus-"));
  const path = join(folder, "grid.png");
  saveImage(rand([6, 1, 4, 4]), path, { nrow: 3 });
  assertEquals(decode(readFileSync(path)).width, 3 * 6 + 2);
  const before = readFileSync(path);
  assertThrowsMessage(() => saveImage(tensor([[2]]), path), ValueError, /Cannot write an image/);
  assertEquals(readFileSync(path), before);
  assertThrowsMessage(
    () => saveImage(path as never, rand([4, 4]) as never),
    ValueError,
    "Cannot save an image with a value of type Tensor: it must be a path or a file: URL, behind the image",
  );
  const wrong = join(folder, "grid.jpg");
  assertThrowsMessage(() => saveImage(rand([4, 4]), wrong), ValueError, /end the name with \.png/);
  assertEquals(existsSync(wrong), false);
  rmSync(folder, { recursive: true });
});

test("colours go from the first value to the last", () => {
  const ends = colorize(tensor([[0, 1, 4]]));
  assertEquals([pixel(ends, 0, 0), pixel(ends, 0, 2)], [[68, 1, 84], [253, 231, 37]]);
  // A quarter of the way is a colour of the table.
  assertEquals(pixel(ends, 0, 1), [59, 81, 139]);
  const signed = colorize(tensor([[-1, 0, 2]]), { colors: "bwr" });
  assertEquals(pixel(signed, 0, 0), [128, 128, 255]);
  assertEquals([pixel(signed, 0, 1), pixel(signed, 0, 2)], [[255, 255, 255], [255, 0, 0]]);
  const given = colorize(tensor([[-9, 0.5, NaN]]), { colors: "gray", range: [0, 1] });
  assertEquals([0, 1, 2].map((x) => pixel(given, 0, x)), [[0, 0, 0], [128, 128, 128], [
    255,
    0,
    255,
  ]]);
  assertEquals(pixel(colorize(zeros([1, 1]), { colors: "bwr" }), 0, 0), [255, 255, 255]);
  assertEquals(colorize(zeros([2, 5, 3, 4])).shape, [2, 5, 3, 3, 4]);
  const inverted = colorize(tensor([[0, 1]]), { colors: "gray", range: [1, 0] });
  assertEquals([pixel(inverted, 0, 0), pixel(inverted, 0, 1)], [[255, 255, 255], [0, 0, 0]]);
  for (const range of [3, [0], [NaN, 1], ["a", "b"]]) {
    const message = /^Cannot call colorize\(\) with range .*: pass a list of two finite numbers$/;
    assertThrowsMessage(() => colorize(zeros([1, 1]), { range } as never), ValueError, message);
  }
  assertThrowsMessage(() => colorize(zeros([3])), ShapeError, /maps \[h, w\]/);
  assertThrowsMessage(
    () => colorize(zeros([1, 1]), { colors: "jet" as "gray" }),
    ValueError,
    'Cannot colorize with the colours "jet": use gray, bwr, viridis',
  );
});

test("filters are maps of outputs by inputs, and pictures if they see colours", () => {
  const weight = tensor([[[[-1]], [[1]]], [[[0]], [[0.5]]]]);
  const image = filterImage(weight, { scale: 2 });
  assertEquals(image.shape, [3, 2 * 2 + 6, 2 * 2 + 6]);
  assertEquals(
    [pixel(image, 2, 2), pixel(image, 2, 6), pixel(image, 6, 2), pixel(image, 7, 7)],
    [[0, 0, 255], [255, 0, 0], [255, 255, 255], [255, 128, 128]],
  );
  const colors = filterImage(tensor([0, 0.5, 1]).reshape(1, 3, 1, 1), { scale: 1 });
  assertEquals(pixel(colors, 0, 0), [0, 128, 255]);
  const maps = filterImage(new nn.Conv2d(3, 4, 5), { colors: "gray", scale: 1 });
  assertEquals(maps.shape, [3, 4 * 7 + 2, 3 * 7 + 2]);
  assertThrowsMessage(() => filterImage(zeros([2, 2])), ShapeError, /\[out, in, height, width\]/);
  assertThrowsMessage(
    () => filterImage(zeros([1, 1, 2, 2]), { scale: 0 }),
    ValueError,
    /1 or more/,
  );
  assertThrowsMessage(() => filterImage({} as never), GradusError, /a tensor/);
});

test("activations and attention are maps of channels and heads", () => {
  assertEquals(activationImage(randn([1, 5, 4, 6])).shape, [3, 2 * 6 + 2, 3 * 8 + 2]);
  assertEquals(attentionImage(rand([2, 3]), { scale: 2 }).shape, [3, 4, 6]);
  assertEquals(pixel(attentionImage(tensor([[1, 0], [0, 1]]), { scale: 1 }), 0, 0), [253, 231, 37]);
  assertThrowsMessage(
    () => activationImage(zeros([2, 5, 4, 6])),
    ShapeError,
    "Cannot show 2 samples of shape [2, 5, 4, 6]: choose one, as in x.at(0)",
  );
});

test("a confusion matrix shows shares in colours, and counts in digits", () => {
  const image = confusionImage(tensor([[7, 0], [1, 1]], { dtype: "int32" }));
  assertEquals(image.shape, [3, 72, 72]);
  // The corners of cells: all, none, and two halves of a row.
  const corners = [[24, 24], [24, 48], [48, 24], [48, 48]].map(([y, x]) => pixel(image, y, x));
  assertEquals(corners, [[253, 231, 37], [68, 1, 84], [33, 144, 141], [33, 144, 141]]);
  // The top bar of the 7 is black on the bright cell, its lower left stays free.
  assertEquals([pixel(image, 31, 33), pixel(image, 40, 33)], [[0, 0, 0], [253, 231, 37]]);
  assertEquals(pixel(image, 31, 57), [255, 255, 255]);
  assertEquals(confusionImage(tensor([[12345]])).shape, [3, 96, 96]);
  assertThrowsMessage(
    () => (confusionImage as (...all: unknown[]) => Tensor)(zeros([2, 2]), { scale: 2 }),
    ValueError,
    /with 2 arguments: it takes 1/,
  );
  assertThrowsMessage(() => confusionImage(zeros([2, 3])), ShapeError, /square/);
  assertThrowsMessage(() => confusionImage(tensor([[0.5]])), ValueError, /whole number/);
});

/** The bundle that a notebook gets. */
function shown(picture: Picture): Record<string, string> {
  const key = Symbol.for("Jupyter.display");
  return (picture as unknown as Record<symbol, () => Record<string, string>>)[key]();
}

test("a picture is PNG for notebooks, with a text of what it shows", () => {
  const x = tensor([[0, 1], [0.5, 0.25]]);
  const bundle = shown(showImage(x, { scale: 2 }));
  assertEquals(Object.keys(bundle), ["text/plain", "image/png"]);
  assertEquals(bundle["text/plain"], "float32 [2, 2] as a picture of 4 × 4 pixels");
  const { width, height, channels, data } = decode(
    Uint8Array.from(atob(bundle["image/png"]), (letter) => letter.charCodeAt(0)),
  );
  assertEquals([width, height, channels], [4, 4, 3]);
  const red = Array.from({ length: 16 }, (_, i) => data[3 * i]);
  assertEquals(red, [0, 0, 255, 255, 0, 0, 255, 255, 128, 128, 64, 64, 128, 128, 64, 64]);
});

test("pictures of several images are the grid that saveImage writes", () => {
  const images = [0, 1, 2].map(() => rand([1, 5, 4]));
  const picture = showImage(images, { nrow: 2, padding: 1, scale: 1 });
  assertEquals([...picture.png], [...toPNG(makeGrid(images, { nrow: 2, padding: 1 }))]);
  assertEquals(`${picture}`, "3 images, each float32 [1, 5, 4] as a picture of 11 × 13 pixels");
});

test("small pictures are scaled up in whole steps, large ones are as they are", () => {
  const sizes: [number[], string][] = [
    [[28, 28], "252 × 252"],
    [[1, 3, 1], "85 × 255"],
    [[3, 100, 129], "129 × 100"],
    [[300, 2], "2 × 300"],
  ];
  for (const [shape, size] of sizes) {
    assertEquals(`${showImage(zeros(shape))}`.split(" as ")[1], `a picture of ${size} pixels`);
  }
});

test("what is no image is refused when it is to be shown", () => {
  assertThrowsMessage(() => showImage(randn([8, 8]).mul(9)), ValueError, /a value of .* as PNG/);
  assertThrowsMessage(() => showImage(ones([5, 8, 8])), ShapeError, /1 to 4 channels/);
  assertThrowsMessage(() => showImage(ones([3])), ShapeError, /make a grid of shape \[3\]/);
  assertThrowsMessage(
    () => showImage(ones([2, 2], { dtype: "int32" })),
    DTypeError,
    /int32 as PNG/,
  );
  for (const scale of [0, 1.5, NaN, -1]) {
    assertThrowsMessage(
      () => showImage(ones([2, 2]), { scale }),
      ValueError,
      `Cannot show an image with pixels of ${scale}: use a whole number, 1 or more`,
    );
  }
  const misspelt = { sclae: 2 } as unknown as GridOptions;
  assertThrowsMessage(() => showImage(ones([2, 2]), misspelt), ValueError, /showImage.*sclae/);
  assertThrowsMessage(() => showImage(null as unknown as Tensor), GradusError, /make a grid/);
});
