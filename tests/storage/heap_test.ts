import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { classBytes, Heap, RESERVED, sizeClass } from "../../src/storage/heap.ts";

/** A heap over `bytes` bytes of address space. */
function heapOf(bytes: number): { heap: Heap; reached: () => number } {
  let reached = RESERVED;
  const heap = new Heap((end) => {
    if (end > RESERVED + bytes) return false;
    reached = Math.max(reached, end);
    return true;
  });
  return { heap, reached: () => reached };
}

test("a block holds what was asked for, and at most an eighth more", () => {
  let last = 0;
  for (let bytes = 1; bytes < 2 ** 32; bytes = Math.ceil(bytes * 1.01) + 1) {
    const index = sizeClass(bytes);
    const block = classBytes(index);
    assert(block >= bytes, `${bytes} in ${block}`);
    assert(block <= Math.max(bytes + 63, bytes * 1.125), `${bytes} in ${block}`);
    assertStrictEquals(sizeClass(block), index, `${block} is a class of its own`);
    assert(index >= last);
    last = index;
  }
});

test("classes are dense: each boundary is met exactly, and sizes rise", () => {
  for (let index = 1; index < 200; index++) {
    const block = classBytes(index);
    assertStrictEquals(sizeClass(block), index);
    assertStrictEquals(sizeClass(block + 1), index + 1);
    assertStrictEquals(block % 64, 0);
  }
});

test("blocks never overlap, are aligned, and stay above the reserved addresses", () => {
  const { heap } = heapOf(2 ** 26);
  const live = new Map<number, number>();
  let seed = 7;
  const random = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  for (let round = 0; round < 5000; round++) {
    if (live.size > 0 && random(100) < 48) {
      const [address, index] = [...live][random(live.size)];
      live.delete(address);
      heap.give(address, index);
      continue;
    }
    const index = sizeClass(1 + random(2 ** (4 + random(16))));
    const address = heap.take(index);
    assert(address >= RESERVED && address % 64 === 0);
    live.set(address, index);
  }
  const blocks = [...live].sort(([a], [b]) => a - b);
  blocks.forEach(([address, index], i) => {
    const next = blocks[i + 1]?.[0] ?? Infinity;
    assert(address + classBytes(index) <= next, "blocks overlap");
  });
});

test("the block that was freed last is handed out first", () => {
  const { heap } = heapOf(2 ** 20);
  const [a, b] = [heap.take(5), heap.take(5)];
  heap.give(a, 5);
  heap.give(b, 5);
  assertStrictEquals(heap.take(5), b);
  assertStrictEquals(heap.take(5), a);
});

test("free neighbours of other classes merge when there is no room otherwise", () => {
  const size = 2 ** 16;
  const { heap } = heapOf(8 * size);
  const small = Array.from({ length: 8 }, () => heap.take(sizeClass(size)));
  assert(small.every((address) => address >= 0));
  assertEquals(heap.take(sizeClass(size)), -1);
  for (const address of small) heap.give(address, sizeClass(size));
  const whole = heap.take(sizeClass(8 * size));
  assertStrictEquals(whole, RESERVED);
  heap.give(whole, sizeClass(8 * size));
  assert(heap.take(sizeClass(size)) >= 0);
});

test("what does not fit is refused, and the heap goes on", () => {
  const { heap } = heapOf(2 ** 16);
  assertEquals(heap.take(sizeClass(2 ** 17)), -1);
  const rest = heap.take(sizeClass(2 ** 16));
  assertStrictEquals(rest, RESERVED);
  assertEquals(heap.take(1), -1);
  heap.give(rest, sizeClass(2 ** 16));
  assertStrictEquals(heap.take(1), RESERVED);
});

test("a loop over changing sizes stays within a multiple of what it holds at once", () => {
  const { heap, reached } = heapOf(2 ** 31);
  for (let round = 0; round < 3000; round++) {
    const index = sizeClass(50_000 + (round * 7919) % 200_000);
    const [a, b] = [heap.take(index), heap.take(index + 3)];
    heap.give(a, index);
    heap.give(b, index + 3);
  }
  assert(reached() - RESERVED < 8 * 2 ** 20, `${reached()}`);
});
