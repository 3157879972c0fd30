/**
 * An assembler for WebAssembly: functions in, a module's bytes out.
 *
 * ```ts ignore
 * const { double } = compile((assembler) =>
 *   // Doubles `count` floats at `ptr`, four at a time.
 *   assembler.procedure("double", 2, (f, ptr, count) => {
 *     const end = f.local("i32");
 *     return [
 *       end.set(i32.add(ptr, i32.shl(count, 2))),
 *       loopUntil(ptr, end, 16, [
 *         v128.store(ptr, f32x4.mul(v128.load(ptr), f32x4.splat(2))),
 *       ]),
 *     ];
 *   })
 * );
 * ```
 *
 * A module is a magic number and a few sections: the signatures of its functions, its imports (here
 * always the tensor memory), the signature of each function, its exports, and the code. https://webassembly.github.io/spec/core/binary/modules.html
 *
 * @module
 */

import {
  type Body,
  bytesOf,
  characters,
  type Code,
  code,
  type CodeOperand,
  Local,
  operand,
  resolve,
  type Result,
  unsigned,
  type ValueType,
} from "./code.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";

const TYPES = { i32: "\x7f", i64: "\x7e", f32: "\x7d", f64: "\x7c", v128: "\x7b" } as const;
const PAGE = 65536;

/** One local for each of the types in `P`. */
export type Locals<P extends readonly ValueType[]> = {
  -readonly [K in keyof P]: Local<P[K]>;
};

/** A function while its body is written. */
export class FunctionBuilder {
  readonly #types: ValueType[] = [];
  readonly #parameters: number;

  /** @param parameters types of the parameters, which are the first locals */
  constructor(parameters: readonly ValueType[]) {
    this.#parameters = parameters.length;
    this.#types.push(...parameters);
  }

  /** A new local variable, 0 at first. */
  local<T extends ValueType>(type: T): Local<T> {
    this.#types.push(type);
    return new Local(type, this.#types.length - 1);
  }

  /** `count` new local variables. */
  locals<T extends ValueType>(type: T, count: number): Local<T>[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  /** The entry of the code section: locals as runs of equal type, then the body. */
  encode(body: Body): string {
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#types.slice(this.#parameters)) {
      const last = runs[runs.length - 1];
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    const locals = runs.map(({ type, count }) => unsigned(count) + TYPES[type]);
    return sized(vector(locals) + resolve(bytesOf(body)) + "\x0b");
  }
}

/** A function of the module, to be called by others. */
export interface Func<P extends readonly ValueType[], R extends Result> {
  /** Code that calls it. */
  call(...args: { [K in keyof P]: CodeOperand<P[K]> }): Code<R>;
}

/** `N` parameters of type i32. */
type Words<N extends number, A extends "i32"[] = []> = A["length"] extends N ? A
  : Words<N, [...A, "i32"]>;

/** A function of `N` integers that returns nothing. */
export type Procedure<N extends number> = Func<Words<N>, "void">;

/** Collects functions, and makes a module of them that imports the tensor memory. */
export class Assembler {
  readonly #signatures: string[] = [];
  readonly #bodies: string[] = [];
  readonly #exports: string[] = [];

  /**
   * Adds a function, exported under `name` unless that is null.
   *
   * @param name its name in the instance
   * @param parameters their types
   * @param result the type of the result; the last statement of the body leaves it on the stack
   * @param body gives the statements, from the builder and the parameters as locals
   * @returns the function, for calls from others that are added later
   */
  func<const P extends readonly ValueType[], R extends Result>(
    name: string | null,
    parameters: P,
    result: R,
    body: (f: FunctionBuilder, ...parameters: Locals<P>) => Body,
  ): Func<P, R> {
    const index = this.#bodies.length;
    const f = new FunctionBuilder(parameters);
    const locals = parameters.map((type, i) => new Local(type, i)) as Locals<P>;
    const results = result === "void" ? [] : [TYPES[result as ValueType]];
    const types = parameters.map((type) => TYPES[type]);
    this.#bodies.push(f.encode(body(f, ...locals)));
    this.#signatures.push("\x60" + vector(types) + vector(results));
    if (name !== null) this.#exports.push(text(name) + "\0" + unsigned(index));
    return {
      call: (...args) => {
        const operands = parameters.map((type, i) => operand(type, args[i])).join("");
        return code(result, operands + "\x10" + unsigned(index));
      },
    };
  }

  /**
   * Adds a function of `count` integers (addresses, counts and distances) that returns nothing.
   *
   * @param name its name in the instance; null for a function that is not exported
   * @param count number of parameters
   * @param body gives the statements, from the builder and the parameters as locals
   * @returns the function, for calls from others that are added later
   */
  procedure<N extends number, const P extends readonly "i32"[] = Words<N>>(
    name: string | null,
    count: N,
    body: (f: FunctionBuilder, ...parameters: Locals<P>) => Body,
  ): Func<P, "void"> {
    return this.func(name, new Array(count).fill("i32") as unknown as P, "void", body);
  }

  /** The module in the binary format. */
  bytes(): Uint8Array<ArrayBuffer> {
    const module = "\0asm\x01\0\0\0" +
      section(1, this.#signatures) +
      section(2, [text("env") + text("memory") + "\x02" + memoryLimits()]) +
      section(3, this.#signatures.map((_, i) => unsigned(i))) +
      section(7, this.#exports) +
      section(10, this.#bodies);
    const bytes = new Uint8Array(module.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = module.charCodeAt(i);
    return bytes;
  }
}

/** Limits of the imported memory: its size, its maximum, and a flag if it is shared. */
function memoryLimits(): string {
  return (wasmMemory.shared ? "\x03" : "\x01") + unsigned(1) + unsigned(wasmMemory.maximum / PAGE);
}

function section(id: number, entries: readonly string[]): string {
  return unsigned(id) + sized(vector(entries));
}

/** A count and the entries. */
function vector(entries: readonly string[]): string {
  return unsigned(entries.length) + entries.join("");
}

/** A size in bytes and the bytes. */
function sized(bytes: string): string {
  return unsigned(bytes.length) + bytes;
}

function text(value: string): string {
  return sized(characters(new TextEncoder().encode(value)));
}
