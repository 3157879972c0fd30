/**
 * The search for a library that is there, right, and fast.
 *
 * @module
 */

import { LibraryError } from "../../errors.ts";
import { arena } from "../../storage/arena.ts";
import { checkForeign, platform } from "../../storage/foreign.ts";
import { NDArray } from "../../storage/ndarray.ts";
import type { Kernels } from "../kernels.ts";
import { wasm } from "../wasm/mod.ts";
import { type Blas, openBlas } from "./blas.ts";
import { products } from "./matmul.ts";

/** Libraries by operating system, the fastest first. The system looks for names without a folder. */
export const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  darwin: [
    "/System/Library/Frameworks/Accelerate.framework/Accelerate",
    "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    "/usr/local/opt/openblas/lib/libopenblas.dylib",
  ],
  linux: [
    ...["libmkl_rt.so.2", "libmkl_rt.so"],
    ...["libopenblas.so.0", "libopenblasp.so.0", "libopenblas.so"],
    ...["libblis.so.4", "libblis.so"],
    ...["libopenblas64.so.0", "libblis64.so.4"],
    ...["libcblas.so.3", "libblas.so.3"],
  ],
  win32: ["libopenblas.dll", "openblas.dll", "mkl_rt.2.dll", "mkl_rt.dll"],
};

/** Ways to get a fast library, by operating system. */
const REMEDY: Readonly<Record<string, string>> = {
  linux: "install an optimized one, such as Debian's libopenblas0-pthread,",
  darwin: "install OpenBLAS with Homebrew,",
  win32: "put libopenblas.dll on the path,",
};

/** Usable libraries by the path that was asked for; `undefined` asks for the usual ones. */
const found = new Map<string | undefined, Blas>();

/**
 * Opens the library at `path`, or the first usable one of this operating system. A library that has
 * been opened stays open.
 *
 * @throws {LibraryError} if there is none, with the reasons
 */
export function findBlas(path?: string): Blas {
  const known = found.get(path);
  if (known !== undefined) return known;
  const paths = path === undefined ? LIBRARIES[platform()] ?? [] : [path];
  checkForeign(`use the kernels "native"`, `stay with "wasm"`);
  const faults: string[] = [];
  for (const each of paths) {
    try {
      const blas = openBlas(each);
      const fault = faultOf(blas);
      if (fault === null) {
        found.set(path, blas);
        return blas;
      }
      faults.push(path === undefined ? `${each} ${fault}` : `it ${fault}`);
    } catch (error) {
      // Most of the usual libraries are not there; of one that was asked for, the reason matters.
      if (path !== undefined) faults.push((error as Error).message.trim());
    }
  }
  const reason = faults.length > 0
    ? faults.join("; ")
    : `none of ${paths.join(", ")} can be opened`;
  const remedy = REMEDY[platform()] ?? "";
  throw new LibraryError(
    `Cannot use the kernels "native"${path === undefined ? "" : ` with ${path}`}: ${reason}; ` +
      `${remedy} or name another by setKernels("native", { library: path })`,
  );
}

/** Sizes of squares: one that is worth a call, and one that takes a millisecond. */
const [SMALL, LARGE] = [64, 256];

/** Runs, of which the fastest counts: other programs slow some of them. */
const RUNS = 3;

/** The most times that these runs are made, while the library looks slow. */
const ATTEMPTS = 6;

/** A library that takes longer than this many times as long as WebAssembly is refused. */
const TOLERATED = 1.5;

/** Returns the fault of a library, or null. */
function faultOf(blas: Blas): string | null {
  const native = { ...wasm, ...products(blas) };
  if (!isRight(native)) return "gives wrong products";
  // To compare takes 20 ms, most of them to compile our product.
  const ratio = blas.isOptimized ? 0 : slowness(native);
  if (ratio <= TOLERATED) return null;
  return `takes ${ratio.toFixed(1)} times as long as "wasm", as plain loops do`;
}

/** A square matrix of small integers. */
function integers(size: number): NDArray {
  const values = Float64Array.from({ length: size * size }, (_, i) => (i * i) % 13 - 6);
  return NDArray.from(values, [size, size], "float32");
}

/** True if the last row of the square of a matrix is right. */
function isRight(kernels: Kernels): boolean {
  const x = integers(SMALL);
  const values = x.values();
  const out = kernels.matmul(x, x, null);
  const row = out.values().slice(-SMALL);
  for (const { storage } of [x, out]) arena.free(storage, "temporary");
  return row.every((value, column) => {
    let sum = 0;
    for (let i = 0; i < SMALL; i++) {
      sum += values[(SMALL - 1) * SMALL + i] * values[i * SMALL + column];
    }
    return value === sum;
  });
}

/** Time of the square of a matrix as a multiple of that in WebAssembly. */
function slowness(native: Kernels): number {
  const x = integers(LARGE);
  let [ratio, ours, theirs] = [Infinity, Infinity, Infinity];
  for (let attempt = 0; attempt < ATTEMPTS && ratio > TOLERATED; attempt++) {
    theirs = Math.min(theirs, timeOf(native, x));
    ours = Math.min(ours, timeOf(wasm, x));
    ratio = theirs / ours;
  }
  arena.free(x.storage, "temporary");
  return ratio;
}

/** Milliseconds of the fastest square of `x`. */
function timeOf(kernels: Kernels, x: NDArray): number {
  let fastest = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    const out = kernels.matmul(x, x, null);
    fastest = Math.min(fastest, performance.now() - start);
    arena.free(out.storage, "temporary");
  }
  return fastest;
}
