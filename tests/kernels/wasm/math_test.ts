/** Functions on vectors of float32 and float64 against the definitions, for all kinds of floats. */

import { test } from "node:test";
import { assert, assertStrictEquals, fail } from "@std/assert";
import { readFileSync } from "node:fs";
import type { PrimitiveName } from "../../../src/kernels/arithmetic.ts";
import { Formula } from "../../../src/kernels/formula.ts";
import { maps } from "../../../src/kernels/wasm/kernels/map.ts";
import * as math from "../../../src/math/mod.ts";
import { NDArray } from "../../../src/storage/ndarray.ts";
import { assertSame } from "../../support/assert.ts";

type Name = Exclude<keyof typeof math, "roundHalfEven" | "softplus">;

const functions = new Map<PrimitiveName, Formula>();

/** The function of one name. */
function formula(name: PrimitiveName, arity: number): Formula {
  const make = () =>
    new Formula(name, arity, (k, xs) => {
      return (k[name] as (...xs: unknown[]) => never)(...xs);
    });
  const f = functions.get(name) ?? make();
  functions.set(name, f);
  return f;
}

/** The elements of `f` of float32 arrays or numbers. */
function apply(f: Formula, ...operands: (Float32Array | number)[]): Float32Array {
  const raw = operands.map((x) => {
    return typeof x === "number" ? x : NDArray.from(x, [x.length], "float32");
  });
  const shape = [(operands[0] as Float32Array).length];
  return Float32Array.from(maps.map(f, raw, shape, "float32", "float32").values());
}

/** Distance in units of the last place of `exact` as a float32. */
function ulps(got: number, exact: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(exact))), -126);
  return Math.abs(got - exact) / 2 ** (exponent - 23);
}

/** The largest error of `got`, where only finite numbers may have one, and zeros have their signs. */
function worst(
  got: Float32Array,
  exact: (i: number) => number,
  what: (i: number) => string,
): number {
  let largest = 0;
  for (let i = 0; i < got.length; i++) {
    const truth = exact(i);
    const rounded = Math.fround(truth);
    if (Object.is(got[i], rounded)) {
      if (rounded !== 0 && Number.isFinite(rounded)) {
        largest = Math.max(largest, ulps(got[i], truth));
      }
    } else if (!Number.isFinite(rounded) || got[i] === rounded) {
      fail(`${what(i)}: ${got[i]}, not ${rounded}`);
    } else {
      largest = Math.max(largest, ulps(got[i], truth || Math.sign(truth) * 2 ** -149));
    }
  }
  return largest;
}

/** A spread of all float32 bit patterns: both signs, denormals, infinities, NaN. */
function everyFloat(count: number, shift = 0): Float32Array {
  const bits = new Int32Array(count);
  const stride = Math.floor(2 ** 32 / count);
  for (let i = 0; i < count; i++) bits[i] = (i * stride + (i + shift) % stride) | 0;
  bits.set([0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 1, 0x80000001]);
  return new Float32Array(bits.buffer);
}

/** Bounds in units of the last place of float32. */
const BOUNDS: Readonly<Record<Exclude<Name, "pow" | "atan2">, number>> = {
  exp: 2,
  log: 2,
  tanh: 2,
  sigmoid: 2,
  expm1: 2,
  log1p: 2,
  erf: 2,
  atan: 1.6,
  // By way of float64.
  sin: 0.51,
  cos: 0.51,
  tan: 0.51,
  asin: 0.51,
  acos: 0.51,
  log2: 0.52,
  log10: 0.52,
  cosh: 0.55,
  sinh: 0.6,
  erfc: 0.6,
};

const everything = everyFloat(300_000);
const dense = Float32Array.from({ length: 200_000 }, (_, i) => (i - 100_000) / 5000);
/** Up to the powers of e that overflow; around 1; powers of ten. */
const special = Float32Array.from({ length: 40_000 }, (_, i) => {
  const x = i - 20_000;
  return i % 4 === 0
    ? x / 100
    : i % 4 === 1
    ? 1 + x * 2 ** -23
    : i % 4 === 2
    ? x / 19_000
    : 10 ** (i % 39);
});

