/** Random numbers: known answers, the same bits everywhere, and independence of chunking. */

import { test } from "node:test";
import {
  assert,
  assertEquals,
  assertNotStrictEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { ValueError } from "../src/errors.ts";
import { MAX_RANDOM_BLOCKS } from "../src/kernels/kernels.ts";
import { philox4x32 } from "../src/math/philox.ts";
import { defaultGenerator, Generator, manualSeed } from "../src/random.ts";
import { assertSame } from "./support/assert.ts";

/** FNV-1a of the bytes of `array`, as hexadecimal. */
function hashOf(array: Float32Array | Float64Array | Int32Array | Uint32Array): string {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(array.buffer, array.byteOffset, array.byteLength)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(16);
}

function meanOf(array: ArrayLike<number>, power = 1): number {
  let sum = 0;
  for (let i = 0; i < array.length; i++) sum += array[i] ** power;
  return sum / array.length;
}

test("Philox gives the published answers", () => {
  const ones = 0xffffffff;
  const cases: [number[], string][] = [
    [[0, 0, 0, 0, 0, 0], "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
    [[ones, ones, ones, ones, ones, ones], "408f276d 41c83b0e a20bc7c6 6d5451fd"],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0],
      "d16cfe09 94fdcceb 5001e420 24126ea1",
    ],
  ];
  const out = new Uint32Array(4);
  for (const [[c0, c1, c2, c3, k0, k1], expected] of cases) {
    philox4x32(out, c0, c1, c2, c3, k0, k1);
    assertStrictEquals(
      [...out].map((word) => word.toString(16).padStart(8, "0")).join(" "),
      expected,
    );
  }
});

test("the first thousand draws have the same bits on every runtime", () => {
  const generator = () => new Generator(42);
  const words = Uint32Array.from({ length: 1000 }, ((g) => () => g.next())(generator()));
  const f32 = new Float32Array(1000);
  const f64 = new Float64Array(1000);
  const i32 = new Int32Array(1000);
  const hashes: Record<string, string> = { next: hashOf(words) };
  generator().uniform(f32);
  hashes.uniform32 = hashOf(f32);
  generator().uniform(f64);
  hashes.uniform64 = hashOf(f64);
  generator().normal(f32);
  hashes.normal32 = hashOf(f32);
  generator().normal(f64);
  hashes.normal64 = hashOf(f64);
  generator().integers(i32, -5, 1000);
  hashes.integers = hashOf(i32);
  hashes.permutation = hashOf(generator().permutation(1000));
  assertEquals(hashes, {
    "next": "1f94d3d5",
    "uniform32": "b0313c40",
    "uniform64": "ad10e609",
    "normal32": "6a29313c",
    "normal64": "285183e0",
    "integers": "46a63d93",
    "permutation": "21b87c51",
  });
});

test("uniform numbers fill [0, 1) evenly", () => {
  for (const out of [new Float32Array(100_000), new Float64Array(100_000)]) {
    new Generator(1).uniform(out);
    assert(out.every((x) => x >= 0 && x < 1));
    assert(Math.abs(meanOf(out) - 1 / 2) < 0.004);
    assert(Math.abs(meanOf(out, 2) - 1 / 3) < 0.004);
    const tenths = new Array(10).fill(0);
    for (const x of out) tenths[Math.floor(x * 10)]++;
    // The square root of the count's variance is 95.
    assert(tenths.every((count) => Math.abs(count - 10_000) < 450), `${tenths}`);
  }
});

test("uniform numbers are whole multiples of 2^-24 in float32 and of 2^-53 in float64", () => {
  const f32 = new Float32Array(1000);
  const f64 = new Float64Array(1000);
  new Generator(2).uniform(f32);
  new Generator(2).uniform(f64);
  assert(f32.every((x) => Number.isInteger(x * 2 ** 24)));
  assert(f64.every((x) => Number.isInteger(x * 2 ** 53)));
  assert(f64.some((x) => !Number.isInteger(x * 2 ** 52)));
});

test("normal numbers have the moments of the normal distribution", () => {
  for (const out of [new Float32Array(200_000), new Float64Array(200_000)]) {
    new Generator(3).normal(out);
    assert(Math.abs(meanOf(out)) < 0.01);
    assert(Math.abs(meanOf(out, 2) - 1) < 0.015);
    assert(Math.abs(meanOf(out, 3)) < 0.04);
    assert(Math.abs(meanOf(out, 4) - 3) < 0.12);
    let product = 0;
    for (let i = 0; i < out.length; i += 2) product += out[i] * out[i + 1];
    assert(Math.abs(product / (out.length / 2)) < 0.015, "the two of a pair are uncorrelated");
  }
});

