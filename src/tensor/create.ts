/**
 * Functions that create tensors.
 *
 * @module
 */

import { type DType, DTYPES, getDefaultDtype, isDType, type TypedArray } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { kernels } from "../kernels/backends.ts";
import { Formula, identity } from "../kernels/formula.ts";
import {
  checkArguments,
  checkRange,
  checkShape,
  checkTensors,
  checkType,
  readOptions,
  REQUIRED,
} from "../checks.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { quoted, withArticle } from "../names.ts";
import { arena } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import { viewReshape, viewSlice } from "../storage/views.ts";
import { fromArray } from "./run.ts";
import { scope } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** Options of the functions that create tensors. */
export interface TensorOptions {
  /** Element type; the default depends on the function. */
  readonly dtype?: DType;
  /** Record operations on the tensor; default false. */
  readonly requiresGrad?: boolean;
}

/** Nested arrays of numbers or booleans, or a typed array. */
export type TensorData = NestedData | ArrayBufferView;

/** Nested arrays of numbers or booleans. */
export type NestedData = number | boolean | readonly NestedData[];

const DEFAULTS = { dtype: undefined, requiresGrad: false };

/** Makes a tensor of `shape`, which was checked, and lets `fill` write its elements. */
export function create(
  shape: Shape,
  dtype: DType,
  requiresGrad: boolean,
  fill: (values: TypedArray) => void,
): Tensor {
  arena.begin();
  const array = NDArray.allocate([...shape], dtype);
  fill(array.values());
  return fromArray(array).requiresGrad_(requiresGrad);
}

/**
 * Creates a tensor from a copy of `data`.
 *
 * The dtype of a typed array stays; nested arrays of booleans give `bool`, and numbers give the
 * default floating-point dtype, since JavaScript does not distinguish 1 from 1.0.
 *
 * See https://pytorch.org/docs/stable/generated/torch.tensor.html
 *
 * @param data nested arrays of equal lengths, a number, a boolean, or a typed array
 * @param options `dtype`, `requiresGrad`
 * @throws {ShapeError} if nested arrays differ in length
 * @throws {ValueError} if the dtype is an integer type that cannot hold an element
 * @example
 * ```ts
 * import { tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tensor([[1, 2], [3, 4]]).shape, [2, 2]);
 * assertEquals(tensor(new Int32Array([7])).dtype, "int32");
 * ```
 */
export function tensor(data: TensorData, options?: TensorOptions): Tensor {
  checkArguments("tensor", arguments, 2);
  const read = readOptions("tensor", options, DEFAULTS);
  if (ArrayBuffer.isView(data)) return fromTypedArray(data, read);
  const shape = nestedShape(data);
  const flat = new Array<number>(sizeOf(shape));
  let count = 0;
  let booleans = 0;
  const visit = (value: NestedData, depth: number, path: string): void => {
    if (Array.isArray(value)) {
      if (depth >= shape.length || value.length !== shape[depth]) failRagged(value, depth, path);
      // Not forEach, which would pass over the holes of a sparse array.
      for (let i = 0; i < value.length; i++) visit(value[i], depth + 1, `${path}[${i}]`);
      return;
    }
    if (depth < shape.length) failRagged(value, depth, path);
    if (typeof value === "boolean") booleans++;
    else if (typeof value !== "number") failElement(value, path);
    flat[count++] = Number(value);
  };
  const failRagged = (value: NestedData, depth: number, path: string): never => {
    const found = Array.isArray(value) ? `an array of ${value.length}` : `${value}`;
    const expected = depth < shape.length ? `an array of ${shape[depth]}` : "a number";
    throw new ShapeError(
      `Cannot make a tensor of nested arrays: data${path} is ${found}, but its neighbours show that ` +
        `it should be ${expected}; pad or cut the rows to one length`,
      shape,
    );
  };
  visit(data, 0, "");
  const inferred = booleans > 0 && booleans === count ? "bool" : getDefaultDtype();
  return fromValues(shape, flat, read.dtype ?? inferred, read.requiresGrad);
}