for (const name of Object.keys(BOUNDS) as (keyof typeof BOUNDS)[]) {
  test(`${name} of float32 is within ${BOUNDS[name]} ulp for all kinds of floats`, () => {
    for (const x of [everything, dense, special]) {
      const got = apply(formula(name, 1), x);
      const error = worst(got, (i) => math[name](x[i]), (i) => `${name}(${x[i]})`);
      assert(error <= BOUNDS[name], `${error} ulp`);
    }
  });
}

test("sigmoid near 1 is rounded by its last sum and division alone: gradients are what is left", () => {
  const x = Float32Array.from({ length: 100_000 }, (_, i) => 2 + i / 6000);
  const got = apply(formula("sigmoid", 1), x);
  const error = worst(got, (i) => math.sigmoid(x[i]), (i) => `sigmoid(${x[i]})`);
  assert(error <= 1.5, `${error} ulp`);
});

test("logarithms of float32 powers of two and ten are exact", () => {
  for (let n = -149; n < 128; n++) {
    assertStrictEquals(apply(formula("log2", 1), Float32Array.of(2 ** n))[0], n);
  }
  for (let n = 0; n <= 10; n++) {
    assertStrictEquals(apply(formula("log10", 1), Float32Array.of(10 ** n))[0], n);
  }
});

test("the bits of a lane do not depend on its neighbours", () => {
  const x = Float32Array.of(
    1,
    1e30,
    -2,
    3e-40,
    2 ** 20,
    -(2 ** 20),
    Infinity,
    0.5,
    2 ** 21,
    7,
    NaN,
    9,
  );
  for (const name of ["sin", "cos", "tan"] as const) {
    const f = formula(name, 1);
    assertSame([...apply(f, x)], [...x].map((v) => apply(f, Float32Array.of(v))[0]), name);
  }
});

const EDGES = [NaN, 0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 4, Infinity, -Infinity, 1e-45, -1e-45];
const MORE_EDGES = [2.5, 1e30, -1e30, 16777216, 16777217, 8388609, -8388609, -1.5, 1 + 2 ** -23];
MORE_EDGES.push(3.4028234663852886e38, 2 ** -126, -(2 ** -126));

/** Each of `values` with each. */
function pairs(values: readonly number[]): [Float32Array, Float32Array] {
  const first = values.flatMap((a) => values.map(() => a));
  return [Float32Array.from(first), Float32Array.from(values.flatMap(() => values))];
}

/** Repeatable numbers of both signs, up to `scale`. */
function waves(count: number, scale: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 7.3 + seed) * scale);
}

/** The error of a function of two operands. */
function worstOfPairs(name: "pow" | "atan2", a: Float32Array, b: Float32Array | number): number {
  const second = (i: number) => (typeof b === "number" ? b : b[i]);
  const got = apply(formula(name, 2), a, b);
  const exact = (i: number) => math[name](a[i], second(i));
  return worst(got, exact, (i) => `${name}(${a[i]}, ${second(i)})`);
}

test("pow is within 2 ulp, and as C99 has it at the edges", () => {
  const edges = [...EDGES, ...MORE_EDGES];
  const [bases, powers] = pairs(edges);
  assert(worstOfPairs("pow", bases, powers) <= 2);
  for (const exponent of [...edges, 0.1, -2, 7]) {
    assert(worstOfPairs("pow", bases, Math.fround(exponent)) <= 2, `${exponent}`);
  }
  const positive = waves(5000, 5, 1).map(Math.exp);
  assert(worstOfPairs("pow", positive, waves(5000, 10, 2)) <= 2);
});

test("atan2 is within 2 ulp, and as C99 has it at the edges", () => {
  assert(worstOfPairs("atan2", ...pairs([...EDGES, ...MORE_EDGES])) <= 2);
  assert(worstOfPairs("atan2", waves(100_000, 1, 1), waves(100_000, 1, 2)) <= 2);
  assert(worstOfPairs("atan2", waves(10_000, 1e-42, 1), waves(10_000, 1e-40, 2)) <= 2);
  assert(worstOfPairs("atan2", everything, everyFloat(300_000, 5).reverse()) <= 2);
});

