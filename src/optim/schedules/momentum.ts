/**
 * The momentum of a group, whatever its optimizer calls it.
 *
 * @module
 */

import type { Optimizer } from "../optimizer.ts";

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
