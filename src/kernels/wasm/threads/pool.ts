/**
 * Several threads for one kernel.
 *
 * A kernel that is worth it splits its result into items (rows, images, vectors of a matrix), and
 * each thread computes the items of one range. How many threads there are decides who computes an
 * element, but never in what order numbers are added: so it changes no bits.
 *
 * ```ts ignore
 * const threads = threadsFor(rows * columns * NANOSECONDS.element);
 * parallel(threads, rows, (first, last, call) => {
 *   call(softmax, x + first * rowBytes, out + first * rowBytes, last - first, columns);
 * });
 * ```
 *
 * The calls of the caller's own range run at once, the others on workers (see `worker.ts`). Workers
 * start when there has been enough to do, and until they are ready the caller does everything.
 *
 * @module
 */

import type { Kernels } from "../../kernels.ts";
import type { Kernel } from "./instances.ts";
import { Helper } from "./worker_handle.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";

/** Runs a kernel on the thread that computes the range. */
export type Call = (kernel: Kernel, ...args: number[]) => void;

/** Computes the items from `first` to before `last` of a result by calls, as thread `thread`. */
export type Part = (first: number, last: number, call: Call, thread: number) => void;

/** How much work, in nanoseconds, makes it worth to involve others. */
export const WORTH = {
  /** For each thread, when its worker watches for work: handing over and waiting take about 1 µs. */
  share: 4e3,
  /** In all since workers were last used, to wake them, which takes 10 µs for each. */
  wake: 1e5,
  /** In all, to start the workers, which takes 40 ms (in Deno). */
  start: 4e7,
  /**
   * What the caller does alone after workers have kept it waiting for longer than its own part took:
   * on a busy machine a worker loses its processor for milliseconds in the middle of its work. The
   * first time it is this much,
   */
  leastPenalty: 1e6,
  /** and twice as much each time, up to this, so that what is lost is about a percent. */
  mostPenalty: 4e8,
};

/** About how long things take on one thread, in nanoseconds. */
export const NANOSECONDS = {
  /** A multiplication and an addition in a product of matrices. */
  product: { float32: 0.04, float64: 0.08 },
  /** An element of an elementwise function. */
  element: 0.2,
  /** An element of a reduction, or of a copy. */
  copy: 0.1,
  /** An element of a search for the largest. */
  search: 0.8,
  /** An element of a softmax. */
  softmax: 0.8,
} as const;

/** More threads than this rarely help, and hurt where cores are shared. */
const MOST_BY_DEFAULT = 8;

/** Workers that save so many times what they then cost are on a machine that has room for them. */
const WELCOME = 10;

/** Milliseconds of waiting that mean nothing: a worker that wakes, or compiles a small kernel. */
const JITTER = 0.5;

const helpers: Helper[] = [];
let limit = defaultLimit();
/** Nanoseconds of work that could have been shared so far. */
let seen = 0;
/** The same since workers were last used. */
let missed = 0;
/** Work that the caller will do alone before it involves workers again. */
let alone = 0;
/** What `alone` was when workers last kept the caller waiting. */
let penalty = 0;
/** Milliseconds that workers have saved since then. */
let saved = 0;

function defaultLimit(): number {
  if (!wasmMemory.shared) return 1;
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
  return Math.max(1, Math.min(cores, MOST_BY_DEFAULT));
}

/** The number of threads. */
export const threading: Pick<Kernels, "getNumThreads" | "setNumThreads"> = {
  getNumThreads: () => limit,
  setNumThreads(count) {
    limit = wasmMemory.shared ? count : 1;
  },
};

/** How many threads could compute now; workers that are still starting do not count. */
export function readyThreads(): number {
  let count = 1;
  while (count < limit && helpers[count - 1]?.isIdle) count++;
  return count;
}

/** Starts the workers that are missing, without waiting for them. */
export function startThreads(): void {
  for (let i = 0; i < limit - 1; i++) {
    if (helpers[i] === undefined || helpers[i].isGone) helpers[i] = new Helper(i);
  }
}

/** How many threads should share `work`, which takes so many nanoseconds on one. */
export function threadsFor(work: number): number {
  const most = Math.min(limit, Math.floor(work / WORTH.share));
  if (most < 2) return 1;
  if (alone > 0) {
    alone -= work;
    return 1;
  }
  seen += work;
  if (seen < WORTH.start) return 1;
  if (helpers.length < limit - 1) startThreads();
  missed += work;
  let count = 1;
  const canWake = missed >= WORTH.wake;
  while (count < most && isUsable(helpers[count - 1], canWake)) count++;
  if (count > 1) missed = 0;
  return count;
}

function isUsable(helper: Helper, canWake: boolean): boolean {
  return helper.isIdle && (canWake || !helper.isParked);
}

const direct: Call = (kernel, ...args) => {
  kernel(...args);
};

/**
 * Computes `count` items with `threads` threads, as many as `threadsFor` has just said, and returns
 * when all are done.
 *
 * What a worker has not even begun when the caller is done with its own part, because it had to wake
 * or its processor is busy with something else, the caller does too.
 *
 * @throws {KernelError} if a kernel fails on another thread
 */
export function parallel(threads: number, count: number, part: Part): void {
  if (threads === 1) return part(0, count, direct, 0);
  const start = (thread: number): number => Math.floor(count * thread / threads);
  let running = 0;
  try {
    for (let thread = 1; thread < threads; thread++) {
      const helper = helpers[thread - 1];
      running = thread;
      try {
        part(start(thread), start(thread + 1), helper.call, thread);
      } finally {
        helper.finish();
      }
    }
    const begin = performance.now();
    part(0, start(1), direct, 0);
    const own = performance.now() - begin;
    for (let thread = 1; thread < threads; thread++) {
      if (!helpers[thread - 1].takeBack()) continue;
      part(start(thread), start(thread + 1), direct, thread);
    }
    const end = performance.now();
    let isLoading = false;
    for (let thread = 1; thread < threads; thread++) {
      isLoading ||= helpers[thread - 1].isLoading;
      helpers[thread - 1].wait();
    }
    // What a worker has to compile keeps the caller waiting once, and says nothing about the machine.
    if (!isLoading) judge(own * (threads - 1), performance.now() - end);
  } finally {
    for (let i = 0; i < running; i++) helpers[i].wait();
  }
  replaceGone(threads);
}

/**
 * Decides whether to go on with workers, which took `shared` milliseconds off the caller, who then
 * waited for them.
 */
function judge(shared: number, waited: number): void {
  saved += shared - waited;
  if (waited <= shared + JITTER) return;
  const more = saved < WELCOME * waited ? 2 * penalty : 0;
  alone = penalty = Math.min(Math.max(more, WORTH.leastPenalty), WORTH.mostPenalty);
  saved = 0;
}

/** Throws the error of a worker that is gone, after another was started in its place. */
function replaceGone(threads: number): void {
  const gone = helpers.slice(0, threads - 1).find((helper) => helper.isGone);
  if (gone === undefined) return;
  const error = gone.error();
  startThreads();
  throw error;
}
