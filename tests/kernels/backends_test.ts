/** Every backend has the settings and the random words of the contract. */

import { test } from "node:test";
import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  Generator,
  getFastMath,
  getNumThreads,
  kernelNames,
  setFastMath,
  setKernels,
  setNumThreads,
} from "../../mod.ts";
import { assertSame } from "../support/assert.ts";

const [fastest] = kernelNames();

test("settings reach all backends, whichever computes", () => {
  const before = getNumThreads();
  try {
    setKernels("reference");
    setNumThreads(1);
    setFastMath(true);
    assertEquals(getNumThreads(), 1);
    assertEquals(getFastMath(), false, "plain loops have nothing to fuse");
    setKernels(fastest);
    assertEquals(getNumThreads(), 1);
    assertStrictEquals(getFastMath(), fastest !== "reference");
  } finally {
    setKernels(fastest);
    setFastMath(false);
    setNumThreads(before);
  }
});

test("a seed gives the same numbers on every backend", () => {
  const draws = kernelNames().map((name) => {
    setKernels(name);
    const out = new Float32Array(5000);
    new Generator(7).uniform(out);
    return out;
  });
  setKernels(fastest);
  for (const draw of draws) assertSame(draw, draws[0]);
});
