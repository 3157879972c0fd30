/**
 * Writes the loop of an elementwise kernel.
 *
 * @module
 */

import { type DType, DTYPES } from "../../../dtype.ts";
import type { Expression } from "../../formula.ts";
import type { Assembler, FunctionBuilder } from "../assembler/assembler.ts";
import type { Code } from "../assembler/code.ts";
import { type I32, loopUntil, loopWhile, minimum, when } from "../assembler/control.ts";
import { f64, i32 } from "../assembler/scalars.ts";
import {
  type Address,
  loadDense,
  loadEach,
  pack,
  splatElement,
  storeDense,
  storeElement,
  wrap,
} from "../simd/elements.ts";
import type { Lanes, Vector } from "../simd/lanes.ts";
import { Lowering } from "../simd/lower.ts";
import { Writer } from "../simd/writer.ts";
import { compile, type Kernel } from "../threads/instances.ts";

/**
 * Layout of an operand along a row: its elements are side by side, or one for all, or at another
 * distance; or the operand is a number.
 */
export type Layout = "dense" | "splat" | "strided" | "number";

/** Layout and dtype of an operand, or of the result. */
export interface Source {
  readonly layout: Layout;
  /** Of the elements; a number has none. */
  readonly dtype: DType;
}

/** The formulas, operands and results that a kernel is written for. */
export interface KernelSpec {
  /** An expression for each result. */
  readonly bodies: readonly Expression[];
  readonly lanes: Lanes;
  /** True if integers that are too large wrap, rather than become the largest. */
  readonly wraps: boolean;
  /** Each of the results. */
  readonly out: Source;
  readonly operands: readonly Source[];
  /** True if a table picks the rows of the first operand: see {@link compileMapKernel}. */
  readonly picks?: boolean;
  /** True to take several vectors at once where little is to be computed. */
  readonly unrolls?: boolean;
}

/** Bytes of the slot that describes a result or an operand: see {@link compileMapKernel}. */
export const SLOT = 16;
/** Bytes of a cache line. */
const CACHE_LINE = 64;
/** Rows that are fetched together: enough that their cache lines arrive at the same time. */
const TOUCHED_ROWS = 16;
/** Vectors that an unrolled loop takes at once: relu takes 0.75 to 0.8 of the time in the cache. */
const UNROLLED = 4;
/** Most bytes of code for one vector in an unrolled loop: more is bound by the arithmetic. */
const SHORT = 128;
/** Places in a slot. */
const POINTER = 0;
const ROW_STEP = 4;
const COLUMN_STEP = 8;

/**
 * Compiles the function
 *
 * `run(slots, firstRow, lastRow, firstColumn, lastColumn)`
 *
 * that computes one rectangle of a map over rows × columns. At the address `slots` there is a slot for
 * each result, then one for each operand: the address of element [0, 0] and the distances in bytes
 * between rows and between columns, as 32-bit integers; or the operand itself as a float64, if it is a
 * number.
 *
 * If it `picks`, the first operand is dense, and the third integer of its slot is the address of a
 * table of 32-bit integers: row r of the result is made of row table[r] of the operand.
 */
export function compileMapKernel(spec: KernelSpec): Kernel {
  return compile((assembler) => writeMapKernel(assembler, spec)).run;
}

/** Adds the function that {@link compileMapKernel} compiles to a module. */
export function writeMapKernel(assembler: Assembler, spec: KernelSpec): void {
  assembler.procedure("run", 5, (f, ...parameters) => new MapLoop(f, spec, parameters).write());
}

/** An operand, or a result, inside of the loop. */
interface Stream extends Source {
  /** The slot's offset. */
  readonly slot: number;
  /** Address of the first element of this row. */
  readonly row: I32;
  /** Address of the next elements. */
  readonly at: I32;
  /** Bytes between columns. */
  readonly step: Code<"i32">;
  /** The one value, if there is one for the whole row or all rows. */
  readonly value: Vector;
}

class MapLoop {
  readonly #f: FunctionBuilder;
  readonly #spec: KernelSpec;
  readonly #parameters: readonly [I32, I32, I32, I32, I32];
  readonly #w: Writer;
  readonly #outs: readonly Stream[];
  readonly #operands: readonly Stream[];
  /** Columns that remain in this row. */
  readonly #left: I32;
  /** The first row whose picked elements have not been fetched. */
  readonly #touched: I32;

