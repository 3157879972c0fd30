/**
 * Uses `DistributedDataParallel` in unusual ways, on two ranks.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import {
  DistributedError,
  manualSeed,
  memory,
  ones,
  rand,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../../mod.ts";
import {
  allGather,
  allReduce,
  barrier,
  DistributedDataParallel,
  init,
  rank,
} from "../../../src/distributed/mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import * as optim from "../../../src/optim/mod.ts";
import { checkpoint } from "../../../src/utils/mod.ts";

init({ timeout: 100 });
const own = rank();

/** `y = Σ a x + Σ b x`, of which some ranks use one half only. */
class Halves extends nn.Module {
  a = new nn.Parameter(ones([2]));
  b = new nn.Parameter(ones([2]));
  never = new nn.Parameter(ones([1]));
  frozen = new nn.Parameter(ones([1]), false);

  override forward(x: Tensor, halves: string): Tensor {
    let y = zeros([]);
    if (halves.includes("a")) y = y.add(this.a.mul(x).sum());
    if (halves.includes("b")) y = y.add(this.b.mul(x).sum());
    return y;
  }
}

const gradients = (model: Halves): unknown[] => [
  model.a.grad?.toArray() ?? null,
  model.b.grad?.toArray() ?? null,
  model.never.grad,
  model.frozen.grad,
];

/** True if `values` are the same on all ranks. */
function isSame(values: Tensor): boolean {
  const all = [values.clone(), values.clone()];
  allGather(all, values);
  return all[0].sub(all[1]).eq(0).all().item() !== 0;
}

const model = new DistributedDataParallel(new Halves());
const x = tensor([1, 2]).mul(own + 1);

// Each rank uses another half: the other one has no gradient there, as if it were 0.
model(x, own === 0 ? "a" : "b").backward();
assertEquals(gradients(model.module), [[0.5, 1], [1, 2], null, null]);

// Gradients accumulate, as they do without ranks.
model(x, own === 0 ? "a" : "ab").backward();
assertEquals(gradients(model.module), [[2, 4], [2, 4], null, null]);

// Inside noSync() sums are kept, and added to what was there before.
model.noSync(() => model(x, "a").backward());
assertEquals(model.module.a.grad!.toArray(), [2 + own + 1, 4 + 2 * (own + 1)]);
{
  using _ = model.noSync();
  model(x, own === 0 ? "a" : "b").backward();
}
model(x, "b").backward();
assertEquals(gradients(model.module), [[4, 8], [4.5, 9], null, null]);

// zeroGrad() forgets them.
model.zeroGrad();
model.noSync(() => model(x, "ab").backward());
model.zeroGrad();
model(x, "a").backward();
assertEquals(gradients(model.module), [[1.5, 3], null, null, null]);
model.zeroGrad();

// −0 stays −0 beside a rank without a gradient.
model(tensor([-0, 1]), own === 0 ? "a" : "b").backward();
assert(Object.is(model.module.a.grad!.data[0], -0));
model.zeroGrad();

// A leaf that is used twice arrives once, complete.
model(x, "a").add(model(x, "a")).backward();
assertEquals(model.module.a.grad!.toArray(), [3, 6]);
model.zeroGrad();

// Parameters, buffers and random numbers are those of rank 0.
manualSeed(own);
const dropout = new DistributedDataParallel(
  new nn.Sequential(new nn.Linear(3, 3), new nn.Dropout(0.5)),
);
const normed = new DistributedDataParallel(new nn.BatchNorm1d(2));
normed(rand([4, 2]).add(own)).sum().backward();
const masks = [dropout(ones([4, 3])).eq(0).to("int32")];
const next = rand([3]);
assert(isSame(dropout.module.stateDict().get("0.weight")!));
assert(isSame(normed.module.running_mean!));
assert(isSame(next), "random numbers outside are the same");
assert(!isSame(masks[0]), "masks are not");
assertEquals(dropout.eval()(zeros([1, 3])).shape, [1, 3]);

// Models that differ are refused, before anything is sent.
const difference = (make: () => nn.Module, what: RegExp): void => {
  const error = assertThrows(() => new DistributedDataParallel(make()), DistributedError);
  assert(what.test(error.message), error.message);
};
difference(
  () => new nn.Linear(2, 3 + own),
  /rank 1 has the parameter "weight" float32 \[4, 2\], and rank 0 the parameter "weight" float32 \[3, 2\]/,
);
difference(
  () => own === 0 ? new nn.Linear(2, 2) : new nn.Linear(2, 2, { bias: false }),
  /rank 1 has nothing more, and rank 0 the parameter "bias"/,
);
difference(
  () => new nn.Linear(2, 2).requiresGrad_(own === 0),
  /rank 1 has the frozen parameter "weight"/,
);

// Changes by which ranks would drift apart are refused.
const wrapped = new DistributedDataParallel(new nn.Linear(2, 1));
const { weight, bias } = wrapped.module;
const run = (): void => wrapped(ones([1, 2]).mul(own + 1)).sum().backward();
assertThrows(
  () => new DistributedDataParallel(wrapped.module),
  DistributedError,
  '"weight" belongs',
);
assertThrows(
  () => new DistributedDataParallel(wrapped),
  DistributedError,
  '"module.weight" belongs',
);
const optimizer = new optim.SGD(wrapped.parameters(), { lr: 0.1 });
wrapped.noSync(run);
const before = weight.toArray();
assertThrows(() => optimizer.step(), DistributedError, '"weight" of this rank alone');
const lbfgs = new optim.LBFGS(wrapped.parameters());
assertThrows(() => lbfgs.step(() => 1), DistributedError, '"weight" of this rank alone');
assertEquals(weight.toArray(), before);
run();
assertEquals([weight.grad!.toArray(), bias!.grad!.toArray()], [[[3, 3]], [2]]);
optimizer.step();
wrapped.zeroGrad();
wrapped.noSync(run);
wrapped.zeroGrad();
optimizer.step(); // nothing to do

