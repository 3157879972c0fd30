/**
 * The bodies of the methods of `Tensor` that read elements: as a number, as arrays, as text.
 *
 * @module
 */

import { DTYPES, type TypedArray } from "../dtype.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { formatShape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { touch } from "../storage/ndarray.ts";
import { formatTensor, type Printable } from "./format.ts";
import { fromArray, run } from "./run.ts";
import { formatTable } from "./table.ts";
import type { Tensor } from "./tensor.ts";

/** Nested arrays of numbers, as deep as a tensor has axes. */
export type NestedArray = number | NestedArray[];

export function item(x: Tensor): number {
  if (x.numel() !== 1) {
    throw new ShapeError(
      `Cannot take the item of shape ${formatShape(x.shape)}: it has ${x.numel()} elements; ` +
        `use toArray(), or reduce it first`,
      x.shape,
    );
  }
  arena.begin();
  touch(x.array);
  return x.array.whole()[x.array.offset];
}

export function toPrimitive(x: Tensor, hint: string): string | number {
  if (hint === "string") return x.toString();
  if (hint === "default") {
    throw new ValueError(
      "Cannot use + or == on a tensor: JavaScript would join or compare texts; use add() and eq(), " +
        "or item() for the number",
    );
  }
  if (x.numel() === 1) return item(x);
  throw new ShapeError(
    `Cannot use shape ${formatShape(x.shape)} as a number: use methods such as add(), mul() and ` +
      `lt(), or item() of one element`,
    x.shape,
  );
}

export function toArray(x: Tensor): NestedArray {
  const flat = data(x);
  let next = 0;
  const nest = (axis: number): NestedArray =>
    axis === x.ndim ? flat[next++] : Array.from({ length: x.shape[axis] }, () => nest(axis + 1));
  return nest(0);
}

/** Returns the elements in row-major order, to be read at once: the next kernel may move them. */
export function elements(x: Tensor): TypedArray {
  if (!x.isContiguous) return data(x);
  arena.begin();
  touch(x.array);
  return x.array.values();
}

export function data(x: Tensor): TypedArray {
  // The copy is not recorded, since its input has no graph.
  const array = x.isContiguous ? x.array : run(ops.clone, [fromArray(x.array)]).array;
  arena.begin();
  touch(array);
  const copy = new DTYPES[x.dtype].array(array.values());
  if (array !== x.array) arena.free(array.storage, "temporary");
  return copy;
}

export function refuseJSON(): never {
  throw new ValueError(
    "Cannot write a tensor as JSON: use toArray() for its elements, or save it as safetensors",
  );
}

/** Makes a map of tensors by name; as JSON, a plain one would be `{}`. */
export function tensorMap(entries?: Iterable<readonly [string, Tensor]>): Map<string, Tensor> {
  return Object.defineProperty(new Map(entries), "toJSON", { value: refuseJSON });
}

export function toText(x: Tensor): string {
  return formatTensor(printable(x));
}

/** Returns the tensor as the printer reads it: by strides, since most of a large one is left out. */
function printable({ array, shape, dtype, requiresGrad }: Tensor): Printable {
  arena.begin();
  touch(array);
  const elements = array.whole();
  const at = (position: number): number => {
    let index = array.offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index += position % shape[axis] * array.strides[axis];
      position = Math.floor(position / shape[axis]);
    }
    return elements[index];
  };
  return { shape, dtype, requiresGrad, at };
}

/** Returns the text for consoles and debuggers; it must not throw when the memory was freed. */
export function inspect(x: Tensor): string {
  return isFreed(x) ? `tensor(<freed>, shape: ${formatShape(x.shape)})` : toText(x);
}

/** Returns the text and the table for notebooks; it must not throw either. */
export function display(x: Tensor): Record<string, string> {
  const bundle = { "text/plain": inspect(x) };
  return isFreed(x) ? bundle : { ...bundle, "text/html": formatTable(printable(x)) };
}

function isFreed({ array }: Tensor): boolean {
  return array.storage.freedBy !== null;
}
