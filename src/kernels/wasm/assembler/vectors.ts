/**
 * Instructions on vectors of 128 bits, by the names of the specification in camelCase:
 * `i32x4.trunc_sat_f32x4_s` is `i32x4.truncSatF32x4S`.
 *
 * @module
 */

import {
  binary,
  characters,
  type Code,
  code,
  type CodeOperand,
  load,
  opcode,
  operand,
  place,
  SIMD,
  store,
  unary,
  type ValueType,
} from "./code.ts";

const vectorUnary = (op: number) => unary(SIMD + op, "v128", "v128");
const vectorBinary = (op: number) => binary(SIMD + op, "v128", "v128");
const vectorTest = (op: number) => unary(SIMD + op, "v128", "i32");
const vectorLoad = (op: number) => load(SIMD + op, "v128");

type Address = CodeOperand<"i32">;
type Value = CodeOperand<"v128">;

/** Shifts every lane by the same number of bits. */
function shift(op: number) {
  const bytes = opcode(SIMD + op);
  return (a: Value, bits: CodeOperand<"i32">): Code<"v128"> =>
    code("v128", a.bytes + operand("i32", bits) + bytes);
}

function extract<T extends ValueType>(op: number, type: T) {
  const bytes = opcode(SIMD + op);
  return (a: Value, lane: number): Code<T> => code(type, a.bytes + bytes + characters([lane]));
}

/** Loads one lane and keeps the others as in `into`, or stores one lane. */
function moveLane<R extends "v128" | "void">(op: number, result: R) {
  const bytes = opcode(SIMD + op);
  return (address: Address, vector: Value, lane: number, offset = 0): Code<R> => {
    const operands = operand("i32", address) + vector.bytes;
    return code(result, operands + bytes + place(offset) + characters([lane]));
  };
}

function ternary(op: number) {
  const bytes = opcode(SIMD + op);
  return (a: Value, b: Value, c: Value): Code<"v128"> =>
    code("v128", a.bytes + b.bytes + c.bytes + bytes);
}

/** 16 bytes of any meaning. */
export const v128 = {
  const: (bytes: Iterable<number>): Code<"v128"> =>
    code("v128", opcode(SIMD + 12) + characters(bytes)),
  load: vectorLoad(0),
  load16Splat: vectorLoad(8),
  load32Splat: vectorLoad(9),
  load64Splat: vectorLoad(10),
  load32Zero: vectorLoad(92),
  load64Zero: vectorLoad(93),
  load8Lane: moveLane(84, "v128"),
  load32Lane: moveLane(86, "v128"),
  load64Lane: moveLane(87, "v128"),
  store: store(SIMD + 11, "v128"),
  store8Lane: moveLane(88, "void"),
  store16Lane: moveLane(89, "void"),
  store32Lane: moveLane(90, "void"),
  store64Lane: moveLane(91, "void"),
  not: vectorUnary(77),
  and: vectorBinary(78),
  /** `a & ~b` */
  andnot: vectorBinary(79),
  or: vectorBinary(80),
  xor: vectorBinary(81),
  /** Bits of the first operand where the third has 1, bits of the second where it has 0. */
  bitselect: ternary(82),
  anyTrue: vectorTest(83),
};

function integerLanes(tests: number, base: number) {
  return {
    eq: vectorBinary(tests),
    ne: vectorBinary(tests + 1),
    ltS: vectorBinary(tests + 2),
    ltU: vectorBinary(tests + 3),
    gtS: vectorBinary(tests + 4),
    gtU: vectorBinary(tests + 5),
    leS: vectorBinary(tests + 6),
    leU: vectorBinary(tests + 7),
    geS: vectorBinary(tests + 8),
    geU: vectorBinary(tests + 9),
    abs: vectorUnary(base),
    neg: vectorUnary(base + 1),
    shl: shift(base + 11),
    shrS: shift(base + 12),
    shrU: shift(base + 13),
    add: vectorBinary(base + 14),
    sub: vectorBinary(base + 17),
    minS: vectorBinary(base + 22),
    minU: vectorBinary(base + 23),
    maxS: vectorBinary(base + 24),
    maxU: vectorBinary(base + 25),
  };
}

