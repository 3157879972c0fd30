/**
 * Elements of each dtype as float lanes, and float lanes as elements again.
 *
 * @module
 */

import { type DType, DTYPES } from "../../../dtype.ts";
import type { Code, CodeOperand } from "../assembler/code.ts";
import { minimum } from "../assembler/control.ts";
import { f32, f64, i32 } from "../assembler/scalars.ts";
import { f32x4, f64x2, i16x8, i32x4, i8x16, v128 } from "../assembler/vectors.ts";
import { joinHigh, joinLow, type Lanes, VECTOR, type Vector } from "./lanes.ts";
import type { Writer } from "./writer.ts";

/** An address in code. */
export type Address = Code<"i32">;

/** By the number of bytes: loads them to the start of a vector. */
const LOADS: Readonly<Record<number, (address: Address, offset: number) => Code<"v128">>> = {
  16: v128.load,
  8: v128.load64Zero,
  4: v128.load32Zero,
  2: v128.load16Splat,
};

/** By the number of bytes: stores them from the start of a vector. */
const STORES: Readonly<
  Record<number, (address: Address, packed: Vector, offset: number) => Code<"void">>
> = {
  16: v128.store,
  8: (address, packed, offset) => v128.store64Lane(address, packed, 0, offset),
  4: (address, packed, offset) => v128.store32Lane(address, packed, 0, offset),
  2: (address, packed, offset) => v128.store16Lane(address, packed, 0, offset),
};

/** By the bytes of an element: loads and stores one lane. */
const LANES: Readonly<
  Record<number, { load: typeof v128.load8Lane; store: typeof v128.store8Lane }>
> = {
  8: { load: v128.load64Lane, store: v128.store64Lane },
  4: { load: v128.load32Lane, store: v128.store32Lane },
  1: { load: v128.load8Lane, store: v128.store8Lane },
};

/** The element at `address` as a float64, which holds every element of every dtype. */
export function loadNumber(dtype: DType, address: CodeOperand<"i32">): Code<"f64"> {
  switch (dtype) {
    case "float32":
      return f64.promoteF32(f32.load(address));
    case "float64":
      return f64.load(address);
    case "int32":
      return f64.convertI32S(i32.load(address));
    default:
      return f64.convertI32U(i32.load8U(address));
  }
}

/** The one element at `address` in every lane. */
export function splatElement(lanes: Lanes, dtype: DType, address: Address): Code<"v128"> {
  if (lanes.count === 4 && dtype === "float32") return lanes.loadSplat(address);
  return lanes.splatF64(loadNumber(dtype, address));
}

/** As many elements from `address` on as there are lanes. */
export function loadDense(
  lanes: Lanes,
  dtype: DType,
  address: Address,
  offset = 0,
): Code<"v128"> {
  if (lanes.count === 4 && dtype === "float64") {
    return demotePair(v128.load(address, offset), v128.load(address, offset + 16));
  }
  return unpack(lanes, dtype, LOADS[DTYPES[dtype].bytes * lanes.count](address, offset));
}

/** One element from each of `addresses`, one for each lane. */
export function loadEach(w: Writer, dtype: DType, addresses: readonly Address[]): Code<"v128"> {
  const { load } = LANES[DTYPES[dtype].bytes];
  const collect = (from: readonly Address[]): Code<"v128"> =>
    from.reduce<Code<"v128">>((vector, at, lane) => load(at, vector, lane), w.constant(0));
  if (w.lanes.count === 4 && dtype === "float64") {
    return demotePair(collect(addresses.slice(0, 2)), collect(addresses.slice(2)));
  }
  return unpack(w.lanes, dtype, collect(addresses));
}