function failElement(value: unknown, path: string): never {
  throw new DTypeError(
    `Cannot make a tensor: data${path} is of type ${value === null ? "null" : typeof value}, and ` +
      `only numbers and booleans can be elements`,
  );
}

function nestedShape(data: NestedData): number[] {
  const shape: number[] = [];
  let level: NestedData = data;
  while (Array.isArray(level)) {
    shape.push(level.length);
    level = level[0];
  }
  return shape;
}

/** Copies a typed array; a type that is not a dtype becomes int32 if its elements all fit. */
function fromTypedArray(
  data: ArrayBufferView,
  { dtype, requiresGrad }: { readonly dtype?: DType; readonly requiresGrad: boolean },
): Tensor {
  const own: DType | null = data instanceof Float32Array
    ? "float32"
    : data instanceof Float64Array
    ? "float64"
    : data instanceof Uint8Array || data instanceof Uint8ClampedArray
    ? "uint8"
    : data instanceof Int32Array || data instanceof Int16Array || data instanceof Int8Array ||
        data instanceof Uint16Array
    ? "int32"
    : null;
  if (own === null) {
    throw new DTypeError(
      `Cannot make a tensor of ${
        withArticle(data.constructor.name)
      }: its elements fit no dtype exactly; convert ` +
        `it to a Float64Array or an Int32Array first`,
    );
  }
  if ((data.buffer as Partial<ArrayBuffer>).detached) {
    throw new ValueError(
      `Cannot make a tensor of ${
        withArticle(data.constructor.name)
      } whose buffer was transferred: it has no ` +
        `elements any more; copy it with slice() before`,
    );
  }
  const source = data as unknown as ArrayLike<number>;
  return fromValues([source.length], source, dtype ?? own, requiresGrad);
}

function fromValues(
  shape: Shape,
  source: ArrayLike<number>,
  dtype: DType,
  requiresGrad: boolean,
): Tensor {
  readDtype(dtype);
  checkRange("make a tensor", source, dtype);
  return create(shape, dtype, requiresGrad, (values) => {
    values.set(source);
  });
}

function readDtype(dtype: DType): DType {
  if (isDType(dtype)) return dtype;
  throw new DTypeError(
    `Cannot make a tensor of dtype ${quoted(dtype)}: there are ${Object.keys(DTYPES).join(", ")}`,
  );
}

/**
 * Returns `dtype` if it exists and holds numbers.
 *
 * @throws {DTypeError} if there is no such dtype, or it is bool
 */
export function readNumericDtype(dtype: DType, action: string): DType {
  if (readDtype(dtype) !== "bool") return dtype;
  throw new DTypeError(`Cannot ${action} of booleans: they are not numbers; compare one instead`);
}

/**
 * Creates a tensor of `shape` that is filled with `value`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.full.html
 *
 * @param shape sizes of the axes; `[]` makes a scalar
 * @param value rounded to a floating-point dtype; whole for integers, 0 or 1 for `bool`
 * @param options `dtype` (default: the floating-point default), `requiresGrad`
 * @throws {ShapeError} if a size is not a whole number ≥ 0
 * @throws {ValueError} if an integer type or `bool` cannot hold the value
 * @example
 * ```ts
 * import { full } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(full([2, 2], 7).toArray(), [[7, 7], [7, 7]]);
 * ```
 */
export function full(shape: Shape, value: number, options?: TensorOptions): Tensor {
  checkArguments("full", arguments, 3);
  return filled("full", shape, value, options);
}

/** Fills a tensor of `shape` with `value`, for the function `name`; `own` is its default dtype. */
export function filled(
  name: string,
  shape: Shape,
  value: number,
  options: TensorOptions | undefined,
  own?: DType,
): Tensor {
  checkShape(shape, "make a tensor");
  const read = readOptions(name, options, DEFAULTS);
  const dtype = readDtype(read.dtype ?? own ?? getDefaultDtype());
  if (typeof value !== "number") {
    throw new ValueError(
      `Cannot call ${name}() with a value of type ${typeof value}: use a number`,
    );
  }
  checkRange("make a tensor", [value], dtype);
  arena.begin();
  const array = NDArray.allocate([...shape], dtype);
  // The kernel, since `fill` of a typed array on shared memory takes V8 ten times as long.
  kernels().mapInto(identity, [value], array, dtype);
  return fromArray(array).requiresGrad_(read.requiresGrad);
}

