import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { tensor } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";

const { functional: F } = nn;

test("certainty that is wrong costs 100 and pulls with a finite force", () => {
  const p = tensor([0, 1], { requiresGrad: true });
  const target = tensor([1, 0], { requiresGrad: true });
  const loss = F.binaryCrossEntropy(p, target, { reduction: "sum" });
  loss.backward();
  assertEquals([loss.item(), target.grad!.toArray()], [200, [100, -100]]);
  const [up, down] = p.grad!.toArray() as number[];
  assert(Math.abs(up + 1e12) < 1e6 && Math.abs(down - 1e12) < 1e6, `${up}, ${down}`);
});

test("what has probability 0 costs nothing, even where it was held to be impossible", () => {
  const x = tensor([0, -Infinity]);
  assertStrictEquals(F.klDiv(x, tensor([1, 0]), { reduction: "sum" }).item(), 0);
  const logTarget = true;
  assertStrictEquals(F.klDiv(x, x, { reduction: "sum", logTarget }).item() || 0, 0);
  assert(Number.isNaN(F.klDiv(tensor([0]), tensor([-1])).item()));
});
