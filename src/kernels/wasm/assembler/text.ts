/**
 * Prints a module as WebAssembly text, for people.
 *
 * The names of instructions are those of the assembler: each is run once with operands that count
 * how often they are used, and its bytes are kept. So the table cannot differ from what is written.
 * Operands stand inside of the instruction that takes them, as in the folded form of the
 * specification: https://webassembly.github.io/spec/core/text/instructions.html#folded-instructions
 *
 * @module
 */

import type { Code } from "./code.ts";
import * as scalars from "./scalars.ts";
import * as vectors from "./vectors.ts";

/** An instruction in the tables of the assembler. */
interface Instruction {
  readonly name: string;
  /** Number of operands that it takes from the stack. */
  readonly arity: number;
}

/** An instruction with its operands or statements inside. */
interface Tree {
  readonly head: string;
  readonly parts: Tree[];
}

const TYPES: Readonly<Record<number, string>> = {
  0x7f: "i32",
  0x7e: "i64",
  0x7d: "f32",
  0x7c: "f64",
  0x7b: "v128",
};

/** First letters of the names of locals. */
const LETTERS: Readonly<Record<string, string>> = {
  i32: "i",
  i64: "l",
  f32: "f",
  f64: "d",
  v128: "v",
};

/** Instructions that the assembler's tables lack. */
const OTHERS: Readonly<Record<number, Instruction>> = {
  0x0c: { name: "br", arity: 0 },
  0x0d: { name: "br_if", arity: 1 },
  0x0f: { name: "return", arity: 0 },
  0x1a: { name: "drop", arity: 1 },
  0x1b: { name: "select", arity: 3 },
  0x1c: { name: "select", arity: 3 },
  0x20: { name: "local.get", arity: 0 },
  0x21: { name: "local.set", arity: 1 },
  0x22: { name: "local.tee", arity: 1 },
  0xfc00a: { name: "memory.copy", arity: 3 },
  0xfc00b: { name: "memory.fill", arity: 3 },
};

let instructions: Map<number, Instruction> | null = null;

/** Returns all instructions by their opcodes; a prefix stands 12 bits to the left. */
function table(): Map<number, Instruction> {
  if (instructions !== null) return instructions;
  instructions = new Map(Object.entries(OTHERS).map(([op, found]) => [Number(op), found]));
  for (const [type, group] of Object.entries({ ...scalars, ...vectors })) {
    for (const [key, make] of Object.entries(group)) {
      let arity = 0;
      // An empty list, also where a lane is wanted.
      const operand = Object.defineProperty([], "bytes", { get: () => (arity++, "") });
      const { bytes } = (make as (...operands: unknown[]) => Code)(
        ...new Array(make.length).fill(operand),
      );
      const name = `${type}.${key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}`;
      const opcode = new Reader(Uint8Array.from(bytes, (c) => c.charCodeAt(0))).opcode();
      instructions.set(opcode, { name, arity });
    }
  }
  return instructions;
}

/** Reads the numbers of the binary format one by one. */
class Reader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  at = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.at++];
  }

  unsigned(): number {
    let value = 0;
    for (let scale = 1;; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  signed(): bigint {
    let value = 0n;
    for (let shift = 0n;; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asIntN(Number(shift) + 7, value);
    }
  }

  opcode(): number {
    const byte = this.byte();
    return byte === 0xfc || byte === 0xfd ? (byte << 12) + this.unsigned() : byte;
  }

  view(bytes: number): DataView {
    this.at += bytes;
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.at - bytes, bytes);
  }

  text(): string {
    const { buffer, byteOffset, byteLength } = this.view(this.unsigned());
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset, byteLength));
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.unsigned() }, read);
  }
}

/** A block, loop or branch of a condition while its statements are read. */
interface Scope {
  readonly label: string;
  /** Its parts are the statements so far, and last the values on the stack, which the next instruction may take. */
  readonly tree: Tree;
}

/** A function of the module. */
interface FunctionHead {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly results: readonly string[];
}

