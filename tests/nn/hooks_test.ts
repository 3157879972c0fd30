/** Hooks of calls and of gradients: inputs and results, replacements, removal, errors. */

import { assertEquals, assertStrictEquals, fail } from "@std/assert";
import { test } from "node:test";
import {
  grad,
  GradientError,
  memory,
  noGrad,
  ones,
  type Tensor,
  tensor,
  zeros,
} from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { assertThrowsMessage } from "../support/assert.ts";

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
      assertStrictEquals(given, module);
      seen.push(`< ${name}`);
    }),
  ]);
  net(ones([2, 3]));
  assertEquals(
    seen,
    ["> ", "> 0", "< 0", "> 1", "< 1", "> 2", "< 2", "< "].map((line) =>
      line.startsWith(">") ? `${line} 1` : line
    ),
  );
  seen.length = 0;
  for (const handle of handles) handle.remove();
  for (const handle of handles) handle.remove();
  net(ones([2, 3]));
  assertEquals(seen, []);
});

test("what hooks return takes the place of inputs and results", () => {
  const net = model();
  const first = net.at(0);
  const plain = net(ones([1, 3])).toArray();
  const before = first.registerForwardPreHook((_, [x]) => [x.mul(0)]);
  assertEquals(net(ones([1, 3])).toArray(), [[1.5, 1.5]]);
  const after = first.registerForwardHook((_, __, y) => y.add(1));
  assertEquals(net(ones([1, 3])).toArray(), [[3.5, 3.5]]);
  before.remove();
  after.remove();
  assertEquals(net(ones([1, 3])).toArray(), plain);
});

test("hooks of one module are called in the order of registration, each with what the last made", () => {
  const layer = new nn.Identity();
  const handles = [2, 10].map((n) => layer.registerForwardHook((_, __, y) => y.mul(n).add(1)));
  assertEquals(layer(ones([1])).item(), 31);
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
  assertEquals(hidden!.toArray(), [[2, 2, 2, 2]]);
});

test("gradients flow through what hooks make", () => {
  const layer = new nn.Linear(1, 1, { bias: false });
  const handle = layer.registerForwardHook((_, __, y) => y.mul(3));
  layer(ones([1, 1])).sum().backward();
  handle.remove();
  assertEquals(layer.weight.grad!.toArray(), [[3]]);
});

test("a hook that throws leaves the next call as it was", () => {
  const net = model();
  const handle = net.at(0).registerForwardHook(() => {
    throw new RangeError("no");
  });
  assertThrowsMessage(() => net(ones([1, 3])), RangeError, "no");
  handle.remove();
  noGrad(() => net(ones([1, 3])));
  const { storages } = memory.stats();
  const y = noGrad(() => net(ones([1, 3])));
  // The input and the result, which are ours.
  assertStrictEquals(memory.stats().storages, storages + 2);
  y[Symbol.dispose]();
});

const shown = (gradients: nn.GradientList) => gradients.map((g) => g?.toArray() ?? null);

/** Matches the module of the same name in the run of PyTorch that made the expected numbers. */
class Product extends nn.Module {
  override forward(a: Tensor, b: Tensor, _third?: number): [Tensor, Tensor, Tensor] {
    return [a.mul(b), a.mul(2), a.detach()];
  }
}

class Times extends nn.Module {
  override forward(a: Tensor, b: Tensor): Tensor {
    return a.mul(b);
  }
}

function leaf(...values: number[]): Tensor {
  return tensor(values, { requiresGrad: true });
}

test("a backward hook sees the gradients of all inputs and results, null where there is none", () => {
  const [a, b] = [leaf(1, 2), tensor([3, 4])];
  const module = new Product();
  const seen: unknown[] = [];
  module.registerFullBackwardHook((given, gradInput, gradOutput) => {
    assertStrictEquals(given, module);
    seen.push([shown(gradInput), shown(gradOutput)]);
  });
  const [x, y, z] = module(a, b, 3);
  assertEquals(z.requiresGrad, false);
  x.sum().backward({ retainGraph: true });
  x.sum().add(y.mul(10).sum()).backward();
  assertEquals(seen, [
    [[[3, 4], null, null], [[1, 1], null, null]],
    [[[23, 24], null, null], [[1, 1], [10, 10], null]],
  ]);
  assertEquals(a.grad!.toArray(), [26, 28]);
});

