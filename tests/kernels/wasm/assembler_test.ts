import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { Assembler } from "../../../src/kernels/wasm/assembler/assembler.ts";
import { compile } from "../../../src/kernels/wasm/threads/instances.ts";
import type { Code, CodeOperand, ValueType } from "../../../src/kernels/wasm/assembler/code.ts";
import * as w from "../../../src/kernels/wasm/assembler/control.ts";
import { f32, f64, i32, i64 } from "../../../src/kernels/wasm/assembler/scalars.ts";
import {
  f32x4,
  f64x2,
  i16x8,
  i32x4,
  i64x2,
  i8x16,
  v128,
} from "../../../src/kernels/wasm/assembler/vectors.ts";
import { wasmMemory } from "../../../src/storage/wasm_memory.ts";
import { assertSame } from "../../support/assert.ts";

/** Scratch memory below the addresses that the arena hands out. */
const AT = 32768;

function run<R extends ValueType>(result: R, value: Code<R>): number {
  return compile((assembler) => {
    assembler.func("f", [], result, () => [value]);
  }).f();
}

/** The four floats that `value` computes. */
function lanes(value: Code<"v128">): number[] {
  compile((assembler) => {
    assembler.func("f", [], "void", () => [v128.store(AT, value)]);
  }).f();
  return [...new Float32Array(wasmMemory.memory.buffer, AT, 4)];
}

test("constants of every size survive their encoding", () => {
  for (const x of [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 2 ** 31 - 1, -(2 ** 31)]) {
    assertStrictEquals(run("i32", i32.const(x)), x);
  }
  for (const x of [0n, -1n, 2n ** 62n, -(2n ** 63n), 64n]) {
    assertStrictEquals(run("i64", i64.const(x)) as unknown as bigint, x);
  }
  for (const x of [0, -0, 1.5, NaN, Infinity, 1e-45]) {
    assert(Object.is(run("f32", f32.const(x)), Math.fround(x)));
  }
  assertStrictEquals(run("f64", f64.const(Math.PI)), Math.PI);
});

type Scalar<T extends ValueType> = (a: CodeOperand<T>, b: CodeOperand<T>) => Code<ValueType>;

function expectScalar<T extends "i32" | "f32" | "f64">(
  table: Record<string, unknown>,
  expected: Record<string, number>,
  a: CodeOperand<T>,
  b: CodeOperand<T>,
): void {
  for (const [name, value] of Object.entries(expected)) {
    const result = (table[name] as Scalar<T>)(a, b);
    assertStrictEquals(run(result.type, result), value, name);
  }
}

test("32-bit integer instructions do what they are called", () => {
  expectScalar<"i32">(
    i32,
    {
      ...{ eq: 0, ne: 1, ltS: 1, ltU: 0, gtS: 0, gtU: 1, leS: 1, leU: 0, geS: 0, geU: 1 },
      ...{ add: -4, sub: -10, mul: -21, divU: 1431655763, remU: 0 },
      ...{ and: 1, or: -5, xor: -6, shl: -56, shrS: -1, shrU: 536870911, eqz: 0 },
    },
    -7,
    3,
  );
});

test("float instructions do what they are called", () => {
  const binary = { eq: 0, ne: 1, lt: 1, gt: 0, le: 1, ge: 0, add: -0.25, sub: -4.75, div: -10 / 9 };
  expectScalar<"f64">(f64, { ...binary, mul: -5.625 }, -2.5, 2.25);
  const single = { ...binary, mul: -5.625, div: Math.fround(-10 / 9) };
  expectScalar<"f32">(f32, single, -2.5, 2.25);
});

test("conversions between scalars", () => {
  assertStrictEquals(run("i64", i64.truncSatF64S(-2.9)) as unknown as bigint, -2n);
  assertEquals(run("i32", i32.wrapI64(i64.extendI32U(-5))), -5);
  assertEquals(run("f32", f32.convertI32S(-1)), -1);
  assertEquals(run("f64", f64.convertI32S(-1)), -1);
  assertStrictEquals(run("f64", f64.convertI32U(-1)), 2 ** 32 - 1);
  assertStrictEquals(run("f64", f64.promoteF32(f32.demoteF64(0.1))), Math.fround(0.1));
  assertStrictEquals(run("i64", i64.extendI32U(-5)) as unknown as bigint, 2n ** 32n - 5n);
});

function floats(...values: number[]): Code<"v128"> {
  return v128.const(new Uint8Array(Float32Array.from(values).buffer));
}

