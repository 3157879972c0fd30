/** Modules: fields as registry, order and names of the walk, training mode, memory, printing. */

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { noGrad, ones, ReleasedError, type Tensor, tensor, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { SGD } from "../../src/optim/mod.ts";

class Net extends nn.Module {
  override name = "net";
  override length = 3;
  layers = [new nn.Linear(2, 2), [new nn.ReLU(), new nn.Linear(2, 1, { bias: false })]] as const;
  shared = this.layers[0];
  scale = new nn.Parameter(ones([2]));
  sameScale = this.scale;
  count: nn.Buffer = new nn.Buffer(zeros([]));
  plain = ones([5]);

  override forward(x: Tensor): Tensor {
    const [first, [relu, last]] = this.layers;
    return last(relu(first(x.mul(this.scale))));
  }
}

test("a module is a function and an instance of its class, whose fields may have any name", () => {
  const net = new Net();
  assertEquals(typeof net, "function");
  assert(net instanceof Net && net instanceof nn.Module);
  assertEquals([net.name, net.length], ["net", 3]);
  assertEquals(net.training, true);
  assertEquals(net(ones([4, 2])).shape, [4, 1]);
});

test("fields and arrays in fields are the registry; a module's own tensors come first", () => {
  const net = new Net();
  const names = (list: Iterable<[string, unknown]>) => Array.from(list, ([name]) => name);
  assertEquals(names(net.namedChildren()), ["layers.0", "layers.1.0", "layers.1.1", "shared"]);
  assertEquals(names(net.namedModules()), ["", "layers.0", "layers.1.0", "layers.1.1"]);
  assertEquals([...net.modules()], [net, ...net.layers.flat()]);
  assertEquals([...net.children()].length, 4);
  const parameters = ["scale", "layers.0.weight", "layers.0.bias", "layers.1.1.weight"];
  assertEquals(names(net.namedParameters()), parameters);
  assertEquals([...net.parameters()][0], net.scale);
  assertEquals(names(net.namedBuffers()), ["count"]);
  assertEquals([...net.buffers()], [net.count]);
  // A state dict has shared tensors under all their names, but each module once.
  assertEquals(names(net.stateDict()), ["scale", "sameScale", "count", ...parameters.slice(1)]);
});

test("modules that hold each other are walked once", () => {
  class Node extends nn.Module {
    other: Node | null = null;
    weight: nn.Parameter = new nn.Parameter(ones([1]));
    override forward(x: Tensor): Tensor {
      return x.mul(this.weight);
    }
  }
  const [a, b] = [new Node(), new Node()];
  [a.other, b.other] = [b, a];
  assertEquals([...a.namedModules()].map(([name]) => name), ["", "other"]);
  assertEquals([...a.parameters()].length, 2);
  assertEquals(a(ones([1])).item(), 1);
});

test("train, eval, requiresGrad_ and zeroGrad reach all modules, and apply visits inner ones first", () => {
  const net = new Net();
  const all = [...net.modules()];
  assert(all.every(({ training }) => training));
  assertStrictEquals(net.eval(), net);
  assert(all.every(({ training }) => !training));
  net.train();
  assert(all.every(({ training }) => training));
  net.requiresGrad_(false);
  assert([...net.parameters()].every(({ requiresGrad }) => !requiresGrad));
  net.requiresGrad_();
  net(ones([1, 2])).sum().backward();
  assert([...net.parameters()].every(({ grad }) => grad !== null));
  net.zeroGrad();
  assert([...net.parameters()].every(({ grad }) => grad === null));
  const visited: nn.Module[] = [];
  net.apply((module) => void visited.push(module));
  assertEquals(visited, [...net.layers.flat(), net.shared, net]);
});

test("tensors that fields hold survive a call, and others made inside are freed", () => {
  class Memory extends nn.Module {
    last: Tensor = zeros([2]);
    list: Tensor[] = [];
    inner: Net = new Net();
    temporary: (() => Tensor) | null = null;
    override forward(x: Tensor): Tensor {
      this.last = x.add(this.last);
      this.list.push(x.mul(2));
      this.inner.plain = x.mul(3);
      const made = x.mul(4);
      this.temporary = () => made;
      return x.mul(5);
    }
  }
  const memory = new Memory();
  noGrad(() => memory(ones([2])));
  const y = noGrad(() => memory(ones([2])));
  assertEquals(memory.last.toArray(), [2, 2]);
  assertEquals(memory.list.map((x) => x.toArray()), [[2, 2], [2, 2]]);
  assertEquals(memory.inner.plain.toArray(), [3, 3]);
  assertEquals(y.toArray(), [5, 5]);
  assertThrows(() => memory.temporary!().toArray(), ReleasedError);
});

test("a printed module lists the modules inside", () => {
  const expected = `Net(
  (layers.0): Linear(2, 2)
  (layers.1.0): ReLU()
  (layers.1.1): Linear(2, 1, { bias: false })
  (shared): Linear(2, 2)
)`;
  const net = new Net();
  assertStrictEquals(`${net}`, expected);
  const inspect = net as unknown as Record<symbol, () => string>;
  for (const name of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
    assertStrictEquals(inspect[Symbol.for(name)](), expected);
  }
});

test("a call that throws leaves the next one as it was", () => {
  class Faulty extends nn.Module {
    fails = true;
    override forward(x: Tensor): Tensor {
      if (this.fails) throw new RangeError("fault");
      return x.mul(2);
    }
  }
  const module = new Faulty();
  assertThrows(() => module(ones([1])), RangeError);
  module.fails = false;
  assertEquals(noGrad(() => module(ones([1]))).item(), 2);
});

test("a walk that is used up starts anew, so parameters of an optimizer can be clipped", () => {
  const model = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2));
  const parameters = model.parameters();
  const optimizer = new SGD(parameters, { lr: 1 });
  assertEquals(optimizer.paramGroups[0].params.length, 4);
  model(ones([3, 2]).mul(tensor([[1], [2], [4]]))).square().sum().backward();
  assert(nn.clipGradNorm_(parameters, 1e-3).item() > 1e-3);
  assertEquals([...parameters].length, 4);
  const [first] = parameters; // A loop that is left ends the walk, too.
  assertStrictEquals(first, [...parameters][0]);
  const started = model.parameters();
  started.next();
  assertEquals([...started].length, 3);
  for (
    const walk of [
      model.modules(),
      model.namedModules(),
      model.children(),
      model.namedChildren(),
      model.namedParameters(),
      model.buffers(),
      model.namedBuffers(),
    ]
  ) {
    const count = [...walk].length;
    assert(count > 1);
    assertEquals([...walk].length, count);
  }
});