test("what it returns takes the place of the gradients of the inputs, null of nothing", () => {
  const [a, b] = [leaf(1, 2), leaf(3, 4)];
  const module = new Times();
  module.registerFullBackwardHook((_, [, gb]) => [null, gb!.mul(2)]);
  module(a, b).sum().backward();
  assertEquals([a.grad, b.grad!.toArray()], [null, [2, 4]]);
});

test("hooks of one module see what the one before returned, until they are removed", () => {
  const [a, b] = [leaf(1, 2), leaf(3, 4)];
  const module = new Times();
  const first = module.registerFullBackwardHook((_, [ga, gb]) => [ga!.mul(2), gb]);
  const seen: unknown[] = [];
  const second = module.registerFullBackwardHook((_, gradInput) =>
    void seen.push(shown(gradInput))
  );
  module(a, b).sum().backward();
  first.remove();
  module(a, b).sum().backward();
  second.remove();
  module(a, b).sum().backward();
  assertEquals(seen, [[[6, 8], [1, 2]], [[3, 4], [1, 2]]]);
  assertEquals(a.grad!.toArray(), [6 + 3 + 3, 8 + 4 + 4]);
});

test("a pre hook replaces the gradients of the results, for weights and inputs", () => {
  const layer = new nn.Linear(1, 1);
  noGrad(() => layer.weight.fill_(5));
  const x = tensor([[2]], { requiresGrad: true });
  const order: unknown[] = [];
  layer.registerFullBackwardHook((_, gradInput, gradOutput) =>
    void order.push("hook", shown(gradInput), shown(gradOutput))
  );
  layer.registerFullBackwardPreHook((given, gradOutput) => {
    assertStrictEquals(given, layer);
    order.push("pre", shown(gradOutput));
    return [gradOutput[0]!.mul(3)];
  });
  layer(x).sum().backward();
  assertEquals(order, ["pre", [[[1]]], "hook", [[[15]]], [[[3]]]]);
  assertEquals([layer.weight.grad!.item(), x.grad!.item()], [6, 15]);
});

test("null from a pre hook stops the gradient", () => {
  const layer = new nn.Linear(1, 1);
  layer.registerFullBackwardPreHook(() => [null]);
  const x = tensor([[2]], { requiresGrad: true });
  layer(x).add(x).sum().backward();
  assertEquals([layer.weight.grad, x.grad!.item()], [null, 1]);
});

test("without an input that requires a gradient, the hook is called with null, and may not replace it", () => {
  const layer = new nn.Linear(2, 2);
  const seen: unknown[] = [];
  const handle = layer.registerFullBackwardHook((_, gradInput, gradOutput) => {
    seen.push(shown(gradInput), shown(gradOutput));
    return gradInput;
  });
  layer(tensor([3, 4])).sum().backward();
  assertEquals(seen, [[null], [[1, 1]]]);
  handle.remove();
  layer.registerFullBackwardHook(() => [ones([2])]);
  const loss = layer(tensor([3, 4])).sum();
  assertThrowsMessage(
    () => loss.backward(),
    GradientError,
    "Cannot use the gradients that a backward hook of Linear returned: none of its inputs " +
      "requires one; return nothing",
  );
});

test("a wrong number, shape or dtype of gradients is refused, and no gradient is changed", () => {
  const [a, b] = [leaf(1, 2), leaf(3, 4)];
  const cases: [() => nn.GradientList, string][] = [
    [
      () => [ones([2])],
      "Cannot use the gradients that a backward hook of Times returned: there are 1 for 2 inputs; " +
      "return one for each, null for none",
    ],
    [
      () => [null, ones([3])],
      "Cannot use the gradient that a hook returned: its shape is [3], but the tensor has [2]",
    ],
    [
      () => [ones([2], { dtype: "float64" }), null],
      'Cannot use the gradient that a hook returned for float32 of float64: convert it with .to("float32")',
    ],
  ];
  for (const [returned, message] of cases) {
    const module = new Times();
    module.registerFullBackwardHook(returned);
    assertThrowsMessage(() => module(a, b).sum().backward(), Error, message);
    assertEquals([a.grad, b.grad], [null, null]);
  }
  const module = new Times();
  module.registerFullBackwardPreHook(() => []);
  assertThrowsMessage(
    () => module(a, b).sum().backward(),
    Error,
    "Cannot use the gradients that a backward hook of Times returned: there are 0 for 1 results; " +
      "return one for each, null for none",
  );
});

