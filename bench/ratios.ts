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

type Target = readonly [test: string, peer: string, ours: Choice, theirs: Choice, most: number];

const TARGETS: readonly Target[] = [
  ["MLP epoch", "PyTorch, DataLoader", "best", "best", 0.3],
  ["MLP epoch", "PyTorch", "best", "best", 0.85],
  ["MLP epoch", "PyTorch", "one thread", "one thread", 1.4],
  ["MLP epoch", "jax-js, jit", "best", "best", 0.3],
  ["MLP epoch", "TensorFlow.js, wasm", "best", "best", 0.08],
  ["CNN step", "PyTorch", "best", "best", 1],
  ["transformer step", "PyTorch", "best", "best", 1.3],
  ...["exp", "sigmoid", "tanh", "softmax"].flatMap((test): Target[] => [
    [test, "PyTorch", "all threads", "one thread", 1],
    [test, "PyTorch", "one thread", "one thread", 1.6],
  ]),
];

/** Compares best with best and one thread with one for every peer, and all that has a goal. */
export function ratios(test: string, rounds: readonly Times[], self: string): Ratio[] {
  const peers = new Set(rounds.flat().map(({ name }) => name));
  peers.delete(self);
  return [...peers].flatMap((peer) =>
    comparisons(test, peer).flatMap(({ ours, theirs, target }) => {
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

function comparisons(test: string, peer: string): Comparison[] {
  const goals = TARGETS.filter((target) => target[0] === test && target[1] === peer);
  const found: Comparison[] = goals.map(([, , ours, theirs, target]) => ({ ours, theirs, target }));
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
