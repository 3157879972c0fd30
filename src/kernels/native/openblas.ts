/**
 * The kernels of OpenBLAS for a processor that it does not know.
 *
 * OpenBLAS knows processors by the numbers of their models. For a model that came after it, it takes
 * the kernels of a Pentium 4 of 2004, which are a fifth as fast. But it can be told a name to choose
 * its kernels by, in an environment variable, and whether a processor has wider vectors does not
 * depend on its model: the C library of Linux tells.
 *
 * @module
 */

import { addressOf, openLibrary, platform, wordsAt } from "../../storage/foreign.ts";

/** OpenBLAS's name for the kernels that every x86 processor can run. */
const OLDEST = "Prescott";

const VARIABLE = "OPENBLAS_CORETYPE";

/** The processors after which OpenBLAS names its kernels, the best first, and what these need. */
const CORES: readonly { readonly name: string; readonly needs: readonly Feature[] }[] = [
  { name: "SkylakeX", needs: [[1, 1, 16], [1, 1, 17], [1, 1, 28], [1, 1, 30], [1, 1, 31]] }, // AVX-512
  { name: "Haswell", needs: [[1, 1, 5], [0, 2, 12]] }, // AVX2 and FMA
];

/** A bit of what the instruction `cpuid` answers: leaf (0 is leaf 1, 1 is leaf 7), register, bit. */
type Feature = readonly [leaf: number, register: number, bit: number];

/**
 * Makes the OpenBLAS at `path`, which has chosen the kernels for `architecture`, choose again if these
 * are the oldest and the processor has wider vectors. What a user has set in the environment stays.
 */
export function chooseAgain(path: string, architecture: string): void {
  if (architecture !== OLDEST || platform() !== "linux") return;
  try {
    const libc = openLibrary("libc.so.6", {
      __x86_get_cpuid_feature_leaf: { parameters: ["i32"], result: "pointer" },
      getenv: { parameters: ["usize"], result: "usize" },
      setenv: { parameters: ["usize", "usize", "i32"], result: "i32" },
      unsetenv: { parameters: ["usize"], result: "i32" },
    });
    const openblas = openLibrary(path, {
      gotoblas_dynamic_quit: { parameters: [], result: "void" },
      gotoblas_dynamic_init: { parameters: [], result: "void" },
    });
    // For each leaf, four registers as the processor has them, then what the system has enabled.
    const enabled = [0, 1].map((leaf) =>
      wordsAt(libc.__x86_get_cpuid_feature_leaf(leaf), 8).subarray(4)
    );
    const core = CORES.find(({ needs }) =>
      needs.every(([leaf, register, bit]) => (enabled[leaf][register] >>> bit & 1) === 1)
    );
    const [variable, name] = [VARIABLE, core?.name ?? ""].map((x) =>
      new TextEncoder().encode(`${x}\0`)
    );
    if (core === undefined || Number(libc.getenv(addressOf(variable))) !== 0) return;
    libc.setenv(addressOf(variable), addressOf(name), 1);
    openblas.gotoblas_dynamic_quit();
    openblas.gotoblas_dynamic_init();
    libc.unsetenv(addressOf(variable)); // programs that this one starts choose for themselves
  } catch {
    // Another C library, or an OpenBLAS that cannot choose: it computes with what it has.
  }
}
