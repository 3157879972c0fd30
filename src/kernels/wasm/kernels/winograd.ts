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
 * definition has 36. The transform of a channel of the image serves all channels of the result, so
 * most of what is left are 16 matrix products, `[m, k] · [k, tiles]`. With 16 channels or more on
 * either side it takes 0.5–0.7 of the time.
 *
 * Rounding errors are of the same size as by the definition, where elements of a tile are of one
 * size; but a result may feel the rounding of a large element one beyond its own window. So that
 * infinities and NaN do not spread in the same way, images with elements from {@link LARGE} on are
 * left to the definition.
 *
 * Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016),
 * https://arxiv.org/abs/1509.09308, section 4.1.
 *
 * @module
 */

import type { Assembler, Func } from "../assembler/assembler.ts";
import type { Body, Code, Local } from "../assembler/code.ts";
import { loopUntil, loopWhile, ret, when } from "../assembler/control.ts";
import { type FloatLanes, VECTOR } from "../simd/float_lanes.ts";
import { DEPTH } from "./gemm.ts";
import { type I32, minimum, type Words, words } from "../assembler/integers.ts";
import { vectorsFor } from "./pack.ts";
import { addProductPanel, choose, PANEL, panelFor } from "./panel.ts";
import { f32, i32 } from "../assembler/scalars.ts";
import { i32x4, v128 } from "../assembler/vectors.ts";
import { addTransformImage, addTransformResult, PRODUCTS } from "./winograd_transforms.ts";

/** A line of results must be wide enough for a vector of tiles. */
export const LEAST_COLUMNS = 7;

/** The bits of 2⁵⁰: no sum of products of transformed numbers below leaves the range of float32. */
const LARGE = 0x58800000;

/** Lines of tiles are taken together up to so many tiles: what they become fits into the cache. */
const STRIP = 64;

/** Bytes of scratch memory for `winograd` with m channels of the result and k of the image. */
export function winogradScratch(m: number, k: number, columns: number): number {
  const line = Math.ceil(columns / 2);
  const tiles = line * Math.max(1, Math.floor(STRIP / line));
  return VECTOR + PRODUCTS * (m + k) * (tiles * 4 + 2 * VECTOR);
}

/** `(from, bytes)`: whether all elements are below 2⁵⁰ in size. */
type AreModest = Func<Words<2>, "i32">;

function addAreModest(assembler: Assembler): AreModest {
  return assembler.func(null, words(2), "i32", (f, from, bytes) => {
    const last = f.local("i32");
    const [size, most] = f.locals("v128", 2);
    const take = (address: I32) => most.set(i32x4.maxS(most, v128.and(v128.load(address), size)));
    const isModest = [0, 1, 2, 3].map((lane) => i32.ltS(i32x4.extractLane(most, lane), LARGE));
    return [
      size.set(i32x4.splat(i32.const(0x7fffffff))),
      last.set(i32.sub(i32.add(from, bytes), VECTOR)),
      loopUntil(from, last, VECTOR, [take(from)]),
      take(last),
      isModest.reduce((a, b) => i32.and(a, b)),
    ];
  });
}

/** Adds the functions `winogradWeights` and `winograd`. */
export function addWinograd(assembler: Assembler, lanes: FloatLanes): void {
  const areModest = addAreModest(assembler);
  addTransformWeights(assembler, areModest);
  addConvolveTiles(assembler, lanes, areModest);
}

/**
 * Adds the function `winogradWeights(count, g, u, uStep, isTurned)`: writes `G g Gᵀ` of `count`
 * windows, turned by 180° if `isTurned`, to 16 arrays that are `uStep` bytes apart; returns 1, or 0
 * if some are too large.
 */
function addTransformWeights(assembler: Assembler, areModest: AreModest): void {
  assembler.func("winogradWeights", words(5), "i32", (f, count, g, u, uStep, isTurned) => {
    const w = f.locals("f32", 9);
    const t = f.locals("f32", 12);
    const half = f.local("f32");
    const [start, all, at, step, to] = f.locals("i32", 5);
    /** The product of G and a column. */
    const transform = (a: Local<"f32">, b: Local<"f32">, c: Local<"f32">): Code<"f32">[] => {
      const ends = f32.add(a, c);
      return [a, f32.mul(half, f32.add(ends, b)), f32.mul(half, f32.sub(ends, b)), c];
    };
    const columns: Body = [0, 1, 2].flatMap((j) =>
      transform(w[j], w[3 + j], w[6 + j]).map((value, i) => t[3 * i + j].set(value))
    );
    const rows: Body = [0, 1, 2, 3].flatMap((i) =>
      transform(t[3 * i], t[3 * i + 1], t[3 * i + 2]).flatMap((value) => [
        f32.store(to, value),
        to.set(i32.add(to, uStep)),
      ])
    );
    return [
      start.set(g),
      all.set(i32.mul(count, 36)),
      half.set(f32.const(0.5)),
      step.set(4),
      when(isTurned, [step.set(-4), g.set(i32.add(g, 32))]),
      loopWhile(count, [
        at.set(g),
        ...w.flatMap((x) => [x.set(f32.load(at)), at.set(i32.add(at, step))]),
        ...columns,
        to.set(u),
        ...rows,
        g.set(i32.add(g, 36)),
        u.set(i32.add(u, 4)),
        count.set(i32.sub(count, 1)),
      ]),
      areModest.call(start, all),
    ];
  });
}

