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
} from "./activation.ts";
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
} from "./adaptive_pooling.ts";
export { bilinear, type BilinearFunctionOptions } from "./bilinear.ts";
export { conv1d, type Conv1dFunctionOptions, type Conv1dWindowOptions } from "./conv1d.ts";
export {
  convTranspose2d,
  type ConvTranspose2dFunctionOptions,
  type ConvTransposeWindowOptions,
} from "./conv_transpose.ts";
export { avgPool1d, type AvgPool1dOptions, maxPool1d, type MaxPool1dOptions } from "./pooling1d.ts";
export { interpolate, type InterpolateOptions } from "./upsample.ts";
export { pixelShuffle, pixelUnshuffle } from "./pixel_shuffle.ts";
export { fold, type SlidingOptions, unfold } from "./sliding_blocks.ts";
export {
  convTranspose1d,
  type ConvTranspose1dFunctionOptions,
  type ConvTranspose1dWindowOptions,
} from "./conv_transpose1d.ts";
export { batchNorm, type BatchNormFunctionOptions } from "./batch_norm.ts";
export { conv2d, type Conv2dFunctionOptions, type Conv2dWindowOptions } from "./conv.ts";
export type {
  ConvWindowOptions,
  NamedPadding,
  PaddingMode,
  PaddingModeOptions,
} from "./conv_base.ts";
export {
  crossEntropy,
  type CrossEntropyOptions,
  nllLoss,
  type NLLOptions,
} from "./cross_entropy.ts";
export {
  dropout,
  dropout1d,
  dropout2d,
  type DropoutFunctionOptions,
  type DropoutOptions,
} from "./dropout.ts";
export { alphaDropout } from "./alpha_dropout.ts";
export { embedding, type EmbeddingOptions } from "./embedding.ts";
export { instanceNorm, type InstanceNormFunctionOptions } from "./instance_norm.ts";
export type { NotingOptions } from "./running_norm.ts";
export { hardsigmoid, hardswish, hardtanh, relu6 } from "./hard_activation.ts";
export { hardshrink, softshrink, tanhshrink, threshold } from "./shrink.ts";
export { prelu } from "./prelu.ts";
export { glu, type GLUOptions } from "./glu.ts";
export { gumbelSoftmax, type GumbelSoftmaxOptions, softmin } from "./softmin.ts";
export { linear, type LinearFunctionOptions } from "./linear.ts";
export {
  type BCEWithLogitsOptions,
  binaryCrossEntropyWithLogits,
  l1Loss,
  mseLoss,
} from "./losses.ts";
export {
  groupNorm,
  layerNorm,
  type NormalizedShape,
  type NormFunctionOptions,
  rmsNorm,
  type RMSNormFunctionOptions,
} from "./normalization.ts";
export {
  cosineSimilarity,
  type CosineSimilarityOptions,
  normalize,
  type NormalizeOptions,
  pairwiseDistance,
  type PairwiseDistanceOptions,
} from "./similarity.ts";
export { oneHot } from "./one_hot.ts";
export type { Size2d } from "./pair.ts";
export {
  avgPool2d,
  type AvgPool2dOptions,
  maxPool2d,
  type MaxPool2dOptions,
  type PoolOptions,
} from "./pooling.ts";
export { type AttentionOptions, scaledDotProductAttention } from "./scaled_dot_product.ts";
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
} from "./smooth_activation.ts";
export {
  gaussianNllLoss,
  type GaussianNLLOptions,
  huberLoss,
  type HuberOptions,
  poissonNllLoss,
  type PoissonNLLOptions,
  smoothL1Loss,
  type SmoothL1Options,
} from "./regression_losses.ts";
export {
  type BCEOptions,
  binaryCrossEntropy,
  klDiv,
  type KLDivOptions,
  type KLDivReduction,
} from "./probability_losses.ts";
export {
  hingeEmbeddingLoss,
  type MarginOptions,
  marginRankingLoss,
  multiMarginLoss,
  type MultiMarginOptions,
} from "./margin_losses.ts";
export {
  cosineEmbeddingLoss,
  tripletMarginLoss,
  type TripletMarginOptions,
} from "./embedding_losses.ts";
export {
  multilabelSoftMarginLoss,
  type MultiLabelSoftMarginOptions,
  softMarginLoss,
} from "./soft_margin_losses.ts";
export type { LossOptions, Reduction } from "./reduction.ts";
