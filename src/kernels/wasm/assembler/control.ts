/**
 * Instructions that are not arithmetic: blocks, branches, loops, choices, and moves of memory.
 *
 * @module
 */

import {
  type Body,
  bytesOf,
  type Code,
  code,
  type CodeOperand,
  type Label,
  label,
  type Local,
  MORE,
  opcode,
  operand,
  scope,
  type ValueType,
} from "./code.ts";
import { i32 } from "./scalars.ts";

/** Statements with a label at their end: `br(end)` leaves them. */
export function block(body: (end: Label) => Body): Code<"void"> {
  const end = label();
  return code("void", scope(0x02, end, bytesOf(body(end))));
}

/** Statements with a label at their start: `br(again)` repeats them; otherwise they run once. */
export function loop(body: (again: Label) => Body): Code<"void"> {
  const again = label();
  return code("void", scope(0x03, again, bytesOf(body(again))));
}

/** Goes to `to`. */
export function br(to: Label): Code<"void"> {
  return code("void", "\x0c" + to);
}

/** Goes to `to` if `condition` is not 0. */
function brIf(to: Label, condition: CodeOperand<"i32">): Code<"void"> {
  return code("void", operand("i32", condition) + "\x0d" + to);
}

/** `if (condition) { then } else { otherwise }` */
export function when(
  condition: CodeOperand<"i32">,
  then: Body,
  otherwise: Body = [],
): Code<"void"> {
  const rest = otherwise.length === 0 ? "" : "\x05" + bytesOf(otherwise);
  return code("void", operand("i32", condition) + scope(0x04, label(), bytesOf(then) + rest));
}

/** `do { body } while (condition)` */
export function doWhile(body: Body, condition: CodeOperand<"i32">): Code<"void"> {
  return loop((again) => [...body, brIf(again, condition)]);
}

/** `while (condition) { body }`, with the test at the bottom where it costs one branch a turn. */
export function loopWhile(condition: Code<"i32">, body: Body): Code<"void"> {
  return when(condition, [doWhile(body, condition)]);
}

/** `while (i < end) { body; i += step }` for signed integers. */
export function loopUntil(
  i: Local<"i32">,
  end: CodeOperand<"i32">,
  step: CodeOperand<"i32">,
  body: Body,
): Code<"void"> {
  return loopWhile(i32.ltS(i, end), [...body, i.set(i32.add(i, step))]);
}

/** `condition ? a : b`, both evaluated. */
export function select<T extends ValueType>(
  a: Code<T>,
  b: Code<T>,
  condition: CodeOperand<"i32">,
): Code<T> {
  const operands = a.bytes + b.bytes + operand("i32", condition);
  // The short form of `select` takes only numbers.
  return code(a.type, operands + (a.type === "v128" ? "\x1c\x01\x7b" : "\x1b"));
}

/** Leaves the function with `value` as its result. */
export function ret(value?: Code<ValueType>): Code<"void"> {
  return code("void", (value?.bytes ?? "") + "\x0f");
}

/** Drops the value that `value` leaves on the stack. */
export function drop(value: Code<ValueType>): Code<"void"> {
  return code("void", value.bytes + "\x1a");
}

/** Copies `bytes` bytes; the ranges may overlap. */
export function memoryCopy(
  to: CodeOperand<"i32">,
  from: CodeOperand<"i32">,
  bytes: CodeOperand<"i32">,
): Code<"void"> {
  const operands = operand("i32", to) + operand("i32", from) + operand("i32", bytes);
  return code("void", operands + opcode(MORE + 10) + "\0\0");
}

/** Fills `bytes` bytes with the byte `value`. */
export function memoryFill(
  to: CodeOperand<"i32">,
  value: CodeOperand<"i32">,
  bytes: CodeOperand<"i32">,
): Code<"void"> {
  const operands = operand("i32", to) + operand("i32", value) + operand("i32", bytes);
  return code("void", operands + opcode(MORE + 11) + "\0");
}

/** A variable that holds an address, a count or a distance. */
export type I32 = Local<"i32">;

/** The smaller one of two signed integers. */
export function minimum(a: Code<"i32">, b: Code<"i32"> | number): Code<"i32"> {
  const other = typeof b === "number" ? i32.const(b) : b;
  return select(a, other, i32.ltS(a, other));
}
