/**
 * The transformer: its layers, stacks of them, and the whole model.
 *
 * Source: Vaswani et al., "Attention is all you need" (2017).
 *
 * @module
 */

import {
  checkArguments,
  checkKind,
  checkTensors,
  checkWhole,
  guardMembers,
  readOptions,
} from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { quoted } from "../../names.ts";
import { formatShape } from "../../shape.ts";
import { listOf, OBJECTS } from "../../storage/arena.ts";
import { zeros } from "../../tensor/create.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { xavierUniform_ } from "../init.ts";
import { checkModule, Module } from "../module.ts";
import { gelu, relu } from "./activation.ts";
import { causalMask, MultiheadAttention } from "./attention.ts";
import { ModuleList } from "./container.ts";
import { Dropout } from "./dropout.ts";
import { ConfiguredLayer } from "./configured_layer.ts";
import { LayerNorm } from "./layer_norm.ts";
import { Linear } from "./linear.ts";

/** Options of `TransformerEncoderLayer` and `TransformerDecoderLayer`. */
export interface TransformerLayerOptions {
  /** Size of the hidden layer; default 2048. */
  readonly dimFeedforward?: number;
  /** The probability of an element to become 0 in training; default 0.1. */
  readonly dropout?: number;
  /** Activation of the hidden layer; default `"relu"`. */
  readonly activation?: "relu" | "gelu";
  /** Added to the variance in normalizations; default 1e-5. */
  readonly layerNormEps?: number;
  /** True if inputs are `[n, l, e]` rather than `[l, n, e]`; default false. */
  readonly batchFirst?: boolean;
  /** True to normalize before each part rather than after it; default false. */
  readonly normFirst?: boolean;
}

const LAYER = {
  dimFeedforward: 2048,
  dropout: 0.1,
  activation: "relu",
  layerNormEps: 1e-5,
  batchFirst: false,
  normFirst: false,
} as const;

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

const ENCODER_MASKS = { mask: null, srcKeyPaddingMask: null } as const;
const DECODER_MASKS = {
  tgtMask: null,
  memoryMask: null,
  tgtKeyPaddingMask: null,
  memoryKeyPaddingMask: null,
} as const;

/** Base of encoder and decoder layers: attention, then a network of one hidden layer. */
export abstract class TransformerLayer extends ConfiguredLayer {
  /** Size of the vectors. */
  declare readonly dModel: number;
  /** Number of heads. */
  declare readonly nhead: number;
  /** The options, with their defaults. */
  declare readonly options: Required<TransformerLayerOptions>;
  /** Attention of the sequence to itself. */
  declare self_attn: MultiheadAttention;
  /** First layer of the feed-forward network: from the vectors to the hidden layer. */
  declare linear1: Linear;
  /** Dropout of the hidden layer. */
  declare dropout: Dropout;
  /** Second layer of the feed-forward network: back to the vectors. */
  declare linear2: Linear;
  /** Normalization around self-attention. */
  declare norm1: LayerNorm;
  /** Normalization around the next part: feed-forward, or in a decoder attention to the memory. */
  declare norm2: LayerNorm;
  /** Dropout of the result of self-attention. */
  declare dropout1: Dropout;
  /** Dropout of the result of the next part. */
  declare dropout2: Dropout;