/** Reads the body of a function, statement by statement. */
class BodyReader {
  readonly #reader: Reader;
  readonly #locals: readonly string[];
  readonly #functions: readonly FunctionHead[];
  /** The number of values that the function returns. */
  readonly #results: number;
  readonly #scopes: Scope[] = [];
  #labels = 0;

  constructor(
    reader: Reader,
    locals: readonly string[],
    functions: readonly FunctionHead[],
    results: number,
  ) {
    this.#reader = reader;
    this.#locals = locals;
    this.#functions = functions;
    this.#results = results;
  }

  /** Returns the statements. */
  read(): Tree[] {
    const whole: Tree = { head: "", parts: [] };
    this.#scopes.push({ label: "", tree: whole });
    while (this.#scopes.length > 0) this.#next();
    return whole.parts;
  }

  #next(): void {
    const { label, tree: { parts } } = this.#scopes.at(-1)!;
    const opcode = this.#reader.opcode();
    if (opcode === 0x0b) this.#scopes.pop();
    else if (opcode === 0x05) {
      const otherwise = { head: "else", parts: [] };
      this.#scopes.splice(-1, 1, { label, tree: otherwise });
      this.#scopes.at(-2)!.tree.parts.at(-1)!.parts.push(otherwise);
    } else if (opcode >= 0x02 && opcode <= 0x04) this.#open(opcode, parts);
    else parts.push(this.#plain(opcode, parts));
  }

  /** Opens a `block`, a `loop` or an `if`, which have no results here. */
  #open(opcode: number, parts: Tree[]): void {
    this.#reader.byte();
    const isIf = opcode === 0x04;
    const kind = opcode === 0x02 ? "block" : "loop";
    const label = isIf ? "" : `$${kind}${this.#labels++}`;
    const then: Tree = { head: isIf ? "then" : `${kind} ${label}`, parts: [] };
    parts.push(isIf ? { head: "if", parts: [...take(parts, 1), then] } : then);
    this.#scopes.push({ label, tree: then });
  }

