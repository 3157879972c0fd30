/** `onStep` shows how gradients flow, and changes nothing. */

import { test } from "node:test";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  type BackwardStep,
  grad,
  GradientError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";

/** The step in plain values. */
function plain({ op, inputs, output, gradient, gradients }: BackwardStep): unknown[] {
  const value = (x: Tensor | number | null): unknown =>
    typeof x === "number" || x === null ? x : x.toArray();
  return [op, inputs.map(value), value(output), value(gradient), gradients.map(value)];
}

test("each step has the complete gradient, and those that leave in the shapes of the inputs", () => {
  const x = tensor([[1, 2], [3, 4]], { requiresGrad: true });
  const b = tensor([10, 20], { requiresGrad: true });
  const y = x.add(b);
  const steps: unknown[] = [];
  y.add(y.mul(2)).sum().backward({ onStep: (step) => steps.push(plain(step)) });
  const rows = (value: number) => [[value, value], [value, value]];
  assertEquals(steps, [
    ["sum", [[[33, 66], [39, 72]]], 210, 1, [rows(1)]],
    ["add", [[[11, 22], [13, 24]], [[22, 44], [26, 48]]], [[33, 66], [39, 72]], rows(1), [
      rows(1),
      rows(1),
    ]],
    ["mul", [[[11, 22], [13, 24]], 2], [[22, 44], [26, 48]], rows(1), [rows(2), null]],
    ["add", [[[1, 2], [3, 4]], [10, 20]], [[11, 22], [13, 24]], rows(3), [rows(3), [6, 6]]],
  ]);
  assertEquals(b.grad!.toArray(), [6, 6]);
});

test("gradients that were kept stay as they are", () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const kept: BackwardStep[] = [];
  for (let i = 0; i < 3; i++) {
    x.square().sum().backward({ onStep: (step) => kept.push(step) });
  }
  assertEquals(x.grad!.toArray(), [6, 12]);
  assertEquals(
    kept.filter(({ op }) => op === "square").map(({ gradients: [g] }) => g!.toArray()),
    [[2, 4], [2, 4], [2, 4]],
  );
});

test("a step with createGraph has gradients that can be differentiated", () => {
  const x = tensor(3, { requiresGrad: true });
  let slope: Tensor | null = null;
  x.pow(3).backward({ createGraph: true, onStep: ({ gradients }) => slope = gradients[0] });
  assertEquals(grad(slope!, x)[0]!.item(), 18);
});

test("grad() shows only the steps on the path to its inputs", () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const w = tensor([3, 4], { requiresGrad: true });
  const seen: string[] = [];
  const loss = x.exp().mul(w).sum();
  grad(loss, w, { onStep: ({ op, gradients }) => seen.push(`${op} ${gradients.map(Boolean)}`) });
  assertEquals(seen, ["sum true", "mul false,true"]);
});

test("an error in onStep leaves every gradient as it was", () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const fail = (): void => {
    throw new RangeError("enough");
  };
  assertThrows(() => x.square().sum().backward({ onStep: fail }), RangeError, "enough");
  assertStrictEquals(x.grad, null);
});

test("a write in onStep to what a later rule reads is found", () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const y = x.mul(1);
  const loss = y.square().sum();
  assertThrows(
    () => loss.backward({ onStep: () => void y.detach().add_(1) }),
    GradientError,
    "was overwritten in place",
  );
});

test("onStep must be a function", () => {
  const x = zeros([2], { requiresGrad: true });
  const onStep = "log" as unknown as () => void;
  const message = "with onStep of type string: pass a function";
  assertThrows(() => x.sum().backward({ onStep }), ValueError, `Cannot call backward() ${message}`);
  assertThrows(() => grad(x.sum(), x, { onStep }), ValueError, `Cannot call grad() ${message}`);
});