test("float lanes", () => {
  const a = floats(-2.5, 0.5, 3, -0);
  const b = floats(2, NaN, 3, 0);
  assertSame(lanes(f32x4.add(a, b)), [-0.5, NaN, 6, 0]);
  assertSame(lanes(f32x4.sub(a, b)), [-4.5, NaN, 0, -0]);
  assertSame(lanes(f32x4.mul(a, b)), [-5, NaN, 9, -0]);
  assertSame(lanes(f32x4.div(a, floats(2, 2, 2, 2))), [-1.25, 0.25, 1.5, -0]);
  assertSame(lanes(f32x4.min(a, b)), [-2.5, NaN, 3, -0]);
  assertSame(lanes(f32x4.max(a, b)), [2, NaN, 3, 0]);
  assertSame(lanes(f32x4.pmin(a, b)), [-2.5, 0.5, 3, -0]);
  assertSame(lanes(f32x4.pmax(a, b)), [2, 0.5, 3, -0]);
  assertSame(lanes(f32x4.abs(a)), [2.5, 0.5, 3, 0]);
  assertSame(lanes(f32x4.neg(a)), [2.5, -0.5, -3, 0]);
  assertSame(lanes(f32x4.sqrt(floats(4, 9, 0, -1))), [2, 3, 0, NaN]);
  assertSame(lanes(f32x4.ceil(a)), [-2, 1, 3, -0]);
  assertSame(lanes(f32x4.floor(a)), [-3, 0, 3, -0]);
  assertSame(lanes(f32x4.trunc(a)), [-2, 0, 3, -0]);
  assertSame(lanes(f32x4.nearest(a)), [-2, 0, 3, -0]);
  const one = floats(1, 1, 1, 1);
  const tests = { eq: [0, 0, 1, 1], ne: [1, 1, 0, 0], lt: [1, 0, 0, 0], gt: [0, 0, 0, 0] } as const;
  for (const [name, expected] of Object.entries(tests)) {
    const mask = f32x4[name as keyof typeof tests](a, b);
    assertSame(lanes(v128.and(mask, one)), [...expected], name);
  }
  assertSame(lanes(v128.bitselect(a, b, f32x4.le(a, b))), [-2.5, NaN, 3, -0]);
  assertSame(lanes(v128.bitselect(a, b, f32x4.ge(a, b))), [2, NaN, 3, -0]);
  assertEquals(run("f32", f32x4.extractLane(a, 2)), 3);
});

test("conversions between lanes", () => {
  const bytes = v128.const([0, 1, 127, 255, ...new Array(12).fill(9)]);
  const unsigned = i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(bytes));
  assertSame(lanes(f32x4.convertI32x4S(unsigned)), [0, 1, 127, 255]);
  assertEquals(lanes(f32x4.convertI32x4S(i32x4.splat(-1))), [-1, -1, -1, -1]);
  const whole = i32x4.truncSatF32x4S(floats(-2.9, NaN, 1e30, 2.5));
  assertSame(lanes(f32x4.convertI32x4S(whole)), [-2, 0, 2 ** 31, 2]);
  const wide = f64x2.promoteLowF32x4(floats(0.1, -4, 5, 6));
  assertStrictEquals(run("f64", f64x2.extractLane(wide, 0)), Math.fround(0.1));
  assertSame(lanes(f32x4.demoteF64x2Zero(f64x2.sqrt(f64x2.abs(wide)))), [
    Math.fround(Math.sqrt(Math.fround(0.1))),
    2,
    0,
    0,
  ]);
  assertEquals(run("f64", f64x2.extractLane(f64x2.convertLowI32x4S(i32x4.splat(-3)), 1)), -3);
});

test("integer lanes, shifts and shuffles", () => {
  const a = i32x4.splat(-8);
  assertEquals(run("i32", i32x4.extractLane(i32x4.shrS(a, 1), 3)), -4);
  assertEquals(run("i32", i32x4.extractLane(i32x4.shrU(a, 28), 3)), 15);
  assertEquals(run("i32", i32x4.extractLane(i32x4.shl(a, 2), 3)), -32);
  assertEquals(run("i32", i32x4.extractLane(i32x4.mul(a, i32x4.add(a, a)), 0)), 128);
  assertEquals(run("i32", i32x4.extractLane(i32x4.sub(i32x4.splat(8), a), 0)), 16);
  assertEquals(run("i32", i32x4.extractLane(i32x4.maxS(a, i32x4.splat(3)), 0)), 3);
  assertStrictEquals(run("i32", v128.anyTrue(i32x4.gtS(a, i32x4.splat(-8)))), 0);
  assertEquals(run("i32", v128.anyTrue(i32x4.gtS(a, i32x4.splat(-9)))), 1);
  assertEquals(run("i32", i8x16.extractLaneU(i8x16.sub(i8x16.splat(1), i8x16.splat(2)), 9)), 255);
  const big = i64x2.shl(i64x2.splat(i64.const(3n)), 40);
  assertStrictEquals(run("i64", i64x2.extractLane(big, 1)) as unknown as bigint, 3n << 40n);
  const [low, high] = [floats(1, 2, 3, 4), floats(5, 6, 7, 8)];
  const pick = [4, 5, 6, 7, 16, 17, 18, 19, 12, 13, 14, 15, 28, 29, 30, 31];
  assertEquals(lanes(i8x16.shuffle(low, high, pick)), [2, 5, 4, 8]);
});

