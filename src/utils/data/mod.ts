/**
 * Data sets, samplers, and the loader that makes batches of them.
 *
 * @module
 */

export type { GeneratorOptions } from "../../random.ts";
export { type Collated, defaultCollate } from "./collate.ts";
export {
  ConcatDataset,
  type Dataset,
  type Indices,
  randomSplit,
  Subset,
  TensorDataset,
} from "./dataset.ts";
export { DataLoader, type DataLoaderOptions } from "./loader.ts";
export {
  BatchSampler,
  type BatchSamplerOptions,
  RandomSampler,
  type RandomSamplerOptions,
  type Sampler,
  SequentialSampler,
  type Sized,
  SubsetRandomSampler,
  WeightedRandomSampler,
  type WeightedRandomSamplerOptions,
} from "./sampler.ts";
