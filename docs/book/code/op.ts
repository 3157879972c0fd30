// Written by `deno task book`: the code of 04_one_op.md.

import type { NumberArray } from "./array.ts";

/** An operation and its gradient. */
export interface Op {
  readonly name: string;
  /** Returns the result. */
  forward(...inputs: readonly NumberArray[]): NumberArray;
  /** Returns, for each input, what the gradient `g` of the result means for it. */
  backward(
    g: NumberArray,
    inputs: readonly NumberArray[],
    output: NumberArray,
  ): readonly NumberArray[];
}
