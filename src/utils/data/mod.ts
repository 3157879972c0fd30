/**
 * Data sets, samplers, and the loader that makes batches of them; downloads of files.
 *
 * @module
 */

export type { GeneratorOptions } from "../../random.ts";
export { download, type DownloadOptions } from "../download.ts";
export { type Collated, defaultCollate } from "./collate.ts";
export { type ColumnType, type CSVColumn, CSVDataset, type CSVOptions } from "./csv.ts";
export {
  type AsyncDataset,
  ConcatDataset,
  type Dataset,
  type Indices,
  type IterableDataset,
  randomSplit,
  Subset,
  TensorDataset,
} from "./dataset.ts";
export * from "./loader.ts";
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
