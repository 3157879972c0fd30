/**
 * Training on ranks gives the bits of one process, with each MPI of this machine.
 *
 * @module
 */

import { test } from "node:test";
import { assertEquals, assertMatch } from "@std/assert";
import { type Host, hosts, launchers, resultOf, runRanks } from "../support/mpi.ts";
import { RUNTIME } from "../support/runtime.ts";

const skip = RUNTIME === "node" || launchers.length === 0;
const own = RUNTIME as Host;
const TRAINING = "tests/distributed/programs/training.ts";
const SHARING = "tests/distributed/programs/sharing.ts";
const DATA_PARALLEL = "tests/distributed/programs/data_parallel.ts";

/** The runtimes of `count` ranks: this one and others in turns. */
function mixed(count: number): Host[] {
  return Array.from({ length: count }, (_, i) => hosts[i % hosts.length]);
}

for (const model of ["mlp", "dropout", "cnn", "wide"]) {
  const names = launchers.map(({ name }) => name).join(" and ") || "no MPI is here";
  test(`${model}: 1 × 4, 2 × 2 and 4 × 1 micro-batches give the same weights (${names})`, {
    skip,
  }, async () => {
    const expected = await resultOf<string>(null, [own], TRAINING, [model]);
    // Random numbers of dropout follow the micro-batch; elsewhere nothing tells ranks from none.
    const plain = await resultOf<string>(null, [own], TRAINING, [model, "plain"]);
    assertEquals(plain === expected, model !== "dropout");
    for (const launcher of launchers) {
      for (const runtimes of [[own, own], mixed(4)]) {
        const digest = await resultOf(launcher, runtimes, TRAINING, [model]);
        assertEquals(digest, expected, `${launcher.name}, ${runtimes}`);
      }
    }
  });
}

for (const launcher of launchers) {
  const { name } = launcher;

  test(`${name}: three ranks give the weights of gradients that are added up and divided by 3`, {
    skip,
  }, async () => {
    const expected = await resultOf(null, [own], TRAINING, ["mlp", "plain", "3"]);
    assertEquals(await resultOf(launcher, mixed(3), TRAINING, ["mlp", "ranks", "3"]), expected);
  });

  test(`${name}: parameters that some ranks do not use, noSync(), and mistakes`, {
    skip,
  }, async () => {
    assertEquals(await resultOf(launcher, [own, own], DATA_PARALLEL), "done");
  });

  test(`${name}: samples, metrics and optimizer state are divided among ranks`, {
    skip,
  }, async () => {
    assertEquals(await resultOf(launcher, mixed(3), SHARING), "done");
  });
}

test("samples, metrics and optimizer state of one rank are all there is", {
  skip: RUNTIME === "node",
}, async () => {
  assertEquals(await resultOf(null, [own], SHARING), "done");
});

test("the example prints on rank 0 alone, and learns on ranks as on one process", {
  skip,
}, async () => {
  const args = ["--dataset", "sample", "--epochs", "1", "--batch-size", "250"];
  const lines: string[] = [];
  for (const [launcher, runtimes] of [[null, [own]], [launchers[0], mixed(2)]] as const) {
    const { code, out, err } = await runRanks(
      launcher,
      runtimes,
      "examples/distributed_mnist.ts",
      args,
    );
    assertEquals(code, 0, err);
    // Sums of losses have another order.
    lines.push(out.replace(/[\d.]+ s\n/, "").replaceAll(/(\.\d\d)\d+/g, "$1"));
  }
  assertMatch(
    lines[0],
    /^epoch 1\/1 {2}loss \d\.\d\d {2}accuracy \d\.\d\d {2}test accuracy: \d\.\d\d\n$/,
  );
  assertEquals(lines[1], lines[0]);
});
