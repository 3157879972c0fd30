/**
 * Whether Gradus' answer is right.
 *
 * PyTorch's float64 answer is the truth. Ours in float32 may be off by twice PyTorch's greatest error
 * in float32 (see `oracle.py`), and one unit in the last place. Ours in float64 may differ by 1e-10
 * of its size; where cancellation costs more, by as many units of float64 as it costs in float32.
 * Size is that of the element; where elements are sums, whose terms may cancel, of the largest
 * number that the call has to do with.
 *
 * @module
 */

import { type DType, isFloat } from "../../src/dtype.ts";
import type { Answer, Case, Plain } from "./replay.ts";

type Results = Exclude<Answer, { readonly error: string }>;

/** Relative difference that float64 results may have. */
const CLOSE = 1e-10;

/** What is wrong with `actual`, our answer in `dtype`, or `null`. */
export function judge(test: Case, dtype: "float32" | "float64", actual: Answer): string | null {
  const truth = test.float64;
  const peer = test[dtype];
  if ("error" in truth || "error" in peer) {
    return "error" in actual ? null : `no error, where PyTorch says: ${errorOf(truth, peer)}`;
  }
  if ("error" in actual) return `an error that PyTorch does not give: ${actual.error}`;
  const { length } = truth.outputs;
  if (actual.outputs.length !== length) return `${actual.outputs.length} outputs, not ${length}`;
  const { largest = null } = test;
  const [right, theirs] = [tensorsOf(truth), tensorsOf(peer)];
  for (const [i, ours] of tensorsOf(actual).entries()) {
    const fault = compare(ours, right[i], theirs[i], { largest, units: test.errors?.[i] ?? 0 });
    if (fault === null) continue;
    return i < length ? `output ${i}: ${fault}` : `gradient ${i - length}: ${fault}`;
  }
  return null;
}

function errorOf(...answers: readonly Answer[]): string {
  return answers.flatMap((answer) => ("error" in answer ? [answer.error] : []))[0];
}

function tensorsOf({ outputs, gradients }: Results): (Plain | null)[] {
  return [...outputs, ...gradients];
}

/** What an error is measured by. */
interface Scale {
  /** The largest number of the call, or `null` if the element itself counts. */
  readonly largest: number | null;
  /** PyTorch's greatest error in float32. */
  readonly units: number;
}

function compare(
  ours: Plain | null,
  truth: Plain | null,
  peer: Plain | null,
  scale: Scale,
): string | null {
  if (ours === null || truth === null || peer === null) {
    // No gradient and a gradient of zeros say the same.
    const values = (ours ?? truth)?.[2] ?? [];
    if (values.every((v) => v === 0)) return null;
    return ours === null ? "none, but PyTorch has one" : "PyTorch has none";
  }
  const [dtype, shape, values] = ours;
  if (dtype !== peer[0]) return `${dtype}, not ${peer[0]}`;
  if (String(shape) !== String(peer[1])) return `shape [${shape}], not [${peer[1]}]`;
  const wrong = values.findIndex((v, i) => !agrees(v, truth[2][i], peer[2][i], dtype, scale));
  if (wrong < 0) return null;
  const [v, t, p] = [values[wrong], truth[2][wrong], peer[2][wrong]];
  const off = Math.abs(v - t) / unitOf(scale.largest ?? t);
  const units = dtype === "float32"
    ? `; ${off.toFixed(1)} units off, PyTorch at most ${scale.units.toFixed(1)}`
    : "";
  return `element ${wrong} is ${v}, not ${t} (PyTorch in this dtype ${p})${units}`;
}

function agrees(ours: number, truth: number, peer: number, dtype: DType, scale: Scale): boolean {
  // What overflows, or falls to one side of a step, may do so where PyTorch's does.
  if (Object.is(ours, truth) || Object.is(ours, peer) || ours === peer) return true;
  if (!isFloat(dtype)) return false;
  if (dtype === "float32" && ours === Math.fround(truth)) return true;
  // Between operands of both types PyTorch rounds to float32 on the way.
  if (dtype === "float64" && Math.abs(ours - peer) <= CLOSE * Math.abs(peer)) return true;
  const size = scale.largest ?? Math.abs(truth);
  const rounding = (2 * scale.units + 1) * unitOf(size);
  const allowed = dtype === "float64" ? Math.max(CLOSE * size, rounding * 2 ** -29) : rounding;
  return Math.abs(ours - truth) <= allowed;
}

/** The distance of neighbouring float32 numbers at `x`. */
function unitOf(x: number): number {
  const exponent = Math.floor(Math.log2(Math.abs(x)));
  return 2 ** (Math.min(Math.max(exponent, -126), 127) - 23);
}
