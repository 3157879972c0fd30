/**
 * Random images, to try a program without data.
 *
 * @module
 */

import {
  checkArguments,
  checkList,
  checkWhole,
  guardMembers,
  readOptions,
} from "../../src/checks.ts";
import { Generator } from "../../src/random.ts";
import { checkRoom } from "../../src/storage/ndarray.ts";
import { scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/create.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { checkIndex, type Dataset } from "../../src/utils/data/dataset.ts";
import { toTransform, type Transform } from "../transforms/transform.ts";
import { NO_TRANSFORMS, type TransformOptions } from "./image_dataset.ts";

/** Options of {@link FakeData}. */
export interface FakeDataOptions extends TransformOptions {
  /** The number of images; default 1000. */
  readonly size?: number;
  /** Channels, height and width; default `[3, 224, 224]`. */
  readonly imageSize?: readonly [channels: number, height: number, width: number];
  /** The number of classes; default 10. */
  readonly numClasses?: number;
  /** Added to the index of an image: its seed. Other offsets give other images; default 0. */
  readonly randomOffset?: number;
}

/**
 * Random images and classes, the same for an index each time: to try a program, or to measure it,
 * before there is data. As in torchvision (`datasets.FakeData`).
 *
 * Sample `i` is the pair `[image, target]`: uint8 `[H, W, C]`, as decoded pictures are, and int32.
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.datasets.FakeData.html
 *
 * @example
 * ```ts
 * import { datasets } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const set = new datasets.FakeData({ size: 100, imageSize: [1, 28, 28] });
 * const [image, target] = set.get(7);
 * assertEquals([image.shape, image.dtype, target.dtype], [[28, 28, 1], "uint8", "int32"]);
 * ```
 */
export class FakeData implements Dataset<[Tensor, Tensor]> {
  /** The number of images. */
  readonly length: number;
  /** Channels, height and width of the images. */
  readonly imageSize: readonly [channels: number, height: number, width: number];
  /** The number of classes. */
  readonly numClasses: number;
  /** The seed of the first image. */
  readonly randomOffset: number;
  /** Transforms images. */
  readonly transform: Transform | null;
  /** Transforms targets. */
  readonly targetTransform: Transform | null;

  /**
   * Makes a data set.
   *
   * @param options `size`, `imageSize`, `numClasses`, `randomOffset`, `transform`, `targetTransform`
   * @throws {ValueError} if a size is not a whole number
   */
  constructor(options: FakeDataOptions = {}) {
    checkArguments("make FakeData", arguments, 1);
    const read = readOptions("make FakeData", options, {
      size: 1000,
      imageSize: [3, 224, 224],
      numClasses: 10,
      randomOffset: 0,
      ...NO_TRANSFORMS,
    });
    const { size, imageSize, numClasses, randomOffset, transform, targetTransform } = read;
    checkWhole(`make ${size} fake images`, size, 0);
    checkList("make FakeData with imageSize", imageSize);
    imageSize.forEach((n) => checkWhole(`make fake images of ${imageSize}`, n, 1));
    checkWhole(`make fake images of ${numClasses} classes`, numClasses, 1);
    checkWhole(`make fake images with offset ${randomOffset}`, randomOffset, 0);
    this.length = size;
    this.imageSize = imageSize;
    this.numClasses = numClasses;
    this.randomOffset = randomOffset;
    this.transform = transform && toTransform(transform);
    this.targetTransform = targetTransform && toTransform(targetTransform);
  }

  /**
   * Makes image number `index` and its target, transformed.
   *
   * @param index from 0 to `length - 1`
   * @returns the image, such as `[H, W, C]`, and a scalar
   * @throws {ValueError} if it is anything else
   */
  get(index: number): [Tensor, Tensor] {
    checkIndex(index, this.length);
    const generator = new Generator(index + this.randomOffset);
    const [channels, height, width] = this.imageSize;
    checkRoom(this.imageSize, "int32");
    const drawn = new Int32Array(1 + channels * height * width);
    generator.integers(drawn.subarray(0, 1), 0, this.numClasses);
    generator.integers(drawn.subarray(1), 0, 256);
    return scope(() => {
      const image = tensor(Uint8Array.from(drawn.subarray(1))).reshape(height, width, channels);
      const target = tensor(drawn.subarray(0, 1)).reshape([]);
      return [this.transform?.(image) ?? image, this.targetTransform?.(target) ?? target];
    });
  }
}

guardMembers(FakeData);
