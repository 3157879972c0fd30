/**
 * The tensors of a `.pt` file: views of elements that lie in files of the archive.
 *
 * @module
 */

import { formatShape, sizeOf } from "../../shape.ts";
import { FILE_DTYPES, type FileDType, quote, shorten } from "../safetensors/format.ts";
import type { Refusal, ZipEntry } from "../zip.ts";

/** The element types by PyTorch's names. */
export const TORCH_DTYPES: Readonly<Record<string, FileDType>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint8: "U8",
  bool: "BOOL",
  uint16: "U16",
  uint32: "U32",
  uint64: "U64",
  float8_e4m3fn: "F8_E4M3",
  float8_e5m2: "F8_E5M2",
};

/** The element types of the classes of storages. */
const STORAGES: Readonly<Record<string, FileDType>> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/** A class of storages; without a type, tensors say what its bytes are. */
class StorageType {
  readonly dtype: FileDType | null;

  constructor(dtype: FileDType | null) {
    this.dtype = dtype;
  }
}

/** The classes of storages by their names. */
export const STORAGE_TYPES: readonly (readonly [name: string, type: StorageType])[] = [
  ...Object.entries(STORAGES).map(([name, dtype]) =>
    [`torch ${name}`, new StorageType(dtype)] as const
  ),
  ["torch.storage UntypedStorage", new StorageType(null)],
];

/** The elements of one or more tensors. */
class Elements {
  readonly entry: ZipEntry;
  readonly dtype: FileDType | null;

  constructor(entry: ZipEntry, dtype: FileDType | null) {
    this.entry = entry;
    this.dtype = dtype;
  }
}

/** Returns the elements to which a pickle refers. */
export function elementsOf(
  id: unknown,
  storages: ReadonlyMap<string, ZipEntry>,
  refuse: Refusal,
): Elements {
  const [kind, type, key, , count] = Array.isArray(id) ? id : [];
  if (kind !== "storage" || !(type instanceof StorageType) || typeof key !== "string") {
    refuse("it refers to what is no storage");
  }
  const entry = storages.get(key) ?? refuse(`the elements ${quote(key)} are missing`);
  const bytes = Number(count) * (type.dtype === null ? 1 : FILE_DTYPES[type.dtype].bytes);
  if (entry.size !== bytes) {
    refuse(`the elements ${quote(key)} have ${entry.size} bytes, not ${bytes}`);
  }
  return new Elements(entry, type.dtype);
}

/** Returns true for a class of storages, or elements, which are no values that a user can have. */
export function isPart(value: unknown): boolean {
  return value instanceof StorageType || value instanceof Elements;
}

/** A tensor as the file describes it. */
export interface SavedTensor {
  readonly entry: ZipEntry;
  readonly dtype: FileDType;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly requiresGrad: boolean;
}

/** Returns the tensor that a pickle describes, with a name of a dtype if the elements have none. */
export function readSavedTensor(
  [elements, offset, shape, strides, requiresGrad]: readonly unknown[],
  name: unknown,
  refuse: Refusal,
): SavedTensor {
  if (!(elements instanceof Elements)) refuse("a tensor of it has no elements");
  const { entry } = elements;
  const dtype = elements.dtype ?? TORCH_DTYPES[`${name}`] ?? refuse("a tensor of it has no dtype");
  const [[start], sizes, steps] = [[offset], shape, strides].map((list) => {
    const isWhole = (n: unknown): n is number => Number.isSafeInteger(n) && Number(n) >= 0;
    if (Array.isArray(list) && list.every(isWhole)) return list;
    return refuse("a tensor of it has a shape that is no list of whole numbers");
  });
  const room = entry.size / FILE_DTYPES[dtype].bytes;
  const last = sizes.reduce((sum, size, i) => sum + (size - 1) * steps[i], start);
  const fits = sizes.includes(0) || (Number.isSafeInteger(sizeOf(sizes)) && last < room);
  if (sizes.length !== steps.length || !fits) {
    refuse(
      `a tensor of shape ${shorten(formatShape(sizes))} and strides ` +
        `${shorten(formatShape(steps))} does not lie within its ${room} elements`,
    );
  }
  return {
    entry,
    dtype,
    offset: start,
    shape: sizes,
    strides: steps,
    requiresGrad: requiresGrad === true,
  };
}

/**
 * Returns the elements of a tensor in row-major order, from a multiple of their size in memory.
 *
 * @param saved the tensor
 * @param all the bytes of its elements
 */
export function bytesOf(
  { dtype, offset, shape, strides }: SavedTensor,
  all: Uint8Array,
): Uint8Array {
  const width = FILE_DTYPES[dtype].bytes;
  const size = sizeOf(shape);
  if (isContiguous(shape, strides)) {
    const bytes = all.subarray(offset * width, (offset + size) * width);
    return bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  }
  const bytes = new Uint8Array(size * width);
  const index = new Array<number>(shape.length).fill(0);
  let place = offset;
  for (let i = 0; i < size; i++) {
    for (let b = 0; b < width; b++) bytes[i * width + b] = all[place * width + b];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += strides[axis];
      if (++index[axis] < shape[axis]) break;
      place -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return bytes;
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}
