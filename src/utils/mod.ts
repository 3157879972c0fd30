/**
 * Training's small things.
 *
 * @module
 */

export { checkpoint } from "./gradient_checkpoint.ts";
export { ProgressBar, type ProgressStream } from "./progress.ts";
