/**
 * Typed errors: each message names the action, the actual state and the way out.
 *
 * @module
 */

import { listed } from "./names.ts";

/**
 * The base of all errors of the library. `name` is that of the class, also in minified programs.
 *
 * @example
 * ```ts
 * import { GradusError, zeros } from "@gradus/gradus";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const error = assertThrows(() => zeros([2, 3]).reshape(5), GradusError);
 * assertEquals(error.name, "ShapeError");
 * ```
 */
export abstract class GradusError extends Error {}

/**
 * Shapes, axes or indices do not fit the action.
 *
 * @example
 * ```ts
 * import { ShapeError, zeros } from "@gradus/gradus";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const error = assertThrows(() => zeros([32, 784]).matmul(zeros([128, 784])), ShapeError);
 * assertEquals(error.shapes, [[32, 784], [128, 784]]);
 * ```
 */
export class ShapeError extends GradusError {
  /** The shapes that met, in the order of the operands. */
  readonly shapes: readonly (readonly number[])[];

  /**
   * Makes the error.
   *
   * @param message the action, the shapes, and the way out
   * @param shapes the shapes that met
   */
  constructor(message: string, ...shapes: (readonly number[])[]) {
    super(message);
    this.shapes = shapes;
  }
}

/**
 * The element types of the operands do not fit the action, or an operand is not a tensor.
 *
 * @example
 * ```ts
 * import { DTypeError, tensor } from "@gradus/gradus";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => tensor([1, 2], { dtype: "int32" }).mean(), DTypeError);
 * ```
 */
export class DTypeError extends GradusError {}

/**
 * An argument has a value that the action cannot take.
 *
 * @example
 * ```ts
 * import { manualSeed, ValueError } from "@gradus/gradus";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => manualSeed(-1), ValueError);
 * ```
 */
export class ValueError extends GradusError {}

/**
 * The autograd graph cannot do what was asked: freed, overwritten, or never recorded.
 *
 * @example
 * ```ts
 * import { GradientError, tensor } from "@gradus/gradus";
 * import { assertThrows } from "@std/assert";
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * assertThrows(() => x.mul(2).backward(), GradientError); // no scalar: call sum() first
 * assertThrows(() => x.add_(1), GradientError); // a leaf: use noGrad()
 * ```
 */
export class GradientError extends GradusError {}

/**
 * A tensor was read after a memory rule had freed it.
 *
 * @example
 * ```ts
 * import { ReleasedError, tensor } from "@gradus/gradus";
 * import { assertThrows } from "@std/assert";
 *
 * const x = tensor([1, 2], { requiresGrad: true });
 * const y = x.mul(2); // with .retain() it would stay
 * y.sum().backward();
 * x.sum().backward();
 * assertThrows(() => y.toArray(), ReleasedError);
 * ```
 */
export class ReleasedError extends GradusError {}

/**
 * The tensor memory is full. Every existing tensor is intact.
 *
 * @example
 * ```ts
 * import { memory, OutOfMemoryError, zeros } from "@gradus/gradus";
 * import { assertEquals, assertGreaterOrEqual, assertThrows } from "@std/assert";
 *
 * const { limit } = memory.stats();
 * memory.setLimit(1000);
 * const error = assertThrows(() => zeros([1000]), OutOfMemoryError);
 * assertEquals(error.limit, 1000);
 * assertGreaterOrEqual(error.asked, 4000);
 * memory.setLimit(limit);
 * ```
 */
export class OutOfMemoryError extends GradusError {
  /** Bytes that were asked for. */
  readonly asked: number;
  /** Bytes in use when they were asked for. */
  readonly used: number;
  /** The limit in bytes. */
  readonly limit: number;

  /**
   * Makes the error.
   *
   * @param asked bytes asked for
   * @param used bytes in use
   * @param limit the limit in bytes
   */
  constructor(asked: number, used: number, limit: number) {
    super(
      `Cannot allocate ${asked} bytes: ${used} of ${limit} bytes are in use; ` +
        `use smaller batches, or raise the limit with memory.setLimit(bytes)`,
    );
    this.asked = asked;
    this.used = used;
    this.limit = limit;
  }
}

/**
 * A kernel failed in the middle of its work: a fault of the library, which no input should cause.
 *
 * @example
 * ```ts
 * import { KernelError } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const error: Error = new KernelError("A thread stopped");
 * assertEquals(error.name, "KernelError");
 * ```
 */
export class KernelError extends GradusError {}

