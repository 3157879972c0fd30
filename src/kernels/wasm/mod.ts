/**
 * The fast backend: SIMD kernels, written at run time and run in place on the tensor memory.
 *
 * What has no kernel of its own yet is the reference backend's.
 *
 * @module
 */

import "./kernels/random.ts";
import type { Kernels } from "../kernels.ts";
import { reference } from "../reference/mod.ts";
import { convolutions } from "./kernels/conv.ts";
import { indexing } from "./kernels/indexing.ts";
import { elementwise } from "./kernels/map.ts";
import { products } from "./kernels/matmul.ts";
import { pooling } from "./kernels/pool.ts";
import { reductions } from "./kernels/reduce.ts";
import { scans } from "./kernels/scan.ts";
import { softmaxes } from "./kernels/softmax.ts";
import { sorting } from "./kernels/sort.ts";

/** The WebAssembly backend. */
export const wasm: Kernels = {
  ...reference,
  name: "wasm",
  ...elementwise,
  ...reductions,
  ...scans,
  ...softmaxes,
  ...products,
  ...convolutions,
  ...pooling,
  ...indexing,
  ...sorting,
};
