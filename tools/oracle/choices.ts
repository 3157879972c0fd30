/**
 * Where Gradus answers differently from PyTorch on purpose.
 *
 * @module
 */

import type { Case } from "./replay.ts";

/** A difference that we choose. */
export interface Choice {
  /** The ops that it concerns. */
  readonly ops: readonly string[];
  /** What the mismatch says. */
  readonly mismatch: RegExp;
  /** In which cases; all of these ops if left out. */
  readonly when?: (test: Case) => boolean;
  /** Why. */
  readonly reason: string;
}

/** Every difference that we choose. */
export const CHOICES: readonly Choice[] = [];

/** The choice that explains a mismatch, if there is one. */
export function choiceFor(test: Case, mismatch: string): Choice | undefined {
  return CHOICES.find((choice) =>
    choice.ops.includes(test.op) && choice.mismatch.test(mismatch) && (choice.when?.(test) ?? true)
  );
}
