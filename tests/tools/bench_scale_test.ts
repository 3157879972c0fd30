/** The model of a step on many ranks finds the constants that measurements were made with. */

import { test } from "node:test";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { fitNetwork, fitOverlap, type Network, predict } from "../../bench/scale_model.ts";
import type { Measurement } from "../../bench/scale_rank.ts";

const network: Network = { latency: 0.05, perByte: 1e-5, addPerByte: 1e-6, call: 0.125 };
const step = { step: 20, backward: 12 };
const buckets = [100_000, 400_000, 200_000];

/** Returns what ranks would measure in a network whose overlap is `overlap`. */
function measurement(ranks: number, overlap: number): Measurement {
  const exchanges = [4096, 65_536, 1_048_576].map((bytes) => {
    const added = bytes * network.addPerByte;
    const moved = 2 * (ranks - 1) * (network.latency + bytes / ranks * network.perByte);
    return { bytes, added, total: moved + added };
  });
  const { total } = predict({ step, buckets }, ranks, network, overlap);
  return {
    ...{ ranks, batch: 64, buckets, exchanges, call: network.call, trace: [] },
    ...{ alone: step, together: step, averaged: { step: total, backward: 0 } },
  };
}

test("a step is what it computes, and what is exchanged but not hidden", () => {
  // Two ranks send half of the bytes twice: 2·(0.05 + 0.5) + 0.1, 2·(0.05 + 2) + 0.4, 2·(0.05 + 1) + 0.2.
  const { total, compute, exchange, hidden } = predict({ step, buckets }, 2, network, 0.5);
  assertAlmostEquals(exchange, 1.2 + 4.5 + 2.3 + 2 * 0.125, 1e-12);
  // The last bucket cannot be hidden.
  assertAlmostEquals(hidden, 0.5 * (1.2 + 4.5), 1e-12);
  assertEquals([compute, total], [20, 20 + exchange - hidden]);
});

test("no more can be hidden than backward() takes", () => {
  const slow = { ...network, perByte: 1 };
  assertEquals(predict({ step, buckets }, 2, slow, 1).hidden, step.backward);
});

test("one rank exchanges nothing, and ranks share processors", () => {
  assertEquals(predict({ step, buckets }, 1, network, 0).total, 20);
  assertEquals(predict({ step, buckets }, 4, network, 0, 2).compute, 40);
  assertEquals(predict({ step, buckets }, 2, network, 0, 4).compute, 20);
});

for (const ranks of [2, 4]) {
  test(`constants are found in measurements on ${ranks} ranks`, () => {
    for (const overlap of [0, 0.25, 1]) {
      const measured = measurement(ranks, overlap);
      const slow = measured.exchanges.map((each) => ({ ...each, total: 2 * each.total }));
      const found = fitNetwork([{ ...measured, exchanges: slow }, measured]);
      for (const key of ["latency", "perByte", "addPerByte", "call"] as const) {
        assertAlmostEquals(found[key] / network[key], 1, 1e-9, key);
      }
      assertAlmostEquals(fitOverlap(measured, found), overlap, 1e-9);
    }
  });
}

test("with one bucket there is no overlap to find", () => {
  const measured = { ...measurement(2, 0), buckets: [400_000] };
  assert(fitOverlap(measured, network) === 0);
});
