/**
 * Programs on many processes and machines, by MPI: the names are those of `torch.distributed`.
 *
 * Under `mpirun -n 4`, four processes run the same program, and {@link init} tells each its rank. Sums
 * are in the order of ranks, so results have the same bits with every MPI, on every runtime, and on one
 * process that adds up in this order. A program that was started alone is rank 0 of 1.
 *
 * @module
 */

export {
  init,
  type InitOptions,
  isInitialized,
  localRank,
  localWorldSize,
  rank,
  worldSize,
} from "./group.ts";
export {
  allGather,
  allReduce,
  barrier,
  broadcast,
  type MessageOptions,
  recv,
  type ReduceOptions,
  reduceScatter,
  send,
} from "./collectives.ts";
export type { ReduceOp } from "./reduction.ts";
export { DistributedDataParallel, type DistributedDataParallelOptions } from "./data_parallel.ts";
export { type AdditiveMetric, computeMetric } from "./metrics.ts";
export { DistributedSampler, type DistributedSamplerOptions } from "./sampler.ts";
export { type OptimizerClass, ZeroRedundancyOptimizer } from "./zero.ts";
