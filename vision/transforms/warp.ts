/**
 * Moves the pixels of images by affine maps of their places.
 *
 * @module
 */

import { isFloat, type TypedArray } from "../../src/dtype.ts";
import { ValueError } from "../../src/errors.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { mapPlanes, type PlaneMap, planeSize } from "./planes.ts";

/** The value between pixels: that of the nearest, or blended out of four. */
export type Interpolation = "nearest" | "bilinear";

/**
 * The place `(a x + b y + c, d x + e y + f)` from which the pixel at (x, y) comes, both from the centre
 * of the image, x to the right and y downwards.
 */
export type AffineMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Returns the value at a place of a plane, which may lie between pixels or outside. */
type Reader = (plane: TypedArray, start: number, y: number, x: number) => number;

/** @throws {ValueError} naming `action` if there is no such interpolation */
export function checkInterpolation(action: string, interpolation: Interpolation): void {
  if (interpolation === "nearest" || interpolation === "bilinear") return;
  throw new ValueError(
    `Cannot ${action} with interpolation "${interpolation}": there are "nearest" and "bilinear"`,
  );
}

/**
 * Moves the pixels of each image `[…, H, W]` of a batch by a map of its own, which `draw` returns.
 *
 * @throws {GradientError} if the images require a gradient
 */
export function warpSamples(
  batch: Tensor,
  action: string,
  { interpolation, fill }: { readonly interpolation: Interpolation; readonly fill: number },
  draw: (height: number, width: number) => AffineMap,
): Tensor {
  const size = planeSize(batch, action);
  const [height, width] = size;
  const pixel = pixelReader(height, width, fill);
  const read = interpolation === "nearest"
    ? nearest(pixel)
    : bilinear(pixel, !isFloat(batch.dtype));
  return mapPlanes(batch, action, size, () => warp(draw(height, width), height, width, read));
}

function warp(
  [a, b, c, d, e, f]: AffineMap,
  height: number,
  width: number,
  read: Reader,
): PlaneMap {
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  return (from, fromStart, to, toStart) => {
    for (let row = 0; row < height; row++) {
      const y = row - middleY;
      for (let column = 0; column < width; column++) {
        const x = column - middleX;
        const sourceY = middleY + d * x + e * y + f;
        const sourceX = middleX + a * x + b * y + c;
        to[toStart + row * width + column] = read(from, fromStart, sourceY, sourceX);
      }
    }
  };
}

/** Reads a pixel; outside of the image it is `fill`. */
function pixelReader(height: number, width: number, fill: number): Reader {
  return (plane, start, y, x) =>
    y >= 0 && y < height && x >= 0 && x < width ? plane[start + y * width + x] : fill;
}

function nearest(pixel: Reader): Reader {
  return (plane, start, y, x) => pixel(plane, start, Math.round(y), Math.round(x));
}

/** Blends the four pixels around a place, each weighted by its nearness. */
function bilinear(pixel: Reader, whole: boolean): Reader {
  return (plane, start, y, x) => {
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const [down, right] = [y - top, x - left];
    const upper = pixel(plane, start, top, left) * (1 - right) +
      pixel(plane, start, top, left + 1) * right;
    const lower = pixel(plane, start, top + 1, left) * (1 - right) +
      pixel(plane, start, top + 1, left + 1) * right;
    const value = upper * (1 - down) + lower * down;
    return whole ? Math.round(value) : value;
  };
}
