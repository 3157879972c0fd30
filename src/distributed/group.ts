/**
 * The ranks of a job: how a process joins them, waits for them, and ends with them.
 *
 * @module
 */

import { currentPass, isRunning } from "../autograd/engine.ts";
import { checkArguments, checkKind, checkType, readOptions } from "../checks.ts";
import { DistributedError, ValueError } from "../errors.ts";
import { perProcess } from "../storage/process.ts";
import { builtin } from "../utils/files.ts";
import { findLauncher, type Launcher } from "./launcher.ts";
import { type Communicator, ForeignBlock, type Mpi, openMpi, type Request } from "./mpi.ts";
import { Pinned } from "./pinned.ts";
import { watch } from "./watchdog.ts";
import { quoted } from "../names.ts";

/** Options of {@link init}. */
export interface InitOptions {
  /**
   * Seconds after which a rank that does not answer ends the job, by name; default 600. Until all have
   * started, it is 30 or more.
   */
  readonly timeout?: number;
  /** The path of the MPI library, if it is not one of the usual ones. */
  readonly library?: string;
}

/** The number of processes and the place of this one among them. */
export interface Group {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly localSize: number;
  /** The means to reach the others; `null` if there are none. */
  readonly connection: Connection | null;
}

/** Milliseconds that ranks have at least until all have started: machines may be slow to start programs. */
const START = 30_000;

/** The group of this process, however often the library is loaded: MPI starts once. */
const joined: { group: Group | null } = perProcess("process group", () => ({ group: null }));

/**
 * Joins the ranks of the job. Call it once, before any other function of this module, and before
 * anything is printed or written: from then on, an error of one rank ends all.
 *
 * Under `mpirun`, the environment tells the number of processes and the kind of MPI, whose library is
 * opened. A process that was started alone is rank 0 of 1, and needs no MPI.
 *
 * In Deno, it takes `--allow-env`, and under `mpirun` `--allow-ffi`.
 *
 * See https://pytorch.org/docs/stable/distributed.html
 *
 * @param options `timeout`, `library`
 * @throws {LibraryError} if the MPI of the launcher is missing, or cannot be used
 * @throws {DistributedError} if it was called before
 * @example
 * ```ts
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assertEquals } from "@std/assert";
 *
 * distributed.init({ timeout: 60 });
 * // Alone; under `mpirun -n 4`, four processes print 0 to 3.
 * assertEquals([distributed.rank(), distributed.worldSize()], [0, 1]);
 * ```
 */
export function init(options: InitOptions = {}): void {
  checkArguments("init", arguments, 1);
  const { timeout, library } = readOptions("init", options, { timeout: 600, library: undefined });
  checkType("init", "timeout", timeout, "number");
  if (!(timeout > 0)) {
    throw new ValueError(`Cannot init() with timeout ${timeout}: use seconds above 0`);
  }
  if (library !== undefined) checkType("init", "library", library, "string");
  if (joined.group !== null) {
    throw new DistributedError(
      "Cannot init() again: this process has joined its job; call it once, at the start",
    );
  }
  const launcher = findLauncher();
  if (launcher === null || launcher.size === 1) {
    joined.group = { rank: 0, size: 1, localRank: 0, localSize: 1, connection: null };
    return;
  }
  const connection = join(launcher, library, 1000 * timeout);
  const { mpi, rank, size } = connection;
  const machines = connection.exchange("init", new TextEncoder().encode(mpi.machine()).slice(-120));
  const own = machines[rank].toString();
  const isNeighbor = machines.map((machine) => machine.toString() === own);
  joined.group = {
    ...{ rank, size, connection },
    localRank: isNeighbor.slice(0, rank).filter(Boolean).length,
    localSize: isNeighbor.filter(Boolean).length,
  };
  endTogether(connection);
}

/** Starts MPI, when all ranks have come so far. */
function join(launcher: Launcher, library: string | undefined, timeout: number): Connection {
  const mpi = openMpi(launcher, library);
  const time = Math.max(timeout, START);
  const stopWatch = watch(
    time,
    `A rank of ${launcher.name} cannot init() after ${
      time / 1000
    } s: another one has ended before, or ` +
      `hangs; look at what it has written, or give it more time with init({ timeout })`,
  );
  try {
    mpi.start();
    const [rank, size] = [mpi.rank(), mpi.size()];
    if (launcher.size === null || size === launcher.size) {
      return new Connection(mpi, rank, size, timeout);
    }
    throw new DistributedError(
      `Cannot join the ${launcher.size} ranks of ${launcher.name}: ${mpi.version} (${mpi.path}) sees ` +
        `${size}; install the MPI of that launcher, or use the launcher of this MPI`,
    );
  } finally {
    stopWatch();
  }
}

