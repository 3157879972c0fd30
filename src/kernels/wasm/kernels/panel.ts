/**
 * The innermost loops of all matrix products: some rows times one panel of columns.
 *
 * A panel is a few vectors wide. A tile of a few of its rows is summed in registers over the
 * whole of k, one product after the other in the order of k, and then stored. So the bits of a
 * result do not depend on which tile computed it, nor on the thread or the engine.
 *
 * The kernels differ only in where the operands come from: {@link emitProductPanels} multiplies
 * matrices, or finds the rows of its right operand in an image by a table of offsets;
 * {@link emitCorrelatePanels} finds the rows of its left one so. So a convolution is a matrix product
 * whose large operand, the windows laid out side by side, is never written.
 *
 * @module
 */

import type { Assembler, Func, FunctionBuilder, Procedure } from "../assembler/assembler.ts";
import type { Body, Code, Local } from "../assembler/code.ts";
import { doWhile, type I32, loopWhile, minimum, select, when } from "../assembler/control.ts";
import { i32 } from "../assembler/scalars.ts";
import { v128 } from "../assembler/vectors.ts";
import { forTail, type Lanes, VECTOR } from "../simd/lanes.ts";

/** Vectors in a full packed panel: the tile of 3 × 3 is the fastest one in V8. */
export const PANEL = 3;

/** Vectors in the widest panel that is not packed: 2 × 4 wastes least on the lines of images. */
export const WIDEST = 4;

/**
 * Rows of a tile, by its width in vectors. Sums, a row of the panel, and a factor must fit into 16
 * registers: 2 × 4 and 3 × 3 vectors run at 54–60 GFLOP/s in V8 and JavaScriptCore where 3 × 4
 * spills to 34, and with fewer than 8 sums the additions wait for each other (`bench/matmul.ts`).
 */
const TILE_ROWS = [0, 4, 4, 3, 2] as const;

/** The registers of a tile and the code that works on them. */
class Tile {
  readonly lanes: Lanes;
  readonly vectors: number;
  readonly maxRows: number;
  /** Addresses in the rows of the left operand. */
  readonly left: I32[];
  readonly #sums: Local<"v128">[];
  readonly #right: Local<"v128">[];
  readonly #factor: Local<"v128">;

  constructor(f: FunctionBuilder, lanes: Lanes, vectors: number) {
    this.lanes = lanes;
    this.vectors = vectors;
    this.maxRows = TILE_ROWS[vectors];
    this.left = f.locals("i32", this.maxRows);
    this.#sums = f.locals("v128", this.maxRows * vectors);
    this.#right = f.locals("v128", vectors);
    this.#factor = f.local("v128");
  }

  /** Does `body` for as many full tiles as there are among `rows` rows, then for two rows, and one. */
  each(rows: I32, body: (count: number) => Body): Body {
    const heights = [...new Set([this.maxRows, 2, 1])];
    return heights.map((count) =>
      loopWhile(i32.geS(rows, count), [...body(count), rows.set(i32.sub(rows, count))])
    );
  }

  clear(rows: number): Body {
    return this.#sums.slice(0, rows * this.vectors).map((sum) => sum.set(this.lanes.splat(0)));
  }

