import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import {
  DTypeError,
  type FloatDType,
  grad,
  memory,
  OutOfMemoryError,
  type Tensor,
  tensor,
  zeros,
} from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import * as optim from "../../src/optim/mod.ts";
import { withLimit } from "../storage/limit.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

const x = tensor([[1, 2], [-0.5, 0.25], [0.75, -1]]);

/** A model with dyadic weights, of which float32 loses nothing. */
function makeModel(dtype: FloatDType = "float32"): nn.Sequential {
  const model = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2), new nn.Linear(2, 1));
  model.loadStateDict({
    "0.weight": tensor([[0.5, -0.25], [1.5, 0.75]]),
    "0.bias": tensor([0.125, -0.5]),
    "1.weight": tensor([1, 2]),
    "1.bias": tensor([0, 0.5]),
    "1.running_mean": tensor([0.25, 0.5]),
    "1.running_var": tensor([2, 1]),
    "1.num_batches_tracked": tensor(7, { dtype: "int32" }),
    "2.weight": tensor([[0.75, -1.25]]),
    "2.bias": tensor([0.5]),
  });
  return model.to(dtype);
}

/** The numbers of PyTorch 1.13 for it after `model.double()`. */
const PYTORCH_FORWARD = {
  y: [[-3.743772582049302], [1.5623755405841695], [1.8063970414651334]],
  gradient: [[-14.373997836610194, -28.816212489848084], [-2.8794354980410475, 5.780407947745558]],
  mean: [0.23854166666666668, 0.409375],
  variance: [1.8002278645833334, 0.90341015625],
};

/**
 * The weights of a linear layer after two steps in float32, `model.double()`,
 * `optimizer.load_state_dict(optimizer.state_dict())`, and two steps in float64.
 */
const PYTORCH_TRAINED = {
  weight: [[0.46501285955905913, 0.38042524280548096]],
  bias: [0.9617028887271881],
};

function near(x: Tensor, expected: number[] | number[][]): void {
  const values = expected.flat();
  assertEquals(x.dtype, "float64");
  assertStrictEquals(x.numel(), values.length);
  x.data.forEach((value, i) => {
    const error = Math.abs(value - values[i]) / Math.abs(values[i]);
    assert(error < 1e-14, `${value} is not ${values[i]}`);
  });
}

const dtypesOf = (model: nn.Module) => [...model.stateDict().values()].map(({ dtype }) => dtype);
const valuesOf = (model: nn.Module) => [...model.stateDict().values()].map((x) => x.toArray());

function train(model: nn.Layer, optimizer: optim.Optimizer, input: Tensor, steps: number): void {
  for (let i = 0; i < steps; i++) {
    optimizer.step(() => {
      optimizer.zeroGrad();
      const loss = model(input).sub(1).square().mean();
      loss.backward();
      return loss;
    });
  }
}

test("a module is converted in place, and back without loss; integers stay", () => {
  const model = makeModel();
  const parameters = [...model.parameters()];
  const [, , count] = model.buffers();
  const before = valuesOf(model);
  assertStrictEquals(model.double(), model);
  assertEquals(dtypesOf(model), [
    ...new Array(6).fill("float64"),
    "int32",
    ...new Array(2).fill("float64"),
  ]);
  assertSame(valuesOf(model), before);
  [...model.parameters()].forEach((parameter, i) => assertStrictEquals(parameter, parameters[i]));
  assertStrictEquals([...model.buffers()][2], count);
  assertEquals(count.item(), 7);
  model.float();
  assertEquals([...new Set(dtypesOf(model))], ["float32", "int32"]);
  assertEquals(valuesOf(model), before);
});

test("what already has the dtype is not touched", () => {
  const model = makeModel();
  const state = model.stateDict();
  const { storages } = memory.stats();
  model.to("float32");
  assertStrictEquals(memory.stats().storages, storages);
  state.get("0.bias")!.fill_(3);
  assertEquals([...model.parameters()][1].toArray(), [3, 3]);
});

