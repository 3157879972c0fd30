/**
 * The two vectors of floats, so that one generator writes the float32 and the float64 kernels.
 *
 * @module
 */

import type { FloatDType } from "../../../dtype.ts";
import type { Body, Code, Local, Operand } from "../assembler/code.ts";
import { when } from "../assembler/control.ts";
import { f32, f64, i32 } from "../assembler/scalars.ts";
import { f32x4, f64x2, i8x16, v128 } from "../assembler/vectors.ts";

/** Bytes of a vector. */
export const VECTOR = 16;

type Address = Operand<"i32">;

/** What a kernel generator must know of a vector of floats. */
export interface FloatLanes {
  /** Bytes of an element. */
  readonly bytes: number;
  /** Elements of a vector. */
  readonly count: number;
  /** All lanes 0. */
  zero(): Code<"v128">;
  /** Lane by lane sum. */
  add(a: Operand<"v128">, b: Operand<"v128">): Code<"v128">;
  /** Lane by lane product. */
  mul(a: Operand<"v128">, b: Operand<"v128">): Code<"v128">;
  /** `sum + a · b`, lane by lane. */
  multiplyAdd(a: Operand<"v128">, b: Operand<"v128">, sum: Operand<"v128">): Code<"v128">;
  /** Lane by lane quotient. */
  div(a: Operand<"v128">, b: Operand<"v128">): Code<"v128">;
  /** All lanes the float that equals an integer. */
  splatInteger(value: Operand<"i32">): Code<"v128">;
  /** As many elements as a vector has, every second one from `address` on; reads nothing beyond. */
  loadEverySecond(address: Address): Code<"v128">;
  /** All lanes the element at an address. */
  loadSplat(address: Address, offset?: number): Code<"v128">;
  /** The first `count` lanes from memory, the others 0: reads nothing beyond them. */
  loadFirst(count: number, address: Address, offset: number): Code<"v128">;
  /** Stores the first `count` lanes, and nothing beyond them. */
  storeFirst(count: number, address: Address, value: Code<"v128">, offset: number): Body;
  /** Moves one element. */
  copyOne(to: Address, from: Address): Code<"void">;
  /** Transposes the square matrix whose rows are `rows`, with `spare` to work in. */
  transpose(rows: readonly Local<"v128">[], spare: readonly Local<"v128">[]): Body;
}

/** Vectors of four float32 and of two float64. */
export const FLOAT_LANES: Readonly<Record<FloatDType, FloatLanes>> = {
  float32: {
    bytes: 4,
    count: 4,
    zero: () => f32x4.splat(0),
    add: f32x4.add,
    mul: f32x4.mul,
    multiplyAdd: (a, b, sum) => f32x4.add(sum, f32x4.mul(a, b)),
    div: f32x4.div,
    splatInteger: (value) => f32x4.splat(f32.convertI32S(value)),
    loadEverySecond: (address) =>
      shuffle4(v128.load(address), v128.load(address, 12), [0, 2, 5, 7]),
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
      spare[0].set(interleaveLow4(rows[0], rows[1])),
      spare[1].set(interleaveHigh4(rows[0], rows[1])),
      spare[2].set(interleaveLow4(rows[2], rows[3])),
      spare[3].set(interleaveHigh4(rows[2], rows[3])),
      rows[0].set(joinLow(spare[0], spare[2])),
      rows[1].set(joinHigh(spare[0], spare[2])),
      rows[2].set(joinLow(spare[1], spare[3])),
      rows[3].set(joinHigh(spare[1], spare[3])),
    ],
  },
  float64: {
    bytes: 8,
    count: 2,
    zero: () => f64x2.splat(0),
    add: f64x2.add,
    mul: f64x2.mul,
    multiplyAdd: (a, b, sum) => f64x2.add(sum, f64x2.mul(a, b)),
    div: f64x2.div,
    splatInteger: (value) => f64x2.splat(f64.convertI32S(value)),
    loadEverySecond: (address) => shuffle4(v128.load(address), v128.load(address, 8), [0, 1, 6, 7]),
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

/** Runs `few(tail)` for the value of `tail`, or `full` if it is 0. */
export function forTail(
  lanes: FloatLanes,
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

type Vector = Operand<"v128">;

/** Picks four of the 32-bit lanes 0–3 of `a` and 4–7 of `b`. */
function shuffle4(a: Vector, b: Vector, lanes: readonly number[]): Code<"v128"> {
  return i8x16.shuffle(a, b, lanes.flatMap((lane) => [0, 1, 2, 3].map((i) => 4 * lane + i)));
}

const interleaveLow4 = (a: Vector, b: Vector) => shuffle4(a, b, [0, 4, 1, 5]);
const interleaveHigh4 = (a: Vector, b: Vector) => shuffle4(a, b, [2, 6, 3, 7]);
const joinLow = (a: Vector, b: Vector) => shuffle4(a, b, [0, 1, 4, 5]);
const joinHigh = (a: Vector, b: Vector) => shuffle4(a, b, [2, 3, 6, 7]);
