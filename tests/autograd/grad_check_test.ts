import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  DTypeError,
  gradCheck,
  GradientError,
  noGrad,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
} from "../../mod.ts";
import { arena } from "../../src/storage/arena.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { withLimit } from "../storage/limit.ts";
import { assertThrowsMessage } from "../support/assert.ts";

const ROOM = 2 ** 20;

function leaf(values: number[]): Tensor {
  return tensor(values, { dtype: "float64", requiresGrad: true });
}

/** Returns `x`, with a gradient that is `factor` times too large. */
function withWrongGradient(x: Tensor, factor: number): Tensor {
  return x.mul(factor).sub(x.detach().mul(factor - 1));
}

test("correct gradients of first and second order pass, for several inputs and outputs", () => {
  const [x, y] = [leaf([0.3, -1.2, 2]), leaf([1.5, 0.7, -0.4])];
  const f = (x: Tensor, y: Tensor) => [x.mul(y).exp(), x.pow(3).sum(), y.tanh().reshape(3, 1)];
  assertEquals(gradCheck(f, [x, y], { secondOrder: true }), true);
});

test("an error of a millionth in one element of a gradient is found", () => {
  const x = leaf([0.3, -1.2, 2]);
  const f = (factor: number) => (x: Tensor) => {
    const [a, b, c] = x.exp().split(1);
    return [a, b, withWrongGradient(c, factor)];
  };
  assertThrowsMessage(
    () => gradCheck(f(1 + 3e-6), [x]),
    GradientError,
    /^Cannot confirm the gradient for input 0 at \[2\]: analytic \d.*numeric \d/,
  );
  assert(gradCheck(f(1 + 1e-8), [x]));
});

test("errors below the relative and absolute tolerance pass", () => {
  assert(gradCheck((x) => withWrongGradient(x.exp(), 1 + 5e-7), [leaf([0.3])]));
  const off = (x: Tensor) => x.sub(x.detach()).mul(5e-9);
  assert(gradCheck(off, [leaf([0.3])]));
});

test("a wrong second derivative is found although the first is right", () => {
  const x = leaf([0.3, -1.2]);
  // Its value is x², its gradient 2x as a constant, and so its second derivative 0.
  const f = (x: Tensor) => x.detach().mul(x).mul(2).sub(x.detach().square());
  assert(gradCheck(f, [x]));
  assertThrowsMessage(
    () => gradCheck(f, [x], { secondOrder: true }),
    Error,
    /Cannot confirm the second derivative for input 0 at \[0\]: analytic 0, numeric \d/,
  );
});

test("an output without a graph fails if it depends on the input, and passes if not", () => {
  const x = leaf([0.3, 1.7]);
  assertThrows(() => gradCheck((x) => x.detach().exp(), [x]), GradientError);
  assert(gradCheck((x) => [x.exp(), x.floor(), tensor([1], { dtype: "float64" })], [x]));
});

test("a gradient that is NaN does not pass", () => {
  assertThrows(() => gradCheck((x) => x.sub(1).abs().sqrt(), [leaf([1])]), GradientError);
});

test("inputs do not change, even after a failure, and the mode does not matter", () => {
  const x = leaf([0.1, 0.7, 1 / 3]);
  const before = x.data;
  assert(noGrad(() => gradCheck((x) => x.square(), [x])));
  assertThrows(() => gradCheck((x) => x.detach().square(), [x]));
  assertEquals(x.data, before);
  assertEquals(x.grad, null);
});

test("strided inputs are moved in place", () => {
  const base = tensor([[1, 2, 3], [4, 5, 6]], { dtype: "float64" });
  const x = base.T.at([null, null, -1], 1).requiresGrad_();
  assert(gradCheck((x) => x.log(), [x], { secondOrder: true }));
  assertEquals(base.toArray(), [[1, 2, 3], [4, 5, 6]]);
});

test("an error is found in each of many outputs", () => {
  const x = leaf([1]);
  const [outputs, error] = [60, 3e-8];
  for (let i = 0; i < outputs; i++) {
    const wrong = new Float64Array(outputs);
    wrong[i] = error;
    // Values of 0, and a gradient of 0 but for the i-th.
    const f = (x: Tensor) => x.sub(x.detach()).mul(tensor(wrong));
    assertThrows(() => gradCheck(f, [x]), GradientError, "", `output ${i}`);
  }
});

test("a check does not change the graphs of its inputs", () => {
  const x = leaf([0.3, 1.7]);
  const before = x.exp().sum();
  assert(gradCheck((x) => x.square(), [x], { secondOrder: true }));
  before.backward();
  assertEquals(x.grad!.data, x.exp().data);
});

test("a check finds room where its function has been", () => {
  const x = leaf([0.3, 1.7]);
  withLimit(ROOM, () => {
    let filling: Storage | null = null;
    assert(gradCheck((x) => {
      const y = x.square();
      if (filling !== null) arena.free(filling, "disposed");
      arena.begin();
      filling = arena.allocate(ROOM);
      return y;
    }, [x]));
    if (filling !== null) arena.free(filling, "disposed");
  });
});

test("exact gradients pass without any tolerance", () => {
  const x = leaf([1, -2]);
  assert(gradCheck((x) => x.mul(0), [x], { rtol: 0, atol: 0 }));
});

test("inputs that cannot be checked are refused", () => {
  const single = tensor([1], { requiresGrad: true });
  assertThrows(() => gradCheck((x) => x, [single]), DTypeError);
  assertThrows(() => gradCheck((x) => x, [leaf([1]).detach()]), GradientError);
  assertThrows(() => gradCheck((x) => x, [leaf([1]).mul(2)]), GradientError);
  assertThrows(() => gradCheck((x) => x.to("float32"), [leaf([1])]), DTypeError);
  assertThrows(() => gradCheck((x) => x, [leaf([1])], { eps: 0 }), ValueError);
  assert(gradCheck(
    (x) => x,
    [tensor([], { dtype: "float64" }).reshape(0, 1).expand(0, 2)].map((x) => x.requiresGrad_()),
  ));
  for (const times of [2, 3]) {
    const repeated = leaf([1]).detach().expand(times).requiresGrad_();
    assertThrows(() => gradCheck((x) => x, [repeated]), ShapeError);
  }
});

test("inputs move by up to three steps of 0.001 by default", () => {
  const reach = (options?: { eps: number }): number => {
    const x = leaf([0.5]);
    let most = 0;
    const f = (x: Tensor): Tensor => {
      most = Math.max(most, Math.abs(x.at(0).item() - 0.5));
      return x.square();
    };
    gradCheck(f, [x], options);
    return Number(most.toFixed(9));
  };
  assertEquals(reach(), 0.003);
  assertEquals(reach({ eps: 0.01 }), 0.03);
});

test("one tensor may be the gradient of several inputs", () => {
  const leaves = [leaf([0.3, -1.2]), leaf([1.5, 0.7])];
  assert(gradCheck((x, y) => x.add(y).tanh(), leaves, { secondOrder: true }));
});
