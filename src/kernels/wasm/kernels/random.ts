/**
 * Random words, and normal numbers.
 *
 * @module
 */

import type { Kernels } from "../../kernels.ts";
import type { Assembler } from "../assembler/assembler.ts";
import type { Code, Local } from "../assembler/code.ts";
import { loopUntil } from "../assembler/control.ts";
import { i32, i64 } from "../assembler/scalars.ts";
import { v128 } from "../assembler/vectors.ts";
import { RANDOM_BLOCKS } from "../scratch.ts";
import { FLOAT_LANES, joinHigh, joinLow } from "../simd/lanes.ts";
import { normalPair } from "../simd/math_normal.ts";
import { Writer } from "../simd/writer.ts";
import { compile, type Kernel } from "../threads/instances.ts";
import { M0, M1, ROUNDS, W0, W1 } from "../../../math/philox.ts";
import { wasmMemory } from "../../../storage/wasm_memory.ts";

let fill: Kernel | undefined;
let bounds: Kernel | undefined;
let normals: Kernel | undefined;

/** Random words in a tenth of the time: WebAssembly multiplies words to 64 bits at once. */
export const randomness: Pick<Kernels, "randomBlocks" | "boundedBlocks" | "normalBlocks"> = {
  randomBlocks(seed, first, count): Uint32Array {
    fill ??= compile(emitFill).fill;
    const [counter, key] = [first, seed].map((value) => [value | 0, (value / 2 ** 32) | 0]);
    fill(RANDOM_BLOCKS, count, ...counter, ...key);
    return new Uint32Array(wasmMemory.memory.buffer, RANDOM_BLOCKS, 4 * count);
  },

  boundedBlocks(seed, first, count, range): Uint32Array {
    bounds ??= compile(emitBounds).bounds;
    randomness.randomBlocks(seed, first, count);
    bounds(RANDOM_BLOCKS, RANDOM_BLOCKS + 16 * count, range);
    return new Uint32Array(wasmMemory.memory.buffer, RANDOM_BLOCKS, 2 * count);
  },

  normalBlocks(seed, first, count): Float64Array {
    normals ??= compile(emitNormals).normals;
    randomness.randomBlocks(seed, first, count);
    normals(RANDOM_BLOCKS, RANDOM_BLOCKS + 16 * count);
    return new Float64Array(wasmMemory.memory.buffer, RANDOM_BLOCKS, 2 * count);
  },
};

/** Adds `fill(out, count, c0, c1, k0, k1)`: `count` blocks from counter c on under the key k. */
function emitFill(assembler: Assembler): void {
  assembler.procedure("fill", 6, (f, out, count, c0, c1, k0, k1) => {
    const [i, a, b, c, d, key0, key1] = f.locals("i32", 7);
    const [product0, product1] = f.locals("i64", 2);
    const round = [
      product0.set(i64.mul(i64.extendI32U(a), i64.const(BigInt(M0)))),
      product1.set(i64.mul(i64.extendI32U(c), i64.const(BigInt(M1)))),
      a.set(i32.xor(i32.xor(upper(product1), b), key0)),
      b.set(i32.wrapI64(product1)),
      c.set(i32.xor(i32.xor(upper(product0), d), key1)),
      d.set(i32.wrapI64(product0)),
      key0.set(i32.add(key0, W0 | 0)),
      key1.set(i32.add(key1, W1 | 0)),
    ];
    return [
      loopUntil(i, count, 1, [
        ...[a.set(c0), b.set(c1), c.set(0), d.set(0), key0.set(k0), key1.set(k1)],
        ...Array.from({ length: ROUNDS }, () => round).flat(),
        ...[a, b, c, d].map((word, n) => i32.store(out, word, 4 * n)),
        out.set(i32.add(out, 16)),
        c0.set(i32.add(c0, 1)),
        c1.set(i32.add(c1, i32.eqz(c0))),
      ]),
    ];
  });
}

/**
 * Adds `bounds(from, end, range)`, which replaces each two words, as r of 64 bits, by r · range / 2⁶⁴, at the
 * start of the same memory.
 */
function emitBounds(assembler: Assembler): void {
  assembler.func("bounds", ["i32", "i32", "f64"], "void", (f, at, end, range) => {
    const [factor, low, out] = [f.local("i64"), f.local("i64"), f.local("i32")];
    const product = (offset: number) => i64.mul(i64.extendI32U(i32.load(at, offset)), factor);
    return [
      factor.set(i64.truncSatF64S(range)),
      out.set(at),
      loopUntil(at, end, 8, [
        low.set(i64.shrU(product(0), i64.const(32n))),
        i32.store(out, i32.wrapI64(i64.shrU(i64.add(product(4), low), i64.const(32n)))),
        out.set(i32.add(out, 4)),
      ]),
    ];
  });
}

/**
 * Adds `normals(from, end)`, which replaces blocks of random words by two normal numbers each. Blocks are
 * taken in pairs: there is room for one more when their number is odd.
 */
export function emitNormals(assembler: Assembler): void {
  assembler.procedure("normals", 2, (f, at, end) => {
    const w = new Writer(f, FLOAT_LANES.float64);
    const [first, second] = [w.let(v128.load(at)), w.let(v128.load(at, 16))];
    const pair = normalPair(w, w.let(joinLow(first, second)), w.let(joinHigh(first, second)));
    const body = w.take();
    return [
      ...w.head,
      loopUntil(at, end, 32, [
        ...body,
        v128.store(at, joinLow(...pair)),
        v128.store(at, joinHigh(...pair), 16),
      ]),
    ];
  });
}

/** The upper half of a product. */
function upper(product: Local<"i64">): Code<"i32"> {
  return i32.wrapI64(i64.shrU(product, i64.const(32n)));
}
