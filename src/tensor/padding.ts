/**
 * Borders.
 *
 * @module
 */

import { wrap } from "../autograd/node.ts";
import { ValueError } from "../errors.ts";
import { ops } from "../ops/table.ts";
import { formatShape } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import { NDArray } from "../storage/ndarray.ts";
import type { Span } from "../storage/views.ts";
import { indexTensor } from "./index_tensor.ts";
import { run } from "./run.ts";
import { pass } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** What a border is made of. */
export type PadMode = "constant" | "reflect" | "replicate" | "circular";

/** Options of `pad`. */
export interface PadOptions {
  /**
   * `"constant"`: one value. `"reflect"`: the neighbours mirrored, without the edge itself.
   * `"replicate"`: the edge again. `"circular"`: the other end. Default `"constant"`.
   */
  readonly mode?: PadMode;
  /** The value of a constant border; default 0. */
  readonly value?: number;
}

/** The place that a border shows, for a place `i` outside of an axis of `size`. */
const SHOWN: Readonly<Record<Exclude<PadMode, "constant">, (i: number, size: number) => number>> = {
  reflect: (i, size) => (i < 0 ? -i : i < size ? i : 2 * (size - 1) - i),
  replicate: (i, size) => Math.min(Math.max(i, 0), size - 1),
  circular: (i, size) => (i + size) % size,
};

/** See `Tensor.pad`. */
export function pad(x: Tensor, padding: readonly number[], options: PadOptions): Tensor {
  const { mode = "constant", value = 0 } = options;
  const { shape } = x;
  const fail = (reason: string): never => {
    throw new ValueError(
      `Cannot pad shape ${formatShape(shape)} by [${padding.join(", ")}]: ${reason}`,
    );
  };
  if (padding.length % 2 !== 0 || padding.length > 2 * shape.length) {
    fail("it takes two widths for each axis, the last axis first");
  }
  if (!padding.every(Number.isInteger)) fail("widths must be whole numbers");
  const widths = shape.map((_, axis): readonly [number, number] => {
    const place = 2 * (shape.length - 1 - axis);
    return [padding[place] ?? 0, padding[place + 1] ?? 0];
  });
  const cut = shape.findIndex((size, axis) => size + widths[axis][0] + widths[axis][1] < 0);
  if (cut >= 0) fail(`axis ${cut} has only ${shape[cut]} entries to cut off`);
  if (mode === "constant") return constantBorder(x, widths, value);
  if (!(mode in SHOWN)) fail(`there is no mode "${mode}"`);
  widths.forEach(([before, after], axis) => {
    const most =
      { reflect: Math.max(shape[axis] - 1, 0), circular: shape[axis], replicate: Infinity }[mode];
    if (before > most || after > most) {
      fail(`a border with mode "${mode}" of axis ${axis} can be at most ${most} wide`);
    }
    if (mode === "replicate" && shape[axis] === 0 && (before > 0 || after > 0)) {
      fail(`axis ${axis} has no edge to replicate`);
    }
  });
  return pass(() => widths.reduce((y, pair, axis) => border(y, axis, pair, mode), x));
}

function border(
  x: Tensor,
  axis: number,
  [before, after]: readonly [number, number],
  mode: Exclude<PadMode, "constant">,
): Tensor {
  if (before === 0 && after === 0) return x;
  const size = x.shape[axis];
  const places = Array.from(
    { length: before + size + after },
    (_, i) => SHOWN[mode](i - before, size),
  );
  return x.indexSelect(axis, indexTensor(places));
}

/** Negative widths cut `x` first; then it is written into a tensor of the value. */
function constantBorder(
  x: Tensor,
  widths: readonly (readonly [number, number])[],
  value: number,
): Tensor {
  const shape = x.shape.map((size, axis) => size + widths[axis][0] + widths[axis][1]);
  const from = widths.map(([before, after], axis): Span => {
    const start = Math.max(-before, 0);
    const end = x.shape[axis] + Math.min(after, 0);
    return { start, step: 1, length: Math.max(end - start, 0) };
  });
  const to = from.map(({ length }, axis): Span => {
    return { start: Math.max(widths[axis][0], 0), step: 1, length };
  });
  return pass(() => {
    const inside = run(ops.slice, [x], from);
    if (value === 0) return run(ops.pad, [inside], { shape, spans: to });
    arena.begin();
    const array = NDArray.allocate(shape, x.dtype);
    array.values().fill(value);
    return run(ops.assign, [wrap(array), inside], to);
  });
}
