/**
 * Images and their classes as a data set.
 *
 * @module
 */

import {
  checkArguments,
  checkTensors,
  guardMembers,
  readOptions,
  REQUIRED,
} from "../../src/checks.ts";
import { ShapeError } from "../../src/errors.ts";
import { formatShape } from "../../src/shape.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import {
  checkIndex,
  type Dataset,
  type Indices,
  readIndices,
  takeSamples,
} from "../../src/utils/data/dataset.ts";
import { toTransform, type Transform, type TransformLike } from "../transforms/transform.ts";

/** The transforms of an {@link ImageDataset}. */
export interface TransformOptions {
  /** Transforms each image, at first uint8 `[H, W]`; none by default. */
  readonly transform?: TransformLike | null;
  /** Transforms each target, at first an int32 scalar; none by default. */
  readonly targetTransform?: TransformLike | null;
}

/** The defaults of {@link TransformOptions}. */
export const NO_TRANSFORMS = { transform: null, targetTransform: null };

/** The parts of an {@link ImageDataset}. */
export interface ImageDatasetOptions extends TransformOptions {
  /** The images along the first axis, such as uint8 `[n, 28, 28]`. */
  readonly data: Tensor;
  /** The class of each image, int32 `[n]`, or several numbers for each, `[n, k]`. */
  readonly targets: Tensor;
  /** The names of the classes. */
  readonly classes: readonly string[];
}

/**
 * Images and their classes: sample `i` is the pair `[image, target]`.
 *
 * @example
 * ```ts
 * import { tensor, zeros } from "@gradus/gradus";
 * import { datasets } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const set = new datasets.ImageDataset({
 *   data: zeros([2, 28, 28], { dtype: "uint8" }),
 *   targets: tensor([7, 1], { dtype: "int32" }),
 *   classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
 * });
 * const [image, target] = set.get(0);
 * assertEquals(image.shape, [28, 28]);
 * assertEquals(target.item(), 7);
 * ```
 */
export class ImageDataset implements Dataset<[Tensor, Tensor]> {
  /** The images as they were read, along the first axis. */
  readonly data: Tensor;
  /** The class of each image, int32 `[n]`, or several numbers for each, `[n, k]`. */
  readonly targets: Tensor;
  /** The names of the classes. */
  readonly classes: readonly string[];
  /** Transforms images. */
  readonly transform: Transform | null;
  /** Transforms targets. */
  readonly targetTransform: Transform | null;

  /**
   * Makes a data set.
   *
   * @param options the images, their classes, and the transforms
   * @throws {ShapeError} if there are more images than targets, or fewer
   */
  constructor(options: ImageDatasetOptions) {
    checkArguments(`make ${new.target.name}`, arguments, 1);
    const action = "make ImageDataset";
    const known = { data: REQUIRED, targets: REQUIRED, classes: REQUIRED, ...NO_TRANSFORMS };
    const { data, targets, classes, ...transforms } = readOptions(action, options, known);
    checkTensors(action, data, targets);
    if (data.shape[0] !== targets.shape[0] || targets.ndim === 0) {
      throw new ShapeError(
        `Cannot pair images of shape ${formatShape(data.shape)} with targets of shape ` +
          `${formatShape(targets.shape)}: there must be one target for each image`,
        data.shape,
        targets.shape,
      );
    }
    this.data = data;
    this.targets = targets;
    this.classes = classes;
    this.transform = transforms.transform && toTransform(transforms.transform);
    this.targetTransform = transforms.targetTransform && toTransform(transforms.targetTransform);
  }

  /** The number of images. */
  get length(): number {
    return this.targets.shape[0];
  }

  /**
   * Returns image number `index` and its target, transformed.
   *
   * @param index from 0 to `length - 1`
   * @returns the image, such as `[28, 28]`, and a scalar
   * @throws {ValueError} if it is anything else
   * @example
   * ```ts
   * import { tensor } from "@gradus/gradus";
   * import { datasets } from "@gradus/gradus/vision";
   * import { assertEquals } from "@std/assert";
   *
   * const data = tensor([[[1, 2]], [[3, 4]]]); // two images of 1 × 2 pixels
   * const targets = tensor([0, 1], { dtype: "int32" });
   * const set = new datasets.ImageDataset({ data, targets, classes: ["low", "high"] });
   * const [image, target] = set.get(1);
   * assertEquals([image.toArray(), target.item()], [[[3, 4]], 1]);
   * ```
   */
  get(index: number): [Tensor, Tensor] {
    checkIndex(index, this.length);
    const [image, target] = [this.data.at(index), this.targets.at(index)];
    return [this.transform?.(image) ?? image, this.targetTransform?.(target) ?? target];
  }

  /**
   * Returns the images at `indices` and their targets, transformed together.
   *
   * @param indices from 0 to `length - 1`, in any order
   * @returns the images along a new first axis, and as many targets
   * @throws {ValueError} if an index is anything else
   * @example
   * ```ts
   * import { datasets } from "@gradus/gradus/vision";
   * import { assertEquals } from "@std/assert";
   *
   * const set = await datasets.MNISTSample.load({ train: false });
   * const [images, targets] = set.getBatch([5, 0, 7]);
   * assertEquals([images.shape, targets.shape], [[3, 28, 28], [3]]);
   * ```
   */
  getBatch(indices: Indices): [Tensor, Tensor] {
    const checked = readIndices(indices, this.length);
    return [
      batchOf(this.data, checked, this.transform),
      batchOf(this.targets, checked, this.targetTransform),
    ];
  }
}

guardMembers(ImageDataset);

function batchOf(data: Tensor, indices: Int32Array, transform: Transform | null): Tensor {
  return transform?.forwardSamples(data, indices) ?? takeSamples(data, indices);
}
