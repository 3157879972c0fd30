/** Parameters by name, and axes cut apart: layers that compute nothing. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ShapeError, tensor, ValueError, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";

const make = () =>
  new nn.ParameterDict({ left: new nn.Parameter(zeros([2])), right: new nn.Parameter(zeros([3])) });

test("a ParameterDict holds parameters by name, as part of a module", () => {
  class Net extends nn.Module {
    scales = make();
    override forward(): number {
      return this.scales.get("right").size;
    }
  }
  const net = new Net();
  assert.equal(net(), 3);
  assert.deepEqual([...net.stateDict().keys()], ["scales.left", "scales.right"]);
  assert.deepEqual([...net.parameters()].length, 2);
  net.loadStateDict({ "scales.left": tensor([1, 2]), "scales.right": tensor([3, 4, 5]) });
  assert.deepEqual(net.scales.get("left").toArray(), [1, 2]);
});

test("entries are set, replaced, listed and removed", () => {
  const dict = make();
  dict.set("left", new nn.Parameter(zeros([7]))).set("middle", new nn.Parameter(zeros([1])));
  assert.deepEqual(dict.keys(), ["left", "right", "middle"]);
  assert.deepEqual([...dict].map(([name, p]) => [name, p.size]), [
    ["left", 7],
    ["right", 3],
    ["middle", 1],
  ]);
  assert.deepEqual([dict.delete("left"), dict.delete("left"), dict.delete("keys")], [
    true,
    false,
    false,
  ]);
  assert.deepEqual([dict.size, dict.has("left"), dict.has("size")], [2, false, false]);
  assert.equal(new nn.ParameterDict().size, 0);
});

test("misuse of a ParameterDict is refused", () => {
  const dict = make();
  assert.throws(() => dict.get("up"), {
    name: ValueError.name,
    message: 'Cannot get parameter "up" of a ParameterDict: it has "left", "right"',
  });
  for (const name of ["", "a.b", "forward"]) {
    assert.throws(() => dict.set(name, new nn.Parameter(zeros([1]))), {
      name: ValueError.name,
      message:
        `Cannot set parameter "${name}" of a ParameterDict: the name must not be empty, have ` +
        'dots, or be one of a module\'s own, such as "forward"',
    });
  }
  assert.throws(() => dict.set("up", zeros([1]) as nn.Parameter), {
    name: "TypeError",
    message: 'Cannot set "up" of a ParameterDict to a value of type object: it holds parameters, ' +
      "such as new Parameter(zeros([3]))",
  });
  assert.throws(() => dict.forward(...[] as never), {
    message: "Cannot call a ParameterDict: it only holds parameters; use its entries",
  });
});

test("Unflatten cuts an axis, and refuses sizes that do not fit", () => {
  const layer = new nn.Unflatten(-1, [2, -1]);
  assert.deepEqual(layer(tensor([[1, 2, 3, 4]])).toArray(), [[[1, 2], [3, 4]]]);
  assert.equal(`${layer}`, "Unflatten(-1, [2, -1])");
  assert.throws(() => new nn.Unflatten(1, [2, 3])(zeros([4, 5])), {
    name: ShapeError.name,
    message: "Cannot reshape [5] to [2, 3]: 5 elements do not make 6",
  });
});
