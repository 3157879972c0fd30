/**
 * WebAssembly code as values: an instruction is a function of its operands.
 *
 * WebAssembly is a stack machine, and its binary format is that of a tree written in postfix order:
 * the bytes of `f32.add(a, b)` are the bytes of `a`, the bytes of `b`, and the opcode of `f32.add`.
 * So a piece of code is just its bytes, and to combine pieces is to write one behind the other. They
 * are strings, a character for each byte: engines join strings without copying them.
 * Its type is that of the value it leaves on the stack: `f32x4.add(x, i32.const(1))` does not compile.
 *
 * The format is that of the specification: https://webassembly.github.io/spec/core/binary/
 *
 * @module
 */

/** The type of a value on the stack. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

/** The value that code leaves on the stack, or nothing. */
export type Result = ValueType | "void";

/** Code that leaves a `T` on the stack. */
export interface Code<T extends Result = Result> {
  /** The type of the value that it leaves on the stack. */
  readonly type: T;
  /** Its encoding: a character for each byte, and some for scopes and labels (see {@link scope}). */
  readonly bytes: string;
}

/** The operand of an instruction: code for a `T`, or a plain number as a constant. */
export type CodeOperand<T extends ValueType> =
  | Code<T>
  | (T extends "v128" | "i64" ? never : number);

/** Statements, one after another. */
export type Body = readonly Code[];

/** A local variable. As an operand it is its value. */
export class Local<T extends ValueType = ValueType> implements Code<T> {
  readonly type: T;
  readonly bytes: string;
  readonly #index: string;

  /** @param type of its value @param index among the parameters and locals of its function */
  constructor(type: T, index: number) {
    this.type = type;
    this.#index = unsigned(index);
    this.bytes = "\x20" + this.#index;
  }

  /** Assigns `value`. */
  set(value: CodeOperand<T>): Code<"void"> {
    return code("void", operand(this.type, value) + "\x21" + this.#index);
  }

  /** Assigns `value` and leaves it on the stack too. */
  tee(value: CodeOperand<T>): Code<T> {
    return code(this.type, operand(this.type, value) + "\x22" + this.#index);
  }
}

/** A piece of code of these bytes. */
export function code<T extends Result>(type: T, bytes: string): Code<T> {
  return { type, bytes };
}

/** The bytes of statements. */
export function bytesOf(body: Body): string {
  let bytes = "";
  for (const statement of body) bytes += statement.bytes;
  return bytes;
}

/** The encoding of an operand of type `type`. */
export function operand<T extends ValueType>(type: T, value: CodeOperand<T>): string {
  return typeof value === "number" ? constant(type, value) : value.bytes;
}

/** These bytes as characters. */
export function characters(bytes: Iterable<number>): string {
  return String.fromCharCode(...bytes);
}

/** The encoding of the instruction that pushes the number `value`. */
export function constant(type: ValueType, value: number): string {
  switch (type) {
    case "i32":
      return "\x41" + signed(value | 0);
    case "f32":
      return "\x43" + characters(new Uint8Array(Float32Array.of(value).buffer));
    case "f64":
      return "\x44" + characters(new Uint8Array(Float64Array.of(value).buffer));
    default:
      throw new TypeError(`Cannot write ${value} as ${type}: use ${type}.const`);
  }
}

/** The encoding of the instruction that pushes the 64-bit integer `value`. */
export function constant64(value: bigint): string {
  return "\x42" + signed(BigInt.asIntN(64, value));
}

/** Unsigned LEB128: seven bits a byte, the lowest first; the eighth bit is set if more follow. */
export function unsigned(value: number): string {
  let bytes = "";
  // Addresses and offsets reach 2³², beyond what the bit operators of JavaScript can hold.
  for (; value >= 128; value = Math.floor(value / 128)) {
    bytes += String.fromCharCode(value % 128 + 128);
  }
  return bytes + String.fromCharCode(value);
}

/** Signed LEB128: as unsigned, until only the sign of the last seven bits remains. */
function signed(value: number | bigint): string {
  if (value >= -64 && value < 64) return String.fromCharCode(Number(value) & 127);
  const wide = BigInt(value);
  return String.fromCharCode(Number(wide & 127n) | 128) + signed(wide >> 7n);
}

/** Added to the number of an instruction on vectors, and of one of the later additions. */
export const SIMD = 0xfd_000;
export const MORE = 0xfc_000;

/** The encoding of an opcode: one byte, or for {@link SIMD} and {@link MORE} a prefix and a number. */
export function opcode(op: number): string {
  return op < 256 ? String.fromCharCode(op) : String.fromCharCode(op >> 12) + unsigned(op & 0xfff);
}

/** The instruction `op` of one operand. */
export function unary<A extends ValueType, R extends Result>(op: number, from: A, to: R) {
  const bytes = opcode(op);
  return (a: CodeOperand<A>): Code<R> => code(to, operand(from, a) + bytes);
}

/** The instruction `op` of two operands. */
export function binary<A extends ValueType, R extends Result>(op: number, from: A, to: R) {
  const bytes = opcode(op);
  return (a: CodeOperand<A>, b: CodeOperand<A>): Code<R> =>
    code(to, operand(from, a) + operand(from, b) + bytes);
}

/** The offset of a load or store. Any alignment is allowed: the hint 2⁰ is always true, and free. */
export function place(offset: number): string {
  return "\0" + unsigned(offset);
}

/** The instruction `op` that loads a `type` from `address + offset`. */
export function load<T extends ValueType>(op: number, type: T) {
  const bytes = opcode(op);
  return (address: CodeOperand<"i32">, offset = 0): Code<T> =>
    code(type, operand("i32", address) + bytes + place(offset));
}

/** The instruction `op` that stores a `type` at `address + offset`. */
export function store<T extends ValueType>(op: number, type: T) {
  const bytes = opcode(op);
  return (address: CodeOperand<"i32">, value: CodeOperand<T>, offset = 0): Code<"void"> =>
    code("void", operand("i32", address) + operand(type, value) + bytes + place(offset));
}

/** Marks, which are no bytes: the start of a scope, before its label, and its end. */
const OPEN = "\u0100";
const CLOSE = "\u0101";

/** A mark in code; the characters above {@link CLOSE} are labels. */
const MARK = /\u0100.|[\u0101-\uffff]/gs;

/** The first label, and the number of labels, which is beyond what a function needs. */
const LABELS = { first: 0x102, count: 0xf000 };

let labels = 0;

/** A place to branch to: the end of a `block`, the start of a `loop`. */
export type Label = string & { readonly label: unique symbol };

/** A new label. */
export function label(): Label {
  return String.fromCharCode(LABELS.first + labels++ % LABELS.count) as Label;
}

/**
 * A structured instruction: its opcode, then `bytes`. Branches count the scopes that they leave, which
 * are known when the function is complete: so scopes and branches are marked until then.
 *
 * @param name the label of branches to here
 */
export function scope(op: number, name: Label, bytes: string): string {
  return opcode(op) + "\x40" + OPEN + name + bytes + CLOSE;
}

/** The final bytes of the code of a function: scopes get their `end`, branches the number to leave. */
export function resolve(bytes: string): string {
  const open: string[] = [];
  return bytes.replace(MARK, (mark) => {
    if (mark[0] === OPEN) {
      open.push(mark[1]);
      return "";
    }
    if (mark === CLOSE) {
      open.pop();
      return "\x0b";
    }
    const at = open.lastIndexOf(mark);
    if (at < 0) throw new RangeError("Cannot branch to a label outside of its block");
    return unsigned(open.length - 1 - at);
  });
}
