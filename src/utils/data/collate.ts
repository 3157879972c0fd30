/**
 * Makes batches out of samples.
 *
 * @module
 */

import { checkList, isForeign, operandError } from "../../checks.ts";
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
 * of the samples: that of the first batch, as its type.
 */
export function collator<T>(): (samples: readonly T[]) => Collated<T> {
  const fields = new Map<string, Field>();
  return (samples) => collate(samples, "sample", fields) as Collated<T>;
}

/** A field of the samples, which is the same in all batches. */
interface Field {
  readonly type: string;
  /** The dtype of its batches, if they are tensors. */
  readonly dtype?: DType;
}

/** Characters of the longest path in a sample, which is no deeper than the stack. */
const LONGEST_PATH = 2000;

/** Elements of an array, or fields of an object. */
type Parts = Readonly<Record<string, unknown>>;

/**
 * @param path the place in the sample, for error messages
 * @param fields what each place is, once it is known
 */
function collate(samples: readonly unknown[], path: string, fields: Map<string, Field>): unknown {
  checkList("collate samples", samples);
  if (samples.length === 0) throw new ValueError("Cannot collate no samples: give at least one");
  const remedy = "pass { collate } to make batches yourself";
  if (path.length > LONGEST_PATH) {
    throw new ValueError(
      `Cannot collate ${
        path.slice(0, 40)
      }…: it is nested too deeply, or a part of itself; ${remedy}`,
    );
  }
  const known = fields.get(path);
  const type = known?.type ?? typeOf(samples[0]);
  const other = Array.from(samples, typeOf).find((its) => its !== type);
  if (other !== undefined) {
    throw new ValueError(
      `Cannot collate ${path}: its type is ${type} in one sample and ${other} in another; make ` +
        `them the same, or ${remedy}`,
    );
  }
  const batch = tensorOf(samples, type, path, known?.dtype);
  if (known === undefined) fields.set(path, { type, dtype: batch?.dtype });
  if (batch !== undefined) return batch;
  if (type === "string") return [...samples];
  if (type === "Array") return Object.values(parts(samples as Parts[], path, fields));
  if (isPlain(samples[0])) return parts(samples as Parts[], path, fields);
  throw new ValueError(
    `Cannot collate ${path}: its type is ${type}; ` +
      (type === "Promise" ? "await the samples first, or let a DataLoader do it" : remedy),
  );
}

function isPlain(x: unknown): x is Parts {
  return typeof x === "object" && x !== null && Object.getPrototypeOf(x) === Object.prototype;
}

/** Returns tensors, numbers or booleans as one tensor, of the dtype `known` if there is one. */
function tensorOf(
  samples: readonly unknown[],
  type: string,
  path: string,
  known: DType | undefined,
): Tensor | undefined {
  if (type === "number") {
    const numbers = samples as number[];
    const other = numbers.find((x) => (x | 0) !== x);
    const dtype = known ?? (other === undefined ? "int32" : getDefaultDtype());
    if (known === undefined && dtype === "float32") checkKept(path, numbers);
    if (isFloat(dtype) || other === undefined) return tensor(numbers, { dtype });
    throw new ValueError(
      `Cannot collate ${path}: it is ${other}, and ${dtype} since the first batch, whose numbers ` +
        `were whole; return a tensor instead of a number, such as tensor(value, { dtype: "float32" })`,
    );
  }
  const foreign = samples.find(isForeign);
  if (foreign !== undefined) throw operandError(`collate ${path}`, foreign, "a tensor");
  let batch: Tensor;
  if (type === "Tensor") batch = stack(samples as Tensor[]);
  else if (type === "boolean") batch = tensor(samples as boolean[]);
  else if (type === "typed array") batch = stack((samples as Float32Array[]).map((x) => tensor(x)));
  else return undefined;
  if (known === undefined || batch.dtype === known) return batch;
  if (promote(batch.dtype, known) === known) return batch.to(known);
  throw new DTypeError(
    `Cannot collate ${path}: it is ${batch.dtype}, and was ${known} in the first batch; return ` +
      `samples of one dtype`,
  );
}

/** Rejects whole numbers, such as times and identifiers, of which float32 would keep a part. */
function checkKept(path: string, numbers: readonly number[]): void {
  const lost = numbers.find((x) => Math.fround(x) !== x);
  if (lost === undefined || !numbers.every(Number.isInteger)) return;
  throw new ValueError(
    `Cannot collate ${path}: it is ${lost}, which neither int32 nor float32 holds; return a tensor ` +
      `instead of a number, such as tensor(value, { dtype: "float64" })`,
  );
}

/** Collates each element of arrays, or each field of objects. */
function parts(samples: readonly Parts[], path: string, fields: Map<string, Field>): Parts {
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
    return [key, collate(samples.map((sample) => sample[key]), place, fields)];
  }));
}

/** Names the type of a sample; tensors, and typed arrays, count as one type each. */
function typeOf(x: unknown): string {
  if (x instanceof Tensor) return "Tensor";
  if (ArrayBuffer.isView(x)) return "typed array";
  return x === null ? "null" : typeof x === "object" ? x.constructor?.name ?? "object" : typeof x;
}