/** 16 lanes of bytes. */
export const i8x16 = {
  splat: unary(SIMD + 15, "i32", "v128"),
  extractLaneU: extract(22, "i32"),
  /** Picks 16 of the 32 bytes of `a` and `b`. */
  shuffle: (a: Value, b: Value, lanes: readonly number[]): Code<"v128"> =>
    code("v128", a.bytes + b.bytes + opcode(SIMD + 13) + characters(lanes)),
  ...integerLanes(35, 96),
};

/** 8 lanes of 16-bit integers. */
export const i16x8 = {
  ...integerLanes(45, 128),
  extendLowI8x16U: vectorUnary(137),
};

/** 4 lanes of 32-bit integers. */
export const i32x4 = {
  splat: unary(SIMD + 17, "i32", "v128"),
  extractLane: extract(27, "i32"),
  ...integerLanes(55, 160),
  extendLowI16x8U: vectorUnary(169),
  mul: vectorBinary(181),
  truncSatF32x4S: vectorUnary(248),
  truncSatF64x2SZero: vectorUnary(252),
};

/** 2 lanes of 64-bit integers. */
export const i64x2 = {
  splat: unary(SIMD + 18, "i64", "v128"),
  extractLane: extract(29, "i64"),
  eq: vectorBinary(214),
  shl: shift(203),
  shrU: shift(205),
  add: vectorBinary(206),
  sub: vectorBinary(209),
};

function floatLanes(tests: number, base: number, madd: number) {
  return {
    eq: vectorBinary(tests),
    ne: vectorBinary(tests + 1),
    lt: vectorBinary(tests + 2),
    gt: vectorBinary(tests + 3),
    le: vectorBinary(tests + 4),
    ge: vectorBinary(tests + 5),
    abs: vectorUnary(base),
    neg: vectorUnary(base + 1),
    sqrt: vectorUnary(base + 3),
    add: vectorBinary(base + 4),
    sub: vectorBinary(base + 5),
    mul: vectorBinary(base + 6),
    div: vectorBinary(base + 7),
    /** NaN if either is NaN; −0 is below +0. */
    min: vectorBinary(base + 8),
    /** NaN if either is NaN; −0 is below +0. */
    max: vectorBinary(base + 9),
    /** `b < a ? b : a`, a single machine instruction where `min` is many. */
    pmin: vectorBinary(base + 10),
    /** `a < b ? b : a`, a single machine instruction where `max` is many. */
    pmax: vectorBinary(base + 11),
    /** `a · b + c` with one rounding or two, as the machine likes. */
    relaxedMadd: ternary(madd),
  };
}

/** 4 lanes of 32-bit floats. */
export const f32x4 = {
  splat: unary(SIMD + 19, "f32", "v128"),
  extractLane: extract(31, "f32"),
  ...floatLanes(65, 224, 0x105),
  ceil: vectorUnary(103),
  floor: vectorUnary(104),
  trunc: vectorUnary(105),
  nearest: vectorUnary(106),
  convertI32x4S: vectorUnary(250),
  demoteF64x2Zero: vectorUnary(94),
};

/** 2 lanes of 64-bit floats. */
export const f64x2 = {
  splat: unary(SIMD + 20, "f64", "v128"),
  extractLane: extract(33, "f64"),
  ...floatLanes(71, 236, 0x107),
  ceil: vectorUnary(116),
  floor: vectorUnary(117),
  trunc: vectorUnary(122),
  nearest: vectorUnary(148),
  convertLowI32x4S: vectorUnary(254),
  promoteLowF32x4: vectorUnary(95),
};
