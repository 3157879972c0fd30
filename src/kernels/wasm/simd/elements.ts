/**
 * How elements of each dtype become float lanes, and floats become elements again.
 *
 * @module
 */

import { type DType, DTYPES } from "../../../dtype.ts";
import type { Code, Local } from "../assembler/code.ts";
import { f32, f64, i32 } from "../assembler/scalars.ts";
import { f32x4, f64x2, i16x8, i32x4, i8x16, v128 } from "../assembler/vectors.ts";
import type { Lanes, Vector, Writer } from "./writer.ts";

/** Picks the second half of a vector, twice. */
export const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
/** Picks the low halves of the 64-bit lanes of two vectors. */
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
/** Picks the first byte of each 64-bit lane, then whatever. */
const FIRST_BYTES = [0, 8, 0, 8, 0, 8, 0, 8, 0, 8, 0, 8, 0, 8, 0, 8];

/** An address in code. */
export type Address = Code<"i32">;

/** The number of lanes. */
export function width(lanes: Lanes): number {
  return lanes === f32x4 ? 4 : 2;
}

/** The scalar `value` in every lane. */
export function splatNumber(lanes: Lanes, value: Code<"f64">): Code<"v128"> {
  return lanes === f32x4 ? f32x4.splat(f32.demoteF64(value)) : f64x2.splat(value);
}

/** The element at `address` as a float64, which holds every element of every dtype. */
export function loadNumber(dtype: DType, address: Address): Code<"f64"> {
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
  if (lanes === f32x4 && dtype === "float32") return v128.load32Splat(address);
  return splatNumber(lanes, loadNumber(dtype, address));
}

/** As many elements from `address` on as there are lanes. */
export function loadDense(lanes: Lanes, dtype: DType, address: Address): Code<"v128"> {
  if (lanes === f32x4 && dtype === "float64") {
    return demotePair(v128.load(address), v128.load(address, 16));
  }
  switch (DTYPES[dtype].bytes * width(lanes)) {
    case 16:
      return unpack(lanes, dtype, v128.load(address));
    case 8:
      return unpack(lanes, dtype, v128.load64Zero(address));
    case 4:
      return unpack(lanes, dtype, v128.load32Zero(address));
    default:
      return unpack(lanes, dtype, v128.load16Splat(address));
  }
}

/** One element from each of `addresses`, one for each lane. */
export function loadEach(
  w: Writer,
  dtype: DType,
  addresses: readonly Address[],
): Code<"v128"> {
  const collect = (from: readonly Address[]): Code<"v128"> => {
    const start: Code<"v128"> = w.constant(0);
    return from.reduce((vector, address, lane) => loadLane(dtype, address, vector, lane), start);
  };
  if (w.lanes === f32x4 && dtype === "float64") {
    return demotePair(collect(addresses.slice(0, 2)), collect(addresses.slice(2)));
  }
  return unpack(w.lanes, dtype, collect(addresses));
}

function loadLane(
  dtype: DType,
  address: Address,
  into: Code<"v128">,
  lane: number,
): Code<"v128"> {
  switch (DTYPES[dtype].bytes) {
    case 8:
      return v128.load64Lane(address, into, lane);
    case 4:
      return v128.load32Lane(address, into, lane);
    default:
      return v128.load8Lane(address, into, lane);
  }
}

export function demotePair(low: Code<"v128">, high: Code<"v128">): Code<"v128"> {
  return i8x16.shuffle(f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(high), LOW_HALVES);
}

/** Four floats as two vectors of doubles. */
export function promotePair(x: Vector): [low: Code<"v128">, high: Code<"v128">] {
  return [f64x2.promoteLowF32x4(x), f64x2.promoteLowF32x4(i8x16.shuffle(x, x, HIGH_HALF))];
}

/** Elements that lie packed at the start of `raw`, as floats. */
function unpack(lanes: Lanes, dtype: DType, raw: Code<"v128">): Code<"v128"> {
  switch (dtype) {
    case "float32":
      return lanes === f32x4 ? raw : f64x2.promoteLowF32x4(raw);
    case "float64":
      return raw;
    case "int32":
      return lanes === f32x4 ? f32x4.convertI32x4S(raw) : f64x2.convertLowI32x4S(raw);
    default: {
      const wide = i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(raw));
      return lanes === f32x4 ? f32x4.convertI32x4S(wide) : f64x2.convertLowI32x4S(wide);
    }
  }
}

/** Whether results in `lanes` can be stored as `dtype`. */
export function canStore(lanes: Lanes, dtype: DType): boolean {
  return lanes === f64x2 || dtype !== "float64";
}

/**
 * Lane values as elements of `dtype`, packed at the start of the vector. For bool, a mask comes in.
 */
export function pack(w: Writer, dtype: DType, value: Vector): Code<"v128"> {
  const { lanes } = w;
  switch (dtype) {
    case "float32":
      return lanes === f32x4 ? value : f32x4.demoteF64x2Zero(value);
    case "float64":
      return value;
    case "bool": {
      const bits = v128.and(value, w.bits(0x01010101));
      return lanes === f32x4 ? narrow(w.let(bits)) : i8x16.shuffle(bits, bits, FIRST_BYTES);
    }
    default: {
      const whole = lanes === f32x4 ? i32x4.truncSatF32x4S(value) : i32x4.truncSatF64x2SZero(value);
      return dtype === "int32" ? whole : narrow(w.let(whole));
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
  const turns = f64x2.floor(f64x2.add(f64x2.mul(whole, w.double(2 ** -32)), w.double(0.5)));
  return w.let(f64x2.sub(whole, f64x2.mul(turns, w.double(2 ** 32))));
}

/** The last byte of each of four integers. */
function narrow(wide: Vector): Code<"v128"> {
  return i8x16.shuffle(wide, wide, [0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12]);
}

/** Stores as many elements as there are lanes from `address` on. */
export function storeDense(
  lanes: Lanes,
  dtype: DType,
  address: Address,
  packed: Vector,
): Code<"void"> {
  switch (DTYPES[dtype].bytes * width(lanes)) {
    case 16:
      return v128.store(address, packed);
    case 8:
      return v128.store64Lane(address, packed, 0);
    case 4:
      return v128.store32Lane(address, packed, 0);
    default:
      return v128.store16Lane(address, packed, 0);
  }
}

/** Stores element `lane` at `address`. */
export function storeElement(
  dtype: DType,
  address: Address,
  packed: Local<"v128">,
  lane: number,
): Code<"void"> {
  switch (DTYPES[dtype].bytes) {
    case 8:
      return v128.store64Lane(address, packed, lane);
    case 4:
      return v128.store32Lane(address, packed, lane);
    default:
      return v128.store8Lane(address, packed, lane);
  }
}
