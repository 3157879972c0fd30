/**
 * Probability distributions: samples, densities, entropies and divergences, with gradients.
 *
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { klDivergence, Normal } from "@gradus/gradus/distributions";
 * import { assertEquals } from "@std/assert";
 *
 * // The two parts of a variational autoencoder that know about distributions.
 * const [mean, logVar] = [tensor([0.5, -1]), tensor([0, 0])];
 * const posterior = new Normal(mean, logVar.mul(0.5).exp());
 * assertEquals(posterior.rsample().shape, [2]);
 * assertEquals(klDivergence(posterior, new Normal(0, 1)).sum().item(), 0.625);
 * ```
 *
 * @module
 */

import { nameClasses } from "../names.ts";
import * as distributions from "./mod.ts";

export { Bernoulli } from "./bernoulli.ts";
export { Categorical } from "./categorical.ts";
export { Distribution, type ProbabilityOptions } from "./distribution.ts";
export { klDivergence } from "./kl.ts";
export { Normal } from "./normal.ts";
export { Uniform } from "./uniform.ts";

nameClasses(distributions);
