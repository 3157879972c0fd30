import assert from "node:assert/strict";
import { test } from "node:test";
import { ShapeError, tensor, ValueError, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";

function makeModel(): nn.Sequential {
  return new nn.Sequential(new nn.Linear(2, 3), new nn.Tanh(), new nn.Linear(3, 1));
}

test("parameters become one vector, and a vector parameters, without loss", () => {
  const [model, copy] = [makeModel(), makeModel()];
  const vector = nn.parametersToVector(model.parameters());
  assert.deepEqual(vector.shape, [2 * 3 + 3 + 3 + 1]);
  nn.vectorToParameters(vector, copy.parameters());
  for (const [name, value] of model.stateDict()) {
    assert.deepEqual(copy.stateDict().get(name)!.toArray(), value.toArray());
  }
  const x = tensor([[1, -2]]);
  assert.deepEqual(copy(x).toArray(), model(x).toArray());
  assert.ok([...copy.parameters()].every(({ requiresGrad, isLeaf }) => requiresGrad && isLeaf));
});

test("the vector is a copy with gradients", () => {
  const layer = new nn.Linear(2, 1);
  const vector = nn.parametersToVector(layer.parameters());
  nn.init.zeros_(layer.weight);
  assert.notDeepEqual(vector.at([0, 2]).toArray(), [0, 0]);
  vector.mul(tensor([1, 2, 3])).sum().backward();
  assert.deepEqual(layer.weight.grad!.toArray(), [[1, 2]]);
  assert.deepEqual(layer.bias!.grad!.toArray(), [3]);
});

test("vectors that do not fit are refused, and nothing is written", () => {
  const layer = new nn.Linear(2, 1);
  const before = layer.weight.toArray();
  for (const wrong of [zeros([2]), zeros([4]), zeros([3, 1])]) {
    assert.throws(() => nn.vectorToParameters(wrong, layer.parameters()), {
      name: ShapeError.name,
      message: `Cannot write shape [${wrong.shape.join(", ")}] into parameters of 3 elements: it ` +
        `must be [3]`,
    });
  }
  assert.deepEqual(layer.weight.toArray(), before);
  const walked = layer.parameters();
  assert.equal([...walked].length, 2);
  assert.throws(() => nn.parametersToVector(walked), {
    name: ValueError.name,
    message:
      "Cannot make a vector of no parameters: pass model.parameters(), which can be walked " +
      "only once",
  });
});