  #plain(opcode: number, parts: Tree[]): Tree {
    if (opcode === 0x10) {
      const { name, parameters } = this.#functions[this.#reader.unsigned()];
      return { head: `call ${name}`, parts: take(parts, parameters.length) };
    }
    const instruction = table().get(opcode);
    if (instruction === undefined) {
      throw new TypeError(`Cannot print the opcode 0x${opcode.toString(16)}: it has no name`);
    }
    const { name, arity } = instruction;
    const head = [name, ...this.#immediates(opcode, name)].join(" ");
    return { head, parts: take(parts, name === "return" ? this.#results : arity) };
  }

  /** Returns what follows the opcode, as text. */
  #immediates(opcode: number, name: string): (string | number | bigint)[] {
    const reader = this.#reader;
    if (name.startsWith("local.")) return [this.#locals[reader.unsigned()]];
    if (name.startsWith("br")) return [this.#label(reader.unsigned())];
    if (opcode === 0x1c) return reader.list(() => `(result ${TYPES[reader.byte()]})`);
    if (opcode === 0x41 || opcode === 0x42) return [reader.signed()];
    if (opcode === 0x43) return [float(reader.view(4).getFloat32(0, true))];
    if (opcode === 0x44) return [float(reader.view(8).getFloat64(0, true))];
    if (opcode === 0xfc00a || opcode === 0xfc00b) {
      reader.at += opcode === 0xfc00a ? 2 : 1; // which memory: there is one
      return [];
    }
    if (opcode === 0xfd00c || name === "i8x16.shuffle") {
      const bytes = Array.from({ length: 16 }, () => reader.byte());
      return opcode === 0xfd00c ? ["i8x16", ...bytes] : bytes;
    }
    const found: (string | number)[] = [];
    if (/\.(load|store)/.test(name)) {
      reader.unsigned(); // the hint of alignment
      const offset = reader.unsigned();
      if (offset > 0) found.push(`offset=${offset}`);
    }
    if (name.includes("_lane")) found.push(reader.byte());
    return found;
  }

  #label(depth: number): string | number {
    return this.#scopes.at(-1 - depth)!.label || depth;
  }
}

/** Removes the last `count` parts. */
function take(parts: Tree[], count: number): Tree[] {
  return parts.splice(parts.length - count);
}

function float(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Object.is(value, -0) ? "-0" : `${value}`;
}

const WIDTH = 100;
/** Instructions whose parts are always on lines of their own. */
const SCOPES = /^(block|loop|if|then|else|func|module)\b/;

/** The tree in lines: on one if it fits, otherwise with its parts on lines of their own. */
function layout(tree: Tree, indent: string): string {
  const line = oneLine(tree);
  const { head, parts } = tree;
  if (!SCOPES.test(head) && indent.length + line.length <= WIDTH) return indent + line;
  // The condition stands beside its `if`.
  const beside = head === "if" ? oneLine(parts[0]) : "";
  const isShort = beside !== "" && indent.length + beside.length + 4 <= WIDTH;
  const first = isShort ? `if ${beside}` : head;
  const inside = (isShort ? parts.slice(1) : parts).map((part) =>
    `\n${layout(part, `${indent}  `)}`
  );
  return `${indent}(${first}${inside.join("")})`;
}

function oneLine({ head, parts }: Tree): string {
  return `(${[head, ...parts.map(oneLine)].join(" ")})`;
}

/**
 * Returns a module of the assembler as text. Hints of alignment, which change nothing, are left out.
 *
 * @param bytes the module in the binary format
 */
export function moduleText(bytes: Uint8Array<ArrayBuffer>): string {
  const reader = new Reader(bytes);
  reader.view(8); // a magic number and the version
  /** Enters the next section, whose size is not needed. */
  const section = <T>(read: () => T): T[] => {
    reader.byte();
    reader.unsigned();
    return reader.list(read);
  };
  const types = (): string[] => reader.list(() => TYPES[reader.byte()]);
  const signatures = section(() => {
    reader.byte();
    return { parameters: types(), results: types() };
  });
  const imports = section(() => memoryImport(reader));
  const indices = section(() => reader.unsigned());
  const exported = new Map(section(() => {
    const name = reader.text();
    reader.byte();
    return [reader.unsigned(), name];
  }));
  const functions = indices.map((type, i) => ({
    ...signatures[type],
    name: `$${exported.get(i) ?? `f${i}`}`,
  }));
  let next = 0;
  const bodies = section(() => {
    const head = functions[next];
    return functionTree(reader, head, functions, exported.get(next++));
  });
  return layout({ head: "module", parts: [...imports, ...bodies] }, "");
}

/** Joins declarations of locals, five on a line. */
function chunks(declared: readonly string[]): Tree[] {
  return Array.from({ length: Math.ceil(declared.length / 5) }, (_, i) => ({
    head: declared.slice(5 * i, 5 * i + 5).join(" ").slice(1, -1),
    parts: [],
  }));
}

function memoryImport(reader: Reader): Tree {
  const names = `"${reader.text()}" "${reader.text()}"`;
  reader.byte();
  const shared = reader.byte() === 3 ? " shared" : "";
  const limits = `${reader.unsigned()} ${reader.unsigned()}`;
  return { head: `import ${names} (memory ${limits}${shared})`, parts: [] };
}

function functionTree(
  reader: Reader,
  head: FunctionHead,
  functions: readonly FunctionHead[],
  exportName: string | undefined,
): Tree {
  reader.unsigned(); // the size
  const { parameters } = head;
  const variables = reader.list(() => {
    const count = reader.unsigned();
    return new Array<string>(count).fill(TYPES[reader.byte()]);
  }).flat();
  const types = [...parameters, ...variables];
  const locals = types.map((type, i) => `$${LETTERS[type]}${i}`);
  const declared = types.map((type, i) =>
    `(${i < parameters.length ? "param" : "local"} ${locals[i]} ${type})`
  );
  const results = head.results.map((type) => `(result ${type})`);
  const words = [
    ...exportName === undefined ? [] : [`(export "${exportName}")`],
    ...declared.slice(0, parameters.length),
    ...results,
  ];
  return {
    head: [`func ${head.name}`, ...words].join(" "),
    parts: [
      ...chunks(declared.slice(parameters.length)),
      ...new BodyReader(reader, locals, functions, results.length).read(),
    ],
  };
}
