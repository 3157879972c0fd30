/**
 * Several threads for one kernel.
 *
 * A kernel with enough work splits its result into items (rows, images, vectors of a matrix), and each
 * thread computes the items of one range. The number of threads decides which thread computes an
 * element, but never in what order numbers are added, so it changes no bits.
 *
 * ```ts ignore
 * const threads = threadsFor(rows * columns * NANOSECONDS.element);
 * parallel(threads, rows, (first, last, call) => {
 *   call(softmax, x + first * rowBytes, out + first * rowBytes, last - first, columns);
 * });
 * ```
 *
 * The caller computes its own range at once, and workers the others (see `worker.ts`). Workers start
 * when there has been enough work, and until they are ready the caller does everything.
 *
 * @module
 */

import type { Kernels } from "../../kernels.ts";
import type { Kernel } from "./instances.ts";
import { WorkerHandle } from "./worker_handle.ts";
import { perProcess } from "../../../storage/process.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";

/** Runs a kernel on the thread that computes the range. */
export type Call = (kernel: Kernel, ...args: number[]) => void;

/** Computes the items from `first` to before `last` of a result by calls, as thread number `thread`. */
export type Part = (first: number, last: number, call: Call, thread: number) => void;

/** The least work, in nanoseconds, for which workers are used. */
export const WORTH = {
  /** For each thread whose worker watches for work: handing over and waiting take about 1 µs. */
  share: 4e3,
  /** In all since workers were last used, to wake sleeping workers: each takes the caller 10 µs. */
  wake: 1e5,
  /** In all, to start the workers: that takes 40 ms (in Deno). */
  start: 4e7,
  /**
   * Work that the caller does alone after it has waited for workers longer than its own part took: on
   * a busy machine a worker loses its processor for milliseconds in the middle of its work. This is
   * the amount after the first time.
   */
  leastPenalty: 1e6,
  /** The amount doubles each time, up to this, so that waiting costs about one percent. */
  mostPenalty: 4e8,
};

/** Rough times on one thread, in nanoseconds. */
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

/** Milliseconds saved per millisecond waited from which workers pay: the machine has room for them. */
const SAVED_PER_WAIT = 3;

/**
 * Most times its estimate that work counts as saved: on a busy machine the clock also counts what the
 * caller has lost.
 */
const SLOWEST = 8;

/** Milliseconds of waiting that are normal: a worker wakes, or compiles a small kernel. */
const TOLERATED_WAIT = 0.5;

const workers = perProcess<WorkerHandle[]>("workers", () => []);
let limit = defaultLimit();
/** Nanoseconds of work so far that threads could share. */
let seen = 0;
/** The same since workers were last used. */
let missed = 0;
/** Work that the caller will do alone before it uses workers again. */
let alone = 0;
/** The value of `alone` when workers last kept the caller waiting. */
let penalty = 0;
/** Milliseconds that workers have saved since then. */
let saved = 0;
/** Nanoseconds of the work that has asked for threads last. */
let asked = 0;

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

/** Number of threads that could compute now; workers that are still starting do not count. */
export function readyThreads(): number {
  let count = 1;
  while (count < limit && workers[count - 1]?.isIdle) count++;
  return count;
}

/** Starts the workers that are missing, without waiting for them. */
export function startThreads(): void {
  for (let i = 0; i < limit - 1; i++) {
    if (workers[i] === undefined || workers[i].isGone) workers[i] = new WorkerHandle(i);
  }
}

/** Most threads that may share `work` nanoseconds of work; it depends on nothing else than the limit. */
export function mostThreads(work: number): number {
  return Math.max(1, Math.min(limit, Math.floor(work / WORTH.share)));
}

/** Number of threads that should share `work` nanoseconds of work, at most one for each of `items`. */
export function threadsFor(work: number, items: number = Infinity): number {
  asked = work;
  const most = Math.min(mostThreads(work), items);
  if (most < 2) return 1;
  if (alone > 0) {
    alone -= work;
    return 1;
  }
  seen += work;
  if (seen < WORTH.start) return 1;
  if (workers.length < limit - 1) startThreads();
  missed += work;
  let count = 1;
  const canWake = missed >= WORTH.wake;
  while (count < most && isUsable(workers[count - 1], canWake)) count++;
  if (count > 1) missed = 0;
  return count;
}

function isUsable(worker: WorkerHandle, canWake: boolean): boolean {
  return worker.isIdle && (canWake || !worker.isParked);
}

const direct: Call = (kernel, ...args) => {
  kernel(...args);
};

/**
 * Computes `count` items on `threads` threads, the number that `threadsFor` has just returned, and
 * waits until all are done.
 *
 * When the caller is done with its own part, it steals back the work that no worker has started,
 * because it had to wake or its processor is busy with something else.
 *
 * @throws {KernelError} if a kernel fails on another thread
 */
export function parallel(threads: number, count: number, part: Part): void {
  if (threads === 1) return part(0, count, direct, 0);
  const start = (thread: number): number => Math.floor(count * thread / threads);
  let running = 0;
  try {
    for (let thread = 1; thread < threads; thread++) {
      const worker = workers[thread - 1];
      running = thread;
      try {
        part(start(thread), start(thread + 1), worker.call, thread);
      } finally {
        worker.finish();
      }
    }
    const begin = performance.now();
    part(0, start(1), direct, 0);
    const own = performance.now() - begin;
    for (let thread = 1; thread < threads; thread++) {
      if (!workers[thread - 1].steal()) continue;
      part(start(thread), start(thread + 1), direct, thread);
    }
    const end = performance.now();
    let isLoading = false;
    for (let thread = 1; thread < threads; thread++) {
      isLoading ||= workers[thread - 1].isLoading;
      workers[thread - 1].wait();
    }
    // A worker compiles a kernel once; waiting for that tells nothing about the machine.
    if (!isLoading) judge(own, threads, performance.now() - end);
  } finally {
    for (let i = 0; i < running; i++) workers[i].wait();
  }
  replaceGone(threads);
}

/**
 * Decides whether to go on with workers, after one of `threads` parts has taken the caller `own`
 * milliseconds, and the others have kept it waiting for `waited`.
 */
function judge(own: number, threads: number, waited: number): void {
  const others = threads - 1;
  saved += Math.min(own, SLOWEST * asked / threads / 1e6) * others - waited;
  if (waited <= own * others + TOLERATED_WAIT) return;
  const more = saved < SAVED_PER_WAIT * waited ? 2 * penalty : 0;
  alone = penalty = Math.min(Math.max(more, WORTH.leastPenalty), WORTH.mostPenalty);
  saved = 0;
}

/** Replaces workers that an error has ended, and throws that error. */
function replaceGone(threads: number): void {
  const gone = workers.slice(0, threads - 1).find((worker) => worker.isGone);
  if (gone === undefined) return;
  const error = gone.error();
  startThreads();
  throw error;
}
