/** Assignments that become one kernel give the bits of assignments one after the other. */

import { test } from "node:test";
import { assertEquals, assertNotEquals } from "@std/assert";
import type { DType } from "../../../src/dtype.ts";
import { Formula, identity } from "../../../src/kernels/formula.ts";
import type { Assignment } from "../../../src/kernels/kernels.ts";
import { fuse } from "../../../src/kernels/wasm/kernels/map_fusion.ts";
import { wasm } from "../../../src/kernels/wasm/mod.ts";
import type { Shape } from "../../../src/shape.ts";
import type { NDArray } from "../../../src/storage/ndarray.ts";
import { viewPermute, viewSlice } from "../../../src/storage/views.ts";
import { assertSame } from "../../support/assert.ts";
import { useThreads } from "../../support/threads.ts";
import { array, list, noise } from "../arrays.ts";

const mean = new Formula("mean", 3, (k, [m, beta, g]) => k.add(k.mul(beta, m), k.mul(0.3, g)));
const square = new Formula("square", 2, (k, [v, g]) => k.add(k.mul(0.9, v), k.mul(g, g)));
const move = new Formula("move", 4, (k, [p, rate, m, v]) => {
  return k.sub(p, k.div(k.mul(rate, m), k.add(k.sqrt(v), 1e-3)));
});
const add = new Formula("add", 2, (k, [a, b]) => k.add(a, b));
const power = new Formula("power", 2, (k, [a, b]) => k.pow(a, b));
const tenth = new Formula("tenth", 0, () => 0.1);
const third = new Formula("third", 1, (k, [x]) => k.add(k.add(x, 0.2), 1 / 3));

/** Arrays p, m, v and g, of which one may be replaced. */
type Arrays = readonly [p: NDArray, m: NDArray, v: NDArray, g: NDArray];

/** Four arrays with the same elements in each call. */
function four(shape: Shape, dtype: DType = "float32"): Arrays {
  const sizes = shape.reduce((a, b) => a * b, 1);
  return [1, 2, 3, 4].map((seed) => {
    const values = Array.from({ length: sizes }, (_, i) => Math.abs(Math.sin(i * 7.3 + seed)) * 5);
    return array(values, shape, dtype);
  }) as unknown as Arrays;
}

/** The assignments of an optimizer. */
function optimizer([p, m, v, g]: Arrays): Assignment[] {
  return [
    { f: mean, operands: [m, 0.7, g], out: m },
    { f: square, operands: [v, g], out: v },
    { f: move, operands: [p, 0.01, m, v], out: p },
  ];
}

/** Makes the assignments together, and alone on other arrays with the same elements; compares all. */
function agree(
  make: () => Arrays,
  assignments: (arrays: Arrays) => readonly Assignment[],
  fused: boolean,
): void {
  const [expected, got] = [make(), make()];
  for (const { f, operands, out } of assignments(expected)) {
    wasm.mapInto(f, operands, out, out.dtype);
  }
  assertEquals(fuse(assignments(got)) !== null, fused);
  wasm.assign(assignments(got));
  expected.forEach((wanted, i) => assertSame(list(got[i]), list(wanted), `array ${i}`));
}

test("assignments of every length are one kernel, with the bits of single ones", () => {
  for (const dtype of ["float32", "float64"] as const) {
    for (let n = 0; n <= 9; n++) agree(() => four([n], dtype), optimizer, true);
    agree(() => four([3, 5], dtype), optimizer, true);
    agree(() => four([], dtype), optimizer, true);
  }
});

