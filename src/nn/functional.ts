/**
 * What layers compute, as functions of their input and their weights.
 *
 * @module
 */

export { bilinear, linear, type LinearOptions } from "./layers/linear.ts";
export {
  conv1d,
  conv2d,
  type ConvOptions,
  type ConvWindowOptions,
  type NamedPadding,
  type PaddingMode,
} from "./layers/conv.ts";
export {
  convTranspose1d,
  convTranspose2d,
  type ConvTransposeOptions,
} from "./layers/conv_transpose.ts";
export {
  avgPool1d,
  avgPool2d,
  type AvgPool2dOptions,
  type AvgPoolOptions,
  maxPool1d,
  maxPool2d,
  type MaxPoolOptions,
  type PoolOptions,
} from "./layers/pooling.ts";
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
} from "./layers/adaptive_pooling.ts";
export {
  batchNorm,
  type BatchNormFunctionOptions,
  instanceNorm,
  type InstanceNormFunctionOptions,
  type RunningNormFunctionOptions,
} from "./layers/batch_norm.ts";
export {
  groupNorm,
  layerNorm,
  type NormalizedShape,
  type NormFunctionOptions,
  rmsNorm,
  type RMSNormFunctionOptions,
} from "./layers/layer_norm.ts";
export {
  celu,
  elu,
  gelu,
  type GELUOptions,
  glu,
  type GLUOptions,
  gumbelSoftmax,
  type GumbelSoftmaxOptions,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  mish,
  prelu,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  type SoftmaxOptions,
  softmin,
  softplus,
  softshrink,
  softsign,
  tanh,
  tanhshrink,
  threshold,
} from "./layers/activation.ts";
export {
  alphaDropout,
  dropout,
  dropout1d,
  dropout2d,
  type DropoutOptions,
} from "./layers/dropout.ts";
export { embedding, type EmbeddingOptions } from "./layers/embedding.ts";
export { type AttentionOptions, scaledDotProductAttention } from "./layers/attention.ts";
export {
  interpolate,
  type InterpolateOptions,
  pixelShuffle,
  pixelUnshuffle,
} from "./layers/resize.ts";
export { fold, unfold, type UnfoldOptions } from "./layers/unfold.ts";
export {
  cosineSimilarity,
  type CosineSimilarityOptions,
  normalize,
  type NormalizeOptions,
  pairwiseDistance,
  type PairwiseDistanceOptions,
} from "./layers/distance.ts";
export type { Pair, Size2d } from "./layers/sizes.ts";
export type { LossOptions, NLLOptions, Reduction, WeightedLossOptions } from "./losses/loss.ts";
export { crossEntropy, type CrossEntropyOptions, nllLoss } from "./losses/classification.ts";
export {
  type BCEWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  klDiv,
  type KLDivOptions,
  type KLDivReduction,
} from "./losses/probability.ts";
export {
  gaussianNllLoss,
  type GaussianNLLOptions,
  huberLoss,
  type HuberOptions,
  l1Loss,
  mseLoss,
  poissonNllLoss,
  type PoissonNLLOptions,
  smoothL1Loss,
  type SmoothL1Options,
} from "./losses/regression.ts";
export {
  hingeEmbeddingLoss,
  type MarginOptions,
  marginRankingLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  type MultiMarginOptions,
  softMarginLoss,
} from "./losses/margin.ts";
export {
  cosineEmbeddingLoss,
  tripletMarginLoss,
  type TripletMarginOptions,
} from "./losses/embedding.ts";
export { oneHot } from "./utils.ts";
