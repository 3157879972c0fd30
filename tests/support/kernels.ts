/**
 * The kernels that tests try: every backend, and `"native"` with each library that this machine has.
 *
 * @module
 */

import { BACKENDS } from "../../src/kernels/backends.ts";
import { WORTH } from "../../src/kernels/native/matmul.ts";
import { native } from "../../src/kernels/native/mod.ts";
import { findBlas, LIBRARIES } from "../../src/kernels/native/library.ts";
import { platform } from "../../src/storage/foreign.ts";
import type { Kernels, LibraryDescription } from "../../src/kernels/kernels.ts";
import * as gradus from "../../mod.ts";

/** The libraries that can be used here, each under one of its names. */
export const libraries: readonly LibraryDescription[] = found();

function found(): LibraryDescription[] {
  const different = new Map<string, LibraryDescription>();
  for (const path of LIBRARIES[platform()] ?? []) {
    try {
      const { library } = findBlas(path);
      if (!different.has(library.name)) different.set(library.name, library);
    } catch (error) {
      if (!(error instanceof gradus.LibraryError)) throw error;
    }
  }
  return [...different.values()];
}

// The samples of tests are small.
WORTH.call = 1;

/** The backends themselves. */
export const backends: readonly Kernels[] = [
  ...BACKENDS,
  ...libraries.map(({ path }) => ({ ...native(path), name: `native ${path}` })),
];

/** Names for `setKernels`; the first is the default. */
export function kernelNames(): string[] {
  return backends.map(({ name }) => name);
}

/** Chooses the kernels of one of `kernelNames`. */
export function setKernels(name: string): void {
  const [kernels, library] = name.split(" ");
  gradus.setKernels(kernels, { library });
}
