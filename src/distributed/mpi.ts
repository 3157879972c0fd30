/**
 * The functions of an MPI library that are used, by FFI.
 *
 * All data are bytes to MPI: it moves them and never computes, since the order in which it adds up is its
 * own. Every transfer is nonblocking, so that others can go on, and a rank that hangs can be named.
 *
 * @module
 */

import { DistributedError, LibraryError } from "../errors.ts";
import {
  addressOf,
  checkForeign,
  type ForeignFunction,
  openLibrary,
  platform,
  textAt,
} from "../storage/foreign.ts";
import { FAMILIES, type Family } from "./families.ts";
import type { Launcher } from "./launcher.ts";
import { C_LIBRARIES } from "./watchdog.ts";

/** A group of ranks that exchange messages, as MPI knows it. */
export type Communicator = number;

/** A transfer that has begun: the place where MPI keeps its handle. */
export type Request = number;

/** Memory that C reads and writes, at a fixed address. */
export class ForeignBlock {
  /** The address for C. */
  readonly address: number;
  /** Its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;

  constructor(size: number) {
    // Small typed arrays may move; what an explicit buffer holds does not.
    const buffer = new ArrayBuffer(size);
    this.bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.address = addressOf(this.bytes);
  }

  /** Reads an `int` at byte `offset`. */
  int(offset: number): number {
    return this.#view.getInt32(offset, true);
  }

  /** Reads an address at byte `offset`. */
  pointer(offset: number): number {
    return Number(this.#view.getBigUint64(offset, true));
  }
}

/** The name of a library to open, as C reads it. */
function textBlock(text: string): ForeignBlock {
  const bytes = new TextEncoder().encode(text + "\0");
  const block = new ForeignBlock(bytes.length);
  block.bytes.set(bytes);
  return block;
}

const ADDRESS = "usize" as const;
const INT = "i32" as const;

/** The signatures of the functions, in which handles have the type `H`. */
function signaturesFor(H: "usize" | "i32") {
  const data = [ADDRESS, INT, H] as const;
  const call = (...parameters: readonly ("usize" | "i32")[]) => ({ parameters, result: INT });
  return {
    MPI_Initialized: call(ADDRESS),
    MPI_Init_thread: call(ADDRESS, ADDRESS, INT, ADDRESS),
    MPI_Finalize: call(),
    MPI_Abort: call(H, INT),
    MPI_Comm_rank: call(H, ADDRESS),
    MPI_Comm_size: call(H, ADDRESS),
    MPI_Comm_dup: call(H, ADDRESS),
    MPI_Get_processor_name: call(ADDRESS, ADDRESS),
    MPI_Ibcast: call(...data, INT, H, ADDRESS),
    MPI_Iallgather: call(...data, ...data, H, ADDRESS),
    MPI_Ialltoall: call(...data, ...data, H, ADDRESS),
    MPI_Isend: call(...data, INT, INT, H, ADDRESS),
    MPI_Irecv: call(...data, INT, INT, H, ADDRESS),
    MPI_Iprobe: call(INT, INT, H, ADDRESS, ADDRESS),
    MPI_Test: call(ADDRESS, ADDRESS, ADDRESS),
  } as const;
}

type Functions = Readonly<Record<keyof ReturnType<typeof signaturesFor>, ForeignFunction>>;

/** Bytes of a request's handle, or of an address. */
const SLOT = 8;

/** Places in the block of results: a number, a text with its length, a status. */
const [NUMBER, STATUS, TEXT, SIZE] = [0, 16, 512, 512 + 8192];

/** An MPI library that has been opened. */
export class Mpi {
  /** The library's own words, such as `Open MPI v4.1.4`. */
  readonly version: string;
  /** The path of the library. */
  readonly path: string;
  /** The communicator of all ranks. */
  readonly world: Communicator;
  readonly #family: Family;
  readonly #functions: Functions;
  readonly #byte: number;
  readonly #results = new ForeignBlock(SIZE);
  readonly #free: Request[] = [];
  /** Blocks of requests, kept from the garbage collector. */
  readonly #blocks: ForeignBlock[] = [];
  #refusal: Error | null = null;

  constructor(family: Family, path: string, version: string, find: (name: string) => number) {
    this.#family = family;
    this.path = path;
    this.version = version;
    this.#functions = openLibrary(path, signaturesFor(family.handle)) as Functions;
    const handle = (value: number | string) => typeof value === "string" ? find(value) : value;
    this.world = handle(family.world);
    this.#byte = handle(family.byte);
  }

