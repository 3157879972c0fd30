/**
 * The kinds of MPI: where their libraries are, and what their handles are in C.
 *
 * Open MPI's handles are addresses of its own data, which the linker knows by name. MPICH's are
 * integers, fixed since version 3.1 and the same in its descendants. Those of the standard ABI (MPI 5.0,
 * `libmpi_abi.so`) are small numbers in the place of addresses; no distribution had one to test with.
 *
 * @module
 */

/** The name of a kind of MPI. */
export type FamilyName = "Open MPI" | "MPICH" | "the standard ABI";

/** A kind of MPI. */
export interface Family {
  readonly name: FamilyName;
  /** The libraries to try, by operating system. */
  readonly libraries: Readonly<Record<string, readonly string[]>>;
  /** Matches the name of the file and what the library says about its version, if it can be used. */
  readonly version: RegExp;
  /** The type of handles in C. */
  readonly handle: "usize" | "i32";
  /** The communicator of all ranks: a number, or the name of a symbol. */
  readonly world: number | string;
  /** The datatype of bytes. */
  readonly byte: number | string;
  /** `MPI_THREAD_FUNNELED`: of all threads, only one calls MPI. */
  readonly funneled: number;
}

/** All kinds of MPI that can be used. */
export const FAMILIES: readonly Family[] = [
  {
    name: "Open MPI",
    libraries: {
      linux: ["libmpi.so.40", "libmpi.so"],
      darwin: ["/opt/homebrew/lib/libmpi.dylib", "/usr/local/lib/libmpi.dylib"],
    },
    version: /: Open MPI v([3-9]|\d\d)\./,
    handle: "usize",
    world: "ompi_mpi_comm_world",
    byte: "ompi_mpi_byte",
    funneled: 1,
  },
  {
    name: "MPICH",
    libraries: {
      linux: ["libmpich.so.12", "libmpi.so.12", "libmpich.so", "libmpi.so"],
      darwin: ["/opt/homebrew/lib/libmpi.dylib", "/usr/local/lib/libmpi.dylib"],
    },
    version: /: (MPICH|Intel\(R\) MPI|MVAPICH).*?\b([3-9]|\d\d+)\./s,
    handle: "i32",
    world: 0x44000000,
    byte: 0x4c00010d,
    funneled: 1,
  },
  {
    name: "the standard ABI",
    libraries: {
      linux: ["libmpi_abi.so.0", "libmpi_abi.so"],
      darwin: ["/opt/homebrew/lib/libmpi_abi.dylib", "/usr/local/lib/libmpi_abi.dylib"],
    },
    version: /mpi_abi.*: /,
    handle: "usize",
    world: 0x101,
    byte: 0x247,
    funneled: 1024,
  },
];
