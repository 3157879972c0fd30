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
export * from "./loader.ts";
export * from "./sampler.ts";
