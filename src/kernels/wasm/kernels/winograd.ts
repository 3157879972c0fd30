/**
 * Convolutions with windows of 3 × 3 in fewer multiplications, by transformed tiles.
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
 * most of the work that remains is 16 matrix products, `[m, k] · [k, tiles]`. With 16 channels or more on
 * either side it takes 0.5–0.7 of the time.
 *
 * Rounding errors are of the same size as by the definition, where elements of a tile are of one
 * size; but a result may feel the rounding of a large element one beyond its own window. So that
 * infinities and NaN do not spread in the same way, images with elements from {@link LARGE} on are
 * left to the definition.
 *
 * The transforms take four tiles of a line at once, each two columns after the one before.
 *
 * Source: Lavin and Gray, "Fast algorithms for convolutional neural networks" (2016),
 * https://arxiv.org/abs/1509.09308, section 4.1.
 *
 * @module
 */

import type { FloatDType } from "../../../dtype.ts";
import type { Convolution } from "../../kernels.ts";
import type { Assembler, Func, Procedure } from "../assembler/assembler.ts";
import type { Body, Code, Local } from "../assembler/code.ts";
import { type I32, loopUntil, loopWhile, minimum, ret, when } from "../assembler/control.ts";
import { f32, i32 } from "../assembler/scalars.ts";
import { f32x4, i32x4, v128 } from "../assembler/vectors.ts";
import { DEPTH } from "./gemm.ts";
import type { ImageLayout } from "./image.ts";
import { vectorsFor } from "./pack.ts";
import { choose, emitProductPanels, panelFor } from "./panel.ts";
import {
  forTail,
  interleaveHigh,
  interleaveLow,
  type Lanes,
  shuffle,
  VECTOR,
  type Vector,
} from "../simd/lanes.ts";
import type { Exports } from "../threads/instances.ts";
import type { Call } from "../threads/pool.ts";

/** With fewer channels on either side, transforms take as long as they save. */
const LEAST_CHANNELS = 8;

/** Elements of a window. */
const TAPS = 9;

/** Channels of a group, of the image and of the result, and the columns of the result. */
interface Sizes {
  readonly from: number;
  readonly to: number;
  readonly columns: number;
}

/** Some channels of a result, and their addresses. */
interface Place {
  /** The first channel, and how many. */
  readonly start: number;
  readonly count: number;
  readonly lines: number;
  /** Addresses of the image, of the result, of the bias or 0, and of scratch memory. */
  readonly image: number;
  readonly out: number;
  readonly bias: number;
  readonly scratch: number;
}

/** The weights of a convolution, transformed if that saves time. */
export class Tiles {
  /** Bytes for the transformed weights. */
  readonly weightBytes: number;
  /** Bytes of scratch memory for each thread. */
  readonly threadBytes: number;
  /** Bytes that must be readable behind an image: tiles may reach beyond it by a row. */
  readonly imageBytes: number;
  readonly #sizes: Sizes;
  readonly #layout: ImageLayout;
  /** Bytes of the weights before they are transformed, by taps: from one product to the next. */
  readonly #step: number;
  /** Address of the transformed weights; 0 if they are not used. */
  #weights = 0;

  /** @param count the number of weights */
  constructor(
    dtype: FloatDType,
    window: Convolution,
    sizes: Sizes,
    layout: ImageLayout,
    count: number,
  ) {
    const pays = isThreeByThree(window) && dtype === "float32" &&
      Math.min(sizes.from, sizes.to) >= LEAST_CHANNELS && sizes.columns >= LEAST_COLUMNS;
    this.#sizes = sizes;
    this.#layout = layout;
    this.#step = 4 * count / TAPS;
    this.weightBytes = pays ? PRODUCTS * this.#step : 0;
    this.threadBytes = pays ? winogradScratch(sizes.to, sizes.from, sizes.columns) : 0;
    this.imageBytes = pays ? layout.rowStep : 0;
  }

