/**
 * Constraints on the options of optimizers and schedules, and the faults of options that break them.
 *
 * @module
 */

/** A condition on an option; if that is a list, on each of its elements, unless `isWhole`. */
interface Constraint {
  readonly holds: (value: unknown) => boolean;
  readonly isWhole?: boolean;
  /** Completes "and must be". */
  readonly text: string;
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

/** Constrains a list to finite numbers, one for each of `groups` parameter groups. */
export function oneForEach(groups: number): Constraint {
  return {
    isWhole: true,
    holds: (value) =>
      Array.isArray(value) && value.length === groups && value.every(Number.isFinite),
    text: `${groups} numbers, one for each group`,
  };
}

/** Returns a sentence for each of `values` that breaks its constraint. */
export function faultsIn<V extends object>(
  values: V,
  constraints: { readonly [K in keyof V]?: Constraint },
): string[] {
  const names = Object.keys(constraints) as (keyof V & string)[];
  return names.flatMap((name) => {
    const { holds, text, isWhole } = constraints[name]!;
    const value: unknown = values[name];
    const parts: [string, unknown][] = Array.isArray(value) && !isWhole
      ? value.map((x, i) => [`${name}[${i}]`, x])
      : [[name, value]];
    return parts.filter(([, x]) => !holds(x))
      .map(([part, x]) => `${part} is ${quoted(x)}, and must be ${text}`);
  });
}

function quoted(value: unknown): string {
  return typeof value === "string"
    ? `"${value}"`
    : Array.isArray(value)
    ? `[${value}]`
    : `${value}`;
}