  constructor(
    f: FunctionBuilder,
    spec: KernelSpec,
    parameters: readonly [I32, I32, I32, I32, I32],
  ) {
    this.#f = f;
    this.#spec = spec;
    this.#parameters = parameters;
    this.#w = new Writer(f, spec.lanes);
    const results = spec.bodies.length;
    this.#outs = spec.bodies.map((_, i) => this.#stream(spec.out, i * SLOT));
    this.#operands = spec.operands.map((operand, i) => this.#stream(operand, (results + i) * SLOT));
    const [slots] = parameters;
    for (const { layout, slot, value } of this.#operands) {
      if (layout !== "number") continue;
      this.#w.head.push(value.set(spec.lanes.splatF64(f64.load(slots, slot))));
    }
    this.#left = f.local("i32");
    this.#touched = f.local("i32");
  }

  write(): Code[] {
    const [, row, lastRow] = this.#parameters;
    const rows = loopUntil(row, lastRow, 1, this.#row());
    // The constants are known only when the rest is written.
    return [...this.#w.head, ...this.#begin(), rows];
  }

  #stream({ layout, dtype }: Source, slot: number): Stream {
    const f = this.#f;
    const step = layout === "strided" ? f.local("i32") : i32.const(DTYPES[dtype].bytes);
    const at = f.local("i32");
    return { layout, dtype, slot, row: f.local("i32"), at, step, value: f.local("v128") };
  }

  #arrays(): Stream[] {
    return [...this.#outs, ...this.#operands].filter((stream) => stream.layout !== "number");
  }

  /** Before the first row: reads the addresses and steps from the slots. */
  #begin(): Code[] {
    const [slots, row, , column] = this.#parameters;
    const lines: Code[] = [];
    for (const { layout, slot, step, row: start } of this.#arrays()) {
      if (layout === "strided") {
        lines.push((step as I32).set(i32.load(slots, slot + COLUMN_STEP)));
      }
      const rowOffset = i32.mul(row, i32.load(slots, slot + ROW_STEP));
      const offset = layout === "splat" ? rowOffset : i32.add(rowOffset, i32.mul(column, step));
      lines.push(start.set(i32.add(i32.load(slots, slot + POINTER), offset)));
    }
    return lines;
  }

