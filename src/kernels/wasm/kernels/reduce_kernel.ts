/**
 * The loops of reductions.
 *
 * A long sum of float32 goes wrong: once the total is large, small terms are rounded away. So elements
 * are combined in short blocks, in vectors of their own precision for speed, and the results of the
 * blocks in float64. The order depends on the sizes, and on that of the axes in memory, and so do
 * the bits.
 *
 * @module
 */

import { type DType, DTYPES, isFloat } from "../../../dtype.ts";
import type { Formula } from "../../formula.ts";
import type { ReduceKind } from "../../kernels.ts";
import type { FunctionBuilder } from "../assembler/assembler.ts";
import type { Body, Code, Label, Local } from "../assembler/code.ts";
import {
  block,
  br,
  type I32,
  loopUntil,
  loopWhile,
  minimum,
  select,
  when,
} from "../assembler/control.ts";
import { f32, f64, i32, i64 } from "../assembler/scalars.ts";
import { f64x2, i32x4, v128 } from "../assembler/vectors.ts";
import {
  loadDense,
  loadEach,
  loadLast,
  loadNumber,
  promotePair,
  splatElement,
  storeDense,
  storeElement,
} from "../simd/elements.ts";
import { FLOAT_LANES, joinHigh, type Lanes, shuffle, VECTOR, type Vector } from "../simd/lanes.ts";
import { Lowering } from "../simd/lower.ts";
import { Writer } from "../simd/writer.ts";
import { compile, compileEach, type Exports, type Kernel } from "../threads/instances.ts";

/** The reduction and the dtypes that a kernel is written for. */
interface ReduceSpec {
  readonly kind: ReduceKind;
  /** The formula of an element that is combined. */
  readonly of: Formula;
  /** Lanes that combine the elements of a block. */
  readonly lanes: Lanes;
  /** Of the elements. */
  readonly from: DType;
  /** Of the results. */
  readonly to: DType;
}

/**
 * Instructions that combine lanes, and faster ones for the inner loop: `max` takes eight machine
 * instructions and `pmax` one, but `pmax` does not see NaN in its second operand; so the loop looks for
 * NaN besides.
 */
const OPERATIONS = {
  sum: { join: "add", quick: "add", identity: 0 },
  prod: { join: "mul", quick: "mul", identity: 1 },
  max: { join: "max", quick: "pmax", identity: -Infinity },
  min: { join: "min", quick: "pmin", identity: Infinity },
} as const;

/** Vectors that are loaded together, so that additions need not wait for each other. */
const ABREAST = 4;
/** Vectors in a row of a block: the length of the chain of float32 additions. */
const CHAIN = 16;
/** Rows in a block, when whole rows are combined. */
const BLOCK_ROWS = 32;

/** Columns of float64 totals that `reduceColumns` may use beyond the number of columns. */
export const SPARE_TOTALS = 4;

/**
 * The kernels of a reduction.
 *
 * `reduceRows(x, out, rows, columns)` combines each row of a dense matrix.
 *
 * `reduceColumns(x, out, totals, count, rows, columns, rowBytes)` combines the rows, `rowBytes` apart, of
 * each of `count` matrices to one row; `totals` has room for one row of float64 and
 * {@link SPARE_TOTALS} more.
 */
export function reduceKernels(spec: ReduceSpec): Exports {
  return compileEach({
    reduceRows: (assembler) =>
      assembler.procedure("reduceRows", 4, (f, ...p) => new Reducer(f, spec).reduceRows(...p)),
    reduceShort: (assembler) =>
      assembler.procedure("reduceShort", 4, (f, ...p) => new Reducer(f, spec).reduceShort(...p)),
    reduceColumns: (assembler) =>
      assembler.procedure(
        "reduceColumns",
        7,
        (f, ...p) => new Reducer(f, spec).reduceColumns(...p),
      ),
  });
}

const F64 = FLOAT_LANES.float64;

class Reducer {
  readonly #f: FunctionBuilder;
  readonly #spec: ReduceSpec;
  readonly #w: Writer;
  /** Accumulators of a block. */
  readonly #sums: Vector[];
  /** Masks of the lanes in which a maximum or minimum is NaN. */
  readonly #nans: Vector[];
  /** Lanes of a vector. */
  readonly #width: number;
  /** Bytes of an element. */
  readonly #bytes: number;

