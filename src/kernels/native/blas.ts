/**
 * A BLAS: a library with products of matrices.
 *
 * @module
 */

import type { FloatDType } from "../../dtype.ts";
import {
  memoryAddress,
  openLibrary,
  platform,
  type Signatures,
  textAt,
} from "../../storage/foreign.ts";
import type { LibraryDescription } from "../kernels.ts";
import { type Kernel, share } from "../wasm/threads/instances.ts";
import { chooseAgain } from "./openblas.ts";

/** Bits of `form`: the storage of the operands, and the use of the product. */
export const FORM = {
  /** The left operand is stored by columns. */
  leftByColumns: 1,
  /** The right operand is stored by columns. */
  rightByColumns: 2,
  /** The product is added to the result. */
  adds: 4,
} as const;

/** An open library. */
export interface Blas {
  /** Its name, its place, and its kernels. */
  readonly library: LibraryDescription;
  /**
   * `gemm(form, m, k, n, a, aStep, b, bStep, c, cStep, high, low)`: writes the product of `a [m, k]`
   * and `b [k, n]` to `c`, all at addresses in the tensor memory, whose own address for C is
   * `high · 2³² + low`. A step is the number of elements from row to row, or from column to column of
   * what is stored by columns; see {@link FORM}. All threads can call it.
   */
  readonly gemm: Readonly<Record<FloatDType, Kernel>>;
  /** True if a call computes on the thread that calls: then threads can share a product. */
  readonly isSingleThreaded: boolean;
  /** True if it is known to be fast by its name. */
  readonly isOptimized: boolean;
}

/** The functions that make a library use one thread only, and the value that they take. */
interface Limit {
  readonly name: string;
  readonly type: "i32" | "i64";
  readonly value: number;
}

/** All that a thread must know to call a library. */
interface Access {
  readonly path: string;
  /** The end of the names of its functions. */
  readonly suffix: string;
  /** The type of sizes. */
  readonly size: "i32" | "i64";
  readonly limit: Limit | null;
}

/**
 * Opens the products of a library on the thread that calls. Sent to other threads as text, where
 * nothing else of this file exists.
 */
function openProducts(
  open: typeof openLibrary,
  { path, suffix, size, limit }: Access,
): Record<FloatDType, Kernel> {
  if (limit !== null) {
    const symbols = { [limit.name]: { parameters: [limit.type], result: "void" } } as const;
    // Some libraries keep the number for the process, others for each thread.
    open(path, symbols)[limit.name](limit.value);
  }
  const product = (name: string, float: "f32" | "f64"): Kernel => {
    const operand = ["usize", size] as const;
    const sizes = [size, size, size] as const;
    const head = ["i32", "i32", "i32", ...sizes, float, ...operand, ...operand] as const;
    const parameters = [...head, float, ...operand];
    const gemm = open(path, { [name]: { parameters, result: "void" } })[name];
    // Deno passes integers of 64 bits four times as fast as BigInts, and Bun as numbers.
    const address = "Deno" in globalThis ? BigInt : Number;
    const whole = size === "i64" ? address : Number;
    return (form, m, k, n, a, aStep, b, bStep, c, cStep, high, low) => {
      const base = high * 2 ** 32 + (low >>> 0);
      const [left, right] = [form & 1 ? 112 : 111, form & 2 ? 112 : 111];
      const place = (at: number): number | bigint => address(base + (at >>> 0));
      // deno-fmt-ignore -- as the list of parameters
      gemm(
        101, left, right, whole(m), whole(n), whole(k),
        1, place(a), whole(aStep), place(b), whole(bStep),
        form & 4 ? 1 : 0, place(c), whole(cStep),
      );
      return 0;
    };
  };
  return {
    float32: product(`cblas_sgemm${suffix}`, "f32"),
    float64: product(`cblas_dgemm${suffix}`, "f64"),
  };
}

/**
 * Opens the library at `path`.
 *
 * @throws {Error} of the runtime, if there is no such library, or it has no products
 */
export function openBlas(path: string): Blas {
  // In Deno an attempt that fails takes milliseconds, so a library that is missing fails once.
  openLibrary(path, {});
  const suffix = has(path, "cblas_sgemm64_") ? "64_" : "";
  // Every argument takes a register or 8 bytes of the stack here, and a library that reads 32 bits
  // finds them in the lower half: so one without a suffix is called rightly, whichever it reads.
  const size = platform() === "darwin" && suffix === "" ? "i32" : "i64";
  const { limit, ...description } = identify(path, suffix);
  const access: Access = { path, suffix, size, limit };
  const source = `(${openProducts})(${openLibrary}, ${JSON.stringify(access)})`;
  const gemm = share(openProducts(openLibrary, access), source);
  return {
    library: { path, ...description },
    gemm,
    isSingleThreaded: limit !== null,
    isOptimized: description.name !== UNKNOWN,
  };
}

type Identity = Omit<LibraryDescription, "path"> & { readonly limit: Limit | null };

/** The name of a library that does not tell its own. */
const UNKNOWN = "BLAS";

/** Asks a library who it is, and how it can be told to use one thread. */
function identify(path: string, suffix: string): Identity {
  const call = (name: string, result: "pointer" | "i32", ...args: number[]): unknown => {
    const signature = { parameters: args.map(() => "i32" as const), result };
    return openLibrary(path, { [name]: signature })[name](...args);
  };
  if (has(path, `openblas_get_config${suffix}`)) {
    const config = textAt(call(`openblas_get_config${suffix}`, "pointer"));
    const architecture = (): string => textAt(call(`openblas_get_corename${suffix}`, "pointer"));
    chooseAgain(path, architecture());
    return {
      name: config.split(" ", 2).join(" "),
      architecture: architecture(),
      limit: { name: `openblas_set_num_threads${suffix}`, type: "i32", value: 1 },
    };
  }
  if (has(path, "bli_info_get_version_str")) {
    const architecture = Number(call("bli_arch_query_id", "i32"));
    return {
      name: `BLIS ${textAt(call("bli_info_get_version_str", "pointer"))}`,
      architecture: textAt(call("bli_arch_string", "pointer", architecture)),
      limit: { name: "bli_thread_set_num_threads", type: "i64", value: 1 },
    };
  }
  if (has(path, "MKL_Set_Threading_Layer")) {
    // Its number of threads would leave the choice of a thread library, which may be missing.
    return { name: "MKL", limit: { name: "MKL_Set_Threading_Layer", type: "i32", value: 1 } };
  }
  return { name: path.includes("Accelerate") ? "Accelerate" : UNKNOWN, limit: null };
}

/** True if the library at `path` has a function of that name. */
function has(path: string, name: string): boolean {
  try {
    const signatures: Signatures = { [name]: { parameters: [], result: "void" } };
    openLibrary(path, signatures);
    return true;
  } catch {
    return false;
  }
}

/** The address of the tensor memory for C, in two halves. */
export function memoryBase(): readonly [high: number, low: number] {
  const address = memoryAddress();
  return [Math.floor(address / 2 ** 32), address % 2 ** 32];
}