test("integers are even over their range, the widest included", () => {
  const out = new Int32Array(60_000);
  new Generator(4).integers(out, -2, 4);
  const counts = new Map<number, number>();
  for (const x of out) counts.set(x, (counts.get(x) ?? 0) + 1);
  assertSame([...counts.keys()].sort((a, b) => a - b), [-2, -1, 0, 1, 2, 3]);
  for (const count of counts.values()) assert(Math.abs(count - 10_000) < 450);

  new Generator(4).integers(out, -(2 ** 31), 2 ** 31);
  assert(Math.abs(meanOf(out)) < 3e7);
  assert(Math.min(...out) < -2.14e9 && Math.max(...out) > 2.14e9);
  new Generator(4).integers(out, 7, 8);
  assert(out.every((x) => x === 7));
});

test("integers are the upper word of an exact 64-bit product", () => {
  const words = new Uint32Array(4);
  const out = new Int32Array(2);
  for (let offset = 0; offset < 500; offset++) {
    philox4x32(words, offset, 0, 0, 0, 9, 0);
    const range = 1 + (Math.imul(offset, 0x9e3779b1) >>> 1);
    new Generator(9).setState({ seed: 9, offset }).integers(out, 0, range);
    for (const i of [0, 1]) {
      const bits = (BigInt(words[2 * i + 1]) << 32n) + BigInt(words[2 * i]);
      assertStrictEquals(out[i], Number((bits * BigInt(range)) >> 64n));
    }
  }
});

test("a permutation holds every number once, and every order is as likely", () => {
  for (const n of [0, 1, 2, 3, 1000]) {
    const sorted = new Generator(5).permutation(n).sort();
    assertSame(sorted, Int32Array.from({ length: n }, (_, i) => i));
  }
  const generator = new Generator(6);
  const orders = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = generator.permutation(4).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assertEquals(orders.size, 24);
  for (const count of orders.values()) assert(Math.abs(count - 1000) < 150, `${count}`);
});

test("a fill advances the offset by the blocks it needs", () => {
  const generator = new Generator(7);
  const advance = (draw: () => void): number => {
    const before = generator.getState().offset;
    draw();
    return generator.getState().offset - before;
  };
  assertEquals(advance(() => generator.next()), 1);
  assertStrictEquals(advance(() => generator.uniform(new Float32Array(0))), 0);
  assertEquals(advance(() => generator.uniform(new Float32Array(4))), 1);
  assertEquals(advance(() => generator.uniform(new Float32Array(5))), 2);
  assertEquals(advance(() => generator.uniform(new Float64Array(5))), 3);
  assertEquals(advance(() => generator.normal(new Float32Array(5))), 3);
  assertEquals(advance(() => generator.integers(new Int32Array(5), 0, 9)), 3);
  assertEquals(advance(() => generator.permutation(5)), 2);
});

test("an element depends on seed, offset and position alone, however the fill is cut", () => {
  const fills: ((g: Generator, out: Float64Array) => void)[] = [
    (g, out) => g.uniform(out),
    (g, out) => g.normal(out),
    (g, out) => {
      const ints = new Int32Array(out.length);
      g.integers(ints, 0, 1000);
      out.set(ints);
    },
  ];
  for (const fill of fills) {
    const whole = new Float64Array(1001);
    fill(new Generator(8), whole);
    const parts = new Float64Array(1001);
    // Out of order, each by a generator of its own; cuts fall on block boundaries.
    for (const [start, end] of [[600, 1001], [0, 2], [2, 600]]) {
      const generator = new Generator().setState({ seed: 8, offset: start / 2 });
      fill(generator, parts.subarray(start, end));
    }
    assertSame(parts, whole);
    const shorter = new Float64Array(333);
    fill(new Generator(8), shorter);
    assertSame(shorter, whole.slice(0, 333));
  }
});

test("a saved state brings the same numbers back", () => {
  const generator = new Generator(2 ** 40 + 3);
  generator.normal(new Float32Array(9));
  const state = generator.getState();
  assertEquals(state, { seed: 2 ** 40 + 3, offset: 5 });
  const first = new Float64Array(20);
  const again = new Float64Array(20);
  generator.uniform(first);
  generator.setState(state).uniform(again);
  assertEquals(again, first);
});

