/**
 * Data sets, samplers, and the loader that makes batches of them.
 *
 * @module
 */

export { type Collated, defaultCollate } from "./collate.ts";
export { ConcatDataset } from "./concat.ts";
export type { Dataset, Indices } from "./dataset.ts";
export { DataLoader, type DataLoaderOptions } from "./loader.ts";
export { randomSplit, type RandomSplitOptions } from "./random_split.ts";
export {
  BatchSampler,
  type BatchSamplerOptions,
  type GeneratorOptions,
  RandomSampler,
  type RandomSamplerOptions,
  type Sampler,
  SequentialSampler,
  type Sized,
  SubsetRandomSampler,
} from "./sampler.ts";
export { Subset } from "./subset.ts";
export { TensorDataset } from "./tensor_dataset.ts";
export { WeightedRandomSampler, type WeightedRandomSamplerOptions } from "./weighted_sampler.ts";
