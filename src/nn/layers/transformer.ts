/**
 * The layers of the transformer.
 *
 * Source: Vaswani et al., "Attention is all you need" (2017).
 *
 * @module
 */

import { requireOptions } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { xavierUniform_ } from "../init.ts";
import { gelu, relu } from "./activation.ts";
import { causalMask, MultiheadAttention } from "./attention.ts";
import { ModuleList } from "./container.ts";
import { Dropout } from "./dropout.ts";
import { LayerNorm } from "./layer_norm.ts";
import { Linear } from "./linear.ts";
import { formatArguments, Module } from "../module.ts";
import { formatShape } from "../../shape.ts";
import { zeros } from "../../tensor/create.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Options of `TransformerEncoderLayer` and `TransformerDecoderLayer`. */
export interface TransformerLayerOptions {
  /** Size of the hidden layer; default 2048. */
  readonly dimFeedforward?: number;
  /** The probability of an element to become 0 in training; default 0.1. */
  readonly dropout?: number;
  /** What follows the hidden layer; default `"relu"`. */
  readonly activation?: "relu" | "gelu";
  /** Added to the variance in normalizations; default 1e-5. */
  readonly layerNormEps?: number;
  /** Whether inputs are `[n, l, e]` rather than `[l, n, e]`; default false. */
  readonly batchFirst?: boolean;
  /** Whether to normalize before each part rather than after it; default false. */
  readonly normFirst?: boolean;
}

/** Masks of an encoder; true means that a query may not look there, numbers are added to scores. */
export interface EncoderMasks {
  /** `[l, l]` or `[n · heads, l, l]` */
  readonly mask?: Tensor | null;
  /** `[n, l]` */
  readonly srcKeyPaddingMask?: Tensor | null;
}

/** Masks of a decoder, as {@link EncoderMasks}. */
export interface DecoderMasks {
  /** `[l, l]`, for the target */
  readonly tgtMask?: Tensor | null;
  /** `[l, s]`, for the memory */
  readonly memoryMask?: Tensor | null;
  /** `[n, l]`, for the target */
  readonly tgtKeyPaddingMask?: Tensor | null;
  /** `[n, s]`, for the memory */
  readonly memoryKeyPaddingMask?: Tensor | null;
}

/**
 * What encoder and decoder layers have in common: attention to itself, and a network.
 *
 * @example
 * ```ts
 * import { TransformerEncoderLayer, TransformerLayer } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new TransformerEncoderLayer(8, 2);
 * assert.ok(layer instanceof TransformerLayer);
 * assert.deepEqual([layer.dModel, layer.nhead], [8, 2]);
 * ```
 */
export abstract class TransformerLayer extends Module {
  /** Size of the vectors. */
  readonly dModel: number;
  /** Number of heads. */
  readonly nhead: number;
  /** What the layer was made with. */
  readonly options: Required<TransformerLayerOptions>;

  /**
   * Notes what the layer is made with.
   *
   * @param dModel size of the vectors
   * @param nhead number of heads
   * @param options see {@link TransformerLayerOptions}
   * @throws {ValueError} if there is no such activation
   */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions) {
    requireOptions(`make a ${new.target.name}`, options);
    super();
    this.dModel = dModel;
    this.nhead = nhead;
    this.options = {
      dimFeedforward: 2048,
      dropout: 0.1,
      activation: "relu",
      layerNormEps: 1e-5,
      batchFirst: false,
      normFirst: false,
      ...options,
    };
    const { activation } = this.options;
    if (activation === "relu" || activation === "gelu") return;
    throw new ValueError(
      `Cannot make a ${new.target.name} with activation "${activation}": use "relu" or "gelu"`,
    );
  }

  /**
   * A layer with the same options and the same weights, which then learns apart.
   *
   * @returns a new layer
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { TransformerEncoderLayer } from "@gradus/gradus/nn";
   * import assert from "node:assert/strict";
   *
   * const layer = new TransformerEncoderLayer(8, 2).eval();
   * const x = ones([1, 3, 8]);
   * assert.deepEqual(layer.copy().eval()(x).toArray(), layer(x).toArray());
   * ```
   */
  copy(): this {
    const Layer = this.constructor as new (
      dModel: number,
      nhead: number,
      options: TransformerLayerOptions,
    ) => this;
    const other = new Layer(this.dModel, this.nhead, this.options);
    other.loadStateDict(this.stateDict());
    return other;
  }

  /** `x + part(x)`, normalized before the part or after the sum. */
  protected residual(x: Tensor, norm: LayerNorm, part: (x: Tensor) => Tensor): Tensor {
    return this.options.normFirst ? x.add(part(norm(x))) : norm(x.add(part(x)));
  }

  /** The nonlinearity of the hidden layer. */
  protected activate(x: Tensor): Tensor {
    return this.options.activation === "gelu" ? gelu(x) : relu(x);
  }

  /** See {@link Module}. */
  override extraRepr(): string {
    const { dimFeedforward, dropout, activation, layerNormEps, batchFirst, normFirst } =
      this.options;
    return formatArguments([this.dModel, this.nhead], [
      ["dimFeedforward", dimFeedforward, 2048],
      ["dropout", dropout, 0.1],
      ["activation", `"${activation}"`, `"relu"`],
      ["layerNormEps", layerNormEps, 1e-5],
      ["batchFirst", batchFirst, false],
      ["normFirst", normFirst, false],
    ]);
  }
}

/**
 * Attention of a sequence to itself, then a network of one hidden layer for each element, each added
 * to what goes in and normalized: `[l, n, e] → [l, n, e]`.
 *
 * As in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html).
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { TransformerEncoderLayer } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new TransformerEncoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true });
 * assert.deepEqual(layer(randn([3, 5, 8])).shape, [3, 5, 8]);
 * ```
 */
