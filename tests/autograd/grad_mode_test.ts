import { test } from "node:test";
import assert from "node:assert/strict";
import { isGradEnabled, noGrad, setGradEnabled, tensor } from "../../mod.ts";

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

test("noGrad for the rest of a block", () => {
  {
    using _ = noGrad();
    assert.equal(x.mul(2).requiresGrad, false);
  }
  assert.equal(x.mul(2).requiresGrad, true);
});

test("modes nest, each restoring what it found", () => {
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

test("backward inside noGrad walks a graph that was recorded outside", () => {
  const leaf = tensor([1, 2], { requiresGrad: true });
  const y = leaf.square().sum();
  noGrad(() => y.backward());
  assert.deepEqual(leaf.grad!.toArray(), [2, 4]);
});

test("a result of a recorded and an unrecorded part passes gradients through the first", () => {
  const leaf = tensor([1, 2], { requiresGrad: true });
  const factor = noGrad(() => leaf.mul(10));
  leaf.mul(factor).sum().backward();
  assert.deepEqual(leaf.grad!.toArray(), [10, 20]);
});
