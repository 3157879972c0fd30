/**
 * Judges an answer of Gradus by those of PyTorch.
 *
 * PyTorch's float64 answer is the truth. Our error may be at most twice PyTorch's own error in float32,
 * and one unit in the last place:
 *
 * max |ours − truth| / u ≤ 2 · max |PyTorch's − truth| / u + 1
 *
 * The maxima are over one output or gradient; PyTorch's also over calls beside the case, because one
 * number alone may happen to be rounded well. u is the unit of the element; where it is a sum of terms
 * that may cancel, u is at least what it moves by when each input moves by a unit (see `oracle.py`).
 * In float64 the same holds with units of float64; there the truth is off too, by as many units as
 * PyTorch's float32 answer, and by {@link TRUTH} more, or the `doubt` of the case.
 *
 * @module
 */

import { type FloatDType, isFloat } from "../../src/dtype.ts";
import type { Answer, Case, Plain } from "./replay.ts";

type Results = Exclude<Answer, { readonly error: string }>;

/** Units of float64 by which the truth may be off where PyTorch is right in float32; usually. */
const TRUTH = 4;

/** Returns the fault of `actual`, our answer in `dtype`, or `null`. */
export function judge(test: Case, dtype: "float32" | "float64", actual: Answer): string | null {
  const { float64, float32, truth = float64 } = test;
  const peer = test[dtype];
  for (const answer of [peer, truth, float32]) {
    if (!("error" in answer)) continue;
    return "error" in actual ? null : `no error, where PyTorch says: ${answer.error}`;
  }
  if ("error" in actual) return `an error that PyTorch does not give: ${actual.error}`;
  const answers = [actual, truth, peer].map((answer) => answer as Results);
  const [count, expected] = answers.map(({ outputs }) => outputs.length);
  if (count !== expected) return `${count} outputs, not ${expected}`;
  for (let i = 0; i < expected + test.inputs.length; i++) {
    const [ours, right, theirs] = answers.map((answer) => tensorsOf(answer)[i]);
    const fault = compare(ours, right, theirs, measureOf(test, i, answers[2]));
    if (fault === null) continue;
    return i < expected ? `output ${i}: ${fault}` : `gradient ${i - expected}: ${fault}`;
  }
  return null;
}

function tensorsOf({ outputs, gradients }: Results): (Plain | null)[] {
  return [...outputs, ...gradients];
}

/** The scale of errors. */
interface Measure {
  /** The precision of the computation. */
  readonly dtype: FloatDType;
  /** Units by which the truth may be off where PyTorch is right in float32. */
  readonly doubt: number;
  /** PyTorch's greatest error in float32, or as far as it is known in this precision, in units. */
  readonly error: number;
  /** The least unit of each element, if these are sums. */
  readonly spread: readonly number[] | null;
}

function measureOf(test: Case, i: number, { outputs, gradients }: Results): Measure {
  // Gradients come through the outputs.
  const isOutput = i < outputs.length;
  const way = isOutput ? [outputs[i]] : [gradients[i - outputs.length], ...outputs];
  const dtype = way.some((x) => x?.[0] === "float32") ? "float32" : "float64";
  const doubt = dtype === "float32" ? 0 : test.doubt ?? TRUTH;
  const errors = [test.errors, dtype === "float64" ? test.errors64 : undefined];
  const error = Math.max(...errors.map((list) => list?.[i] ?? 0));
  return { dtype, doubt, error, spread: test.spread?.[dtype][i] ?? null };
}

function largestOf(values: readonly number[]): number {
  return values.reduce((largest, v) => Math.max(largest, Number.isFinite(v) ? Math.abs(v) : 0), 0);
}

function compare(
  ours: Plain | null,
  truth: Plain | null,
  peer: Plain | null,
  { dtype, doubt, error, spread }: Measure,
): string | null {
  if (ours === null || truth === null || peer === null) {
    // No gradient and a gradient of zeros say the same.
    const values = (ours ?? truth)?.[2] ?? [];
    if (values.every((v) => v === 0)) return null;
    return ours === null ? "none, but PyTorch has one" : "PyTorch has none";
  }
  if (ours[0] !== peer[0]) return `${ours[0]}, not ${peer[0]}`;
  if (String(ours[1]) !== String(peer[1])) return `shape [${ours[1]}], not [${peer[1]}]`;
  const right = truth[2];
  const errors = (values: readonly number[]): number[] =>
    values.map((v, i) =>
      Math.abs(v - right[i]) / Math.max(unitOf(right[i], dtype), spread?.[i] ?? 0)
    );
  const theirs = Math.max(error, largestOf(errors(peer[2])));
  const allowed = 2 * theirs + 1 + (dtype === "float64" ? theirs + doubt : 0);
  const off = errors(ours[2]);
  const wrong = ours[2].findIndex((v, i) => {
    // A result may overflow, or fall to one side of a step, where PyTorch's does.
    const known = [right[i], peer[2][i], Math.fround(right[i])];
    return !known.some((other) => v === other || Object.is(v, other)) &&
      !(isFloat(ours[0]) && off[i] <= allowed);
  });
  if (wrong < 0) return null;
  return `element ${wrong} is ${ours[2][wrong]}, not ${right[wrong]} (PyTorch in this dtype ` +
    `${peer[2][wrong]}); ${off[wrong].toFixed(1)} units off, PyTorch at most ${theirs.toFixed(1)}`;
}

/**
 * Returns the distance of neighbouring numbers of `dtype` at `x`. Numbers too small for float32 have
 * its least unit, or in float64 the 2²⁹th part: PyTorch's error, in units, is that of float32.
 */
function unitOf(x: number, dtype: FloatDType): number {
  const [most, digits] = dtype === "float32" ? [127, 23] : [1023, 52];
  const exponent = Math.floor(Math.log2(Math.abs(x)));
  return 2 ** (Math.min(Math.max(exponent, -126), most) - digits);
}
