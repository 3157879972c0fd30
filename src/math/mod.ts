/**
 * Elementary functions with the same bits on every JavaScript engine.
 *
 * `Math.exp` and its like differ in the last bits between engines. These use only what IEEE 754
 * fixes (+, -, ·, /, square root, rounding), so a program gives the same numbers wherever it runs.
 *
 * @module
 */

export { erf, erfc } from "./erf.ts";
export { exp, expm1, sigmoid, softplus } from "./exp.ts";
export { cosh, sinh, tanh } from "./hyperbolic.ts";
export { acos, asin, atan, atan2 } from "./inverse_trig.ts";
export { log, log10, log1p, log2 } from "./log.ts";
export { pow } from "./pow.ts";
export { roundHalfEven } from "./round.ts";
export { cos, sin, tan } from "./trig.ts";
