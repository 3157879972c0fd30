import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import assert from "node:assert/strict";
import { GradientError, isGradEnabled, noGrad, setGradEnabled, tensor } from "../../mod.ts";

const x = tensor([1, 2], { requiresGrad: true });

test("noGrad around a callback records nothing and returns its value", () => {
  const y = noGrad(() => {
    assert.equal(isGradEnabled(), false);
    return x.mul(2);
  });
  assert.equal(y.requiresGrad, false);
  assert.equal(y.isLeaf, true);
  assert.equal(isGradEnabled(), true);
});

test("noGrad lasts until the block ends", () => {
  {
    using _ = noGrad();
    assert.equal(x.mul(2).requiresGrad, false);
  }
  assert.equal(x.mul(2).requiresGrad, true);
});

test("modes nest, and each restores the one before", () => {
  noGrad(() => {
    {
      using _ = setGradEnabled(true);
      assert.equal(x.mul(2).requiresGrad, true);
      noGrad(() => assert.equal(isGradEnabled(), false));
      assert.equal(isGradEnabled(), true);
    }
    assert.equal(isGradEnabled(), false);
  });
  assert.equal(isGradEnabled(), true);
});

test("the mode is restored after a throw", () => {
  assert.throws(() => noGrad(() => assert.fail("stop")), /stop/);
  assert.equal(isGradEnabled(), true);
  assert.throws(() => {
    using _ = noGrad();
    assert.fail("stop");
  }, /stop/);
  assert.equal(isGradEnabled(), true);
  const broken = tensor([1], { requiresGrad: true });
  broken.registerHook(() => assert.fail("stop"));
  assert.throws(() => broken.mul(2).sum().backward(), /stop/);
  assert.equal(isGradEnabled(), true);
});

test("backward inside noGrad runs through a graph that was recorded outside", () => {
  const leaf = tensor([1, 2], { requiresGrad: true });
  const y = leaf.square().sum();
  noGrad(() => y.backward());
  assert.deepEqual(leaf.grad!.toArray(), [2, 4]);
});

test("gradients flow through the recorded part of a result alone", () => {
  const leaf = tensor([1, 2], { requiresGrad: true });
  const factor = noGrad(() => leaf.mul(10));
  leaf.mul(factor).sum().backward();
  assert.deepEqual(leaf.grad!.toArray(), [10, 20]);
});

test("blocks that overlap may end in any order", async () => {
  const ends: boolean[] = [];
  async function evaluate(steps: number): Promise<void> {
    using _ = noGrad();
    for (let i = 0; i < steps; i++) await Promise.resolve();
    ends.push(isGradEnabled());
  }
  await Promise.all([evaluate(1), evaluate(4), evaluate(2)]);
  assert.deepEqual(ends, [false, false, false]);
  assert.equal(isGradEnabled(), true);
  const outer = noGrad();
  const inner = setGradEnabled(true);
  outer[Symbol.dispose]();
  assert.equal(isGradEnabled(), true);
  inner[Symbol.dispose]();
  inner[Symbol.dispose]();
  assert.equal(isGradEnabled(), true);
});

test("noGrad refuses a function that awaits, whether its promise resolves or rejects", async () => {
  const message = /^Cannot use noGrad\(\) with a function that returns a promise: /;
  for (
    const body of [async () => await Promise.resolve(1), () => Promise.reject(new Error("no"))]
  ) {
    assert.throws(() => void noGrad(body), (error) => {
      assert.ok(error instanceof GradientError);
      assert.match(error.message, message);
      return true;
    });
    assert.equal(isGradEnabled(), true);
  }
  await Promise.resolve();
});

test("the library declares nothing with using, which Node 22 and some browsers cannot parse", () => {
  const root = new URL("../../", import.meta.url);
  const files = ["src/", "vision/"].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts")).map((path) => folder + path)
  );
  assert.ok(files.length > 200);
  const declares = (path: string) =>
    /^ *(await )?using \w+ =/m.test(readFileSync(new URL(path, root), "utf8"));
  assert.deepEqual(files.filter(declares), []);
});