/**
 * Creates a tensor of zeros.
 *
 * See https://pytorch.org/docs/stable/generated/torch.zeros.html
 *
 * @param shape sizes of the axes; `[]` makes a scalar, `[0]` an empty vector
 * @param options `dtype` (default: the floating-point default), `requiresGrad`
 * @throws {ShapeError} if a size is not a whole number ≥ 0
 * @example
 * ```ts
 * import { zeros } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(zeros([2, 3], { dtype: "int32" }).toArray(), [[0, 0, 0], [0, 0, 0]]);
 * ```
 */
export function zeros(shape: Shape, options?: TensorOptions): Tensor {
  checkArguments("zeros", arguments, 2);
  return filled("zeros", shape, 0, options);
}

/**
 * Creates a tensor of ones.
 *
 * See https://pytorch.org/docs/stable/generated/torch.ones.html
 *
 * @param shape sizes of the axes; `[]` makes a scalar
 * @param options `dtype` (default: the floating-point default), `requiresGrad`
 * @throws {ShapeError} if a size is not a whole number ≥ 0
 * @example
 * ```ts
 * import { ones } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ones([2, 3]).toArray(), [[1, 1, 1], [1, 1, 1]]);
 * assertEquals(ones([2, 3]).sum().item(), 6);
 * ```
 */
export function ones(shape: Shape, options?: TensorOptions): Tensor {
  checkArguments("ones", arguments, 2);
  return filled("ones", shape, 1, options);
}

/**
 * Makes a tensor whose elements are to be written. They are 0: unlike PyTorch's, which are whatever
 * the memory held, so that a forgotten write gives the same result in each run.
 *
 * See https://pytorch.org/docs/stable/generated/torch.empty.html
 *
 * @param shape the sizes
 * @param options `dtype`, `requiresGrad`
 * @throws {ShapeError} if the shape is not a list of whole numbers ≥ 0
 * @example
 * ```ts
 * import { empty } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(empty([2]).fill_(3).toArray(), [3, 3]);
 * ```
 */
export function empty(shape: Shape, options?: TensorOptions): Tensor {
  checkArguments("empty", arguments, 2);
  return filled("empty", shape, 0, options);
}

/**
 * Creates the range `start, start + step, …` up to `end` (exclusive).
 *
 * Unlike PyTorch, it makes floats by default, since JavaScript does not distinguish 4 from 4.0.
 *
 * See https://pytorch.org/docs/stable/generated/torch.arange.html
 *
 * @param start the first element
 * @param end the end (exclusive); the range is empty if it equals `start`
 * @param options `step` (default 1, may be negative), `dtype`, `requiresGrad`
 * @throws {ValueError} if the step leads away from the end, or is 0
 * @example
 * ```ts
 * import { arange } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(arange(4).toArray(), [0, 1, 2, 3]);
 * assertEquals(arange(1, 0, { step: -0.25 }).toArray(), [1, 0.75, 0.5, 0.25]);
 * ```
 */
export function arange(start: number, end?: number, options?: ArangeOptions): Tensor;
/**
 * Creates the range `0, step, …` up to `end` (exclusive).
 *
 * See https://pytorch.org/docs/stable/generated/torch.arange.html
 *
 * @param end the end (exclusive)
 * @param options `step` (default 1, may be negative), `dtype`, `requiresGrad`
 * @throws {ValueError} if the step leads away from the end, or is 0
 */
