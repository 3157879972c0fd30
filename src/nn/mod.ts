/**
 * Neural networks: modules, layers, losses and their initial values.
 *
 * @example
 * ```ts
 * import { randn, type Tensor } from "@gradus/gradus";
 * import * as nn from "@gradus/gradus/nn";
 * import { assertEquals } from "@std/assert";
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
 * assertEquals(model(randn([32, 784])).shape, [32, 10]);
 * ```
 *
 * @module
 */

import { nameClasses } from "../names.ts";
import * as nn from "./mod.ts";

export {
  type ForwardHook,
  type ForwardPreHook,
  type FullBackwardHook,
  type FullBackwardPreHook,
  type Layer,
  Module,
} from "./module.ts";
export type { GradientList } from "./hooks.ts";
export {
  type LoadStateOptions,
  type LoadStateResult,
  renameKeys,
  type Renaming,
  type StateDict,
} from "./state_dict.ts";
export { functionalCall, type FunctionalCallOptions } from "./functional_call.ts";
export { Buffer, Parameter } from "./parameter.ts";
export {
  Bilinear,
  Flatten,
  Identity,
  Linear,
  type LinearOptions,
  Unflatten,
} from "./layers/linear.ts";
export {
  Conv1d,
  Conv2d,
  type ConvOptions,
  type ConvWindowOptions,
  type NamedPadding,
  type PaddingMode,
} from "./layers/conv.ts";
export {
  ConvTranspose1d,
  ConvTranspose2d,
  type ConvTransposeOptions,
} from "./layers/conv_transpose.ts";
export {
  AvgPool1d,
  AvgPool2d,
  type AvgPool2dOptions,
  type AvgPoolOptions,
  MaxPool1d,
  MaxPool2d,
  type MaxPoolOptions,
  type PoolOptions,
} from "./layers/pooling.ts";
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  type AdaptivePair,
  type AdaptiveSize,
  type AdaptiveSize2d,
} from "./layers/adaptive_pooling.ts";
export {
  BatchNorm1d,
  BatchNorm2d,
  InstanceNorm1d,
  InstanceNorm2d,
  type RunningNormOptions,
} from "./layers/batch_norm.ts";
export {
  GroupNorm,
  type GroupNormOptions,
  LayerNorm,
  type LayerNormOptions,
  type NormalizedShape,
  RMSNorm,
  type RMSNormOptions,
} from "./layers/layer_norm.ts";
export {
  CELU,
  ELU,
  GELU,
  type GELUOptions,
  GLU,
  type GLUOptions,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  PReLU,
  type PReLUOptions,
  ReLU,
  ReLU6,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  type SoftmaxOptions,
  Softmin,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
  Threshold,
} from "./layers/activation.ts";
export {
  AlphaDropout,
  Dropout,
  Dropout1d,
  Dropout2d,
  type DropoutOptions,
} from "./layers/dropout.ts";
export {
  Embedding,
  type EmbeddingOptions,
  type PretrainedEmbeddingOptions,
} from "./layers/embedding.ts";
export {
  GRU,
  LSTM,
  type LSTMOptions,
  type RecurrentOptions,
  type RecurrentResult,
  RNN,
  type RNNOptions,
} from "./layers/recurrent.ts";
export {
  PackedSequence,
  packPaddedSequence,
  type PackPaddedSequenceOptions,
  padPackedSequence,
  type PadPackedSequenceOptions,
} from "./layers/packed_sequence.ts";
export {
  GRUCell,
  LSTMCell,
  type LSTMState,
  type RecurrentCellOptions,
  RNNCell,
  type RNNCellOptions,
} from "./layers/recurrent_cell.ts";
export {
  type AttentionResult,
  MultiheadAttention,
  type MultiheadAttentionCallOptions,
  type MultiheadAttentionOptions,
} from "./layers/attention.ts";
export {
  type Decoder,
  type DecoderMasks,
  type Encoder,
  type EncoderMasks,
  Transformer,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  type TransformerLayerOptions,
  type TransformerMasks,
  type TransformerOptions,
  type TransformerStackOptions,
} from "./layers/transformer.ts";
export {
  ConstantPad1d,
  ConstantPad2d,
  type Padding1d,
  type Padding2d,
  ReflectionPad1d,
  ReflectionPad2d,
  ReplicationPad1d,
  ReplicationPad2d,
  ZeroPad2d,
} from "./layers/padding.ts";
export {
  ModuleDict,
  ModuleList,
  ParameterDict,
  ParameterList,
  Sequential,
} from "./layers/container.ts";
export {
  type InterpolateMode,
  type InterpolateOptions,
  PixelShuffle,
  PixelUnshuffle,
  Upsample,
} from "./layers/resize.ts";
export { Fold, Unfold, type UnfoldOptions } from "./layers/unfold.ts";
export {
  CosineSimilarity,
  type CosineSimilarityOptions,
  PairwiseDistance,
  type PairwiseDistanceOptions,
} from "./layers/distance.ts";
export type { Pair, Size2d } from "./layers/sizes.ts";
export type { LossOptions, NLLOptions, Reduction, WeightedLossOptions } from "./losses/loss.ts";
export { CrossEntropyLoss, type CrossEntropyOptions, NLLLoss } from "./losses/classification.ts";
export {
  BCELoss,
  BCEWithLogitsLoss,
  type BCEWithLogitsOptions,
  KLDivLoss,
  type KLDivOptions,
  type KLDivReduction,
} from "./losses/probability.ts";
export {
  GaussianNLLLoss,
  type GaussianNLLOptions,
  HuberLoss,
  type HuberOptions,
  L1Loss,
  MSELoss,
  PoissonNLLLoss,
  type PoissonNLLOptions,
  SmoothL1Loss,
  type SmoothL1Options,
} from "./losses/regression.ts";
export {
  HingeEmbeddingLoss,
  type MarginOptions,
  MarginRankingLoss,
  MultiLabelSoftMarginLoss,
  MultiMarginLoss,
  type MultiMarginOptions,
  SoftMarginLoss,
} from "./losses/margin.ts";
export {
  CosineEmbeddingLoss,
  TripletMarginLoss,
  type TripletMarginOptions,
} from "./losses/embedding.ts";
export { Summary, summary, type SummaryLayer, type SummaryWeight } from "./summary.ts";
export {
  clipGradNorm_,
  type ClipGradNormOptions,
  clipGradValue_,
  padSequence,
  type PadSequenceOptions,
  parametersToVector,
  vectorToParameters,
} from "./utils.ts";
export { load, type LoadOptions, save, type SaveOptions } from "./save.ts";
export * as functional from "./functional.ts";
export * as init from "./init.ts";

nameClasses(nn);