/** The group of this process; `action` names in errors what needs it. */
export function groupOf(action: string): Group {
  if (joined.group !== null) return joined.group;
  throw new DistributedError(
    `Cannot call ${action}() before init(): the process does not know its rank; call ` +
      `distributed.init() at the start`,
  );
}

/**
 * Returns true after {@link init}.
 *
 * @example
 * ```ts
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(typeof distributed.isInitialized(), "boolean");
 * ```
 */
export function isInitialized(): boolean {
  checkArguments("isInitialized", arguments, 0);
  return joined.group !== null;
}

/**
 * Returns the number of this process, from 0. Print and write files on rank 0 only.
 *
 * @throws {DistributedError} before {@link init}
 * @example
 * ```ts
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assert } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * if (distributed.rank() === 0) console.log("printed once");
 * assert(distributed.rank() < distributed.worldSize());
 * ```
 */
export function rank(): number {
  checkArguments("rank", arguments, 0);
  return groupOf("rank").rank;
}

/**
 * Returns the number of processes in the job; 1 for a program that was started alone.
 *
 * @throws {DistributedError} before {@link init}
 * @example
 * ```ts
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assertEquals } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * assertEquals(distributed.worldSize(), 1);
 * ```
 */
export function worldSize(): number {
  checkArguments("worldSize", arguments, 0);
  return groupOf("worldSize").size;
}

/**
 * Returns the number of this process among those on the same machine, from 0.
 *
 * @throws {DistributedError} before {@link init}
 * @example
 * ```ts
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assertEquals } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * assertEquals(distributed.localRank(), 0);
 * ```
 */
export function localRank(): number {
  checkArguments("localRank", arguments, 0);
  return groupOf("localRank").localRank;
}

/**
 * Returns the number of processes of the job on this machine, which share its processors.
 *
 * @throws {DistributedError} before {@link init}
 * @example
 * ```ts
 * import { setNumThreads } from "@gradus/gradus";
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assert } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * const share = navigator.hardwareConcurrency / distributed.localWorldSize();
 * const threads = Math.min(8, Math.max(1, Math.floor(share)));
 * setNumThreads(threads);
 * assert(threads >= 1);
 * ```
 */
export function localWorldSize(): number {
  checkArguments("localWorldSize", arguments, 0);
  return groupOf("localWorldSize").localSize;
}

/** Milliseconds for which a rank that waits keeps its processor; then it looks every now and then. */
const PATIENCE = 2;

/** Milliseconds between two looks. */
const PAUSE = 0.05;

/** Milliseconds between two announcements of a rank that waits. */
const ANNOUNCEMENTS = 1000;

/** Milliseconds in which rank 0, which hears all, can name a rank that hangs before others do. */
const GRACE = 3 * ANNOUNCEMENTS;

/** Bytes of the data that ranks exchange before each call, and of the name of the call. */
const [DATA, NAME] = [128, 32];
const RECORD = DATA + NAME;

/** The name of the call with which a program ends. */
const END = "end";

const ALIKE = "all ranks must make the same calls in the same order";

/** A remedy for the commonest reason why ranks do not make the same calls. */
const BATCHES = ", with as many batches on each, as DistributedSampler gives them";

/** An exchange of records: each rank tells all others to which call it has come, and some data. */
class Exchange {
  readonly #size: number;
  readonly #sent = new ForeignBlock(RECORD);
  readonly #received: ForeignBlock;

  constructor(size: number) {
    this.#size = size;
    this.#received = new ForeignBlock(size * RECORD);
  }

