/**
 * The transforms of images and results for convolutions by tiles: see `winograd.ts`.
 *
 * Four tiles of a line, each two columns after the one before, are transformed at once.
 *
 * @module
 */

import type { Assembler, Func } from "../assembler/assembler.ts";
import type { Body, Code, Local } from "../assembler/code.ts";
import { loopUntil, when } from "../assembler/control.ts";
import { type FloatLanes, forTail, VECTOR } from "../simd/float_lanes.ts";
import { minimum, type Words, words } from "../assembler/integers.ts";
import { i32 } from "../assembler/scalars.ts";
import { f32x4, i8x16, v128 } from "../assembler/vectors.ts";

/** Elements of a transformed tile: one for each matrix product. */
export const PRODUCTS = 16;

type Vector = Local<"v128">;

/** Picks four of the lanes 0–3 of `a` and 4–7 of `b`. */
function pick(a: Vector, b: Vector, lanes: readonly number[]): Code<"v128"> {
  return i8x16.shuffle(a, b, lanes.flatMap((lane) => [0, 1, 2, 3].map((i) => 4 * lane + i)));
}

const FOUR = [0, 1, 2, 3] as const;

/** `(k, lines, columns, image, planeStep, rowStep, v, step)`; lines and columns of tiles. */
type TransformImage = Func<Words<8>, "void">;

/** Adds a function that writes `Bᵀ d B` of all tiles as `v [16, k, tiles]`. */
export function addTransformImage(assembler: Assembler): TransformImage {
  return assembler.func(
    null,
    words(8),
    "void",
    (f, k, lines, columns, image, planeStep, rowStep, v, step) => {
      const [plane, y, next, x, row, from, to, arrayStep] = f.locals("i32", 8);
      const loaded = f.locals("v128", 4);
      const d = f.locals("v128", 4);
      const t = f.locals("v128", 16);
      /** The product of Bᵀ and a column. */
      const transform = (a: Vector, b: Vector, c: Vector, e: Vector): Code<"v128">[] => [
        f32x4.sub(a, c),
        f32x4.add(b, c),
        f32x4.sub(c, b),
        f32x4.sub(b, e),
      ];
      // Tiles are two columns apart, so column j of four tiles is every second element from j on.
      const rows: Body = FOUR.flatMap((i) => [
        ...FOUR.map((j) => loaded[j].set(v128.load(from, 8 * j))),
        ...FOUR.map((j) => {
          const lanes = j % 2 === 0 ? [0, 2, 4, 6] : [1, 3, 5, 7];
          return d[j].set(pick(loaded[j >> 1], loaded[2 + (j >> 1)], lanes));
        }),
        ...transform(d[0], d[1], d[2], d[3]).map((value, j) => t[4 * i + j].set(value)),
        from.set(i32.add(from, rowStep)),
      ]);
      const columnsOf = FOUR.map((j) => transform(t[j], t[4 + j], t[8 + j], t[12 + j]));
      const store: Body = FOUR.flatMap((i) =>
        columnsOf.flatMap((column) => [
          v128.store(to, column[i]),
          to.set(i32.add(to, arrayStep)),
        ])
      );
      return [
        arrayStep.set(i32.mul(k, step)),
        loopUntil(plane, k, 1, [
          row.set(i32.add(v, i32.mul(plane, step))),
          y.set(0),
          loopUntil(y, lines, 1, [
            next.set(0),
            loopUntil(next, columns, 4, [
              // The last four tiles of a line may overlap the ones before.
              x.set(minimum(next, i32.sub(columns, 4))),
              from.set(i32.add(i32.add(image, i32.mul(i32.shl(y, 1), rowStep)), i32.shl(x, 3))),
              to.set(i32.add(row, i32.shl(x, 2))),
              ...rows,
              ...store,
            ]),
            row.set(i32.add(row, i32.shl(columns, 2))),
          ]),
          image.set(i32.add(image, planeStep)),
        ]),
      ];
    },
  );
}

/** `(m, lines, columns, sums, step, c, cStep, bias)`; lines and columns of results. */
type TransformResult = Func<Words<8>, "void">;

/** Adds a function that writes `Aᵀ s A + bias` of all tiles of `sums [m, 16, tiles]`. */
export function addTransformResult(assembler: Assembler, lanes: FloatLanes): TransformResult {
  return assembler.func(
    null,
    words(8),
    "void",
    (f, m, lines, columns, sums, step, c, cStep, bias) => {
      const [channel, y, next, x, width, row, from, to, line, tail] = f.locals("i32", 10);
      const s = f.locals("v128", 4);
      const [upper, lower] = [f.locals("v128", 4), f.locals("v128", 4)];
      const [offset, even, odd, last] = f.locals("v128", 4);
      /** The product of Aᵀ and a column. */
      const transform = (a: Vector, b: Vector, c: Vector, e: Vector): Code<"v128">[] => [
        f32x4.add(f32x4.add(a, b), c),
        f32x4.sub(f32x4.sub(b, c), e),
      ];
      const columnsOf: Body = FOUR.flatMap((j) => {
        const [top, bottom] = transform(s[0], s[1], s[2], s[3]);
        return [
          ...FOUR.map((i) => s[i].set(v128.load(i32.add(from, i32.mul(step, 4 * i + j))))),
          upper[j].set(top),
          lower[j].set(bottom),
        ];
      });
      const store = (z: Vector[]): Body => {
        const [left, right] = transform(z[0], z[1], z[2], z[3]);
        return [
          even.set(f32x4.add(left, offset)),
          odd.set(f32x4.add(right, offset)),
          v128.store(to, pick(even, odd, [0, 4, 1, 5])),
          last.set(pick(even, odd, [2, 6, 3, 7])),
          forTail(
            lanes,
            tail,
            [v128.store(to, last, VECTOR)],
            (few) => lanes.storeFirst(few, to, last, VECTOR),
          ),
        ];
      };
      return [
        width.set(i32.shrU(i32.add(columns, 1), 1)),
        line.set(i32.shl(columns, 2)),
        loopUntil(channel, m, 1, [
          when(bias, [offset.set(v128.load32Splat(i32.add(bias, i32.shl(channel, 2))))]),
          row.set(i32.add(sums, i32.mul(channel, i32.mul(step, PRODUCTS)))),
          y.set(0),
          loopUntil(y, lines, 2, [
            next.set(0),
            loopUntil(next, width, 4, [
              x.set(minimum(next, i32.sub(width, 4))),
              tail.set(0),
              // The last tile of an odd line has one column too many.
              when(i32.gtS(i32.shl(i32.add(x, 4), 1), columns), [tail.set(3)]),
              from.set(i32.add(row, i32.shl(x, 2))),
              to.set(i32.add(i32.add(c, i32.mul(y, line)), i32.shl(x, 3))),
              ...columnsOf,
              ...store(upper),
              when(i32.ltS(i32.add(y, 1), lines), [to.set(i32.add(to, line)), ...store(lower)]),
            ]),
            row.set(i32.add(row, i32.shl(width, 2))),
          ]),
          c.set(i32.add(c, cStep)),
        ]),
      ];
    },
  );
}
