/**
 * Mixes the images of a batch with each other, and their labels likewise.
 *
 * @module
 */

import {
  checkArguments,
  checkTensors,
  checkWhole,
  guardMembers,
  readOptions,
} from "../../src/checks.ts";
import { isFloat } from "../../src/dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../../src/errors.ts";
import { log, pow } from "../../src/math/mod.ts";
import { oneHot } from "../../src/nn/functional.ts";
import { defaultGenerator, type Generator, type GeneratorOptions } from "../../src/random.ts";
import { formatShape } from "../../src/shape.ts";
import { scope } from "../../src/tensor/scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { drawInteger, drawUniform, planeSize } from "./planes.ts";
import { callable } from "./transform.ts";

/** Options of {@link MixUp} and {@link CutMix}. */
export interface MixOptions extends GeneratorOptions {
  /** The shape of the distribution of the share, Beta(α, α); default 1, where all shares are equally likely. */
  readonly alpha?: number;
  /** The number of classes; needed where labels are class indices. */
  readonly numClasses?: number;
}

/** A mix is called like a function, with a batch of images and their labels. */
export interface Mix {
  /** Mixes a batch. */
  (images: Tensor, labels: Tensor): [images: Tensor, labels: Tensor];
}

/**
 * The base of what mixes each image of a batch with the one before it: define `mix`.
 *
 * @example
 * ```ts
 * import { arange, type Tensor, tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * class Quarter extends transforms.Mix {
 *   protected override mix(images: Tensor, others: Tensor): [images: Tensor, share: number] {
 *     return [others.lerp(images, 0.75), 0.75];
 *   }
 * }
 * const mix = new Quarter({ numClasses: 2 });
 * const [images, labels] = mix(arange(2).reshape(2, 1, 1, 1), tensor([0, 1]));
 * assertEquals(images.flatten().toArray(), [0.25, 0.75]);
 * assertEquals(labels.toArray(), [[0.75, 0.25], [0.25, 0.75]]);
 * ```
 */
export abstract class Mix {
  /** The shape of the distribution of the share. */
  declare readonly alpha: number;
  /** The number of classes, if it was given. */
  declare readonly numClasses: number | undefined;
  /** The source of random numbers. */
  declare protected readonly generator: Generator;

  /**
   * Makes a mix that can be called.
   *
   * @param options `alpha`, `numClasses`, `generator`
   * @throws {ValueError} if `alpha` is not above 0
   */
  constructor(options: MixOptions = {}) {
    const action = `make ${new.target.name}`;
    checkArguments(action, arguments, 1);
    const known = { alpha: 1, numClasses: undefined, generator: defaultGenerator };
    const { alpha, numClasses, generator } = readOptions(action, options, known);
    if (!(alpha > 0 && alpha < Infinity)) {
      throw new ValueError(`Cannot mix with alpha ${alpha}: it must be above 0`);
    }
    if (numClasses !== undefined) checkWhole(`mix ${numClasses} classes`, numClasses, 1);
    return Object.assign(callable(new.target.prototype as Mix), { alpha, numClasses, generator });
  }

  /**
   * Mixes a batch.
   *
   * @param images the images `[N, C, H, W]`, floating-point
   * @param labels the classes `[N]`, or their probabilities `[N, classes]`
   * @returns the mixed images, and the probabilities of their classes `[N, classes]`
   * @throws {DTypeError} if the images are not floating-point
   * @throws {ShapeError} if there is not one label for each image
   * @throws {ValueError} if labels are class indices, and `numClasses` was not given
   */
  forward(images: Tensor, labels: Tensor): [images: Tensor, labels: Tensor] {
    checkTensors("mix", images, labels);
    if (!isFloat(images.dtype)) {
      throw new DTypeError(`Cannot mix images of ${images.dtype}: put ToTensor first`);
    }
    if (images.shape[0] !== labels.shape[0] || labels.ndim > 2) {
      throw new ShapeError(
        `Cannot mix images of shape ${formatShape(images.shape)} with labels of shape ` +
          `${formatShape(labels.shape)}: there must be one label for each image`,
        images.shape,
        labels.shape,
      );
    }
    return scope(() => {
      const chances = chancesOf(labels, this.numClasses).to(images.dtype);
      const [mixed, share] = this.mix(images, images.roll(1, 0));
      return [mixed, chances.roll(1, 0).lerp(chances, share)];
    });
  }

  /**
   * Mixes images with others.
   *
   * @param images the images
   * @param others as many others
   * @returns the mixed images, and the share that each has kept of itself
   */
  protected abstract mix(images: Tensor, others: Tensor): [images: Tensor, share: number];

