/**
 * Convolution with windows of 3 × 3 in fewer multiplications.
 *
 * Four results, 2 × 2 neighbours, meet a tile of 4 × 4 elements `d`. With
 *
 *     Bᵀ = 1  0 −1  0    G = 1    0    0    Aᵀ = 1  1  1  0
 *          0  1  1  0        1/2  1/2  1/2       0  1 −1 −1
 *          0 −1  1  0        1/2 −1/2  1/2
 *          0  1  0 −1        0    0    1
 *
 * they are `Aᵀ (Σ (G g Gᵀ) ∘ (Bᵀ d B)) A`, summed over the channels: 16 multiplications where the
 * definition has 36. As all channels share the transforms of the image, and all images those of the
 * weights, nearly all that is left are 16 matrix products, `[m, k] · [k, tiles]`.
 *
 * Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016),
 * https://arxiv.org/abs/1509.09308, after Winograd (1980).
 *
 * @module
 */

import type { Assembler, Func } from "./assembler.ts";
import type { Body, Code, Local } from "./code.ts";
import { loopUntil, loopWhile, when } from "./control.ts";
import { type FloatLanes, forTail, VECTOR } from "./float_lanes.ts";
import { DEPTH } from "./gemm.ts";
import { type I32, minimum, type Words, words } from "./integers.ts";
import { vectorsFor } from "./pack.ts";
import { addProductPanel, choose, PANEL, panelFor } from "./panel.ts";
import { f32, i32 } from "./scalars.ts";
import { f32x4, i8x16, v128 } from "./vectors.ts";

/** Products of an element of the result. */
const PRODUCTS = 16;

/** Lines of tiles are transformed together up to about so many tiles: they stay in the second cache. */
const STRIP = 64;

type Vector = Local<"v128">;

function pick(a: Vector, b: Vector, lanes: readonly number[]): Code<"v128"> {
  return i8x16.shuffle(a, b, lanes.flatMap((lane) => [0, 1, 2, 3].map((i) => 4 * lane + i)));
}

/** Tiles of a strip, for lines of `columns` results. */
function stripTiles(columns: number): number {
  const line = Math.ceil(columns / 2);
  return line * Math.max(1, Math.floor(STRIP / line));
}

/** Bytes of scratch memory for `winograd` with m channels of the result and k of the image. */
export function winogradScratch(m: number, k: number, columns: number): number {
  return PRODUCTS * (m + k) * (stripTiles(columns) * 4 + 2 * VECTOR);
}

/**
 * Adds the function `winogradWeights(count, g, u, uStep, flip)`: transforms `count` windows of 3 × 3
 * weights, turned by 180° if `flip`, to 16 arrays that are `uStep` bytes apart.
 */
export function addWinogradWeights(assembler: Assembler): void {
  assembler.func("winogradWeights", words(5), "void", (f, count, g, u, uStep, flip) => {
    const w = f.locals("f32", 9);
    const t = f.locals("f32", 12);
    const half = f.local("f32");
    const [at, step, to] = f.locals("i32", 3);
    /** The product of G and a column. */
    const transform = (a: Local<"f32">, b: Local<"f32">, c: Local<"f32">): Code<"f32">[] => {
      const ends = f32.add(a, c);
      return [a, f32.mul(half, f32.add(ends, b)), f32.mul(half, f32.sub(ends, b)), c];
    };
    const rows: Body = [0, 1, 2].flatMap((j) =>
      transform(w[j], w[3 + j], w[6 + j]).map((value, i) => t[3 * i + j].set(value))
    );
    const columns: Body = [0, 1, 2, 3].flatMap((i) =>
      transform(t[3 * i], t[3 * i + 1], t[3 * i + 2]).flatMap((value) => [
        f32.store(to, value),
        to.set(i32.add(to, uStep)),
      ])
    );
    return [
      half.set(f32.const(0.5)),
      step.set(4),
      when(flip, [step.set(-4), g.set(i32.add(g, 32))]),
      loopWhile(count, [
        at.set(g),
        ...w.flatMap((x) => [x.set(f32.load(at)), at.set(i32.add(at, step))]),
        ...rows,
        to.set(u),
        ...columns,
        g.set(i32.add(g, 36)),
        u.set(i32.add(u, 4)),
        count.set(i32.sub(count, 1)),
      ]),
    ];
  });
}

