/**
 * Options for each parameter group, and the momentum of groups.
 *
 * @module
 */

import { checkKind } from "../../checks.ts";
import type { Optimizer } from "../optimizer.ts";

/** Rejects what is no optimizer. */
export function checkOptimizer(name: string, optimizer: Optimizer): void {
  checkKind(`make ${name}`, optimizer, Array.isArray(optimizer?.paramGroups), "an optimizer");
}

/** Returns an option for all groups, or for each, as a list with one for each. */
export function forEachGroup<T extends number | ((epoch: number) => number)>(
  value: T | readonly T[],
  optimizer: Optimizer,
): readonly T[] {
  checkOptimizer("a schedule", optimizer);
  // A type guard of arrays does not narrow readonly ones.
  if (Array.isArray(value)) return value as readonly T[];
  return optimizer.paramGroups.map(() => value as T);
}

/** Returns the option of one group. */
export function ofGroup<T extends number | ((epoch: number) => number)>(
  value: T | readonly T[],
  group: number,
): T {
  return Array.isArray(value) ? value[group] : value as T;
}

/** Groups have `momentum` (SGD, RMSprop) or `betas`, of which the first is one (Adam and its like). */
interface Momentum {
  momentum?: number;
  betas?: readonly number[];
}

/** Returns the fault of an optimizer without a momentum that a schedule could set. */
export function momentumFaults(optimizer: Optimizer): string[] {
  if (optimizer.paramGroups.every((group) => "momentum" in group || "betas" in group)) return [];
  return [`${optimizer.constructor.name} has no momentum to set; set cycleMomentum to false`];
}

/** Sets the momentum of a group. */
export function setMomentum(group: object, momentum: number): void {
  const own: Momentum = group;
  if (own.betas === undefined) own.momentum = momentum;
  else own.betas = [momentum, ...own.betas.slice(1)];
}
