/**
 * The environment in which peers run.
 *
 * @module
 */

import process from "node:process";
import { describeKernels, LibraryError, setKernels } from "../mod.ts";

/**
 * Returns the environment for a peer on `threads` threads. BLAS libraries read from it how many they
 * may use, and OpenBLAS, if it does not know the processor, which kernels: those that Gradus would tell
 * it to use, so that peers are at their best too.
 */
export function peerEnvironment(threads: number): NodeJS.ProcessEnv {
  const core = openblasCore();
  return {
    ...process.env,
    OPENBLAS_NUM_THREADS: `${threads}`,
    OMP_NUM_THREADS: `${threads}`,
    ...(core === undefined ? {} : { OPENBLAS_CORETYPE: core }),
  };
}

/** The kernels of the OpenBLAS of this machine, if there is one. */
function openblasCore(): string | undefined {
  const { name } = describeKernels();
  try {
    setKernels("native");
    const { library } = describeKernels();
    return library?.name.startsWith("OpenBLAS") ? library.architecture : undefined;
  } catch (error) {
    if (error instanceof LibraryError) return undefined;
    throw error;
  } finally {
    setKernels(name);
  }
}