/**
 * Adds the function `winograd(m, k, lines, columns, u, uStep, image, planeStep, rowStep, c, cStep,
 * bias, scratch)`, for at least 7 columns.
 */
export function addWinograd(assembler: Assembler, lanes: FloatLanes): void {
  const scatter = addTransformImage(assembler);
  const gather = addTransformResult(assembler, lanes);
  const panels = Array.from({ length: PANEL }, (_, i) => addProductPanel(assembler, lanes, i + 1));
  assembler.func(
    "winograd",
    words(13),
    "void",
    (f, m, k, lines, columns, u, uStep, image, planeStep, rowStep, c, cStep, bias, scratch) => {
      const [y, line, strip, here, tiles, vStep, sums, product, left] = f.locals("i32", 9);
      const [l, depth, vectors, a, b, to] = f.locals("i32", 6);
      return [
        line.set(i32.shrU(i32.add(columns, 1), 1)),
        strip.set(i32.divU(i32.const(STRIP), line)),
        when(i32.eqz(strip), [strip.set(1)]),
        loopUntil(y, i32.shrU(i32.add(lines, 1), 1), strip, [
          here.set(minimum(i32.sub(i32.shrU(i32.add(lines, 1), 1), y), strip)),
          tiles.set(i32.mul(here, line)),
          vStep.set(i32.add(i32.and(i32.shl(i32.add(tiles, 3), 2), -VECTOR), VECTOR)),
          sums.set(i32.add(scratch, i32.mul(i32.mul(vStep, k), PRODUCTS))),
          scatter.call(
            ...[k, here, line, i32.add(image, i32.mul(i32.shl(y, 1), rowStep)), planeStep] as const,
            ...[rowStep, scratch, vStep] as const,
          ),
          product.set(0),
          loopUntil(product, PRODUCTS, 1, [
            l.set(0),
            loopUntil(l, k, DEPTH, [
              depth.set(minimum(i32.sub(k, l), DEPTH)),
              a.set(i32.add(i32.add(u, i32.mul(product, uStep)), i32.shl(l, 2))),
              b.set(i32.add(scratch, i32.mul(vStep, i32.add(i32.mul(product, k), l)))),
              to.set(i32.add(sums, i32.mul(product, vStep))),
              left.set(tiles),
              loopWhile(i32.gtS(left, 0), [
                vectors.set(panelFor(vectorsFor(lanes, left))),
                ...choose(panels, vectors, (panel) =>
                  panel.call(
                    ...[m, depth, a, i32.shl(k, 2), b, vStep, to, i32.shl(vStep, 4)] as const,
                    ...[0, 0, l] as const,
                  )),
                b.set(i32.add(b, i32.mul(vectors, VECTOR))),
                to.set(i32.add(to, i32.mul(vectors, VECTOR))),
                left.set(i32.sub(left, i32.mul(vectors, lanes.count))),
              ]),
            ]),
          ]),
          gather.call(
            ...[
              m,
              minimum(i32.sub(lines, i32.shl(y, 1)), i32.shl(here, 1)),
              columns,
              sums,
            ] as const,
            ...[
              vStep,
              i32.add(c, i32.mul(i32.mul(i32.shl(y, 1), columns), 4)),
              cStep,
              bias,
            ] as const,
          ),
        ]),
      ];
    },
  );
}

/** `(k, lines, columns, image, planeStep, rowStep, v, vStep)`; lines and columns of tiles. */
type TransformImage = Func<Words<8>, "void">;

