/**
 * Makes batches out of samples.
 *
 * @module
 */

import { checkList } from "../../checks.ts";
import { type DType, getDefaultDtype, isFloat, promote } from "../../dtype.ts";
import { DTypeError, ValueError } from "../../errors.ts";
import { stack } from "../../tensor/shape.ts";
import { tensor } from "../../tensor/create.ts";
import { Tensor } from "../../tensor/tensor.ts";

/** The batch that {@link defaultCollate} makes of samples of type `T`; of promises, a promise of it. */
export type Collated<T> = T extends Promise<infer S> ? Promise<Collated<S>>
  : T extends Tensor | number | boolean | ArrayBufferView ? Tensor
  : T extends string ? string[]
  : T extends readonly unknown[] | Readonly<Record<string, unknown>>
    ? { -readonly [K in keyof T]: Collated<T[K]> }
  : T[];

/**
 * Makes a batch out of samples of the same form.
 *
 * | sample | batch |
 * |---|---|
 * | tensor, typed array | stacked along a new first axis |
 * | number | tensor: int32 if all of them are whole and fit (as class indices are), else the default float |
 * | boolean | tensor of booleans |
 * | string | array of strings |
 * | array or tuple, plain object | the same with batches inside, place by place |
 *
 * See https://pytorch.org/docs/stable/data.html
 *
 * @param samples at least one
 * @returns the batch
 * @throws {ValueError} if samples differ in form, or are of another type
 * @throws {ShapeError} if tensors differ in shape
 * @example
 * ```ts
 * import { type Tensor, tensor } from "@gradus/gradus";
 * import { defaultCollate } from "@gradus/gradus/utils/data";
 * import { assertEquals } from "@std/assert";
 *
 * const samples: [Tensor, number][] = [[tensor([1, 2, 3]), 7], [tensor([4, 5, 6]), 2]];
 * const [x, y] = defaultCollate(samples);
 * assertEquals(x.shape, [2, 3]);
 * assertEquals(y.toArray(), [7, 2]);
 * ```
 */
export function defaultCollate<T>(samples: readonly T[]): Collated<T> {
  return collator<T>()(samples);
}

/**
 * Returns a function that makes batches as {@link defaultCollate} does, with one dtype for each field
 * of the samples: that of the first batch.
 */
export function collator<T>(): (samples: readonly T[]) => Collated<T> {
  const dtypes = new Map<string, DType>();
  return (samples) => collate(samples, "sample", dtypes) as Collated<T>;
}

/** Elements of an array, or fields of an object. */
type Parts = Readonly<Record<string, unknown>>;

/**
 * @param path the place in the sample, for error messages
 * @param dtypes the dtype of each place, once it is known
 */
function collate(samples: readonly unknown[], path: string, dtypes: Map<string, DType>): unknown {
  checkList("collate samples", samples);
  if (samples.length === 0) throw new ValueError("Cannot collate no samples: give at least one");
  const batch = tensorOf(samples, path, dtypes.get(path));
  if (batch !== undefined) {
    dtypes.set(path, batch.dtype);
    return batch;
  }
  if (every(samples, (x) => typeof x === "string")) return [...samples];
  if (every(samples, (x): x is Parts => Array.isArray(x))) {
    return Object.values(parts(samples, path, dtypes));
  }
  if (every(samples, isPlain)) return parts(samples, path, dtypes);
  const types = [...new Set(samples.map(typeName))];
  const remedy = "pass { collate } to make batches yourself";
  throw new ValueError(
    types.length > 1
      ? `Cannot collate ${path}: its type is ${
        types.join(" in one sample and ")
      } in another; make ` +
        `them the same, or ${remedy}`
      : `Cannot collate ${path}: its type is ${types[0]}; ` +
        (types[0] === "Promise" ? "await the samples first, or let a DataLoader do it" : remedy),
  );
}

/** Returns true if all of `samples` are of a type. */
function every<U>(samples: readonly unknown[], is: (x: unknown) => x is U): samples is U[] {
  return samples.every(is);
}

function isPlain(x: unknown): x is Parts {
  return typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype;
}

/** Returns tensors, numbers or booleans as one tensor, of the dtype `known` if there is one. */
function tensorOf(
  samples: readonly unknown[],
  path: string,
  known: DType | undefined,
): Tensor | undefined {
  if (every(samples, (x) => typeof x === "number")) {
    const other = samples.find((x) => (x | 0) !== x);
    const dtype = known ?? (other === undefined ? "int32" : getDefaultDtype());
    if (isFloat(dtype) || other === undefined) return tensor(samples, { dtype });
    throw new ValueError(
      `Cannot collate ${path}: it is ${other}, and ${dtype} since the first batch, whose numbers ` +
        `were whole; return a tensor instead of a number, such as tensor(value, { dtype: "float32" })`,
    );
  }
  let batch: Tensor;
  if (every(samples, (x) => x instanceof Tensor)) batch = stack(samples);
  else if (every(samples, (x) => typeof x === "boolean")) batch = tensor(samples);
  else if (every(samples, (x) => ArrayBuffer.isView(x))) {
    batch = stack(samples.map((x) => tensor(x)));
  } else return undefined;
  if (known === undefined || batch.dtype === known) return batch;
  if (promote(batch.dtype, known) === known) return batch.to(known);
  throw new DTypeError(
    `Cannot collate ${path}: it is ${batch.dtype}, and was ${known} in the first batch; return ` +
      `samples of one dtype`,
  );
}

/** Collates each element of arrays, or each field of objects. */
function parts(samples: readonly Parts[], path: string, dtypes: Map<string, DType>): Parts {
  const isList = Array.isArray(samples[0]);
  const keys = Object.keys(samples[0]);
  const other = samples.map((sample) => Object.keys(sample)).find((its) =>
    its.length !== keys.length || !keys.every((key) => its.includes(key))
  );
  if (other !== undefined) {
    const [one, another] = [keys, other].map((its) =>
      isList ? `length ${its.length}` : `the fields ${its.join(", ")}`
    );
    throw new ValueError(
      `Cannot collate ${path}: it has ${one} in one sample and ${another} in another; make them ` +
        `the same, or pass { collate } to make batches yourself`,
    );
  }
  return Object.fromEntries(keys.map((key) => {
    const place = isList ? `${path}[${key}]` : `${path}.${key}`;
    return [key, collate(samples.map((sample) => sample[key]), place, dtypes)];
  }));
}

function typeName(x: unknown): string {
  return x === null ? "null" : typeof x === "object" ? x.constructor?.name ?? "object" : typeof x;
}
