/**
 * The reference backend: what every kernel means, in plain loops.
 *
 * @module
 */

import type { Kernels } from "../kernels.ts";
import { convolutions } from "./conv.ts";
import { counts } from "./count.ts";
import { indexing } from "./indexing.ts";
import { distances } from "./distances.ts";
import { decompositions, linearAlgebra } from "./linalg.ts";
import { maps } from "./map.ts";
import { products } from "./matmul.ts";
import { pooling } from "./pooling.ts";
import { randomness } from "./random.ts";
import { reductions } from "./reduce.ts";
import { scans } from "./scan.ts";
import { softmaxes } from "./softmax.ts";
import { sorting } from "./sort.ts";

/** The reference backend. */
export const reference: Kernels = {
  name: "reference",
  getNumThreads: () => 1,
  setNumThreads() {},
  getFastMath: () => false,
  setFastMath() {},
  ...randomness,
  ...maps,
  ...reductions,
  ...products,
  ...softmaxes,
  ...convolutions,
  ...pooling,
  ...indexing,
  ...scans,
  ...counts,
  ...sorting,
  ...distances,
  ...linearAlgebra,
  ...decompositions,
};
