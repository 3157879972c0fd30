/**
 * Uses `DistributedDataParallel` in unusual ways, on two ranks.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  DistributedError,
  manualSeed,
  ones,
  rand,
  type Tensor,
  tensor,
  zeros,
} from "../../../mod.ts";
import {
  allGather,
  barrier,
  DistributedDataParallel,
  init,
  rank,
} from "../../../src/distributed/mod.ts";
import * as nn from "../../../src/nn/mod.ts";

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

// Ranks that do not do the same say so.
if (own === 0) {
  assertThrows(() => model.noSync(() => model(x, "a").backward()), DistributedError, "noSync()");
} else {
  assertThrows(() => model(x, "a").backward(), DistributedError, "noSync()");
}
barrier();
if (own === 0) console.log(JSON.stringify("done"));
