/**
 * Shows numbers as colours.
 *
 * @module
 */

import { checkArguments, checkEnds, checkTensors, readOptions } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import { fromValues } from "../../tensor/run.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * Colours from the least value to the greatest: `gray` from black to white; `viridis` from dark blue
 * over green to yellow, readable for everybody; `bwr` from blue over white to red, for values on both
 * sides of 0.
 */
export type ColorMap = "gray" | "viridis" | "bwr";

/** Options of `colorize`. */
export interface ColorizeOptions {
  /** The colours; default `viridis`. */
  readonly colors?: ColorMap;
  /**
   * The values of the first colour and the last one. The default is the least and the greatest value;
   * for `bwr`, the greatest magnitude on both sides of 0. Values beyond have the colours of the ends.
   */
  readonly range?: readonly [first: number, last: number];
}

type Color = readonly [red: number, green: number, blue: number];

/** Colours at equal distances; those between are mixed. */
const MAPS: Readonly<Record<ColorMap, readonly Color[]>> = {
  gray: [[0, 0, 0], [255, 255, 255]],
  bwr: [[0, 0, 255], [255, 255, 255], [255, 0, 0]],
  // Every 32nd colour of matplotlib's; those between are mixed.
  viridis: [
    [68, 1, 84],
    [71, 44, 122],
    [59, 81, 139],
    [44, 113, 142],
    [33, 144, 141],
    [39, 173, 129],
    [92, 200, 99],
    [170, 220, 50],
    [253, 231, 37],
  ],
};

/** NaN has this colour, which is in no map. */
const NAN: Color = [255, 0, 255];

/**
 * Shows numbers as colours.
 *
 * @param x numbers `[…, h, w]`; NaN becomes magenta
 * @param options `colors`, `range`
 * @returns images `[…, 3, h, w]` of uint8
 * @throws {ShapeError} if there are fewer than two axes
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { colorize } from "@gradus/gradus/images";
 * import { assertEquals } from "@std/assert";
 *
 * const image = colorize(tensor([[-1, 0, 1]]), { colors: "bwr" }); // blue, white, red
 * assertEquals(image.toArray(), [[[0, 255, 255]], [[0, 255, 0]], [[255, 255, 0]]]);
 * ```
 */
export function colorize(x: Tensor, options?: ColorizeOptions): Tensor {
  checkArguments("colorize", arguments, 2);
  checkTensors("colorize", x);
  const { colors, range } = readOptions("colorize", options, {
    colors: "viridis",
    range: undefined,
  });
  if (!Object.hasOwn(MAPS, colors)) {
    throw new ValueError(
      `Cannot colorize with the colours "${colors}": use ${Object.keys(MAPS).join(", ")}`,
    );
  }
  if (range !== undefined) checkEnds("colorize", "range", range);
  if (x.ndim < 2) {
    throw new ShapeError(
      `Cannot colorize shape ${formatShape(x.shape)}: give maps [h, w], or several of them`,
      x.shape,
    );
  }
  const values = x.data;
  const [first, last] = range ?? rangeOf(values, colors);
  const [h, w] = x.shape.slice(-2);
  const bytes = new Uint8Array(3 * values.length);
  for (let i = 0; i < values.length; i++) {
    const map = Math.floor(i / (h * w));
    const color = colorOf(MAPS[colors], (values[i] - first) / (last - first || 1));
    for (let channel = 0; channel < 3; channel++) {
      bytes[(3 * map + channel) * h * w + i % (h * w)] = color[channel];
    }
  }
  return fromValues(bytes, [...x.shape.slice(0, -2), 3, h, w], "uint8");
}

function rangeOf(values: ArrayLike<number>, colors: ColorMap): readonly [number, number] {
  let [least, greatest] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    least = Math.min(least, values[i]);
    greatest = Math.max(greatest, values[i]);
  }
  if (colors !== "bwr") return [least, greatest];
  // Zeros alone are white.
  const magnitude = Math.max(-least, greatest) || 1;
  return [-magnitude, magnitude];
}

/** Returns the colour at `share` of the way from the first to the last. */
function colorOf(map: readonly Color[], share: number): Color {
  if (Number.isNaN(share)) return NAN;
  const place = Math.min(Math.max(share, 0), 1) * (map.length - 1);
  const i = Math.min(Math.floor(place), map.length - 2);
  const mix = (channel: number): number =>
    Math.round(map[i][channel] + (place - i) * (map[i + 1][channel] - map[i][channel]));
  return [mix(0), mix(1), mix(2)];
}
