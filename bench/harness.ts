/**
 * Measuring: warm up, repeat, and report the median with the spread.
 *
 * @module
 */

/** One line of the table. */
export interface Result {
  readonly name: string;
  /** Median of the runs. */
  readonly value: number;
  /** Smallest and largest of the runs. */
  readonly spread: readonly [low: number, high: number];
  readonly unit: string;
}

/** How a case is measured. */
export interface Case {
  readonly name: string;
  readonly unit: string;
  /** What a time of one call, in milliseconds, means in `unit`; the time itself if left out. */
  readonly convert?: (milliseconds: number) => number;
  /** Runs that count; default 7. */
  readonly runs?: number;
  /** A run lasts at least this many milliseconds; default 50. */
  readonly least?: number;
}

/** Measures `work`, calling it as often as a run needs. */
export function measure(options: Case, work: () => void): Result {
  const { name, unit, convert = (ms) => ms, runs = 7, least = 50 } = options;
  let calls = 1;
  // Warming up finds how many calls fill a run.
  for (let time = 0; time < least;) {
    time = timeOf(work, calls);
    if (time < least) calls = Math.ceil(calls * Math.min(10, 1.2 * least / Math.max(time, 0.01)));
  }
  const values = Array.from({ length: runs }, () => convert(timeOf(work, calls) / calls));
  values.sort((a, b) => a - b);
  const value = values[Math.floor(runs / 2)];
  return { name, unit, value, spread: [values[0], values[runs - 1]] };
}

function timeOf(work: () => void, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) work();
  return performance.now() - start;
}

/** `result` as a line of a table. */
export function line({ name, value, spread, unit }: Result): string {
  const digits = (x: number): string => (x >= 100 ? x.toFixed(0) : x.toPrecision(3));
  return `${name.padEnd(36)} ${digits(value).padStart(8)} ${unit.padEnd(9)} ` +
    `(${digits(spread[0])} to ${digits(spread[1])})`;
}
