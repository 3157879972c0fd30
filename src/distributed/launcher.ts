/**
 * The program that started this process: the environment tells whether it is one of several ranks, and
 * by which MPI they were started.
 *
 * @module
 */

import { LibraryError } from "../errors.ts";
import type { FamilyName } from "./families.ts";

/** The program that started the ranks. */
export interface Launcher {
  /** Its name in messages. */
  readonly name: string;
  /** The number of ranks; `null` if only MPI knows. */
  readonly size: number | null;
  /** The kinds of MPI that it can start, the likeliest first. */
  readonly families: readonly FamilyName[];
}

/** A variable that a launcher sets for each rank. The first that is there counts. */
const SIGNS: readonly {
  readonly variable: string;
  readonly name: string;
  readonly isSize: boolean;
  readonly families: readonly FamilyName[];
}[] = [
  {
    variable: "OMPI_COMM_WORLD_SIZE",
    name: "mpirun of Open MPI",
    isSize: true,
    families: ["Open MPI", "the standard ABI"],
  },
  {
    variable: "PMI_SIZE",
    name: "mpirun of MPICH",
    isSize: true,
    families: ["MPICH", "the standard ABI"],
  },
  {
    variable: "PMIX_RANK", // srun, and launchers of Kubernetes
    name: "a launcher with PMIx",
    isSize: false,
    families: ["Open MPI", "MPICH", "the standard ABI"],
  },
];

/**
 * Returns the launcher of this process, or `null` if it was started alone.
 *
 * @throws {LibraryError} if the environment cannot be read
 */
export function findLauncher(): Launcher | null {
  for (const { variable, name, isSize, families } of SIGNS) {
    const value = readEnvironment(variable);
    if (value === undefined) continue;
    return { name, size: isSize ? Number(value) : null, families };
  }
  return null;
}

/** The parts of the runtime that are used. */
interface Host {
  readonly process?: { readonly env: Readonly<Record<string, string | undefined>> };
}

/** Reads a variable of the environment; browsers have none. */
export function readEnvironment(name: string): string | undefined {
  try {
    return (globalThis as Host).process?.env[name];
  } catch (cause) {
    // Without it, each rank would take itself for the only one.
    throw new LibraryError(
      `Cannot init() without permission to read the environment, which tells whether this process ` +
        `is one of several: run Deno with --allow-env`,
      { cause },
    );
  }
}
