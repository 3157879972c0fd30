import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { assert, assertEquals, assertThrows, fail } from "@std/assert";
import { GradientError, isGradEnabled, noGrad, setGradEnabled, tensor } from "../../mod.ts";
import { assertThrowsMessage } from "../support/assert.ts";

const x = tensor([1, 2], { requiresGrad: true });

test("noGrad around a callback records nothing and returns its value", () => {
  const y = noGrad(() => {
    assertEquals(isGradEnabled(), false);
    return x.mul(2);
  });
  assertEquals(y.requiresGrad, false);
  assertEquals(y.isLeaf, true);
  assertEquals(isGradEnabled(), true);
});

test("noGrad lasts until the block ends", () => {
  {
    using _ = noGrad();
    assertEquals(x.mul(2).requiresGrad, false);
  }
  assertEquals(x.mul(2).requiresGrad, true);
});

test("modes nest, and each restores the one before", () => {
  noGrad(() => {
    {
      using _ = setGradEnabled(true);
      assertEquals(x.mul(2).requiresGrad, true);
      noGrad(() => assertEquals(isGradEnabled(), false));
      assertEquals(isGradEnabled(), true);
    }
    assertEquals(isGradEnabled(), false);
  });
  assertEquals(isGradEnabled(), true);
});

test("the mode is restored after a throw", () => {
  assertThrows(() => noGrad(() => fail("stop")), Error, "stop");
  assertEquals(isGradEnabled(), true);
  assertThrows(
    () => {
      using _ = noGrad();
      fail("stop");
    },
    Error,
    "stop",
  );
  assertEquals(isGradEnabled(), true);
  const broken = tensor([1], { requiresGrad: true });
  broken.registerHook(() => fail("stop"));
  assertThrows(() => broken.mul(2).sum().backward(), Error, "stop");
  assertEquals(isGradEnabled(), true);
});

test("backward inside noGrad runs through a graph that was recorded outside", () => {
  const leaf = tensor([1, 2], { requiresGrad: true });
  const y = leaf.square().sum();
  noGrad(() => y.backward());
  assertEquals(leaf.grad!.toArray(), [2, 4]);
});

test("gradients flow through the recorded part of a result alone", () => {
  const leaf = tensor([1, 2], { requiresGrad: true });
  const factor = noGrad(() => leaf.mul(10));
  leaf.mul(factor).sum().backward();
  assertEquals(leaf.grad!.toArray(), [10, 20]);
});

test("blocks that overlap may end in any order", async () => {
  const ends: boolean[] = [];
  async function evaluate(steps: number): Promise<void> {
    using _ = noGrad();
    for (let i = 0; i < steps; i++) await Promise.resolve();
    ends.push(isGradEnabled());
  }
  await Promise.all([evaluate(1), evaluate(4), evaluate(2)]);
  assertEquals(ends, [false, false, false]);
  assertEquals(isGradEnabled(), true);
  const outer = noGrad();
  const inner = setGradEnabled(true);
  outer[Symbol.dispose]();
  assertEquals(isGradEnabled(), true);
  inner[Symbol.dispose]();
  assertEquals(isGradEnabled(), true);
  const last = noGrad();
  inner[Symbol.dispose]();
  assertEquals(isGradEnabled(), false);
  last[Symbol.dispose]();
  assertEquals(isGradEnabled(), true);
});

test("noGrad refuses a function that awaits, whether its promise resolves or rejects", async () => {
  const message = /^Cannot use noGrad\(\) with a function that returns a promise: /;
  const bodies: readonly (() => unknown)[] = [
    async () => await Promise.resolve(1),
    () => Promise.reject(new Error("no")),
    () => [1, Promise.resolve(2)],
    () => ({ later: Promise.resolve(1) }),
  ];
  for (const body of bodies) {
    assertThrowsMessage(() => void noGrad(body), GradientError, message);
    assertEquals(isGradEnabled(), true);
  }
  await Promise.resolve();
});

test("the library declares nothing with using, which Node 22 and some browsers cannot parse", () => {
  const root = new URL("../../", import.meta.url);
  const files = ["src/", "vision/"].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts")).map((path) => folder + path)
  );
  assert(files.length > 200);
  const declares = (path: string) =>
    /^ *(await )?using \w+ =/m.test(readFileSync(new URL(path, root), "utf8"));
  assertEquals(files.filter(declares), []);
});
