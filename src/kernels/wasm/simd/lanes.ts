/**
 * Vectors of floats: four float32 lanes or two float64 lanes, under one type, so that one generator
 * writes the kernels of both.
 *
 * @module
 */

import type { FloatDType } from "../../../dtype.ts";
import type { Body, Code, CodeOperand, Local } from "../assembler/code.ts";
import { when } from "../assembler/control.ts";
import { f32, f64, i32 } from "../assembler/scalars.ts";
import { f32x4, f64x2, i32x4, i8x16, v128 } from "../assembler/vectors.ts";

/** Bytes of a vector. */
export const VECTOR = 16;

/** A vector in a variable, which may be used any number of times. */
export type Vector = Local<"v128">;

type Address = CodeOperand<"i32">;
type Value = CodeOperand<"v128">;
/** The instructions that `f32x4` and `f64x2` have in common. */
export type Instructions = Pick<
  typeof f64x2,
  Exclude<keyof typeof f32x4 & keyof typeof f64x2, "splat" | "extractLane">
>;

/** The division of a vector into lanes, and the instructions on all of them. */
export interface Lanes extends Instructions {
  /** True if the lanes hold integers, which wrap. */
  readonly isInteger: boolean;
  /** Bytes of an element. */
  readonly bytes: 1 | 4 | 8;
  /** Elements of a vector. */
  readonly count: 16 | 4 | 2;
  /** The constant `value` in all lanes. */
  splat(value: number): Code<"v128">;
  /** A computed number in all lanes. */
  splatF64(value: Code<"f64">): Code<"v128">;
  /** `sum + a · b` */
  multiplyAdd(a: Value, b: Value, sum: Value): Code<"v128">;
  /** As many elements as a vector has, every second one from `address` on; reads nothing beyond. */
  loadEverySecond(address: Address): Code<"v128">;
  /** The element at an address in all lanes. */
  loadSplat(address: Address, offset?: number): Code<"v128">;
  /** The first `count` lanes from memory, the others 0: reads nothing beyond them. */
  loadFirst(count: number, address: Address, offset: number): Code<"v128">;
  /** Stores the first `count` lanes, and nothing beyond them. */
  storeFirst(count: number, address: Address, value: Code<"v128">, offset: number): Body;
  /** Moves one element. */
  copyOne(to: Address, from: Address): Code<"void">;
  /** Transposes the square matrix whose rows are `rows`, with `spare` to work in. */
  transpose(rows: readonly Vector[], spare: readonly Vector[]): Body;
}

/** Vectors of four float32 and of two float64. */
export const FLOAT_LANES: Readonly<Record<FloatDType, Lanes>> = {
  float32: {
    ...f32x4,
    isInteger: false,
    bytes: 4,
    count: 4,
    splatF64: (value) => f32x4.splat(f32.demoteF64(value)),
    multiplyAdd: (a, b, sum) => f32x4.add(sum, f32x4.mul(a, b)),
    loadEverySecond: (address) => shuffle(v128.load(address), v128.load(address, 12), [0, 2, 5, 7]),
    loadSplat: v128.load32Splat,
    loadFirst(count, address, offset) {
      if (count === 1) return v128.load32Zero(address, offset);
      const two = v128.load64Zero(address, offset);
      return count === 2 ? two : v128.load32Lane(address, two, 2, offset + 8);
    },
    storeFirst(count, address, value, offset) {
      if (count === 1) return [v128.store32Lane(address, value, 0, offset)];
      const two = v128.store64Lane(address, value, 0, offset);
      return count === 2 ? [two] : [two, v128.store32Lane(address, value, 2, offset + 8)];
    },
    copyOne: (to, from) => f32.store(to, f32.load(from)),
    transpose: (rows, spare) => [
      spare[0].set(interleaveLow(rows[0], rows[1])),
      spare[1].set(interleaveHigh(rows[0], rows[1])),
      spare[2].set(interleaveLow(rows[2], rows[3])),
      spare[3].set(interleaveHigh(rows[2], rows[3])),
      rows[0].set(joinLow(spare[0], spare[2])),
      rows[1].set(joinHigh(spare[0], spare[2])),
      rows[2].set(joinLow(spare[1], spare[3])),
      rows[3].set(joinHigh(spare[1], spare[3])),
    ],
  },
  float64: {
    ...f64x2,
    isInteger: false,
    bytes: 8,
    count: 2,
    splatF64: f64x2.splat,
    multiplyAdd: (a, b, sum) => f64x2.add(sum, f64x2.mul(a, b)),
    loadEverySecond: (address) => shuffle(v128.load(address), v128.load(address, 8), [0, 1, 6, 7]),
    loadSplat: v128.load64Splat,
    loadFirst: (_, address, offset) => v128.load64Zero(address, offset),
    storeFirst: (_, address, value, offset) => [v128.store64Lane(address, value, 0, offset)],
    copyOne: (to, from) => f64.store(to, f64.load(from)),
    transpose: (rows, spare) => [
      spare[0].set(joinLow(rows[0], rows[1])),
      rows[1].set(joinHigh(rows[0], rows[1])),
      rows[0].set(spare[0]),
    ],
  },
};

