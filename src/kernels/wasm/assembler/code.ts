/**
 * WebAssembly code as values: an instruction is a function of its operands.
 *
 * WebAssembly is a stack machine, and its binary format is that of a tree written in postfix order:
 * the bytes of `f32.add(a, b)` are the bytes of `a`, the bytes of `b`, and the opcode of `f32.add`.
 * So a piece of code is just a list whose parts are bytes or other pieces, flattened once at the end.
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

/** A piece of encoded code: a byte, a block, the distance to a label, or pieces in a row. */
export type Part = number | Label | Scope | readonly Part[];

/** Code that leaves a `T` on the stack. */
export interface Code<T extends Result = Result> {
  /** The type of the value that it leaves on the stack. */
  readonly type: T;
  /** Its encoding. */
  readonly part: Part;
}

/** The operand of an instruction: code for a `T`, or a plain number as a constant. */
export type CodeOperand<T extends ValueType> =
  | Code<T>
  | (T extends "v128" | "i64" ? never : number);

/** Statements, one after another. */
export type Body = readonly Code[];

/** A place to branch to: the end of a `block`, the start of a `loop`. */
export class Label {}

/** A structured instruction. Branches count the scopes they leave, so the nesting must be known. */
interface Scope {
  /** The label of branches to here. */
  readonly label: Label;
  /** Opcode and block type. */
  readonly head: readonly number[];
  /** The inside, without the final `end`. */
  readonly body: Part;
}

/** A local variable. As an operand it is its value. */
export class Local<T extends ValueType = ValueType> implements Code<T> {
  readonly type: T;
  readonly part: Part;
  readonly #index: readonly number[];

  /** @param type of its value @param index among the parameters and locals of its function */
  constructor(type: T, index: number) {
    this.type = type;
    this.#index = unsigned(index);
    this.part = [0x20, this.#index];
  }

  /** Assigns `value`. */
  set(value: CodeOperand<T>): Code<"void"> {
    return code("void", operand(this.type, value), 0x21, this.#index);
  }

  /** Assigns `value` and leaves it on the stack too. */
  tee(value: CodeOperand<T>): Code<T> {
    return code(this.type, operand(this.type, value), 0x22, this.#index);
  }
}

/** A piece of code from its parts. */
export function code<T extends Result>(type: T, ...part: Part[]): Code<T> {
  return { type, part };
}

/** The encoding of an operand of type `type`. */
export function operand<T extends ValueType>(type: T, value: CodeOperand<T>): Part {
  return typeof value === "number" ? constant(type, value) : value.part;
}

const CONST_OPCODES = { i32: 0x41, i64: 0x42, f32: 0x43, f64: 0x44 } as const;

/** The encoding of the instruction that pushes the number `value`. */
export function constant(type: ValueType, value: number): Part {
  switch (type) {
    case "i32":
      return [CONST_OPCODES.i32, signed(BigInt(value | 0))];
    case "f32":
      return [CONST_OPCODES.f32, ...new Uint8Array(Float32Array.of(value).buffer)];
    case "f64":
      return [CONST_OPCODES.f64, ...new Uint8Array(Float64Array.of(value).buffer)];
    default:
      throw new TypeError(`Cannot write ${value} as ${type}: use ${type}.const`);
  }
}

/** The encoding of the instruction that pushes the 64-bit integer `value`. */
export function constant64(value: bigint): Part {
  return [CONST_OPCODES.i64, signed(BigInt.asIntN(64, value))];
}

/** Unsigned LEB128: seven bits a byte, the lowest first; the eighth bit is set if more follow. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  // Addresses and offsets reach 2³², beyond what the bit operators of JavaScript can hold.
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
  bytes.push(value);
  return bytes;
}

/** Signed LEB128: as unsigned, until only the sign of the last seven bits remains. */
function signed(value: bigint): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = Number(value & 127n);
    value >>= 7n;
    if (value === (low < 64 ? 0n : -1n)) return [...bytes, low];
    bytes.push(low | 128);
  }
}

/** Added to the number of an instruction on vectors, and of one of the later additions. */
export const SIMD = 0xfd_000;
export const MORE = 0xfc_000;

/** The encoding of an opcode: one byte, or for {@link SIMD} and {@link MORE} a prefix and a number. */
export function opcode(op: number): Part {
  return op < 256 ? op : [op >> 12, unsigned(op & 0xfff)];
}

/** The instruction `op` of one operand. */
export function unary<A extends ValueType, R extends Result>(op: number, from: A, to: R) {
  return (a: CodeOperand<A>): Code<R> => code(to, operand(from, a), opcode(op));
}

/** The instruction `op` of two operands. */
export function binary<A extends ValueType, R extends Result>(op: number, from: A, to: R) {
  return (a: CodeOperand<A>, b: CodeOperand<A>): Code<R> =>
    code(to, operand(from, a), operand(from, b), opcode(op));
}

/** The offset of a load or store. Any alignment is allowed: the hint 2⁰ is always true, and free. */
export function place(offset: number): Part {
  return [0, unsigned(offset)];
}

/** The instruction `op` that loads a `type` from `address + offset`. */
export function load<T extends ValueType>(op: number, type: T) {
  return (address: CodeOperand<"i32">, offset = 0): Code<T> =>
    code(type, operand("i32", address), opcode(op), place(offset));
}

/** The instruction `op` that stores a `type` at `address + offset`. */
export function store<T extends ValueType>(op: number, type: T) {
  return (address: CodeOperand<"i32">, value: CodeOperand<T>, offset = 0): Code<"void"> =>
    code("void", operand("i32", address), operand(type, value), opcode(op), place(offset));
}

/** The bytes of `part`: blocks get their `end`, branches the number of blocks they leave. */
export function flatten(part: Part): number[] {
  const bytes: number[] = [];
  const open: Label[] = [];
  const visit = (p: Part): void => {
    if (typeof p === "number") {
      bytes.push(p);
    } else if ("head" in p) {
      bytes.push(...p.head);
      open.push(p.label);
      visit(p.body);
      open.pop();
      bytes.push(0x0b);
    } else if (p instanceof Label) {
      const at = open.lastIndexOf(p);
      if (at < 0) throw new RangeError("Cannot branch to a label outside of its block");
      bytes.push(...unsigned(open.length - 1 - at));
    } else {
      for (const inner of p as readonly Part[]) visit(inner);
    }
  };
  visit(part);
  return bytes;
}
