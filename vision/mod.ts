/**
 * Data sets of images, and what is done to them before a network sees them.
 *
 * @module
 */

export * as datasets from "./datasets/mod.ts";
export * as transforms from "./transforms/mod.ts";