test("fmod of float32 is exact, however large the quotient", () => {
  const whole = Float32Array.from({ length: 10_000 }, (_, i) => i - 5000);
  const operands: readonly (readonly [Float32Array, Float32Array])[] = [
    pairs([...EDGES, ...MORE_EDGES]),
    [everything, everyFloat(300_000, 5).reverse()],
    [everything, everything.map((x) => Math.fround(x * 0.3))],
    [waves(100_000, 100, 1), waves(100_000, 3, 2)],
    [whole, whole.map((_, i) => i % 23 - 11)],
    // Quotients just below and above integers of many bits.
    [whole.map((x) => Math.fround(x * 6700417)), whole.map((_, i) => i % 97)],
    [waves(10_000, 3e38, 1), waves(10_000, 1e-38, 2)],
  ];
  for (const [a, b] of operands) {
    const got = apply(formula("fmod", 2), a, b);
    for (let i = 0; i < a.length; i++) {
      if (!Object.is(got[i], a[i] % b[i])) fail(`${a[i]} % ${b[i]}: ${got[i]}`);
    }
  }
});

test("fmod of float64 is exact, however large the quotient", () => {
  const f = formula("fmod", 2);
  let seed = 1;
  const word = (): bigint =>
    BigInt.asUintN(32, BigInt(seed = Math.imul(seed, 1664525) + 1013904223));
  const floats = (count: number, make: (bits: bigint) => bigint): Float64Array =>
    new Float64Array(
      BigUint64Array.from({ length: count }, () => make(word() << 32n | word())).buffer,
    );
  const any = floats(4_000, (bits) => bits);
  // From 1 to 2, or a few bits of them, so that many divide without a rest.
  const ones = (drop: bigint) =>
    floats(4_000, (bits) => 0x3ff0_0000_0000_0000n | bits >> (12n + drop) << drop);
  const least = floats(4_000, (bits) => bits >> 12n >> (bits & 63n));
  const times = (x: Float64Array, factor: (i: number) => number) => x.map((x, i) => x * factor(i));
  const [all, some, few] = [ones(0n), ones(26n), ones(48n)];
  const edges = [...EDGES, ...MORE_EDGES, 5e-324, 2 ** -1022, 1.7976931348623157e308, 2 ** 53 - 1];
  const first = edges.flatMap((a) => edges.map(() => a));
  const operands: readonly (readonly [ArrayLike<number>, ArrayLike<number>])[] = [
    [first, edges.flatMap(() => edges)],
    [any, floats(4_000, (bits) => bits)],
    [any, least],
    [least, any],
    [least, least.toReversed()],
    [times(all, () => 2 ** 1023), least],
    ...[all, some, few].flatMap((x) =>
      [all, some, few].flatMap((y) =>
        [
          [x, y.toReversed()],
          [times(x, (i) => 2 ** (i % 64)), y.toReversed()],
          [times(x, (i) => -(2 ** (i % 1023))), times(y, (i) => 2 ** (i % 7))],
        ] as const
      )
    ),
    // Quotients just below and above integers of many bits.
    ...[1, 2 ** -52, -(2 ** -53)].map((rest) =>
      [times(all, (i) => (i + 1) * (1 + rest)), all] as const
    ),
    ...[25, 26, 27, 52, 53, 54, 999, 1000, 1001].map((e) =>
      [
        times(all, (i) => (i % 5 - 2 + 2 ** -52) * 2 ** e / 4),
        all,
      ] as const
    ),
  ];
  for (const [a, b] of operands) {
    const raw = [a, b].map((x) => NDArray.from(x, [x.length], "float64"));
    const got = maps.map(f, raw, raw[0].shape, "float64", "float64").values();
    for (let i = 0; i < a.length; i++) {
      if (!Object.is(got[i], a[i] % b[i])) fail(`${a[i]} % ${b[i]}: ${got[i]}`);
    }
  }
});

/** The unit in the last place of a float64, except of denormals. */
function unit64(y: number): number {
  const bits = new BigUint64Array(Float64Array.of(Math.abs(y)).buffer)[0];
  return new Float64Array(BigUint64Array.of(bits + 1n).buffer)[0] - Math.abs(y);
}

