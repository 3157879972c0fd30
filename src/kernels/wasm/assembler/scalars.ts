/**
 * Instructions on numbers, by the names of the specification in camelCase: `i32.trunc_sat_f32_s` is
 * `i32.truncSatF32S`.
 *
 * @module
 */

import { binary, type Code, code, constant, constant64, load, MORE, store, unary } from "./code.ts";

function integers<T extends "i32" | "i64">(type: T, tests: number, arithmetic: number) {
  const compare = (i: number) => binary(tests + i, type, "i32");
  const combine = (i: number) => binary(arithmetic + i, type, type);
  return {
    eqz: unary(tests, type, "i32"),
    eq: compare(1),
    ne: compare(2),
    ltS: compare(3),
    ltU: compare(4),
    gtS: compare(5),
    gtU: compare(6),
    leS: compare(7),
    leU: compare(8),
    geS: compare(9),
    geU: compare(10),
    add: combine(3),
    sub: combine(4),
    mul: combine(5),
    divU: combine(7),
    remU: combine(9),
    and: combine(10),
    or: combine(11),
    xor: combine(12),
    shl: combine(13),
    shrS: combine(14),
    shrU: combine(15),
  };
}

/** 32-bit integers, and addresses. */
export const i32 = {
  const: (value: number): Code<"i32"> => code("i32", constant("i32", value)),
  load: load(0x28, "i32"),
  load8U: load(0x2d, "i32"),
  store: store(0x36, "i32"),
  store8: store(0x3a, "i32"),
  ...integers("i32", 0x45, 0x67),
  wrapI64: unary(0xa7, "i64", "i32"),
  truncSatF64S: unary(MORE + 2, "f64", "i32"),
};

/** 64-bit integers. */
export const i64 = {
  const: (value: bigint): Code<"i64"> => code("i64", constant64(value)),
  load: load(0x29, "i64"),
  store: store(0x37, "i64"),
  ...integers("i64", 0x50, 0x79),
  extendI32U: unary(0xad, "i32", "i64"),
  truncSatF64S: unary(MORE + 6, "f64", "i64"),
};

function floats<T extends "f32" | "f64">(type: T, tests: number, arithmetic: number) {
  const compare = (i: number) => binary(tests + i, type, "i32");
  const combine = (i: number) => binary(arithmetic + i, type, type);
  return {
    const: (value: number): Code<T> => code(type, constant(type, value)),
    eq: compare(0),
    ne: compare(1),
    lt: compare(2),
    gt: compare(3),
    le: compare(4),
    ge: compare(5),
    abs: unary(arithmetic, type, type),
    sqrt: unary(arithmetic + 6, type, type),
    add: combine(7),
    sub: combine(8),
    mul: combine(9),
    div: combine(10),
    min: combine(11),
    max: combine(12),
  };
}

/** 32-bit floats. */
export const f32 = {
  load: load(0x2a, "f32"),
  store: store(0x38, "f32"),
  ...floats("f32", 0x5b, 0x8b),
  convertI32S: unary(0xb2, "i32", "f32"),
  demoteF64: unary(0xb6, "f64", "f32"),
};

/** 64-bit floats. */
export const f64 = {
  load: load(0x2b, "f64"),
  store: store(0x39, "f64"),
  ...floats("f64", 0x61, 0x99),
  convertI32S: unary(0xb7, "i32", "f64"),
  convertI32U: unary(0xb8, "i32", "f64"),
  promoteF32: unary(0xbb, "f32", "f64"),
};
