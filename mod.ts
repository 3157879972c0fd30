/**
 * Gradus: tensors with automatic differentiation, for Deno, Bun and browsers.
 *
 * @example
 * ```ts
 * import { randn, tensor } from "@gradus/gradus";
 * import assert from "node:assert/strict";
 *
 * const x = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * const loss = x.matmul(x.T).sum();
 * loss.backward();
 * assert.deepEqual(x.grad!.toArray(), [[8, 12], [8, 12]]);
 * assert.deepEqual(randn([2, 3]).shape, [2, 3]);
 * ```
 *
 * @module
 */

export { grad, type GradOptions } from "./src/tensor/functions.ts";
export {
  bmm,
  broadcastTensors,
  cat,
  cdist,
  type DistanceOptions,
  dot,
  hstack,
  meshgrid,
  type MeshgridOptions,
  outer,
  stack,
  vstack,
  where,
} from "./src/tensor/functions.ts";
export { einsum } from "./src/tensor/einsum.ts";
export {
  arange,
  type ArangeOptions,
  eye,
  full,
  fullLike,
  linspace,
  type NestedData,
  ones,
  onesLike,
  tensor,
  type TensorData,
  type TensorOptions,
  zeros,
  zerosLike,
} from "./src/tensor/create.ts";
export {
  bernoulli,
  multinomial,
  type MultinomialOptions,
  rand,
  randint,
  randLike,
  randn,
  randnLike,
  type RandomOptions,
  randperm,
} from "./src/tensor/random.ts";
export { Tensor, type TensorLike } from "./src/tensor/tensor.ts";
export { SignedTensor } from "./src/tensor/signing.ts";
export { type ScaledOptions, SpecialTensor } from "./src/tensor/special.ts";
export { HyperbolicTensor } from "./src/tensor/hyperbolic.ts";
export { ActivatedTensor, type GeluOptions } from "./src/tensor/activating.ts";
export {
  type DiagonalOptions,
  RearrangedTensor,
  type UnfoldOptions,
} from "./src/tensor/rearranging.ts";
export type { PadMode, PadOptions } from "./src/tensor/padding.ts";
export { type AlongOptions, ScatteredTensor } from "./src/tensor/scattering.ts";
export type { ScatterReduceOptions, ScatterReduction } from "./src/tensor/scatter_reduce.ts";
export {
  type CovOptions,
  type DiffOptions,
  MeasuredTensor,
  type NormOptions,
} from "./src/tensor/measuring.ts";
export { NanAwareTensor, type NanToNumOptions } from "./src/tensor/nan_aware.ts";
export { DecomposedTensor, type MatrixNormOptions, type SVD } from "./src/tensor/decomposing.ts";
export {
  type BincountOptions,
  type BucketizeOptions,
  type Histogram,
  type HistogramOptions,
  OrderedTensor,
  type Sorted,
  type SortOptions,
  type TopkOptions,
  type Unique,
} from "./src/tensor/ordering.ts";
export type { QuantileInterpolation, QuantileOptions } from "./src/tensor/quantile.ts";
export { type KthvalueOptions, RankedTensor } from "./src/tensor/ranking.ts";
export { type AddmmOptions, MultipliedTensor } from "./src/tensor/multiplying.ts";
export { type QR, type SignedLogarithm, SolvedTensor } from "./src/tensor/solving.ts";
export {
  type AxisOptions,
  type ReduceOptions,
  ReducibleTensor,
  type VarianceOptions,
} from "./src/tensor/reducing.ts";
export { SelectableTensor } from "./src/tensor/selecting.ts";
export { PartedTensor } from "./src/tensor/parting.ts";
export { ShapedTensor } from "./src/tensor/shaping.ts";
export { ViewedTensor } from "./src/tensor/viewing.ts";
export { type CloseOptions, ComparedTensor } from "./src/tensor/comparing.ts";
export { RoundedTensor, type RoundOptions } from "./src/tensor/rounding.ts";
export { type DivOptions, ElementwiseTensor } from "./src/tensor/elementwise.ts";
export { type NestedArray, ReadableTensor, type RemovableHandle } from "./src/tensor/readable.ts";
export type { Index, Range } from "./src/tensor/indexing.ts";
export { isGradEnabled, noGrad, setGradEnabled } from "./src/autograd/grad_mode.ts";
export type { BackwardOptions } from "./src/autograd/engine.ts";
export { gradCheck, type GradCheckOptions } from "./src/autograd/grad_check.ts";
export {
  type DType,
  type FloatDType,
  getDefaultDtype,
  setDefaultDtype,
  type TypedArray,
} from "./src/dtype.ts";
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from "./src/random.ts";
export {
  getFastMath,
  getNumThreads,
  kernelNames,
  setFastMath,
  setKernels,
  setNumThreads,
} from "./src/kernels/backends.ts";
export { memory } from "./src/storage/memory.ts";
export type { MemoryStats } from "./src/storage/arena.ts";
export type { Axes, Shape } from "./src/shape.ts";
export * from "./src/errors.ts";
