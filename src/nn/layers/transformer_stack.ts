/**
 * Transformer layers on top of each other.
 *
 * @module
 */

import { ValueError } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { ModuleList } from "./container.ts";
import { type AnyModule, Module } from "../module.ts";
import type { LayerNorm } from "./layer_norm.ts";
import type {
  DecoderMasks,
  EncoderMasks,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from "./transformer.ts";

/** Options of `TransformerEncoder` and `TransformerDecoder`. */
export interface TransformerStackOptions {
  /** What normalizes the result; nothing if left out. */
  readonly norm?: LayerNorm | null;
}

/**
 * Copies of an encoder layer, one after the other, which start with the same weights.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { TransformerEncoder, TransformerEncoderLayer } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new TransformerEncoderLayer(8, 2, { dimFeedforward: 16 });
 * const model = new TransformerEncoder(layer, 3);
 * assert.deepEqual(model(randn([5, 2, 8])).shape, [5, 2, 8]);
 * ```
 */
export class TransformerEncoder extends Module<[src: Tensor, masks?: EncoderMasks], Tensor> {
  /** The layers. */
  layers: ModuleList<TransformerEncoderLayer>;
  /** What normalizes the result, if anything. */
  norm: LayerNorm | null;

  /**
   * Makes the stack.
   *
   * @param layer what is copied
   * @param numLayers how often
   * @param options `norm`
   * @throws {ValueError} if the number is not a whole one above 0
   */
  constructor(
    layer: TransformerEncoderLayer,
    numLayers: number,
    options: TransformerStackOptions = {},
  ) {
    super();
    this.layers = copies(layer, numLayers);
    this.norm = options.norm ?? null;
  }

  /** See {@link Module}. */
  override forward(src: Tensor, masks: EncoderMasks = {}): Tensor {
    for (const layer of this.layers) src = layer(src, masks);
    return this.norm === null ? src : this.norm(src);
  }
}

/**
 * Copies of a decoder layer, one after the other, which start with the same weights.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoder.html
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { TransformerDecoder, TransformerDecoderLayer } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new TransformerDecoderLayer(8, 2, { dimFeedforward: 16 });
 * const model = new TransformerDecoder(layer, 3);
 * assert.deepEqual(model(randn([4, 2, 8]), randn([6, 2, 8])).shape, [4, 2, 8]);
 * ```
 */
export class TransformerDecoder
  extends Module<[tgt: Tensor, memory: Tensor, masks?: DecoderMasks], Tensor> {
  /** The layers. */
  layers: ModuleList<TransformerDecoderLayer>;
  /** What normalizes the result, if anything. */
  norm: LayerNorm | null;

  /**
   * Makes the stack.
   *
   * @param layer what is copied
   * @param numLayers how often
   * @param options `norm`
   * @throws {ValueError} if the number is not a whole one above 0
   */
  constructor(
    layer: TransformerDecoderLayer,
    numLayers: number,
    options: TransformerStackOptions = {},
  ) {
    super();
    this.layers = copies(layer, numLayers);
    this.norm = options.norm ?? null;
  }

  /** See {@link Module}. */
  override forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    for (const layer of this.layers) tgt = layer(tgt, memory, masks);
    return this.norm === null ? tgt : this.norm(tgt);
  }
}

function copies<L extends AnyModule>(layer: { copy(): L }, count: number): ModuleList<L> {
  if (!Number.isInteger(count) || count < 1) {
    throw new ValueError(`Cannot stack ${count} transformer layers: use a whole number, 1 or more`);
  }
  return new ModuleList<L>(...Array.from({ length: count }, () => layer.copy()));
}