/**
 * Vectors of integers, which have only some of the instructions: `canLowerIntegers` tells which formulas
 * they compute.
 */
export const INTEGER_LANES: Readonly<Record<"int32" | "uint8" | "bool", Lanes>> = {
  int32: {
    ...i32x4,
    ...{ lt: i32x4.ltS, le: i32x4.leS, gt: i32x4.gtS, ge: i32x4.geS },
    ...{ min: i32x4.minS, max: i32x4.maxS },
    isInteger: true,
    bytes: 4,
    count: 4,
    splat: (value) => i32x4.splat(i32.const(value)),
    splatF64: (value) => i32x4.splat(i32.truncSatF64S(value)),
  } as Partial<Lanes> as Lanes,
  get bool() {
    return this.uint8;
  },
  uint8: {
    ...i8x16,
    ...{ lt: i8x16.ltU, le: i8x16.leU, gt: i8x16.gtU, ge: i8x16.geU },
    ...{ min: i8x16.minU, max: i8x16.maxU },
    isInteger: true,
    bytes: 1,
    count: 16,
    splat: (value) => i8x16.splat(i32.const(value)),
    splatF64: (value) => i8x16.splat(i32.truncSatF64S(value)),
  } as Partial<Lanes> as Lanes,
};

/** Runs `few(tail)` for the value of `tail`, or `full` if it is 0. */
export function forTail(
  lanes: Lanes,
  tail: Local<"i32">,
  full: Body,
  few: (count: number) => Body,
): Code<"void"> {
  let body = few(lanes.count - 1);
  for (let count = lanes.count - 2; count > 0; count--) {
    body = [when(i32.eq(tail, count), few(count), body)];
  }
  return when(tail, body, full);
}

/** Adds up the lanes of a vector, for its first lane: those next to each other last. */
export function addAcross(lanes: Lanes, sum: Vector): Body {
  const halves = sum.set(lanes.add(sum, joinHigh(sum, sum)));
  if (lanes.count === 2) return [halves];
  return [halves, sum.set(lanes.add(sum, shuffle(sum, sum, [1, 1, 1, 1])))];
}

/** Picks four of the 32-bit lanes 0–3 of `a` and 4–7 of `b`. */
export function shuffle(a: Value, b: Value, lanes: readonly number[]): Code<"v128"> {
  return i8x16.shuffle(a, b, lanes.flatMap((lane) => [0, 1, 2, 3].map((i) => 4 * lane + i)));
}

/** `a[0], b[0], a[1], b[1]` of 32-bit lanes. */
export const interleaveLow = (a: Value, b: Value): Code<"v128"> => shuffle(a, b, [0, 4, 1, 5]);
/** `a[2], b[2], a[3], b[3]` of 32-bit lanes. */
export const interleaveHigh = (a: Value, b: Value): Code<"v128"> => shuffle(a, b, [2, 6, 3, 7]);
/** The low halves of two vectors. */
export const joinLow = (a: Value, b: Value): Code<"v128"> => shuffle(a, b, [0, 1, 4, 5]);
/** The high halves of two vectors. */
export const joinHigh = (a: Value, b: Value): Code<"v128"> => shuffle(a, b, [2, 3, 6, 7]);
