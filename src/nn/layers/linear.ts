/**
 * Linear and bilinear layers, and layers that only move elements: identity, flatten, unflatten.
 *
 * @module
 */

import {
  checkArguments,
  checkList,
  checkShape,
  checkTensors,
  checkVector,
  readOptions,
} from "../../checks.ts";
import { ShapeError } from "../../errors.ts";
import { formatShape, sameShape, type Shape } from "../../shape.ts";
import { zeros } from "../../tensor/create.ts";
import { linear as product } from "../../tensor/matmul.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { guardFields } from "../fields.ts";
import { kaimingUniform_, uniform_ } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { ConfiguredLayer } from "./configured_layer.ts";

/**
 * Options of `linear`, `bilinear` and their layers.
 *
 * @typeParam B the bias: a tensor for a function, for a layer true if it learns one
 */
export interface LinearOptions<B = boolean> {
  /** Added to every row: `[out]` for a function, by default none; learnt by a layer by default. */
  readonly bias?: B;
}

/**
 * Computes `y = x Wᵀ + b` over the last axis of `x`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
 *
 * @param x `[…, in]`
 * @param weight `W`, `[out, in]`
 * @param options `bias`
 * @returns `[…, out]`
 * @throws {ShapeError} if the last axis of `x` is not that of the weight, or the bias is not `[out]`
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const weight = tensor([[1, 2], [0, 1]]);
 * const y = functional.linear(tensor([[10, 1]]), weight, { bias: tensor([0.5, 0]) });
 * assertEquals(y.toArray(), [[12.5, 1]]);
 * ```
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  options: LinearOptions<Tensor | null> = {},
): Tensor {
  checkArguments("linear", arguments, 3);
  const { bias } = readOptions("linear", options, { bias: null });
  checkTensors("apply linear", x, weight);
  const [size, expected] = [x.shape.at(-1), weight.shape.at(-1)];
  if (weight.ndim !== 2 || size !== expected) {
    throw new ShapeError(
      `Cannot apply linear with a weight ${formatShape(weight.shape)} to shape ` +
        `${formatShape(x.shape)}: ` + (weight.ndim !== 2
          ? "the weight must be [out, in]"
          : `the last axis must have size ${expected}; flatten or reshape the input first`),
      x.shape,
      weight.shape,
    );
  }
  return product(x, weight, bias);
}

/**
 * Applies `y = x Wᵀ + b` to the last axis: `[…, in] → […, out]`.
 *
 * W and b start uniform over `±1/√in`, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.Linear.html).
 *
 * @example
 * ```ts
 * import { ones } from "@gradus/gradus";
 * import { init, Linear } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new Linear(3, 2, { bias: false });
 * init.ones_(layer.weight);
 * assertEquals(layer(ones([1, 3])).toArray(), [[3, 3]]);
 * ```
 */
export class Linear extends ConfiguredLayer {
  /** Size of the last axis of the input. */
  declare readonly inFeatures: number;
  /** Size of the last axis of the output. */
  declare readonly outFeatures: number;
  /** `W`, `[out, in]`. */
  weight: Parameter;
  /** `b`, `[out]`, if there is one. */
  bias: Parameter | null;

  /**
   * Makes the layer.
   *
   * @param inFeatures size of the last axis of the input
   * @param outFeatures size of the last axis of the output
   * @param options `bias`
   */
  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    checkArguments("make Linear", arguments, 3);
    super({ inFeatures, outFeatures }, options, { bias: true });
    const { bias = true } = options;
    checkShape([outFeatures, inFeatures], "make Linear");
    this.weight = new Parameter(zeros([outFeatures, inFeatures]));
    this.bias = bias ? new Parameter(zeros([outFeatures])) : null;
    resetAffine(this.weight, this.bias);
    guardFields(this);
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return linear(x, this.weight, { bias: this.bias });
  }
}

/** Fills a weight `[out, in, …kernel]` and its bias as PyTorch does: uniform over ±1/√fanIn. */
export function resetAffine(weight: Parameter, bias: Parameter | null): void {
  // With a = √5 the gain is √(1/3), which the √3 of the uniform distribution cancels.
  kaimingUniform_(weight, { a: Math.sqrt(5) });
  if (bias === null) return;
  const fanIn = weight.shape.slice(1).reduce((n, size) => n * size, 1);
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  uniform_(bias, { a: -bound, b: bound });
}

/**
 * Computes `y[…, o] = Σᵢⱼ x1[…, i] · W[o, i, j] · x2[…, j] + b[o]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.bilinear.html
 *
 * @param x1 `[…, in1]`
 * @param x2 `[…, in2]`
 * @param weight `W`, `[out, in1, in2]`
 * @param options `bias`
 * @returns `[…, out]`
 * @throws {ShapeError} if sizes differ
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const weight = tensor([[[1, 2], [3, 4]]]);
 * const y = functional.bilinear(tensor([1, 0]), tensor([0, 1]), weight);
 * assertEquals(y.toArray(), [2]); // the first row, the second column
 * ```
 */