const DOUBLES = ["exp", "log", "expm1", "log1p", "sinh", "cosh"] as const;
/** Results that must be exact: zeros with their signs, infinities, NaN. */
const EDGES_64 = [NaN, 0, -0, Infinity, -Infinity, -1, -2, 710, -746, 800, -800, 5e-324, 1];

/** Arguments and true results, each as the nearest float64 and the rest in units. */
const fixture = readFileSync(new URL("../../fixtures/math.csv", import.meta.url), "utf8");
const rows = fixture.trimEnd().split("\n").map((line) => line.split(","));

for (const name of DOUBLES) {
  test(`${name} of float64 is within 2 ulp of the truth, and right at the edges`, () => {
    const f = formula(name, 1);
    const points = rows.filter((row) => row[0] === name).map((row) => row.slice(1).map(Number));
    assert(points.length >= 200);
    const arguments_ = [...EDGES_64, ...points.map(([x]) => x)];
    const raw = NDArray.from(arguments_, [arguments_.length], "float64");
    const got = maps.map(f, [raw], raw.shape, "float64", "float64").values();
    points.forEach(([x, y, rest], i) => {
      const error = Math.abs((got[EDGES_64.length + i] - y) / unit64(y) - rest);
      assert(error <= 2, `${name}(${x}): ${error} ulp`);
    });
    EDGES_64.forEach((x, i) => {
      const exact = math[name](x);
      const isEdge = !Number.isFinite(exact) || exact === 0;
      const isClose = Math.abs(got[i] - exact) <= 2 * unit64(exact);
      assert(isEdge ? Object.is(got[i], exact) : isClose, `${name}(${x}): ${got[i]}`);
    });
  });
}

test("functions of float64 without a row of the truth nearby are as the definitions", () => {
  const x = Float64Array.from({ length: 20_000 }, (_, i) => {
    return (i % 2 ? -1 : 1) * 2 ** (i % 2000 / 10 - 100) * (1 + i / 40_000);
  });
  const tiny = x.map((v, i) => i % 2 ? 5e-324 * i : v * 1e-300);
  for (const arguments_ of [x, tiny]) {
    const raw = NDArray.from(arguments_, [x.length], "float64");
    for (const name of DOUBLES) {
      const f = formula(name, 1);
      const got = maps.map(f, [raw], [x.length], "float64", "float64").values();
      arguments_.forEach((v, i) => {
        const exact = math[name](v);
        if (Object.is(got[i], exact)) return;
        // The definitions themselves err by up to two units.
        assert(Math.abs(got[i] - exact) <= 4 * unit64(exact), `${name}(${v}): ${got[i]}`);
      });
    }
  }
});

/** Functions on vectors of float64 that do the operations of the definition. */
const SAME_BITS = ["sin", "cos", "tan", "asin", "acos", "atan", "log2", "log10"] as const;

/** Numbers of all sizes and signs: edges, limits of intervals, and near quarter turns. */
const LIMITS = [2 ** -28, 2 ** -26, 0.4375, 0.5, 0.67434, 0.6875, Math.PI / 4, 0.975, 1.1875];
LIMITS.push(2.4375, Math.PI / 2, Math.PI, 2 * Math.PI, 2 ** 60, 2 ** -1022, Number.MAX_VALUE);
const doubles = Float64Array.from([
  ...EDGES_64,
  ...LIMITS.flatMap((x) => [
    ...[x, x * (1 - 2 ** -53), x * (1 + 2 ** -52)],
    ...Array.from({ length: 40 }, (_, i) => x * (1 + i * 2.4e-5)),
  ]).flatMap((x) => [x, -x]),
  ...Array.from({ length: 40_000 }, (_, i) => {
    const wave = Math.sin(i * 7.3 + 1);
    return i % 4 === 0
      ? wave
      : i % 4 === 1
      ? wave * 2 ** (i % 2098 - 1074)
      : i % 4 === 2
      ? Math.round(wave * 1e6) * Math.PI / 2
      : wave * 100;
  }),
]);

function evaluate(f: Formula, ...operands: Float64Array[]): Float64Array {
  const raw = operands.map((x) => NDArray.from(x, [x.length], "float64"));
  return Float64Array.from(maps.map(f, raw, raw[0].shape, "float64", "float64").values());
}

