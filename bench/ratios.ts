/**
 * Ratios of times that were taken in turns, and their goals.
 *
 * @module
 */

import { median } from "./harness.ts";

/** A library, and the number of threads that it ran on. */
export interface Contestant {
  readonly name: string;
  readonly threads: number;
}

/** The times of the contestants for a case in one round. */
export type Times = (Contestant & { readonly value: number })[];

/** Chooses among the times on several numbers of threads. */
type Choice = "one thread" | "all threads" | "best";

/** Our time as a share of a peer's. */
export interface Ratio {
  readonly case: string;
  readonly peer: string;
  readonly ours: Choice;
  readonly theirs: Choice;
  /** Median of the rounds' ratios. */
  readonly value: number;
  readonly range: readonly [low: number, high: number];
  /** The most that it should be, if there is a goal. */
  readonly target?: number;
}

interface Target {
  readonly test: string;
  readonly peer: string;
  readonly self: string;
  readonly ours: Choice;
  readonly theirs: Choice;
  readonly most: number;
}

/** The goals for our best time beside a peer's: with `"native"`, and with `"wasm"`. */
const BEST: readonly (readonly [test: string, peer: string, native: number, wasm?: number])[] = [
  ["MLP epoch", "PyTorch", 0.65, 1.15],
  ["MLP epoch", "PyTorch, DataLoader", 0.2, 0.3],
  ["MLP epoch", "jax-js, jit", 0.25, 0.38],
  ["MLP epoch", "TensorFlow.js, wasm", 0.08, 0.08],
  ["CNN step", "PyTorch", 0.7, 0.9],
  ["transformer step", "PyTorch", 0.85, 1.5],
  ["LSTM step", "PyTorch", 0.9, 1.3],
  ["matmul 256", "NumPy", 1.05],
  ["matmul 512", "NumPy", 1.05],
  ["matmul 1024", "NumPy", 1.05],
];

const TARGETS: readonly Target[] = [
  ...BEST.flatMap(([test, peer, ...goals]) =>
    goals.map((most, i): Target => {
      const self = ["Gradus, native", "Gradus, wasm"][i];
      return { test, peer, self, ours: "best", theirs: "best", most: most! };
    })
  ),
  ...["exp", "sigmoid", "tanh", "softmax"].flatMap((test): Target[] => {
    const both = { test, peer: "PyTorch", self: "Gradus, wasm", theirs: "one thread" } as const;
    return [{ ...both, ours: "all threads", most: 1 }, { ...both, ours: "one thread", most: 1.6 }];
  }),
];

/** Compares best with best and one thread with one for every peer, and all that has a goal. */
export function ratios(test: string, rounds: readonly Times[], self: string): Ratio[] {
  const peers = new Set(rounds.flat().map(({ name }) => name));
  peers.delete(self);
  return [...peers].flatMap((peer) =>
    comparisons(test, peer, self).flatMap(({ ours, theirs, target }) => {
      const values = rounds.flatMap((times) => {
        const [a, b] = [choose(times, self, ours), choose(times, peer, theirs)];
        return a === undefined || b === undefined ? [] : [a / b];
      });
      if (values.length === 0) return [];
      const range = [Math.min(...values), Math.max(...values)] as const;
      return [{ case: test, peer, ours, theirs, value: median(values), range, target }];
    })
  );
}

type Comparison = Pick<Ratio, "ours" | "theirs" | "target">;

function comparisons(test: string, peer: string, self: string): Comparison[] {
  const found: Comparison[] = TARGETS
    .filter((target) => target.test === test && target.peer === peer && target.self === self)
    .map(({ ours, theirs, most: target }) => ({ ours, theirs, target }));
  for (const choice of ["best", "one thread"] as const) {
    const isThere = found.some(({ ours, theirs }) => ours === choice && theirs === choice);
    if (!isThere) found.push({ ours: choice, theirs: choice });
  }
  return found;
}

function choose(times: Times, name: string, choice: Choice): number | undefined {
  const own = times.filter((x) => x.name === name).sort((a, b) => a.threads - b.threads);
  if (own.length === 0) return undefined;
  if (choice === "best") return Math.min(...own.map((x) => x.value));
  if (choice === "all threads") return own[own.length - 1].value;
  return own[0].threads === 1 ? own[0].value : undefined;
}