test("loads and stores of every width", () => {
  const bytes = new Uint8Array(wasmMemory.memory.buffer, AT, 64);
  bytes.set([250, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  assertEquals(run("i32", i32.load8U(AT)), 250);
  assertEquals(run("i32", i32.load(AT, 3)), 0x06050403);
  assertEquals(run("i32", i32x4.extractLane(v128.load(AT, 1), 3)), 0x100f0e0d);
  assertEquals(run("i32", i32x4.extractLane(v128.load32Splat(AT, 4), 2)), 0x07060504);
  assertStrictEquals(run("i32", i32x4.extractLane(v128.load32Zero(AT, 4), 1)), 0);
  assertEquals(run("i32", i32x4.extractLane(v128.load64Splat(AT, 4), 3)), 0x0b0a0908);
  assertEquals(run("i32", i32x4.extractLane(v128.load64Zero(AT, 4), 1)), 0x0b0a0908);
  assertEquals(run("i32", i8x16.extractLaneU(v128.load8Lane(AT, i8x16.splat(0), 5, 2), 5)), 2);
  compile((assembler) => {
    assembler.func("f", ["i32"], "void", (_, at) => [
      i32.store(at, -1),
      i32.store8(at, 7, 1),
      v128.store32Lane(at, i32x4.splat(0x01020304), 2, 4),
      v128.store8Lane(at, i32x4.splat(0x01020304), 1, 8),
      w.memoryFill(i32.add(at, 9), 5, 2),
      w.memoryCopy(i32.add(at, 11), at, 2),
    ]);
  }).f(AT);
  assertEquals([...bytes.slice(0, 13)], [255, 7, 255, 255, 4, 3, 2, 1, 3, 5, 5, 255, 7]);
});

test("control flow: loops, branches out of nested blocks, choices", () => {
  const { sum, firstSquareAbove, sign, early } = compile((assembler) => {
    assembler.func("sum", ["i32"], "i32", (f, n) => {
      const [i, total] = f.locals("i32", 2);
      return [w.loopUntil(i, n, 1, [total.set(i32.add(total, i))]), total];
    });
    assembler.func("firstSquareAbove", ["i32"], "i32", (f, limit) => {
      const i = f.local("i32");
      return [
        w.block((found) => [
          w.loop((again) => [
            w.when(i32.gtS(i32.mul(i, i), limit), [w.br(found)]),
            i.set(i32.add(i, 1)),
            w.br(again),
          ]),
        ]),
        i32.mul(i, i),
      ];
    });
    assembler.func("sign", ["i32"], "i32", (f, x) => {
      const result = f.local("i32");
      return [
        w.when(i32.ltS(x, 0), [result.set(-1)], [result.set(i32.ne(x, 0))]),
        w.select(result, i32.const(9), i32.ne(x, 77)),
      ];
    });
    assembler.func("early", ["i32"], "i32", (_, x) => [
      w.when(x, [w.ret(i32.const(5))]),
      w.drop(x),
      i32.const(6),
    ]);
  });
  assertSame([sum(5), sum(1), sum(0), sum(-3)], [10, 0, 0, 0]);
  assertEquals(firstSquareAbove(50), 64);
  assertSame([sign(-4), sign(0), sign(4), sign(77)], [-1, 0, 1, 9]);
  assertEquals([early(1), early(0)], [5, 6]);
});

test("functions call each other, and only named ones are exported", () => {
  const exports = compile((assembler) => {
    const square = assembler.func(null, ["f32"], "f32", (_, x) => [f32.mul(x, x)]);
    assembler.func("sum", ["f32", "f32"], "f32", (_, x, y) => [
      f32.add(square.call(x), square.call(y)),
    ]);
  });
  assertEquals(exports.sum(3, 4), 25);
  assertEquals(Object.keys(exports), ["sum"]);
});

test("a branch to a label from outside of its block is refused", () => {
  const assembler = new Assembler();
  let escaped: Parameters<typeof w.br>[0] | undefined;
  w.block((end) => {
    escaped = end;
    return [];
  });
  assertThrows(() => assembler.func("f", [], "void", () => [w.br(escaped!)]), RangeError);
});

test("local variables of one type are one entry of a module", () => {
  const bytes = (count: number): number => {
    const assembler = new Assembler();
    assembler.procedure("run", 0, (f) => {
      f.locals("i32", count);
      return [];
    });
    return assembler.bytes().length;
  };
  assertEquals(bytes(100), bytes(2));
});
