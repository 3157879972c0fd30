import { test } from "node:test";
import { assertEquals, assertStrictEquals, assertThrows, fail } from "@std/assert";
import { clearGradient } from "../../src/autograd/node.ts";
import { scope } from "../../src/tensor/scope.ts";
import { ReleasedError, type Tensor, tensor } from "../../mod.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

function leaf(values: number[]): Tensor {
  return tensor(values, { requiresGrad: true });
}

/** Frees the previous graph, whose own storages are readable until now. */
function anotherStep(): void {
  leaf([1]).mul(1).sum().backward();
}

function assertReleased(x: Tensor, message: string): void {
  for (const read of [() => x.toArray(), () => x.data, () => x.add(1), () => x.sum()]) {
    assertThrowsMessage(read, ReleasedError, message);
  }
}

test("what a graph owned is readable until the next graph is freed", () => {
  const x = leaf([-1, 2]);
  const h = x.relu();
  const loss = h.mul(3).sum();
  loss.backward();
  assertSame(h.toArray(), [0, 2]);
  anotherStep();
  assertReleased(
    h,
    "Cannot read the output of relu: its graph was freed by a later backward(); keep it with " +
      ".retain() or .detach(), or call backward({ retainGraph: true })",
  );
  assertEquals(loss.item(), 6);
  assertEquals(x.toArray(), [-1, 2]);
  assertSame(x.grad!.toArray(), [0, 3]);
});

test("retain(), detach(), hooks and retained graphs keep what they name", () => {
  const x = leaf([1, 2]);
  const [a, b, c] = [x.exp().retain(), x.exp(), x.exp()];
  const cut = b.detach();
  const kept: Tensor[] = [];
  c.registerHook((g) => void kept.push(g));
  const y = a.add(b).add(c).sum();
  y.backward({ retainGraph: true });
  anotherStep();
  const sums = [a, b, cut, c].map((t) => t.sum().item());
  y.backward();
  anotherStep();
  assertSame([a, b, cut].map((t) => t.sum().item()), sums.slice(0, 3));
  assertEquals(kept.map((g) => g.toArray()), [[1, 1], [1, 1]]);
  assertThrows(() => c.sum(), ReleasedError);
});

test("a view is as long-lived as what it shows, and as short-lived", () => {
  const x = leaf([1, 2, 3, 4]);
  const h = x.mul(2);
  const view = h.reshape(2, 2).T;
  view.sum().backward();
  assertEquals(view.toArray(), [[2, 6], [4, 8]]);
  anotherStep();
  assertThrows(() => view.toArray(), Error, "Cannot read the output of mul");
  const shown = x.reshape(2, 2);
  shown.sum().backward();
  anotherStep();
  assertEquals(shown.toArray(), [[1, 2], [3, 4]]);
});

test("an unused branch of a graph is not freed by the others", () => {
  const x = leaf([1, 2]);
  const unused = x.exp();
  x.mul(2).sum().backward();
  anotherStep();
  unused.sum().backward();
  assertEquals(x.grad!.data, unused.add(2).data);
});

test("a pass frees what was made in it and not returned", () => {
  const inside: Tensor[] = [];
  const x = tensor([1, 2]);
  const { result, list } = scope(() => {
    const h = x.mul(2);
    inside.push(h, h.reshape(2, 1));
    return { result: h.add(1), list: [h.neg()] };
  });
  assertEquals([result.toArray(), list[0].toArray()], [[3, 5], [-2, -4]]);
  for (const gone of inside) {
    assertReleased(
      gone,
      "Cannot read the output of mul: it was made inside a module call that has returned, and was " +
        "not part of a graph; return it from forward(), alone or in arrays, maps, sets and objects " +
        "(private fields cannot be seen), or keep it with .retain()",
    );
  }
  assertEquals(x.toArray(), [1, 2]);
});

test("a pass keeps what a recorded graph will read, and frees it with the graph", () => {
  const x = leaf([1, 2]);
  let inside!: Tensor;
  const loss = scope(() => {
    inside = x.exp();
    return inside.mul(2).sum();
  });
  assertStrictEquals(inside.numel(), inside.data.length);
  loss.backward();
  assertEquals(x.grad!.data, inside.mul(2).data);
  anotherStep();
  assertThrows(() => inside.data, Error, "its graph was freed by a later backward");
});

test("a pass that throws frees what it made; a view that is returned keeps its base", () => {
  let inside!: Tensor;
  assertThrows(
    () =>
      scope(() => {
        inside = tensor([1, 2]).mul(2);
        fail("stop");
      }),
    Error,
    "stop",
  );
  assertThrows(() => inside.data, ReleasedError);
  const view = scope(() => tensor([[1, 2], [3, 4]]).mul(2).at(1));
  assertEquals(view.toArray(), [6, 8]);
});

test("an emptied gradient says so; a retained or cloned one stays", () => {
  const x = leaf([1, 2]);
  x.mul(2).sum().backward();
  const [old, copy] = [x.grad!, x.grad!.clone()];
  clearGradient(x);
  assertEquals(x.grad, null);
  assertReleased(
    old,
    "Cannot read a gradient: zeroGrad() has emptied it; keep it with .retain() or .clone()",
  );
  assertEquals(copy.toArray(), [2, 2]);
  x.mul(3).sum().backward();
  const kept = x.grad!.retain();
  clearGradient(x);
  x.mul(4).sum().backward();
  assertEquals([kept.toArray(), x.grad!.toArray()], [[3, 3], [4, 4]]);
});

test("a disposed tensor says so, and prints without throwing", () => {
  const x = tensor([1, 2]);
  const gone = x.mul(2);
  assertEquals(gone.toArray(), [2, 4]);
  x.set([0], gone.at(1));
  gone[Symbol.dispose]();
  const y = x.mul(2);
  y[Symbol.dispose]();
  assertReleased(
    y,
    "Cannot read the output of mul: it was disposed; do not dispose what is still read",
  );
  const inspect = y[Symbol.for("nodejs.util.inspect.custom") as keyof Tensor] as () => string;
  assertEquals(inspect.call(y), "tensor(<freed>, shape: [2])");
});

test("freed memory is used again, and never seen through an old tensor", () => {
  const x = leaf([1, 2]);
  const h = x.mul(7);
  h.sum().backward();
  anotherStep();
  const others = Array.from({ length: 20 }, (_, i) => tensor([i, i]));
  assertThrows(() => h.toArray(), ReleasedError);
  others.forEach((t, i) => assertSame(t.toArray(), [i, i]));
});
