/**
 * Instructions that are not arithmetic: blocks, branches, loops, choices, and moves of memory.
 *
 * @module
 */

import {
  type Body,
  type Code,
  code,
  type CodeOperand,
  Label,
  type Local,
  MORE,
  opcode,
  operand,
  type Part,
  type ValueType,
} from "./code.ts";
import { i32 } from "./scalars.ts";

const VOID = 0x40;

function parts(body: Body): Part {
  return body.map((statement) => statement.part);
}

/** Statements with a label at their end: `br(end)` leaves them. */
export function block(body: (end: Label) => Body): Code<"void"> {
  const label = new Label();
  return code("void", { label, head: [0x02, VOID], body: parts(body(label)) });
}

/** Statements with a label at their start: `br(again)` repeats them; otherwise they run once. */
export function loop(body: (again: Label) => Body): Code<"void"> {
  const label = new Label();
  return code("void", { label, head: [0x03, VOID], body: parts(body(label)) });
}

/** Goes to `label`. */
export function br(label: Label): Code<"void"> {
  return code("void", 0x0c, label);
}

/** Goes to `label` if `condition` is not 0. */
function brIf(label: Label, condition: CodeOperand<"i32">): Code<"void"> {
  return code("void", operand("i32", condition), 0x0d, label);
}

/** `if (condition) { then } else { otherwise }` */
export function when(
  condition: CodeOperand<"i32">,
  then: Body,
  otherwise: Body = [],
): Code<"void"> {
  const body = otherwise.length === 0 ? parts(then) : [parts(then), 0x05, parts(otherwise)];
  return code("void", operand("i32", condition), { label: new Label(), head: [0x04, VOID], body });
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
  const operands = [a.part, b.part, operand("i32", condition)];
  // The short form of `select` takes only numbers.
  if (a.type === "v128") return code(a.type, operands, 0x1c, 1, 0x7b);
  return code(a.type, operands, 0x1b);
}

/** Leaves the function with `value` as its result. */
export function ret(value?: Code<ValueType>): Code<"void"> {
  return code("void", value === undefined ? [] : value.part, 0x0f);
}

/** Drops the value that `value` leaves on the stack. */
export function drop(value: Code<ValueType>): Code<"void"> {
  return code("void", value.part, 0x1a);
}

/** Copies `bytes` bytes; the ranges may overlap. */
export function memoryCopy(
  to: CodeOperand<"i32">,
  from: CodeOperand<"i32">,
  bytes: CodeOperand<"i32">,
): Code<"void"> {
  const operands = [operand("i32", to), operand("i32", from), operand("i32", bytes)];
  return code("void", operands, opcode(MORE + 10), 0, 0);
}

/** Fills `bytes` bytes with the byte `value`. */
export function memoryFill(
  to: CodeOperand<"i32">,
  value: CodeOperand<"i32">,
  bytes: CodeOperand<"i32">,
): Code<"void"> {
  const operands = [operand("i32", to), operand("i32", value), operand("i32", bytes)];
  return code("void", operands, opcode(MORE + 11), 0);
}

/** A variable that holds an address, a count or a distance. */
export type I32 = Local<"i32">;

/** The smaller one of two signed integers. */
export function minimum(a: Code<"i32">, b: Code<"i32"> | number): Code<"i32"> {
  const other = typeof b === "number" ? i32.const(b) : b;
  return select(a, other, i32.ltS(a, other));
}
