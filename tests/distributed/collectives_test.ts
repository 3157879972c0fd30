/**
 * Ranks exchange tensors, with each MPI of this machine; see `tests/support/mpi.ts`.
 *
 * @module
 */

import { test } from "node:test";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Host, hosts, launchers, REQUIRED, resultOf, runRanks } from "../support/mpi.ts";
import { RUNTIME } from "../support/runtime.ts";

// Node cannot call libraries at all.
const skip = RUNTIME === "node";
const own = RUNTIME as Host;
const COLLECTIVES = "tests/distributed/programs/collectives.ts";
const FAULTS = "tests/distributed/programs/faults.ts";

const found = launchers.map(({ name }) => name);
test(`ranks are tested with ${found.join(" and ") || "no MPI: none is here"}`, { skip }, () => {
  for (const name of REQUIRED) assert(found.some((each) => each === name), `${name} is missing`);
  if (REQUIRED.length > 0) assertEquals(hosts, ["deno", "bun"]);
});

test("a program that was started alone is one rank", { skip }, async () => {
  const { size } = await resultOf<{ size: number }>(null, [own], COLLECTIVES);
  assertEquals(size, 1);
});

/** Digests of sums over two and three ranks, which depend on their order and on nothing else. */
const DIGESTS: Readonly<Record<number, string>> = { 2: "cdf9102593f83b5d", 3: "8e62360e079d1589" };

for (const launcher of launchers) {
  const { name } = launcher;
  const ranks = (count: number): Host[] => new Array<Host>(count).fill(own);

  for (const size of [2, 3]) {
    test(`${name}: ${size} ranks exchange tensors of all kinds`, { skip }, async () => {
      const result = await resultOf(launcher, ranks(size), COLLECTIVES);
      assertEquals(result, { size, digest: DIGESTS[size] });
    });
  }

  if (hosts.length > 1) {
    test(`${name}: ranks on different runtimes give the same bits`, { skip }, async () => {
      const result = await resultOf(launcher, hosts, COLLECTIVES);
      assertEquals(result, { size: 2, digest: DIGESTS[2] });
    });
  }

  test(`${name}: a library that cannot be used is named`, { skip }, async () => {
    const missing = await runRanks(launcher, ranks(2), FAULTS, ["library", "libnothing.so.7"]);
    assert(missing.code !== 0);
    assertMatch(missing.err, /Cannot join the ranks of mpirun of .*libnothing\.so\.7/);
    const foreign = await runRanks(launcher, ranks(2), FAULTS, ["library", "libm.so.6"]);
    assertMatch(foreign.err, /libm\.so\.6 is not MPI of version 3 or later/);
    const other = launchers.find((each) => each !== launcher);
    if (other === undefined) return;
    const path = other.name === "MPICH" ? "libmpich.so.12" : "libmpi.so.40";
    const wrong = await runRanks(launcher, ranks(2), FAULTS, ["library", path]);
    assert(wrong.code !== 0);
    assertMatch(wrong.err, new RegExp(`takes ${name}.*${path} is ${other.name}`));
  });
}
