/**
 * The op table: everything that the library can differentiate, by name.
 *
 * Tests walk this table, and both speakers of the gradient language are made from it.
 *
 * @module
 */

import * as activation from "./activation.ts";
import * as arithmetic from "./arithmetic.ts";
import * as blend from "./blend.ts";
import * as comparison from "./comparison.ts";
import * as convolution from "./convolution.ts";
import * as embeddings from "./embedding.ts";
import * as entropy from "./cross_entropy.ts";
import * as division from "./division.ts";
import * as dropouts from "./dropout.ts";
import * as hard from "./hard_activation.ts";
import * as indexing from "./indexing.ts";
import type { Language } from "./rule_ops.ts";
import * as algebra from "./linalg.ts";
import * as losses from "./loss.ts";
import * as smoothMaximum from "./log_sum_exp.ts";
import * as math from "./math.ts";
import * as matrix from "./matmul.ts";
import * as normalization from "./normalization.ts";
import * as norms from "./norm.ts";
import type { Op } from "./op.ts";
import * as pooling from "./pooling.ts";
import * as recurrent from "./recurrent.ts";
import * as reduction from "./reduction.ts";
import * as scans from "./scan.ts";
import * as singular from "./singular_values.ts";
import * as smooth from "./smooth_activation.ts";
import * as softmaxes from "./softmax.ts";
import * as sorting from "./sorting.ts";
import * as special from "./special.ts";
import * as triangle from "./triangle.ts";
import * as trigonometry from "./trigonometry.ts";
import * as view from "./shape.ts";

/** Every op. */
export const ops = {
  ...arithmetic,
  ...division,
  ...blend,
  ...math,
  ...special,
  ...trigonometry,
  ...activation,
  ...smooth,
  ...hard,
  ...dropouts,
  ...comparison,
  ...reduction,
  ...norms,
  ...smoothMaximum,
  ...scans,
  ...sorting,
  ...matrix,
  ...triangle,
  ...algebra,
  ...singular,
  ...softmaxes,
  ...normalization,
  ...recurrent,
  ...entropy,
  ...losses,
  ...view,
  ...indexing,
  ...embeddings,
  ...convolution,
  ...pooling,
} satisfies Record<string, Op> & Record<Exclude<keyof Language<unknown>, "map">, Op>;

/** How a speaker calls an op. */
export type Call<T> = (op: Op, inputs: readonly T[], attrs: unknown) => T;

/** Speaks the language of gradient rules with `call` for named ops, and `map` for formulas. */
export function speak<T>(call: Call<T>, map: Language<T>["map"]): Language<T> {
  const words = Object.entries<Op>(ops).map(([name, op]) => {
    const { arity } = op;
    const word = arity < 0
      ? (inputs: readonly T[], attrs: unknown) => call(op, inputs, attrs)
      : (...args: T[]) => call(op, args.slice(0, arity), args[arity]);
    return [name, word];
  });
  // `satisfies` above has checked that every word of the language has an op.
  return { ...Object.fromEntries(words), map } as Language<T>;
}