for (const name of SAME_BITS) {
  test(`${name} of float64 has the bits of the definition`, () => {
    const f = formula(name, 1);
    const moderate = doubles.filter((x) => !(Math.abs(x) >= 1647099 && Math.abs(x) < Infinity));
    for (const x of [moderate, doubles, Float64Array.of(2, 3, 1e22), Float64Array.of(1e300)]) {
      const got = evaluate(f, x);
      x.forEach((v, i) => {
        const exact = math[name](v);
        if (!Object.is(got[i], exact)) fail(`${name}(${v}): ${got[i]}, not ${exact}`);
      });
    }
  });
}

test("atan2 of float64 has the bits of the definition", () => {
  const f = formula("atan2", 2);
  const edges = [...EDGES_64, 2 ** 60, 2 ** -70, 0.6, -3e300];
  const pairs64: [Float64Array, Float64Array][] = [
    [
      Float64Array.from(edges.flatMap((a) => edges.map(() => a))),
      Float64Array.from(edges.flatMap(() => edges)),
    ],
    [doubles, doubles.toReversed()],
  ];
  for (const [y, x] of pairs64) {
    const got = evaluate(f, y, x);
    y.forEach((v, i) => {
      const exact = math.atan2(v, x[i]);
      if (!Object.is(got[i], exact)) fail(`atan2(${v}, ${x[i]}): ${got[i]}, not ${exact}`);
    });
  }
});

test("pow of float64 has the bits of the definition", () => {
  const f = formula("pow", 2);
  const edges = [
    ...EDGES_64,
    2,
    3,
    -3,
    0.5,
    -0.5,
    1.5,
    -1.5,
    4,
    1 / 3,
    10,
    308,
    -323,
    1e300,
    -1e300,
  ];
  for (const x of [2 ** 31, 2 ** 32, 2 ** 53, 2 ** 64, 2 ** 65, 1 - 2 ** -53, 1 + 2 ** -21]) {
    edges.push(x, -x, 1 + 1 / x);
  }
  edges.push(1024, 1024 - 2 ** -42, -1074, -1075, -1076, 2 ** -1022, 2 ** -1030, 2 - 2 ** -52);
  const bases = edges.flatMap((a) => edges.map(() => a));
  const exponents = edges.flatMap(() => edges);
  for (let i = 0; i < 60_000; i++) {
    const [a, b] = [Math.abs(Math.sin(i * 7.3 + 1)), Math.sin(i * 3.7 + 2)];
    const kind = i % 5;
    bases.push(
      kind === 0
        ? a * 10
        : kind === 1
        ? a * 2 ** (i % 2000 - 1000)
        : kind === 2
        ? 1 + b * 2 ** -(i % 40)
        : kind === 3
        ? -Math.round(a * 100)
        : a,
    );
    exponents.push(
      kind === 0 ? b * 400 : kind === 2 ? b * 2 ** (i % 70) : kind === 3 ? Math.round(b * 50) : b,
    );
  }
  const got = evaluate(f, Float64Array.from(bases), Float64Array.from(exponents));
  bases.forEach((x, i) => {
    const exact = math.pow(x, exponents[i]);
    if (!Object.is(got[i], exact)) fail(`${x} ** ${exponents[i]}: ${got[i]}, not ${exact}`);
  });
});

test("large angles of float64 are the reference's wherever they are: in place, picked, in several", () => {
  const sine = formula("sin", 1);
  const values = [0.5, 1e22, 6381956970095103 * 2 ** 797, -1e10, 3];
  const wanted = values.map(math.sin);
  const x = NDArray.from(values, [5], "float64");
  assertSame([...maps.mapRows(sine, x, Int32Array.of(2, 1), [], "float64").values()], [
    wanted[2],
    wanted[1],
  ]);
  const y = NDArray.from(values, [5], "float64");
  const twice = new Formula("copied", 1, (k, [x]) => k.mul(x, 1));
  const z = NDArray.from(values, [5], "float64");
  maps.assign([{ f: twice, operands: [y], out: z }, { f: sine, operands: [z], out: z }]);
  assertSame([...z.values()], wanted);
  maps.mapInto(sine, [x], x, "float64");
  assertSame([...x.values()], wanted);
});
