/**
 * Loops over a fresh arena, for `sweep_test.ts`: where other tests have been, strides have grown.
 *
 * @module
 */

import { arena } from "../../src/storage/arena.ts";
import type { Storage } from "../../src/storage/storage.ts";

const BLOCK = 2 ** 18;

function make(): Storage {
  arena.begin();
  return arena.allocate(BLOCK);
}

function use(storages: readonly Storage[]): void {
  arena.begin();
  for (const storage of storages) arena.touch(storage);
}

// Some live tensors that are seldom looked at, while a loop leaves others behind.
const alive = Array.from({ length: 8 }, make);
const rounds: { peak: number; restores: number }[] = [];
for (let round = 0; round < 5; round++) {
  for (let i = 0; i < 200; i++) make();
  use(alive);
  const { peak, restores } = arena.stats();
  rounds.push({ peak, restores });
}
console.log(JSON.stringify(rounds));
