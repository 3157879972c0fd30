/**
 * Measures: warms up, repeats, and reports the median with the spread.
 *
 * @module
 */

/** Runs that count, unless that takes too long: then no fewer than {@link FEWEST}. */
const RUNS = 9;
const FEWEST = 3;

/** Milliseconds after which no further run begins. */
const ENOUGH = 10_000;

/** Milliseconds of warming up: engines compile what runs often, again and again. */
const WARM = 1000;

/** Options of a measurement. */
export interface Repetition {
  /** A run lasts at least this many milliseconds; default 50. */
  readonly least?: number;
}

/** Milliseconds of one call. */
export interface Time {
  /** Median of the runs. */
  readonly median: number;
  /** The fastest run. */
  readonly fastest: number;
  /** The slowest run. */
  readonly slowest: number;
}

/** Measures `work`, calling it as often as a run needs. */
export function measure(work: () => void, { least = 50 }: Repetition = {}): Time {
  let calls = 1;
  let time = timeOf(work, calls);
  for (let spent = time; time < least || spent < WARM; spent += time) {
    if (time < least) calls = Math.ceil(calls * Math.min(10, 1.2 * least / Math.max(time, 0.01)));
    time = timeOf(work, calls);
  }
  const times: number[] = [];
  for (let spent = 0; times.length < (spent < ENOUGH ? RUNS : FEWEST); spent += time) {
    time = timeOf(work, calls);
    times.push(time / calls);
  }
  return summary(times);
}

/**
 * Returns the names among `known` that begin with one of `given`, or all if none is given.
 *
 * @throws {RangeError} if none begins with one of them
 */
export function namesChosen(given: readonly string[], known: readonly string[]): string[] {
  const wrong = given.find((start) => !known.some((name) => name.startsWith(start)));
  if (wrong === undefined) {
    return known.filter((name) => !given.length || given.some((start) => name.startsWith(start)));
  }
  throw new RangeError(`Cannot measure ${wrong}: choose ${known.join(", ")}`);
}

/** The number of `things` that a flag tells. */
export function countOf(things: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new RangeError(`Cannot measure ${text} ${things}: use a whole number, at least 1`);
}

/** Median and spread of times. */
export function summary(times: readonly number[]): Time {
  const sorted = [...times].sort((a, b) => a - b);
  return { median: median(sorted), fastest: sorted[0], slowest: sorted[sorted.length - 1] };
}

/** The middle of `values`; the mean of the middle two if their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

/** `x` with three digits. */
export function digits(x: number): string {
  return x >= 100 ? x.toFixed(0) : x.toPrecision(3);
}

function timeOf(work: () => void, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) work();
  return performance.now() - start;
}
