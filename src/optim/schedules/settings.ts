/**
 * Checks of settings: what is wrong with a value, a sentence each.
 *
 * @module
 */

import type { Optimizer } from "../optimizer.ts";

/** Unless it is a whole number of epochs, 1 or more. */
export function unlessEpochs(name: string, value: number): string[] {
  if (Number.isSafeInteger(value) && value > 0) return [];
  return [`${name} is ${value}, and must be a whole number of epochs, 1 or more`];
}

/** Unless it is a whole number, 0 or more. */
export function unlessCount(name: string, value: number): string[] {
  if (Number.isSafeInteger(value) && value >= 0) return [];
  return [`${name} is ${value}, and must be a whole number, 0 or more`];
}

/** Unless it is a finite number. */
export function unlessFinite(name: string, value: number): string[] {
  return Number.isFinite(value) ? [] : [`${name} is ${value}, and must be a finite number`];
}

/** Unless it is from 0 to 1. */
export function unlessShare(name: string, value: number): string[] {
  return value >= 0 && value <= 1 ? [] : [`${name} is ${value}, and must be from 0 to 1`];
}

/** Unless it is a positive finite number. */
export function unlessPositive(name: string, value: number): string[] {
  if (Number.isFinite(value) && value > 0) return [];
  return [`${name} is ${value}, and must be a finite number above 0`];
}

/** Unless it is one of `words`. */
export function unlessOneOf(name: string, value: string, words: readonly string[]): string[] {
  if (words.includes(value)) return [];
  return [`${name} is "${value}", and must be one of "${words.join('", "')}"`];
}

/** Unless there is one finite number for each of `groups` groups. */
export function unlessEach(name: string, values: readonly number[], groups: number): string[] {
  if (values.length === groups && values.every(Number.isFinite)) return [];
  return [`${name} is [${values}], expected ${groups} numbers, one for each group`];
}

/** A setting for all groups, or one for each. */
export function forEachGroup<T extends number | ((epoch: number) => number)>(
  value: T | readonly T[],
  groups: number,
): readonly T[] {
  // A type guard of arrays does not narrow readonly ones.
  return Array.isArray(value) ? value as readonly T[] : new Array<T>(groups).fill(value as T);
}

/** Groups have `momentum` (SGD, RMSprop) or `betas`, of which the first is one (Adam and its like). */
interface Momentum {
  momentum?: number;
  betas?: readonly number[];
}

/** What is wrong if the optimizer has no momentum that a schedule could steer. */
export function unlessMomentum(optimizer: Optimizer): string[] {
  if (optimizer.paramGroups.every((group) => "momentum" in group || "betas" in group)) return [];
  return [
    `${optimizer.constructor.name} has no momentum to steer; set cycleMomentum to false`,
  ];
}

/** Sets the momentum of a group. */
export function setMomentum(group: object, momentum: number): void {
  const own: Momentum = group;
  if (own.betas === undefined) own.momentum = momentum;
  else own.betas = [momentum, ...own.betas.slice(1)];
}