test("all 53 bits of a seed and of an offset count", () => {
  const draw = (seed: number, offset: number) => new Generator().setState({ seed, offset }).next();
  const draws = [
    draw(0, 0),
    draw(1, 0),
    draw(2 ** 32, 0),
    draw(2 ** 52, 0),
    draw(2 ** 31, 0),
    draw(0, 2 ** 31),
    draw(0, 2 ** 32),
    draw(0, 2 ** 52),
  ];
  assertStrictEquals(new Set(draws).size, draws.length);
});

test("the default generator obeys manualSeed", () => {
  assertStrictEquals(manualSeed(11), defaultGenerator);
  assertEquals(defaultGenerator.initialSeed, 11);
  const first = defaultGenerator.next();
  assertNotStrictEquals(defaultGenerator.next(), first);
  assertStrictEquals(manualSeed(11).next(), first);
  assertStrictEquals(new Generator(11).next(), first);
});

test("generators without a seed differ, and can be replayed", () => {
  const generator = new Generator();
  assertNotStrictEquals(generator.initialSeed, new Generator().initialSeed);
  const first = generator.next();
  assertStrictEquals(new Generator(generator.initialSeed).next(), first);
});

test("bad seeds and states are refused and change nothing", () => {
  const generator = new Generator(12);
  generator.next();
  const state = generator.getState();
  for (const bad of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => new Generator(bad), ValueError);
    assertThrows(() => generator.manualSeed(bad), ValueError);
    assertThrows(() => generator.setState({ seed: bad, offset: 0 }), ValueError);
    assertThrows(() => generator.setState({ seed: 1, offset: bad }), ValueError);
  }
  // As a damaged checkpoint may hold them.
  for (const bad of [null, undefined, 7, {}, { seed: { toString: 1 }, offset: 0 }] as never[]) {
    assertThrows(() => generator.setState(bad), ValueError);
  }
  assertEquals(generator.getState(), state);
  assertThrows(
    () => manualSeed(-1),
    Error,
    "Cannot seed a generator with -1: use a whole number from 0 to 2^53 - 1",
  );
});

test("bad bounds and sizes are refused, and neither the array nor the stream moves", () => {
  const generator = new Generator(13);
  const out = new Int32Array([7, 7]);
  for (
    const [low, high] of [[0, 0], [3, 2], [0, 1.5], [NaN, 3], [0, 2 ** 31 + 1], [-(2 ** 31) - 1, 0]]
  ) {
    assertThrows(() => generator.integers(out, low, high), ValueError);
  }
  for (const n of [-1, 2.5, NaN, 2 ** 31]) {
    assertThrows(() => generator.permutation(n), ValueError);
  }
  assertEquals([...out], [7, 7]);
  assertStrictEquals(generator.getState().offset, 0);
});

test("the end of the stream is an error, not a repetition", () => {
  const end = { seed: 14, offset: Number.MAX_SAFE_INTEGER - 1 };
  const generator = new Generator().setState(end);
  const out = new Float64Array([5, 5, 5, 5]);
  assertThrows(() => generator.uniform(out), ValueError);
  assertEquals([...out], [5, 5, 5, 5]);
  assertEquals(generator.getState(), end);
});

test("fills longer than the blocks drawn at once go on where the last ones ended", () => {
  const count = 4 * MAX_RANDOM_BLOCKS + 5;
  const long = new Float32Array(count);
  new Generator(3).uniform(long);
  const generator = new Generator(3);
  const [head, tail] = [new Float32Array(4 * MAX_RANDOM_BLOCKS), new Float32Array(5)];
  generator.uniform(head);
  generator.uniform(tail);
  assertEquals([...long], [...head, ...tail]);
  const whole = new Float64Array(2 * MAX_RANDOM_BLOCKS + 3);
  new Generator(3).normal(whole);
  const [front, rest] = [new Float64Array(2 * MAX_RANDOM_BLOCKS), new Float64Array(3)];
  generator.manualSeed(3).normal(front);
  generator.normal(rest);
  assertEquals([...whole], [...front, ...rest]);
  const rolls = new Int32Array(2 * MAX_RANDOM_BLOCKS + 3);
  new Generator(3).integers(rolls, 0, 100);
  const [early, late] = [new Int32Array(2 * MAX_RANDOM_BLOCKS), new Int32Array(3)];
  generator.manualSeed(3).integers(early, 0, 100);
  generator.integers(late, 0, 100);
  assertSame([...rolls], [...early, ...late]);
  const order = new Generator(3).permutation(count);
  assertSame(order.toSorted(), Int32Array.from({ length: count }, (_, i) => i));
});
