/**
 * Functions of tensors: the computations of layers and losses, with the weights as arguments.
 *
 * Types of options that a function shares with its layer are exported by `nn` itself.
 *
 * @module
 */

export { bilinear, linear } from "./layers/linear.ts";
export { conv1d, conv2d } from "./layers/conv.ts";
export { convTranspose1d, convTranspose2d } from "./layers/conv_transpose.ts";
export { avgPool1d, avgPool2d, maxPool1d, maxPool2d } from "./layers/pooling.ts";
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
  type NormFunctionOptions,
  rmsNorm,
  type RMSNormFunctionOptions,
} from "./layers/layer_norm.ts";
export {
  celu,
  elu,
  gelu,
  glu,
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
  softmin,
  softplus,
  softshrink,
  softsign,
  tanh,
  tanhshrink,
  threshold,
} from "./layers/activation.ts";
export { alphaDropout, dropout, dropout1d, dropout2d } from "./layers/dropout.ts";
export { embedding } from "./layers/embedding.ts";
export { type AttentionOptions, scaledDotProductAttention } from "./layers/attention.ts";
export { interpolate, pixelShuffle, pixelUnshuffle } from "./layers/resize.ts";
export { pad } from "./layers/padding.ts";
export { fold, unfold } from "./layers/unfold.ts";
export {
  cosineSimilarity,
  normalize,
  type NormalizeOptions,
  pairwiseDistance,
} from "./layers/distance.ts";
export { crossEntropy, nllLoss } from "./losses/classification.ts";
export { binaryCrossEntropy, binaryCrossEntropyWithLogits, klDiv } from "./losses/probability.ts";
export {
  gaussianNllLoss,
  huberLoss,
  l1Loss,
  mseLoss,
  poissonNllLoss,
  smoothL1Loss,
} from "./losses/regression.ts";
export {
  hingeEmbeddingLoss,
  marginRankingLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  softMarginLoss,
} from "./losses/margin.ts";
export { cosineEmbeddingLoss, tripletMarginLoss } from "./losses/embedding.ts";
export { oneHot } from "./utils.ts";
