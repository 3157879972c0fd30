/**
 * Copying a block of three axes from one layout to another.
 *
 * @module
 */

import type { Assembler, Func } from "./assembler.ts";
import { loopUntil, when } from "./control.ts";
import { type FloatLanes, VECTOR } from "./float_lanes.ts";
import { type Words, words } from "./integers.ts";
import { i32 } from "./scalars.ts";
import { v128 } from "./vectors.ts";

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
      const [plane, row, column, source, target] = f.locals("i32", 5);
      const isDense = i32.and(i32.eq(fromColumn, bytes), i32.eq(toColumn, bytes));
      const isEverySecond = i32.and(i32.eq(fromColumn, 2 * bytes), i32.eq(toColumn, bytes));
      const whole = i32.and(columns, -lanes.count);
      // The vectors that hold the last of these elements also hold what follows it.
      const wholePairs = i32.and(i32.sub(columns, 1), -lanes.count);
      return [
        loopUntil(plane, planes, 1, [
          row.set(0),
          loopUntil(row, rows, 1, [
            source.set(i32.add(from, i32.mul(row, fromRow))),
            target.set(i32.add(to, i32.mul(row, toRow))),
            column.set(0),
            when(isDense, [
              loopUntil(column, whole, lanes.count, [
                v128.store(target, v128.load(source)),
                source.set(i32.add(source, VECTOR)),
                target.set(i32.add(target, VECTOR)),
              ]),
            ]),
            when(isEverySecond, [
              loopUntil(column, wholePairs, lanes.count, [
                v128.store(target, lanes.evens(v128.load(source), v128.load(source, VECTOR))),
                source.set(i32.add(source, 2 * VECTOR)),
                target.set(i32.add(target, VECTOR)),
              ]),
            ]),
            loopUntil(column, columns, 1, [
              lanes.copyOne(target, source),
              source.set(i32.add(source, fromColumn)),
              target.set(i32.add(target, toColumn)),
            ]),
          ]),
          from.set(i32.add(from, fromPlane)),
          to.set(i32.add(to, toPlane)),
        ]),
      ];
    },
  );
}