  /** Begins to give `data`, at most 128 bytes, to all ranks. */
  begin(call: string, data: Uint8Array, mpi: Mpi): Request {
    const { bytes, address } = this.#sent;
    bytes.fill(0);
    bytes.set(new TextEncoder().encode(call));
    bytes.set(data, NAME);
    return mpi.allGather(mpi.world, address, this.#received.address, RECORD);
  }

  /**
   * Returns the data of all ranks, when the transfer is complete.
   *
   * @throws {DistributedError} if a rank has come to another call
   */
  results(): Uint8Array[] {
    const call = nameIn(this.#sent.bytes);
    return Array.from({ length: this.#size }, (_, rank) => {
      const [begin, end] = [rank * RECORD, (rank + 1) * RECORD];
      const record = this.#received.bytes.subarray(begin, end);
      if (this.#sent.bytes.every((byte, i) => i >= NAME || byte === record[i])) {
        return record.slice(NAME);
      }
      const other = nameIn(record);
      throw new DistributedError(
        `Cannot ${actionOf(call)}: rank ${rank} ` +
          (other === END ? "has ended its program" : `calls ${other}()`) + `; ${ALIKE}` +
          ([call, other].includes("backward") ? BATCHES : ""),
      );
    });
  }
}

/** The means by which ranks average the gradients of a model. */
export interface Channel {
  /** For parts of gradients; transfers on a communicator keep their order. */
  readonly parts: Communicator;
  /** For results. */
  readonly results: Communicator;
  readonly exchange: Exchange;
  /** The backward pass that uses the channel. */
  pass: object | null;
}

/** Channels that there are: more models share them, since some MPIs have few communicators. */
const CHANNELS = 100;

/** The means of one rank to reach the others. */
export class Connection {
  readonly mpi: Mpi;
  readonly rank: number;
  readonly size: number;
  readonly #timeout: number;
  /** The communicator on which ranks that wait say so. */
  readonly #announcements: Communicator;
  readonly #exchange: Exchange;
  readonly #heard = new ForeignBlock(NAME);
  readonly #said = new ForeignBlock(NAME);
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));
  /** The ranks that have said that they have ended their programs, and when that was heard. */
  readonly #ended = new Map<number, number>();
  readonly #channels: Channel[] = [];
  #models = 0;

  constructor(mpi: Mpi, rank: number, size: number, timeout: number) {
    this.mpi = mpi;
    this.rank = rank;
    this.size = size;
    this.#timeout = timeout;
    this.#exchange = new Exchange(size);
    this.#announcements = mpi.duplicate();
  }