test("a model computes in float64 as PyTorch does after model.double()", () => {
  const model = makeModel().double();
  const input = x.to("float64").mul(0.1);
  const y = model(input);
  assertEquals(y.dtype, "float64");
  y.square().sum().backward();
  const parameters = [...model.parameters()];
  const expected = PYTORCH_FORWARD;
  near(y, expected.y);
  near(parameters[0].grad!, expected.gradient);
  near([...model.buffers()][0], expected.mean);
  near([...model.buffers()][1], expected.variance);
});

test("an optimizer that was made before goes on as PyTorch's with a converted state", () => {
  const model = new nn.Linear(2, 1);
  model.loadStateDict({ weight: tensor([[0.5, -0.25]]), bias: tensor([0.125]) });
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.125, momentum: 0.5 });
  train(model, optimizer, tensor([[1, 2], [-0.5, 0.25]]), 2);
  model.double();
  train(model, optimizer, tensor([[0.1, 0.2], [-0.3, 0.7]], { dtype: "float64" }), 2);
  near(model.weight, PYTORCH_TRAINED.weight);
  near(model.bias!, PYTORCH_TRAINED.bias);
});

const KINDS: readonly (readonly [string, (model: nn.Module) => optim.Optimizer])[] = [
  ["SGD", (m) => new optim.SGD(m.parameters(), { lr: 0.1, momentum: 0.9 })],
  ["Adam", (m) => new optim.Adam(m.parameters(), { amsgrad: true })],
  ["AdamW", (m) => new optim.AdamW(m.parameters())],
  ["RMSprop", (m) => new optim.RMSprop(m.parameters(), { momentum: 0.9, centered: true })],
  ["Adagrad", (m) => new optim.Adagrad(m.parameters(), { lr: 0.1 })],
  ["LBFGS", (m) => new optim.LBFGS(m.parameters(), { lr: 0.1, maxIter: 3 })],
];

for (const [name, make] of KINDS) {
  for (const [from, to] of [["float32", "float64"], ["float64", "float32"]] as const) {
    test(`${name} goes on from ${from} in ${to} as one that was made there and loaded`, () => {
      const model = makeModel(from);
      const optimizer = make(model);
      train(model, optimizer, x.to(from), 2);

      const other = makeModel(to);
      other.loadStateDict(model.stateDict());
      const resumed = make(other);
      resumed.loadStateDict(optimizer.stateDict());

      model.to(to);
      train(model, optimizer, x.to(to), 2);
      train(other, resumed, x.to(to), 2);
      assertEquals(valuesOf(model), valuesOf(other));
      assertNotEquals(valuesOf(model), valuesOf(makeModel()));
      const remembered = Object.values(optimizer.stateDict().state)
        .flatMap((entry) => Object.values(entry))
        .filter((value) => typeof value === "object")
        .map((value) => value!.dtype);
      assertEquals([...new Set(remembered)], [to]);
    });
  }
}

test("gradients are converted and added to; hooks and frozen parameters stay what they were", () => {
  const layer = new nn.Linear(2, 1);
  layer.bias!.requiresGrad_(false);
  const seen: string[] = [];
  layer.weight.registerHook((gradient) => void seen.push(gradient.dtype));
  layer(tensor([[1, 2]])).sum().backward();
  const float = layer.weight.grad!.retain();
  layer.double();
  assertEquals(layer.weight.grad!.dtype, "float64");
  assertEquals(layer.weight.grad!.toArray(), [[1, 2]]);
  assertEquals(float.dtype, "float32");
  assertEquals(float.toArray(), [[1, 2]]);
  layer(tensor([[10, 20]], { dtype: "float64" })).sum().backward();
  assertEquals(layer.weight.grad!.toArray(), [[11, 22]]);
  assertEquals([layer.weight.requiresGrad, layer.bias!.requiresGrad], [true, false]);
  assertEquals(layer.bias!.grad, null);
  assertEquals(seen, ["float32", "float64"]);
  layer.zeroGrad();
  assertEquals(layer.weight.grad, null);
});

