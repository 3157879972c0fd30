/**
 * Typed errors: each message names the action, the actual state and the way out.
 *
 * @module
 */

import type { Shape } from "./shape.ts";

/** Shapes, axes or indices do not fit the action. */
export class ShapeError extends RangeError {
  /** The name of the class. */
  override readonly name = "ShapeError";
  /** The shapes that met, in the order of the operands. */
  readonly shapes: readonly Shape[];

  /**
   * An error about shapes.
   *
   * @param message what happened and the way out
   * @param shapes the shapes that met
   */
  constructor(message: string, ...shapes: Shape[]) {
    super(message);
    this.shapes = shapes;
  }
}

/** The element types of the operands do not fit the action. */
export class DTypeError extends TypeError {
  /** The name of the class. */
  override readonly name = "DTypeError";
}

/** An argument has a value that the action cannot take. */
export class ValueError extends RangeError {
  /** The name of the class. */
  override readonly name = "ValueError";
}

/** The autograd graph cannot do what was asked: freed, overwritten, or never recorded. */
export class GradientError extends RangeError {
  /** The name of the class. */
  override readonly name = "GradientError";
}

/** A tensor was read after a memory rule had freed it. */
export class ReleasedError extends RangeError {
  /** The name of the class. */
  override readonly name = "ReleasedError";
}

/** The tensor memory is full. Every existing tensor is intact. */
export class OutOfMemoryError extends RangeError {
  /** The name of the class. */
  override readonly name = "OutOfMemoryError";
  /** Bytes that were asked for. */
  readonly asked: number;
  /** Bytes in use when they were asked for. */
  readonly used: number;
  /** The limit in bytes. */
  readonly limit: number;

  /**
   * An error that the memory is full.
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

/** A kernel failed in the middle of its work. */
export class KernelError extends Error {
  /** The name of the class. */
  override readonly name = "KernelError";
}

/** A state dict does not fit the module or optimizer that should load it. */
export class StateDictError extends RangeError {
  /** The name of the class. */
  override readonly name = "StateDictError";
}

/** A file is damaged, or is not of the format that was expected. */
export class FileFormatError extends RangeError {
  /** The name of the class. */
  override readonly name = "FileFormatError";
}

/** A file cannot be read or written: it is not there, not allowed, or the runtime has no files. */
export class FileAccessError extends Error {
  /** The name of the class. */
  /** The name of the class. */
  override readonly name = "FileAccessError";
}

/** A file could not be downloaded from any mirror. */
export class DownloadError extends Error {
  /** The name of the class. */
  override readonly name = "DownloadError";
}