test("arrays of any strides are assigned in one kernel, and nothing beside them is touched", () => {
  const inside = { start: 1, step: 2, length: 3 };
  const strided = (shape: Shape, view: (x: NDArray) => NDArray, which: number) => (): Arrays => {
    const arrays = four([3, 4]) as unknown as NDArray[];
    return arrays.with(which, view(four(shape)[which])) as unknown as Arrays;
  };
  for (let which = 0; which < 4; which++) {
    agree(strided([4, 3], (x) => viewPermute(x, [1, 0]), which), optimizer, true);
    const cut = (x: NDArray) => viewSlice(x, [inside, { start: 0, step: 1, length: 4 }]);
    agree(strided([7, 5], cut, which), optimizer, true);
  }
  const [whole, m] = [noise([7, 5]), noise([3, 4])];
  const part = viewSlice(whole, [inside, { start: 1, step: 1, length: 4 }]);
  wasm.assign([{ f: identity, operands: [7], out: m }, { f: identity, operands: [m], out: part }]);
  assertEquals(list(whole).filter((x) => x === 7).length, 12);
  assertEquals(list(part), new Array(12).fill(7));
});

test("operands broadcast, and an array may be assigned twice", () => {
  agree(() => four([2, 3]), ([p, m, v, g]) => {
    const [row, one] = [viewSlice(g, [{ start: 1, step: 1, length: 1 }, rest(3)]), array([2], [])];
    return [
      { f: add, operands: [m, row], out: m },
      { f: add, operands: [m, one], out: p },
      { f: add, operands: [p, v], out: m },
    ];
  }, true);
});

function rest(length: number) {
  return { start: 0, step: 1, length };
}

test("plain exponents cost a multiplication in one kernel, too", () => {
  for (const exponent of [2, 0.5, 3.5]) {
    agree(() => four([7]), ([p, m, , g]) => [
      { f: add, operands: [m, g], out: m },
      { f: power, operands: [p, exponent], out: p },
    ], true);
  }
});

test("what cannot be one kernel is assigned one after the other", () => {
  // A view of the same memory would see the old elements.
  agree(() => four([6]), ([p, m, v]) => {
    const back = viewSlice(p, [{ start: 5, step: -1, length: 6 }]);
    return [
      { f: add, operands: [p, m], out: p },
      { f: add, operands: [back, v], out: v },
    ];
  }, false);
  // A constant is rounded when it is stored.
  agree(() => four([6]), ([p, m]) => [
    { f: tenth, operands: [], out: p },
    { f: third, operands: [p], out: m },
  ], false);
  // Shapes and dtypes of results differ.
  agree(() => four([4]), ([p, m]) => {
    const half = viewSlice(p, [{ start: 0, step: 2, length: 2 }]);
    return [
      { f: add, operands: [m, m], out: m },
      { f: add, operands: [half, 1], out: half },
    ];
  }, false);
  agree(
    () => [four([4])[0], ...four([4], "float64").slice(1)] as unknown as Arrays,
    optimizer,
    false,
  );
  agree(() => four([4], "int32"), ([p, m, , g]) => [
    { f: add, operands: [m, g], out: m },
    { f: add, operands: [p, m], out: p },
  ], false);
  // One alone is mapInto.
  agree(() => four([4]), (arrays) => optimizer(arrays).slice(0, 1), false);
});

test("more operands or arrays than a kernel has are assigned one after the other", () => {
  const total = (arity: number) =>
    new Formula("total", arity, (k, xs) => xs.reduce((a, b) => k.add(a, b)));
  for (const arity of [12, 13]) {
    const sum = total(arity);
    agree(() => four([5]), ([p, m]) => [
      { f: sum, operands: [p, ...new Array(arity - 1).fill(0.1)], out: m },
      { f: add, operands: [m, 1], out: p },
    ], arity === 12);
  }
  for (const count of [5, 12, 20]) {
    const more = Array.from({ length: count }, (_, i) => array([i, 2, 3], [3]));
    agree(() => four([3]), ([p, m]) => [
      ...more.map((x) => ({ f: add, operands: [m, x], out: m })),
      { f: add, operands: [p, m], out: p },
    ], count === 5);
  }
});

test("threads share assignments, and change no bits", async () => {
  const results: number[][] = [];
  for (const threads of [1, 2]) {
    await useThreads(threads);
    const arrays = four([5003]);
    for (let i = 0; i < 5; i++) wasm.assign(optimizer(arrays));
    results.push(arrays.flatMap(list));
  }
  assertEquals(results[0], results[1]);
  assertNotEquals(results[0], four([5003]).flatMap(list));
});
