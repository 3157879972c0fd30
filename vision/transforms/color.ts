/**
 * Changes the colours of images: to gray, or at random.
 *
 * @module
 */

import { checkArguments, guardMembers, readOptions } from "../../src/checks.ts";
import { isFloat, type TypedArray } from "../../src/dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../../src/errors.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../../src/random.ts";
import { formatShape } from "../../src/shape.ts";
import { scope } from "../../src/tensor/scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { checkBounds, drawBetween, mapSamples, type Range, type SampleMap } from "./planes.ts";
import { BatchTransform } from "./transform.ts";

/** The shares of red, green and blue in the brightness of a colour, as in torchvision. */
const SHARES = [0.2989, 0.587, 0.114] as const;

/** Options of {@link Grayscale}. */
export interface GrayscaleOptions {
  /** The channels of the result, 1 or 3; default 1. */
  readonly numOutputChannels?: 1 | 3;
}

/**
 * Makes images `[C, H, W]` of one or three channels gray: 0.2989 red + 0.587 green + 0.114 blue.
 * Bytes lose their fraction. Gradients flow through it. As in torchvision (`transforms.Grayscale`).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.Grayscale.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const green = tensor([[[0]], [[100]], [[0]]], { dtype: "uint8" });
 * assertEquals(new transforms.Grayscale()(green).toArray(), [[[58]]]);
 * ```
 */
export class Grayscale extends BatchTransform {
  /** The channels of the result. */
  readonly numOutputChannels: 1 | 3;

  /**
   * Makes a transform.
   *
   * @param options `numOutputChannels`
   * @throws {ValueError} if that is neither 1 nor 3
   */
  constructor(options: GrayscaleOptions = {}) {
    checkArguments("make Grayscale", arguments, 1);
    super();
    const known = { numOutputChannels: 1 } as const;
    const { numOutputChannels } = readOptions("make Grayscale", options, known);
    if (numOutputChannels !== 1 && numOutputChannels !== 3) {
      throw new ValueError(
        `Cannot make gray images of ${numOutputChannels} channels: there are 1 and 3`,
      );
    }
    this.numOutputChannels = numOutputChannels;
  }

  /**
   * Transforms a batch `[N, C, H, W]`.
   *
   * @throws {ShapeError} if images are not `[1, H, W]` or `[3, H, W]`
   * @throws {DTypeError} if they are neither uint8 nor floating-point
   */
  override forwardBatch(batch: Tensor): Tensor {
    const channels = checkColors("make gray", batch);
    return scope(() => {
      const gray = channels === 1 ? batch : grayOf(batch);
      const [count, , height, width] = batch.shape;
      return gray.expand(count, this.numOutputChannels, height, width);
    });
  }
}

guardMembers(Grayscale);

function grayOf(batch: Tensor): Tensor {
  const [red, green, blue] = SHARES.map((share, i) => batch.narrow(1, i, 1).mul(share));
  const gray = red.add(green).add(blue);
  return isFloat(batch.dtype) ? gray : gray.to(batch.dtype);
}

/** A strength d for factors from `max(0, 1 − d)` to `1 + d`, or the bounds themselves. */
type Strength = number | readonly [least: number, largest: number];

/** Options of {@link ColorJitter}. */
export interface ColorJitterOptions extends GeneratorOptions {
  /** The bounds of the factor of the brightness, or d for `max(0, 1 − d)` and `1 + d`; default 0. */
  readonly brightness?: number | readonly [least: number, largest: number];
  /** The bounds of the factor of the contrast, likewise; default 0. */
  readonly contrast?: number | readonly [least: number, largest: number];
  /** The bounds of the factor of the saturation, likewise; default 0. */
  readonly saturation?: number | readonly [least: number, largest: number];
  /** The bounds of the shift of the hue, from −0.5 to 0.5, or d for −d and d; default 0. */
  readonly hue?: number | readonly [least: number, largest: number];
}

/** Changes the pixels of one image in place, whose channels have `plane` elements each. */
type Adjustment = (image: TypedArray, plane: number, factor: number, pixels: Pixels) => void;