export function arange(end: number, options?: ArangeOptions): Tensor;
export function arange(
  first: number,
  second?: number | ArangeOptions,
  third?: ArangeOptions,
): Tensor {
  checkArguments("arange", arguments, 3);
  const [start, end] = typeof second === "number" ? [first, second] : [0, first];
  if (second === null) checkType("make a range", "a bound", second, "number");
  const options = typeof second === "number" ? third : second ?? third;
  const { step, requiresGrad, ...read } = readOptions("arange", options, { ...DEFAULTS, step: 1 });
  const dtype = readNumericDtype(read.dtype ?? getDefaultDtype(), "make a range");
  for (const bound of [start, end]) checkType("make a range", "a bound", bound, "number");
  const count = Math.ceil((end - start) / step);
  if (!Number.isFinite(count) || count < 0) {
    throw new ValueError(
      `Cannot make a range from ${start} to ${end} by ${step}: the step must lead to the end`,
    );
  }
  // Of whole numbers at both ends, all are whole if the second one is.
  const known = [0, 1, count - 1].filter((i) => i >= 0 && i < count);
  checkRange("make a range", known.map((i) => start + i * step), dtype);
  checkShape([count], "make a range");
  return byPlace(count, dtype, requiresGrad, stepped, [start, step]);
}

const stepped = new Formula(
  "arange",
  4,
  (k, [row, column, start, step]) => k.add(start, k.mul(k.add(row, column), step)),
);

/** Elements that one row of {@link byPlace} computes. */
const ROW = 1024;
const COLUMNS = Float64Array.from({ length: ROW }, (_, i) => i);

/** Makes a vector of `f(row, column, ...numbers)`, in float64, at each place `row + column`. */
function byPlace(
  count: number,
  dtype: DType,
  requiresGrad: boolean,
  f: Formula,
  numbers: readonly number[],
): Tensor {
  return scope(() => {
    arena.begin();
    const array = NDArray.allocate([count], dtype);
    const columns = NDArray.from(COLUMNS, [ROW], "float64");
    const part = (x: NDArray, start: number, length: number): NDArray =>
      viewSlice(x, [{ start, step: 1, length }]);
    const rows = Math.floor(count / ROW);
    const whole = rows * ROW;
    if (rows > 0) {
      const firsts = new Float64Array(rows).map((_, i) => i * ROW);
      const operands = [NDArray.from(firsts, [rows, 1], "float64"), columns, ...numbers];
      const out = viewReshape(part(array, 0, whole), [rows, ROW])!;
      kernels().mapInto(f, operands, out, "float64");
    }
    const rest = count - whole;
    const operands = [whole, part(columns, 0, rest), ...numbers];
    kernels().mapInto(f, operands, part(array, whole, rest), "float64");
    return fromArray(array);
  }).requiresGrad_(requiresGrad);
}

/** Options of `arange`. */
export interface ArangeOptions extends TensorOptions {
  /** Difference between neighbours; default 1. */
  readonly step?: number;
}

/**
 * Creates `steps` evenly spaced numbers from `start` to `end` (inclusive).
 *
 * See https://pytorch.org/docs/stable/generated/torch.linspace.html
 *
 * @param start the first element
 * @param end the last element, exactly; one step gives `start` alone
 * @param options `steps`, the number of elements; `dtype`, `requiresGrad`
 * @throws {ShapeError} if `steps` is not a whole number ≥ 0
 * @example
 * ```ts
 * import { linspace } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(linspace(0, 1, { steps: 5 }).toArray(), [0, 0.25, 0.5, 0.75, 1]);
 * ```
 */
export function linspace(
  start: number,
  end: number,
  options: LinspaceOptions,
): Tensor {
  checkArguments("linspace", arguments, 3);
  const { steps, requiresGrad, ...read } = readOptions("linspace", options, {
    ...DEFAULTS,
    steps: REQUIRED,
  });
  const dtype = readNumericDtype(read.dtype ?? getDefaultDtype(), "make a linspace");
  for (const bound of [start, end]) checkType("make a linspace", "an end", bound, "number");
  checkShape([steps], "make a linspace");
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  checkRange("make a linspace", [start, end, start + step], dtype);
  return byPlace(steps, dtype, requiresGrad, spread, [start, end, step, steps]);
}

/** Counting from the nearer end makes both ends exact. */
const spread = new Formula("linspace", 6, (k, [row, column, start, end, step, steps]) => {
  const i = k.add(row, column);
  const fromEnd = k.sub(end, k.mul(k.sub(k.sub(steps, 1), i), step));
  return k.where(k.lt(i, k.div(steps, 2)), k.add(start, k.mul(i, step)), fromEnd);
});

/** Options of `linspace`. */
export interface LinspaceOptions extends TensorOptions {
  /** The number of elements. */
  readonly steps: number;
}

