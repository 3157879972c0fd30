/**
 * The loop that finds the first few elements of each row in the order of their size.
 *
 * @module
 */

import { type DType, DTYPES } from "../../../dtype.ts";
import type { Body, Code, CodeOperand } from "../assembler/code.ts";
import { type I32, loopUntil, loopWhile, minimum, select, when } from "../assembler/control.ts";
import { i32, i64 } from "../assembler/scalars.ts";
import { f32x4, i32x4, v128 } from "../assembler/vectors.ts";
import type { Vector } from "../simd/lanes.ts";
import { compile, type Kernel } from "../threads/instances.ts";

/** Most elements of a row that are kept: to insert as many is faster than to count their digits. */
export const MOST_RANKS = 128;

/** Elements of a long row that are kept: more could have to be moved for each element of the row. */
export const FEW_RANKS = 32;

/** Bytes of the keys, and of the keys and places, of the elements that are kept. */
const KEY_BYTES = 8 * MOST_RANKS;
export const RANK_BYTES: number = KEY_BYTES + 4 * MOST_RANKS;

type Address = CodeOperand<"i32">;

/** Integers that have the order of the elements: zeros are equal, and NaN is the largest. */
interface Keys<T extends "i32" | "i64"> {
  readonly type: T;
  readonly bytes: number;
  readonly load: (address: Address) => Code<T>;
  readonly store: (address: Address, value: Code<T>) => Code<"void">;
  readonly isLess: (a: Code<T>, b: Code<T>) => Code<"i32">;
  /** The key of the element at an address; may overwrite `spare`. */
  readonly of: (address: I32, spare: Vector) => Code<T>;
  /** The keys of four elements, where there are vectors of them. */
  readonly ofVector?: (address: I32, spare: Vector) => Code<"v128">;
}

const WORDS = { type: "i32", bytes: 4, load: i32.load, store: i32.store, isLess: i32.ltS } as const;

/** The keys of four floats. */
function keysOfFloats(floats: Code<"v128">, x: Vector): Code<"v128"> {
  // Adding 0 makes +0 of −0.
  const zeros = v128.const(new Array(16).fill(0));
  const most = i32x4.splat(0x7fffffff);
  // Of negative numbers, those with larger bits are smaller.
  const ordered = v128.xor(x.tee(f32x4.add(floats, zeros)), v128.and(i32x4.shrS(x, 31), most));
  return v128.bitselect(ordered, most, f32x4.eq(x, x));
}

/** The key of a float64, from its bits. */
function keyOfDouble(address: I32): Code<"i64"> {
  const bits = i64.load(address);
  const most = i64.const(2n ** 63n - 1n);
  const isZero = i64.eqz(i64.shl(bits, i64.const(1n)));
  const isNaN = i64.gtU(i64.and(bits, most), i64.const(0x7ff0000000000000n));
  const ordered = i64.xor(bits, i64.and(i64.shrS(bits, i64.const(63n)), most));
  return select(most, select(i64.const(0n), ordered, isZero), isNaN);
}

function keysFor(dtype: Exclude<DType, "float64">, descending: boolean): Keys<"i32"> {
  const turned = (key: Code<"i32">) => descending ? i32.xor(key, -1) : key;
  if (dtype !== "float32" && dtype !== "int32") {
    return { ...WORDS, of: (address) => turned(i32.load8U(address)) };
  }
  const keys = dtype === "float32" ? keysOfFloats : (x: Code<"v128">) => x;
  return {
    ...WORDS,
    of: (address, spare) => turned(i32x4.extractLane(keys(v128.load32Splat(address), spare), 0)),
    ofVector: (address, spare) => {
      const vector = keys(v128.load(address), spare);
      return descending ? v128.not(vector) : vector;
    },
  };
}

function keysOfDoubles(descending: boolean): Keys<"i64"> {
  return {
    type: "i64",
    bytes: 8,
    load: i64.load,
    store: i64.store,
    isLess: i64.ltS,
    of: (address) =>
      descending ? i64.xor(keyOfDouble(address), i64.const(-1n)) : keyOfDouble(address),
  };
}

/**
 * Compiles the function `ranks(x, out, kept, rows, columns, first, end)`: for each row of a dense matrix
 * the places of the elements of the ranks from `first` to before `end`, at most {@link MOST_RANKS};
 * equal elements keep their order. `kept` has room for {@link RANK_BYTES} bytes.
 */
export function compileRankKernel(dtype: DType, descending: boolean): Kernel {
  return dtype === "float64"
    ? compileFor(dtype, keysOfDoubles(descending))
    : compileFor(dtype, keysFor(dtype, descending));
}

function compileFor<T extends "i32" | "i64">(dtype: DType, keys: Keys<T>): Kernel {
  const { bytes } = DTYPES[dtype];
  return compile((assembler) => {
    assembler.procedure("ranks", 7, (f, x, out, kept, rows, columns, first, end) => {
      const [row, i, at, places, stop] = f.locals("i32", 5);
      const [key, last] = f.locals(keys.type, 2);
      const [limit, spare] = f.locals("v128", 2);
      const keyAt = (n: Code<"i32">) => i32.add(kept, i32.mul(n, keys.bytes));
      const placeAt = (n: Code<"i32">) => i32.add(places, i32.shl(n, 2));
      const before = i32.sub(at, 1);
      /** Puts element `i` in front of the larger ones; the largest goes if there are enough. */
      const insert: Body = [
        at.set(minimum(i, i32.sub(end, 1))),
        loopWhile(i32.and(i32.gtS(at, 0), keys.isLess(key, keys.load(keyAt(before)))), [
          keys.store(keyAt(at), keys.load(keyAt(before))),
          i32.store(placeAt(at), i32.load(placeAt(before))),
          at.set(before),
        ]),
        keys.store(keyAt(at), key),
        i32.store(placeAt(at), i),
      ];
      const readLast: Body = [
        last.set(keys.load(keyAt(i32.sub(end, 1))) as CodeOperand<T>),
        ...keys.ofVector ? [limit.set(i32x4.splat(last as Code<"i32">))] : [],
      ];
      const each = (until: Code<"i32">, visit: Body): Code =>
        loopUntil(i, until, 1, [
          key.set(keys.of(x, spare) as CodeOperand<T>),
          ...visit,
          x.set(i32.add(x, bytes)),
        ]);
      const rest = (until: Code<"i32">): Code =>
        each(until, [when(keys.isLess(key, last), [...insert, ...readLast])]);
      return [
        places.set(i32.add(kept, KEY_BYTES)),
        loopUntil(row, rows, 1, [
          i.set(0),
          each(end, insert),
          ...readLast,
          ...keys.ofVector === undefined ? [] : [
            stop.set(i32.sub(columns, 4)),
            loopWhile(i32.leS(i, stop), [
              when(v128.anyTrue(i32x4.ltS(keys.ofVector(x, spare), limit)), [
                stop.set(i32.add(i, 4)),
                rest(stop),
                stop.set(i32.sub(columns, 4)),
              ], [
                i.set(i32.add(i, 4)),
                x.set(i32.add(x, 4 * bytes)),
              ]),
            ]),
          ],
          rest(columns),
          i.set(first),
          loopUntil(i, end, 1, [
            i32.store(out, i32.load(placeAt(i))),
            out.set(i32.add(out, 4)),
          ]),
        ]),
      ];
    });
  }).ranks;
}
