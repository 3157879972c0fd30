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
import { formatTensor } from "./format.ts";
import { fromArray, run } from "./run.ts";
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

export function toText(x: Tensor): string {
  const elements = data(x);
  const { shape, dtype, requiresGrad } = x;
  return formatTensor({ shape, dtype, requiresGrad, at: (i) => elements[i] });
}

/** Returns the text for consoles and debuggers; it must not throw when the memory was freed. */
export function inspect(x: Tensor): string {
  const isFreed = x.array.storage.freedBy !== null;
  return isFreed ? `tensor(<freed>, shape: ${formatShape(x.shape)})` : toText(x);
}
