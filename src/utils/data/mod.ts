/**
 * Data sets, samplers, and the loader that makes batches of them.
 *
 * @module
 */

export { type Collated, defaultCollate } from "./collate.ts";
export { ConcatDataset } from "./dataset.ts";
export type { Dataset, Indices } from "./dataset.ts";
export { DataLoader, type DataLoaderOptions } from "./loader.ts";
export { randomSplit, type RandomSplitOptions } from "./dataset.ts";
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
export { Subset } from "./dataset.ts";
export { TensorDataset } from "./dataset.ts";
export { WeightedRandomSampler, type WeightedRandomSamplerOptions } from "./sampler.ts";
