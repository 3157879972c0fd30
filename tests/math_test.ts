/** Elementary functions against true values, and their edges. The values come from tools/oracle. */

import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { erfinv } from "../src/math/erfinv.ts";
import * as math from "../src/math/mod.ts";
import { assertSame } from "./support/assert.ts";

type Name = keyof typeof math;
type AnyFunction = (...x: number[]) => number;

/** Error bounds in ulp. What follows fdlibm's one-step methods stays below 1. */
const BOUNDS: Readonly<Record<Exclude<Name, "roundHalfEven">, number>> = {
  exp: 0.8,
  expm1: 0.8,
  log: 0.75,
  log1p: 0.8,
  log2: 0.75,
  log10: 0.75,
  pow: 0.8,
  sin: 0.8,
  cos: 0.8,
  tan: 0.8,
  asin: 0.75,
  acos: 0.85,
  atan: 0.75,
  erf: 0.8,
  // Two or three rounded steps each.
  atan2: 1.2,
  cosh: 1.2,
  sinh: 1.7,
  tanh: 1.8,
  softplus: 1.3,
  sigmoid: 2.4,
  erfc: 2.1,
};

const view = new DataView(new ArrayBuffer(8));

/** The unit in the last place of a finite `y`. */
function ulp(y: number): number {
  view.setFloat64(0, y);
  const exponent = (view.getUint32(0) >>> 20) & 0x7ff;
  let unit = 5e-324;
  for (let e = 1; e < exponent; e++) unit *= 2;
  return unit;
}

const fixture = readFileSync(new URL("./fixtures/math.csv", import.meta.url), "utf8");
const rows = fixture.trimEnd().split("\n").map((line) => line.split(","));

for (const [name, bound] of Object.entries(BOUNDS)) {
  test(`${name} is within ${bound} ulp of the truth`, () => {
    const f = math[name as Name] as AnyFunction;
    const points = rows.filter((row) => row[0] === name);
    assert(points.length >= 200);
    for (const point of points) {
      const numbers = point.slice(1).map(Number);
      const [y, rest] = numbers.slice(-2);
      const got = f(...numbers.slice(0, -2));
      const error = Math.abs((got - y) / ulp(y) - rest);
      assert(error <= bound, `${point}: got ${got}, ${error} ulp off`);
    }
  });
}

/** Asserts `f(x) = y` for all pairs, telling -0 from 0. */
function assertValues(f: AnyFunction, pairs: readonly (readonly number[])[]): void {
  for (const pair of pairs) {
    const x = pair.slice(0, -1);
    const y = pair[pair.length - 1];
    const got = f(...x);
    assert(Object.is(got, y), `${f.name}(${x.map((v) => Object.is(v, -0) ? "-0" : v)}) = ${got}`);
  }
}

const INF = Infinity;
const TINY = 5e-324;
const MAX = Number.MAX_VALUE;
const HALF_PI = Math.PI / 2;

test("NaN gives NaN in every function", () => {
  for (const f of Object.values(math) as AnyFunction[]) {
    assert(Number.isNaN(f(NaN, NaN)), f.name);
  }
});

test("odd functions keep zeros, denormals and their signs", () => {
  const { expm1, log1p, tanh, sinh, sin, tan, asin, atan } = math;
  for (const f of [expm1, log1p, tanh, sinh, sin, tan, asin, atan]) {
    assertValues(f, [[0, 0], [-0, -0], [TINY, TINY], [-TINY, -TINY], [1e-310, 1e-310]]);
  }
  assertValues(math.erf, [[0, 0], [-0, -0], [TINY, TINY], [-TINY, -TINY]]);
});

test("exponentials at their edges", () => {
  assertValues(math.exp, [[0, 1], [-0, 1], [INF, INF], [-INF, 0], [710, INF], [-746, 0]]);
  assertValues(math.exp, [[709.782712893384, 1.7976931348622732e308], [-745.13, TINY], [TINY, 1]]);
  assertValues(math.expm1, [[INF, INF], [-INF, -1], [710, INF], [-40, -1]]);
  assertValues(math.sigmoid, [[0, 0.5], [-0, 0.5], [INF, 1], [-INF, 0], [40, 1], [-746, 0]]);
  assertValues(math.softplus, [[INF, INF], [-INF, 0], [1000, 1000], [-746, 0], [0, Math.LN2]]);
  assert(math.sigmoid(-745) > 0 && math.softplus(-745) > 0, "the left tail reaches denormals");
});

