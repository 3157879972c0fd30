/**
 * Pictures of what is inside of models: filters, activations, attention; and of confusion matrices.
 *
 * @module
 */

import { noGrad } from "../../autograd/grad_mode.ts";
import { checkArguments, checkTensors, checkWhole, readOptions } from "../../checks.ts";
import type { TypedArray } from "../../dtype.ts";
import { ShapeError } from "../../errors.ts";
import type { Conv2d } from "../../nn/layers/conv.ts";
import { formatShape } from "../../shape.ts";
import { fromValues } from "../../tensor/run.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { colorize, type ColorMap } from "./color.ts";
import { makeGrid } from "./grid.ts";

/** Options of pictures of maps. */
export interface MapOptions {
  /** The colours of the values. */
  readonly colors?: ColorMap;
  /** The values of the first colour and the last one; by default those that occur. */
  readonly range?: readonly [first: number, last: number];
  /** Number of maps in a row. */
  readonly nrow?: number;
  /** Height and width of an element, in pixels. */
  readonly scale?: number;
}

/** The value between maps: black where colours are bright, otherwise gray. */
const BETWEEN: Readonly<Record<ColorMap, number>> = { bwr: 0, gray: 160, viridis: 160 };

/**
 * Shows the filters of a convolution: a map for each pair of channels, the outputs below each other,
 * the inputs side by side. Filters of three input channels are shown as pictures in colours, unless you
 * give `colors` or `range`.
 *
 * @param filters the layer, or its weight `[out, in, height, width]`
 * @param options `colors` (default `bwr`: blue is negative, red positive), `range`, `nrow` (default the
 *   number of input channels; 8 for filters in colours), `scale` (default 8)
 * @returns an image `[3, height, width]` of uint8, for `saveImage` or `toPNG`
 * @throws {ShapeError} if the weight does not have four axes
 * @example
 * ```ts
 * import * as nn from "@gradus/gradus/nn";
 * import { filterImage } from "@gradus/gradus/images";
 * import { assertEquals } from "@std/assert";
 *
 * const image = filterImage(new nn.Conv2d(1, 6, 5), { nrow: 3, scale: 4 });
 * assertEquals(image.shape, [3, 2 * 20 + 6, 3 * 20 + 8]);
 * ```
 */
export function filterImage(filters: Conv2d | Tensor, options?: MapOptions): Tensor {
  checkArguments("filterImage", arguments, 2);
  const weight = filters instanceof Tensor ? filters : filters?.weight;
  checkTensors("show filters", weight);
  checkAxes("show filters", weight, [4], "[out, in, height, width]");
  const [, channels, h, w] = weight.shape;
  if (channels !== 3 || options?.colors !== undefined || options?.range !== undefined) {
    const maps = noGrad(() => weight.detach().reshape(-1, h, w));
    return mapGrid("filterImage", maps, options, { colors: "bwr", nrow: channels, scale: 8 });
  }
  const { nrow, scale } = readOptions("filterImage", options, {
    colors: undefined,
    range: undefined,
    nrow: 8,
    scale: 8,
  });
  return noGrad(() => {
    const least = weight.amin();
    const width = weight.amax().sub(least).clamp(1e-5);
    return grid(weight.sub(least).div(width).mul(255).round().to("uint8"), nrow, scale, 0);
  });
}

/**
 * Shows the activations of a layer: a map for each channel.
 *
 * @param x `[c, h, w]`, or `[1, c, h, w]`, such as the result of a layer for one image
 * @param options `colors` (default `viridis`), `range`, `nrow` (default the least that makes a square),
 *   `scale` (default 1)
 * @returns an image `[3, height, width]` of uint8, for `saveImage` or `toPNG`
 * @throws {ShapeError} if there are other axes, or several images
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import * as nn from "@gradus/gradus/nn";
 * import { activationImage } from "@gradus/gradus/images";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new nn.Conv2d(1, 16, 3);
 * const image = activationImage(layer(randn([1, 1, 30, 30])));
 * assertEquals(image.shape, [3, 4 * 28 + 10, 4 * 28 + 10]);
 * ```
 */
export function activationImage(x: Tensor, options?: MapOptions): Tensor {
  checkArguments("activationImage", arguments, 2);
  return channelGrid("activationImage", x, options, 1);
}

/**
 * Shows attention: a map for each head, the queries below each other, the keys side by side.
 *
 * @param weights `[heads, queries, keys]`, or `[1, heads, queries, keys]`; or `[queries, keys]`
 * @param options `colors` (default `viridis`), `range`, `nrow` (default the least that makes a square),
 *   `scale` (default 8)
 * @returns an image `[3, height, width]` of uint8, for `saveImage` or `toPNG`
 * @throws {ShapeError} if there are other axes, or several sequences
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { attentionImage } from "@gradus/gradus/images";
 * import { assertEquals } from "@std/assert";
 *
 * const weights = randn([4, 10, 10]).softmax(-1);
 * assertEquals(attentionImage(weights).shape, [3, 2 * 80 + 6, 2 * 80 + 6]);
 * ```
 */
export function attentionImage(weights: Tensor, options?: MapOptions): Tensor {
  checkArguments("attentionImage", arguments, 2);
  checkTensors("attentionImage", weights);
  const maps = weights.ndim === 2 ? weights.unsqueeze(0) : weights;
  return channelGrid("attentionImage", maps, options, 8);
}