  /** Draws a share from Beta(α, α). */
  protected drawShare(): number {
    const [a, b] = [drawGamma(this.generator, this.alpha), drawGamma(this.generator, this.alpha)];
    // Both underflow to 0 for very small α, where the share is nearly 0 or 1.
    return a + b > 0 ? a / (a + b) : Math.round(drawUniform(this.generator));
  }
}

guardMembers(Mix, {}, ["mix"]);

/** Returns the probabilities of the classes of each image. */
function chancesOf(labels: Tensor, numClasses: number | undefined): Tensor {
  if (labels.ndim === 2) return labels;
  if (numClasses !== undefined) return oneHot(labels, numClasses);
  throw new ValueError(
    "Cannot mix class indices of an unknown number of classes: pass the option numClasses",
  );
}

/**
 * Blends each image of a batch with the one before it, and their labels alike:
 * `λ · image + (1 − λ) · other`, with one λ of Beta(α, α) for the batch. As in torchvision
 * (`transforms.v2.MixUp`). Losses over classes take the mixed labels as probabilities.
 *
 * Source: Zhang et al., "mixup: beyond empirical risk minimization" (2017,
 * https://arxiv.org/abs/1710.09412).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.v2.MixUp.html
 *
 * @example
 * ```ts
 * import { rand, tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const mixUp = new transforms.MixUp({ numClasses: 10 });
 * const [images, labels] = mixUp(rand([4, 3, 8, 8]), tensor([7, 1, 0, 2], { dtype: "int32" }));
 * assertEquals([images.shape, labels.shape], [[4, 3, 8, 8], [4, 10]]);
 * assert(labels.sum(1).sub(1).abs().amax().item() < 1e-6);
 * ```
 */
export class MixUp extends Mix {
  /** Mixes images with others. */
  protected override mix(images: Tensor, others: Tensor): [images: Tensor, share: number] {
    const share = this.drawShare();
    return [others.lerp(images, share), share];
  }
}

/**
 * Pastes a rectangle of the image before it over each image of a batch, and mixes their labels by the
 * areas. Size and place are random, the same for the whole batch: the rectangle has the part 1 − λ of
 * the area, with λ of Beta(α, α), less what lies outside. As in torchvision (`transforms.v2.CutMix`).
 *
 * Source: Yun et al., "CutMix: regularization strategy to train strong classifiers with localizable
 * features" (2019, https://arxiv.org/abs/1905.04899).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.v2.CutMix.html
 *
 * @example
 * ```ts
 * import { rand, tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const cutMix = new transforms.CutMix({ numClasses: 10 });
 * const [images, labels] = cutMix(rand([4, 3, 8, 8]), tensor([7, 1, 0, 2], { dtype: "int32" }));
 * assertEquals([images.shape, labels.shape], [[4, 3, 8, 8], [4, 10]]);
 * assert(labels.sum(1).sub(1).abs().amax().item() < 1e-6);
 * ```
 */
export class CutMix extends Mix {
  /** Mixes images with others. */
  protected override mix(images: Tensor, others: Tensor): [images: Tensor, share: number] {
    const [height, width] = planeSize(images, "mix");
    const half = 0.5 * Math.sqrt(1 - this.drawShare());
    const [x, y] = [drawInteger(this.generator, width), drawInteger(this.generator, height)];
    const [across, down] = [Math.floor(half * width), Math.floor(half * height)];
    const [left, right] = [Math.max(0, x - across), Math.min(width, x + across)];
    const [top, bottom] = [Math.max(0, y - down), Math.min(height, y + down)];
    const window = ["...", [top, bottom], [left, right]] as const;
    const mixed = images.detach().clone();
    if (top < bottom && left < right) mixed.set([...window], others.at(...window));
    return [mixed, 1 - (right - left) * (bottom - top) / (width * height)];
  }
}

/**
 * Draws from the gamma distribution of shape `alpha` and scale 1.
 *
 * Source: Marsaglia and Tsang, "A simple method for generating gamma variables" (2000).
 */
function drawGamma(generator: Generator, alpha: number): number {
  // Γ(α) is Γ(α + 1) · u^(1 / α), and the method needs α ≥ 1.
  if (alpha < 1) {
    return drawGamma(generator, alpha + 1) * pow(1 - drawUniform(generator), 1 / alpha);
  }
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  const normal = new Float64Array(1);
  for (;;) {
    generator.normal(normal);
    const x = normal[0];
    const v = (1 + c * x) ** 3;
    if (v > 0 && log(1 - drawUniform(generator)) < x * x / 2 + d - d * v + d * log(v)) return d * v;
  }
}
