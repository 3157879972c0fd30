/**
 * The loops of softmax, its logarithm, and the cross-entropy.
 *
 * @module
 */

import type { Assembler, FunctionBuilder } from "../assembler/assembler.ts";
import type { Body, Code, Local } from "../assembler/code.ts";
import { type I32, loopUntil, loopWhile, minimum, when } from "../assembler/control.ts";
import { f32, f64, i32 } from "../assembler/scalars.ts";
import { f32x4, f64x2, i32x4, v128 } from "../assembler/vectors.ts";
import { loadLast, promotePair } from "../simd/elements.ts";
import { FLOAT_LANES, forTail, shuffle, VECTOR, type Vector } from "../simd/lanes.ts";
import { expOfNegative, log1p, RAISE } from "../simd/math_f32.ts";
import { Writer } from "../simd/writer.ts";

/** Elements whose exponentials are added in float32 before float64 takes over. */
const BLOCK = 256;
const F32 = FLOAT_LANES.float32;
/** Lanes of a vector. */
const LANES = 4;

/**
 * Writers of functions on the rows of a dense float32 matrix:
 *
 * - `softmax` and `logSoftmax`, both of `(x, out, rows, columns)`; `out` may be `x`;
 * - `crossEntropy(x, index, losses, rows, columns)`, `−logSoftmax(x)` at an int32 index of each row;
 * - `crossEntropyGradient(x, index, g, gStep, out, rows, columns)`, the gradient of that, where the
 *   gradients `g` of the losses are `gStep` bytes apart; `out` may be `x`.
 */
export const SOFTMAX_WRITERS = {
  softmax: (assembler: Assembler) =>
    assembler.procedure("softmax", 4, (f, x, out, rows, columns) => {
      const row = new Row(f, x, out, columns);
      return row.each(rows, [...row.sumExponentials(true), ...row.scale(), ...row.nextOut()]);
    }),
  logSoftmax: (assembler: Assembler) =>
    assembler.procedure("logSoftmax", 4, (f, x, out, rows, columns) => {
      const row = new Row(f, x, out, columns);
      return row.each(rows, [
        ...row.sumExponentials(false),
        ...row.takeLogarithms(),
        ...row.nextOut(),
      ]);
    }),
  crossEntropy: (assembler: Assembler) =>
    assembler.procedure("crossEntropy", 5, (f, x, index, losses, rows, columns) => {
      const row = new Row(f, x, x, columns);
      return row.each(rows, [
        ...row.sumExponentials(false),
        ...row.storeLoss(i32.load(index), losses),
        index.set(i32.add(index, 4)),
        losses.set(i32.add(losses, 4)),
      ]);
    }),
  crossEntropyGradient: (assembler: Assembler) =>
    assembler.procedure("crossEntropyGradient", 7, (f, x, index, g, gStep, ...rest) => {
      const [out, rows, columns] = rest;
      const row = new Row(f, x, out, columns);
      return row.each(rows, [
        ...row.sumExponentials(true),
        ...row.scale(f32.load(g)),
        subtractAt(i32.add(out, i32.shl(i32.load(index), 2)), f32.load(g)),
        index.set(i32.add(index, 4)),
        g.set(i32.add(g, gStep)),
        ...row.nextOut(),
      ]);
    }),
};

function subtractAt(address: Code<"i32">, value: Code<"f32">): Code<"void"> {
  return f32.store(address, f32.sub(f32.load(address), value));
}

/** A row of the matrix, and the loops over it. */
class Row {
  readonly #f: FunctionBuilder;
  readonly #w: Writer;
  /** Addresses of the row and of the row of the result. */
  readonly #x: I32;
  readonly #out: I32;
  readonly #columns: I32;
  /** Addresses of the next elements of the row. */
  readonly #from: I32;
  readonly #to: I32;
  /** Elements that remain in the row. */
  readonly #left: I32;
  /** The largest element of the row, in every lane. */
  readonly #largest: Vector;
  /** `Σ 2²⁴ exp(x − largest)`: terms are raised, so that none is a denormal before the end. */
  readonly #total: Local<"f64">;

