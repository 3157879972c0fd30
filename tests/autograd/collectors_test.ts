/** Whoever collects the gradients of leaves, as data-parallel training does, sees each when it is complete. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { grad, type Tensor, tensor } from "../../mod.ts";
import type { NDArray } from "../../src/storage/ndarray.ts";

/** Collects the gradients of tensors; `replace` may give others to accumulate. */
function collect(
  tensors: Readonly<Record<string, Tensor>>,
  replace: (name: string) => Tensor | void = () => {},
): string[] {
  const seen: string[] = [];
  for (const [name, x] of Object.entries(tensors)) {
    x.collector = {
      collect(gradient) {
        seen.push(`${name} ${gradient.values()}`);
        return () => {
          seen.push(`end ${name}`);
          return replace(name);
        };
      },
      checkComplete() {},
    };
  }
  return seen;
}

function leaf(value: number): Tensor {
  return tensor([value], { requiresGrad: true });
}

test("a gradient is collected once, when it is complete, and all are settled at the end", () => {
  const [x, w, v] = [leaf(1), leaf(2), leaf(3)];
  const z = x.mul(w).mul(v).add(v);
  const seen = collect({ x, v });
  w.registerHook(() => void seen.push("hook of w"));
  z.backward();
  assertEquals(seen, ["v 3", "x 6", "hook of w", "end v", "end x"]);
  assertEquals([x, w, v].map(({ grad }) => grad!.item()), [6, 3, 3]);
});

test("what a collector returns at the end is accumulated instead", () => {
  const [x, w] = [leaf(1), leaf(2)];
  const seen = collect({ x, w }, (name) => (name === "x" ? tensor([10]) : undefined));
  for (let pass = 0; pass < 2; pass++) x.mul(w).backward();
  assertEquals(seen.length, 8);
  assertEquals([x, w].map(({ grad }) => grad!.item()), [20, 2]);
});

test("a gradient that a collector replaces is freed", () => {
  const x = leaf(1);
  let replaced: NDArray | undefined;
  x.collector = {
    collect(gradient) {
      replaced = gradient;
      return () => tensor([10]);
    },
    checkComplete() {},
  };
  x.square().backward();
  assertEquals([x.grad!.item(), replaced!.storage.freedBy], [10, "temporary"]);
});

test("a collector gets what the hooks have made of a gradient", () => {
  const x = leaf(1);
  const seen = collect({ x });
  x.registerHook((g) => g.mul(5));
  x.square().backward();
  assertEquals(seen, ["x 10", "end x"]);
  assertEquals(x.grad!.item(), 10);
});

test("grad() asks no collector", () => {
  const x = leaf(3);
  const seen = collect({ x });
  assertEquals(grad(x.square().sum(), x)[0]!.item(), 6);
  assertEquals([seen, x.grad], [[], null]);
});

test("a leaf that was frozen after the forward is still collected, and gets no gradient", () => {
  const [x, w] = [leaf(3), leaf(2)];
  const y = x.mul(w);
  const seen = collect({ x, w });
  for (const each of [x, w]) each.requiresGrad_(false);
  w.collector = null;
  y.backward();
  assertEquals(seen, ["x 2", "end x"]);
  assertEquals([x.grad, w.grad], [null, null]);
});