  /** Starts MPI; a process can do that once. */
  start(): void {
    this.#check("MPI_Initialized", this.#results.address + NUMBER);
    if (this.#results.int(NUMBER) !== 0) {
      throw new DistributedError(
        "Cannot init() again in this process: another thread, or another copy of Gradus, has joined " +
          "the job; call it once, and exchange tensors on that thread only",
      );
    }
    const provided = this.#results.address + NUMBER;
    this.#check("MPI_Init_thread", 0, 0, this.#family.funneled, provided);
  }

  /** Ends MPI; it waits for the other ranks. */
  end(): void {
    this.#check("MPI_Finalize");
  }

  /** Makes every later transfer throw `reason`. */
  refuse(reason: Error): void {
    this.#refusal = reason;
  }

  /** Ends all processes of the job. */
  abort(code: number): void {
    this.#functions.MPI_Abort(this.world, code);
  }

  /** The number of this process. */
  rank(): number {
    this.#check("MPI_Comm_rank", this.world, this.#results.address + NUMBER);
    return this.#results.int(NUMBER);
  }

  /** The number of processes. */
  size(): number {
    this.#check("MPI_Comm_size", this.world, this.#results.address + NUMBER);
    return this.#results.int(NUMBER);
  }

  /** The name of this machine. */
  machine(): string {
    const { address, bytes } = this.#results;
    this.#check("MPI_Get_processor_name", address + TEXT, address + NUMBER);
    const length = this.#results.int(NUMBER);
    return new TextDecoder().decode(bytes.slice(TEXT, TEXT + length));
  }

  /** Makes a communicator of the same ranks, whose messages meet no others. All ranks call it. */
  duplicate(): Communicator {
    this.#check("MPI_Comm_dup", this.world, this.#results.address + NUMBER);
    return this.#family.handle === "i32"
      ? this.#results.int(NUMBER)
      : this.#results.pointer(NUMBER);
  }

  /** Sends `bytes` at an address of rank `root` to that address of all others. */
  broadcast(on: Communicator, address: number, bytes: number, root: number): Request {
    return this.#begin("MPI_Ibcast", address, bytes, this.#byte, root, on);
  }

