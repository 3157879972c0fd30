import { assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { ones, type Tensor, tensor, ValueError, zeros } from "../../../mod.ts";
import {
  AvgPool2d,
  Conv2d,
  Dropout,
  Flatten,
  type Layer,
  Linear,
  MaxPool2d,
  Module,
  ModuleDict,
  ModuleList,
  Parameter,
  ParameterDict,
  ParameterList,
  ReLU,
  Sequential,
  Softmax,
} from "../../../src/nn/mod.ts";
import { assertThrowsMessage } from "../../support/assert.ts";

test("Sequential runs its modules in order, and names them 0, 1, … in state dicts", () => {
  const [first, relu, last] = [new Linear(3, 4), new ReLU(), new Linear(4, 2)];
  const model = new Sequential(first, relu, last);
  const x = zeros([1, 3]).add(1);
  assertEquals(model(x).toArray(), last(relu(first(x))).toArray());
  assertEquals([...model.stateDict().keys()], ["0.weight", "0.bias", "2.weight", "2.bias"]);
  assertEquals(model.length, 3);
  assertEquals([...model], [first, relu, last]);
  assertStrictEquals(model.at(-1), last);
});

test("containers take their entries in one array, too", () => {
  const [first, second] = [new Linear(3, 4), new ReLU()];
  const model = new Sequential([first, second]);
  assertEquals([...model], [first, second]);
  assertEquals(model(zeros([1, 3])).shape, [1, 4]);
  const list: ModuleList<Linear> = new ModuleList([first, new Linear(1, 1)]);
  assertEquals(list.at(1).inFeatures, 1);
  assertStrictEquals(new ModuleList<Layer>([]).length, 0);
  const fromArray: ModuleList<Linear> = new ModuleList([first]); // the type follows from the array
  assertStrictEquals(fromArray.at(0), first);
  assertEquals(new ParameterList([new Parameter(zeros([3]))]).at(0).numel(), 3);
  assertThrowsMessage(
    () => new Sequential([first, 3 as unknown as Layer]),
    ValueError,
    "Cannot add a value of type number to a Sequential: it holds modules, such as new ReLU()",
  );
});

test("an empty Sequential returns its input", () => {
  const x = zeros([2]);
  assertStrictEquals(new Sequential()(x), x);
});

test("more than ten modules stay in order", () => {
  const layers = Array.from({ length: 12 }, () => new ReLU());
  const model = new Sequential(...layers);
  assertEquals([...model], layers);
  assertEquals(model.append(new ReLU()).length, 13);
});

test("the same module twice is listed twice, and its parameters once", () => {
  const layer = new Linear(2, 2);
  const model = new Sequential(layer, layer);
  assertEquals(model.length, 2);
  assertEquals([...model.parameters()].length, 2);
  const x = zeros([1, 2]).add(1);
  assertEquals(model(x).toArray(), layer(layer(x)).toArray());
});

test("Sequential in a Sequential: names are joined by dots", () => {
  const model = new Sequential(new Sequential(new Linear(1, 1)), new ReLU());
  assertEquals([...model.stateDict().keys()], ["0.0.weight", "0.0.bias"]);
});

test("ModuleList is part of its module, and cannot be called", () => {
  class Net extends Module {
    layers = new ModuleList<Layer>(new Linear(2, 2), new Linear(2, 2));
    override forward(x: Tensor): Tensor {
      for (const layer of this.layers) x = layer(x);
      return x;
    }
  }
  const net = new Net();
  assertEquals(net.layers.push(new Linear(2, 1), new ReLU()), 4);
  assertEquals(net.layers.length, 4);
  assertEquals([...net.parameters()].length, 6);
  assertEquals([...net.stateDict().keys()].slice(-2), ["layers.2.weight", "layers.2.bias"]);
  assertEquals(net(zeros([3, 2])).shape, [3, 1]);
  assertThrowsMessage(
    () => (net.layers as unknown as () => void)(),
    Error,
    "Cannot call a ModuleList: it only holds modules; use its entries",
  );
});

test("containers refuse what is not a module, and places that are empty", () => {
  const model = new Sequential(new ReLU());
  const wrong = (() => 1) as unknown as Layer;
  assertThrowsMessage(
    () => model.push(new ReLU(), wrong),
    ValueError,
    "Cannot add a value of type function to a Sequential: it holds modules, such as new ReLU()",
  );
  assertEquals(model.length, 1);
  for (const index of [1, -2, 0.5]) {
    assertThrowsMessage(
      () => model.at(index),
      ValueError,
      `Cannot take module ${index} of a Sequential: it has 1`,
    );
  }
});

const scales = () =>
  new ParameterDict({ left: new Parameter(zeros([2])), right: new Parameter(zeros([3])) });

test("a ParameterDict holds parameters by name, as part of a module", () => {
  class Net extends Module {
    scales = scales();
    override forward(): number {
      return this.scales.get("right").numel();
    }
  }
  const net = new Net();
  assertEquals(net(), 3);
  assertEquals([...net.stateDict().keys()], ["scales.left", "scales.right"]);
  assertEquals([...net.parameters()].length, 2);
  net.loadStateDict({ "scales.left": tensor([1, 2]), "scales.right": tensor([3, 4, 5]) });
  assertEquals(net.scales.get("left").toArray(), [1, 2]);
});

test("entries are set, replaced, listed and removed", () => {
  const dict = scales();
  dict.set("left", new Parameter(zeros([7]))).set("middle", new Parameter(zeros([1])));
  assertEquals(dict.keys(), ["left", "right", "middle"]);
  assertEquals([...dict].map(([name, p]) => [name, p.numel()]), [
    ["left", 7],
    ["right", 3],
    ["middle", 1],
  ]);
  assertEquals([dict.delete("left"), dict.delete("left"), dict.delete("keys")], [
    true,
    false,
    false,
  ]);
  assertEquals([dict.size, dict.has("left"), dict.has("size")], [2, false, false]);
  assertStrictEquals(new ParameterDict().size, 0);
});

test("misuse of a ParameterDict is refused", () => {
  const dict = scales();
  assertThrowsMessage(
    () => dict.get("up"),
    ValueError,
    'Cannot get parameter "up" of a ParameterDict: it has "left", "right"',
  );
  for (const name of ["", "a.b", "forward"]) {
    assertThrowsMessage(
      () => dict.set(name, new Parameter(zeros([1]))),
      ValueError,
      `Cannot set parameter "${name}" of a ParameterDict: the name must not be empty, have ` +
        'dots, or be one of a module\'s own, such as "forward"',
    );
  }
  assertThrowsMessage(
    () => dict.set("up", zeros([1]) as Parameter),
    ValueError,
    'Cannot set "up" of a ParameterDict to a value of type object: it holds parameters, ' +
      "such as new Parameter(zeros([3]))",
  );
  assertThrowsMessage(
    () => dict.forward(...[] as never),
    Error,
    "Cannot call a ParameterDict: it only holds parameters; use its entries",
  );
});

test("ModuleDict and ParameterList hold what belongs to the module around them", () => {
  class Net extends Module {
    heads = new ModuleDict({ a: new Linear(2, 1), b: new Linear(2, 1, { bias: false }) });
    scales = new ParameterList(new Parameter(ones([1])));

    override forward(x: Tensor): Tensor {
      return this.heads.get("a")(x).mul(this.scales.at(-1));
    }
  }
  const net = new Net();
  assertEquals([...net.stateDict().keys()], [
    "heads.a.weight",
    "heads.a.bias",
    "heads.b.weight",
    "scales.0",
  ]);
  const { heads, scales } = net;
  assertEquals([heads.size, heads.keys(), heads.has("c")], [2, ["a", "b"], false]);
  assertEquals(heads.delete("a"), true);
  assertEquals(heads.delete("a"), false);
  heads.set("b", new Linear(3, 3));
  assertEquals([...heads].map(([name, layer]) => [name, layer.inFeatures]), [["b", 3]]);
  assertEquals(scales.push(new Parameter(ones([2])), new Parameter(ones([3]))), 3);
  assertEquals([...scales].map((p) => p.numel()), [1, 2, 3]);
});

test("printed layers show the call that makes them", () => {
  const model = new Sequential(
    new Conv2d(1, 8, 3, { stride: 2, padding: [1, 0], bias: false }),
    new MaxPool2d([2, 3], { stride: 2 }),
    new AvgPool2d(2),
    new Flatten(),
    new Dropout(0.1),
    new Linear(4, 2, { bias: false }),
    new Softmax({ axis: 1 }),
  );
  assertEquals(
    model.toString(),
    `Sequential(
  (0): Conv2d(1, 8, 3, { stride: 2, padding: [1, 0], bias: false })
  (1): MaxPool2d([2, 3], { stride: 2 })
  (2): AvgPool2d(2)
  (3): Flatten()
  (4): Dropout(0.1)
  (5): Linear(4, 2, { bias: false })
  (6): Softmax({ axis: 1 })
)`,
  );
});