  /** Returns the channel for the gradients of another model, and its number. All ranks ask at once. */
  addModel(): { model: number; channel: Channel } {
    const model = this.#models++;
    const channel = this.#channels[model % CHANNELS] ??= {
      ...{ parts: this.mpi.duplicate(), results: this.mpi.duplicate() },
      ...{ exchange: new Exchange(this.size), pass: null },
    };
    return { model, channel };
  }

  /**
   * Gives `data`, at most 128 bytes, to all ranks, and returns the data of all. Each call of a function
   * of this module begins so: it makes sure that all ranks have come to the same call.
   *
   * @throws {DistributedError} if a rank has come to another call
   */
  exchange(call: string, data: Uint8Array, timeout = this.#timeout): Uint8Array[] {
    this.#checkPasses(call);
    this.wait([this.#exchange.begin(call, data, this.mpi)], call, { timeout });
    return this.#exchange.results();
  }

  /**
   * Begins a backward pass, with an exchange for which nobody waits: `channel.exchange.results()` has the
   * data of all ranks when the transfer is complete. The pass ends when `channel.pass` becomes null.
   */
  beginPass(channel: Channel, data: Uint8Array): Request {
    this.#checkPasses("backward");
    if (channel.pass !== null) {
      throw new DistributedError(
        `Cannot call backward() in a hook of one through the same model, or through more than ` +
          `${CHANNELS} models at once: gradients are on their way; call it afterwards`,
      );
    }
    const request = channel.exchange.begin("backward", data, this.mpi);
    channel.pass = currentPass();
    return request;
  }

  /** Rejects calls after a pass that an error has ended: others wait for the rest of its gradients. */
  #checkPasses(call: string): void {
    if (this.#channels.every(({ pass }) => pass === null || isRunning(pass))) return;
    throw this.#fail(
      `Cannot ${
        actionOf(call)
      } after a backward() that has failed: other ranks wait for its gradients; ` +
        `do not catch its error, so that it ends the job`,
    );
  }

  /** As `exchange`, with texts; of a long one, the beginning. */
  exchangeTexts(call: string, text: string): string[] {
    return this.exchange(call, new TextEncoder().encode(text).slice(0, DATA))
      .map((each) => new TextDecoder().decode(each).replace(/\0.*$/s, ""));
  }

  /**
   * Makes sure that all ranks have come to the same call with the same `data`, a short text.
   *
   * @throws {DistributedError} naming the first rank that has not
   */
  agree(call: string, data: string): void {
    const texts = this.exchangeTexts(call, data);
    const other = texts.findIndex((text) => text !== texts[this.rank]);
    if (other < 0) return;
    throw new DistributedError(
      `Cannot ${call} ${texts[this.rank]}: rank ${other} has ${
        texts[other]
      }; all ranks must pass the ` +
        `same`,
    );
  }

  /**
   * Waits until transfers are complete.
   *
   * @param requests the transfers
   * @param call names what waits
   * @param options as those of `waitUntil`
   * @throws {DistributedError} naming the ranks that do not answer in time
   */
  wait(requests: readonly Request[], call: string, options: WaitOptions = {}): void {
    const left = new Set(requests);
    this.waitUntil(call, () => {
      for (const request of left) if (this.mpi.isDone(request)) left.delete(request);
      return left.size === 0;
    }, options);
  }

  /**
   * As `wait`, until `isDone` returns true; it is called again and again.
   *
   * @param call names what waits
   * @param isDone goes on with the transfers
   * @param options `timeout`, `peer`
   */
  waitUntil(call: string, isDone: () => boolean, options: WaitOptions = {}): void {
    const { timeout = this.#timeout, peer } = options;
    const start = performance.now();
    const heard = new Map<number, { call: string; time: number }>();
    let announced = start;
    while (!isDone()) {
      const now = performance.now();
      if (now - start < PATIENCE) continue;
      Atomics.wait(this.#cell, 0, 0, PAUSE);
      if (timeout === Infinity || now - announced < ANNOUNCEMENTS) continue;
      announced = now;
      this.#announce(call);
      for (let rank = 0; rank < this.size; rank++) {
        const said = this.#listen(rank);
        if (said === END) this.#ended.set(rank, now);
        else if (said !== null) heard.set(rank, { call: said, time: now });
      }
      const over = now - start - timeout;
      const reason = this.#endOf(peer, now, over) ??
        this.#overdue({ call, now, over, peer, heard });
      if (reason !== null) throw this.#fail(`Cannot finish ${call}() ${reason}`);
    }
  }

  /** Waits until all ranks have ended their programs, and ends MPI. */
  end(): void {
    this.#announce(END);
    this.exchange(END, new Uint8Array(), Infinity);
    // Some MPIs complain of messages that nobody has received.
    for (let rank = 0; rank < this.size; rank++) this.#listen(rank);
    this.mpi.end();
    this.mpi.refuse(
      new DistributedError(
        "Cannot reach other ranks after the end of the program: they have parted; do it before",
      ),
    );
  }

  /** Tells rank 0 that this one waits; rank 0 tells all. */
  #announce(call: string): void {
    this.#said.bytes.fill(0);
    this.#said.bytes.set(new TextEncoder().encode(call));
    for (let to = 0; to < (this.rank === 0 ? this.size : 1); to++) {
      // So few bytes are on their way at once; nobody waits for them.
      if (to !== this.rank) {
        this.mpi.send(this.#announcements, this.#said.address, NAME, to, 0);
      }
    }
  }

  /** Returns what `rank` said last that it waits in; `null` if it said nothing since. */
  #listen(rank: number): string | null {
    let said: string | null = null;
    while (rank !== this.rank && this.mpi.hasMessage(this.#announcements, rank, 0)) {
      const { address } = this.#heard;
      const request = this.mpi.receive(this.#announcements, address, NAME, rank, 0);
      while (!this.mpi.isDone(request)) { /* it is here already */ }
      said = nameIn(this.#heard.bytes);
    }
    return said;
  }

  /** Says that `peer` has ended its program, if it has, and nothing of it can be on its way. */
  #endOf(peer: number | undefined, now: number, over: number): string | null {
    const heard = peer === undefined ? undefined : this.#ended.get(peer);
    if (heard === undefined || (now - heard < GRACE && over < 0)) return null;
    return `with rank ${peer}: it has ended its program; ${ALIKE}`;
  }

  /** Names those who do not answer if the time is up, and rank 0 has had time to say so and has not. */
  #overdue({ call, now, over, peer, heard }: Wait): string | null {
    if (over < 0) return null;
    const waits = (rank: number): boolean =>
      rank === this.rank || now - (heard.get(rank)?.time ?? -Infinity) < GRACE;
    if (this.rank !== 0 && waits(0) && over < GRACE) return null;
    const everyone = this.rank === 0 ? Array.from({ length: this.size }, (_, i) => i) : [0];
    const known = peer === undefined ? everyone : [peer];
    const missing = known.filter((rank) => !waits(rank));
    const elsewhere = known.filter((rank) =>
      waits(rank) && rank !== this.rank && heard.get(rank)!.call !== call
    );
    const reason = missing.length > 0
      ? `${ranks(missing)} did not answer`
      : elsewhere.length > 0
      ? elsewhere.map((rank) => `rank ${rank} waits in ${heard.get(rank)!.call}()`).join(", ")
      : this.rank === 0
      ? `all ranks wait, for different things`
      : `another rank did not answer`;
    return `after ${
      this.#timeout / 1000
    } s: ${reason}; look at what it does, or give it more time ` +
      `with init({ timeout })`;
  }

  /** Makes the error of a wait that has failed. From now on, every call throws it. */
  #fail(message: string): DistributedError {
    const error = new DistributedError(message);
    // Transfers that have begun may still be completed, at any time.
    Pinned.keepAll();
    this.mpi.refuse(error);
    return error;
  }
}

/** Options of {@link Connection.waitUntil}. */
export interface WaitOptions {
  /** Milliseconds; by default those of `init`. */
  readonly timeout?: number;
  /** The only rank that is waited for. */
  readonly peer?: number;
}

/** The state of a wait: how long it is over its time, and what was heard of other ranks. */
interface Wait {
  readonly call: string;
  readonly now: number;
  readonly over: number;
  readonly peer: number | undefined;
  readonly heard: ReadonlyMap<number, { readonly call: string; readonly time: number }>;
}

/** Milliseconds that a launcher gets to pass on what a rank has written before it is ended. */
const LAST_WORDS = 300;

function ranks(list: readonly number[]): string {
  return `rank${list.length === 1 ? "" : "s"} ${list.join(", ")}`;
}

function actionOf(call: string): string {
  return call === END ? "end the program" : `call ${call}()`;
}

function nameIn(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.slice(0, NAME)).replace(/\0.*$/s, "");
}

