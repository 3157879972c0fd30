/**
 * Constraints on the options of optimizers and schedules, and the faults of options that break them.
 *
 * @module
 */

import { counted, quoted } from "../names.ts";

/** A condition on an option. */
export interface Constraint {
  readonly holds: (value: unknown) => boolean;
  /** Completes "and must be". */
  readonly text: string;
  /** The condition on each element of a list. */
  readonly element?: Constraint;
}

const onNumbers = (text: string, holds: (value: number) => boolean): Constraint => ({
  holds: (value) => typeof value === "number" && holds(value),
  text,
});

export const finite: Constraint = onNumbers("a finite number", Number.isFinite);

export const positive: Constraint = onNumbers(
  "a finite number above 0",
  (x) => Number.isFinite(x) && x > 0,
);

export const nonNegative: Constraint = onNumbers(
  "a finite number, 0 or more",
  (x) => Number.isFinite(x) && x >= 0,
);

export const unitInterval: Constraint = onNumbers("from 0 to 1", (x) => x >= 0 && x <= 1);

/** From 0 up to but not including 1. */
export const fraction: Constraint = onNumbers(
  "at least 0 and less than 1",
  (x) => x >= 0 && x < 1,
);

export const positiveInteger: Constraint = onNumbers(
  "a whole number, 1 or more",
  (x) => Number.isSafeInteger(x) && x > 0,
);

export const nonNegativeInteger: Constraint = onNumbers(
  "a whole number, 0 or more",
  (x) => Number.isSafeInteger(x) && x >= 0,
);

export function oneOf(...choices: readonly unknown[]): Constraint {
  return {
    holds: (value) => choices.includes(value),
    text: choices.map(quoted).join(" or "),
  };
}

export const list: Constraint = { holds: Array.isArray, text: "a list" };

/** Constrains an option to a list, of `length` elements if that is given, and each of its elements. */
export function listOf(element: Constraint, length?: number): Constraint {
  return {
    holds: (value) => Array.isArray(value) && value.length === (length ?? value.length),
    text: length === undefined ? "a list" : `a list of ${length}`,
    element,
  };
}

/** Constrains an option to finite numbers, one for each of `groups` parameter groups. */
export function oneForEach(groups: number): Constraint {
  return {
    holds: (value) =>
      Array.isArray(value) && value.length === groups && value.every(Number.isFinite),
    text: `${counted(groups, "number")}, one for each group`,
  };
}

/** Returns a sentence for each of `values` that breaks its constraint. */
export function faultsIn<V extends object>(
  values: V,
  constraints: { readonly [K in keyof V]?: Constraint },
): string[] {
  const names = Object.keys(constraints) as (keyof V & string)[];
  return names.flatMap((name) => faultsOf(name, values[name], constraints[name]!));
}

function faultsOf(name: string, value: unknown, { holds, text, element }: Constraint): string[] {
  if (!holds(value)) return [`${name} is ${quoted(value)}, and must be ${text}`];
  if (element === undefined || !Array.isArray(value)) return [];
  return value.flatMap((x, i) => faultsOf(`${name}[${i}]`, x, element));
}
