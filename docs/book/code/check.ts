// Written by `deno task book`: the code of 04_one_op.md.

import { make, type NumberArray } from "./array.ts";
import type { Op } from "./op.ts";
import { slope } from "./slope.ts";

/** Returns the largest difference between the gradients of `op` and its slopes by steps. */
export function check(op: Op, ...inputs: readonly NumberArray[]): number {
  const output = op.forward(...inputs);
  const weights = make(output.shape, (cell) => Math.sin(cell + 1));
  const loss = (): number =>
    op.forward(...inputs).data.reduce((sum, y, cell) => sum + y * weights.data[cell], 0);
  const gradients = op.backward(weights, inputs, output);
  let worst = 0;
  inputs.forEach(({ data }, i) => {
    data.forEach((x, cell) => {
      const bySteps = slope((moved) => {
        data[cell] = moved;
        const value = loss();
        data[cell] = x; // as it was
        return value;
      }, x);
      worst = Math.max(worst, Math.abs(bySteps - gradients[i].data[cell]));
    });
  });
  return worst;
}