export function bilinear(
  x1: Tensor,
  x2: Tensor,
  weight: Tensor,
  options: LinearOptions<Tensor | null> = {},
): Tensor {
  checkArguments("bilinear", arguments, 4);
  const { bias } = readOptions("bilinear", options, { bias: null });
  checkTensors("apply bilinear", x1, x2, weight);
  const [out, in1, in2] = weight.shape;
  const outer = x1.shape.slice(0, -1);
  const fits = weight.ndim === 3 && x1.shape.at(-1) === in1 && x2.shape.at(-1) === in2 &&
    sameShape(outer, x2.shape.slice(0, -1));
  if (!fits) {
    throw new ShapeError(
      `Cannot apply bilinear with a weight ${formatShape(weight.shape)} to shapes ` +
        `${formatShape(x1.shape)} and ${formatShape(x2.shape)}: they must be [out, in1, in2], ` +
        `[…, in1] and […, in2]`,
      x1.shape,
      x2.shape,
      weight.shape,
    );
  }
  checkVector("apply bilinear to", x1, bias, [out]);
  return scope(() => {
    const rows = weight.permute(0, 2, 1).reshape(out * in2, in1);
    const products = linear(x1, rows).reshape([...outer, out, in2]);
    const y = products.matmul(x2.unsqueeze(-1)).squeeze(-1);
    return bias === null ? y : y.add(bias);
  });
}

/**
 * Multiplies two inputs by learnt matrices: `[…, in1], […, in2] → […, out]`; see
 * `functional.bilinear`.
 *
 * Weight and bias start uniform over `±1/√in1`, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.Bilinear.html).
 *
 * @example
 * ```ts
 * import { ones } from "@gradus/gradus";
 * import { Bilinear, init } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new Bilinear(2, 3, 1, { bias: false });
 * init.ones_(layer.weight);
 * assertEquals(layer(ones([4, 2]), ones([4, 3])).toArray(), [[6], [6], [6], [6]]);
 * ```
 */
export class Bilinear extends ConfiguredLayer {
  /** Size of the last axis of the first input. */
  declare readonly in1Features: number;
  /** Size of the last axis of the second input. */
  declare readonly in2Features: number;
  /** Size of the last axis of the output. */
  declare readonly outFeatures: number;
  /** `[out, in1, in2]` */
  weight: Parameter;
  /** `[out]`, if there is one. */
  bias: Parameter | null;

  /**
   * Makes the layer.
   *
   * @param in1Features size of the last axis of the first input
   * @param in2Features size of the last axis of the second input
   * @param outFeatures size of the last axis of the output
   * @param options `bias`
   */
  constructor(
    in1Features: number,
    in2Features: number,
    outFeatures: number,
    options: LinearOptions = {},
  ) {
    checkArguments("make Bilinear", arguments, 4);
    super({ in1Features, in2Features, outFeatures }, options, { bias: true });
    const { bias = true } = options;
    const shape = [outFeatures, in1Features, in2Features];
    checkShape(shape, "make Bilinear");
    const bound = in1Features > 0 ? 1 / Math.sqrt(in1Features) : 0;
    const make = (shape: Shape) => uniform_(new Parameter(zeros(shape)), { a: -bound, b: bound });
    this.weight = make(shape);
    this.bias = bias ? make([outFeatures]) : null;
    guardFields(this);
  }

  /** See {@link Module}. */
  override forward(x1: Tensor, x2: Tensor): Tensor {
    return bilinear(x1, x2, this.weight, { bias: this.bias });
  }
}

/**
 * Returns its input: it takes the place of a layer that was removed.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Identity.html
 *
 * @example
 * ```ts
 * import { ones } from "@gradus/gradus";
 * import { Identity } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = ones([2]);
 * assertEquals(new Identity()(x), x);
 * ```
 */
export class Identity extends Module {
  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    return x;
  }
}

/**
 * Joins axes into one, by default all but the first: `[n, c, h, w] → [n, c · h · w]`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Flatten } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Flatten()(zeros([8, 3, 4, 4])).shape, [8, 48]);
 * ```
 */
export class Flatten extends ConfiguredLayer {
  /** The first axis that is joined. */
  declare readonly start: number;
  /** The last axis that is joined. */
  declare readonly end: number;

  /**
   * Makes the layer.
   *
   * @param start the first axis that is joined; default 1
   * @param end the last axis that is joined; default -1
   */
  constructor(start = 1, end = -1) {
    checkArguments("make Flatten", arguments, 2);
    super({ start, end });
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    checkTensors("apply Flatten", x);
    return x.flatten(this.start, this.end);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    return this.start === 1 && this.end === -1 ? "" : super.extraRepr();
  }
}

/**
 * Cuts an axis into several: `[n, c · h · w] → [n, c, h, w]`; see `Tensor.unflatten`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.Unflatten.html
 *
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { Unflatten } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new Unflatten(1, [3, 4, -1])(zeros([8, 48])).shape, [8, 3, 4, 4]);
 * ```
 */
export class Unflatten extends Module {
  /** The axis that is cut. */
  readonly axis: number;
  /** The sizes of the axes that stand in its place. */
  readonly sizes: Shape;

  /**
   * Makes the layer.
   *
   * @param axis the axis that is cut
   * @param sizes of the axes that stand in its place; one may be -1
   */
  constructor(axis: number, sizes: Shape) {
    checkArguments("make Unflatten", arguments, 2);
    checkList("make Unflatten", sizes);
    super();
    this.axis = axis;
    this.sizes = [...sizes];
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    checkTensors("apply Unflatten", x);
    return x.unflatten(this.axis, this.sizes);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    return `${this.axis}, ${formatShape(this.sizes)}`;
  }
}
