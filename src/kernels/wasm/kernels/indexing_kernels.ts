/**
 * Moving and adding elements by index, on dense arrays seen as `[outer, axis, inner]`.
 *
 * @module
 */

import { type DType, DTYPES } from "../../../dtype.ts";
import type { FunctionBuilder } from "../assembler/assembler.ts";
import type { Body, Code, CodeOperand } from "../assembler/code.ts";
import { type I32, loopUntil, loopWhile, memoryFill, when } from "../assembler/control.ts";
import { f32, f64, i32 } from "../assembler/scalars.ts";
import { f32x4, f64x2, i32x4, v128 } from "../assembler/vectors.ts";
import { loadNumber } from "../simd/elements.ts";
import { VECTOR } from "../simd/lanes.ts";
import {
  compile,
  compileEach,
  type Exports,
  type Kernel,
  type Write,
} from "../threads/instances.ts";

/** The dtypes that these kernels support. */
export type IndexedDType = "float32" | "float64" | "int32";

type Address = CodeOperand<"i32">;

/** Size and instructions of an element. */
interface Element {
  readonly bytes: number;
  /** `to = from` */
  move(to: Address, from: Address): Code;
  /** `to += from` */
  add(to: Address, from: Address): Code;
  /** `to = max(to, from)` or `min(to, from)`; NaN propagates. */
  extreme(kind: "max" | "min", to: Address, from: Address): Code;
  /** Lane by lane sum. */
  addVectors(a: CodeOperand<"v128">, b: CodeOperand<"v128">): Code<"v128">;
}

const ELEMENTS: Readonly<Record<IndexedDType, Element>> = {
  float32: {
    bytes: 4,
    move: (to, from) => f32.store(to, f32.load(from)),
    add: (to, from) => f32.store(to, f32.add(f32.load(to), f32.load(from))),
    // On vectors it takes no branch.
    extreme: (kind, to, from) => {
      const larger = f32x4[kind](v128.load32Zero(to), v128.load32Zero(from));
      return f32.store(to, f32x4.extractLane(larger, 0));
    },
    addVectors: f32x4.add,
  },
  float64: {
    bytes: 8,
    move: (to, from) => f64.store(to, f64.load(from)),
    add: (to, from) => f64.store(to, f64.add(f64.load(to), f64.load(from))),
    extreme: (kind, to, from) => {
      const larger = f64x2[kind](v128.load64Zero(to), v128.load64Zero(from));
      return f64.store(to, f64x2.extractLane(larger, 0));
    },
    addVectors: f64x2.add,
  },
  int32: {
    bytes: 4,
    move: (to, from) => i32.store(to, i32.load(from)),
    add: (to, from) => i32.store(to, i32.add(i32.load(to), i32.load(from))),
    extreme: (kind, to, from) => {
      const wins = (kind === "max" ? i32.gtS : i32.ltS)(i32.load(from), i32.load(to));
      return when(wins, [i32.store(to, i32.load(from))]);
    },
    addVectors: i32x4.add,
  },
};

/** `"clear"` sets `whole[o]` to 0 before its elements are added, while the cache has room for it. */
type Before = "read" | "clear";

/**
 * Returns what adds `(outer, size, count, inner, whole, index, part)`, which for each element of
 * `index [outer, count, inner]` visits that of `part`, of the same shape, and the one of `whole [outer,
 * size, inner]` that the index names.
 */
function byElement(
  name: string,
  bytes: number,
  before: Before,
  visit: (whole: I32, part: I32) => Code,
): Write {
  return (assembler) =>
    assembler.procedure(name, 7, (f, outer, size, count, inner, whole, index, part) => {
      const [o, i, k, at, step] = f.locals("i32", 5);
      /** One element, `k` elements after the first of its line. */
      const one = (line: Code<"i32">): Body => [
        at.set(i32.add(whole, i32.mul(i32.add(line, k), bytes))),
        visit(at, part),
        index.set(i32.add(index, 4)),
        part.set(i32.add(part, bytes)),
      ];
      return [
        step.set(i32.mul(i32.mul(size, inner), bytes)),
        loopUntil(o, outer, 1, [
          ...(before === "clear" ? [memoryFill(whole, 0, step)] : []),
          i.set(0),
          when(i32.eq(inner, 1), [
            k.set(0),
            loopUntil(i, count, 1, one(i32.load(index))),
          ]),
          loopUntil(i, count, 1, [
            k.set(0),
            loopUntil(k, inner, 1, one(i32.mul(i32.load(index), inner))),
          ]),
          whole.set(i32.add(whole, step)),
        ]),
      ];
    });
}

/** Writes the loop over the slices at two addresses. */
type VisitSlices = (f: FunctionBuilder, whole: I32, part: I32, inner: I32) => Body;

/**
 * Returns what adds `(outer, size, count, inner, whole, index, part)`, which for each slice `part[o,
 * i]` of `part [outer, count, inner]` visits the slice `whole[o, index[i]]` of `whole [outer, size,
 * inner]`.
 */