function channelGrid(
  action: string,
  x: Tensor,
  options: MapOptions | undefined,
  scale: number,
): Tensor {
  checkTensors(action, x);
  checkAxes(action, x, [3, 4], "[c, h, w], or [1, c, h, w]");
  if (x.ndim === 4 && x.shape[0] !== 1) {
    throw new ShapeError(
      `Cannot show ${x.shape[0]} samples of shape ${
        formatShape(x.shape)
      }: choose one, as in x.at(0)`,
      x.shape,
    );
  }
  const maps = x.ndim === 4 ? x.squeeze(0) : x;
  const nrow = Math.ceil(Math.sqrt(maps.shape[0]));
  return mapGrid(action, maps, options, { colors: "viridis", nrow, scale });
}

function checkAxes(action: string, { shape }: Tensor, counts: number[], wanted: string): void {
  if (counts.includes(shape.length) && !shape.includes(0)) return;
  throw new ShapeError(
    `Cannot ${action} of shape ${formatShape(shape)}: give ${wanted}, not empty`,
    shape,
  );
}

/** Shows maps `[n, h, w]` in a grid, all in the same colours. */
function mapGrid(
  action: string,
  maps: Tensor,
  options: MapOptions | undefined,
  defaults: Required<Omit<MapOptions, "range">>,
): Tensor {
  const { colors, range, nrow, scale } = readOptions(action, options, {
    ...defaults,
    range: undefined,
  });
  return noGrad(() => grid(colorize(maps, { colors, range }), nrow, scale, BETWEEN[colors]));
}

/** Puts images of bytes into a grid, with `scale` pixels in place of each. */
function grid(images: Tensor, nrow: number, scale: number, padValue: number): Tensor {
  checkWhole(`show elements by ${scale} pixels`, scale, 1);
  return makeGrid(enlarged(images, scale), { nrow, padValue });
}

/** Returns images with `scale` by `scale` pixels in place of each. */
export function enlarged(x: Tensor, scale: number): Tensor {
  return x.repeatInterleave(scale, -1).repeatInterleave(scale, -2);
}

/** The digits 0 to 9, five rows of three pixels each, a bit for a pixel. */
const DIGITS = [
  [0b111, 0b101, 0b101, 0b101, 0b111],
  [0b010, 0b110, 0b010, 0b010, 0b111],
  [0b111, 0b001, 0b111, 0b100, 0b111],
  [0b111, 0b001, 0b011, 0b001, 0b111],
  [0b101, 0b101, 0b111, 0b001, 0b001],
  [0b111, 0b100, 0b111, 0b001, 0b111],
  [0b111, 0b100, 0b111, 0b101, 0b111],
  [0b111, 0b001, 0b010, 0b010, 0b010],
  [0b111, 0b101, 0b111, 0b101, 0b111],
  [0b111, 0b101, 0b111, 0b001, 0b111],
];

/** Height and width of a pixel of a digit. */
const DOT = 2;

/**
 * Shows a confusion matrix, as the metric `ConfusionMatrix` counts it: a row for each true class, a
 * column for each predicted one, their numbers at the left and at the top. A cell shows its count; its
 * colour is the share of its row, from dark blue for none to yellow for all.
 *
 * @param counts `[classes, classes]`, whole numbers
 * @returns an image `[3, height, width]` of uint8, for `saveImage` or `toPNG`
 * @throws {ShapeError} if it is not a square
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { confusionImage } from "@gradus/gradus/images";
 * import { assertEquals } from "@std/assert";
 *
 * const image = confusionImage(tensor([[9, 1], [2, 8]]));
 * assertEquals(image.shape, [3, 72, 72]);
 * ```
 */
export function confusionImage(counts: Tensor): Tensor {
  checkArguments("confusionImage", arguments, 1);
  checkTensors("confusionImage", counts);
  checkAxes("show confusion", counts, [2], "[classes, classes]");
  const [n, columns] = counts.shape;
  if (n !== columns) checkAxes("show confusion", counts, [], "a square matrix");
  const values = [...counts.data];
  for (const value of values) checkWhole(`show a confusion matrix with ${value}`, value, 0);
  const digits = Math.max(...values, n - 1).toString().length;
  const cell = Math.max(24, 4 * DOT * digits + 8);
  const size = (n + 1) * cell;
  const image = noGrad(() => {
    const exact = counts.to("float64");
    const shares = exact.div(exact.sum({ axis: 1, keepDims: true }).clamp(1));
    const cells = enlarged(colorize(shares, { range: [0, 1] }), cell);
    return cells.pad([cell, 0, cell, 0], { value: 255 }).data;
  });
  for (let i = 0; i < n; i++) {
    write(image, size, i, 0, (i + 1) * cell, cell);
    write(image, size, i, (i + 1) * cell, 0, cell);
    for (let j = 0; j < n; j++) {
      write(image, size, values[i * n + j], (j + 1) * cell, (i + 1) * cell, cell);
    }
  }
  return fromValues(image, [3, size, size], "uint8");
}

/** Writes a number into the middle of a cell: in white if the cell is dark, otherwise in black. */
function write(
  image: TypedArray,
  size: number,
  value: number,
  left: number,
  top: number,
  cell: number,
): void {
  // Green is most of what makes a colour bright.
  const letter = image[(size + top) * size + left] < 150 ? 255 : 0;
  const text = String(value);
  const x0 = left + Math.floor((cell - (4 * text.length - 1) * DOT) / 2);
  const y0 = top + Math.floor((cell - 5 * DOT) / 2);
  for (let i = 0; i < text.length; i++) {
    for (let y = 0; y < 5 * DOT; y++) {
      const row = DIGITS[Number(text[i])][Math.floor(y / DOT)];
      for (let x = 0; x < 3 * DOT; x++) {
        if (((row >> (2 - Math.floor(x / DOT))) & 1) === 0) continue;
        for (let channel = 0; channel < 3; channel++) {
          image[(channel * size + y0 + y) * size + x0 + 4 * DOT * i + x] = letter;
        }
      }
    }
  }
}