  /**
   * Makes the layer.
   *
   * @param dModel size of the vectors
   * @param nhead number of heads
   * @param options those that were given
   * @param attentions names of the attentions, in order
   * @throws {ValueError} if there is no such activation
   */
  constructor(
    dModel: number,
    nhead: number,
    options: TransformerLayerOptions,
    attentions: readonly string[],
  ) {
    super({ dModel, nhead }, options, LAYER, ({ dModel, nhead, ...options }) => ({
      dModel,
      nhead,
      options,
    }));
    checkWhole(`make ${new.target.name} with ${quoted(nhead)} heads`, nhead, 1);
    if (!Number.isSafeInteger(dModel / nhead) || dModel === 0) {
      throw new ValueError(
        `Cannot make ${new.target.name} of size ${
          quoted(dModel)
        } with ${nhead} heads: dModel must be ` +
          `divisible by nhead`,
      );
    }
    const { activation, dimFeedforward, dropout, layerNormEps: eps, batchFirst } = this.options;
    if (activation !== "relu" && activation !== "gelu") {
      throw new ValueError(
        `Cannot make ${new.target.name} with activation "${activation}": use "relu" or "gelu"`,
      );
    }
    const parts: Record<string, Module> = {};
    for (const name of attentions) {
      parts[name] = new MultiheadAttention(dModel, nhead, { dropout, batchFirst });
    }
    parts.linear1 = new Linear(dModel, dimFeedforward);
    parts.dropout = new Dropout(dropout);
    parts.linear2 = new Linear(dimFeedforward, dModel);
    const numbers = Array.from({ length: attentions.length + 1 }, (_, i) => i + 1);
    for (const i of numbers) parts[`norm${i}`] = new LayerNorm(dModel, { eps });
    for (const i of numbers) parts[`dropout${i}`] = new Dropout(dropout);
    Object.assign(this, parts);
  }

  /**
   * Makes a layer with the same options and the same weights, which then learns apart.
   *
   * @returns a new layer
   * @example
   * ```ts
   * import { ones } from "@gradus/gradus";
   * import { TransformerEncoderLayer } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const layer = new TransformerEncoderLayer(8, 2).eval();
   * const x = ones([1, 3, 8]);
   * assertEquals(layer.copy().eval()(x).toArray(), layer(x).toArray());
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

  /** Adds the attention of `x` to itself. */
  protected attendItself(
    x: Tensor,
    attnMask: Tensor | null,
    keyPaddingMask: Tensor | null,
  ): Tensor {
    const options = { attnMask, keyPaddingMask, needWeights: false };
    return this.residual(
      x,
      this.norm1,
      (x) => this.dropout1(this.self_attn(x, x, x, options)[0]),
    );
  }

  /** Adds the network of one hidden layer. */
  protected feedForward(x: Tensor, norm: LayerNorm, dropout: Dropout): Tensor {
    const activate = this.options.activation === "gelu" ? gelu : relu;
    return this.residual(
      x,
      norm,
      (x) => dropout(this.linear2(this.dropout(activate(this.linear1(x))))),
    );
  }
}

/**
 * Attends to the sequence itself, then applies a network of one hidden layer to each element; each
 * result is added to its input and normalized: `[l, n, e] → [l, n, e]`.
 *
 * As in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html).
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { TransformerEncoderLayer } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new TransformerEncoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true });
 * assertEquals(layer(randn([3, 5, 8])).shape, [3, 5, 8]);
 * ```
 */
export class TransformerEncoderLayer extends TransformerLayer {
  /**
   * Makes the layer.
   *
   * @param dModel size of the vectors
   * @param nhead number of heads; divides the size
   * @param options see {@link TransformerLayerOptions}
   */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    checkArguments("make TransformerEncoderLayer", arguments, 3);
    super(dModel, nhead, options, ["self_attn"]);
  }

  /** See {@link Module}. */
  override forward(src: Tensor, masks: EncoderMasks = {}): Tensor {
    const action = "apply TransformerEncoderLayer";
    checkTensors(action, src);
    const { mask, srcKeyPaddingMask } = readOptions(action, masks, ENCODER_MASKS);
    const x = this.attendItself(src, mask, srcKeyPaddingMask);
    return this.feedForward(x, this.norm2, this.dropout2);
  }
}

/**
 * Does the same as the encoder layer, with attention to a memory (the result of an encoder) in
 * between: target `[l, n, e]`, memory `[s, n, e]` → `[l, n, e]`.
 *
 * As in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html).
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { TransformerDecoderLayer } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new TransformerDecoderLayer(8, 2, { dimFeedforward: 16 });
 * assertEquals(layer(randn([4, 2, 8]), randn([6, 2, 8])).shape, [4, 2, 8]);
 * ```
 */
