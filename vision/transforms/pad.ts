/**
 * Adds a border to images.
 *
 * @module
 */

import { checkArguments, checkKind, guardMembers, readOptions } from "../../src/checks.ts";
import { ShapeError, ValueError } from "../../src/errors.ts";
import { quoted } from "../../src/names.ts";
import { formatShape } from "../../src/shape.ts";
import { tensor } from "../../src/tensor/create.ts";
import { scope } from "../../src/tensor/scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { planeSize } from "./planes.ts";
import { BatchTransform } from "./transform.ts";

/** A border: of one width, `[leftRight, topBottom]`, or `[left, top, right, bottom]`. */
export type Border = number | readonly number[];

/** The values of a border: one number, the pixels at the edge, or the image mirrored without or with them. */
export type PaddingMode = "constant" | "edge" | "reflect" | "symmetric";

/** Options of {@link Pad}. */
export interface PadOptions {
  /** The value of a constant border; default 0. */
  readonly fill?: number;
  /** `"constant"`, `"edge"`, `"reflect"` or `"symmetric"`; default `"constant"`. */
  readonly paddingMode?: PaddingMode;
}

/** For each mode, the place of an axis of `size` that is shown at place `i` outside of it. */
const SHOWN: Readonly<Record<PaddingMode, (i: number, size: number) => number>> = {
  constant: (i) => i,
  edge: (i, size) => Math.min(Math.max(i, 0), size - 1),
  reflect: (i, size) => (i < 0 ? -i : i < size ? i : 2 * (size - 1) - i),
  symmetric: (i, size) => (i < 0 ? -1 - i : i < size ? i : 2 * size - 1 - i),
};

/**
 * Adds a border to images `[…, H, W]`. Gradients flow through it. As in torchvision (`transforms.Pad`).
 *
 * See https://pytorch.org/vision/stable/generated/torchvision.transforms.Pad.html
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { transforms } from "@gradus/gradus/vision";
 * import { assertEquals } from "@std/assert";
 *
 * const pad = new transforms.Pad([2, 0], { paddingMode: "reflect" });
 * assertEquals(pad(tensor([[1, 2, 3]])).toArray(), [[3, 2, 1, 2, 3, 2, 1]]);
 * ```
 */
export class Pad extends BatchTransform {
  /** The widths of the border: left, top, right, bottom. */
  readonly padding: readonly number[];
  /** The value of a constant border. */
  readonly fill: number;
  /** The values of the border. */
  readonly paddingMode: PaddingMode;

  /**
   * Makes a transform.
   *
   * @param padding the border
   * @param options `fill`, `paddingMode`
   * @throws {ValueError} if the padding is not 1, 2 or 4 whole numbers, 0 or more, or there is no such
   *   mode
   */
  constructor(padding: Border, options: PadOptions = {}) {
    checkArguments("make Pad", arguments, 2);
    super();
    const known = { fill: 0, paddingMode: "constant" } as const;
    const { fill, paddingMode } = readOptions("make Pad", options, known);
    if (!Object.hasOwn(SHOWN, paddingMode)) {
      throw new ValueError(
        `Cannot pad with paddingMode "${paddingMode}": there are ${
          Object.keys(SHOWN).map((mode) => `"${mode}"`).join(", ")
        }`,
      );
    }
    this.padding = borderOf(padding);
    this.fill = fill;
    this.paddingMode = paddingMode;
  }

  /**
   * Transforms a batch `[N, …, H, W]`.
   *
   * @throws {ShapeError} if a mirrored border is wider than the image
   */
  override forwardBatch(batch: Tensor): Tensor {
    const [height, width] = planeSize(batch, "pad");
    const [left, top, right, bottom] = this.padding;
    const { paddingMode: mode, fill } = this;
    if (mode === "constant") return batch.pad([left, right, top, bottom], { value: fill });
    return scope(() => {
      const rows = places(batch, height, top, bottom, mode);
      const columns = places(batch, width, left, right, mode);
      return batch.indexSelect(-2, rows).indexSelect(-1, columns);
    });
  }
}

guardMembers(Pad);

/** Returns the places of an axis of `size` that are shown along it and its border. */
function places(
  batch: Tensor,
  size: number,
  before: number,
  after: number,
  mode: PaddingMode,
): Tensor {
  const result = Int32Array.from(
    { length: before + size + after },
    (_, i) => SHOWN[mode](i - before, size),
  );
  if (result.every((place) => place >= 0 && place < size)) return tensor(result);
  throw new ShapeError(
    `Cannot pad images of shape ${formatShape(batch.shape.slice(1))} by ${
      Math.max(before, after)
    } ` +
      `in mode "${mode}": the border is wider than the image; pad less`,
    batch.shape,
  );
}

/**
 * Returns `[left, top, right, bottom]`.
 *
 * @throws {ValueError} if `padding` is not 1, 2 or 4 whole numbers, 0 or more
 */
export function borderOf(padding: Border): readonly number[] {
  const isBorder = typeof padding === "number" || Array.isArray(padding);
  checkKind("pad", padding, isBorder, "a width, or a list of widths");
  const widths = [padding].flat();
  if (![1, 2, 4].includes(widths.length) || !widths.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ValueError(
      `Cannot pad with ${quoted(widths)}: give one whole number, [leftRight, topBottom] or ` +
        `[left, top, right, bottom], each 0 or more`,
    );
  }
  const [left, top = left, right = left, bottom = top] = widths;
  return [left, top, right, bottom];
}
