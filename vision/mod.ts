/**
 * Data sets of images, and transforms that prepare them for networks.
 *
 * @module
 */

export * as datasets from "./datasets/mod.ts";
export * as transforms from "./transforms/mod.ts";