/** Adds a function that writes `Bᵀ d B` of all tiles: 16 arrays `[k, tiles]` with rows of `vStep`. */
function addTransformImage(assembler: Assembler): TransformImage {
  return assembler.func(
    null,
    words(8),
    "void",
    (f, k, lines, columns, image, planeStep, rowStep, v, vStep) => {
      const [plane, y, next, x, row, from, to, arrayStep] = f.locals("i32", 8);
      const d = f.locals("v128", 4);
      const w = f.locals("v128", 4);
      const t = f.locals("v128", 16);
      /** The product of Bᵀ and a column. */
      const transform = ([a, b, c, e]: Vector[]): Code<"v128">[] => [
        f32x4.sub(a, c),
        f32x4.add(b, c),
        f32x4.sub(c, b),
        f32x4.sub(b, e),
      ];
      const rows: Body = [0, 1, 2, 3].flatMap((i) => [
        // Columns 0, 1, 2 and 3 of four tiles that are two columns apart.
        ...[0, 2, 4, 6].map((first, j) => w[j].set(v128.load(from, 4 * first))),
        d[0].set(pick(w[0], w[2], [0, 2, 4, 6])),
        d[1].set(pick(w[0], w[2], [1, 3, 5, 7])),
        d[2].set(pick(w[1], w[3], [0, 2, 4, 6])),
        d[3].set(pick(w[1], w[3], [1, 3, 5, 7])),
        ...transform(d).map((value, j) => t[4 * i + j].set(value)),
        from.set(i32.add(from, rowStep)),
      ]);
      const across: Body = [0, 1, 2, 3].flatMap((j) =>
        transform([t[j], t[4 + j], t[8 + j], t[12 + j]]).map((value, i) => ({ value, i, j }))
      ).sort((p, q) => 4 * p.i + p.j - 4 * q.i - q.j).flatMap(({ value }) => [
        v128.store(to, value),
        to.set(i32.add(to, arrayStep)),
      ]);
      return [
        arrayStep.set(i32.mul(k, vStep)),
        loopUntil(plane, k, 1, [
          row.set(i32.add(v, i32.mul(plane, vStep))),
          y.set(0),
          loopUntil(y, lines, 1, [
            next.set(0),
            loopUntil(next, columns, 4, [
              x.set(minimum(next, i32.sub(columns, 4))),
              from.set(i32.add(i32.add(image, i32.mul(i32.shl(y, 1), rowStep)), i32.shl(x, 3))),
              to.set(i32.add(row, i32.shl(x, 2))),
              ...rows,
              ...across,
            ]),
            row.set(i32.add(row, i32.shl(columns, 2))),
          ]),
          image.set(i32.add(image, planeStep)),
        ]),
      ];
    },
  );
}

/** `(m, lines, columns, sums, sumStep, c, cStep, bias)`; lines and columns of results. */
type TransformResult = Func<Words<8>, "void">;

/** Adds a function that writes `Aᵀ s A + bias` of all tiles, whose 16 sums are `sumStep` apart. */
function addTransformResult(assembler: Assembler, lanes: FloatLanes): TransformResult {
  return assembler.func(
    null,
    words(8),
    "void",
    (f, m, lines, columns, sums, sumStep, c, cStep, bias) => {
      const [y, next, x, width, row, from, to, line, tail, i] = f.locals("i32", 10);
      const s = f.locals("v128", 4);
      const upper = f.locals("v128", 4);
      const lower = f.locals("v128", 4);
      const [add, even, odd, last] = f.locals("v128", 4);
      const columnsOf: Body = [0, 1, 2, 3].flatMap((j) => [
        ...[0, 1, 2, 3].flatMap((r) => [
          s[r].set(v128.load(i32.add(from, i32.mul(sumStep, 4 * r + j)))),
        ]),
        upper[j].set(f32x4.add(f32x4.add(s[0], s[1]), s[2])),
        lower[j].set(f32x4.sub(f32x4.sub(s[1], s[2]), s[3])),
      ]);
      const store = (z: Vector[]): Body => [
        even.set(f32x4.add(f32x4.add(f32x4.add(z[0], z[1]), z[2]), add)),
        odd.set(f32x4.add(f32x4.sub(f32x4.sub(z[1], z[2]), z[3]), add)),
        v128.store(to, pick(even, odd, [0, 4, 1, 5])),
        last.set(pick(even, odd, [2, 6, 3, 7])),
        forTail(
          lanes,
          tail,
          [v128.store(to, last, VECTOR)],
          (few) => lanes.storeFirst(few, to, last, VECTOR),
        ),
      ];
      return [
        width.set(i32.shrU(i32.add(columns, 1), 1)),
        line.set(i32.shl(columns, 2)),
        loopUntil(i, m, 1, [
          add.set(f32x4.splat(f32.const(0))),
          when(bias, [add.set(v128.load32Splat(i32.add(bias, i32.shl(i, 2))))]),
          row.set(i32.add(sums, i32.mul(i, i32.shl(sumStep, 4)))),
          y.set(0),
          loopUntil(y, lines, 2, [
            next.set(0),
            loopUntil(next, width, 4, [
              x.set(minimum(next, i32.sub(width, 4))),
              tail.set(0),
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
