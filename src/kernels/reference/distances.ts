/**
 * Distances of rows from rows, and the sums of differences that are their gradients.
 *
 * @module
 */

import type { Kernels } from "../kernels.ts";
import { eachMatrix } from "./linalg.ts";

/** The reference distances. */
export const distances: Pick<Kernels, "distances" | "weightedDifferences"> = {
  distances(a, b) {
    const [m, d] = a.shape.slice(-2);
    const [n] = b.shape.slice(-2);
    return eachMatrix([a, b], [...a.shape.slice(0, -1), n], ([x, y]) => {
      const result = new Float64Array(m * n);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let k = 0; k < d; k++) sum += (x[i * d + k] - y[j * d + k]) ** 2;
          result[i * n + j] = Math.sqrt(sum);
        }
      }
      return result;
    });
  },

  weightedDifferences(weights, a, b) {
    const [m, d] = a.shape.slice(-2);
    const [n] = b.shape.slice(-2);
    return eachMatrix([weights, a, b], a.shape, ([w, x, y]) => {
      const result = new Float64Array(m * d);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          for (let k = 0; k < d; k++) {
            result[i * d + k] += w[i * n + j] * (x[i * d + k] - y[j * d + k]);
          }
        }
      }
      return result;
    });
  },
};