  constructor(f: FunctionBuilder, x: I32, out: I32, columns: I32) {
    this.#f = f;
    this.#w = new Writer(f, F32);
    [this.#x, this.#out, this.#columns] = [x, out, columns];
    [this.#from, this.#to, this.#left] = f.locals("i32", 3);
    this.#largest = f.local("v128");
    this.#total = f.local("f64");
  }

  /** Finds the largest element of each of `rows` rows, then does `body`. */
  each(rows: I32, body: Body): Body {
    const row = this.#f.local("i32");
    const loop = loopUntil(row, rows, 1, [
      ...this.#findLargest(),
      ...body,
      next(this.#x, this.#columns),
    ]);
    // The constants are known only when the rest is written.
    return [...this.#w.head, loop];
  }

  /** Goes to the next row of the result. */
  nextOut(): Body {
    return [next(this.#out, this.#columns)];
  }

  /** Goes to the start of the row. */
  #begin(): Body {
    return [this.#from.set(this.#x), this.#to.set(this.#out), this.#left.set(this.#columns)];
  }

  #advance(elements: number): Body {
    return [
      this.#from.set(i32.add(this.#from, elements * 4)),
      this.#to.set(i32.add(this.#to, elements * 4)),
      this.#left.set(i32.sub(this.#left, elements)),
    ];
  }

  /** Finds the largest element; skips NaN, which the sum will have. */
  #findLargest(): Body {
    const accumulators = this.#f.locals("v128", 4);
    const [a, b, c, d] = accumulators;
    const merge = (vector: Vector, loaded: Code<"v128">) => vector.set(f32x4.pmax(vector, loaded));
    const four = accumulators.map((vector, i) => merge(vector, v128.load(this.#from, i * VECTOR)));
    const last = loadLast(this.#w, "float32", this.#from, this.#left);
    const largest = this.#largest;
    const rotate = largest.set(f32x4.pmax(largest, shuffle(largest, largest, [1, 2, 3, 0])));
    return [
      ...accumulators.map((vector) => vector.set(f32x4.splat(-Infinity))),
      ...this.#alongRow(four, merge(a, v128.load(this.#from)), when(this.#left, [merge(a, last)])),
      largest.set(f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d))),
      ...[rotate, rotate, rotate],
    ];
  }

  /** Does `four` for every four vectors of the row, then `one` for every vector, then `rest`. */
  #alongRow(four: Body, one: Code, rest: Code): Body {
    return [
      ...this.#begin(),
      loopWhile(i32.geU(this.#left, 4 * LANES), [...four, ...this.#advance(4 * LANES)]),
      loopWhile(i32.geU(this.#left, LANES), [one, ...this.#advance(LANES)]),
      rest,
    ];
  }

  /** Adds up `2²⁴ exp(x − largest)`, and stores the terms if `areStored`. */
  sumExponentials(areStored: boolean): Body {
    const w = this.#w;
    const [sum, totals] = this.#f.locals("v128", 2);
    const [block, kept] = this.#f.locals("i32", 2);
    const exponential = (x: Code<"v128">) =>
      expOfNegative(w, w.let(f32x4.sub(x, this.#largest)), RAISE);

    const whole = exponential(v128.load(this.#from));
    const wholeLines = w.take();
    const rest = exponential(loadLast(w, "float32", this.#from, this.#left));
    const restLines = w.take();
    const lanes = v128.const(new Uint8Array(Int32Array.of(0, 1, 2, 3).buffer));
    const inRow = v128.and(rest, i32x4.gtS(i32x4.splat(this.#left), lanes));
    const widened = promotePair(sum);
    const storeRest = forTail(F32, this.#left, [], (n) => F32.storeFirst(n, this.#to, rest, 0));

    return [
      ...this.#begin(),
      totals.set(f64x2.splat(0)),
      loopWhile(this.#left, [
        sum.set(f32x4.splat(0)),
        block.set(minimum(this.#left, BLOCK)),
        kept.set(i32.sub(this.#left, block)),
        loopWhile(i32.geU(i32.sub(this.#left, kept), LANES), [
          ...wholeLines,
          ...areStored ? [v128.store(this.#to, whole)] : [],
          sum.set(f32x4.add(sum, whole)),
          ...this.#advance(LANES),
        ]),
        when(i32.gtU(this.#left, kept), [
          ...restLines,
          ...areStored ? [storeRest] : [],
          sum.set(f32x4.add(sum, inRow)),
          this.#left.set(kept),
        ]),
        totals.set(f64x2.add(totals, f64x2.add(widened[0], widened[1]))),
      ]),
      this.#total.set(f64.add(f64x2.extractLane(totals, 0), f64x2.extractLane(totals, 1))),
    ];
  }

  /** Divides the stored terms by their sum, and multiplies them by `g`. */
  scale(g?: Code<"f32">): Body {
    const w = this.#w;
    const factor = w.let(f32x4.splat(f32.demoteF64(f64.div(1, this.#total))));
    const gradient = g === undefined ? null : w.let(f32x4.splat(g));
    const before = w.take();
    return [
      ...before,
      ...this.#change(this.#to, (term) => {
        const probability = f32x4.mul(term, factor);
        return gradient === null ? probability : f32x4.mul(probability, gradient);
      }),
    ];
  }

  /** Stores the logarithms of the quotients of the terms and their sum. */
  takeLogarithms(): Body {
    const logSum = this.#logSum();
    const before = this.#w.take();
    const change = (x: Code<"v128">) => f32x4.sub(f32x4.sub(x, this.#largest), logSum);
    return [...before, ...this.#change(this.#from, change)];
  }

  /** Stores minus the logarithm at `index`. */
  storeLoss(index: Code<"i32">, address: I32): Body {
    const logSum = this.#logSum();
    const before = this.#w.take();
    const x = v128.load32Zero(i32.add(this.#x, i32.shl(index, 2)));
    const logarithm = f32x4.sub(f32x4.sub(x, this.#largest), logSum);
    // 0 − x rather than −x: a loss of nothing is 0, not −0.
    const loss = f32x4.sub(f32x4.splat(0), logarithm);
    return [...before, v128.store32Lane(address, loss, 0)];
  }

  #logSum(): Vector {
    const w = this.#w;
    const total = f64.mul(this.#total, 2 ** -RAISE);
    // The largest term is 1. If it outweighs the others, log1p keeps the digits of the others.
    return log1p(w, w.let(f32x4.splat(f32.demoteF64(f64.sub(total, 1)))));
  }

  /** Stores `change` of the elements at `from` as the row of the result. */
  #change(from: I32, change: (x: Code<"v128">) => Code<"v128">): Body {
    const one = change(v128.load32Zero(from));
    const four = [0, 1, 2, 3].map((i) => {
      const offset = i * VECTOR;
      return v128.store(this.#to, change(v128.load(from, offset)), offset);
    });
    const rest = [v128.store32Lane(this.#to, one, 0), ...this.#advance(1)];
    return this.#alongRow(
      four,
      v128.store(this.#to, change(v128.load(from))),
      loopWhile(this.#left, rest),
    );
  }
}

/** Moves `address` on by a row. */
function next(address: I32, columns: I32): Code<"void"> {
  return address.set(i32.add(address, i32.shl(columns, 2)));
}
