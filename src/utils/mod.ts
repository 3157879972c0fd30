/**
 * Training's small things: when to stop, at which rate to learn, how to save memory.
 *
 * @example
 * ```ts
 * import { EarlyStopping } from "@gradus/gradus/utils";
 * import { assertEquals } from "@std/assert";
 *
 * const stopping = new EarlyStopping({ patience: 2 });
 * const losses = [1, 0.5, 0.6, 0.7, 0.8];
 * assertEquals(losses.findIndex((loss) => stopping.step(loss)), 3);
 * ```
 *
 * @module
 */

export {
  EarlyStopping,
  type EarlyStoppingOptions,
  type EarlyStoppingState,
} from "./early_stopping.ts";
export { checkpoint } from "./gradient_checkpoint.ts";
export { lrFind, type LRFinding, type LRFindOptions } from "./lr_find.ts";
export { ProgressBar, type ProgressStream } from "./progress.ts";
export { TerminalCurve, type TerminalCurveOptions } from "./terminal_curve.ts";
