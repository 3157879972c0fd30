/**
 * Gradus: tensors with automatic differentiation, for Deno, Bun, Node and browsers.
 *
 * @example
 * ```ts
 * import { randn, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * const loss = x.matmul(x.T).sum();
 * loss.backward();
 * assertEquals(x.grad!.toArray(), [[8, 12], [8, 12]]);
 * assertEquals(randn([2, 3]).shape, [2, 3]);
 * ```
 *
 * @module
 */

export { Tensor, type TensorLike } from "./src/tensor/tensor.ts";
export {
  arange,
  type ArangeOptions,
  empty,
  emptyLike,
  eye,
  full,
  fullLike,
  linspace,
  type LinspaceOptions,
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
  type RandintOptions,
  randLike,
  randn,
  randnLike,
  type RandomOptions,
  randperm,
} from "./src/tensor/random.ts";
export {
  broadcastTensors,
  cat,
  type DiagonalOptions,
  hstack,
  meshgrid,
  type MeshgridOptions,
  type PadMode,
  type PadOptions,
  stack,
  type UnfoldOptions,
  vstack,
} from "./src/tensor/shape.ts";
export type {
  Index,
  Range,
  ScatterReduceOptions,
  ScatterReduction,
  SliceOptions,
} from "./src/tensor/indexing.ts";
export { type RoundOptions } from "./src/tensor/math.ts";
export type { DivOptions } from "./src/tensor/arithmetic.ts";
export { type ScaledOptions } from "./src/tensor/arithmetic.ts";
export {
  type AxisOptions,
  type CovOptions,
  type DiffOptions,
  type NanToNumOptions,
  type NormOptions,
  type QuantileInterpolation,
  type QuantileOptions,
  type ReduceOptions,
  type VarianceOptions,
} from "./src/tensor/reduction.ts";
export { type CloseOptions, where } from "./src/tensor/comparison.ts";
export type {
  BincountOptions,
  BucketizeOptions,
  ExtremeOptions,
  Histogram,
  HistogramOptions,
  KthvalueOptions,
  Sorted,
  SortOptions,
  TopkOptions,
  Unique,
} from "./src/tensor/sorting.ts";
export {
  type AddmmOptions,
  bmm,
  cdist,
  type DistanceOptions,
  dot,
  outer,
} from "./src/tensor/matmul.ts";
export { einsum } from "./src/tensor/einsum.ts";
export * as linalg from "./src/tensor/linalg.ts";
export type { NestedArray } from "./src/tensor/reading.ts";
export {
  type BackwardOptions,
  type BackwardStep,
  grad,
  type GradOptions,
  type RemovableHandle,
} from "./src/tensor/autograd.ts";
export { isGradEnabled, noGrad, setGradEnabled } from "./src/autograd/grad_mode.ts";
export { gradCheck, type GradCheckOptions } from "./src/tensor/grad_check.ts";
export {
  type DType,
  type FloatDType,
  getDefaultDtype,
  setDefaultDtype,
  type TypedArray,
} from "./src/dtype.ts";
export {
  defaultGenerator,
  Generator,
  type GeneratorOptions,
  type GeneratorState,
  manualSeed,
} from "./src/random.ts";
export {
  describeKernels,
  getFastMath,
  getNumThreads,
  kernelNames,
  type KernelsDescription,
  setFastMath,
  setKernels,
  type SetKernelsOptions,
  setNumThreads,
} from "./src/kernels/backends.ts";
export type { LibraryDescription } from "./src/kernels/kernels.ts";
export { memory, type MemoryStats } from "./src/storage/arena.ts";
export type { AlongOptions, Axes, AxesOptions, Shape } from "./src/shape.ts";
export * from "./src/errors.ts";