  /** Gathers `bytes` of each rank, in the order of ranks, at address `to` of all. */
  allGather(on: Communicator, from: number, to: number, bytes: number): Request {
    const data = [from, bytes, this.#byte, to, bytes, this.#byte] as const;
    return this.#begin("MPI_Iallgather", ...data, on);
  }

  /** Sends the part number `r`, of `bytes`, to rank `r`; gathers what others send in their order. */
  allToAll(on: Communicator, from: number, to: number, bytes: number): Request {
    const data = [from, bytes, this.#byte, to, bytes, this.#byte] as const;
    return this.#begin("MPI_Ialltoall", ...data, on);
  }

  /** Sends `bytes` to rank `to`. */
  send(on: Communicator, address: number, bytes: number, to: number, tag: number): Request {
    return this.#begin("MPI_Isend", address, bytes, this.#byte, to, tag, on);
  }

  /** Receives `bytes` from rank `from`. */
  receive(on: Communicator, address: number, bytes: number, from: number, tag: number): Request {
    return this.#begin("MPI_Irecv", address, bytes, this.#byte, from, tag, on);
  }

  /** Returns true if a message from rank `from` can be received at once. */
  hasMessage(on: Communicator, from: number, tag: number): boolean {
    const { address } = this.#results;
    this.#check("MPI_Iprobe", from, tag, on, address + NUMBER, address + STATUS);
    return this.#results.int(NUMBER) !== 0;
  }

  /** Returns true if the transfer is complete, and forgets it then; goes on with all transfers. */
  isDone(request: Request): boolean {
    const { address } = this.#results;
    this.#check("MPI_Test", request, address + NUMBER, address + STATUS);
    if (this.#results.int(NUMBER) === 0) return false;
    this.#free.push(request);
    return true;
  }

  #begin(name: keyof Functions, ...args: readonly number[]): Request {
    if (this.#refusal !== null) throw this.#refusal;
    if (this.#free.length === 0) {
      const block = new ForeignBlock(64 * SLOT);
      this.#blocks.push(block);
      for (let i = 0; i < 64; i++) this.#free.push(block.address + i * SLOT);
    }
    const request = this.#free.pop()!;
    this.#check(name, ...args, request);
    return request;
  }

  /** Calls a function. MPI ends the job at errors; another setting would make it return them. */
  #check(name: keyof Functions, ...args: readonly number[]): void {
    const code = this.#functions[name](...args);
    if (code === 0) return;
    throw new LibraryError(
      `Cannot go on after ${name} of ${this.version}: it returned the error ${code}; look at the ` +
        `messages of MPI above`,
    );
  }
}

const RTLD_NOW = 2;
const RTLD_GLOBAL: Readonly<Record<string, number>> = { linux: 0x100, darwin: 8 };

/** Loads libraries for all parts of this process: by the library of C, so that their own parts find them. */
class Loader {
  readonly #functions: Readonly<Record<string, ForeignFunction>>;

  constructor() {
    const signatures = {
      dlopen: { parameters: [ADDRESS, INT], result: ADDRESS },
      dlsym: { parameters: [ADDRESS, ADDRESS], result: ADDRESS },
      dlerror: { parameters: [], result: "pointer" },
    } as const;
    for (const path of C_LIBRARIES[platform()] ?? []) {
      try {
        this.#functions = openLibrary(path, signatures);
        return;
      } catch {
        // The next one has them.
      }
    }
    throw new LibraryError(
      `Cannot use MPI on this operating system: its library of C is not one of ` +
        `${Object.values(C_LIBRARIES).flat().join(", ")}; use Linux or macOS`,
    );
  }

  /** Loads the library at `path`; returns its handle, 0 if there is none. */
  open(path: string): number {
    const { address } = textBlock(path);
    return Number(this.#functions.dlopen(address, RTLD_NOW | RTLD_GLOBAL[platform()]));
  }

  /** Returns the reason why `open` has failed. */
  reason(): string {
    return textAt(this.#functions.dlerror());
  }

  /** Returns the address of what a library calls `name`; 0 if it has no such thing. */
  find(library: number, name: string): number {
    const { address } = textBlock(name);
    return Number(this.#functions.dlsym(library, address));
  }
}

/** Asks the library at `path` for its version; MPI need not have started. */
function versionOf(path: string): string {
  const block = new ForeignBlock(8192 + 8);
  const { MPI_Get_library_version } = openLibrary(path, {
    MPI_Get_library_version: { parameters: [ADDRESS, ADDRESS], result: INT },
  });
  MPI_Get_library_version(block.address + 8, block.address);
  const text = new TextDecoder().decode(block.bytes.slice(8, 8 + block.int(0)));
  // "MPICH Version:	4.0.2" and lines about how it was built; "Open MPI v4.1.4, package: …"
  return text.split(/[,\n\0]/, 1)[0].replace(/\s+/g, " ").trim();
}

/**
 * Opens an MPI library, of the kind of the launcher.
 *
 * @param launcher the program that started the ranks
 * @param path the library; the usual ones are tried if it is left out
 * @throws {LibraryError} if none can be used, with the reasons
 */
export function openMpi(launcher: Launcher, path?: string): Mpi {
  checkForeign(`join the ranks of ${launcher.name}`, "start the program alone");
  const loader = new Loader();
  const faults: string[] = [];
  const tried: string[] = [];
  const families = launcher.families.map((name) => FAMILIES.find((each) => each.name === name)!);
  for (const family of families) {
    const paths = path === undefined ? family.libraries[platform()] ?? [] : [path];
    for (const each of paths) {
      tried.push(each);
      const library = loader.open(each);
      if (library === 0) {
        if (path !== undefined) faults.push(loader.reason());
        continue;
      }
      if (loader.find(library, "MPI_Get_library_version") === 0) {
        faults.push(`${each} is not MPI of version 3 or later`);
        continue;
      }
      const version = versionOf(each);
      if (family.version.test(`${each}: ${version}`)) {
        return new Mpi(family, each, version, (name) => loader.find(library, name));
      }
      faults.push(`${each} is ${version}`);
    }
  }
  const reason = faults.length > 0
    ? [...new Set(faults)].join("; ")
    : `there is none of ${[...new Set(tried)].join(", ")}`;
  throw new LibraryError(
    `Cannot join the ranks of ${launcher.name}, which takes ${launcher.families.join(" or ")}: ` +
      `${reason}; install that MPI, or name its library by init({ library: path })`,
  );
}