  /** Adds the products of element `index` of the left rows with the row of the panel at `right`. */
  step(rows: number, index: number, right: I32): Body {
    const { lanes } = this;
    const body: Body[] = this.#right.map((b, v) => [b.set(v128.load(right, v * VECTOR))]);
    for (let r = 0; r < rows; r++) {
      body.push([this.#factor.set(lanes.loadSplat(this.left[r], index * lanes.bytes))]);
      this.#row(r).forEach((sum, v) => {
        body.push([sum.set(lanes.multiplyAdd(this.#factor, this.#right[v], sum))]);
      });
    }
    return body.flat();
  }

  /** Moves on by `count` elements in the left rows. */
  advance(rows: number, count: number): Body {
    return this.left.slice(0, rows).map((p) => p.set(i32.add(p, count * this.lanes.bytes)));
  }

  /** Adds a vector for each column, whose address is `bias`, unless that is 0. */
  addColumns(rows: number, bias: I32): Code {
    const body = this.#right.map((b, v) => b.set(v128.load(bias, v * VECTOR)));
    for (let r = 0; r < rows; r++) {
      this.#row(r).forEach((sum, v) => body.push(sum.set(this.lanes.add(sum, this.#right[v]))));
    }
    return when(bias, body);
  }

  /** Adds a number for each row, the next of which is at `bias`, unless that is 0. */
  addRows(rows: number, bias: I32): Code {
    const { lanes } = this;
    const body: Body[] = [];
    for (let r = 0; r < rows; r++) {
      body.push([this.#factor.set(lanes.loadSplat(bias, r * lanes.bytes))]);
      body.push(this.#row(r).map((sum) => sum.set(lanes.add(sum, this.#factor))));
    }
    return when(bias, [...body.flat(), bias.set(i32.add(bias, rows * lanes.bytes))]);
  }

  /**
   * Stores the rows at `c`, or adds them to the elements there. The last vector has `tail` elements,
   * which `storeTail` stores; without it all vectors are full.
   */
  store(rows: number, c: I32, cStep: I32, tail: I32, accumulate: I32, storeTail?: StoreTail): Body {
    const { lanes } = this;
    const put = (sums: readonly Local<"v128">[], first: number): Body => {
      const at = (v: number): number => (first + v) * VECTOR;
      return [
        when(accumulate, sums.map((sum, v) => sum.set(lanes.add(v128.load(c, at(v)), sum)))),
        ...sums.map((sum, v) => v128.store(c, sum, at(v))),
      ];
    };
    return Array.from({ length: rows }, (_, r) => r).flatMap((r) => {
      const sums = this.#row(r);
      const next = c.set(i32.add(c, cStep));
      if (storeTail === undefined) return [...put(sums, 0), next];
      const last = sums.length - 1;
      const to = i32.add(c, last * VECTOR);
      return [
        ...last > 0 ? put(sums.slice(0, last), 0) : [],
        when(tail, [storeTail.call(to, sums[last], tail, accumulate)], put(sums.slice(last), last)),
        next,
      ];
    });
  }

  #row(r: number): Local<"v128">[] {
    return this.#sums.slice(r * this.vectors, (r + 1) * this.vectors);
  }
}

/** `(c, sum, tail, accumulate)`: stores the first `tail` elements of a vector, or adds them to `c`. */
type StoreTail = Func<readonly ["i32", "v128", "i32", "i32"], "void">;

function emitStoreTail(assembler: Assembler, lanes: Lanes): StoreTail {
  const parameters = ["i32", "v128", "i32", "i32"] as const;
  return assembler.func(null, parameters, "void", (_, c, sum, tail, accumulate) => [
    forTail(lanes, tail, [], (count) => [
      when(accumulate, [sum.set(lanes.add(lanes.loadFirst(count, c, 0), sum))]),
      ...lanes.storeFirst(count, c, sum, 0),
    ]),
  ]);
}

/** `take` for each of `count` elements, two a turn; `take(i)` may use element `i` of the left rows. */
function eachPair(
  tile: Tile,
  rows: number,
  count: I32,
  left: I32,
  take: (index: number) => Body,
): Body {
  const first = take(0);
  return [
    left.set(i32.shrU(count, 1)),
    loopWhile(left, [
      ...first,
      ...take(1),
      ...tile.advance(rows, 2),
      left.set(i32.sub(left, 1)),
    ]),
    when(i32.and(count, 1), [...first, ...tile.advance(rows, 1)]),
  ];
}

/**
 * Adds functions for panels of one vector, of two, and so on, `(m, k, a, aStep, b, bStep, c, cStep,
 * tail, bias, accumulate)` with steps in bytes, that compute `c = a · b + bias`, or `c += …`: `a` is
 * m × k with neighbours in k side by side, `b` is k rows of vectors, the last one of which has `tail`
 * columns (0: all), and `bias` is the address of some numbers, or 0.
 *
 * @param kind `"columns"`: `bias` has a number for each column; `"rows"`: one for each row; `"table"`:
 *   as `"rows"`, and row `l` of `b` is at `b + table[l]` for the `table` that is passed as `bStep`;
 *   `"vectors"`: there is no bias, and all vectors of `c` are full
 */
export function emitProductPanels(
  assembler: Assembler,
  lanes: Lanes,
  kind: "columns" | "rows" | "table" | "vectors",
): Procedure<11>[] {
  const storeTail = kind === "vectors" ? undefined : emitStoreTail(assembler, lanes);
  return panelsOf(
    kind === "table" ? WIDEST : PANEL,
    (vectors) =>
      assembler.procedure(null, 11, (f, ...parameters) => {
        const [m, k, a, aStep, b, bStep, c, cStep, tail, bias, accumulate] = parameters;
        const tile = new Tile(f, lanes, vectors);
        const [right, left, entry] = f.locals("i32", 3);
        const findRow = [right.set(i32.add(b, i32.load(entry))), entry.set(i32.add(entry, 4))];
        const goToNext = right.set(i32.add(right, bStep));
        return tile.each(m, (rows) => [
          ...tile.left.slice(0, rows).flatMap((p) => [p.set(a), a.set(i32.add(a, aStep))]),
          kind === "table" ? entry.set(bStep) : right.set(b),
          ...tile.clear(rows),
          ...eachPair(tile, rows, k, left, (index) => {
            const step = tile.step(rows, index, right);
            return kind === "table" ? [...findRow, ...step] : [...step, goToNext];
          }),
          ...kind === "vectors"
            ? []
            : [kind === "columns" ? tile.addColumns(rows, bias) : tile.addRows(rows, bias)],
          ...tile.store(rows, c, cStep, tail, accumulate, storeTail),
        ]);
      }),
  );
}

/**
 * Adds functions for panels of one vector, of two, and so on, `(m, lines, k, a, table, lineStep, b,
 * bStep, c, cStep)` with steps in bytes, that compute `c += a · b`, where row `i` of `a` lies in an
 * image, from `a + table[i]` on: `lines` runs of k elements, `lineStep` apart. All vectors of `c` are
 * full.
 */
export function emitCorrelatePanels(assembler: Assembler, lanes: Lanes): Procedure<10>[] {
  return panelsOf(
    PANEL,
    (vectors) =>
      assembler.procedure(null, 10, (f, m, lines, k, a, table, lineStep, b, bStep, c, cStep) => {
        const tile = new Tile(f, lanes, vectors);
        const [line, right, left, skip, accumulate, tail] = f.locals("i32", 6);
        return [
          accumulate.set(1),
          skip.set(i32.sub(lineStep, i32.mul(k, lanes.bytes))),
          ...tile.each(m, (rows) => [
            ...tile.left.slice(0, rows).map((p, r) => p.set(i32.add(a, i32.load(table, 4 * r)))),
            table.set(i32.add(table, 4 * rows)),
            right.set(b),
            line.set(lines),
            ...tile.clear(rows),
            doWhile([
              ...eachPair(tile, rows, k, left, (index) => [
                ...tile.step(rows, index, right),
                right.set(i32.add(right, bStep)),
              ]),
              ...tile.left.slice(0, rows).map((p) => p.set(i32.add(p, skip))),
            ], line.tee(i32.sub(line, 1))),
            ...tile.store(rows, c, cStep, tail, accumulate),
          ]),
        ];
      }),
  );
}

function panelsOf<P>(widest: number, add: (vectors: number) => P): P[] {
  return Array.from({ length: widest }, (_, i) => add(i + 1));
}

/** Vectors of the next panel if `left` remain: a panel of one has too few sums to be fast. */
export function panelFor(left: Code<"i32">): Code<"i32"> {
  return select(i32.const(2), minimum(left, PANEL), i32.eq(left, 4));
}

/** Calls one of `panels` by the number of its vectors. */
export function choose<P>(
  panels: readonly P[],
  vectors: I32,
  call: (panel: P, count: number) => Code,
) {
  return panels.map((panel, i) => when(i32.eq(vectors, i + 1), [call(panel, i + 1)]));
}