test("logarithms at their edges", () => {
  const { log, log2, log10, log1p } = math;
  for (const f of [log, log2, log10]) {
    assertValues(f, [[0, -INF], [-0, -INF], [1, 0], [INF, INF], [-1, NaN], [-INF, NaN]]);
    assertValues(f, [[-TINY, NaN]]);
  }
  assertValues(log1p, [[-1, -INF], [INF, INF], [-1.0000001, NaN], [-INF, NaN]]);
  for (let k = -1074; k < 1024; k++) assertStrictEquals(log2(math.pow(2, k)), k);
  for (let k = 0; k <= 22; k++) assertStrictEquals(log10(math.pow(10, k)), k);
});

test("hyperbolic functions at their edges", () => {
  assertValues(math.sinh, [[INF, INF], [-INF, -INF], [710.5, INF], [-710.5, -INF]]);
  assertValues(math.cosh, [[0, 1], [-0, 1], [INF, INF], [-INF, INF], [710.5, INF], [TINY, 1]]);
  assertValues(math.tanh, [[INF, 1], [-INF, -1], [30, 1], [-30, -1]]);
  assert(math.sinh(710.4) < INF && math.cosh(-710.4) < INF);
});

test("trigonometric functions at their edges", () => {
  for (const f of [math.sin, math.cos, math.tan]) assertValues(f, [[INF, NaN], [-INF, NaN]]);
  assertValues(math.cos, [[0, 1], [-0, 1], [TINY, 1]]);
  // The rest of π beyond float64: the reduction must not lose it.
  assertValues(math.sin, [[Math.PI, 1.2246467991473532e-16], [-Math.PI, -1.2246467991473532e-16]]);
  assertValues(math.sin, [[1e22, -0.8522008497671888], [MAX, 0.004961954789184062]]);
  assertValues(math.sin, [[-MAX, -0.004961954789184062]]);
});

test("inverse trigonometric functions at their edges", () => {
  assertValues(math.asin, [[1, HALF_PI], [-1, -HALF_PI], [1.0000000000000002, NaN], [INF, NaN]]);
  assertValues(math.acos, [[1, 0], [-1, Math.PI], [0, HALF_PI], [-1.5, NaN], [-INF, NaN]]);
  assertValues(math.atan, [[INF, HALF_PI], [-INF, -HALF_PI], [MAX, HALF_PI]]);
});

test("atan2 takes its quadrant from the signs, those of zeros too", () => {
  const { PI } = Math;
  assertValues(math.atan2, [
    [0, 1, 0],
    [-0, 1, -0],
    [0, -1, PI],
    [-0, -1, -PI],
    [0, 0, 0],
    [0, -0, PI],
    [-0, -0, -PI],
    [1, 0, HALF_PI],
    [-1, -0, -HALF_PI],
    [INF, INF, PI / 4],
    [INF, -INF, 3 * PI / 4],
    [-INF, -INF, -3 * PI / 4],
    [1, INF, 0],
    [-1, INF, -0],
    [1, -INF, PI],
    [INF, -1, HALF_PI],
    [NaN, 1, NaN],
    [1, NaN, NaN],
  ]);
});

test("erf and erfc at their edges", () => {
  assertValues(math.erf, [[INF, 1], [-INF, -1], [6, 1], [-7, -1]]);
  assertValues(math.erfc, [[0, 1], [-0, 1], [INF, 0], [-INF, 2], [28, 0], [-7, 2], [TINY, 1]]);
});