  /** Transforms the dense weights at `from`, turned by 180° if `isTurned`, to the address `to`. */
  transform(kernels: Exports, from: number, to: number, isTurned: boolean): void {
    if (this.weightBytes === 0) return;
    const count = this.#step / 4;
    const areBounded = kernels.winogradWeights(count, from, to, this.#step, Number(isTurned));
    this.#weights = areBounded === 1 ? to : 0;
  }

  /**
   * Computes a result by tiles if they are used. Returns the address of a word that tells `convolve`
   * whether it is done; or 0.
   */
  convolve(call: Call, kernels: Exports, place: Place): number {
    if (this.#weights === 0) return 0;
    const { start, count, lines, image, out, bias, scratch } = place;
    const { from, columns } = this.#sizes;
    const { planeStep, rowStep } = this.#layout;
    call(
      ...[kernels.winograd, count, from, lines, columns] as const,
      this.#weights + start * from * 4,
      ...[this.#step, image, planeStep, rowStep, out, lines * columns * 4, bias, scratch],
    );
    return scratch;
  }
}

/** Returns true for windows of 3 × 3 neighbours, a stride of 1, and borders from 0 to 2. */
export function isThreeByThree({ kernel, stride, dilation, padding }: Convolution): boolean {
  return kernel.every((size) => size === 3) && padding.every((size) => size >= 0 && size <= 2) &&
    [...stride, ...dilation].every((step) => step === 1);
}

/** Elements of a transformed tile: one for each matrix product. */
export const PRODUCTS = 16;

const FOUR = [0, 1, 2, 3] as const;

/**
 * Adds the function `winogradImage(k, lines, columns, image, planeStep, rowStep, v, step)`: writes
 * `Bᵀ d B` of `lines × columns` tiles as `v [16, k, tiles]`.
 */
function emitTransformImage(assembler: Assembler): Procedure<8> {
  return assembler.procedure("winogradImage", 8, (f, ...parameters) => {
    const [k, lines, columns, image, planeStep, rowStep, v, step] = parameters;
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
        return d[j].set(shuffle(loaded[j >> 1], loaded[2 + (j >> 1)], lanes));
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
  });
}

/**
 * Adds the function `winogradResult(m, lines, columns, sums, step, c, cStep, bias)`: writes
 * `Aᵀ s A + bias` of all tiles of `sums [m, 16, tiles]`, as `lines × columns` results.
 */
function emitTransformResult(assembler: Assembler, lanes: Lanes): Procedure<8> {
  return assembler.procedure("winogradResult", 8, (f, ...parameters) => {
    const [m, lines, columns, sums, step, c, cStep, bias] = parameters;
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
        v128.store(to, interleaveLow(even, odd)),
        last.set(interleaveHigh(even, odd)),
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
  });
}

/** A line of results must be wide enough for a vector of tiles. */
export const LEAST_COLUMNS = 7;

/** Elements from here on may leave the range of float32 when they are transformed and multiplied. */
export const LARGE_ELEMENT: number = 2 ** 50;

/** The bits of 2⁵⁰: no sum of products of transformed numbers below leaves the range of float32. */
const LARGE = 0x58800000;

/** Lines of tiles are taken together up to this many tiles, so that their transforms fit the cache. */
const STRIP = 64;

/** Bytes of scratch memory for `winograd` with m channels of the result and k of the image. */
function winogradScratch(m: number, k: number, columns: number): number {
  const line = Math.ceil(columns / 2);
  const tiles = line * Math.max(1, Math.floor(STRIP / line));
  return VECTOR + PRODUCTS * (m + k) * (tiles * 4 + 2 * VECTOR);
}

/** `(from, bytes)`: 1 if all elements are below 2⁵⁰ in size, otherwise 0. */
type AreBounded = Func<readonly ["i32", "i32"], "i32">;

function emitAreBounded(assembler: Assembler): AreBounded {
  return assembler.func(null, ["i32", "i32"], "i32", (f, from, bytes) => {
    const last = f.local("i32");
    const [size, most] = f.locals("v128", 2);
    const take = (address: I32) => most.set(i32x4.maxS(most, v128.and(v128.load(address), size)));
    const isBounded = [0, 1, 2, 3].map((lane) => i32.ltS(i32x4.extractLane(most, lane), LARGE));
    return [
      size.set(i32x4.splat(i32.const(0x7fffffff))),
      last.set(i32.sub(i32.add(from, bytes), VECTOR)),
      loopUntil(from, last, VECTOR, [take(from)]),
      take(last),
      isBounded.reduce((a, b) => i32.and(a, b)),
    ];
  });
}

/** Returns the writers of the functions of this file. */
export function winogradWriters(lanes: Lanes) {
  return {
    winogradWeights: emitTransformWeights,
    winogradImage: emitTransformImage,
    winogradResult: (assembler: Assembler) => emitTransformResult(assembler, lanes),
    winograd: (assembler: Assembler) => emitConvolveTiles(assembler, lanes),
  };
}

/**
 * Adds the function `winogradWeights(count, g, u, uStep, isTurned)`: writes `G g Gᵀ` of `count`
 * windows, turned by 180° if `isTurned`, to 16 arrays that are `uStep` bytes apart; returns 1, or 0
 * if some are too large.
 */
function emitTransformWeights(assembler: Assembler): void {
  const areBounded = emitAreBounded(assembler);
  const parameters = ["i32", "i32", "i32", "i32", "i32"] as const;
  assembler.func("winogradWeights", parameters, "i32", (f, count, g, u, uStep, isTurned) => {
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
      areBounded.call(start, all),
    ];
  });
}

/**
 * Adds the function `winograd(m, k, lines, columns, u, uStep, image, planeStep, rowStep, c, cStep,
 * bias, scratch)`: the results `c [m, lines, columns]` of an image with k planes, whose weights are
 * transformed at `u`. `bias` may be 0. `scratch` is memory for {@link winogradScratch}; its first
 * word becomes 1, or 0 if elements are too large and nothing has been computed.
 */
function emitConvolveTiles(assembler: Assembler, lanes: Lanes): void {
  const areBounded = emitAreBounded(assembler);
  const transformImage = emitTransformImage(assembler);
  const multiply = emitMultiply(assembler, lanes);
  const transformResult = emitTransformResult(assembler, lanes);
  assembler.procedure("winograd", 13, (f, ...parameters) => {
    const [m, k, lines, columns, u, uStep, image, planeStep, rowStep, c, cStep, bias, scratch] =
      parameters;
    const [y, line, strip, end, here, tiles, step, sums] = f.locals("i32", 8);
    return [
      i32.store(scratch, areBounded.call(image, i32.mul(planeStep, k))),
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
  });
}

/**
 * Adds `(m, k, tiles, u, uStep, v, sums, step)`: multiplies 16 matrices `u [m, k]` by as many
 * `v [k, tiles]`, one after the other, to `sums [m, 16, tiles]`. Rows of `v` and of the sums are
 * `step` bytes apart.
 */
function emitMultiply(assembler: Assembler, lanes: Lanes): Procedure<8> {
  const panels = emitProductPanels(assembler, lanes, "vectors");
  return assembler.procedure(null, 8, (f, m, k, tiles, u, uStep, v, sums, step) => {
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
