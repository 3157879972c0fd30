/**
 * Convolution as a matrix product whose large operand is read from an image.
 *
 * The image is padded, and its columns are sorted by their remainder modulo the stride (see
 * `image.ts`): then the elements that one tap of the window meets, for neighbouring results of a
 * line, are neighbours too. A table gives for each tap how far from the first element of the window
 * it is.
 *
 * @module
 */

import type { FloatDType } from "../../dtype.ts";
import type { Assembler, Exports } from "./assembler.ts";
import type { Code } from "./code.ts";
import { loopUntil, loopWhile, when } from "./control.ts";
import { addCopyBlock } from "./copy_block.ts";
import { compiledForProducts } from "./fast_math.ts";
import { type FloatLanes, VECTOR } from "./float_lanes.ts";
import { DEPTH } from "./gemm.ts";
import { type I32, minimum, words } from "./integers.ts";
import { addPackPanels, addPackStrip, vectorsFor } from "./pack.ts";
import { addConvolvePanel, addCorrelatePanel, PANEL, WIDEST } from "./panel.ts";
import { i32 } from "./scalars.ts";

/** Calls one of `panels` by the number of its vectors. */
function choose<P>(panels: readonly P[], vectors: I32, call: (panel: P, count: number) => Code) {
  return panels.map((panel, i) => when(i32.eq(vectors, i + 1), [call(panel, i + 1)]));
}

/**
 * Adds the function `convolve(m, k, lines, columns, a, aStep, image, table, lineStep, c, cStep,
 * cLine, bias)`.
 *
 * `c[i][y][x] = bias[i] + Σ a[i][l] · image[y · lineStep + table[l] + x]` for m channels `i`, k taps
 * `l`, and results of `lines × columns`. Steps are in bytes; `bias` may be 0. Products are added in
 * the order of taps within blocks of {@link DEPTH}, then the blocks in order.
 */
export function addConvolve(assembler: Assembler, lanes: FloatLanes): void {
  const panels = Array.from(
    { length: WIDEST },
    (_, i) => addConvolvePanel(assembler, lanes, i + 1),
  );
  const { bytes } = lanes;
  assembler.func(
    "convolve",
    words(13),
    "void",
    (f, m, k, lines, columns, a, aStep, image, table, lineStep, c, cStep, cLine, bias) => {
      const [l, depth, y, left, b, to, vectors, tail] = f.locals("i32", 8);
      return [
        loopUntil(l, k, DEPTH, [
          depth.set(minimum(i32.sub(k, l), DEPTH)),
          y.set(0),
          loopUntil(y, lines, 1, [
            b.set(i32.add(image, i32.mul(y, lineStep))),
            to.set(i32.add(c, i32.mul(y, cLine))),
            left.set(columns),
            loopWhile(i32.gtS(left, 0), [
              vectors.set(vectorsFor(lanes, minimum(left, WIDEST * lanes.count))),
              tail.set(0),
              when(i32.ltS(left, WIDEST * lanes.count), [tail.set(i32.and(left, lanes.count - 1))]),
              ...choose(
                panels,
                vectors,
                (panel) => panel.call(m, depth, a, aStep, b, table, to, cStep, tail, bias, l),
              ),
              b.set(i32.add(b, WIDEST * VECTOR)),
              to.set(i32.add(to, WIDEST * VECTOR)),
              left.set(i32.sub(left, WIDEST * lanes.count)),
            ]),
          ]),
          a.set(i32.add(a, DEPTH * bytes)),
          table.set(i32.add(table, DEPTH * 4)),
          bias.set(0),
        ]),
      ];
    },
  );
}

/**
 * Adds the function `correlate(m, n, lines, columns, image, table, lineStep, g, gColumn, gChannel,
 * c, cStep, right)`.
 *
 * `c[l][j] += Σ image[y · lineStep + table[l] + x] · g[j][y][x]` over `lines × columns`, for m taps
 * `l` and n channels `j`; `c` has whole vectors in a row. Steps are in bytes. `right` is scratch
 * memory for {@link correlateScratch}. Products are added in the order of positions within blocks of
 * lines, then the blocks in order.
 */
export function addCorrelate(assembler: Assembler, lanes: FloatLanes): void {
  const packPanels = addPackPanels(assembler, lanes, addPackStrip(assembler, lanes));
  const panels = Array.from(
    { length: PANEL },
    (_, i) => addCorrelatePanel(assembler, lanes, i + 1),
  );
  assembler.func(
    "correlate",
    words(13),
    "void",
    (f, m, n, lines, columns, image, table, lineStep, g, gColumn, gChannel, c, cStep, right) => {
      const [y, block, here, count, left, b, to, vectors] = f.locals("i32", 8);
      return [
        block.set(i32.divU(DEPTH, columns)),
        when(i32.eqz(block), [block.set(1)]),
        loopUntil(y, lines, block, [
          here.set(minimum(i32.sub(lines, y), block)),
          count.set(i32.mul(here, columns)),
          packPanels.call(g, gColumn, gChannel, count, n, right),
          left.set(n),
          b.set(right),
          to.set(c),
          loopWhile(i32.gtS(left, 0), [
            vectors.set(vectorsFor(lanes, minimum(left, PANEL * lanes.count))),
            ...choose(
              panels,
              vectors,
              (panel, size) =>
                panel.call(m, here, columns, image, table, lineStep, b, size * VECTOR, to, cStep),
            ),
            b.set(i32.add(b, i32.mul(count, PANEL * VECTOR))),
            to.set(i32.add(to, PANEL * VECTOR)),
            left.set(i32.sub(left, PANEL * lanes.count)),
          ]),
          g.set(i32.add(g, i32.mul(gColumn, count))),
          image.set(i32.add(image, i32.mul(here, lineStep))),
        ]),
      ];
    },
  );
}

/** Bytes of scratch memory for `correlate` with n channels and lines of `columns` results. */
export function correlateScratch(lanes: FloatLanes, n: number, columns: number): number {
  return Math.ceil(n / lanes.count) * VECTOR * Math.max(DEPTH, columns);
}

/** `convolve`, `correlate` and `copyBlock` for elements of a dtype. */
export const convolutionKernels: (dtype: FloatDType) => Exports = compiledForProducts(
  (assembler, lanes) => {
    addCopyBlock(assembler, lanes);
    addConvolve(assembler, lanes);
    addCorrelate(assembler, lanes);
  },
);
