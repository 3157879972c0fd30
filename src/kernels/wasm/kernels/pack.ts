/**
 * Packing: copying a block of a matrix into the order in which a product reads it.
 *
 * A product reads its right operand by panels of {@link PANEL} vectors, and its left one by rows
 * whose elements are neighbours. Packing a transposed matrix transposes it block by block on the
 * way, so no operand is ever copied first.
 *
 * @module
 */

import type { Assembler, Procedure } from "../assembler/assembler.ts";
import type { Body, Code } from "../assembler/code.ts";
import { type I32, loopUntil, loopWhile, minimum, when } from "../assembler/control.ts";
import { i32 } from "../assembler/scalars.ts";
import { v128 } from "../assembler/vectors.ts";
import { PANEL } from "./panel.ts";
import { type Lanes, VECTOR } from "../simd/lanes.ts";

/**
 * Adds `(from, rowStep, columnStep, rows, columns, to, toStep)`, with steps in bytes: copies a strip of
 * a matrix, up to one vector of columns, and any number of rows. Missing columns become 0.
 */
export function emitPackStrip(assembler: Assembler, lanes: Lanes): Procedure<7> {
  return assembler.procedure(null, 7, (f, from, rowStep, columnStep, rows, columns, to, toStep) => {
    const row = f.local("i32");
    const column = f.local("i32");
    const at = f.local("i32");
    const square = f.locals("v128", lanes.count);
    const spare = f.locals("v128", lanes.count);
    const isFull = i32.eq(columns, lanes.count);
    const next = (count: number): Body => [
      from.set(i32.add(from, i32.mul(rowStep, count))),
      to.set(i32.add(to, i32.mul(toStep, count))),
    ];
    return [
      when(i32.and(isFull, i32.eq(columnStep, lanes.bytes)), [
        loopUntil(row, rows, 1, [v128.store(to, v128.load(from)), ...next(1)]),
      ]),
      when(i32.and(isFull, i32.eq(rowStep, lanes.bytes)), [
        loopUntil(row, i32.and(rows, -lanes.count), lanes.count, [
          ...alongSteps(at, from, columnStep, square.map((v) => v.set(v128.load(at)))),
          ...lanes.transpose(square, spare),
          ...alongSteps(at, to, toStep, square.map((v) => v128.store(at, v))),
          ...next(lanes.count),
        ]),
      ]),
      // The rest: the last rows of a transposed strip, an incomplete strip, or any strides.
      loopUntil(row, rows, 1, [
        v128.store(to, lanes.splat(0)),
        column.set(0),
        at.set(from),
        loopUntil(column, columns, 1, [
          lanes.copyOne(i32.add(to, i32.mul(column, lanes.bytes)), at),
          at.set(i32.add(at, columnStep)),
        ]),
        ...next(1),
      ]),
    ];
  });
}

/** The number of vectors that hold `columns` elements. */
export function vectorsFor(lanes: Lanes, columns: Code<"i32">): Code<"i32"> {
  return i32.divU(i32.add(columns, lanes.count - 1), lanes.count);
}

function panelVectors(statement: (v: number) => Code): Body {
  return Array.from({ length: PANEL }, (_, v) => statement(v));
}

/** The statements of `body` with `at` at `start`, then `step` further for each. */
function alongSteps(at: I32, start: I32, step: I32, body: Body): Body {
  return body.flatMap((statement, i) => [
    at.set(i === 0 ? start : i32.add(at, step)),
    statement,
  ]);
}

/**
 * Adds `(from, rowStep, columnStep, rows, columns, to)`, with steps in bytes: copies a matrix into
 * panels, all rows of the first {@link PANEL} vectors of
 * columns, then of the next ones. The last panel has as many vectors as it needs.
 */
export function emitPackPanels(
  assembler: Assembler,
  lanes: Lanes,
  packStrip: Procedure<7>,
): Procedure<6> {
  const width = PANEL * lanes.count;
  return assembler.procedure(null, 6, (f, from, rowStep, columnStep, rows, columns, to) => {
    const row = f.local("i32");
    const at = f.local("i32");
    const out = f.local("i32");
    const columnsHere = f.local("i32");
    const strip = f.local("i32");
    const copyFullRows: Body = [
      row.set(0),
      at.set(from),
      out.set(to),
      loopUntil(row, rows, 1, [
        ...panelVectors((v) => v128.store(out, v128.load(at, v * VECTOR), v * VECTOR)),
        at.set(i32.add(at, rowStep)),
        out.set(i32.add(out, PANEL * VECTOR)),
      ]),
    ];
    const copyStrips: Body = [
      strip.set(0),
      at.set(from),
      out.set(to),
      loopUntil(strip, columnsHere, lanes.count, [
        packStrip.call(
          at,
          rowStep,
          columnStep,
          rows,
          minimum(i32.sub(columnsHere, strip), lanes.count),
          out,
          rowBytes(lanes, columnsHere),
        ),
        at.set(i32.add(at, i32.mul(columnStep, lanes.count))),
        out.set(i32.add(out, VECTOR)),
      ]),
    ];
    const isRow = i32.eq(columnStep, lanes.bytes);
    return [
      loopWhile(i32.gtS(columns, 0), [
        columnsHere.set(minimum(columns, width)),
        when(i32.and(isRow, i32.eq(columnsHere, width)), copyFullRows, copyStrips),
        from.set(i32.add(from, i32.mul(columnStep, width))),
        to.set(i32.add(to, i32.mul(rows, PANEL * VECTOR))),
        columns.set(i32.sub(columns, width)),
      ]),
    ];
  });
}

/**
 * Adds `(from, rowStep, columnStep, rows, columns, to)`, with steps in bytes: copies a matrix into rows
 * whose elements are neighbours; each row begins
 * {@link rowBytes} after the one before, and the rest of its last vector is 0.
 */
export function emitPackRows(
  assembler: Assembler,
  lanes: Lanes,
  packStrip: Procedure<7>,
): Procedure<6> {
  return assembler.procedure(null, 6, (f, from, rowStep, columnStep, rows, columns, to) => {
    const toStep = f.local("i32");
    return [
      toStep.set(rowBytes(lanes, columns)),
      loopWhile(i32.gtS(columns, 0), [
        packStrip.call(
          from,
          rowStep,
          columnStep,
          rows,
          minimum(columns, lanes.count),
          to,
          toStep,
        ),
        from.set(i32.add(from, i32.mul(columnStep, lanes.count))),
        to.set(i32.add(to, VECTOR)),
        columns.set(i32.sub(columns, lanes.count)),
      ]),
    ];
  });
}

/** Bytes of a packed row of `columns` elements. */
export function rowBytes(lanes: Lanes, columns: Code<"i32">): Code<"i32"> {
  return i32.mul(vectorsFor(lanes, columns), VECTOR);
}