/**
 * Adds the function `winograd(m, k, lines, columns, u, uStep, image, planeStep, rowStep, c, cStep,
 * bias, scratch)`: the results `c [m, lines, columns]` of an image with k planes, whose weights are
 * transformed at `u`. `bias` may be 0. `scratch` is memory for {@link winogradScratch}; its first
 * word becomes 1, or 0 if elements are too large and nothing has been computed.
 */
function addConvolveTiles(assembler: Assembler, lanes: FloatLanes, areModest: AreModest): void {
  const transformImage = addTransformImage(assembler);
  const multiply = addMultiply(assembler, lanes);
  const transformResult = addTransformResult(assembler, lanes);
  assembler.func(
    "winograd",
    words(13),
    "void",
    (f, m, k, lines, columns, u, uStep, image, planeStep, rowStep, c, cStep, bias, scratch) => {
      const [y, line, strip, end, here, tiles, step, sums] = f.locals("i32", 8);
      return [
        i32.store(scratch, areModest.call(image, i32.mul(planeStep, k))),
        when(i32.eqz(i32.load(scratch)), [ret()]),
        scratch.set(i32.add(scratch, VECTOR)),
        line.set(i32.shrU(i32.add(columns, 1), 1)),
        end.set(i32.shrU(i32.add(lines, 1), 1)),
        strip.set(i32.divU(i32.const(STRIP), line)),
        when(i32.eqz(strip), [strip.set(1)]),
        loopUntil(y, end, strip, [
          here.set(minimum(i32.sub(end, y), strip)),
          tiles.set(i32.mul(here, line)),
          // Whole vectors, and one that keeps rows from falling into the same lines of the cache.
          step.set(i32.mul(i32.add(vectorsFor(lanes, tiles), 1), VECTOR)),
          sums.set(i32.add(scratch, i32.mul(i32.mul(step, k), PRODUCTS))),
          transformImage.call(k, here, line, image, planeStep, rowStep, scratch, step),
          multiply.call(m, k, tiles, u, uStep, scratch, sums, step),
          transformResult.call(
            ...[m, minimum(i32.sub(lines, i32.shl(y, 1)), i32.shl(here, 1)), columns] as const,
            ...[sums, step, c, cStep, bias] as const,
          ),
          image.set(i32.add(image, i32.mul(rowStep, i32.shl(here, 1)))),
          c.set(i32.add(c, i32.mul(columns, i32.shl(here, 3)))),
        ]),
      ];
    },
  );
}

/** `(m, k, tiles, u, uStep, v, sums, step)` */
type Multiply = Func<Words<8>, "void">;

/**
 * Adds a function that multiplies 16 matrices `u [m, k]` by as many `v [k, tiles]`, one after the
 * other, to `sums [m, 16, tiles]`. Rows of `v` and of the sums are `step` bytes apart.
 */
function addMultiply(assembler: Assembler, lanes: FloatLanes): Multiply {
  const panels = Array.from({ length: PANEL }, (_, i) => addProductPanel(assembler, lanes, i + 1));
  return assembler.func(null, words(8), "void", (f, m, k, tiles, u, uStep, v, sums, step) => {
    const [product, l, depth, left, vectors, a, b, to] = f.locals("i32", 8);
    return [
      loopUntil(product, PRODUCTS, 1, [
        l.set(0),
        loopUntil(l, k, DEPTH, [
          depth.set(minimum(i32.sub(k, l), DEPTH)),
          a.set(i32.add(u, i32.shl(l, 2))),
          b.set(v),
          to.set(sums),
          left.set(vectorsFor(lanes, tiles)),
          loopWhile(left, [
            vectors.set(panelFor(left)),
            ...choose(
              panels,
              vectors,
              (panel) =>
                panel.call(
                  ...[m, depth, a, i32.shl(k, 2), b, step, to, i32.mul(step, PRODUCTS)] as const,
                  ...[0, 0, l] as const,
                ),
            ),
            b.set(i32.add(b, i32.mul(vectors, VECTOR))),
            to.set(i32.add(to, i32.mul(vectors, VECTOR))),
            left.set(i32.sub(left, vectors)),
          ]),
          v.set(i32.add(v, i32.mul(step, depth))),
        ]),
        u.set(i32.add(u, uStep)),
        sums.set(i32.add(sums, step)),
      ]),
    ];
  });
}
