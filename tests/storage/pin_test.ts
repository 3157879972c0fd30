import { test } from "node:test";
import { assertEquals, assertNotEquals } from "@std/assert";
import { memory, ones, zeros } from "../../mod.ts";
import { arena } from "../../src/storage/arena.ts";

test("pinned memory stays where it is while other tensors are spilled, and is spilled after that", () => {
  const { limit } = memory.stats();
  const [pinned, other] = [ones([1000]).retain(), ones([1000]).retain()];
  const [{ storage }, { storage: usual }] = [pinned.array, other.array];
  arena.pin(storage);
  const address = storage.ptr;
  try {
    memory.setLimit(memory.stats().resident + 8192);
    for (let i = 0; i < 5; i++) zeros([1000]).retain().add(pinned);
    assertEquals([storage.ptr, storage.spilled], [address, null]);
    assertNotEquals(usual.spilled, null);
    arena.unpin(storage);
    for (let i = 0; i < 5; i++) zeros([1000]).retain();
    assertNotEquals(storage.spilled, null);
    assertEquals(pinned.sum().item(), 1000);
  } finally {
    memory.setLimit(limit);
  }
});