test("tied weights are converted once, and stay tied", () => {
  class Tied extends nn.Module {
    encoder = new nn.Linear(3, 2, { bias: false });
    decoder = new nn.Linear(3, 2, { bias: false });
    constructor() {
      super();
      this.decoder.weight = this.encoder.weight;
    }
    override forward(x: Tensor): Tensor {
      return this.encoder(x).matmul(this.decoder.weight);
    }
  }
  const model = new Tied();
  nn.init.ones_(model.encoder.weight);
  const { storages } = memory.stats();
  model.double();
  assertStrictEquals(memory.stats().storages, storages + 1);
  assertStrictEquals(model.encoder.weight, model.decoder.weight);
  const state = model.stateDict();
  assertEquals([...state.keys()], ["encoder.weight", "decoder.weight"]);
  assertEquals([...state.values()].map(({ dtype }) => dtype), ["float64", "float64"]);
  model(tensor([[1, 2, 3]], { dtype: "float64" })).sum().backward();
  // ∂/∂W Σ (x Wᵀ W) for ones: 3 x + Σ x
  assertEquals(model.encoder.weight.grad!.toArray(), [[9, 12, 15], [9, 12, 15]]);
});

test("a state dict from before keeps its elements, and can be loaded again", () => {
  const layer = new nn.Linear(1, 1, { bias: false });
  nn.init.constant_(layer.weight, 0.1);
  const state = layer.stateDict();
  layer.double();
  nn.init.constant_(layer.weight, 5);
  assertEquals(state.get("weight")!.dtype, "float32");
  assertStrictEquals(state.get("weight")!.item(), Math.fround(0.1));
  layer.loadStateDict(state);
  assertEquals(layer.weight.dtype, "float64");
  assertStrictEquals(layer.weight.item(), Math.fround(0.1));
});

test("the gradient of a graph from before arrives in the new dtype", () => {
  for (const createGraph of [false, true]) {
    const layer = new nn.Linear(2, 1);
    const loss = layer(tensor([[3, 4]])).square().sum();
    const y = layer(tensor([[3, 4]])).item();
    layer.double();
    const [weight] = grad(loss, [layer.weight], { retainGraph: true, createGraph });
    assertEquals(weight!.dtype, "float64");
    assertEquals(weight!.toArray(), [[6 * y, 8 * y].map(Math.fround)]);
    loss.backward({ createGraph });
    assertEquals(layer.weight.grad!.dtype, "float64");
    assertEquals(layer.weight.grad!.toArray(), weight!.toArray());
    assertEquals(layer.bias!.grad!.dtype, "float64");
    assertStrictEquals(layer.bias!.grad!.item(), 2 * y);
  }
});

test("where memory is full, nothing is converted", () => {
  const model = new nn.Sequential(new nn.Linear(1, 2), new nn.Linear(1000, 10, { bias: false }));
  const before = valuesOf(model);
  withLimit(60_000, () => assertThrows(() => model.double(), OutOfMemoryError));
  assertEquals([...new Set(dtypesOf(model))], ["float32"]);
  assertEquals(valuesOf(model), before);
  assertEquals([...new Set(dtypesOf(model.double()))], ["float64"]);
});

test("dtypes in which nothing learns are refused, and so are devices", () => {
  const model = new nn.Linear(2, 2);
  for (const name of ["int32", "bool", "float16", "cuda", "toString", undefined]) {
    assertThrowsMessage(
      () => model.to(name as FloatDType),
      DTypeError,
      `Cannot convert Linear to ${name}: modules compute in "float32" or "float64", and there ` +
        `are no devices to move them to`,
    );
  }
  assertEquals(model.weight.dtype, "float32");
});

test("an input that was not converted is refused, saying how to", () => {
  assertThrowsMessage(
    () => new nn.Linear(2, 2).double()(zeros([1, 2])),
    Error,
    'Cannot linear float32 with float64: convert one with .to("float64")',
  );
  assertThrowsMessage(
    () => new nn.Conv2d(1, 1, 1)(zeros([1, 1, 1, 1], { dtype: "int32" })),
    Error,
    'Cannot conv2d int32 with a float32 weight: convert one with .to("float32")',
  );
});
