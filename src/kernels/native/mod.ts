/**
 * The backend that computes products with a library of the machine: Accelerate, MKL, OpenBLAS, BLIS.
 * For everything else it takes the WebAssembly backend.
 *
 * The library works on the tensor memory itself, so nothing is copied. One product from call to C:
 *
 * 1. `library.ts` has looked for a library when `setKernels("native")` was called, and refused those
 *    that are slower than WebAssembly.
 * 2. `matmul.ts` reads shapes and strides, and shares the result among threads.
 * 3. `blas.ts` has the function of the library, for each thread.
 * 4. `src/storage/foreign.ts` calls it, by the means of Deno or Bun.
 *
 * Equal seeds give equal bits on one machine with one library for one number of threads, and not
 * beyond: libraries choose their kernels, and with them the order of sums, by the processor.
 *
 * @module
 */

import type { Kernels } from "../kernels.ts";
import { wasm } from "../wasm/mod.ts";
import { convolutions } from "./conv.ts";
import { findBlas } from "./library.ts";
import { products } from "./matmul.ts";

/**
 * The native backend.
 *
 * @param path the library; the usual ones of the operating system are tried if it is left out
 * @throws {LibraryError} if none can be used
 */
export function native(path?: string): Kernels {
  const blas = findBlas(path);
  return {
    ...wasm,
    name: "native",
    library: blas.library,
    ...products(blas),
    ...convolutions(blas),
  };
}
