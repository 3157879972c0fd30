/**
 * The fast backend: SIMD kernels, written at run time and run in place on the tensor memory. For what
 * it has no kernel of its own, it takes the reference backend's.
 *
 * One op from formula to bytes: `relu` of a float32 tensor.
 *
 * 1. `ops/activation.ts` defines it by a formula, `k.where(k.lt(x, 0), 0, x)`. `../formula.ts` calls
 *    that with symbols and keeps the expression: a tree of names, inputs and constants.
 * 2. `map` in `kernels/map.ts` computes the op. It looks for a kernel of this formula, these dtypes and
 *    these layouts in `kernels/map_cache.ts`, which has one after the first call.
 * 3. On the first call, `kernels/map_kernel.ts` writes the loop: load four floats, compute, store.
 * 4. `simd/lower.ts` turns the expression into instructions on vectors, here `f32x4.lt` and
 *    `v128.bitselect`; functions such as `exp` are in `simd/math_f32.ts`. `simd/lanes.ts` defines
 *    how a vector is divided, `simd/elements.ts` turns other dtypes into floats and back, and
 *    `simd/writer.ts` moves constants out of the loop.
 * 5. `assembler/` encodes it: an instruction is a function of its operands (`code.ts`, `scalars.ts`,
 *    `vectors.ts`, `control.ts`), and `assembler.ts` makes the bytes of a module.
 * 6. `compile` in `threads/instances.ts` instantiates the module on the tensor memory, and numbers its
 *    functions so that other threads can be told which one to run.
 * 7. Back in `kernels/map.ts`, `sweep` cuts the elements into ranges. `parallel` in `threads/pool.ts`
 *    computes the first one and hands the others to workers: `threads/worker_handle.ts` writes the
 *    calls into the shared memory, where the loop of `threads/worker.ts` finds them.
 *
 * A matrix product has no formula; its loops are written once, in four files:
 *
 * 1. `kernels/matmul.ts` reads shapes and strides, and shares rows or columns among threads.
 * 2. `kernels/gemm.ts` cuts the operands into blocks for the caches, which `kernels/pack.ts` copies.
 * 3. `kernels/panel.ts` multiplies a tile of rows by a panel of vectors: the innermost loop.
 * 4. `simd/lanes.ts` has the instructions of a vector: four floats, or two doubles.
 *
 * @module
 */

import type { Kernels } from "../kernels.ts";
import { reference } from "../reference/mod.ts";
import { convolutions } from "./kernels/conv.ts";
import { counts } from "./kernels/count.ts";
import { distances } from "./kernels/distances.ts";
import { fastMath } from "./kernels/fast_math.ts";
import { indexing } from "./kernels/indexing.ts";
import { linearAlgebra } from "./kernels/linalg.ts";
import { maps } from "./kernels/map.ts";
import { products } from "./kernels/matmul.ts";
import { pooling } from "./kernels/pooling.ts";
import { orthogonal } from "./kernels/qr.ts";
import { randomness } from "./kernels/random.ts";
import { reductions } from "./kernels/reduce.ts";
import { scans } from "./kernels/scan.ts";
import { softmaxes } from "./kernels/softmax.ts";
import { sorting } from "./kernels/sort.ts";
import { decompositions } from "./kernels/svd.ts";
import { threading } from "./threads/pool.ts";

/** The WebAssembly backend. */
export const wasm: Kernels = {
  ...reference,
  name: "wasm",
  ...threading,
  ...fastMath,
  ...randomness,
  ...maps,
  ...reductions,
  ...scans,
  ...counts,
  ...softmaxes,
  ...products,
  ...convolutions,
  ...pooling,
  ...indexing,
  ...sorting,
  ...distances,
  ...linearAlgebra,
  ...orthogonal,
  ...decompositions,
};
