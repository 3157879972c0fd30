// Written by `deno task book`: the code of 04_one_op.md.

import { make, matmul as product, type NumberArray, sumTo, transpose, zip } from "./array.ts";
import type { Op } from "./op.ts";

const map = (a: NumberArray, f: (x: number) => number): NumberArray =>
  make(a.shape, (cell) => f(a.data[cell]));

export const add: Op = {
  name: "add",
  forward: (a, b) => zip(a, b, (x, y) => x + y),
  backward: (g, [a, b]) => [sumTo(g, a.shape), sumTo(g, b.shape)],
};

export const mul: Op = {
  name: "mul",
  forward: (a, b) => zip(a, b, (x, y) => x * y),
  backward: (g, [a, b]) => [
    sumTo(zip(g, b, (g, y) => g * y), a.shape),
    sumTo(zip(g, a, (g, x) => g * x), b.shape),
  ],
};

export const tanh: Op = {
  name: "tanh",
  forward: (a) => map(a, Math.tanh),
  backward: (g, _, y) => [zip(g, y, (g, y) => g * ((1 - y) * (1 + y)))],
};

/** Adds up all numbers. */
export const sum: Op = {
  name: "sum",
  forward: (a) => sumTo(a, []),
  backward: (g, [a]) => [map(a, () => g.data[0])],
};

export const matmul: Op = {
  name: "matmul",
  forward: (a, b) => product(a, b),
  backward: (g, [a, b]) => [product(g, transpose(b)), product(transpose(a), g)],
};
