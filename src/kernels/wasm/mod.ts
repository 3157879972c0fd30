/**
 * The fast backend: SIMD kernels, written at run time and run in place on the tensor memory.
 *
 * What has no kernel of its own yet is the reference backend's.
 *
 * @module
 */

import type { Kernels } from "../kernels.ts";
import { reference } from "../reference/mod.ts";
import { convolutions } from "./conv.ts";
import { indexing } from "./indexing.ts";
import { pooling } from "./pool.ts";
import { products } from "./matmul.ts";
import { elementwise } from "./map.ts";
import { searches } from "./arg_reduce.ts";
import { reductions } from "./reduce.ts";
import { scans } from "./scan.ts";
import "./philox.ts";
import { crossEntropies } from "./cross_entropy.ts";
import { softmaxes } from "./softmax.ts";
import { sorting } from "./sort.ts";

/** The WebAssembly backend. */
export const wasm: Kernels = {
  ...reference,
  name: "wasm",
  ...elementwise,
  ...reductions,
  ...searches,
  ...scans,
  ...crossEntropies,
  ...softmaxes,
  ...products,
  ...convolutions,
  ...pooling,
  ...indexing,
  ...sorting,
};
