/**
 * A clock that stands still while other programs have the processor.
 *
 * @module
 */

/** The parts of Deno and Bun that are used. */
interface Host {
  readonly Deno?: {
    dlopen(path: string, symbols: object): { symbols: { clock_gettime: Call } };
  };
  readonly process?: {
    getBuiltinModule(name: "bun:ffi"): {
      dlopen(path: string, symbols: object): { symbols: { clock_gettime: Call } };
    };
  };
}

/** `clock_gettime` of C. */
type Call = (clock: number, to: BigInt64Array) => number;

/** `CLOCK_THREAD_CPUTIME_ID` of Linux. */
const THREAD = 3;

/** Returns a function that tells how many milliseconds this thread has computed; on Linux only. */
export function cpuClock(): () => number {
  const host = globalThis as unknown as Host;
  const read = host.Deno !== undefined
    ? host.Deno.dlopen("libc.so.6", {
      clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
    }).symbols.clock_gettime
    : host.process!.getBuiltinModule("bun:ffi").dlopen("libc.so.6", {
      clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
    }).symbols.clock_gettime;
  const time = new BigInt64Array(2);
  return () => {
    read(THREAD, time);
    return Number(time[0]) * 1e3 + Number(time[1]) / 1e6;
  };
}
