/**
 * Pooling, several windows of a line at once.
 *
 * The images are laid out as for convolutions (see `image.ts`), so the elements that one tap meets
 * in neighbouring windows are neighbours.
 *
 * @module
 */

import type { FloatDType } from "../../dtype.ts";
import { Assembler, type Exports, instantiate } from "./assembler.ts";
import type { Body, Local } from "./code.ts";
import { loopUntil, loopWhile, when } from "./control.ts";
import { addCopyBlock } from "./copy_block.ts";
import { FLOAT_LANES, type FloatLanes, forTail, VECTOR } from "./float_lanes.ts";
import { type I32, words } from "./integers.ts";
import { i32 } from "./scalars.ts";
import { f32x4, i32x4, v128 } from "./vectors.ts";

/**
 * `body` for each full vector of a line, then once for what is left; `store(0)` stores a full vector
 * at `out`, `store(few)` its first elements.
 */
function alongLine(
  lanes: FloatLanes,
  left: I32,
  columns: I32,
  body: Body,
  store: (count: number) => Body,
): Body {
  return [
    left.set(columns),
    loopWhile(i32.geS(left, lanes.count), [
      ...body,
      ...store(0),
      left.set(i32.sub(left, lanes.count)),
    ]),
    when(left, [...body, forTail(lanes, left, [], store)]),
  ];
}

/** The statements that store the first `count` lanes of `value` at `out`, or all if it is 0. */
function storeLanes(lanes: FloatLanes, out: I32, value: Local<"v128">, count: number): Body {
  const stored = count === 0 ? [v128.store(out, value)] : lanes.storeFirst(count, out, value, 0);
  const bytes = count === 0 ? VECTOR : count * lanes.bytes;
  return [...stored, out.set(i32.add(out, bytes))];
}

/**
 * Adds the function `avgPool(planes, lines, columns, image, planeStep, lineStep, table, rowTaps,
 * columnTaps, out)`: the means of windows whose `rowTaps · columnTaps` offsets are in `table`.
 *
 * Each row of a window is summed for itself, so that large windows keep their digits.
 */
function addAvgPool(assembler: Assembler, lanes: FloatLanes): void {
  assembler.func(
    "avgPool",
    words(10),
    "void",
    (
      f,
      ...[planes, lines, columns, image, planeStep, lineStep, table, rowTaps, columnTaps, out]
    ) => {
      const [plane, line, from, left, tap, row, rowEnd] = f.locals("i32", 7);
      const [total, sum, count] = f.locals("v128", 3);
      const averageWindows: Body = [
        total.set(lanes.zero()),
        tap.set(table),
        row.set(0),
        loopUntil(row, rowTaps, 1, [
          sum.set(lanes.zero()),
          rowEnd.set(i32.add(tap, i32.shl(columnTaps, 2))),
          loopWhile(i32.ne(tap, rowEnd), [
            sum.set(lanes.add(sum, v128.load(i32.add(from, i32.load(tap))))),
            tap.set(i32.add(tap, 4)),
          ]),
          total.set(lanes.add(total, sum)),
        ]),
        total.set(lanes.div(total, count)),
        from.set(i32.add(from, VECTOR)),
      ];
      return [
        count.set(lanes.splatInteger(i32.mul(rowTaps, columnTaps))),
        loopUntil(plane, planes, 1, [
          line.set(0),
          loopUntil(line, lines, 1, [
            from.set(i32.add(image, i32.mul(line, lineStep))),
            ...alongLine(
              lanes,
              left,
              columns,
              averageWindows,
              (few) => storeLanes(lanes, out, total, few),
            ),
          ]),
          image.set(i32.add(image, planeStep)),
        ]),
      ];
    },
  );
}

/**
 * Adds the function `maxPool(planes, lines, columns, image, planeStep, lineStep, table, taps, starts,
 * lineIndex, columnIndex, out, indices)` for float32.
 *
 * `table` holds for each tap its offset, and the index in the plane that it has for the first
 * window; the next window of a line adds `columnIndex`, the next line `lineIndex`. `starts` holds,
 * first for each line and then for each column, what the index of the first element of a window that
 * is inside of the border is the sum of.
 */
function addMaxPool(assembler: Assembler): void {
  const lanes = FLOAT_LANES.float32;
  assembler.func(
    "maxPool",
    words(13),
    "void",
    (f, planes, lines, columns, image, planeStep, lineStep, table, taps, starts, ...rest) => {
      const [lineIndex, columnIndex, out, indices] = rest;
      const [plane, line, from, left, tap, last, columnStart] = f.locals("i32", 7);
      const [best, found, value, better, index] = f.locals("v128", 5);
      const maximizeWindows: Body = [
        best.set(f32x4.splat(-Infinity)),
        found.set(i32x4.add(
          v128.load32Splat(i32.add(starts, i32.shl(line, 2))),
          v128.load(columnStart),
        )),
        tap.set(table),
        loopWhile(i32.ne(tap, last), [
          value.set(v128.load(i32.add(from, i32.load(tap)))),
          // Larger than the best, or NaN, unless the best is NaN already.
          better.set(v128.andnot(f32x4.eq(best, best), f32x4.le(value, best))),
          best.set(v128.bitselect(value, best, better)),
          found.set(
            v128.bitselect(i32x4.add(index, v128.load32Splat(tap, 4)), found, better),
          ),
          tap.set(i32.add(tap, 8)),
        ]),
        from.set(i32.add(from, VECTOR)),
        columnStart.set(i32.add(columnStart, VECTOR)),
        index.set(i32x4.add(index, i32x4.splat(i32.mul(columnIndex, lanes.count)))),
      ];
      return [
        last.set(i32.add(table, i32.shl(taps, 3))),
        loopUntil(plane, planes, 1, [
          line.set(0),
          loopUntil(line, lines, 1, [
            from.set(i32.add(image, i32.mul(line, lineStep))),
            columnStart.set(i32.add(starts, i32.shl(lines, 2))),
            index.set(i32x4.add(
              i32x4.splat(i32.mul(line, lineIndex)),
              i32x4.mul(v128.const(LANE_NUMBERS), i32x4.splat(columnIndex)),
            )),
            ...alongLine(lanes, left, columns, maximizeWindows, (few) => [
              ...storeLanes(lanes, out, best, few),
              ...storeLanes(lanes, indices, found, few),
            ]),
          ]),
          image.set(i32.add(image, planeStep)),
        ]),
      ];
    },
  );
}

/** The bytes of the 32-bit integers 0, 1, 2, 3. */
const LANE_NUMBERS = [0, 1, 2, 3].flatMap((lane) => [lane, 0, 0, 0]);

const compiled: Partial<Record<FloatDType, Exports>> = {};

/** `avgPool` and `copyBlock` for elements of `dtype`, and `maxPool` for float32. */
export function poolKernels(dtype: FloatDType): Exports {
  let exports = compiled[dtype];
  if (exports === undefined) {
    const assembler = new Assembler();
    addCopyBlock(assembler, FLOAT_LANES[dtype]);
    addAvgPool(assembler, FLOAT_LANES[dtype]);
    if (dtype === "float32") addMaxPool(assembler);
    exports = compiled[dtype] = instantiate(assembler.bytes());
  }
  return exports;
}