/**
 * Changes brightness, contrast, saturation and hue of each image `[C, H, W]`, of one or three channels,
 * by factors of its own and in an order of its own. Floating-point images must lie between 0 and 1.
 *
 * With a factor f, brightness blends with black, contrast with the mean of the gray image, saturation
 * with the gray image: `f · image + (1 − f) · other`, cut off at the ends of the range. The hue turns
 * by a part of the circle of colours. As in torchvision (`transforms.ColorJitter`).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.ColorJitter.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const darken = new transforms.ColorJitter({ brightness: [0.5, 0.5] });
 * assertEquals(darken(tensor([[[0.5, 1]]])).toArray(), [[[0.25, 0.5]]]);
 * ```
 */
export class ColorJitter extends BatchTransform {
  /** The bounds of the factor of the brightness. */
  readonly brightness: Range;
  /** The bounds of the factor of the contrast. */
  readonly contrast: Range;
  /** The bounds of the factor of the saturation. */
  readonly saturation: Range;
  /** The bounds of the shift of the hue. */
  readonly hue: Range;
  readonly #generator: Generator;

  /**
   * Makes a transform.
   *
   * @param options `brightness`, `contrast`, `saturation`, `hue`, `generator`
   * @throws {ValueError} if a factor is negative, a shift not from −0.5 to 0.5, or bounds are in the
   *   wrong order
   */
  constructor(options: ColorJitterOptions = {}) {
    checkArguments("make ColorJitter", arguments, 1);
    super();
    const { brightness, contrast, saturation, hue, generator } = readOptions(
      "make ColorJitter",
      options,
      { brightness: 0, contrast: 0, saturation: 0, hue: 0, generator: defaultGenerator },
    );
    this.brightness = factorsOf("brightness", brightness);
    this.contrast = factorsOf("contrast", contrast);
    this.saturation = factorsOf("saturation", saturation);
    this.hue = typeof hue === "number" ? [-hue, hue] : hue;
    checkBounds("shift the hue by", this.hue, -0.5, 0.5);
    this.#generator = generator;
  }

  /**
   * Transforms a batch `[N, C, H, W]`.
   *
   * @throws {ShapeError} if images are not `[1, H, W]` or `[3, H, W]`
   * @throws {DTypeError} if they are neither uint8 nor floating-point
   * @throws {GradientError} if they require a gradient
   */
  override forwardBatch(batch: Tensor): Tensor {
    const channels = checkColors("change the colours of", batch);
    const [, , height, width] = batch.shape;
    const pixels = PIXELS[batch.dtype as keyof typeof PIXELS];
    const steps = this.#steps.slice(0, channels === 3 ? 4 : 2).filter(([, range, unchanged]) =>
      range.some((factor) => factor !== unchanged)
    );
    return mapSamples(batch, "change the colours of", batch.shape.slice(1), (): SampleMap => {
      const drawn = Array.from(this.#generator.permutation(steps.length), (step) => {
        const [adjust, range] = steps[step];
        return [adjust, drawBetween(this.#generator, range)] as const;
      });
      return (from, to) => {
        to.set(from);
        for (const [adjust, factor] of drawn) adjust(to, height * width, factor, pixels);
      };
    });
  }

  /** The changes, first those of gray images, and the factors that change nothing. */
  get #steps(): readonly (readonly [Adjustment, Range, unchanged: number])[] {
    return [
      [adjustBrightness, this.brightness, 1],
      [adjustContrast, this.contrast, 1],
      [adjustSaturation, this.saturation, 1],
      [adjustHue, this.hue, 0],
    ];
  }
}

guardMembers(ColorJitter);

/** Rounding and range of the elements of images: torchvision computes bytes in float32, too. */
interface Pixels {
  /** The largest value. */
  readonly most: number;
  /** Rounds a result of arithmetic. */
  readonly round: (value: number) => number;
  /** Makes an element of a result. */
  readonly finish: (value: number) => number;
}

const PIXELS: Readonly<Record<"uint8" | "float32" | "float64", Pixels>> = {
  uint8: { most: 255, round: Math.fround, finish: Math.trunc },
  float32: { most: 1, round: Math.fround, finish: (value) => value },
  float64: { most: 1, round: (value) => value, finish: (value) => value },
};

