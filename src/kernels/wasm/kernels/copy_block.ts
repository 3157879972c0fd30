/**
 * Copying a block of three axes from one layout to another.
 *
 * @module
 */

import type { Assembler, Func } from "../assembler/assembler.ts";
import type { Body, Code } from "../assembler/code.ts";
import { loopUntil, when } from "../assembler/control.ts";
import type { FloatLanes } from "../simd/float_lanes.ts";
import { type I32, type Words, words } from "../assembler/integers.ts";
import { i32 } from "../assembler/scalars.ts";
import { v128 } from "../assembler/vectors.ts";

/**
 * Adds the function `copyBlock(planes, rows, columns, from, fromPlane, fromRow, fromColumn, to,
 * toPlane, toRow, toColumn)`; steps in bytes.
 */
export function addCopyBlock(assembler: Assembler, lanes: FloatLanes): Func<Words<11>, "void"> {
  const { bytes } = lanes;
  return assembler.func(
    "copyBlock",
    words(11),
    "void",
    (
      f,
      ...[planes, rows, columns, from, fromPlane, fromRow, fromColumn, to, toPlane, toRow, toColumn]
    ) => {
      const [plane, row, column, last, source, target] = f.locals("i32", 6);
      const hasVectors = i32.and(i32.eq(toColumn, bytes), i32.geS(columns, lanes.count));
      const isDense = i32.and(hasVectors, i32.eq(fromColumn, bytes));
      const isEverySecond = i32.and(hasVectors, i32.eq(fromColumn, 2 * bytes));
      const goTo = (start: I32): Body => [
        source.set(i32.add(i32.add(from, i32.mul(row, fromRow)), i32.mul(start, fromColumn))),
        target.set(i32.add(i32.add(to, i32.mul(row, toRow)), i32.mul(start, toColumn))),
      ];
      const forward = (count: number): Body => [
        source.set(i32.add(source, i32.mul(fromColumn, count))),
        target.set(i32.add(target, i32.mul(toColumn, count))),
      ];
      /** The last vector ends where the row does, so it may overlap the one before. */
      const copyVectors = (load: Code<"v128">): Body => [
        loopUntil(column, last, lanes.count, [
          v128.store(target, load),
          ...forward(lanes.count),
        ]),
        ...goTo(last),
        v128.store(target, load),
      ];
      return [
        last.set(i32.sub(columns, lanes.count)),
        loopUntil(plane, planes, 1, [
          row.set(0),
          loopUntil(row, rows, 1, [
            column.set(0),
            ...goTo(column),
            when(isDense, copyVectors(v128.load(source)), [
              when(isEverySecond, copyVectors(lanes.loadEverySecond(source)), [
                loopUntil(column, columns, 1, [lanes.copyOne(target, source), ...forward(1)]),
              ]),
            ]),
          ]),
          from.set(i32.add(from, fromPlane)),
          to.set(i32.add(to, toPlane)),
        ]),
      ];
    },
  );
}
