/**
 * Running totals and extremes.
 *
 * @module
 */

import { type DType, DTYPES } from "../../../dtype.ts";
import type { Kernels, ScanKind } from "../../kernels.ts";
import { scans as reference } from "../../reference/scan.ts";
import type { Code, Local } from "../assembler/code.ts";
import { loopUntil } from "../assembler/control.ts";
import { f32, f64, i32 } from "../assembler/scalars.ts";
import { axisBack, axisLast, makeContiguous } from "./map.ts";
import { compilePlaces } from "./reduce_kernel.ts";
import { compile, type Kernel } from "../threads/instances.ts";
import { NANOSECONDS, parallel, threadsFor } from "../threads/pool.ts";
import { arena } from "../../../storage/arena.ts";
import { beginKernel, type NDArray } from "../../../storage/ndarray.ts";

/** The dtypes of totals; `ops/reduction.ts` widens the others to int32. */
type TotalDType = "float32" | "float64" | "int32";

/** Scans. */
export const scans: Pick<Kernels, "scan" | "argScan"> = {
  scan(kind, x, axis, dtype): NDArray {
    const isTotal = dtype === "float32" || dtype === "float64" || dtype === "int32";
    if (x.size === 0 || x.shape.length === 0 || !isTotal) {
      return reference.scan(kind, x, axis, dtype);
    }
    return alongLines(kernelFor(kind, dtype), x, axis, dtype, dtype);
  },

  argScan(kind, x, axis): NDArray {
    if (x.size === 0 || x.shape.length === 0) return reference.argScan(kind, x, axis);
    const index = DTYPES[x.dtype].rank * 2 + Number(kind === "max");
    searches[index] ??= compilePlaces(kind, x.dtype, true);
    return alongLines(searches[index], x, axis, x.dtype, "int32");
  },
};

/** Runs `(x, out, rows, columns)` on `x`, as `from`, with `axis` as the last one; gives `dtype`. */
function alongLines(kernel: Kernel, x: NDArray, axis: number, from: DType, dtype: DType): NDArray {
  const lines = axisLast(x, axis);
  const dense = makeContiguous(lines, from);
  const out = beginKernel([dense], lines.shape, dtype);
  const length = x.shape[axis];
  const threads = threadsFor(x.size * NANOSECONDS.search);
  parallel(threads, x.size / length, (first, last, call) => {
    const start = dense.ptr + first * length * DTYPES[from].bytes;
    const to = out.ptr + first * length * DTYPES[dtype].bytes;
    call(kernel, start, to, last - first, length);
  });
  if (dense.storage !== x.storage) arena.free(dense.storage, "temporary");
  return axisBack(out, axis);
}

/** The instructions for totals of type `T`. */
interface Totals<T extends "f64" | "i32"> {
  readonly const: (value: number) => Code<T>;
  readonly add: (total: Local<T>, value: Code<T>) => Code<T>;
  readonly mul: (total: Local<T>, value: Code<T>) => Code<T>;
  readonly load: (address: Local<"i32">) => Code<T>;
  readonly store: (address: Local<"i32">, total: Local<T>) => Code<"void">;
}

/** float32 in float64, so that long sums keep their digits. */
const singles: Totals<"f64"> = {
  ...f64,
  load: (address) => f64.promoteF32(f32.load(address)),
  store: (address, total) => f32.store(address, f32.demoteF64(total)),
};

const compiled: Kernel[] = [];
const searches: Kernel[] = [];

function kernelFor(kind: ScanKind, dtype: TotalDType): Kernel {
  return compiled[DTYPES[dtype].rank * 2 + Number(kind === "prod")] ??= dtype === "int32"
    ? compileScan(kind, 4, "i32", i32)
    : dtype === "float32"
    ? compileScan(kind, 4, "f64", singles)
    : compileScan(kind, 8, "f64", f64);
}

/** Compiles `(x, out, rows, columns)`: the running totals of each row of a dense matrix. */
function compileScan<T extends "f64" | "i32">(
  kind: ScanKind,
  bytes: number,
  type: T,
  totals: Totals<T>,
): Kernel {
  return compile((assembler) =>
    assembler.procedure("scan", 4, (f, x, out, rows, columns) => {
      const [row, column] = f.locals("i32", 2);
      const total = f.local(type);
      return [
        loopUntil(row, rows, 1, [
          total.set(totals.const(kind === "sum" ? 0 : 1)),
          column.set(0),
          loopUntil(column, columns, 1, [
            total.set((kind === "sum" ? totals.add : totals.mul)(total, totals.load(x))),
            totals.store(out, total),
            x.set(i32.add(x, bytes)),
            out.set(i32.add(out, bytes)),
          ]),
        ]),
      ];
    })
  ).scan;
}
