/**
 * Neural networks: modules, layers, losses and their initial values.
 *
 * @example
 * ```ts
 * import { randn, type Tensor } from "@gradus/gradus";
 * import * as nn from "@gradus/gradus/nn";
 * import assert from "node:assert/strict";
 *
 * class Net extends nn.Module {
 *   fc1 = new nn.Linear(784, 128);
 *   relu = new nn.ReLU();
 *   fc2 = new nn.Linear(128, 10);
 *
 *   override forward(x: Tensor): Tensor {
 *     return this.fc2(this.relu(this.fc1(x)));
 *   }
 * }
 *
 * const model = new Net();
 * assert.deepEqual(model(randn([32, 784])).shape, [32, 10]);
 * ```
 *
 * @module
 */

export {
  type ForwardHook,
  type ForwardPreHook,
  type FullBackwardHook,
  type FullBackwardPreHook,
  type Layer,
  Module,
} from "./module.ts";
export type { Gradients } from "./hooks.ts";
export type { LoadStateOptions, LoadStateResult, StateDict } from "./state_dict.ts";
export { Buffer, Parameter } from "./parameter.ts";
export { Linear, type LinearOptions } from "./layers/linear.ts";
export {
  Conv,
  type ConvSettings,
  type ConvWindowOptions,
  type NamedPadding,
  type PaddingMode,
  type PaddingModeOptions,
} from "./layers/conv.ts";
export { Conv2d, type Conv2dOptions, type Conv2dWindowOptions } from "./layers/conv.ts";
export {
  AvgPool2d,
  type AvgPool2dOptions,
  MaxPool2d,
  type MaxPool2dOptions,
  type PoolOptions,
} from "./layers/pooling.ts";
export { BatchNorm, BatchNorm1d, BatchNorm2d, type BatchNormOptions } from "./layers/batch_norm.ts";
export {
  LayerNorm,
  type LayerNormOptions,
  type NormalizedShape,
  RMSNorm,
} from "./layers/layer_norm.ts";
export { GroupNorm, type GroupNormOptions } from "./layers/layer_norm.ts";
export {
  InstanceNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  type InstanceNormOptions,
} from "./layers/batch_norm.ts";
export { RunningNorm, type RunningNormOptions } from "./layers/batch_norm.ts";
export { Conv1d, type Conv1dOptions, type Conv1dWindowOptions } from "./layers/conv.ts";
export {
  ConvTranspose2d,
  type ConvTranspose2dOptions,
  type ConvTransposeWindowOptions,
} from "./layers/conv_transpose.ts";
export {
  ConvTranspose1d,
  type ConvTranspose1dOptions,
  type ConvTranspose1dWindowOptions,
} from "./layers/conv_transpose.ts";
export {
  AvgPool1d,
  type AvgPool1dOptions,
  MaxPool1d,
  type MaxPool1dOptions,
} from "./layers/pooling.ts";
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptivePool1d,
  AdaptivePool2d,
} from "./layers/adaptive_pooling.ts";
export { type InterpolateOptions, Upsample } from "./layers/resize.ts";
export { PixelShuffle, PixelUnshuffle } from "./layers/resize.ts";
export { Fold, Sliding, type SlidingOptions, Unfold } from "./layers/unfold.ts";
export {
  ConstantPad1d,
  ConstantPad2d,
  Pad,
  type Padding1d,
  type Padding2d,
  ReflectionPad1d,
  ReflectionPad2d,
  ReplicationPad1d,
  ReplicationPad2d,
  ZeroPad2d,
} from "./layers/padding.ts";
export { Bilinear, type BilinearOptions } from "./layers/linear.ts";
export { Identity } from "./layers/linear.ts";
export {
  ModuleDict,
  ModuleList,
  ParameterDict,
  ParameterList,
  Sequential,
} from "./layers/container.ts";
export { Flatten, Unflatten } from "./layers/linear.ts";
export { Dropout, Dropout1d, Dropout2d, type DropoutOptions } from "./layers/dropout.ts";
export { AlphaDropout } from "./layers/dropout.ts";
export {
  LeakyReLU,
  LogSoftmax,
  ReLU,
  Sigmoid,
  Softmax,
  type SoftmaxOptions,
  Tanh,
} from "./layers/activation.ts";
export {
  CELU,
  ELU,
  GELU,
  type GELUOptions,
  LogSigmoid,
  Mish,
  SELU,
  SiLU,
  Softplus,
  Softsign,
} from "./layers/activation.ts";
export { Hardsigmoid, Hardswish, Hardtanh, ReLU6 } from "./layers/activation.ts";
export { Hardshrink, Softshrink, Tanhshrink, Threshold } from "./layers/activation.ts";
export { PReLU, type PReLUOptions } from "./layers/activation.ts";
export { GLU, type GLUOptions } from "./layers/activation.ts";
export { Softmin } from "./layers/activation.ts";
export {
  Embedding,
  type EmbeddingOptions,
  type PretrainedEmbeddingOptions,
} from "./layers/embedding.ts";
export {
  type AttentionResult,
  MultiheadAttention,
  type MultiheadAttentionCallOptions,
  type MultiheadAttentionOptions,
} from "./layers/attention.ts";
export {
  type DecoderMasks,
  type EncoderMasks,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  TransformerLayer,
  type TransformerLayerOptions,
} from "./layers/transformer.ts";
export {
  TransformerDecoder,
  TransformerEncoder,
  type TransformerStackOptions,
} from "./layers/transformer.ts";
export {
  type Decoder,
  type Encoder,
  Transformer,
  type TransformerMasks,
  type TransformerOptions,
} from "./layers/transformer.ts";
export { Recurrent, type RecurrentOptions, type RecurrentResult } from "./layers/recurrent.ts";
export {
  GRU,
  LSTM,
  type LSTMOptions,
  type LSTMState,
  RNN,
  type RNNOptions,
} from "./layers/recurrent.ts";
export {
  GRUCell,
  LSTMCell,
  RecurrentCell,
  type RecurrentCellOptions,
  RNNCell,
  type RNNCellOptions,
} from "./layers/recurrent_cell.ts";
export {
  CrossEntropyLoss,
  type CrossEntropyOptions,
  NLLLoss,
  type NLLOptions,
} from "./losses/classification.ts";
export {
  BCEWithLogitsLoss,
  type BCEWithLogitsOptions,
  L1Loss,
  MSELoss,
} from "./losses/regression.ts";
export {
  GaussianNLLLoss,
  type GaussianNLLOptions,
  HuberLoss,
  type HuberOptions,
  PoissonNLLLoss,
  type PoissonNLLOptions,
  SmoothL1Loss,
  type SmoothL1Options,
} from "./losses/regression.ts";
export {
  BCELoss,
  type BCEOptions,
  KLDivLoss,
  type KLDivOptions,
  type KLDivReduction,
} from "./losses/probability.ts";
export {
  HingeEmbeddingLoss,
  type MarginOptions,
  MarginRankingLoss,
  MultiMarginLoss,
  type MultiMarginOptions,
} from "./losses/margin.ts";
export {
  CosineEmbeddingLoss,
  TripletMarginLoss,
  type TripletMarginOptions,
} from "./losses/embedding.ts";
export {
  MultiLabelSoftMarginLoss,
  type MultiLabelSoftMarginOptions,
  SoftMarginLoss,
} from "./losses/margin.ts";
export { Loss } from "./losses/loss.ts";
export type { LossOptions, Reduction } from "./losses/loss.ts";
export type { Pair, Size2d } from "./layers/sizes.ts";
export { Summary, summary, type SummaryLayer } from "./summary.ts";
export { parametersToVector, vectorToParameters } from "./utils.ts";
export { padSequence, type PadSequenceOptions } from "./utils.ts";
export {
  CosineSimilarity,
  type CosineSimilarityOptions,
  PairwiseDistance,
  type PairwiseDistanceOptions,
} from "./layers/distance.ts";
export { clipGradNorm_, type ClipGradNormOptions, clipGradValue_ } from "./utils.ts";
export { load, type LoadOptions, save, type SaveOptions } from "./save.ts";
export * as functional from "./functional.ts";
export * as init from "./init.ts";