/** The last `left` elements of a row, from `address` on; the lanes beyond repeat the last element. */
export function loadLast(w: Writer, dtype: DType, address: Address, left: Address): Code<"v128"> {
  const addresses = Array.from({ length: w.lanes.count }, (_, lane) => {
    const column = minimum(i32.const(lane), i32.sub(left, 1));
    return i32.add(address, i32.mul(column, DTYPES[dtype].bytes));
  });
  return loadEach(w, dtype, addresses);
}

/** Two vectors of doubles as four floats. */
export function demotePair(low: Code<"v128">, high: Code<"v128">): Code<"v128"> {
  return joinLow(f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(high));
}

/** Four floats as two vectors of doubles. */
export function promotePair(x: Vector): [low: Code<"v128">, high: Code<"v128">] {
  return [f64x2.promoteLowF32x4(x), f64x2.promoteLowF32x4(joinHigh(x, x))];
}

/** Elements that lie packed at the start of `bytes`, as floats. */
function unpack({ count, isInteger }: Lanes, dtype: DType, bytes: Code<"v128">): Code<"v128"> {
  if (isInteger) return count === 16 || dtype === "int32" ? bytes : extend(bytes);
  switch (dtype) {
    case "float32":
      return count === 4 ? bytes : f64x2.promoteLowF32x4(bytes);
    case "float64":
      return bytes;
    case "int32":
      return count === 4 ? f32x4.convertI32x4S(bytes) : f64x2.convertLowI32x4S(bytes);
    default: {
      const wide = extend(bytes);
      return count === 4 ? f32x4.convertI32x4S(wide) : f64x2.convertLowI32x4S(wide);
    }
  }
}

/** The first four bytes as four integers. */
function extend(bytes: Code<"v128">): Code<"v128"> {
  return i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(bytes));
}

/**
 * Lane values as elements of `dtype`, packed at the start of the vector. For bool, a mask comes in.
 */
export function pack(w: Writer, dtype: DType, value: Vector): Code<"v128"> {
  const { count, isInteger } = w.lanes;
  const isF32 = count === 4;
  if (isInteger && dtype !== "bool") return value;
  switch (dtype) {
    case "float32":
      return isF32 ? value : f32x4.demoteF64x2Zero(value);
    case "float64":
      return value;
    case "bool": {
      const bits = v128.and(value, w.bits(0x01010101));
      if (count === 16) return bits;
      return firstBytes(w.let(bits), w.lanes.bytes);
    }
    default: {
      const whole = isF32 ? i32x4.truncSatF32x4S(value) : i32x4.truncSatF64x2SZero(value);
      return dtype === "int32" ? whole : firstBytes(w.let(whole), 4);
    }
  }
}

/**
 * `value`, of float64, without its fraction, plus the multiple of 2³² that brings it into the range of
 * int32.
 *
 * All steps are exact below 2⁵³, and the same as JavaScript's `x | 0` above.
 */
export function wrap(w: Writer, value: Vector): Vector {
  const whole = w.let(f64x2.trunc(value));
  const multiple = f64x2.floor(f64x2.add(f64x2.mul(whole, w.double(2 ** -32)), w.double(0.5)));
  return w.let(f64x2.sub(whole, f64x2.mul(multiple, w.double(2 ** 32))));
}

/** The first byte of each lane of `bytes` bytes, over and over. */
function firstBytes(x: Vector, bytes: number): Code<"v128"> {
  return i8x16.shuffle(x, x, Array.from({ length: VECTOR }, (_, i) => i * bytes % VECTOR));
}

/** Stores as many elements as there are lanes from `address` on. */
export function storeDense(
  lanes: Lanes,
  dtype: DType,
  address: Address,
  packed: Vector,
  offset = 0,
): Code<"void"> {
  return STORES[DTYPES[dtype].bytes * lanes.count](address, packed, offset);
}

/** Stores element `lane` at `address`. */
export function storeElement(
  dtype: DType,
  address: Address,
  packed: Vector,
  lane: number,
): Code<"void"> {
  return LANES[DTYPES[dtype].bytes].store(address, packed, lane);
}