export class TransformerDecoderLayer extends TransformerLayer {
  /** Attention to the memory. */
  declare multihead_attn: MultiheadAttention;
  /** Of the network. */
  declare norm3: LayerNorm;
  /** Of the network. */
  declare dropout3: Dropout;

  /**
   * Makes the layer.
   *
   * @param dModel size of the vectors
   * @param nhead number of heads; divides the size
   * @param options see {@link TransformerLayerOptions}
   */
  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    checkArguments("make TransformerDecoderLayer", arguments, 3);
    super(dModel, nhead, options, ["self_attn", "multihead_attn"]);
  }

  /** See {@link Module}. */
  override forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    const action = "apply TransformerDecoderLayer";
    checkTensors(action, tgt, memory);
    const read = readOptions(action, masks, DECODER_MASKS);
    const options = {
      attnMask: read.memoryMask,
      keyPaddingMask: read.memoryKeyPaddingMask,
      needWeights: false,
    };
    const x = this.residual(
      this.attendItself(tgt, read.tgtMask, read.tgtKeyPaddingMask),
      this.norm2,
      (x) => this.dropout2(this.multihead_attn(x, memory, memory, options)[0]),
    );
    return this.feedForward(x, this.norm3, this.dropout3);
  }
}

/** Options of `TransformerEncoder` and `TransformerDecoder`. */
export interface TransformerStackOptions {
  /** Normalization of the result; none if left out. */
  readonly norm?: LayerNorm | null;
}

/** Base of the stacks of encoder or decoder layers. */
export abstract class TransformerStack<L extends Module> extends Module {
  /** The layers. */
  layers: ModuleList<L>;
  /** Normalization of the result, if any. */
  norm: LayerNorm | null;

  /**
   * Makes the stack.
   *
   * @param layer the layer that is copied
   * @param numLayers number of copies
   * @param options `norm`
   * @throws {ValueError} if the number is not a whole one above 0
   */
  constructor(layer: { copy(): L }, numLayers: number, options: TransformerStackOptions = {}) {
    checkArguments(`make ${new.target.name}`, arguments, 3);
    super();
    const { norm } = readOptions(`make ${new.target.name}`, options, { norm: null });
    checkKind(
      `make ${new.target.name}`,
      layer,
      typeof layer?.copy === "function",
      "a layer that has copy(), such as new TransformerEncoderLayer(8, 2)",
    );
    checkWhole(`stack ${numLayers} transformer layers`, numLayers, 1);
    if (norm !== null) checkModule(`make ${new.target.name}`, norm);
    this.layers = new ModuleList<L>(...listOf(numLayers, () => layer.copy(), OBJECTS));
    this.norm = norm;
  }
}

/**
 * Runs copies of an encoder layer one after the other, which start with the same weights.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { TransformerEncoder, TransformerEncoderLayer } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new TransformerEncoderLayer(8, 2, { dimFeedforward: 16 });
 * const model = new TransformerEncoder(layer, 3);
 * assertEquals(model(randn([5, 2, 8])).shape, [5, 2, 8]);
 * ```
 */
export class TransformerEncoder extends TransformerStack<TransformerEncoderLayer> {
  /** See {@link Module}. */
  override forward(src: Tensor, masks: EncoderMasks = {}): Tensor {
    for (const layer of this.layers) src = layer(src, masks);
    return this.norm === null ? src : this.norm(src);
  }
}

/**
 * Runs copies of a decoder layer one after the other, which start with the same weights.
 *
 * See https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoder.html
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { TransformerDecoder, TransformerDecoderLayer } from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new TransformerDecoderLayer(8, 2, { dimFeedforward: 16 });
 * const model = new TransformerDecoder(layer, 3);
 * assertEquals(model(randn([4, 2, 8]), randn([6, 2, 8])).shape, [4, 2, 8]);
 * ```
 */
export class TransformerDecoder extends TransformerStack<TransformerDecoderLayer> {
  /** See {@link Module}. */
  override forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    for (const layer of this.layers) tgt = layer(tgt, memory, masks);
    return this.norm === null ? tgt : this.norm(tgt);
  }
}

