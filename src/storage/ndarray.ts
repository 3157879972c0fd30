/**
 * Strided arrays: the operands of kernels.
 *
 * @module
 */

import { type DType, DTYPES, type TypedArray } from "../dtype.ts";
import { contiguousStrides, isContiguous, type Shape, sizeOf, type Strides } from "../shape.ts";
import { arena } from "./arena.ts";
import type { Storage } from "./storage.ts";
import { wasmMemory } from "./wasm_memory.ts";

/** A strided view of a storage; immutable, and many may share one storage. */
export class NDArray {
  /** The block of memory that holds the elements. */
  readonly storage: Storage;
  /** Size along each axis. */
  readonly shape: Shape;
  /** Distance between neighbours along each axis, in elements; 0 repeats, negative runs backwards. */
  readonly strides: Strides;
  /** Index of the first element in the storage. */
  readonly offset: number;
  /** Element type. */
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  /** True if the elements lie in row-major order without gaps. */
  readonly contiguous: boolean;

  /** A view of `storage`. */
  constructor(storage: Storage, shape: Shape, strides: Strides, offset: number, dtype: DType) {
    this.storage = storage;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
    this.dtype = dtype;
    this.size = sizeOf(shape);
    this.contiguous = isContiguous(shape, strides);
  }

  /** A new contiguous array with undefined contents. */
  static allocate(shape: Shape, dtype: DType): NDArray {
    const storage = arena.allocate(sizeOf(shape) * DTYPES[dtype].bytes);
    return new NDArray(storage, shape, contiguousStrides(shape), 0, dtype);
  }

  /** A new contiguous array that holds a copy of `values`, converted to `dtype`. */
  static from(values: ArrayLike<number>, shape: Shape, dtype: DType): NDArray {
    arena.begin();
    const array = NDArray.allocate(shape, dtype);
    array.values().set(values);
    return array;
  }

  /** Byte address of the first element. Valid until the arena's next `begin`. */
  get ptr(): number {
    return this.storage.ptr + this.offset * DTYPES[this.dtype].bytes;
  }

  /**
   * The elements of a contiguous array, as a typed array on the tensor memory.
   *
   * Valid until the next allocation: get it after all that a kernel needs is touched and allocated.
   */
  values(): TypedArray {
    return new DTYPES[this.dtype].array(wasmMemory.memory.buffer, this.ptr, this.size);
  }

  /**
   * The whole storage as a typed array on the tensor memory, for walks by strides: element `[i, j]`
   * is at `offset + i * strides[0] + j * strides[1]`. Valid as long as `values` is.
   */
  whole(): TypedArray {
    const { bytes, array } = DTYPES[this.dtype];
    return new array(wasmMemory.memory.buffer, this.storage.ptr, this.storage.bytes / bytes);
  }
}

/** Rejects arrays for which there can never be room, where their elements are listed first. */
export function checkRoom(shape: Shape, dtype: DType): void {
  arena.checkRoom(sizeOf(shape) * DTYPES[dtype].bytes);
}

/** Returns true if several places of `array` may share one element. */
export function repeatsElements({ shape, strides, size }: NDArray): boolean {
  if (size === 0) return false;
  const axes = shape.map((n, axis) => ({ n, stride: Math.abs(strides[axis]) })).filter(({ n }) =>
    n > 1
  );
  axes.sort((a, b) => a.stride - b.stride);
  let reach = 0;
  return axes.some(({ n, stride }) => {
    if (stride <= reach) return true;
    reach += (n - 1) * stride;
    return false;
  });
}

/** Makes the storages of `arrays` resident for the kernel that is about to run. */
export function touch(...arrays: NDArray[]): void {
  for (const array of arrays) arena.touch(array.storage);
}

/**
 * Starts a kernel: brings its inputs into the arena, then allocates its result. Their addresses hold
 * until the next kernel starts.
 */
export function beginKernel(
  inputs: readonly (NDArray | null)[],
  shape: Shape,
  dtype: DType,
): NDArray {
  arena.begin();
  for (const input of inputs) if (input !== null) arena.touch(input.storage);
  return NDArray.allocate(shape, dtype);
}
