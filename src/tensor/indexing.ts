/**
 * Reading `x.at(0, [1, 5], "...", null)`: what an index means, axis by axis.
 *
 * @module
 */

import type { Variable } from "../autograd/node.ts";
import { isTensor } from "../checks.ts";
import { ShapeError } from "../errors.ts";
import { formatShape, type Shape } from "../shape.ts";
import type { Span } from "../storage/views.ts";

/**
 * A range `[start, stop, step]` of an axis, as in Python's `start:stop:step`: `stop` is left out,
 * negative ends count from the end, `null` is an open end, and the step is 1 if left out.
 */
export type Range = readonly [start: number | null, stop?: number | null, step?: number];

/**
 * One part of an index.
 *
 * | part | meaning |
 * |---|---|
 * | `2`, `-1` | one entry; the axis goes |
 * | `[1, 5]`, `[null, null, -1]` | a range; the axis stays |
 * | `":"` | the whole axis |
 * | `"..."` | as many whole axes as are left |
 * | `null` | a new axis of size 1 |
 * | int32 tensor | these entries, in this order |
 * | bool tensor | the entries where it is true; it takes as many axes as it has |
 */
export type Index = number | Range | ":" | "..." | null | Variable;

/** An index by parts, read: a strided part, then shapes and picks. */
export interface ParsedIndex {
  /** The part of each axis of the tensor that is taken. */
  readonly spans: readonly Span[];
  /** Shape after axes went and came. */
  readonly shape: Shape;
  /** Axes (of `shape`) where entries are picked by a tensor, which must then be the only one. */
  readonly pick: { readonly axis: number; readonly index: Variable } | null;
}

/**
 * Reads `index` for a tensor of `shape`.
 *
 * @throws {ShapeError} if an index is out of range, or there are too many
 */
export function parseIndex(shape: Shape, index: readonly Index[]): ParsedIndex {
  const spans: Span[] = [];
  const result: number[] = [];
  let pick: ParsedIndex["pick"] = null;
  const fail = (reason: string): never => {
    throw new ShapeError(`Cannot index shape ${formatShape(shape)}: ${reason}`, shape);
  };
  const whole = (): void => {
    const length = shape[spans.length];
    spans.push({ start: 0, step: 1, length });
    result.push(length);
  };
  const used = index.reduce<number>((n, part) => n + axesOf(part), 0);
  if (used > shape.length) {
    fail(`the index has ${used} axes, and the tensor ${shape.length}; leave some out`);
  }
  if (index.filter((part) => part === "...").length > 1) fail(`"..." can stand only once`);
  for (const part of index) {
    const axis = spans.length;
    if (part === null) result.push(1);
    else if (part === ":") whole();
    else if (part === "...") { for (let n = shape.length - used; n > 0; n--) whole(); }
    else if (typeof part === "number") {
      if (!Number.isInteger(part) || part < -shape[axis] || part >= shape[axis]) {
        fail(`${part} is out of range for axis ${axis} of size ${shape[axis]}`);
      }
      spans.push({ start: part < 0 ? part + shape[axis] : part, step: 1, length: 1 });
    } else if (isRange(part)) {
      const span = spanOf(part, shape[axis], fail);
      spans.push(span);
      result.push(span.length);
    } else {
      if (!(isTensor(part))) {
        fail(
          `${
            JSON.stringify(part)
          } is no index; use whole numbers, [start, stop], ":", "...", null ` +
            `or a tensor`,
        );
      }
      if (pick !== null) fail("only one tensor can be part of an index; index in two steps");
      pick = { axis: result.length, index: part };
      for (let n = axesOf(part); n > 0; n--) whole();
    }
  }
  while (spans.length < shape.length) whole();
  return { spans, shape: result, pick };
}

function axesOf(part: Index): number {
  if (part === null || part === "...") return 0;
  if (typeof part === "object" && !isRange(part) && part.dtype === "bool") return part.shape.length;
  return 1;
}

function isRange(part: Range | Variable): part is Range {
  return Array.isArray(part);
}

/** `start:stop:step` of an axis of `size`, clipped to it as Python does. */
function spanOf(range: Range, size: number, fail: (reason: string) => never): Span {
  const [start, stop = null, step = 1] = range;
  for (const n of [start ?? 0, stop ?? 0, step]) {
    if (!Number.isInteger(n)) fail(`the range [${range.join(", ")}] needs whole numbers`);
  }
  if (step === 0) fail(`the range [${range.join(", ")}] has step 0; use 1, or -1 to run backwards`);
  // Forwards, ends lie in [0, size]; backwards in [-1, size - 1].
  const low = step > 0 ? 0 : -1;
  const clip = (n: number): number => Math.min(Math.max(n < 0 ? n + size : n, low), size + low);
  const from = start === null ? (step > 0 ? 0 : size - 1) : clip(start);
  const to = stop === null ? (step > 0 ? size : -1) : clip(stop);
  return { start: from, step, length: Math.max(0, Math.ceil((to - from) / step)) };
}