/**
 * Something cannot be used that is no part of Gradus: a package that cannot be loaded; or, for the
 * kernels `"native"` and for distributed jobs, libraries, which the runtime cannot call or may not, or
 * of which none is there that can be used.
 *
 * @example
 * ```ts
 * import { LibraryError, setKernels } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * function setFastestKernels(): void {
 *   try {
 *     setKernels("native");
 *   } catch (error) {
 *     if (!(error instanceof LibraryError)) throw error;
 *     console.log(error.message); // tells what to install or to allow
 *   }
 * }
 * assertEquals(typeof setFastestKernels, "function");
 * ```
 */
export class LibraryError extends GradusError {}

/**
 * The ranks of a distributed job do not fit together: one makes another call than the others, has
 * other shapes, or does not answer.
 *
 * @example
 * ```ts
 * import { DistributedError } from "@gradus/gradus";
 * import * as distributed from "@gradus/gradus/distributed";
 * import { assertThrows } from "@std/assert";
 *
 * if (!distributed.isInitialized()) distributed.init();
 * assertThrows(() => distributed.init(), DistributedError); // once is enough
 * ```
 */
export class DistributedError extends GradusError {}

/**
 * A state dict does not fit the module or optimizer that should load it.
 *
 * @example
 * ```ts
 * import { StateDictError, zeros } from "@gradus/gradus";
 * import * as nn from "@gradus/gradus/nn";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const wrong = { weight: zeros([2, 2]) };
 * const error = assertThrows(() => new nn.Linear(3, 2).loadStateDict(wrong), StateDictError);
 * assertEquals(error.faults, ['missing "bias"', '"weight" is [2, 2], expected [2, 3]']);
 * ```
 */
export class StateDictError extends GradusError {
  /** The faults of the state dict, a sentence each. */
  readonly faults: readonly string[];

  /**
   * Makes the error.
   *
   * @param owner the class that cannot load the state dict
   * @param faults the faults of the state dict, a sentence each
   */
  constructor(owner: string, faults: readonly string[]) {
    super(`Cannot load state into ${owner}: ${listed(faults, "; ")}`);
    this.faults = faults;
  }
}

/**
 * A file is damaged, or is not of the format that was expected.
 *
 * @example
 * ```ts
 * import { FileFormatError } from "@gradus/gradus";
 * import { deserialize } from "@gradus/gradus/safetensors";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => deserialize(new Uint8Array(7)), FileFormatError); // a header has 8 bytes
 * ```
 */
export class FileFormatError extends GradusError {}

/**
 * A file cannot be read or written: it is not there, not allowed, or the runtime has no files.
 *
 * @example
 * ```ts
 * import { FileAccessError } from "@gradus/gradus";
 * import { load } from "@gradus/gradus/safetensors";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => load("no_such.safetensors"), FileAccessError);
 * ```
 */
export class FileAccessError extends GradusError {
  /** The path of the file; undefined where no file was named yet. */
  readonly path: string | undefined;

  /**
   * Makes the error.
   *
   * @param message the action, the state, and the way out
   * @param options the path of the file, and the system's error
   */
  constructor(message: string, { path, cause }: { path?: string; cause?: unknown } = {}) {
    super(message, { cause });
    this.path = path;
  }
}

/**
 * A file could not be downloaded from any mirror.
 *
 * @example
 * ```ts
 * import { DownloadError } from "@gradus/gradus";
 * import { datasets } from "@gradus/gradus/vision";
 * import { rmSync } from "node:fs";
 * import { assertRejects } from "@std/assert";
 *
 * const root = "example_data";
 * const mirrors = ["data:text/html,<h1>Not found</h1>#"];
 * const options = { root, mirrors, download: true, progress: false };
 * await assertRejects(() => datasets.MNIST.load(options), DownloadError);
 * rmSync(root, { recursive: true });
 * ```
 */
export class DownloadError extends GradusError {
  /** For each address, the reason why it gave no good file. */
  readonly failures: readonly string[];

  /**
   * Makes the error.
   *
   * @param path the file that was to be created
   * @param failures for each address, the reason why it gave no good file
   */
  constructor(path: string, failures: readonly string[]) {
    super(
      `Cannot download ${path}:${failures.map((failure) => `\n  ${failure}`).join("")}\n` +
        `check the network and try again, name other mirrors, or put the file there yourself`,
    );
    this.failures = failures;
  }
}

// Minifiers rename classes, but not these keys. On the prototypes, the names are in stacks, too.
const CLASSES = {
  GradusError,
  ShapeError,
  DTypeError,
  ValueError,
  GradientError,
  ReleasedError,
  OutOfMemoryError,
  KernelError,
  LibraryError,
  DistributedError,
  StateDictError,
  FileFormatError,
  FileAccessError,
  DownloadError,
};
for (const [name, { prototype }] of Object.entries(CLASSES)) prototype.name = name;
