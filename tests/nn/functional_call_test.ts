import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { grad, noGrad, randn, ShapeError, type Tensor, tensor, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";

const x = randn([4, 3], { dtype: "float64" });

function modelOf() {
  return new nn.Sequential(new nn.Linear(3, 5), new nn.Tanh(), new nn.Linear(5, 2)).double();
}

/** Copies of the parameters, as leaves of their own. */
function leavesOf(model: nn.Module): Record<string, Tensor> {
  return Object.fromEntries(
    [...model.namedParameters()].map(([name, p]) => [name, p.detach().clone().requiresGrad_()]),
  );
}

test("the result and its gradients are those of a model with the given parameters", () => {
  const [model, other] = [modelOf(), modelOf()];
  const params = leavesOf(other);
  const y = nn.functionalCall(model, params, [x]);
  assertEquals(y.toArray(), other(x).toArray());
  y.square().sum().backward();
  other(x).square().sum().backward();
  for (const [name, p] of other.namedParameters()) {
    assertEquals(params[name].grad!.toArray(), p.grad!.toArray(), name);
  }
  for (const p of model.parameters()) assert(p.grad === null && p.isLeaf && p.requiresGrad);
  model(x).sum().backward();
  assert([...model.parameters()].every((p) => p.grad !== null));
});

test("gradients flow through a step of learning, as in MAML", () => {
  const model = modelOf();
  const names = [...model.namedParameters()].map(([name]) => name);
  const adapted = (...start: Tensor[]) => {
    const params = Object.fromEntries(names.map((name, i) => [name, start[i]]));
    const loss = nn.functionalCall(model, params, [x]).square().mean();
    const steps = grad(loss, start, { createGraph: true });
    const next = Object.fromEntries(
      names.map((name, i) => [name, start[i].sub(steps[i]!.mul(0.1))]),
    );
    return nn.functionalCall(model, next, [x]).square().mean();
  };
  const leaves = Object.values(leavesOf(model));
  const gradients = grad(adapted(...leaves), leaves);
  leaves.forEach((leaf, i) => {
    const original = leaf.data[0];
    const [up, down] = [1e-5, -1e-5].map((step) => {
      noGrad(() => leaf.view(-1).set([0], original + step));
      return adapted(...leaves).item();
    });
    noGrad(() => leaf.view(-1).set([0], original));
    const numeric = (up - down) / 2e-5;
    assert(Math.abs(gradients[i]!.data[0] - numeric) < 1e-8, names[i]);
  });
});

test("what is not given is the module's own, and buffers that are given are written", () => {
  const model = new nn.BatchNorm1d(3);
  const mean = zeros([3]);
  const weight = tensor([1, 2, 3]);
  const input = randn([8, 3]).add(5);
  const y = nn.functionalCall(model, { running_mean: mean, weight }, [input]);
  assert(mean.min().item() > 0.2);
  assertEquals(model.running_mean!.toArray(), [0, 0, 0]);
  y.sum().backward(); // to the bias of the module
  assert(model.bias!.grad !== null && model.weight!.grad === null);
  assertEquals(noGrad(() => nn.functionalCall(model, { weight }, [input])).requiresGrad, false);
});

test("shared parameters are one, and a failed call leaves the module as it was", () => {
  class Tied extends nn.Module {
    a = new nn.Linear(2, 2, { bias: false });
    w = this.a.weight;
    override forward(x: Tensor): Tensor {
      return this.a(x).matmul(this.w);
    }
  }
  const model = new Tied();
  const w = tensor([[1, 2], [3, 4]]);
  assertEquals(nn.functionalCall(model, { w }, [tensor([[1, 0]])]).toArray(), [[10, 14]]);
  assertThrows(
    () => nn.functionalCall(model, { w, "a.weight": w.clone() }, [zeros([1, 2])]),
    Error,
    '"a.weight" and "w" are one tensor of the module, but two here',
  );
  const before = model.w.toArray();
  assertThrows(() => nn.functionalCall(model, { w }, [zeros([1, 3])]), ShapeError);
  assertEquals(model.w.toArray(), before);
  assert(model.w.requiresGrad && model.w.isLeaf);
});

test("names and shapes that do not fit are refused", () => {
  const model = new nn.Linear(2, 1);
  const call = (state: Record<string, Tensor>, strict = false) => () =>
    nn.functionalCall(model, state, [zeros([2])], { strict });
  assertThrows(call({ wieght: zeros([1, 2]) }), Error, 'unexpected "wieght"');
  assertThrows(call({ weight: zeros([2]) }), Error, '"weight" is [2], expected [1, 2]');
  assertThrows(call({ weight: zeros([1, 2]) }, true), Error, 'missing "bias"');
});
