/**
 * Totals of integers, which are exact or refused.
 *
 * Kernels add up and multiply integers in float64, which holds whole numbers up to 2⁵³; the result is
 * checked before it becomes an integer again. Only `add`, `sub`, `mul`, `neg` and `abs` of single
 * elements wrap, as in PyTorch.
 *
 * @module
 */

import { rangeOf } from "../checks.ts";
import { type DType, isFloat, type TypedArray } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import { Formula, identity } from "../kernels/formula.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { countOf } from "../shape.ts";
import { arena } from "../storage/arena.ts";
import type { NDArray } from "../storage/ndarray.ts";

/** Below this, float64 has all whole numbers; this may stand for itself or for the next one. */
const EXACT = 2 ** 53;

/**
 * The `totals`, contiguous and in float64, as `dtype`. NaN is a product of 0 and what was too large.
 *
 * @param parts what was added up to the totals, as far as it may reach 2⁵³
 * @throws {ValueError} naming `action` and the first total that an integer type cannot hold, or of
 *   which a part reaches 2⁵³
 */
export function fitted(
  k: Kernels,
  action: string,
  totals: NDArray,
  dtype: DType,
  parts: readonly NDArray[] = [],
): NDArray {
  for (const part of parts) {
    const i = elementsOf(part).findIndex((value) => Math.abs(value) >= EXACT);
    if (i >= 0) throw tooLarge(action, elementsOf(totals)[i], dtype);
  }
  const [least, most] = rangeOf(dtype);
  for (const total of elementsOf(totals)) {
    if (total < least || total > most) throw tooLarge(action, total, dtype);
  }
  return convert(k, totals, dtype);
}

function convert(k: Kernels, x: NDArray, dtype: DType): NDArray {
  return k.map(identity, [x], x.shape, dtype, dtype);
}

function tooLarge(action: string, total: number, dtype: DType): ValueError {
  return new ValueError(
    `Cannot ${action} ${dtype}: the result ${total} does not fit ${dtype}; convert with ` +
      `.to("float64") first`,
  );
}

function elementsOf(x: NDArray): TypedArray {
  arena.begin();
  arena.touch(x.storage);
  return x.values();
}

// A total over 2²² elements or more may leave 2⁵³ on the way: their halves of 16 bits do not.
const upper = new Formula("upper half", 1, (k, [x]) => k.floor(k.mul(x, 2 ** -16)));
const lower = new Formula(
  "lower half",
  1,
  (k, [x]) => k.sub(x, k.mul(k.floor(k.mul(x, 2 ** -16)), 2 ** 16)),
);
const joined = new Formula("joined halves", 2, (k, [a, b]) => k.add(k.mul(a, 2 ** 16), b));

/** Sums integers or booleans along `axes`, to int32. */
export function sumIntegers(
  k: Kernels,
  x: NDArray,
  axes: readonly number[],
  keepDims: boolean,
): NDArray {
  const most = countOf(x.shape, axes) * rangeOf(x.dtype)[1];
  if (most < 2 ** 31) return k.reduce("sum", x, axes, keepDims, "int32");
  if (most <= EXACT) {
    return fitted(k, "sum", k.reduce("sum", x, axes, keepDims, "float64"), "int32");
  }
  const [a, b] = [upper, lower].map((half) =>
    k.reduce("sum", k.map(half, [x], x.shape, "float64", "float64"), axes, keepDims, "float64")
  );
  const total = k.map(joined, [a, b], a.shape, "float64", "float64");
  return fitted(k, "sum", total, "int32");
}

/** Multiplies integers or booleans along `axes`, to int32. */
export function multiplyIntegers(
  k: Kernels,
  x: NDArray,
  axes: readonly number[],
  keepDims: boolean,
): NDArray {
  // Products of integers other than 0 never shrink, so one that fits was exact on the way.
  return fitted(k, "prod", k.reduce("prod", x, axes, keepDims, "float64"), "int32");
}

/** Running sums or products of integers or booleans along `axis`, in int32. */
export function scanIntegers(
  k: Kernels,
  kind: "sum" | "prod",
  x: NDArray,
  axis: number,
): NDArray {
  const isSmall = kind === "sum" && x.size * rangeOf(x.dtype)[1] < 2 ** 31;
  if (isSmall) return k.scan(kind, x, axis, "int32");
  return fitted(k, `cum${kind}`, k.scan(kind, x, axis, "float64"), "int32");
}

/**
 * Multiplies and adds up integers in float64: `compute` gets `a`, `b` and the bias, and adds up products
 * of `a` and `b`, each element of `b` at most once, and the bias. The result has their dtype.
 *
 * Products beyond 2⁵³ lose their last bits in float64, and all but the last 32 bits in integers, which
 * wrap: where both fit together, the latter is right.
 */
export function addProducts(
  k: Kernels,
  action: string,
  inputs: readonly [a: NDArray, b: NDArray, bias: NDArray | null],
  compute: (a: NDArray, b: NDArray, bias: NDArray | null) => NDArray,
): NDArray {
  const [{ dtype }] = inputs;
  if (isFloat(dtype) || dtype === "bool") return compute(...inputs);
  const [a, b, bias] = inputs.map((x) => x && convert(k, x, "float64"));
  const totals = compute(a!, b!, bias);
  // A total that fits passes at most about half of this on the way.
  const most = b!.size * largestOf(a!) * largestOf(b!);
  if (most <= EXACT) return fitted(k, action, totals, dtype);
  const wrapped = compute(...inputs);
  const exact = elementsOf(totals);
  arena.touch(wrapped.storage);
  wrapped.values().forEach((value, i) => {
    if (Math.abs(exact[i] - value) >= 2 ** 31) throw tooLarge(action, exact[i], dtype);
  });
  return wrapped;
}

function largestOf(x: NDArray): number {
  let most = 0;
  for (const value of elementsOf(x)) most = Math.max(most, Math.abs(value));
  return most;
}