test("a module called twice, and one inside another, are each seen once per call, last first", () => {
  const model = new nn.Sequential(new nn.Linear(1, 1, { bias: false }), new nn.ReLU());
  noGrad(() => (model.at(0) as nn.Linear).weight.fill_(2));
  const names: string[] = [];
  for (const [name, module] of model.namedModules()) {
    module.registerFullBackwardHook((_, [gradInput]) =>
      void names.push(`${name}:${gradInput!.item()}`)
    );
  }
  const x = tensor([[1]], { requiresGrad: true });
  model(model(x)).sum().backward();
  assertEquals(names, ["1:1", "0:2", ":2", "1:2", "0:4", ":4"]);
});

test("the same tensor as two inputs has a gradient for each place", () => {
  const a = leaf(2, 3);
  const module = new Times();
  const seen: unknown[] = [];
  module.registerFullBackwardHook((_, gradInput) => void seen.push(shown(gradInput)));
  module(a, a).sum().backward();
  assertEquals(seen, [[[2, 3], [2, 3]]]);
  assertEquals(a.grad!.toArray(), [4, 6]);
});

test("states in an array inside the results pass by; those beside it are seen", () => {
  const layer = new nn.LSTM(2, 2);
  const seen: (readonly number[] | undefined)[] = [];
  layer.registerFullBackwardHook((_, gradInput, gradOutput) =>
    void seen.push(...[...gradInput, ...gradOutput].map((g) => g?.shape))
  );
  const [output, [h]] = layer(ones([3, 1, 2], { requiresGrad: true }));
  output.sum().add(h.sum()).backward();
  assertEquals(seen, [[3, 1, 2], [3, 1, 2], undefined]);
});

test("hooks work for grad(), and for gradients of gradients", () => {
  const a = tensor([2], { dtype: "float64", requiresGrad: true });
  const module = new Times();
  const seen: unknown[] = [];
  module.registerFullBackwardHook((_, [ga, gb], [gy]) => {
    seen.push(ga!.item(), gy!.item());
    return [ga!.mul(3), gb];
  });
  const y = module(a, a.square()); // the first factor counts three times: dy/da = 3a² + 2a²
  const [first] = grad(y, a, { createGraph: true });
  assertEquals(first!.item(), 20);
  const [second] = grad(first!, a);
  assertEquals(second!.item(), 20);
  assertEquals(seen.slice(0, 2), [4, 1]);
});

test("without recording, hooks change nothing", () => {
  const module = new Times();
  module.registerFullBackwardHook(() => fail("no gradient flows"));
  const y = noGrad(() => module(leaf(1, 2), leaf(3, 4)));
  assertEquals([y.requiresGrad, y.toArray()], [false, [3, 8]]);
});

test("gradients that a hook has seen stay readable", () => {
  const module = new Times();
  const kept: Tensor[] = [];
  module.registerFullBackwardHook((_, gradInput, gradOutput) =>
    void kept.push(gradInput[0]!, gradOutput[0]!)
  );
  for (let i = 1; i < 5; i++) module(leaf(1, 2), leaf(i, 4)).mul(i).sum().backward();
  assertEquals(kept.slice(0, 2).map((g) => g.toArray()), [[1, 4], [1, 1]]);
});

test("hooks of a module through which no gradient flows are not called", () => {
  const [a, b] = [leaf(1, 2), leaf(3, 4)];
  const module = new Times();
  const seen: unknown[] = [];
  module.registerFullBackwardHook((_, gradInput) => void seen.push(shown(gradInput)));
  const [g] = grad(module(a, a).mul(b).sum(), b);
  assertEquals([g!.toArray(), seen], [[1, 4], []]);
});
