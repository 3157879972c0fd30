/**
 * The messages of TensorBoard: summaries of scalars, histograms, images, texts and hyperparameters.
 *
 * Numbers of fields are those of `summary.proto`, `tensor.proto` and `plugin_data.proto` at
 * https://github.com/tensorflow/tensorboard/tree/master/tensorboard
 *
 * @module
 */

import type { Shape } from "../../shape.ts";
import { bytes, double, doubles, float, message, whole } from "./protobuf.ts";

/** A message. */
export type Summary = Uint8Array;

/** Returns a summary of one value. */
function summary(tag: string, ...value: readonly Uint8Array[]): Summary {
  return message(bytes(1, message(bytes(1, tag), ...value)));
}

/** Returns the field that tells which plugin shows the value. */
function metadata(plugin: string, content: Uint8Array): Uint8Array {
  return bytes(9, message(bytes(1, message(bytes(1, plugin), bytes(2, content)))));
}

/** Returns a summary of a number, which is rounded to 32 bits. */
export function scalarSummary(tag: string, value: number): Summary {
  return summary(tag, float(2, value));
}

/** Returns a summary of a PNG file. */
export function imageSummary(tag: string, png: Uint8Array, [c, h, w]: Shape): Summary {
  return summary(tag, bytes(4, message(whole(1, h), whole(2, w), whole(3, c), bytes(4, png))));
}

/** The type of strings in `tensor.proto`. */
const STRING = 7;

/** Returns a summary of a text in Markdown. */
export function textSummary(tag: string, text: string): Summary {
  const shape = message(bytes(2, whole(1, 1)));
  const tensor = message(whole(1, STRING), bytes(2, shape), bytes(8, text));
  return summary(tag, bytes(8, tensor), metadata("text", message()));
}

/** The limits of the intervals of histograms, as TensorFlow has them: each 1.1 times the last. */
const LIMITS: readonly number[] = (() => {
  const limits: number[] = [];
  for (let limit = 1e-12; limit < 1e20; limit *= 1.1) limits.push(limit);
  limits.push(Number.MAX_VALUE);
  return [...limits.map((limit) => -limit).reverse(), 0, ...limits];
})();

/** Returns the place of the last limit that is not above `value`, and not the last of all. */
function intervalOf(value: number): number {
  let [low, high] = [0, LIMITS.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (LIMITS[middle] <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** Returns a summary of how finite numbers are distributed. */
export function histogramSummary(tag: string, values: ArrayLike<number>): Summary {
  const counts = new Array<number>(LIMITS.length - 1).fill(0);
  let [least, greatest, sum, squares] = [Infinity, -Infinity, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    counts[intervalOf(value)]++;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
    sum += value;
    squares += value * value;
  }
  // Only upper limits are written: an empty interval before the first one gives its lower limit.
  const [first, last] = [intervalOf(least), intervalOf(greatest)];
  const histogram = message(
    double(1, least),
    double(2, greatest),
    double(3, values.length),
    double(4, sum),
    double(5, squares),
    doubles(6, LIMITS.slice(first, last + 2)),
    doubles(7, [0, ...counts.slice(first, last + 1)]),
  );
  return summary(tag, bytes(5, histogram));
}

/** A hyperparameter. */
export type HparamValue = number | string | boolean;

/** The types of hyperparameters in `api.proto`. */
const HPARAM_TYPES = { string: 1, boolean: 2, number: 3 };

const SUCCESS = 1;

/** Returns the three summaries that begin and end a run with hyperparameters. */
export function hparamsSummaries(
  hparams: Readonly<Record<string, HparamValue>>,
  metrics: readonly string[],
): Summary[] {
  const names = Object.keys(hparams);
  const infos = names.map((name) => {
    const type = HPARAM_TYPES[typeof hparams[name] as keyof typeof HPARAM_TYPES];
    return bytes(4, message(bytes(1, name), whole(4, type)));
  });
  const metricInfos = metrics.map((name) => bytes(5, message(bytes(1, message(bytes(2, name))))));
  const values = names.map((name) =>
    bytes(1, message(bytes(1, name), bytes(2, valueOf(hparams[name]))))
  );
  const plugin = (tag: string, field: number, content: Uint8Array): Summary =>
    summary(tag, metadata("hparams", bytes(field, content)));
  return [
    plugin("_hparams_/experiment", 2, message(...infos, ...metricInfos)),
    plugin("_hparams_/session_start_info", 3, message(...values)),
    plugin("_hparams_/session_end_info", 4, whole(1, SUCCESS)),
  ];
}

/** Returns a message of `struct.proto`. */
function valueOf(value: HparamValue): Uint8Array {
  if (typeof value === "number") return double(2, value);
  return typeof value === "string" ? bytes(3, value) : whole(4, Number(value));
}
