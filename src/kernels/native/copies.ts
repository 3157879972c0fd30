/**
 * Copies around the calls of a library, in WebAssembly.
 *
 * @module
 */

import type { FloatDType } from "../../dtype.ts";
import type { Assembler } from "../wasm/assembler/assembler.ts";
import { loopUntil } from "../wasm/assembler/control.ts";
import { i32 } from "../wasm/assembler/scalars.ts";
import { v128 } from "../wasm/assembler/vectors.ts";
import { emitCopyBlock } from "../wasm/kernels/layout.ts";
import { FLOAT_LANES, forTail, type Lanes, VECTOR } from "../wasm/simd/lanes.ts";
import { compile, type Exports } from "../wasm/threads/instances.ts";

const compiled: Partial<Record<FloatDType, Exports>> = {};

/** The functions `copyBlock` (see `emitCopyBlock`) and `addBlock` for elements of `dtype`. */
export function copyKernels(dtype: FloatDType): Exports {
  return compiled[dtype] ??= compile((assembler) => {
    emitCopyBlock(assembler, FLOAT_LANES[dtype]);
    emitAddBlock(assembler, FLOAT_LANES[dtype]);
  });
}

/**
 * Adds the function `addBlock(planes, rows, columns, from, fromPlane, fromRow, to, toPlane, toRow)`,
 * which adds a block to another; columns are side by side, steps in bytes.
 */
function emitAddBlock(assembler: Assembler, lanes: Lanes): void {
  assembler.procedure("addBlock", 9, (f, planes, rows, columns, ...blocks) => {
    const [from, fromPlane, fromRow, to, toPlane, toRow] = blocks;
    const [plane, row, column, source, target, tail, whole] = f.locals("i32", 7);
    const sum = f.local("v128");
    return [
      tail.set(i32.and(columns, lanes.count - 1)),
      whole.set(i32.sub(columns, tail)),
      loopUntil(plane, planes, 1, [
        row.set(0),
        loopUntil(row, rows, 1, [
          source.set(i32.add(from, i32.mul(row, fromRow))),
          target.set(i32.add(to, i32.mul(row, toRow))),
          column.set(0),
          loopUntil(column, whole, lanes.count, [
            v128.store(target, lanes.add(v128.load(target), v128.load(source))),
            source.set(i32.add(source, VECTOR)),
            target.set(i32.add(target, VECTOR)),
          ]),
          sum.set(lanes.add(v128.load(target), v128.load(source))),
          forTail(lanes, tail, [], (few) => lanes.storeFirst(few, target, sum, 0)),
        ]),
        from.set(i32.add(from, fromPlane)),
        to.set(i32.add(to, toPlane)),
      ]),
    ];
  });
}
