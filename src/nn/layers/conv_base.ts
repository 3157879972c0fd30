/**
 * What the layers of convolution have in common.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import { checkShape } from "../../shape.ts";
import { zeros } from "../../tensor/create.ts";
import type { PadMode } from "../../tensor/padding.ts";
import { describeCall, type PrintedOption } from "../describe.ts";
import { resetAffine } from "./linear.ts";
import { Module } from "../module.ts";
import { formatPair, type Pair, type Size2d } from "./sizes.ts";
import { Parameter } from "../parameter.ts";

/** Padding by name: as much as keeps the size, with one more behind if it is odd; or none. */
export type NamedPadding = "same" | "valid";

/** What a window sees beyond the border: zeros, or what `Tensor.pad` makes of the image. */
export type PaddingMode = "zeros" | Exclude<PadMode, "constant">;

/** How the window of a convolution moves. */
export interface ConvWindowOptions<S = Size2d, P = S> {
  /** Distance between neighbouring windows; default 1. */
  readonly stride?: S;
  /** Elements on each side, zeros unless said otherwise; default 0. */
  readonly padding?: P;
  /** Distance between neighbouring elements of a window; default 1. */
  readonly dilation?: S;
  /** Into how many parts channels are divided, each convolved apart; default 1. */
  readonly groups?: number;
}

/** What a convolution sees beyond the border. */
export interface PaddingModeOptions {
  /**
   * `"reflect"`: the neighbours mirrored, without the edge itself. `"replicate"`: the edge again.
   * `"circular"`: the other end. Default `"zeros"`.
   */
  readonly paddingMode?: PaddingMode;
}

/** What a layer of convolution is made with. */
export interface ConvSettings<S, P = S>
  extends Required<ConvWindowOptions<S, P>>, PaddingModeOptions {
  /** Size of the window. */
  readonly kernelSize: S;
  /** Whether a learnt number is added to each channel. */
  readonly bias: boolean;
  /** Whether the weight is `[in, out / groups, …]` rather than `[out, in / groups, …]`. */
  readonly transposed: boolean;
}

/**
 * A layer of convolution: windows of sequences have a number as size, those of images a pair.
 *
 * @example
 * ```ts
 * import { Conv, Conv2d } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new Conv2d(4, 8, 3, { groups: 2 });
 * assert.ok(layer instanceof Conv);
 * assert.deepEqual(layer.kernelSize, [3, 3]);
 * assert.deepEqual(layer.weight.shape, [8, 2, 3, 3]);
 * ```
 */
export abstract class Conv<
  S extends number | Pair,
  P extends S | NamedPadding = S,
> extends Module {
  /** Channels of the input. */
  readonly inChannels: number;
  /** Channels of the output. */
  readonly outChannels: number;
  /** Size of the window. */
  readonly kernelSize: S;
  /** Distance between neighbouring windows. */
  readonly stride: S;
  /** Elements on each side; in a transposed convolution, what is cut off there. */
  readonly padding: P;
  /** What these elements are. */
  readonly paddingMode: PaddingMode;
  /** Distance between neighbouring elements of a window. */
  readonly dilation: S;
  /** Into how many parts channels are divided. */
  readonly groups: number;
  /** `[out, in / groups, …kernelSize]`, or transposed `[in, out / groups, …kernelSize]` */
  weight: Parameter;
  /** `[out]`, if there is one. */
  bias: Parameter | null;

  /**
   * Makes the layer.
   *
   * @internal
   * @param inChannels channels of the input
   * @param outChannels channels of the output
   * @param settings see {@link ConvSettings}
   * @throws {ValueError} if the channels do not divide into the groups, or there is no such padding
   *   mode
   */
  constructor(inChannels: number, outChannels: number, settings: ConvSettings<S, P>) {
    super();
    const { kernelSize, groups, bias, transposed, paddingMode = "zeros" } = settings;
    const name = new.target.name;
    checkGroups(`make a ${name}`, groups);
    checkPaddingMode(`make a ${name}`, paddingMode);
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new ValueError(
        `Cannot make a ${name} from ${inChannels} to ${outChannels} channels in ${groups} groups: ` +
          `both must divide by ${groups}`,
      );
    }
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.stride = settings.stride;
    this.padding = settings.padding;
    this.paddingMode = paddingMode;
    this.dilation = settings.dilation;
    this.groups = groups;
    const [from, to] = transposed ? [outChannels, inChannels] : [inChannels, outChannels];
    const shape = [to, from / groups, ...[kernelSize].flat()];
    checkShape(shape, `make a ${name}`);
    this.weight = new Parameter(zeros(shape));
    this.bias = bias ? new Parameter(zeros([outChannels])) : null;
    resetAffine(this.weight, this.bias);
  }

  /** See {@link Module}. */
  override describe(): string {
    const { inChannels, outChannels, kernelSize } = this;
    return describeCall([inChannels, outChannels, printed(kernelSize)], this.describeOptions());
  }

  /**
   * The options as they are printed.
   *
   * @internal
   */
  protected describeOptions(): PrintedOption[] {
    return [
      ["stride", printed(this.stride), "1"],
      ["padding", printed(this.padding), "0"],
      ["paddingMode", printed(this.paddingMode), printed("zeros")],
      ["dilation", printed(this.dilation), "1"],
      ["groups", this.groups, 1],
      ["bias", this.bias !== null, true],
    ];
  }
}

function printed(size: number | Pair | string): string {
  if (typeof size === "string") return `"${size}"`;
  return typeof size === "number" ? `${size}` : formatPair(size);
}

/** @throws {ValueError} unless `groups` is a whole number, 1 or more */
export function checkGroups(action: string, groups: number): void {
  if (Number.isInteger(groups) && groups > 0) return;
  throw new ValueError(`Cannot ${action} in ${groups} groups: use a whole number, 1 or more`);
}

const PADDING_MODES: readonly PaddingMode[] = ["zeros", "reflect", "replicate", "circular"];

/** @throws {ValueError} unless `mode` is one of {@link PaddingMode} */
export function checkPaddingMode(action: string, mode: PaddingMode): void {
  if (PADDING_MODES.includes(mode)) return;
  throw new ValueError(
    `Cannot ${action} with padding mode "${mode}": use ${PADDING_MODES.join(", ")}`,
  );
}
