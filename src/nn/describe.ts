/**
 * What a printed layer shows in its brackets.
 *
 * @module
 */

/** A value as it is printed. */
type Printed = string | number | boolean;

/** An option as it is printed, unless it has its usual value. */
export type PrintedOption = readonly [name: string, value: Printed, usual: Printed];

/** The arguments of the call that makes a layer, without options that have their usual value. */
export function describeCall(
  positional: readonly Printed[],
  options: readonly PrintedOption[],
): string {
  const unusual = options.filter(([, value, usual]) => value !== usual);
  const named = unusual.map(([name, value]) => `${name}: ${value}`).join(", ");
  return [...positional, ...(named === "" ? [] : [`{ ${named} }`])].join(", ");
}
