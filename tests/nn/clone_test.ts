import {
  assert,
  assertEquals,
  assertNotStrictEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import { Generator, noGrad, randn, type Tensor, tensor, ValueError, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import * as optim from "../../src/optim/mod.ts";

const x = randn([2, 3, 4]);

/** Layers of all kinds, with inputs. */
const MODELS: readonly (readonly [nn.Module, unknown[]])[] = [
  [new nn.Linear(4, 2, { bias: false }), [x]],
  [new nn.Sequential(new nn.Linear(4, 4), new nn.ReLU(), new nn.LayerNorm(4)), [x]],
  [new nn.BatchNorm1d(3), [x]],
  [new nn.LSTM(4, 3, { numLayers: 2, bidirectional: true }), [x]],
  [new nn.GRUCell(4, 3), [x.at(0)]],
  [new nn.MultiheadAttention(4, 2), [x, x, x]],
  [new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 5, dropout: 0 }), [x]],
  [new nn.Transformer(4, 2, { dimFeedforward: 5, dropout: 0, numEncoderLayers: 1 }), [x, x]],
  [new nn.Conv1d(3, 2, 2, { padding: 1 }), [x]],
  [new nn.Embedding(5, 3), [tensor([1, 2], { dtype: "int32" })]],
];

test("a clone of any layer gives the same results, prints the same, and shares no memory", () => {
  for (const [model, inputs] of MODELS) {
    const copy = model.clone();
    assertStrictEquals(copy.constructor, model.constructor);
    assertEquals(`${copy}`, `${model}`);
    const call = (m: nn.Module) =>
      [(m as unknown as (...x: unknown[]) => Tensor)(...inputs)].flat(3);
    const [a, b] = [call(model), call(copy)].map((list) =>
      list.filter((y) => y !== null).map((y) => y.toArray())
    );
    assertEquals(a, b);
    const [own, copied] = [model.stateDict(), copy.stateDict()];
    assertEquals([...own.keys()], [...copied.keys()]);
    for (const [name, value] of own) {
      assert(value.array.storage !== copied.get(name)!.array.storage, name);
      assertEquals(value.toArray(), copied.get(name)!.toArray(), name);
    }
  }
});

class Tied extends nn.Module {
  first = new nn.Linear(3, 3);
  second = this.first;
  weight = this.first.weight;
  scale = new nn.Parameter(tensor(2), false);
  count = new nn.Buffer(zeros([]));
  layers = { a: [new nn.Linear(3, 3)], b: new Map([["c", new nn.Linear(3, 3)]]) };
  names = ["x"];
  generator = new Generator(1);

  override forward(x: Tensor): Tensor {
    this.count.add_(1);
    return this.layers.a[0](this.second(this.first(x))).mul(this.scale);
  }
}

test("sharing inside of a model stays sharing inside of its clone, and the rest is separate", () => {
  const model = new Tied().eval();
  const copy = model.clone();
  assertStrictEquals(copy.first, copy.second);
  assertStrictEquals(copy.weight, copy.first.weight);
  assertNotStrictEquals(copy.first, model.first);
  assertNotStrictEquals(copy.names, model.names);
  assertStrictEquals(copy.generator, model.generator);
  assertEquals([copy.training, copy.scale.requiresGrad, copy.first.weight.requiresGrad], [
    false,
    false,
    true,
  ]);
  assertEquals(
    [...copy.namedParameters()].map(([name]) => name),
    [
      ...model.namedParameters(),
    ].map(([name]) => name),
  );
  const input = randn([1, 3]);
  assertEquals(copy(input).toArray(), model(input).toArray());
  copy(input);
  assertEquals([model.count.item(), copy.count.item()], [1, 2]);
  assertThrows(() => copy.scale = zeros([]) as nn.Parameter, ValueError, "would no longer train");
});

test("training a clone leaves the original as it is", () => {
  const model = new nn.Linear(2, 1);
  model(randn([3, 2])).sum().backward();
  const copy = model.clone();
  assertEquals(copy.weight.grad, null);
  const before = model.weight.toArray();
  const optimizer = new optim.SGD(copy.parameters(), { lr: 1 });
  copy(randn([3, 2])).sum().backward();
  optimizer.step();
  assertEquals(model.weight.toArray(), before);
  noGrad(() => model.weight.zero_());
  assert(copy.weight.ne(0).any().item());
});

test("what only a constructor can make is refused", () => {
  class Hidden extends nn.Module {
    #factor = 2;
    override forward(x: Tensor): Tensor {
      return x.mul(this.#factor);
    }
  }
  const message = "Cannot clone a Hidden: its class Hidden has #private members";
  assertThrows(() => new Hidden().clone(), ValueError, message);
  assertThrows(() => new nn.Sequential(new Hidden()).clone(), ValueError, message);
});