  #row(): Code[] {
    const [slots, , , column, lastColumn] = this.#parameters;
    const { lanes } = this.#spec;
    const lines: Code[] = [this.#left.set(i32.sub(lastColumn, column))];
    if (this.#spec.picks) lines.push(...this.#pick(this.#operands[0]));
    for (const { layout, dtype, at, row, value } of this.#arrays()) {
      lines.push(layout === "splat" ? value.set(splatElement(lanes, dtype, row)) : at.set(row));
    }
    if (this.#unrolls()) lines.push(this.#loop(UNROLLED));
    lines.push(this.#loop(1), when(this.#left, this.#tail()));
    for (const { slot, row } of this.#arrays()) {
      lines.push(row.set(i32.add(row, i32.load(slots, slot + ROW_STEP))));
    }
    return lines;
  }

  /** Goes to the row of `stream` that the table names for this row of the result. */
  #pick(stream: Stream): Code[] {
    const [, row] = this.#parameters;
    const { row: start } = stream;
    return [
      when(i32.geS(row, this.#touched), this.#touch(stream)),
      start.set(this.#picked(stream, row)),
    ];
  }

  /** The address of the first column of row table[row] of `stream`. */
  #picked({ slot, step }: Stream, row: I32): Code<"i32"> {
    const [slots, , , column] = this.#parameters;
    const entry = i32.add(i32.load(slots, slot + COLUMN_STEP), i32.mul(row, 4));
    const offset = i32.mul(i32.load(entry), i32.load(slots, slot + ROW_STEP));
    return i32.add(i32.load(slots, slot + POINTER), i32.add(offset, i32.mul(column, step)));
  }

  /**
   * Reads a byte of each cache line of the next rows.
   *
   * The processor cannot guess the next row, so every row would wait for its own cache lines. A
   * batch of 64 images out of 47 MB takes 32 µs instead of 51 (`deno task bench "MLP epoch"`).
   */
  #touch(stream: Stream): Code[] {
    const [slots, row, lastRow, column, lastColumn] = this.#parameters;
    const { at, step } = stream;
    const touched = this.#touched;
    const end = this.#f.local("i32");
    const last = this.#f.local("i32");
    const sum = this.#f.local("i32");
    return [
      last.set(minimum(i32.add(row, TOUCHED_ROWS), lastRow)),
      touched.set(row),
      loopUntil(touched, last, 1, [
        at.set(this.#picked(stream, touched)),
        end.set(i32.add(at, i32.mul(i32.sub(lastColumn, column), step))),
        loopUntil(at, end, CACHE_LINE, [sum.set(i32.add(sum, i32.load8U(at)))]),
      ]),
      // An engine drops loads whose values are not used.
      i32.store(slots, sum, SLOT - 4),
    ];
  }

  /** Returns true if a loop over several vectors at once is worth its code. */
  #unrolls(): boolean {
    if (!this.#spec.unrolls || this.#arrays().some(({ layout }) => layout === "strided")) {
      return false;
    }
    const bytes = this.#vector(0).reduce((sum, line) => sum + line.bytes.length, 0);
    return bytes <= SHORT;
  }

  /** Takes `vectors` vectors at once as long as so many columns are left. */
  #loop(vectors: number): Code {
    const columns = vectors * this.#spec.lanes.count;
    const lines = Array.from({ length: vectors }, (_, i) => this.#vector(i)).flat();
    for (const { layout, at, step } of this.#arrays()) {
      if (layout !== "splat") lines.push(at.set(i32.add(at, i32.mul(step, columns))));
    }
    lines.push(this.#left.set(i32.sub(this.#left, columns)));
    return loopWhile(i32.geU(this.#left, columns), lines);
  }

  /** As many columns as there are lanes, after `skipped` vectors; only dense arrays skip any. */
  #vector(skipped: number): Code[] {
    const { lanes } = this.#spec;
    const count = lanes.count;
    const offset = (dtype: DType): number => skipped * count * DTYPES[dtype].bytes;
    const { code: lines, results } = this.#compute((stream) =>
      stream.layout === "dense"
        ? loadDense(lanes, stream.dtype, stream.at, offset(stream.dtype))
        : loadEach(this.#w, stream.dtype, elements(stream, count))
    );
    this.#outs.forEach((out, i) => {
      lines.push(
        ...out.layout === "dense"
          ? [storeDense(lanes, out.dtype, out.at, results[i], offset(out.dtype))]
          : elements(out, count).map((address, lane) =>
            storeElement(out.dtype, address, results[i], lane)
          ),
      );
    });
    return lines;
  }

  /**
   * The last columns, fewer than there are lanes: the lanes beyond repeat the last column, and only
   * as many as there are columns are stored.
   */
  #tail(): Code[] {
    const left = this.#left;
    const count = this.#spec.lanes.count;
    const lanes = Array.from({ length: count }, (_, lane) => lane);
    const columns = this.#f.locals("i32", count);
    const lines: Code[] = [];
    for (let lane = 1; lane < count; lane++) {
      lines.push(columns[lane].set(i32.add(columns[lane - 1], i32.gtU(left, lane))));
    }
    const place = ({ at, step }: Stream, lane: number): Address =>
      i32.add(at, i32.mul(columns[lane], step));
    const { code, results } = this.#compute((stream) =>
      loadEach(this.#w, stream.dtype, lanes.map((lane) => place(stream, lane)))
    );
    lines.push(...code);
    for (const lane of lanes) {
      const stores = this.#outs.map((out, i) =>
        storeElement(out.dtype, place(out, lane), results[i], lane)
      );
      lines.push(...lane === 0 ? stores : [when(i32.gtU(left, lane), stores)]);
    }
    return lines;
  }

  /** Loads the operands with `load`, applies the formulas, and packs the results. */
  #compute(load: (stream: Stream) => Code<"v128">): { code: Code[]; results: Vector[] } {
    const w = this.#w;
    const { bodies, out: { dtype }, wraps } = this.#spec;
    const isNumber = (input: number) => this.#operands[input].layout === "number";
    const lowering = new Lowering(w, wraps, isNumber, (input) => {
      const stream = this.#operands[input];
      const varies = stream.layout === "dense" || stream.layout === "strided";
      return varies ? w.let(load(stream)) : stream.value;
    });
    const mustWrap = wraps && !w.lanes.isInteger && dtype !== "bool";
    const results = bodies.map((body) => {
      const value = dtype === "bool" ? lowering.mask(body) : lowering.value(body);
      return w.let(pack(w, dtype, mustWrap ? wrap(w, value) : value));
    });
    return { code: w.take(), results };
  }
}

/** Addresses of the next `count` elements of a strided stream. */
function elements({ at, step }: Stream, count: number): Address[] {
  return Array.from({ length: count }, (_, i) => i === 0 ? at : i32.add(at, i32.mul(step, i)));
}
