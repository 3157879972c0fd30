/**
 * Calls of C functions in libraries of the machine, alike in Deno and Bun.
 *
 * @module
 */

import { LibraryError } from "../errors.ts";
import { wasmMemory } from "./wasm_memory.ts";

/** Types of C, by the names that Deno and Bun share. A `usize` may be an address. */
type ForeignType = "i32" | "i64" | "f32" | "f64" | "usize" | "pointer" | "void";

/** Parameters and result of C functions, by their names. */
export type Signatures = Readonly<
  Record<string, { readonly parameters: readonly ForeignType[]; readonly result: ForeignType }>
>;

/**
 * A C function. Numbers are passed as they are, and integers of 64 bits may be BigInts, which Deno
 * passes faster; a `pointer` can only be read, by `textAt` and `wordsAt`.
 */
export type ForeignFunction = (...args: readonly (number | bigint)[]) => unknown;

/** The parts of `bun:ffi` that are used. */
interface BunForeign {
  dlopen(path: string, symbols: object): { symbols: Record<string, ForeignFunction> };
  ptr(view: Uint8Array): number;
  readonly CString: new (pointer: unknown) => { toString(): string };
  readonly read: { u32(pointer: unknown, offset: number): number };
}

/** The parts of Deno that are used. */
interface DenoForeign {
  dlopen(path: string, symbols: Signatures): { symbols: Record<string, ForeignFunction> };
  readonly UnsafePointer: { of(view: Uint8Array): unknown; value(pointer: unknown): bigint };
  readonly UnsafePointerView: new (pointer: unknown) => {
    getCString(): string;
    getUint32(offset: number): number;
  };
  readonly build: { readonly os: string };
  readonly permissions: { requestSync(permission: { name: "ffi" }): { readonly state: string } };
}

/**
 * The runtime; a static import of `bun:ffi` would fail everywhere else. In Deno `process` is left alone:
 * it loads Node's modules when it is first touched, for 20 ms.
 */
interface Host {
  readonly Deno?: DenoForeign;
  readonly process?: {
    readonly platform: string;
    getBuiltinModule?(name: "bun:ffi"): BunForeign | undefined;
  };
}

const host = globalThis as unknown as Host;

/** Bun's calls of C; undefined elsewhere. */
const bun = (): BunForeign | undefined => host.process?.getBuiltinModule?.("bun:ffi");

/** The operating system by Node's name: `linux`, `darwin`, `win32`. */
export function platform(): string {
  const system = host.Deno?.build.os ?? host.process?.platform ?? "";
  return system === "windows" ? "win32" : system;
}

/**
 * Makes sure that libraries can be opened; Deno may ask the user.
 *
 * @param action names in errors what needs them
 * @param remedy the way out besides a permission and another runtime
 * @throws {LibraryError} if the runtime has no such calls, or does not permit them
 */
export function checkForeign(action: string, remedy: string): void {
  if (host.Deno !== undefined) {
    // Addresses take the permission for all libraries; that for one is not enough.
    if (host.Deno.permissions.requestSync({ name: "ffi" }).state === "granted") return;
    throw new LibraryError(
      `Cannot ${action} without permission to call libraries: run Deno with --allow-ffi (a list ` +
        `of libraries is not enough), or ${remedy}`,
    );
  }
  if (bun() !== undefined) return;
  throw new LibraryError(
    `Cannot ${action} in this runtime: it cannot call libraries; use Deno with --allow-ffi, or ` +
      `Bun, or ${remedy}`,
  );
}

/**
 * Opens the library at `path`, a file or a name that the system looks for, and returns the functions
 * of `signatures`. Throws if one is missing; Bun does not look for a library of which it needs none.
 *
 * It is sent to other threads as text, where nothing else of this file exists.
 */
export function openLibrary(
  path: string,
  signatures: Signatures,
): Record<string, ForeignFunction> {
  const host = globalThis as unknown as Host;
  if (host.Deno !== undefined) return host.Deno.dlopen(path, signatures).symbols;
  const symbols: Record<string, object> = {};
  for (const name in signatures) {
    symbols[name] = { args: signatures[name].parameters, returns: signatures[name].result };
  }
  if (Object.keys(symbols).length === 0) return {};
  return host.process!.getBuiltinModule!("bun:ffi")!.dlopen(path, symbols).symbols;
}

/** The address of the first byte of `view` for C. */
export function addressOf(view: Uint8Array): number {
  const { Deno } = host;
  return Deno !== undefined
    ? Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(view)))
    : bun()!.ptr(view);
}

/** The text at a `pointer` that a C function has returned. */
export function textAt(pointer: unknown): string {
  const { Deno } = host;
  return Deno !== undefined
    ? new Deno.UnsafePointerView(pointer).getCString()
    : new (bun()!.CString)(pointer).toString();
}

/** The `count` numbers of 32 bits at a `pointer` that a C function has returned. */
export function wordsAt(pointer: unknown, count: number): Uint32Array {
  const { Deno } = host;
  const view = Deno === undefined ? null : new Deno.UnsafePointerView(pointer);
  return Uint32Array.from(
    { length: count },
    (_, i) => view?.getUint32(4 * i) ?? bun()!.read.u32(pointer, 4 * i),
  );
}

let seen: ArrayBufferLike | undefined;
let base = 0;

/** The address of the tensor memory for C; it is taken again when the memory grows. */
export function memoryAddress(): number {
  const { buffer } = wasmMemory.memory;
  if (buffer === seen) return base;
  seen = buffer;
  return base = addressOf(new Uint8Array(buffer));
}