  constructor(f: FunctionBuilder, spec: ReduceSpec) {
    this.#f = f;
    this.#spec = spec;
    this.#w = new Writer(f, spec.lanes);
    this.#sums = f.locals("v128", ABREAST);
    this.#nans = spec.kind === "max" || spec.kind === "min" ? f.locals("v128", ABREAST) : [];
    this.#width = spec.lanes.count;
    this.#bytes = DTYPES[spec.from].bytes;
  }

  /** Combines lanes. */
  #join(lanes: Lanes, a: Code<"v128">, b: Code<"v128">): Code<"v128"> {
    return lanes[OPERATIONS[this.#spec.kind].join](a, b);
  }

  /** The number that changes nothing when it is combined. */
  #identity(lanes: Lanes): Code<"v128"> {
    return lanes.splat(OPERATIONS[this.#spec.kind].identity);
  }

  /** Sets `value` to the formula of `elements`. */
  #evaluate(value: Vector, elements: Code<"v128">): Body {
    const lowering = new Lowering(this.#w, false, () => false, () => this.#w.let(elements));
    const result = lowering.value(this.#spec.of.body);
    return [...this.#w.take(), value.set(result)];
  }

  /** Combines vectors with the accumulators, one each; of a vector, only the lanes of `mask` if given. */
  #accumulate(vectors: readonly Code<"v128">[], mask?: Code<"v128">): Body {
    const { lanes, kind } = this.#spec;
    return vectors.flatMap((vector, i) => {
      const [sum, nan] = [this.#sums[i], this.#nans[i]];
      const value = this.#f.local("v128");
      const masked = mask && v128.bitselect(value, this.#identity(lanes), mask);
      return [
        ...this.#evaluate(value, vector),
        ...masked === undefined ? [] : [value.set(masked)],
        sum.set(lanes[OPERATIONS[kind].quick](sum, value)),
        ...nan === undefined ? [] : [nan.set(v128.or(nan, lanes.ne(value, value)))],
      ];
    });
  }

  /** Begins a block with `count` accumulators. */
  #clear(count: number): Body {
    const sums = this.#sums.slice(0, count).map((sum) => sum.set(this.#identity(this.#spec.lanes)));
    return [...sums, ...this.#nans.slice(0, count).map((nan) => nan.set(i32x4.splat(0)))];
  }

  /** The result of accumulator `i`: all ones is a NaN. */
  #result(i: number): Code<"v128"> {
    return this.#nans.length === 0 ? this.#sums[i] : v128.or(this.#sums[i], this.#nans[i]);
  }

  /** The lanes of a block's result as vectors of float64. */
  #widen(block: Vector): Code<"v128">[] {
    return this.#width === 2 ? [block] : promotePair(block);
  }

  #loads(address: I32, count: number): Code<"v128">[] {
    const { lanes, from } = this.#spec;
    const step = this.#width * this.#bytes;
    return Array.from({ length: count }, (_, i) => loadDense(lanes, from, address, i * step));
  }

  reduceRows(x: I32, out: I32, rows: I32, columns: I32): Body {
    const [row, left, block] = this.#f.locals("i32", 3);
    const totals = this.#f.locals("v128", this.#width === 2 ? 1 : 2);
    const size = ABREAST * CHAIN * this.#width;
    const loop = loopUntil(row, rows, 1, [
      ...totals.map((total) => total.set(this.#identity(F64))),
      left.set(columns),
      loopWhile(left, [
        block.set(select(left, i32.const(size), i32.ltU(left, size))),
        left.set(i32.sub(left, block)),
        ...this.#clear(ABREAST),
        ...this.#rowBlock(x, block),
        ...this.#mergeBlock(totals),
      ]),
      this.#store(out, 0, this.#acrossLanes(totals)),
      out.set(i32.add(out, DTYPES[this.#spec.to].bytes)),
    ]);
    // The constants are known only when the rest is written.
    return [...this.#w.head, loop];
  }

  /**
   * As `reduceRows`, for rows that are shorter than a vector, of float32 to float32: a lane for each row,
   * which combines its elements in the same order as one lane does there.
   */
  reduceShort(x: I32, out: I32, rows: I32, columns: I32): Body {
    const { lanes, from, to } = this.#spec;
    const [left, column, step, end] = this.#f.locals("i32", 4);
    const ats = this.#f.locals("i32", this.#width);
    const [total, value] = this.#f.locals("v128", 2);
    const combine = [
      ...this.#evaluate(value, loadEach(this.#w, from, ats)),
      total.set(this.#join(lanes, total, value)),
    ];
    const loop = loopWhile(i32.gtS(left, 0), [
      // Lanes beyond the last row repeat it.
      ...ats.map((at, lane) => {
        const row = minimum(i32.const(lane), i32.sub(left, 1));
        return at.set(i32.add(x, i32.mul(row, step)));
      }),
      total.set(this.#identity(lanes)),
      column.set(0),
      loopUntil(column, columns, 1, [
        ...combine,
        ...ats.map((at) => at.set(i32.add(at, this.#bytes))),
      ]),
      when(i32.geS(left, this.#width), [storeDense(lanes, to, out, total)], [
        end.set(i32.add(out, i32.mul(left, DTYPES[to].bytes))),
        ...ats.flatMap((at, lane) => [
          at.set(i32.add(out, lane * DTYPES[to].bytes)),
          when(i32.ltU(at, end), [storeElement(to, at, total, lane)]),
        ]),
      ]),
      x.set(i32.add(x, i32.mul(step, this.#width))),
      out.set(i32.add(out, this.#width * DTYPES[to].bytes)),
      left.set(i32.sub(left, this.#width)),
    ]);
    return [...this.#w.head, step.set(i32.mul(columns, this.#bytes)), left.set(rows), loop];
  }

  /** Combines `left` elements from `x` on; both end where the block does. */
  #rowBlock(x: I32, left: I32): Body {
    const { lanes, from } = this.#spec;
    const vector = this.#width;
    const firstLane = v128.const([
      ...new Array(16 / vector).fill(255),
      ...new Array(16 - 16 / vector).fill(0),
    ]);
    const one = this.#accumulate([splatElement(lanes, from, x)], firstLane);
    return [ABREAST * vector, vector, 1].map((step) =>
      loopWhile(i32.geU(left, step), [
        ...step === 1 ? one : this.#accumulate(this.#loads(x, step / vector)),
        x.set(i32.add(x, step * this.#bytes)),
        left.set(i32.sub(left, step)),
      ])
    );
  }

  #mergeBlock(totals: readonly Vector[]): Body {
    const { lanes } = this.#spec;
    const [a, b, c, d] = this.#sums.map((_, i) => this.#result(i));
    const block = this.#sums[0];
    return [
      block.set(this.#join(lanes, this.#join(lanes, a, b), this.#join(lanes, c, d))),
      ...this.#widen(block).map((part, i) => totals[i].set(this.#join(F64, totals[i], part))),
    ];
  }

  /** One number from all lanes. */
  #acrossLanes(totals: readonly Vector[]): Code<"f64"> {
    const all = this.#f.local("v128");
    const [first, ...rest] = totals;
    const value = rest.reduce<Code<"v128">>((a, b) => this.#join(F64, a, b), first);
    const other = joinHigh(all.tee(value), all);
    return f64x2.extractLane(this.#join(F64, other, all), 0);
  }

  /** Stores a result; integers wrap. */
  #store(out: I32, offset: number, value: Code<"f64">): Code<"void"> {
    switch (this.#spec.to) {
      case "float32":
        return f32.store(out, f32.demoteF64(value), offset);
      case "float64":
        return f64.store(out, value, offset);
      case "int32":
        return i32.store(out, i32.wrapI64(i64.truncSatF64S(value)), offset);
      default:
        return i32.store8(out, i32.wrapI64(i64.truncSatF64S(value)), offset);
    }
  }

  reduceColumns(
    x: I32,
    out: I32,
    totals: I32,
    count: I32,
    rows: I32,
    columns: I32,
    rowBytes: I32,
  ): Body {
    const [matrix, left, block, total, end] = this.#f.locals("i32", 5);
    const identity = OPERATIONS[this.#spec.kind].identity;
    const strips = this.#strips(x, block, rowBytes, totals, columns);
    return [
      end.set(i32.add(totals, i32.mul(columns, 8))),
      loopUntil(matrix, count, 1, [
        total.set(totals),
        loopWhile(i32.ltU(total, end), [
          v128.store(total, f64x2.splat(identity)),
          total.set(i32.add(total, 16)),
        ]),
        left.set(rows),
        loopWhile(left, [
          block.set(minimum(left, BLOCK_ROWS)),
          left.set(i32.sub(left, block)),
          ...strips,
          x.set(i32.add(x, i32.mul(block, rowBytes))),
        ]),
        total.set(totals),
        loopWhile(i32.ltU(total, end), [
          this.#store(out, 0, f64.load(total)),
          out.set(i32.add(out, DTYPES[this.#spec.to].bytes)),
          total.set(i32.add(total, 8)),
        ]),
      ]),
    ];
  }

  /** Combines a block of rows with the totals, in strips of several vectors, of one, of the rest. */
  #strips(x: I32, rows: I32, rowBytes: I32, totals: I32, columns: I32): Body {
    const [left, first, total] = this.#f.locals("i32", 3);
    const strip = (vectors: number, load: (at: I32) => Code<"v128">[]): Body => [
      ...this.#strip(first, rows, rowBytes, total, vectors, load),
      first.set(i32.add(first, vectors * this.#width * this.#bytes)),
      total.set(i32.add(total, vectors * this.#width * 8)),
      left.set(i32.sub(left, vectors * this.#width)),
    ];
    const whole = [ABREAST, 1].map((vectors) =>
      loopWhile(
        i32.geU(left, vectors * this.#width),
        strip(vectors, (at) => this.#loads(at, vectors)),
      )
    );
    // Lanes beyond the last column repeat it; their totals are spare.
    const tail = strip(1, (at) => [loadLast(this.#w, this.#spec.from, at, left)]);
    return [
      ...this.#w.head,
      left.set(columns),
      first.set(x),
      total.set(totals),
      ...whole,
      when(left, tail),
    ];
  }

  #strip(
    first: I32,
    rows: I32,
    rowBytes: I32,
    total: I32,
    vectors: number,
    load: (at: I32) => Code<"v128">[],
  ): Body {
    const [row, at] = this.#f.locals("i32", 2);
    const merged = this.#sums.slice(0, vectors).flatMap((sum, i) => [
      sum.set(this.#result(i)),
      ...this.#widen(sum).map((part, half) => {
        const offset = i * this.#width * 8 + half * 16;
        return v128.store(total, this.#join(F64, v128.load(total, offset), part), offset);
      }),
    ]);
    return [
      ...this.#clear(vectors),
      row.set(0),
      at.set(first),
      loopUntil(row, rows, 1, [
        ...this.#accumulate(load(at)),
        at.set(i32.add(at, rowBytes)),
      ]),
      ...merged,
    ];
  }
}

/**
 * Compiles the function `(x, out, rows, columns)` that finds, in each row of a dense matrix, the first
 * best element or first NaN.
 */
export function compileSearchKernel(kind: "max" | "min", dtype: DType): Kernel {
  return isFloat(dtype)
    ? searchVectors(kind, FLOAT_LANES[dtype])
    : compilePlaces(kind, dtype, false);
}

/** First the best element is found, then the first one that equals it. */
function searchVectors(kind: "max" | "min", lanes: Lanes): Kernel {
  const { quick, identity } = OPERATIONS[kind];
  const { bytes, count } = lanes;
  return compile((assembler) =>
    assembler.procedure("search", 4, (f, x, out, rows, columns) => {
      const [row, left, at, end] = f.locals("i32", 4);
      const bests = f.locals("v128", ABREAST);
      const [nan, value] = f.locals("v128", 2);
      const [best] = bests;
      const read = (vectors: number, load: (i: number) => Code<"v128">, size: number): Body => [
        ...bests.slice(0, vectors).flatMap((best, i) => [
          value.set(load(i)),
          best.set(lanes[quick](best, value)),
          nan.set(v128.or(nan, lanes.ne(value, value))),
        ]),
        at.set(i32.add(at, size)),
        left.set(i32.sub(left, size / bytes)),
      ];
      const merge = (a: Code<"v128">, b: Code<"v128">) => lanes[quick](a, b);
      const [b0, b1, b2, b3] = bests;
      const fold = (order: readonly number[]) => best.set(merge(best, shuffle(best, best, order)));
      /** Moves `at` to the first element that passes a test. */
      const find = (test: (value: Vector) => Code<"v128">): Body => {
        const step = (vector: Code<"v128">, size: number, end: Label): Body => [
          value.set(vector),
          when(v128.anyTrue(test(value)), [br(end)]),
          at.set(i32.add(at, size)),
        ];
        return [
          at.set(x),
          block((found) => [
            loopWhile(i32.leU(i32.add(at, VECTOR), end), step(v128.load(at), VECTOR, found)),
          ]),
          block((found) => [loopWhile(i32.const(1), step(lanes.loadSplat(at), bytes, found))]),
        ];
      };
      return [
        loopUntil(row, rows, 1, [
          ...[at.set(x), left.set(columns), nan.set(lanes.splat(0))],
          ...bests.map((best) => best.set(lanes.splat(identity))),
          ...[ABREAST, 1].map((vectors) =>
            loopWhile(
              i32.geU(left, vectors * count),
              read(vectors, (i) => v128.load(at, i * VECTOR), vectors * VECTOR),
            )
          ),
          loopWhile(left, read(1, () => lanes.loadSplat(at), bytes)),
          end.set(at),
          best.set(merge(merge(b0, b1), merge(b2, b3))),
          fold([2, 3, 0, 1]),
          ...count === 4 ? [fold([1, 0, 3, 2])] : [],
          when(
            v128.anyTrue(nan),
            find((value) => lanes.ne(value, value)),
            find((value) => lanes.eq(value, best)),
          ),
          i32.store(out, i32.shrU(i32.sub(at, x), Math.log2(bytes))),
          ...[out.set(i32.add(out, 4)), x.set(end)],
        ]),
      ];
    })
  ).search;
}

/**
 * Compiles `(x, out, rows, columns)`, which goes through each row a number at a time: for the place of the
 * first best integer of the row, or, if it runs along, for that of the last best number or NaN up to each.
 */
export function compilePlaces(kind: "max" | "min", dtype: DType, runs: boolean): Kernel {
  const isSingle = dtype === "float32";
  // Floats of both sizes have the same instructions.
  const floats = (isSingle ? f32 : f64) as typeof f64;
  return compile((assembler) =>
    assembler.procedure("places", 4, (f, x, out, rows, columns) => {
      const [row, column, place] = f.locals("i32", 3);
      const [best, value] = f.locals(isSingle ? "f32" : "f64", 2) as Local<"f64">[];
      const [better, worse] = kind === "max" ? ["gt", "lt"] as const : ["lt", "gt"] as const;
      const take: Body = [best.set(value), place.set(column)];
      const store: Body = [i32.store(out, place), out.set(i32.add(out, 4))];
      // Once the best one is NaN, no number is worse, but only NaN takes its place.
      const isNumber = floats.eq(value, value);
      const keep = i32.and(i32.eqz(floats.eq(best, best)), isNumber);
      return [
        loopUntil(row, rows, 1, [
          best.set(floats.const(kind === "max" ? -Infinity : Infinity)),
          place.set(0),
          column.set(0),
          loopUntil(column, columns, 1, [
            value.set(isSingle ? floats.load(x) : loadNumber(dtype, x)),
            runs
              ? when(i32.eqz(floats[worse](value, best)), [when(i32.eqz(keep), take)])
              : when(floats[better](value, best), take),
            x.set(i32.add(x, DTYPES[dtype].bytes)),
            ...runs ? store : [],
          ]),
          ...runs ? [] : store,
        ]),
      ];
    })
  ).places;
}