/** The parts of Deno that are used. */
interface DenoHost {
  readonly Deno?: { readonly exitCode: number };
  addEventListener(type: "unload", listener: () => void): void;
}

/** Returns what is known of an error that nobody has caught. */
function textOf(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  const cause = reason.cause === undefined ? "" : `\nCaused by ${textOf(reason.cause)}`;
  return (reason.stack ?? `${reason.name}: ${reason.message}`) + cause;
}

/**
 * Makes this process end with the others: at its end it waits for them, and an error that nobody
 * catches ends all of them.
 */
function endTogether(connection: Connection): void {
  const process = builtin("node:process", "init()");
  const { writeSync } = builtin("node:fs", "init()");
  let hasEnded = false;
  const abort = (message: string, code: number): void => {
    // Launchers have words of their own, later than this: the first line names rank and reason.
    writeSync(2, `rank ${connection.rank} of ${connection.size}${message}\n`);
    if (hasEnded) {
      process.exitCode = code;
      return;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LAST_WORDS);
    connection.mpi.abort(code);
  };
  const fail = (reason: unknown): void => abort(`: ${textOf(reason)}`, 1);
  const leave = (code: number): void => {
    if (hasEnded) return;
    if (code !== 0) abort(` has ended with code ${code}`, code);
    try {
      connection.end();
      hasEnded = true;
    } catch (error) {
      fail(error);
    }
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  process.on("exit", leave);
  // The one event at Deno.exit().
  const host = globalThis as unknown as DenoHost;
  if (host.Deno !== undefined) host.addEventListener("unload", () => leave(host.Deno!.exitCode));
}

/** Rejects a rank that does not exist. */
export function checkRank(action: string, name: string, rank: number, size: number): void {
  checkKind(
    `${action} with ${name} ${quoted(rank)}`,
    rank,
    Number.isInteger(rank) && rank >= 0 && rank < size,
    `the number of a rank, from 0 to ${size - 1}`,
  );
}