function bySlice(
  name: string,
  bytes: number,
  before: Before,
  visit: VisitSlices,
  one: (whole: I32, part: I32) => Code,
): Write {
  return (assembler) =>
    assembler.procedure(name, 7, (f, outer, size, count, inner, whole, index, part) => {
      const [o, i, at] = f.locals("i32", 3);
      const slice = f.local("i32");
      const find = at.set(
        i32.add(whole, i32.mul(i32.load(i32.add(index, i32.shl(i, 2))), slice)),
      );
      return [
        slice.set(i32.mul(inner, bytes)),
        loopUntil(o, outer, 1, [
          ...(before === "clear" ? [memoryFill(whole, 0, i32.mul(size, slice))] : []),
          i.set(0),
          when(i32.eq(inner, 1), [
            loopUntil(i, count, 1, [find, one(at, part), part.set(i32.add(part, bytes))]),
          ]),
          loopUntil(i, count, 1, [find, ...visit(f, at, part, inner)]),
          whole.set(i32.add(whole, i32.mul(size, slice))),
        ]),
      ];
    });
}

/** Visits slices vector by vector, then element by element; leaves `part` after its slice. */
function alongSlices(
  bytes: number,
  vector: (whole: I32, part: I32) => Code,
  one: (whole: I32, part: I32) => Code,
): VisitSlices {
  const lanes = VECTOR / bytes;
  return (f, whole, part, inner) => {
    const k = f.local("i32");
    const forward = (by: number): Body => [
      whole.set(i32.add(whole, by)),
      part.set(i32.add(part, by)),
    ];
    return [
      k.set(0),
      loopUntil(k, i32.and(inner, -lanes), lanes, [vector(whole, part), ...forward(VECTOR)]),
      loopUntil(k, inner, 1, [one(whole, part), ...forward(bytes)]),
    ];
  };
}

const known: Partial<Record<IndexedDType, Exports>> = {};

/** The kernels that pick, write, compare and add, for elements of `dtype`. */
export function indexingKernels(dtype: IndexedDType): Exports {
  return known[dtype] ??= compileEach(writers(dtype));
}

function writers(dtype: IndexedDType): Readonly<Record<string, Write>> {
  const { bytes, move, add, extreme, addVectors } = ELEMENTS[dtype];
  const take = (whole: I32, part: I32) => move(part, whole);
  const copy = alongSlices(bytes, (whole, part) => v128.store(part, v128.load(whole)), take);
  const addTo = alongSlices(
    bytes,
    (to, from) => v128.store(to, addVectors(v128.load(to), v128.load(from))),
    add,
  );
  return {
    gather: byElement("gather", bytes, "read", take),
    scatter: byElement("scatter", bytes, "read", move),
    scatterMax: byElement("scatterMax", bytes, "read", (to, from) => extreme("max", to, from)),
    scatterMin: byElement("scatterMin", bytes, "read", (to, from) => extreme("min", to, from)),
    scatterAdd: byElement("scatterAdd", bytes, "clear", add),
    indexSelect: bySlice("indexSelect", bytes, "read", copy, take),
    indexAdd: bySlice("indexAdd", bytes, "clear", addTo, add),
  };
}

const searches: Partial<Record<DType, Exports>> = {};

/**
 * `count(x, size)` returns the number of elements that are not 0, and `positions(x, out, end)` writes the
 * places of as many as there is room for.
 */
export function searchKernels(dtype: DType): Exports {
  return searches[dtype] ??= compile((assembler) => {
    const { bytes } = DTYPES[dtype];
    const isWanted = (address: I32) => f64.ne(loadNumber(dtype, address), 0);
    assembler.func("count", ["i32", "i32"], "i32", (f, x, size) => {
      const [i, count] = f.locals("i32", 2);
      return [
        loopUntil(i, size, 1, [
          count.set(i32.add(count, isWanted(x))),
          x.set(i32.add(x, bytes)),
        ]),
        count,
      ];
    });
    assembler.procedure("positions", 3, (f, x, out, end) => {
      const i = f.local("i32");
      // A place that is not wanted is written over by the next one.
      return [loopWhile(i32.ltU(out, end), [
        i32.store(out, i),
        out.set(i32.add(out, i32.shl(isWanted(x), 2))),
        ...[x.set(i32.add(x, bytes)), i.set(i32.add(i, 1))],
      ])];
    });
  });
}

let bounds: Kernel | undefined;

/** `outside(x, count, size)` returns 1 if one of `count` int32 numbers is not from 0 to `size − 1`, else 0. */
export function boundsKernel(): Kernel {
  return bounds ??=
    compile((assembler) =>
      assembler.func("outside", ["i32", "i32", "i32"], "i32", (f, x, count, size) => {
        const [sizes, found] = f.locals("v128", 2);
        // Without a sign, numbers below 0 are large.
        const look = (numbers: Code<"v128">, step: number): Body => [
          found.set(v128.or(found, i32x4.geU(numbers, sizes))),
          x.set(i32.add(x, 4 * step)),
          count.set(i32.sub(count, step)),
        ];
        return [
          sizes.set(i32x4.splat(size)),
          loopWhile(i32.geU(count, 4), look(v128.load(x), 4)),
          loopWhile(count, look(v128.load32Splat(x), 1)),
          v128.anyTrue(found),
        ];
      })
    ).outside;
}