/** Returns the channels of images that may be gray or coloured. */
function checkColors(action: string, { shape, dtype }: Tensor): number {
  if (!isFloat(dtype) && dtype !== "uint8") {
    throw new DTypeError(
      `Cannot ${action} images of ${dtype}: they must be uint8, with values from 0 to 255, or ` +
        `floating-point; convert them with .to("uint8")`,
    );
  }
  if (shape.length === 4 && (shape[1] === 1 || shape[1] === 3)) return shape[1];
  throw new ShapeError(
    `Cannot ${action} images of shape ${formatShape(shape.slice(1))}: they must be ` +
      `[1, height, width] or [3, height, width]; put ToTensor first`,
    shape,
  );
}

function factorsOf(name: string, strength: Strength): Range {
  if (typeof strength !== "number") {
    checkBounds(`change the ${name} by`, strength, 0);
    return strength;
  }
  checkBounds(`change the ${name} by`, [strength, strength], 0);
  return [Math.max(0, 1 - strength), 1 + strength];
}

/** Sets every element to `ratio · element + (1 − ratio) · other`, within the range. */
function blend(
  image: TypedArray,
  ratio: number,
  other: (i: number) => number,
  { most, round, finish }: Pixels,
): void {
  const [own, rest] = [round(ratio), round(1 - ratio)];
  for (let i = 0; i < image.length; i++) {
    const value = round(round(own * image[i]) + round(rest * other(i)));
    image[i] = finish(Math.min(Math.max(value, 0), most));
  }
}

/** Returns the gray value of each pixel of an image of one or three channels. */
function grays(image: TypedArray, plane: number, { round, finish }: Pixels): Float64Array {
  if (image.length === plane) return Float64Array.from(image);
  const [red, green, blue] = SHARES.map(round);
  return Float64Array.from({ length: plane }, (_, i) => {
    const warm = round(round(red * image[i]) + round(green * image[i + plane]));
    return finish(round(warm + round(blue * image[i + 2 * plane])));
  });
}

const adjustBrightness: Adjustment = (image, _, factor, pixels) =>
  blend(image, factor, () => 0, pixels);

const adjustContrast: Adjustment = (image, plane, factor, pixels) => {
  const mean = pixels.round(grays(image, plane, pixels).reduce((a, b) => a + b, 0) / plane);
  blend(image, factor, () => mean, pixels);
};

const adjustSaturation: Adjustment = (image, plane, factor, pixels) => {
  const gray = grays(image, plane, pixels);
  blend(image, factor, (i) => gray[i % plane], pixels);
};

/** Turns colours by a part of the circle, by way of hue, saturation and value. */
const adjustHue: Adjustment = (image, plane, shift, { most, round: r, finish }) => {
  for (let i = 0; i < plane; i++) {
    const [red, green, blue] = [0, 1, 2].map((channel) => r(image[i + channel * plane] / most));
    const value = Math.max(red, green, blue);
    const range = r(value - Math.min(red, green, blue));
    const saturation = range === 0 ? 0 : r(range / value);
    // The distance of each channel below the largest, from 0 to 1.
    const [fromRed, fromGreen, fromBlue] = [red, green, blue].map((x) =>
      range === 0 ? 0 : r(r(value - x) / range)
    );
    const sixths = value === red
      ? r(fromBlue - fromGreen)
      : value === green
      ? r(r(2 + fromRed) - fromBlue)
      : r(r(4 + fromGreen) - fromRed);
    const hue = r(r(r(sixths / 6) + 1) % 1 + r(shift));
    const turned = r(6 * r(hue - Math.floor(hue)));
    const sextant = Math.floor(turned);
    const part = r(turned - sextant);
    const share = (x: number): number => Math.min(Math.max(r(value * r(1 - x)), 0), 1);
    const low = share(saturation);
    const falling = share(r(saturation * part));
    const rising = share(r(saturation * r(1 - part)));
    const colors = [value, falling, low, low, rising, value];
    for (let channel = 0; channel < 3; channel++) {
      // Green is where red was two sixths before, blue four.
      const color = colors[(sextant + 6 - 2 * channel) % 6];
      image[i + channel * plane] = finish(r(color * most));
    }
  }
};
