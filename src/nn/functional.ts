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
export { batchNorm, type BatchNormFunctionOptions } from "./batch_norm.ts";
export { conv2d, type Conv2dFunctionOptions, type ConvWindowOptions } from "./conv.ts";
export {
  crossEntropy,
  type CrossEntropyOptions,
  nllLoss,
  type NLLOptions,
} from "./cross_entropy.ts";
export { dropout, type DropoutFunctionOptions, type DropoutOptions } from "./dropout.ts";
export { embedding, type EmbeddingOptions } from "./embedding.ts";
export { hardsigmoid, hardswish, hardtanh, relu6 } from "./hard_activation.ts";
export { linear, type LinearFunctionOptions } from "./linear.ts";
export {
  type BCEWithLogitsOptions,
  binaryCrossEntropyWithLogits,
  l1Loss,
  mseLoss,
} from "./losses.ts";
export {
  groupNorm,
  instanceNorm,
  type InstanceNormFunctionOptions,
  layerNorm,
  type NormalizedShape,
  type NormFunctionOptions,
  rmsNorm,
  type RMSNormFunctionOptions,
} from "./normalization.ts";
export { oneHot } from "./one_hot.ts";
export type { Size2d } from "./pair.ts";
export { avgPool2d, type AvgPool2dOptions, maxPool2d, type MaxPool2dOptions } from "./pooling.ts";
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
export type { LossOptions, Reduction } from "./reduction.ts";
