/**
 * Elements by their rank.
 *
 * @module
 */

import { requireOptions } from "../checks.ts";
import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError, ValueError } from "../errors.ts";
import { roundHalfEven } from "../math/mod.ts";
import { normalizeAxis } from "../checks.ts";
import { formatShape } from "../shape.ts";
import { stack } from "./functions.ts";
import { pass } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

/** What stands for a rank between two elements. */
export type QuantileInterpolation = "linear" | "lower" | "higher" | "midpoint" | "nearest";

/** Options of `quantile`. */
export interface QuantileOptions {
  /** The axis along which elements are ranked; all elements if left out. */
  readonly axis?: number;
  /** Keep that axis with size 1; default false. */
  readonly keepDims?: boolean;
  /** What stands for a rank between two elements; default `"linear"`. */
  readonly interpolation?: QuantileInterpolation;
}

/** The rank that is taken for one between two. */
const RANKS: Readonly<Record<QuantileInterpolation, (rank: number) => number>> = {
  linear: (rank) => rank,
  lower: Math.floor,
  higher: Math.ceil,
  midpoint: (rank) => (Math.floor(rank) + Math.ceil(rank)) / 2,
  nearest: roundHalfEven,
};

/** See `Tensor.quantile`. */
export function quantile(
  x: Tensor,
  q: number | readonly number[],
  options: QuantileOptions,
): Tensor {
  requireOptions("take a quantile", options);
  const { axis, keepDims = false, interpolation = "linear" } = options;
  const along = axis === undefined ? null : normalizeAxis(axis, x.shape, "quantile");
  check(x, q, along, interpolation);
  const kept = x.shape.map((size, i) => (along === null || i === along ? 1 : size));
  const shape = keepDims ? kept : kept.filter((_, i) => along !== null && i !== along);
  return pass(() => {
    const lines = along === null || x.ndim === 0 ? x.reshape(-1) : x.movedim(along, -1);
    const { values } = lines.sort();
    const at = (rank: number): Tensor => values.slice(rank, rank + 1, { axis: -1 });
    const last = lines.shape[lines.ndim - 1] - 1;
    const isNaN = at(last).isnan();
    const results = [q].flat().map((share) => {
      const rank = RANKS[interpolation](share * last);
      const low = Math.floor(rank);
      const between = rank === low ? at(low) : at(low).lerp(at(low + 1), rank - low);
      // NaN is the last of its line.
      return isNaN.where(at(last), between).reshape(shape);
    });
    return typeof q === "number" ? results[0] : stack(results);
  });
}

function check(
  x: Tensor,
  q: number | readonly number[],
  along: number | null,
  interpolation: string,
): void {
  const shares = [q].flat();
  const wrong = shares.find((share) => !(share >= 0 && share <= 1));
  if (wrong !== undefined || shares.length === 0) {
    throw new ValueError(
      `Cannot take quantile ${wrong ?? "[]"}: quantiles are shares from 0 to 1, at least one`,
    );
  }
  if (!Object.hasOwn(RANKS, interpolation)) {
    throw new ValueError(
      `Cannot take a quantile with interpolation "${interpolation}": use ${
        Object.keys(RANKS).join(", ")
      }`,
    );
  }
  if (!isFloat(x.dtype)) {
    throw new DTypeError(`Cannot take a quantile of ${x.dtype}: convert it with .to("float32")`);
  }
  if ((along === null ? x.size : x.shape[along]) > 0) return;
  throw new ShapeError(
    `Cannot take a quantile over no elements of shape ${
      formatShape(x.shape)
    }: check for that first`,
    x.shape,
  );
}
