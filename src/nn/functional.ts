/**
 * What layers compute, as functions of their input and their weights.
 *
 * @module
 */

export {
  leakyRelu,
  logSoftmax,
  relu,
  sigmoid,
  softmax,
  type SoftmaxOptions,
  tanh,
} from "./layers/activation.ts";
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
} from "./layers/adaptive_pooling.ts";
export { bilinear, type BilinearFunctionOptions } from "./layers/linear.ts";
export { conv1d, type Conv1dFunctionOptions, type Conv1dWindowOptions } from "./layers/conv.ts";
export {
  convTranspose2d,
  type ConvTranspose2dFunctionOptions,
  type ConvTransposeWindowOptions,
} from "./layers/conv_transpose.ts";
export {
  avgPool1d,
  type AvgPool1dOptions,
  maxPool1d,
  type MaxPool1dOptions,
} from "./layers/pooling.ts";
export { interpolate, type InterpolateOptions } from "./layers/resize.ts";
export { pixelShuffle, pixelUnshuffle } from "./layers/resize.ts";
export { fold, type SlidingOptions, unfold } from "./layers/unfold.ts";
export {
  convTranspose1d,
  type ConvTranspose1dFunctionOptions,
  type ConvTranspose1dWindowOptions,
} from "./layers/conv_transpose.ts";
export { batchNorm, type BatchNormFunctionOptions } from "./layers/batch_norm.ts";
export { conv2d, type Conv2dFunctionOptions, type Conv2dWindowOptions } from "./layers/conv.ts";
export type {
  ConvWindowOptions,
  NamedPadding,
  PaddingMode,
  PaddingModeOptions,
} from "./layers/conv.ts";
export {
  crossEntropy,
  type CrossEntropyOptions,
  nllLoss,
  type NLLOptions,
} from "./losses/classification.ts";
export {
  dropout,
  dropout1d,
  dropout2d,
  type DropoutFunctionOptions,
  type DropoutOptions,
} from "./layers/dropout.ts";
export { alphaDropout } from "./layers/dropout.ts";
export { embedding, type EmbeddingOptions } from "./layers/embedding.ts";
export { instanceNorm, type InstanceNormFunctionOptions } from "./layers/batch_norm.ts";
export type { NotingOptions } from "./layers/batch_norm.ts";
export { hardsigmoid, hardswish, hardtanh, relu6 } from "./layers/activation.ts";
export { hardshrink, softshrink, tanhshrink, threshold } from "./layers/activation.ts";
export { prelu } from "./layers/activation.ts";
export { glu, type GLUOptions } from "./layers/activation.ts";
export { gumbelSoftmax, type GumbelSoftmaxOptions, softmin } from "./layers/activation.ts";
export { linear, type LinearFunctionOptions } from "./layers/linear.ts";
export {
  type BCEWithLogitsOptions,
  binaryCrossEntropyWithLogits,
  l1Loss,
  mseLoss,
} from "./losses/regression.ts";
export {
  groupNorm,
  layerNorm,
  type NormalizedShape,
  type NormFunctionOptions,
  rmsNorm,
  type RMSNormFunctionOptions,
} from "./layers/layer_norm.ts";
export {
  cosineSimilarity,
  type CosineSimilarityOptions,
  normalize,
  type NormalizeOptions,
  pairwiseDistance,
  type PairwiseDistanceOptions,
} from "./layers/distance.ts";
export { oneHot } from "./utils.ts";
export type { Size2d } from "./layers/sizes.ts";
export {
  avgPool2d,
  type AvgPool2dOptions,
  maxPool2d,
  type MaxPool2dOptions,
  type PoolOptions,
} from "./layers/pooling.ts";
export { type AttentionOptions, scaledDotProductAttention } from "./layers/attention.ts";
export {
  celu,
  elu,
  gelu,
  type GELUOptions,
  logSigmoid,
  mish,
  selu,
  silu,
  softplus,
  softsign,
} from "./layers/activation.ts";
export {
  gaussianNllLoss,
  type GaussianNLLOptions,
  huberLoss,
  type HuberOptions,
  poissonNllLoss,
  type PoissonNLLOptions,
  smoothL1Loss,
  type SmoothL1Options,
} from "./losses/regression.ts";
export {
  type BCEOptions,
  binaryCrossEntropy,
  klDiv,
  type KLDivOptions,
  type KLDivReduction,
} from "./losses/probability.ts";
export {
  hingeEmbeddingLoss,
  type MarginOptions,
  marginRankingLoss,
  multiMarginLoss,
  type MultiMarginOptions,
} from "./losses/margin.ts";
export {
  cosineEmbeddingLoss,
  tripletMarginLoss,
  type TripletMarginOptions,
} from "./losses/embedding.ts";
export {
  multilabelSoftMarginLoss,
  type MultiLabelSoftMarginOptions,
  softMarginLoss,
} from "./losses/margin.ts";
export type { LossOptions, Reduction } from "./losses/loss.ts";
