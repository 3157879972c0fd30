/**
 * The whole transformer: an encoder, and a decoder that looks at what it makes.
 *
 * Source: Vaswani et al., "Attention is all you need" (2017).
 *
 * @module
 */

import { ShapeError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import { zeros } from "../../tensor/create.ts";
import { pass } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { xavierUniform_ } from "../init.ts";
import { Module } from "../module.ts";
import { LayerNorm } from "./layer_norm.ts";
import { causalMask } from "./scaled_dot_product.ts";
import {
  type DecoderMasks,
  type EncoderMasks,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
} from "./transformer.ts";
import { TransformerDecoder, TransformerEncoder } from "./transformer_stack.ts";

/** What serves as an encoder. */
export type Encoder = Module<[src: Tensor, masks?: EncoderMasks], Tensor>;

/** What serves as a decoder. */
export type Decoder = Module<[tgt: Tensor, memory: Tensor, masks?: DecoderMasks], Tensor>;

/** Options of `Transformer`. */
export interface TransformerOptions extends TransformerLayerOptions {
  /** How many layers encode; default 6. */
  readonly numEncoderLayers?: number;
  /** How many layers decode; default 6. */
  readonly numDecoderLayers?: number;
  /** Takes the place of the encoder. */
  readonly customEncoder?: Encoder;
  /** Takes the place of the decoder. */
  readonly customDecoder?: Decoder;
}

/** Masks of a transformer; true means that a query may not look there, numbers are added. */
export interface TransformerMasks extends Omit<EncoderMasks, "mask">, DecoderMasks {
  /** `[s, s]`, for the source */
  readonly srcMask?: Tensor | null;
}

/**
 * An encoder and a decoder, each normalized in the end: source `[s, n, e]`, target `[l, n, e]` →
 * `[l, n, e]` (or `[n, …, e]` with `batchFirst`, or without n).
 *
 * All matrices start as `xavierUniform_`, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.Transformer.html).
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { Transformer } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const model = new Transformer(8, 2, { numEncoderLayers: 2, numDecoderLayers: 1 }).eval();
 * const [src, tgt] = [randn([6, 3, 8]), randn([4, 3, 8])];
 * const tgtMask = Transformer.generateSquareSubsequentMask(4);
 * const y = model(src, tgt, { tgtMask });
 * assert.deepEqual(y.shape, [4, 3, 8]);
 *
 * // What comes later does not matter to what comes first.
 * const start = model(src, tgt.slice(0, 1));
 * assert.ok(start.sub(y.slice(0, 1)).abs().max().item() < 1e-5);
 * ```
 */
export class Transformer
  extends Module<[src: Tensor, tgt: Tensor, masks?: TransformerMasks], Tensor> {
  /** Size of the vectors. */
  readonly dModel: number;
  /** Number of heads. */
  readonly nhead: number;
  /** Whether inputs are `[n, l, e]`. */
  readonly batchFirst: boolean;
  /** From the source to the memory. */
  encoder: Encoder;
  /** From the target and the memory to the result. */
  decoder: Decoder;

  /**
   * Makes the model.
   *
   * @param dModel size of the vectors; default 512
   * @param nhead number of heads, divides the size; default 8
   * @param options the number of layers, and what they are made with
   */
  constructor(dModel = 512, nhead = 8, options: TransformerOptions = {}) {
    super();
    const { numEncoderLayers = 6, numDecoderLayers = 6, customEncoder, customDecoder, ...layer } =
      options;
    const norm = (): LayerNorm => new LayerNorm(dModel, { eps: layer.layerNormEps });
    this.dModel = dModel;
    this.nhead = nhead;
    this.batchFirst = layer.batchFirst ?? false;
    this.encoder = customEncoder ?? new TransformerEncoder(
      new TransformerEncoderLayer(dModel, nhead, layer),
      numEncoderLayers,
      { norm: norm() },
    );
    this.decoder = customDecoder ?? new TransformerDecoder(
      new TransformerDecoderLayer(dModel, nhead, layer),
      numDecoderLayers,
      { norm: norm() },
    );
    for (const parameter of this.parameters()) if (parameter.ndim > 1) xavierUniform_(parameter);
  }

  /** See {@link Module}. */
  override forward(src: Tensor, tgt: Tensor, masks: TransformerMasks = {}): Tensor {
    this.#check(src, tgt);
    const { srcMask, srcKeyPaddingMask, ...ofDecoder } = masks;
    const memory = this.encoder(src, { mask: srcMask, srcKeyPaddingMask });
    return this.decoder(tgt, memory, ofDecoder);
  }

  #check(src: Tensor, tgt: Tensor): void {
    const batch = this.batchFirst ? 0 : 1;
    const fits = src.shape.at(-1) === this.dModel && tgt.shape.at(-1) === this.dModel;
    if (fits && (src.ndim !== 3 || src.shape[batch] === tgt.shape[batch])) return;
    throw new ShapeError(
      `Cannot apply Transformer to a source of shape ${formatShape(src.shape)} and a target of ` +
        `shape ${formatShape(tgt.shape)}: both must be ` +
        `${
          this.batchFirst ? "[n, l, e]" : "[l, n, e]"
        } or [l, e] with e = ${this.dModel} and the ` +
        `same n`,
      src.shape,
      tgt.shape,
    );
  }

  /**
   * The mask that keeps every element of a sequence from looking at later ones: `[n, n]`, −∞ above
   * the diagonal and 0 elsewhere.
   *
   * @param size n
   * @example
   * ```ts
   * import { Transformer } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const mask = Transformer.generateSquareSubsequentMask(2);
   * assert.deepEqual(mask.toArray(), [[0, -Infinity], [0, 0]]);
   * ```
   */
  static generateSquareSubsequentMask(size: number): Tensor {
    return pass(() =>
      zeros([size, size]).maskedFill(causalMask(size, size).logicalNot(), -Infinity)
    );
  }
}
