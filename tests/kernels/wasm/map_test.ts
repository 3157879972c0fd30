import type { Operand } from "../../../src/kernels/arithmetic.ts";
import { test } from "node:test";
import { assert, assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { type DType, DTYPES } from "../../../src/dtype.ts";
import { Formula, type FormulaBody, Formulas } from "../../../src/kernels/formula.ts";
import { toElement } from "../../../src/kernels/reference/convert.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import { Assembler } from "../../../src/kernels/wasm/assembler/assembler.ts";
import { moduleText } from "../../../src/kernels/wasm/assembler/text.ts";
import { maps } from "../../../src/kernels/wasm/kernels/map.ts";
import { compiled } from "../../../src/kernels/wasm/kernels/map_cache.ts";
import { type Layout, writeMapKernel } from "../../../src/kernels/wasm/kernels/map_kernel.ts";
import { FLOAT_LANES } from "../../../src/kernels/wasm/simd/lanes.ts";
import type { Shape } from "../../../src/shape.ts";
import { NDArray } from "../../../src/storage/ndarray.ts";
import { viewExpand, viewPermute, viewSlice } from "../../../src/storage/views.ts";
import { assertSame } from "../../support/assert.ts";

const add = new Formula("add", 2, (k, [a, b]) => k.add(a, b));
const less = new Formula("less", 2, (k, [a, b]) => k.lt(a, b));
const identity = new Formula("identity", 1, (_, [x]) => x);
const choose = new Formula("choose", 3, (k, [a, b, c]) => k.where(k.gt(a, 0), b, c));

/** Values that a kernel could get wrong: repeatable, of both signs, of very different sizes. */
function values(count: number, seed = 1): number[] {
  return Array.from({ length: count }, (_, i) => Math.fround(Math.sin(i * 7.3 + seed) * 50));
}

function array(shape: Shape, dtype: DType = "float32", seed = 1): NDArray {
  const count = shape.reduce((a, b) => a * b, 1);
  const made = values(count, seed).map((v) => {
    if (dtype === "bool") return v > 0 ? 1 : 0;
    return DTYPES[dtype].isFloat ? v : Math.trunc(dtype === "uint8" ? Math.abs(v) * 4 : v * 1e6);
  });
  return NDArray.from(made, shape, dtype);
}

/** Both backends give the same elements; `f` uses only operations that round once. */
function agree(
  f: Formula,
  operands: readonly Operand<NDArray>[],
  shape: Shape,
  compute: DType,
  dtype: DType,
): void {
  const expected = reference.map(f, operands, shape, compute, dtype);
  const wanted = [...expected.values()];
  const got = maps.map(f, operands, shape, compute, dtype);
  assertSame([...got.values()], wanted, `${f.name} ${compute} ${dtype} [${shape}]`);
  assertStrictEquals(got.dtype, dtype);
  assert(got.contiguous);
}

test("every length, so that every kind of tail occurs", () => {
  for (let n = 0; n <= 37; n++) {
    for (const dtype of ["float32", "float64"] as const) {
      const [a, b] = [array([n], dtype), array([n], dtype, 2)];
      agree(add, [a, b], [n], dtype, dtype);
      agree(add, [a, 2.5], [n], dtype, dtype);
      agree(less, [a, b], [n], dtype, "bool");
    }
  }
});

test("bytes and words of every length of an unrolled loop", () => {
  for (const n of [15, 16, 31, 33, 63, 64, 65, 79, 80, 127, 129, 145]) {
    for (const dtype of ["uint8", "int32"] as const) {
      agree(add, [array([n], dtype), array([n], dtype, 2)], [n], dtype, dtype);
      agree(identity, [array([n], dtype)], [n], "float32", "float32");
      agree(add, [array([n], "uint8"), array([n], dtype, 2)], [n], "float64", "float64");
    }
  }
});

test("short formulas of dense arrays take four vectors at once, others one", () => {
  const count = (f: Formula, name: string, unrolls: boolean, layout: Layout = "dense"): number => {
    const assembler = new Assembler();
    const source = { layout, dtype: "float32" } as const;
    const out = { layout: "dense", dtype: "float32" } as const;
    const operands = new Array(f.arity).fill(source);
    const lanes = FLOAT_LANES.float32;
    writeMapKernel(assembler, { bodies: [f.body], lanes, wraps: false, out, operands, unrolls });
    return moduleText(assembler.bytes()).split(name).length - 1;
  };
  // Also one vector at a time, and the last elements.
  assertEquals(count(add, "f32x4.add", true), 6);
  assertEquals(count(add, "f32x4.add", true, "strided"), 2);
  assertEquals(count(add, "f32x4.add", false), 2);
  const sigmoid = new Formula("sigmoid", 1, (k, [x]) => k.sigmoid(x));
  assertEquals(count(sigmoid, "f32x4.div", true), count(sigmoid, "f32x4.div", false));
});

test("operands of every dtype, into every dtype", () => {
  const dtypes = Object.keys(DTYPES) as DType[];
  for (const from of dtypes) {
    for (const compute of ["float32", "float64"] as const) {
      for (const to of dtypes) {
        agree(identity, [array([3, 7], from)], [3, 7], compute, to);
        agree(identity, [array([1], from)], [3, 7], compute, to);
        agree(identity, [viewPermute(array([7, 3], from), [1, 0])], [3, 7], compute, to);
      }
    }
    for (const to of dtypes) {
      agree(identity, [array([3, 7], from)], [3, 7], to, to);
      agree(identity, [array([1], from)], [3, 7], to, to);
      agree(identity, [array([1], from)], [1], to, to);
      agree(identity, [viewPermute(array([7, 3], from), [1, 0])], [3, 7], to, to);
      agree(identity, [2.5], [3, 7], to, to);
    }
  }
});

test("conversion from floats at the edges: NaN, infinities, beyond the range, negative bytes", () => {
  const edges = [NaN, Infinity, -Infinity, 3e9, -3e9, -1, 300, 255.9, 0.5, -0, 1e-40];
  for (const compute of ["float32", "float64"] as const) {
    const x = NDArray.from(edges, [edges.length], compute);
    for (const to of ["int32", "uint8", "bool"] as const) {
      agree(identity, [x], [edges.length], compute, to);
    }
  }
});

test("broadcast, transposed, sliced, reversed and repeated operands", () => {
  const x = array([6, 5, 9]);
  agree(add, [x, array([9])], [6, 5, 9], "float32", "float32");
  agree(add, [x, array([5, 1])], [6, 5, 9], "float32", "float32");
  agree(add, [x, array([6, 1, 1])], [6, 5, 9], "float32", "float32");
  agree(add, [array([6, 1, 9]), array([5, 1])], [6, 5, 9], "float32", "float32");
  agree(add, [x, viewPermute(array([9, 6, 5]), [1, 2, 0])], [6, 5, 9], "float32", "float32");
  const odd = viewSlice(array([6, 5, 20]), [
    { start: 5, step: -1, length: 6 },
    { start: 0, step: 1, length: 5 },
    { start: 19, step: -2, length: 9 },
  ]);
  agree(choose, [odd, x, viewExpand(array([1, 1, 1]), [6, 5, 9])], [6, 5, 9], "float32", "float32");
  agree(add, [viewPermute(array([300, 130]), [1, 0]), 1], [130, 300], "float32", "float32");
  agree(add, [array([], "float64"), array([2, 0, 3])], [2, 0, 3], "float32", "float32");
  agree(add, [array([]), array([])], [], "float32", "float32");
});

test("many rows of few columns, broadcast, strided, repeated, and into views", () => {
  for (const columns of [1, 2, 3, 7, 8, 9]) {
    for (const rows of [16, 17, 530]) {
      for (const dtype of Object.keys(DTYPES) as DType[]) {
        const [x, row, column] = [[rows, columns], [columns], [rows, 1]].map((shape, i) =>
          array(shape, dtype, i)
        );
        const compute = dtype === "bool" || dtype === "uint8" ? "int32" : dtype;
        agree(add, [x, row], x.shape, compute, compute);
        agree(add, [column, x], x.shape, compute, compute);
        agree(
          less,
          [viewPermute(array([columns, rows], dtype), [1, 0]), row],
          x.shape,
          "float64",
          "bool",
        );
        agree(identity, [viewExpand(column, [2, rows, columns])], [2, rows, columns], dtype, dtype);
        const line = array([rows, 1, columns], dtype);
        agree(
          identity,
          [viewExpand(line, [2, rows, 2, columns])],
          [2, rows, 2, columns],
          dtype,
          dtype,
        );
        const whole = NDArray.from(
          new Array(rows * (columns + 2)).fill(1),
          [rows, columns + 2],
          dtype,
        );
        const inside = [{ start: 0, step: 1, length: rows }, {
          start: 1,
          step: 1,
          length: columns,
        }];
        maps.mapInto(identity, [x], viewSlice(whole, inside), dtype);
        const expected = Array.from(
          { length: rows },
          (_, i) => [1, ...x.values().slice(i * columns, (i + 1) * columns), 1],
        );
        assertSame([...whole.values()], expected.flat());
      }
    }
  }
});

test("copies with two long axes and short ones between them: windows, and interleaved planes", () => {
  for (const dtype of ["float32", "float64", "int32", "bool"] as const) {
    for (const [rows, columns] of [[1, 19], [17, 18], [18, 61], [3, 9]]) {
      for (const size of [2, 3, 9]) {
        const x = array([rows, columns + size - 1], dtype);
        const shape = [rows, columns, size];
        const windows = new NDArray(x.storage, shape, [columns + size - 1, 1, 1], 0, dtype);
        agree(identity, [windows], shape, dtype, dtype);
        const planes = viewPermute(array([2, size, 2, rows, columns], dtype), [0, 3, 1, 4, 2]);
        agree(identity, [planes], planes.shape, dtype, dtype);
      }
    }
  }
});

test("conditions: as results, as values, as operands of where", () => {
  const [a, b] = [array([37]), array([37], "float32", 3)];
  const rules = [
    new Formula("both", 2, (k, [a, b]) => k.logicalAnd(k.gt(a, 0), k.le(b, 10))),
    new Formula("either", 2, (k, [a, b]) => k.logicalOr(k.eq(a, b), k.logicalNot(b))),
    new Formula("one", 2, (k, [a, b]) => k.ne(k.eq(a, 0), k.eq(b, 0))),
    new Formula("not less", 2, (k, [a, b]) => k.logicalNot(k.lt(a, b))),
    new Formula("other than its test", 2, (k, [a, b]) => k.ne(k.ge(a, 1), b)),
    new Formula("count", 2, (k, [a, b]) => k.add(k.ge(a, b), k.ne(a, b))),
    new Formula("pick", 2, (k, [a, b]) => k.where(a, k.where(k.lt(a, b), a, 7), b)),
  ];
  for (const f of rules) {
    const dtype = f.isCondition ? "bool" : "float32";
    agree(f, [a, b], [37], "float32", dtype);
    agree(f, [array([37], "bool"), b], [37], "float32", dtype);
    const [p, q] = [array([37], "bool"), array([37], "bool", 3)];
    if (f.isCondition) agree(f, [p, q], [37], "bool", "bool");
  }
  agree(less, [array([37], "int32"), array([37], "int32", 4)], [37], "int32", "bool");
  const close = NDArray.from([16777217, -5], [2], "int32");
  agree(less, [NDArray.from([16777216, -5], [2], "int32"), close], [2], "int32", "bool");
});

test("a condition is 1 or 0 where it is used as a value", () => {
  const truths = {
    lt: (a: number, b: number) => a < b,
    le: (a: number, b: number) => a <= b,
    gt: (a: number, b: number) => a > b,
    ge: (a: number, b: number) => a >= b,
    eq: (a: number, b: number) => a === b,
    ne: (a: number, b: number) => a !== b,
    logicalAnd: (a: number, b: number) => a !== 0 && b !== 0,
    logicalOr: (a: number, b: number) => a !== 0 || b !== 0,
    logicalNot: (a: number) => a === 0,
  } as const;
  const numbers = [NaN, -Infinity, -1, -0, 0, 0.5, 2, Infinity];
  const pairs = numbers.flatMap((a) => numbers.map((b) => [a, b] as const));
  const operands = [0, 1].map((i) =>
    NDArray.from(pairs.map((pair) => pair[i]), [pairs.length], "float32")
  );
  for (const [name, truth] of Object.entries(truths)) {
    const f = new Formula(name, 2, (k, [a, b]) => k.add(5, k[name as "lt"](a, b)));
    const expected = pairs.map(([a, b]) => 5 + Number(truth(a, b)));
    for (const kernels of [maps, reference]) {
      const y = kernels.map(f, operands, [pairs.length], "float32", "float32");
      assertEquals([...y.values()], expected, name);
    }
  }
});

test("a power whose exponent is a small number is made of products and roots", () => {
  const power = new Formula("power", 2, (k, [a, b]) => k.pow(a, b));
  const x = NDArray.from(values(1000).map(Math.abs), [1000], "float32");
  const { fround, sqrt } = Math;
  const rules = new Map<number, (v: number) => number>([
    [0, () => 1],
    [1, (v) => v],
    [2, (v) => fround(v * v)],
    [3, (v) => fround(fround(v * v) * v)],
    [4, (v) => fround(fround(v * v) * fround(v * v))],
    [-1, (v) => fround(1 / v)],
    [0.5, (v) => fround(sqrt(v))],
    [-0.5, (v) => fround(1 / fround(sqrt(v)))],
  ]);
  for (const [exponent, rule] of rules) {
    const y = maps.map(power, [x, exponent], [1000], "float32", "float32");
    assertEquals([...y.values()], [...x.values()].map(rule), `${exponent}`);
  }
});

test("where does not look at the side that is not taken", () => {
  const f = new Formula("safeLog", 1, (k, [x]) => k.where(k.gt(x, 0), k.log(x), 0));
  const x = NDArray.from([-1, NaN, 1, 0, -Infinity], [5], "float32");
  assertSame([...maps.map(f, [x], [5], "float32", "float32").values()], [
    ...[0, 0, 0, 0, 0],
  ]);
});

test("exact operations at the edges", () => {
  const edges = [NaN, 0, -0, 1, -1, Infinity, -Infinity, 1e-45, -1e-45, 2.5, -2.5, 3.5, 8388609];
  const n = edges.length;
  const a = NDArray.from(edges.flatMap((v) => edges.map(() => v)), [n * n], "float32");
  const b = NDArray.from(edges.flatMap(() => edges), [n * n], "float32");
  for (const name of ["add", "sub", "mul", "div", "minimum", "maximum", "eq", "le"] as const) {
    const f = new Formula(name, 2, (k, [a, b]) => k[name](a, b));
    agree(f, [a, b], [n * n], "float32", f.isCondition ? "bool" : "float32");
  }
  const unary = ["neg", "abs", "sign", "sqrt", "floor", "ceil", "trunc", "round"] as const;
  for (const name of unary) {
    const f = new Formula(name, 1, (k, [x]) => k[name](x));
    for (const dtype of ["float32", "float64"] as const) {
      agree(f, [a], [n * n], dtype, dtype);
    }
  }
});

test("constants: folded, and -0 is not 0", () => {
  const f = new Formula("folded", 1, (k, [x]) => k.mul(x, k.exp(k.log(k.add(1, 1)))));
  agree(f, [array([9])], [9], "float32", "float32");
  const zeros = new Formula("zeros", 1, (k, [x]) => k.where(k.gt(x, 0), 0, -0));
  agree(zeros, [array([9])], [9], "float32", "float32");
});

function total(x: NDArray): number {
  return [...x.values()].reduce((a, b) => a + b);
}

const pow = new Formula("pow", 2, (k, [a, b]) => k.pow(a, b));

test("pow of small integers is exact, also by way of its gradient", () => {
  const bases = Array.from({ length: 21 }, (_, i) => i - 10);
  const a = NDArray.from(bases, [21], "float32");
  const gradient = new Formula("gradient", 2, (k, [a, b]) => {
    return k.mul(b, k.pow(a, k.sub(b, 1)));
  });
  for (let b = 0; b <= 7; b++) {
    const exponents = NDArray.from(new Array(21).fill(b), [21], "float32");
    for (const exponent of [b, exponents]) {
      agree(pow, [a, exponent], [21], "float32", "float32");
      agree(gradient, [a, exponent], [21], "float32", "float32");
    }
    agree(pow, [NDArray.from(bases, [21], "float64"), b], [21], "float64", "float64");
  }
});

test("mapInto: in place, into views, and nothing beside them is touched", () => {
  const x = array([11]);
  const before = [...x.values()];
  maps.mapInto(add, [x, x], x, "float32");
  assertEquals([...x.values()], before.map((v) => Math.fround(v + v)));
  for (const dtype of ["float32", "float64", "int32", "uint8", "bool"] as const) {
    for (let length = 1; length <= 7; length++) {
      const whole = NDArray.from(new Array(40).fill(1), [4, 10], dtype);
      const middle = { start: 1, step: 1, length: 2 };
      const inside = viewSlice(whole, [middle, { start: 2, step: 1, length }]);
      maps.mapInto(identity, [0], inside, "float32");
      assertStrictEquals(total(whole), 40 - 2 * length, `${dtype} ${length}`);
      const sparse = viewSlice(whole, [middle, { start: 9, step: -1, length }]);
      maps.mapInto(identity, [0], viewPermute(sparse, [1, 0]), "float32");
      const kept = new Set([...Array(10).keys()].filter((i) => i < 2 || i >= 2 + length));
      for (let i = 0; i < length; i++) kept.delete(9 - i);
      assertStrictEquals(total(whole), 20 + 2 * kept.size);
    }
  }
});

test("mapAllInto: one operand in place, dense and strided results, every kind of tail", () => {
  const f = new Formulas(3, (k, [a, b, c]) => {
    const half = k.mul(a, c);
    return [half, k.sub(half, b), b];
  });
  const column = { start: 0, step: 1, length: 3 };
  for (const dtype of ["float32", "float64"] as const) {
    for (let n = 0; n <= 9; n++) {
      for (const step of [1, 2]) {
        const results = [reference, maps].map((k) => {
          const own = array([3, n], dtype);
          const wholes = [1, 2].map(() => NDArray.from(new Array(60).fill(7), [3, 20], dtype));
          const outs = wholes.map((x) => viewSlice(x, [column, { start: 1, step, length: n }]));
          k.mapAllInto(f, [own, array([n], dtype, 2), -0.5], [own, ...outs]);
          return [own, ...wholes].map((x) => [...x.values()]);
        });
        assertSame(results[1], results[0]);
      }
    }
  }
});

test("numbers are parameters: they round to the dtype of the arithmetic", () => {
  const x = array([5]);
  for (const n of [0.1, -3, Infinity, NaN]) agree(add, [x, n], [5], "float32", "float32");
  agree(add, [0.1, 0.2], [5], "float64", "float64");
});

test("twelve operands compute, and more still do", () => {
  for (const arity of [12, 13]) {
    const f = new Formula("total", arity, (k, xs) => {
      return xs.reduce((a, b) => k.add(a, b));
    });
    const operands = Array.from({ length: arity }, (_, i) => NDArray.from([i], [1], "float32"));
    agree(f, operands, [6], "float32", "float32");
  }
});

test("operands that the formula does not read do not matter, whatever their layout", () => {
  const second = new Formula("second", 3, (k, [, x]) => k.neg(x));
  const x = array([4, 5]);
  const turned = viewPermute(array([5, 4], "int32"), [1, 0]);
  agree(second, [turned, x, array([], "bool")], [4, 5], "float32", "float32");
  agree(second, [0, x, 1], [4, 5], "float32", "float32");
  agree(
    new Formula("other", 2, (_, [, b]) => b),
    [x, array([4, 5], "float32", 2)],
    [4, 5],
    ...[
      "float32",
      "float32",
    ] as const,
  );
});

test("a value that is used twice is computed once, and right both times", () => {
  const f = new Formula("shared", 1, (k, [x]) => {
    const e = k.exp(x);
    return k.div(k.sub(e, 1), k.add(e, 1));
  });
  const x = NDArray.from([-2, 0, 1, 3, 5], [5], "float32");
  const got = maps.map(f, [x], [5], "float32", "float32").values();
  [...x.values()].forEach((v, i) => assert(Math.abs(got[i] - Math.tanh(v / 2)) < 1e-6));
});

test("a formula whose parts are shared many times over compiles at once", () => {
  const f = new Formula("grow", 1, (k, [x]) => {
    let y = x;
    for (let i = 0; i < 60; i++) y = k.mul(k.add(y, y), k.sub(1, 0.5));
    return y;
  });
  agree(f, [array([5])], [5], "float32", "float32");
  const condition = new Formula("condition", 1, (k, [x]) => {
    let y = k.gt(x, 0);
    for (let i = 0; i < 60; i++) y = k.logicalNot(k.logicalAnd(y, y));
    return y;
  });
  agree(condition, [array([5])], [5], "float32", "bool");
});

test("mapRows: bytes to normalized floats, any order, repeated rows, no rows", () => {
  const normalize = new Formula("normalize", 3, (k, [x, mean, scale]) => {
    return k.mul(k.sub(x, mean), scale);
  });
  for (const dtype of ["uint8", "float32"] as const) {
    for (const entry of [[], [1], [3, 5], [784]]) {
      const x = array([10, ...entry], dtype);
      for (const rows of [[3, 3, 0, 9, 1], []]) {
        const picked = Int32Array.from(rows);
        const wanted = reference.mapRows(normalize, x, picked, [16, 0.25], "float32");
        const got = maps.mapRows(normalize, x, picked, [16, 0.25], "float32");
        assertSame([...got.values()], [...wanted.values()]);
        assertSame(got.shape, [rows.length, ...entry]);
      }
    }
  }
  for (const dtype of Object.keys(DTYPES) as DType[]) {
    const x = array([5, 3], dtype);
    const got = maps.mapRows(identity, x, Int32Array.of(4, 1, 4), [], dtype);
    const wanted = reference.mapRows(identity, x, Int32Array.of(4, 1, 4), [], dtype);
    assertSame([...got.values()], [...wanted.values()]);
  }
  const turned = viewPermute(array([4, 6]), [1, 0]);
  const got = maps.mapRows(identity, turned, Int32Array.of(5, 0), [], "float32");
  const wanted = reference.mapRows(identity, turned, Int32Array.of(5, 0), [], "float32");
  assertEquals([...got.values()], [...wanted.values()]);
});

test("integers have kernels of their own", () => {
  const copy = new Formula("copy", 1, (_, [x]) => x);
  const isOne = new Formula("is one", 1, (k, [x]) => k.eq(x, 1));
  const double = new Formula("double", 1, (k, [x]) => k.add(x, x));
  for (const dtype of ["int32", "uint8", "bool"] as const) {
    assertNotEquals(compiled(copy, dtype, dtype, 1), null, dtype);
    assertNotEquals(compiled(isOne, dtype, "bool", 1), null, dtype);
    assertNotEquals(compiled(double, dtype, dtype, 1), null, dtype);
  }
});

test("integers wrap, whatever was computed with them", () => {
  const most = 2 ** 31 - 1;
  const numbers = [0, 1, -1, 7, -7, 65_536, 46_341, -46_341, 123_456_789, most, -most, -most - 1];
  const pairs = numbers.flatMap((a) => numbers.map((b) => [a, b]));
  const formulas = {
    sum: new Formula("sum", 2, (k, [a, b]) => k.add(a, b)),
    difference: new Formula("difference", 2, (k, [a, b]) => k.sub(a, b)),
    product: new Formula("product", 2, (k, [a, b]) => k.mul(a, b)),
    opposite: new Formula("opposite", 2, (k, [a]) => k.neg(a)),
    size: new Formula("size", 2, (k, [a]) => k.abs(a)),
    larger: new Formula("larger", 2, (k, [a, b]) => k.maximum(a, b)),
    third: new Formula("third", 2, (k, [a]) => k.div(a, 3)),
    rest: new Formula("rest", 2, (k, [a, b]) => k.where(k.eq(b, 0), a, k.fmod(a, b))),
    chosen: new Formula("chosen", 2, (k, [a, b]) => k.where(k.lt(a, b), a, k.mul(b, 3))),
  };
  for (const dtype of ["int32", "uint8", "bool"] as const) {
    const [a, b] = [0, 1].map((i) =>
      NDArray.from(pairs.map((pair) => toElement(pair[i], dtype)), [pairs.length], dtype)
    );
    for (const [name, f] of Object.entries(formulas)) {
      const wanted = reference.map(f, [a, b], a.shape, dtype, dtype);
      const got = maps.map(f, [a, b], a.shape, dtype, dtype);
      assertSame([...got.values()], [...wanted.values()], `${name} of ${dtype}`);
      if (name !== "product" || dtype !== "int32") continue;
      assertSame([...got.values()], pairs.map(([x, y]) => Math.imul(x, y)));
    }
  }
});

test("the smaller and larger one of elements and a number, with zeros of both signs and NaN", () => {
  const edges = [NaN, -Infinity, -2, -0, 0, 1e-40, 2, Infinity];
  for (const dtype of ["float32", "float64"] as const) {
    const x = NDArray.from([...edges, ...edges, 1], [17], dtype);
    for (const name of ["minimum", "maximum"] as const) {
      for (const bound of edges) {
        const formulas = [
          new Formula(name, 2, (k, [a, b]) => k[name](a, b)),
          new Formula(name, 2, (k, [a, b]) => k[name](b, a)),
          new Formula(name, 2, (k, [a, b]) => k[name](k.neg(b), k[name](a, b))),
          new Formula(name, 2, (k, [a]) => k[name](a, bound)),
          new Formula(name, 2, (k, [a]) => k[name](bound, a)),
        ];
        for (const f of formulas) agree(f, [x, bound], [17], dtype, dtype);
      }
    }
  }
});

test("a costly side of where is right in the lanes that take it, and known nowhere else", () => {
  const x = array([23]);
  const [low, high] = [
    NDArray.from(values(23).map((v) => -Math.abs(v)), [23], "float32"),
    array([23]),
  ];
  const rules: FormulaBody[] = [
    (k, [a]) => k.where(k.gt(a, 0), a, k.expm1(a)),
    (k, [a]) => k.where(k.gt(a, 0), k.expm1(k.neg(a)), a),
    (k, [a]) => k.add(k.where(k.gt(a, 0), a, k.expm1(a)), k.expm1(a)),
    (k, [a]) => k.add(k.expm1(a), k.where(k.gt(a, 0), a, k.expm1(a))),
    (k, [a]) =>
      k.where(k.gt(a, 0), k.where(k.lt(a, 9), a, k.log(a)), k.where(k.lt(a, -9), 1, k.exp(a))),
    (k, [a]) => {
      const inner = k.where(k.gt(a, 0), 2, k.exp(a));
      return k.add(inner, k.where(k.gt(a, 3), k.log(a), k.exp(a)));
    },
  ];
  for (const rule of rules) {
    const f = new Formula("lazy", 1, rule);
    for (const operand of [x, low, high]) {
      const wanted = [...reference.map(f, [operand], [23], "float32", "float32").values()];
      const got = [...maps.map(f, [operand], [23], "float32", "float32").values()];
      got.forEach((v, i) =>
        assert(Math.abs(v - wanted[i]) <= 3e-7 * Math.abs(wanted[i]), `${v} ${wanted[i]}`)
      );
    }
  }
});
