/**
 * Predicts the time of a training step on N ranks; `docs/scaling.md` explains the equation.
 *
 * @module
 */

import type { Measurement, StepTime } from "./scale_rank.ts";

/** What messages and sums cost, in milliseconds. */
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
  const flags = 2 * network.call * Math.log2(ranks);
  const exchange = times.reduce((sum, time) => sum + time, flags);
  // The last bucket is complete when backward() is over.
  const early = exchange - flags - (times.at(-1) ?? 0);
  const hidden = overlap * Math.min(early, step.backward * share);
  return { total: compute + exchange - hidden, compute, exchange, hidden };
}

/** Finds what messages cost from a measurement on two or more ranks. */
export function fitNetwork({ ranks, exchanges, call }: Measurement): Network {
  const sum = (of: (each: (typeof exchanges)[number]) => number): number =>
    exchanges.reduce((total, each) => total + of(each), 0);
  // Least squares of relative errors of t = a + b·bytes.
  const moved = (each: (typeof exchanges)[number]): number => each.total - each.added;
  const s = [0, 1, 2].map((k) => sum((each) => each.bytes ** k / moved(each) ** 2));
  const [t0, t1] = [0, 1].map((k) => sum((each) => each.bytes ** k / moved(each)));
  const slope = (s[0] * t1 - s[1] * t0) / (s[0] * s[2] - s[1] ** 2);
  const messages = 2 * (ranks - 1);
  return {
    latency: Math.max(0, (t0 - slope * s[1]) / s[0] / messages),
    perByte: slope * ranks / messages,
    addPerByte: sum((each) => each.added) / sum((each) => each.bytes),
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
