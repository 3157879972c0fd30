import assert from "node:assert/strict";
import { test } from "node:test";
import { memory, noGrad, ones, type Tensor, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";

function model(): nn.Sequential {
  const made = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 2));
  for (const parameter of made.parameters()) nn.init.constant_(parameter, 0.5);
  return made;
}

test("hooks see inputs and results in the order of calls, until they are removed", () => {
  const net = model();
  const seen: string[] = [];
  const handles = [...net.namedModules()].flatMap(([name, module]) => [
    module.registerForwardPreHook((_, inputs: unknown[]) =>
      void seen.push(`> ${name} ${inputs.length}`)
    ),
    module.registerForwardHook((given) => {
      assert.equal(given, module);
      seen.push(`< ${name}`);
    }),
  ]);
  net(ones([2, 3]));
  assert.deepEqual(
    seen,
    ["> ", "> 0", "< 0", "> 1", "< 1", "> 2", "< 2", "< "].map((line) =>
      line.startsWith(">") ? `${line} 1` : line
    ),
  );
  seen.length = 0;
  for (const handle of handles) handle.remove();
  for (const handle of handles) handle.remove();
  net(ones([2, 3]));
  assert.deepEqual(seen, []);
});

test("what hooks return takes the place of inputs and results", () => {
  const net = model();
  const first = net.at(0);
  const plain = net(ones([1, 3])).toArray();
  const before = first.registerForwardPreHook((_, [x]) => [x.mul(0)]);
  assert.deepEqual(net(ones([1, 3])).toArray(), [[1.5, 1.5]]);
  const after = first.registerForwardHook((_, __, y) => y.add(1));
  assert.deepEqual(net(ones([1, 3])).toArray(), [[3.5, 3.5]]);
  before.remove();
  after.remove();
  assert.deepEqual(net(ones([1, 3])).toArray(), plain);
});

test("hooks of one module are called in the order of registration, each with what the last made", () => {
  const layer = new nn.Identity();
  const handles = [2, 10].map((n) => layer.registerForwardHook((_, __, y) => y.mul(n).add(1)));
  assert.equal(layer(ones([1])).item(), 31);
  for (const handle of handles) handle.remove();
});

test("what a hook has seen stays readable after the call, also without gradients", () => {
  const net = model();
  let hidden: Tensor | undefined;
  const handle = net.at(1).registerForwardHook((_, __, y) => {
    hidden = y;
  });
  noGrad(() => net(ones([1, 3])));
  handle.remove();
  for (let i = 0; i < 3; i++) noGrad(() => net(zeros([1, 3])));
  assert.deepEqual(hidden!.toArray(), [[2, 2, 2, 2]]);
});

test("gradients flow through what hooks make", () => {
  const layer = new nn.Linear(1, 1, { bias: false });
  const handle = layer.registerForwardHook((_, __, y) => y.mul(3));
  layer(ones([1, 1])).sum().backward();
  handle.remove();
  assert.deepEqual(layer.weight.grad!.toArray(), [[3]]);
});

test("a hook that throws leaves the next call as it was", () => {
  const net = model();
  const handle = net.at(0).registerForwardHook(() => {
    throw new RangeError("no");
  });
  assert.throws(() => net(ones([1, 3])), new RangeError("no"));
  handle.remove();
  noGrad(() => net(ones([1, 3])));
  const { storages } = memory.stats();
  using _ = noGrad(() => net(ones([1, 3])));
  // The input and the result, which are ours.
  assert.equal(memory.stats().storages, storages + 2);
});
