/**
 * The op table: every op by its name.
 *
 * Tests walk it, and the ops of gradient rules are made from it.
 *
 * @module
 */

import * as activation from "./activation.ts";
import * as arithmetic from "./arithmetic.ts";
import * as comparison from "./comparison.ts";
import * as conv from "./conv.ts";
import * as indexing from "./indexing.ts";
import * as linalg from "./linalg.ts";
import * as loss from "./loss.ts";
import * as math from "./math.ts";
import * as matmul from "./matmul.ts";
import * as normalization from "./normalization.ts";
import type { Op } from "./op.ts";
import * as pooling from "./pooling.ts";
import * as recurrent from "./recurrent.ts";
import * as reduction from "./reduction.ts";
import type { RuleOps } from "./rule_ops.ts";
import * as shape from "./shape.ts";
import * as softmax from "./softmax.ts";
import * as sorting from "./sorting.ts";

/** Every op. */
export const ops = {
  ...arithmetic,
  ...math,
  ...activation,
  ...comparison,
  ...reduction,
  ...sorting,
  ...matmul,
  ...linalg,
  ...softmax,
  ...normalization,
  ...recurrent,
  ...loss,
  ...shape,
  ...indexing,
  ...conv,
  ...pooling,
} satisfies Record<string, Op> & Record<Exclude<keyof RuleOps<unknown>, "map" | "hasZero">, Op>;

/** Makes the ops of gradient rules: `call` runs an op; the others are no ops. */
export function bindRuleOps<T>(
  call: (op: Op, inputs: readonly T[], attrs: unknown) => T,
  others: Pick<RuleOps<T>, "map" | "hasZero">,
): RuleOps<T> {
  const bound = Object.entries<Op>(ops).map(([name, op]) => {
    const { arity } = op;
    const bind = arity < 0
      ? (inputs: readonly T[], attrs: unknown) => call(op, inputs, attrs)
      : (...args: T[]) => call(op, args.slice(0, arity), args[arity]);
    return [name, bind];
  });
  // `satisfies` above has checked that the table has every op of a rule.
  return { ...Object.fromEntries(bound), ...others } as RuleOps<T>;
}