export class TransformerEncoderLayer extends TransformerLayer {
  /** Attention. */
  self_attn: MultiheadAttention;
  /** Into the hidden layer. */
  linear1: Linear;
  /** Of the hidden layer. */
  dropout: Dropout;
  /** Out of the hidden layer. */
  linear2: Linear;
  /** Of the attention. */
  norm1: LayerNorm;
  /** Of the network. */
  norm2: LayerNorm;
  /** Of the attention. */
  dropout1: Dropout;
  /** Of the network. */
  dropout2: Dropout;

  /**
   * Makes the layer.
   *
   * @param dModel size of the vectors
   * @param nhead number of heads; divides the size
   * @param options see {@link TransformerLayerOptions}
   */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(dModel, nhead, options);
    const { dimFeedforward, dropout, layerNormEps: eps, batchFirst } = this.options;
    this.self_attn = new MultiheadAttention(dModel, nhead, { dropout, batchFirst });
    this.linear1 = new Linear(dModel, dimFeedforward);
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel);
    this.norm1 = new LayerNorm(dModel, { eps });
    this.norm2 = new LayerNorm(dModel, { eps });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
  }

  /** See {@link Module}. */
  override forward(src: Tensor, masks: EncoderMasks = {}): Tensor {
    const { mask: attnMask, srcKeyPaddingMask: keyPaddingMask } = masks;
    const options = { attnMask, keyPaddingMask, needWeights: false };
    const x = this.residual(
      src,
      this.norm1,
      (x) => this.dropout1(this.self_attn(x, x, x, options)[0]),
    );
    return this.residual(
      x,
      this.norm2,
      (x) => this.dropout2(this.linear2(this.dropout(this.activate(this.linear1(x))))),
    );
  }
}

/**
 * As the encoder layer, with attention to a memory (the result of an encoder) in between:
 * target `[l, n, e]`, memory `[s, n, e]` → `[l, n, e]`.
 *
 * As in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html).
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { TransformerDecoderLayer } from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * const layer = new TransformerDecoderLayer(8, 2, { dimFeedforward: 16 });
 * assert.deepEqual(layer(randn([4, 2, 8]), randn([6, 2, 8])).shape, [4, 2, 8]);
 * ```
 */
export class TransformerDecoderLayer extends TransformerLayer {
  /** Attention to the target. */
  self_attn: MultiheadAttention;
  /** Attention to the memory. */
  multihead_attn: MultiheadAttention;
  /** Into the hidden layer. */
  linear1: Linear;
  /** Of the hidden layer. */
  dropout: Dropout;
  /** Out of the hidden layer. */
  linear2: Linear;
  /** Of the attention to the target. */
  norm1: LayerNorm;
  /** Of the attention to the memory. */
  norm2: LayerNorm;
  /** Of the network. */
  norm3: LayerNorm;
  /** Of the attention to the target. */
  dropout1: Dropout;
  /** Of the attention to the memory. */
  dropout2: Dropout;
  /** Of the network. */
  dropout3: Dropout;

  /**
   * Makes the layer.
   *
   * @param dModel size of the vectors
   * @param nhead number of heads; divides the size
   * @param options see {@link TransformerLayerOptions}
   */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(dModel, nhead, options);
    const { dimFeedforward, dropout, layerNormEps: eps, batchFirst } = this.options;
    this.self_attn = new MultiheadAttention(dModel, nhead, { dropout, batchFirst });
    this.multihead_attn = new MultiheadAttention(dModel, nhead, { dropout, batchFirst });
    this.linear1 = new Linear(dModel, dimFeedforward);
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel);
    this.norm1 = new LayerNorm(dModel, { eps });
    this.norm2 = new LayerNorm(dModel, { eps });
    this.norm3 = new LayerNorm(dModel, { eps });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.dropout3 = new Dropout(dropout);
  }

  /** See {@link Module}. */
  override forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    const own = {
      attnMask: masks.tgtMask,
      keyPaddingMask: masks.tgtKeyPaddingMask,
      needWeights: false,
    };
    const other = {
      attnMask: masks.memoryMask,
      keyPaddingMask: masks.memoryKeyPaddingMask,
      needWeights: false,
    };
    let x = this.residual(tgt, this.norm1, (x) => this.dropout1(this.self_attn(x, x, x, own)[0]));
    x = this.residual(
      x,
      this.norm2,
      (x) => this.dropout2(this.multihead_attn(x, memory, memory, other)[0]),
    );
    return this.residual(
      x,
      this.norm3,
      (x) => this.dropout3(this.linear2(this.dropout(this.activate(this.linear1(x))))),
    );
  }
}

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
export class TransformerEncoder extends Module {
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
export class TransformerDecoder extends Module {
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

function copies<L extends Module>(layer: { copy(): L }, count: number): ModuleList<L> {
  if (!Number.isInteger(count) || count < 1) {
    throw new ValueError(`Cannot stack ${count} transformer layers: use a whole number, 1 or more`);
  }
  return new ModuleList<L>(...Array.from({ length: count }, () => layer.copy()));
}

/** What serves as an encoder. */
export interface Encoder extends Module {
  /** From the source to the memory. */
  forward(src: Tensor, masks?: EncoderMasks): Tensor;
}

/** What serves as a decoder. */
export interface Decoder extends Module {
  /** From the target and the memory to the result. */
  forward(tgt: Tensor, memory: Tensor, masks?: DecoderMasks): Tensor;
}

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
export class Transformer extends Module {
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
    return scope(() =>
      zeros([size, size]).maskedFill(causalMask(size, size).logicalNot(), -Infinity)
    );
  }
}