test("powers of integers are exact while they fit", () => {
  for (let base = 2; base <= 50; base++) {
    for (let exponent = 1, exact = base; exact <= 2 ** 53; exponent++, exact *= base) {
      assertStrictEquals(math.pow(base, exponent), exact);
      assertStrictEquals(math.pow(-base, exponent), exponent % 2 === 0 ? exact : -exact);
    }
  }
  assertEquals(math.pow(2, 3), 8);
  assertEquals(math.pow(-2, 3), -8);
  assertEquals(math.pow(4, -0.5), 0.5);
});

test("pow has the edges of C99", () => {
  assertValues(math.pow, [
    [NaN, 0, 1],
    [0, 0, 1],
    [INF, -0, 1],
    [1, NaN, 1],
    [1, INF, 1],
    [-1, INF, 1],
    [-1, -INF, 1],
    [NaN, 1, NaN],
    [2, NaN, NaN],
    [-8, 1 / 3, NaN],
    [-1, 0.5, NaN],
    [0, 2.5, 0],
    [-0, 3, -0],
    [-0, 4, 0],
    [-0, 0.5, 0],
    [0, -1, INF],
    [-0, -1, -INF],
    [-0, -2.5, INF],
    [INF, 0.5, INF],
    [INF, -1.5, 0],
    [-INF, 3, -INF],
    [-INF, 2, INF],
    [-INF, 0.5, INF],
    [-INF, -3, -0],
    [2, INF, INF],
    [0.5, INF, 0],
    [-2, -INF, 0],
    [-0.5, -INF, INF],
  ]);
});

test("pow overflows, underflows and crosses its ranges without a jump", () => {
  assertValues(math.pow, [
    [2, 1024, INF],
    [2, -1075, 0],
    [2, -1074, TINY],
    [-2, 1023, -8.98846567431158e307],
    [-10, 309, -INF],
    [-10, -325, -0],
    [1.5, 1e10, INF],
    [0.5, 1e300, 0],
    [-1, 9007199254740991, -1],
    [-1, 1e300, 1],
    [TINY, -1, INF],
    [1 + 2 ** -52, 1e20, INF],
  ]);
});

test("roundHalfEven takes halves to the even neighbour and keeps signs", () => {
  assertValues(math.roundHalfEven, [
    [0.5, 0],
    [-0.5, -0],
    [1.5, 2],
    [2.5, 2],
    [-2.5, -2],
    [-1.5, -2],
    [0.49999999999999994, 0],
    [4503599627370495.5, 4503599627370496],
    [4503599627370497, 4503599627370497],
    [-0, -0],
    [-0.2, -0],
    [INF, INF],
    [-INF, -INF],
  ]);
});

test("the bits of a long run are those of every other runtime", () => {
  // FNV-1a over all functions at arguments that need no rounding of their own.
  let hash = 0x811c9dc5;
  for (const name of Object.keys(math).sort() as Name[]) {
    const f = math[name] as AnyFunction;
    for (let i = 1; i <= 2000; i++) {
      view.setFloat64(0, f(i / 1024 * (i % 2 === 0 ? 1 : -8), (i % 37) / 8));
      // The bits of NaN are the engine's own choice.
      if (Number.isNaN(view.getFloat64(0))) continue;
      for (let b = 0; b < 8; b++) hash = Math.imul(hash ^ view.getUint8(b), 0x01000193);
    }
  }
  assertEquals((hash >>> 0).toString(16), "4b37c46b");
});

test("erfinv undoes erf", () => {
  for (let i = -999; i <= 999; i++) {
    const y = i / 1000;
    const x = erfinv(y);
    assert(Math.abs(math.erf(x) - y) <= 3e-16, `${y}: ${x}`);
  }
  for (const tail of [1e-6, 1e-10, 1e-15]) {
    assert(Math.abs(math.erfc(erfinv(1 - tail)) / (1 - (1 - tail)) - 1) < 1e-13, `${tail}`);
  }
  assertSame([erfinv(1), erfinv(-1), erfinv(0)], [Infinity, -Infinity, 0]);
  assert(Number.isNaN(erfinv(1.1)));
  assert(Math.abs(erfinv(1e-20) / 8.86226925452758e-21 - 1) < 1e-14);
});
