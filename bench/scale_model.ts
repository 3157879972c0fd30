/**
 * Predicts the time of a training step on N ranks; `docs/scaling.md` explains the equation.
 *
 * @module
 */

import type { Measurement, StepTime } from "./scale_rank.ts";

/** The costs of messages and sums, in milliseconds. */
export interface Network {
  /** For each message. */
  readonly latency: number;
  /** For each byte that a rank sends. */
  readonly perByte: number;
  /** For each byte of gradients, to add up the parts of all ranks. */
  readonly addPerByte: number;
  /** For a call that moves next to nothing, between two ranks. */
  readonly call: number;
}

/** A model whose training is predicted. */
export interface Workload {
  /** A step of one rank. */
  readonly step: StepTime;
  /** Bytes of the buckets of gradients, in the order in which they are sent. */
  readonly buckets: readonly number[];
}

/** The time of a step, in parts: `total` is `compute + exchange − hidden`. */
export interface Prediction {
  readonly total: number;
  readonly compute: number;
  readonly exchange: number;
  readonly hidden: number;
}

/** Returns the time to average `bytes` over `ranks`. */
function exchangeTime(bytes: number, ranks: number, network: Network): number {
  const { latency, perByte, addPerByte } = network;
  const messages = 2 * (ranks - 1);
  return messages * (latency + bytes / ranks * perByte) + bytes * addPerByte;
}

/**
 * Predicts a step.
 *
 * @param workload the model
 * @param ranks the number of ranks, which do one batch each
 * @param network what messages cost
 * @param overlap the share of the time between the first and the last bucket in which messages travel
 * while `backward()` computes, from 0 to 1
 * @param processors what the ranks share; by default each has its own
 */
export function predict(
  { step, buckets }: Workload,
  ranks: number,
  network: Network,
  overlap: number,
  processors = Infinity,
): Prediction {
  const share = Math.max(1, ranks / processors);
  const compute = step.step * share;
  if (ranks === 1) return { total: compute, compute, exchange: 0, hidden: 0 };
  const times = buckets.map((bytes) => exchangeTime(bytes, ranks, network));
  const sum = (some: readonly number[]): number => some.reduce((a, b) => a + b, 0);
  const exchange = sum(times) + 2 * network.call * Math.log2(ranks);
  // The last bucket is complete when backward() is over.
  const early = sum(times.slice(0, -1));
  const hidden = overlap * Math.min(early, step.backward * share);
  return { total: compute + exchange - hidden, compute, exchange, hidden };
}

/** Finds what messages cost from measurements on as many ranks, two or more, in the same network. */
export function fitNetwork(measurements: readonly Measurement[]): Network {
  const [{ ranks, exchanges: first }] = measurements;
  const fastest = (of: (measured: Measurement) => number): number =>
    Math.min(...measurements.map(of));
  const exchanges = first.map(({ bytes }, i) => ({
    bytes,
    total: fastest((measured) => measured.exchanges[i].total),
    added: fastest((measured) => measured.exchanges[i].added),
  }));
  const call = fastest((measured) => measured.call);
  const moved = (place: number): { bytes: number; time: number } => {
    const { bytes, total, added } = exchanges.at(place)!;
    return { bytes, time: total - added };
  };
  // The smallest tells of messages, the largest of bytes; networks let some bytes pass at once.
  const [small, large, largest] = [moved(0), moved(-2), moved(-1)];
  const slope = Math.max(0, (largest.time - large.time) / (largest.bytes - large.bytes));
  const messages = 2 * (ranks - 1);
  return {
    latency: Math.max(0, small.time - slope * small.bytes) / messages,
    perByte: slope * ranks / messages,
    addPerByte: exchanges.at(-1)!.added / largest.bytes,
    call,
  };
}

/** Finds the overlap from a measurement on two or more ranks; 0 if there is one bucket only. */
export function fitOverlap(measured: Measurement, network: Network): number {
  const { ranks, together, averaged, buckets } = measured;
  const most = predict({ step: together, buckets }, ranks, network, 1);
  if (most.hidden === 0) return 0;
  const saved = together.step + most.exchange - averaged.step;
  return Math.min(1, Math.max(0, saved / most.hidden));
}