/**
 * Creates a matrix with 1 on the main diagonal and 0 elsewhere.
 *
 * See https://pytorch.org/docs/stable/generated/torch.eye.html
 *
 * @param rows number of rows
 * @param columns number of columns; default `rows`
 * @param options `dtype` (default: the floating-point default), `requiresGrad`
 * @returns `[rows, columns]`
 * @throws {ShapeError} if a size is not a whole number ≥ 0
 * @example
 * ```ts
 * import { eye } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(eye(2).toArray(), [[1, 0], [0, 1]]);
 * assertEquals(eye(2, 3).toArray(), [[1, 0, 0], [0, 1, 0]]);
 * ```
 */
export function eye(rows: number, columns?: number, options?: TensorOptions): Tensor {
  checkArguments("eye", arguments, 3);
  const width = columns ?? rows;
  const { dtype, requiresGrad } = readOptions("eye", options, DEFAULTS);
  const own = readDtype(dtype ?? getDefaultDtype());
  checkShape([rows, width], "make an identity matrix");
  const { array } = filled("eye", [rows, width], 0, { dtype: own });
  const values = array.values();
  for (let i = 0; i < Math.min(rows, width); i++) values[i * width + i] = 1;
  return fromArray(array).requiresGrad_(requiresGrad);
}

/**
 * Creates zeros with the shape and dtype of `x`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.zeros_like.html
 *
 * @param x the tensor with the shape and dtype
 * @param options `dtype`, `requiresGrad`
 * @example
 * ```ts
 * import { tensor, zerosLike } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]], { dtype: "int32" });
 * assertEquals(zerosLike(x).toArray(), [[0, 0], [0, 0]]);
 * assertEquals(zerosLike(x).dtype, "int32");
 * ```
 */
export function zerosLike(x: Tensor, options?: TensorOptions): Tensor {
  checkArguments("zerosLike", arguments, 2);
  return filledLike("zerosLike", x, 0, options);
}

/**
 * Creates ones with the shape and dtype of `x`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.ones_like.html
 *
 * @param x the tensor with the shape and dtype
 * @param options `dtype`, `requiresGrad`
 * @example
 * ```ts
 * import { onesLike, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * const y = tensor([1, 2], { requiresGrad: true }).mul(3);
 * y.backward(onesLike(y)); // the same as y.sum().backward()
 * assertEquals(onesLike(y).toArray(), [1, 1]);
 * ```
 */
export function onesLike(x: Tensor, options?: TensorOptions): Tensor {
  checkArguments("onesLike", arguments, 2);
  return filledLike("onesLike", x, 1, options);
}

/**
 * As `empty`, with the shape and the dtype of `x`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.empty_like.html
 *
 * @param x the tensor whose shape and dtype the result has
 * @param options `dtype`, `requiresGrad`
 * @example
 * ```ts
 * import { emptyLike, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(emptyLike(tensor([[1, 2]])).shape, [1, 2]);
 * ```
 */
export function emptyLike(x: Tensor, options?: TensorOptions): Tensor {
  checkArguments("emptyLike", arguments, 2);
  return filledLike("emptyLike", x, 0, options);
}

/**
 * Creates a tensor with the shape and dtype of `x` that is filled with `value`.
 *
 * See https://pytorch.org/docs/stable/generated/torch.full_like.html
 *
 * @param x the tensor with the shape and dtype
 * @param value rounded to the dtype
 * @param options `dtype`, `requiresGrad`
 * @example
 * ```ts
 * import { fullLike, tensor } from "@gradus/gradus";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fullLike(tensor([1, 2, 3]), 0.5).toArray(), [0.5, 0.5, 0.5]);
 * ```
 */
export function fullLike(x: Tensor, value: number, options?: TensorOptions): Tensor {
  checkArguments("fullLike", arguments, 3);
  return filledLike("fullLike", x, value, options);
}

function filledLike(
  name: string,
  x: Tensor,
  value: number,
  options: TensorOptions | undefined,
): Tensor {
  checkTensors(name, x);
  return filled(name, x.shape, value, options, x.dtype);
}
