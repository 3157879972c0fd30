/**
 * Borders around sequences and images, as layers and as `functional.pad`.
 *
 * @module
 */

import { checkArguments, checkTensors, checkType } from "../../checks.ts";
import { ShapeError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import type { PadMode, PadOptions } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { Module } from "../module.ts";
import { quoted } from "../../names.ts";

/** Widths of the border of sequences: one number, or one for each end. */
export type Padding1d = number | readonly [left: number, right: number];

/** Widths of the border of images: one number, or one for each side. */
export type Padding2d =
  | number
  | readonly [left: number, right: number, top: number, bottom: number];

/**
 * Adds a border, or cuts one off: `x.pad(padding, options)`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 *
 * @param x any tensor
 * @param padding two widths for each axis, the last axis first; negative ones cut off
 * @param options `mode`, `value`
 * @throws {ValueError} if the widths do not fit the shape or the mode
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { functional as F } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2]]);
 * assertEquals(F.pad(x, [1, 0], { value: 9 }).toArray(), [[9, 1, 2]]);
 * assertEquals(F.pad(x, [0, 0, 0, 1]).toArray(), [[1, 2], [0, 0]]);
 * ```
 */
export function pad(x: Tensor, padding: readonly number[], options: PadOptions = {}): Tensor {
  checkArguments("pad", arguments, 3);
  checkTensors("pad", x);
  return x.pad(padding, options);
}

/** Base of the layers that add a border to the last one or two axes. */
export abstract class Pad extends Module {
  /** Widths, as `Tensor.pad` takes them: of the last axis first. */
  readonly padding: readonly number[];
  /** Kind of the border. */
  readonly mode: PadMode;
  /** The value of a constant border. */
  readonly value: number;

  /**
   * Makes the layer.
   *
   * @param padding widths
   * @param axes number of axes that get a border
   * @param mode kind of the border
   * @param value that of a constant border
   * @throws {ShapeError} if there are not two widths for each axis
   */
  constructor(padding: number | readonly number[], axes: 1 | 2, mode: PadMode, value = 0) {
    super();
    const action = `make ${new.target.name}`;
    checkType(action, "value", value, "number");
    if (!Array.isArray(padding)) checkType(action, "padding", padding, "number");
    this.padding = typeof padding === "number"
      ? new Array<number>(2 * axes).fill(padding)
      : [...padding];
    this.mode = mode;
    this.value = value;
    if (this.padding.length === 2 * axes) return;
    throw new ShapeError(
      `Cannot make ${new.target.name} of widths ${quoted(this.padding)}: give one number, ` +
        `or ${2 * axes}`,
    );
  }

  /** See {@link Module}. */
  override forward(x: Tensor): Tensor {
    checkTensors(`apply ${this.constructor.name}`, x);
    const axes = this.padding.length / 2;
    if (this.mode === "constant" || x.ndim === axes + 1 || x.ndim === axes + 2) {
      return x.pad(this.padding, { mode: this.mode, value: this.value });
    }
    throw new ShapeError(
      `Cannot ${this.constructor.name} shape ${formatShape(x.shape)}: the input must be ` +
        (axes === 1 ? "[n, c, l] or [c, l]" : "[n, c, h, w] or [c, h, w]"),
      x.shape,
    );
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    const [first, ...others] = this.padding;
    return others.every((n) => n === first) ? `${first}` : `[${this.padding.join(", ")}]`;
  }
}

/**
 * Adds zeros around images, or around the last two axes of any tensor.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ZeroPad2d.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ZeroPad2d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = new ZeroPad2d([1, 0, 0, 1])(tensor([[[1, 2]]]));
 * assertEquals(y.toArray(), [[[0, 1, 2], [0, 0, 0]]]);
 * ```
 */
export class ZeroPad2d extends Pad {
  /**
   * Makes the layer.
   *
   * @param padding one width, or `[left, right, top, bottom]`; negative ones cut off
   * @throws {ShapeError} if there are not one or four
   */
  constructor(padding: Padding2d) {
    checkArguments("make ZeroPad2d", arguments, 1);
    super(padding, 2, "constant");
  }
}

/**
 * Adds one value before and behind sequences, or along the last axis of any tensor.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ConstantPad1d.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ConstantPad1d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new ConstantPad1d([2, 1], 7)(tensor([1, 2])).toArray(), [7, 7, 1, 2, 7]);
 * ```
 */
export class ConstantPad1d extends Pad {
  /**
   * Makes the layer.
   *
   * @param padding one width, or `[left, right]`; negative ones cut off
   * @param value that of the border
   * @throws {ShapeError} if there are not one or two
   */
  constructor(padding: Padding1d, value: number) {
    checkArguments("make ConstantPad1d", arguments, 2);
    super(padding, 1, "constant", value);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    return `${super.extraRepr()}, ${this.value}`;
  }
}

/**
 * Adds one value around images, or around the last two axes of any tensor.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ConstantPad2d.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ConstantPad2d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = new ConstantPad2d([0, 1, 1, 0], -1)(tensor([[1, 2]]));
 * assertEquals(y.toArray(), [[-1, -1, -1], [1, 2, -1]]);
 * ```
 */
export class ConstantPad2d extends Pad {
  /**
   * Makes the layer.
   *
   * @param padding one width, or `[left, right, top, bottom]`; negative ones cut off
   * @param value that of the border
   * @throws {ShapeError} if there are not one or four
   */
  constructor(padding: Padding2d, value: number) {
    checkArguments("make ConstantPad2d", arguments, 2);
    super(padding, 2, "constant", value);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    return `${super.extraRepr()}, ${this.value}`;
  }
}

/**
 * Mirrors the neighbours at both ends of sequences, without the ends themselves.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad1d.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ReflectionPad1d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = new ReflectionPad1d(2)(tensor([[1, 2, 3]]));
 * assertEquals(y.toArray(), [[3, 2, 1, 2, 3, 2, 1]]);
 * ```
 */
export class ReflectionPad1d extends Pad {
  /**
   * Makes the layer.
   *
   * @param padding one width, or `[left, right]`; below the length of the sequences
   * @throws {ShapeError} if there are not one or two
   */
  constructor(padding: Padding1d) {
    checkArguments("make ReflectionPad1d", arguments, 1);
    super(padding, 1, "reflect");
  }
}

/**
 * Mirrors the neighbours at all sides of images, without the edges themselves.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ReflectionPad2d.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ReflectionPad2d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = new ReflectionPad2d([1, 0, 0, 1])(tensor([[[1, 2], [3, 4]]]));
 * assertEquals(y.toArray(), [[[2, 1, 2], [4, 3, 4], [2, 1, 2]]]);
 * ```
 */
export class ReflectionPad2d extends Pad {
  /**
   * Makes the layer.
   *
   * @param padding one width, or `[left, right, top, bottom]`; below the size of the images
   * @throws {ShapeError} if there are not one or four
   */
  constructor(padding: Padding2d) {
    checkArguments("make ReflectionPad2d", arguments, 1);
    super(padding, 2, "reflect");
  }
}

/**
 * Repeats the ends of sequences.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ReplicationPad1d.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ReplicationPad1d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new ReplicationPad1d(1)(tensor([[1, 2]])).toArray(), [[1, 1, 2, 2]]);
 * ```
 */
export class ReplicationPad1d extends Pad {
  /**
   * Makes the layer.
   *
   * @param padding one width, or `[left, right]`
   * @throws {ShapeError} if there are not one or two
   */
  constructor(padding: Padding1d) {
    checkArguments("make ReplicationPad1d", arguments, 1);
    super(padding, 1, "replicate");
  }
}

/**
 * Repeats the edges of images.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.ReplicationPad2d.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { ReplicationPad2d } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const y = new ReplicationPad2d([1, 0, 0, 1])(tensor([[[1, 2]]]));
 * assertEquals(y.toArray(), [[[1, 1, 2], [1, 1, 2]]]);
 * ```
 */
export class ReplicationPad2d extends Pad {
  /**
   * Makes the layer.
   *
   * @param padding one width, or `[left, right, top, bottom]`
   * @throws {ShapeError} if there are not one or four
   */
  constructor(padding: Padding2d) {
    checkArguments("make ReplicationPad2d", arguments, 1);
    super(padding, 2, "replicate");
  }
}
