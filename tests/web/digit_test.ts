/** A drawing becomes a digit as MNIST's are: in a box of 20×20, its mass in the middle of 28×28. */

import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { SIDE, toDigit } from "../../web/digit.ts";

const PAPER = 280;

/** Returns a drawing of a full rectangle. */
function rectangle(left: number, top: number, width: number, height: number): Float32Array {
  const ink = new Float32Array(PAPER * PAPER);
  for (let y = top; y < top + height; y++) ink.fill(1, y * PAPER + left, y * PAPER + left + width);
  return ink;
}

/** Returns the first and the last index where a digit has ink, by rows or by columns. */
function extent(digit: Float32Array, indexOf: (i: number) => number): [number, number] {
  const indices = [...digit.keys()].filter((i) => digit[i] > 0).map(indexOf);
  return [Math.min(...indices), Math.max(...indices)];
}

const rows = (digit: Float32Array) => extent(digit, (i) => Math.floor(i / SIDE));
const columns = (digit: Float32Array) => extent(digit, (i) => i % SIDE);

test("a rectangle anywhere, large or small, fills the box of 20 in the middle", () => {
  for (const [left, top, size] of [[0, 0, 100], [180, 150, 100], [20, 60, 200]]) {
    const digit = toDigit(rectangle(left, top, size / 2, size), PAPER);
    assertEquals(rows(digit), [4, 23], `rows of ${size}`);
    assertEquals(columns(digit), [9, 18], `columns of ${size}`);
    assertEquals(digit[14 * SIDE + 14], 1);
  }
});

test("the centre of mass is in the middle, not that of the box", () => {
  const ink = rectangle(40, 40, 200, 20);
  rectangle(40, 40, 20, 200).forEach((value, i) => ink[i] = Math.max(ink[i], value));
  const digit = toDigit(ink, PAPER);
  let [mass, x, y] = [0, 0, 0];
  digit.forEach((value, i) => {
    mass += value;
    x += value * (i % SIDE + 0.5);
    y += value * (Math.floor(i / SIDE) + 0.5);
  });
  assert(Math.abs(x / mass - SIDE / 2) < 0.5 && Math.abs(y / mass - SIDE / 2) < 0.5);
});

test("a dot stays small, and no ink is no digit", () => {
  const [first, last] = rows(toDigit(rectangle(100, 30, 20, 20), PAPER));
  assert(last - first < 8);
  assertEquals(toDigit(new Float32Array(PAPER * PAPER), PAPER), new Float32Array(SIDE * SIDE));
});