assertThrows(() => wrapped.noSync(3 as unknown as () => void), ValueError, "Cannot call noSync()");
assertThrows(
  () => wrapped(ones([1, 2])).sum().backward({ createGraph: true }),
  DistributedError,
  "createGraph",
);

// Guards end in any order, and once.
const guards = [wrapped.noSync(), wrapped.noSync()];
guards[0][Symbol.dispose]();
guards[0][Symbol.dispose]();
run();
assertEquals(weight.grad!.toArray(), [[own + 1, own + 1]]);
guards[1][Symbol.dispose]();
wrapped.zeroGrad();
assertThrows(() =>
  wrapped.noSync(() => {
    throw new TypeError("inside");
  }), TypeError);
run();
assertEquals(weight.grad!.toArray(), [[1.5, 1.5]]);
wrapped.zeroGrad();

// Hooks see and change the gradient of this rank, whenever they were registered.
const seen: unknown[] = [];
const { remove } = weight.registerHook((gradient) => {
  seen.push(gradient.toArray());
  return gradient.mul(100);
});
run();
remove();
assertEquals(seen, [[[own + 1, own + 1]]]);
assertEquals(weight.grad!.toArray(), [[150, 150]]);
wrapped.zeroGrad();

// A hook may call other ranks.
const other = weight.registerHook(() => barrier());
run();
other.remove();
assertEquals(weight.grad!.toArray(), [[1.5, 1.5]]);

/** Keeps the mean of what it has seen last in a buffer that it replaces. */
class Last extends nn.Module {
  a = new nn.Linear(2, 1);
  last: Tensor = new nn.Buffer(zeros([1]));

  override forward(x: Tensor): Tensor {
    this.last = x.detach().mean().reshape(1);
    return this.a(x);
  }
}

// Buffers are those that are there now.
const last = new DistributedDataParallel(new Last());
for (let i = 1; i < 4; i++) last(ones([1, 2]).mul(10 * i + own)).sum().backward();
assertEquals(last.module.last.item(), 30);
assertEquals(last.module.last instanceof nn.Buffer, true);

// New layers are found, also later.
last.module.a = new nn.Linear(2, 1);
assertThrows(() => last(ones([1, 2])), DistributedError, 'new parameter "a.weight"');

// Several models in one pass, a pass inside another, and activations that are computed again.
const layers = [new nn.Linear(2, 3), new nn.Linear(3, 600), new nn.Linear(600, 1)];
const alone = layers.map((layer) => layer.clone());
const [front, middle, back] = layers.map((layer) =>
  new DistributedDataParallel(layer, { bucketCapMb: 1 })
);
const aside = new DistributedDataParallel(new nn.Linear(1, 1));
const inputs = rand([4, 2]).mul(own + 1);
const hidden = front(inputs);
const loss = aside(ones([1, 1]).mul(own + 1)).sum();
hidden.registerHook(() => loss.backward());
back(checkpoint((h: Tensor) => middle(h).tanh(), hidden)).sum().backward();
alone[2](alone[1](alone[0](inputs)).tanh()).sum().backward();
layers.forEach((layer, i) => {
  const expected = [...alone[i].parameters()].map(({ grad }) => grad!);
  for (const gradient of expected) allReduce(gradient, { op: "avg" });
  [...layer.parameters()].forEach(({ grad }, j) => assert(grad!.allclose(expected[j])));
});
assertEquals(aside.module.weight.grad!.item(), 1.5);

// Models without parameters, or without elements.
class Plain extends nn.Module {
  empty?: nn.Parameter;
  override forward(x: Tensor): Tensor {
    return this.empty === undefined ? x.mul(2) : x.sum().add(this.empty.sum());
  }
}
assertEquals(new DistributedDataParallel(new Plain())(ones([1])).item(), 2);
const plain = new Plain();
plain.empty = new nn.Parameter(zeros([0, 3]));
new DistributedDataParallel(plain)(ones([1])).backward();
assertEquals(plain.empty.grad!.shape, [0, 3]);

// The memory of wrappers is pinned only while they work: it gives way like that of tensors.
const limit = memory.stats().limit;
memory.setLimit(2 ** 20);
for (let fold = 0; fold < 8; fold++) {
  const model = new DistributedDataParallel(new nn.Linear(100, 500));
  model(ones([1, 100])).sum().backward();
}
memory.setLimit(limit);

// MPIs have few communicators.
for (let i = 0; i < 30; i++) new DistributedDataParallel(new nn.Linear(1, 1));

// Threads that are not that of init() cannot join.
const worker = new Worker(new URL("./worker.ts", import.meta.url));
const [answer] = await once(worker, "message");
assert(/Cannot init\(\) again in this process/.test(answer), answer);
await worker.terminate();

barrier();
if (own === 0) console.log(JSON.stringify("done"));