/** A module that can take the place of the encoder. */
export interface Encoder extends Module {
  /** From the source to the memory. */
  forward(src: Tensor, masks?: EncoderMasks): Tensor;
}

/** A module that can take the place of the decoder. */
export interface Decoder extends Module {
  /** From the target and the memory to the result. */
  forward(tgt: Tensor, memory: Tensor, masks?: DecoderMasks): Tensor;
}

/** Options of `Transformer`. */
export interface TransformerOptions extends TransformerLayerOptions {
  /** Number of encoder layers; default 6. */
  readonly numEncoderLayers?: number;
  /** Number of decoder layers; default 6. */
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
 * Runs an encoder and a decoder, each normalized in the end: source `[s, n, e]`, target `[l, n, e]`
 * → `[l, n, e]` (or `[n, …, e]` with `batchFirst`, or without n).
 *
 * All matrices start as `xavierUniform_`, as in PyTorch
 * (https://pytorch.org/docs/stable/generated/torch.nn.Transformer.html).
 *
 * @example
 * ```ts
 * import { randn } from "@gradus/gradus";
 * import { Transformer } from "@gradus/gradus/nn";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const model = new Transformer(8, 2, { numEncoderLayers: 2, numDecoderLayers: 1 }).eval();
 * const [src, tgt] = [randn([6, 3, 8]), randn([4, 3, 8])];
 * const tgtMask = Transformer.generateSquareSubsequentMask(4);
 * const y = model(src, tgt, { tgtMask });
 * assertEquals(y.shape, [4, 3, 8]);
 *
 * // Later elements do not change the results of earlier ones.
 * const start = model(src, tgt.slice(0, 1));
 * assert(start.sub(y.slice(0, 1)).abs().max().item() < 1e-5);
 * ```
 */
export class Transformer extends Module {
  /** Size of the vectors. */
  readonly dModel: number;
  /** Number of heads. */
  readonly nhead: number;
  /** True if inputs are `[n, l, e]`. */
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
   * @param options numbers of layers, and the options of the layers
   */
  constructor(dModel = 512, nhead = 8, options: TransformerOptions = {}) {
    checkArguments("make Transformer", arguments, 3);
    super();
    const defaults = {
      ...LAYER,
      numEncoderLayers: 6,
      numDecoderLayers: 6,
      customEncoder: undefined,
      customDecoder: undefined,
    } as const;
    const { numEncoderLayers, numDecoderLayers, customEncoder, customDecoder, ...layer } =
      readOptions(`make ${new.target.name}`, options, defaults);
    const norm = (): LayerNorm => new LayerNorm(dModel, { eps: layer.layerNormEps });
    this.dModel = dModel;
    this.nhead = nhead;
    this.batchFirst = layer.batchFirst;
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
    const defaults = { ...DECODER_MASKS, srcMask: null, srcKeyPaddingMask: null };
    const read = readOptions("apply Transformer", masks, defaults);
    const { srcMask: mask, srcKeyPaddingMask, ...ofDecoder } = read;
    checkTensors("apply Transformer", src, tgt);
    this.check(src, tgt);
    return this.decoder(tgt, this.encoder(src, { mask, srcKeyPaddingMask }), ofDecoder);
  }

  /** Rejects sequences that do not fit together. */
  private check(src: Tensor, tgt: Tensor): void {
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
   * Returns the mask that keeps every element of a sequence from looking at later ones: `[n, n]`, −∞
   * above the diagonal and 0 elsewhere.
   *
   * @param size n
   * @example
   * ```ts
   * import { Transformer } from "@gradus/gradus/nn";
   * import { assertEquals } from "@std/assert";
   *
   * const mask = Transformer.generateSquareSubsequentMask(2);
   * assertEquals(mask.toArray(), [[0, -Infinity], [0, 0]]);
   * ```
   */
  static generateSquareSubsequentMask(size: number): Tensor {
    return scope(() =>
      zeros([size, size]).maskedFill(causalMask(size, size).logicalNot(), -Infinity)
    );
  }
}

guardMembers(Transformer);
