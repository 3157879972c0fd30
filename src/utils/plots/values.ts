/**
 * Reads what is drawn: numbers, points and labels, in arrays or tensors.
 *
 * @module
 */

import { checkKind, FOREIGN, isForeign } from "../../checks.ts";
import { ShapeError, ValueError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import { Tensor } from "../../tensor/tensor.ts";

/** A list of numbers: an array, or a tensor with one axis. */
export type Values = Tensor | ArrayLike<number>;

/** A list of points: pairs `[x, y]`, or a tensor `[n, 2]`. */
export type Points = Tensor | readonly (readonly [x: number, y: number])[];

/** Labels of points: whole numbers, or names. */
export type Labels = Values | readonly string[];

/** A point. */
export type Point = readonly [x: number, y: number];

/** Something to draw, with the name that errors and the legend show; "" if it has none. */
export interface Named<T> {
  readonly name: string;
  readonly value: T;
}

/** Returns several things by their names, or the only one as the one without a name. */
export function readNamed<T>(action: string, given: T | Readonly<Record<string, T>>): Named<T>[] {
  if (isForeign(given)) throw new ValueError(`Cannot ${action} ${FOREIGN}: pass x.data`);
  if (given instanceof Tensor || Array.isArray(given) || ArrayBuffer.isView(given)) {
    return [{ name: "", value: given as T }];
  }
  checkKind(
    `${action} ${describe("")}`,
    given,
    typeof given === "object" && given !== null,
    "an array, a tensor, or an object that names several",
  );
  const named = Object.entries(given as Record<string, T>)
    .map(([name, value]) => ({ name, value }));
  if (named.length === 0) {
    throw new ValueError(`Cannot ${action} nothing: name at least one series`);
  }
  return named;
}

/** Returns the words for a series in an error. */
export function describe(name: string): string {
  return name === "" ? "the values" : `"${name}"`;
}

/**
 * Returns a list of numbers as an array.
 *
 * @throws {ShapeError} if a tensor does not have one axis, or there are no values
 * @throws {ValueError} if a value is no finite number
 */
export function readValues(action: string, name: string, values: Values): number[] {
  if (values instanceof Tensor && values.ndim !== 1) {
    throw new ShapeError(
      `Cannot ${action} ${describe(name)} of shape ${formatShape(values.shape)}: give one axis; ` +
        `flatten() makes one of several`,
      values.shape,
    );
  }
  checkListOf(action, name, values, "an array of numbers, or a tensor");
  const numbers = Array.from(values instanceof Tensor ? values.data : values);
  checkSome(action, name, numbers);
  numbers.forEach((value, i) => checkFinite(action, name, value, i));
  return numbers;
}

/**
 * Returns a list of points as an array.
 *
 * @throws {ShapeError} if these are no pairs, or there are none
 * @throws {ValueError} if a coordinate is no finite number
 */
export function readPoints(action: string, name: string, points: Points): Point[] {
  checkListOf(action, name, points, "a list of pairs [x, y], or a tensor [n, 2]");
  if (points instanceof Tensor && (points.ndim !== 2 || points.shape[1] !== 2)) {
    throw new ShapeError(
      `Cannot ${action} ${describe(name)} of shape ${formatShape(points.shape)}: points are a ` +
        `tensor [n, 2]`,
      points.shape,
    );
  }
  const pairs = points instanceof Tensor ? pairsOf(points.data) : [...points];
  checkSome(action, name, pairs);
  pairs.forEach((pair, i) => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new ShapeError(
        `Cannot ${action} ${
          describe(name)
        }: point ${i} is no pair [x, y]; give two numbers for each`,
      );
    }
    for (const value of pair) checkFinite(action, name, value, i);
  });
  return pairs;
}

function pairsOf(data: ArrayLike<number>): Point[] {
  return Array.from({ length: data.length / 2 }, (_, i) => [data[2 * i], data[2 * i + 1]]);
}

/** Returns true for points, false for a list of numbers. */
export function isPoints(given: Values | Points): given is Points {
  return given instanceof Tensor ? given.ndim === 2 : Array.isArray((given as unknown[])?.[0]);
}

/**
 * Returns the labels of `count` points as texts, and each that occurs: numbers in their order, names in
 * that of their first point.
 *
 * @throws {ShapeError} if there is not one for each point
 */
export function readLabels(
  action: string,
  labels: Labels,
  count: number,
): { texts: string[]; classes: string[] } {
  const list: (string | number)[] = isNames(labels)
    ? [...labels]
    : readValues(action, "labels", labels);
  if (list.length !== count) {
    throw new ShapeError(
      `Cannot ${action} ${count} points with ${list.length} labels: give one for each point`,
    );
  }
  const distinct = [...new Set(list)];
  if (!isNames(labels)) distinct.sort((a, b) => Number(a) - Number(b));
  return { texts: list.map(String), classes: distinct.map(String) };
}

function isNames(labels: Labels): labels is readonly string[] {
  return Array.isArray(labels) && labels.length > 0 &&
    labels.every((label) => typeof label === "string");
}

function checkListOf(action: string, name: string, value: unknown, wanted: string): void {
  if (isForeign(value)) throw new ValueError(`Cannot ${action} ${FOREIGN}: pass x.data`);
  const isList = value instanceof Tensor || Array.isArray(value) || ArrayBuffer.isView(value);
  checkKind(`${action} ${describe(name)}`, value, isList, wanted);
}

function checkSome(action: string, name: string, list: readonly unknown[]): void {
  if (list.length > 0) return;
  throw new ShapeError(`Cannot ${action} ${describe(name)}: there are none; give at least one`);
}

function checkFinite(action: string, name: string, value: unknown, i: number): void {
  if (Number.isFinite(value)) return;
  const shown = typeof value === "number" ? value : `of type ${typeof value}`;
  throw new ValueError(
    `Cannot ${action} ${
      describe(name)
    }: value ${i} is ${shown}; give finite numbers, and leave out ` +
      `the others`,
  );
}
