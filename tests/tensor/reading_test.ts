import { test } from "node:test";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { arange, eye, full, ShapeError, tensor, ValueError, zeros } from "../../mod.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

test("item, toArray and data read any layout", () => {
  const x = tensor([[1, 2, 3], [4, 5, 6]]);
  assertEquals(x.at(1, 2).item(), 6);
  assertEquals(x.T.at([2], [1]).item(), 6);
  assertEquals(tensor([[true]]).item(), 1);
  assertEquals(x.T.toArray(), [[1, 4], [2, 5], [3, 6]]);
  assertEquals(x.at(":", [null, null, -2]).data, new Float32Array([3, 1, 6, 4]));
  assertEquals(x.at(0).expand(2, 3).data, new Float32Array([1, 2, 3, 1, 2, 3]));
  assertEquals(tensor([1], { dtype: "uint8" }).data, new Uint8Array([1]));
  assertEquals(zeros([2, 0]).toArray(), [[], []]);
  for (const shape of [[2], [0], [1, 2]]) {
    assertThrowsMessage(() => zeros(shape).item(), ShapeError, /^Cannot take the item of shape \[/);
  }
});

test("operators take the number of a single element, and refuse more elements", () => {
  // Programs without types do this.
  const number = (x: unknown): number => x as number;
  const loss = tensor([0.25], { requiresGrad: true });
  assertEquals(number(loss) < 0.5, true);
  assertEquals(number(loss) > 0.5, false);
  assertEquals(number(loss) * 4, 1);
  assertEquals(Math.max(number(loss), 0.125), 0.25);
  assertEquals(`${tensor(2)}, ${tensor([1, 2])}`, "tensor(2), tensor([1, 2])");
  for (const shape of [[2], [0], [2, 3]]) {
    const x = number(zeros(shape));
    const message =
      `Cannot use shape [${shape.join(", ")}] as a number: use methods such as add(), ` +
      `mul() and lt(), or item() of one element`;
    for (const use of [() => x * 2, () => x < 1, () => -x, () => Math.abs(x)]) {
      assertThrowsMessage(use, ShapeError, message);
    }
  }
});

test("data is a copy: writing to it changes nothing", () => {
  const x = tensor([1, 2]);
  x.data[0] = 9;
  assertEquals(x.toArray(), [1, 2]);
});

test("iteration gives the entries of the first axis", () => {
  const rows = [...tensor([[1, 2], [3, 4]])].map((row) => row.toArray());
  assertEquals(rows, [[1, 2], [3, 4]]);
  const [a, b] = tensor([7, 8]);
  assertEquals([a.item(), b.item()], [7, 8]);
  assertStrictEquals([...zeros([0, 2])].length, 0);
  assertThrows(() => [...tensor(1)], ShapeError);
});

test("argmax and argmin take the first of equal elements", () => {
  const x = tensor([[1, 3, 3], [2, 2, 0]]);
  assertSame(x.argmax(1).toArray(), [1, 0]);
  assertSame(x.argmin({ axis: 0, keepDims: true }).toArray(), [[0, 1, 1]]);
  assertEquals([x.argmax().item(), x.argmin().item(), x.T.argmax().item()], [1, 5, 2]);
  assertEquals(x.argmax({ keepDims: true }).toArray(), [[1]]);
  assertSame(tensor([-Infinity, -Infinity]).argmax(0).item(), 0);
  assertEquals(tensor([true, false]).argmin().item(), 1);
  // argmax does not retain the tensor: the rules may still free it.
  assertEquals(x.array.storage.retained, false);
});

test("reductions over several axes, kept or not", () => {
  const x = arange(24).reshape(2, 3, 4);
  assertEquals(x.sum().item(), 276);
  assertEquals(x.sum([0, 2]).toArray(), [60, 92, 124]);
  assertEquals(x.sum({ axis: [0, -1], keepDims: true }).toArray(), [[[60], [92], [124]]]);
  assertEquals(x.mean(1).toArray(), [[4, 5, 6, 7], [16, 17, 18, 19]]);
  assertEquals(x.max({ axis: 1, keepDims: true }).values.shape, [2, 1, 4]);
  assertEquals(x.T.amax([1, 2]).toArray(), [20, 21, 22, 23]);
  assertEquals(tensor([1, 2, 3, 4]).var().item(), Math.fround(5 / 3));
  assertEquals(tensor([1, 3]).std({ correction: 0 }).item(), 1);
  assertThrows(() => x.var({ correction: -1 }), Error, "correction -1: it must be ≥ 0");
});

const printed: readonly (readonly [string, () => unknown, string])[] = [
  ["scalar", () => tensor(2.5), "tensor(2.5000)"],
  ["integers", () => tensor([[1, 20], [-3, 4]]), "tensor([[ 1, 20],\n        [-3,  4]])"],
  ["int32", () => tensor([1, 2], { dtype: "int32" }), "tensor([1, 2], dtype: int32)"],
  ["bool", () => tensor([true, false]), "tensor([ true, false])"],
  ["fractions", () => tensor([0.5, -1.25]), "tensor([ 0.5000, -1.2500])"],
  ["special", () => tensor([NaN, Infinity, 1]), "tensor([     NaN, Infinity,        1])"],
  ["negative zero", () => tensor([-0, 1]), "tensor([-0,  1])"],
  ["powers", () => tensor([1e-8, 1]), "tensor([1.0000e-8, 1.0000e+0])"],
  ["empty", () => zeros([0]), "tensor([])"],
  ["empty matrix", () => zeros([0, 3]), "tensor([], shape: [0, 3])"],
  [
    "leaf",
    () => tensor([1], { dtype: "float64", requiresGrad: true }),
    "tensor([1], dtype: float64, requiresGrad: true)",
  ],
  [
    "three axes",
    () => arange(8).reshape(2, 2, 2),
    "tensor([[[0, 1],\n         [2, 3]],\n\n        [[4, 5],\n         [6, 7]]])",
  ],
  ["view", () => eye(2).at([null, null, -1]), "tensor([[0, 1],\n        [1, 0]])"],
  ["long", () => arange(2000), "tensor([   0,    1,    2, ..., 1997, 1998, 1999])"],
  [
    "wide",
    () => full([30], 7),
    `tensor([${Array(24).fill("7").join(", ")},\n        ${Array(6).fill("7").join(", ")}])`,
  ],
];

for (const [name, make, text] of printed) {
  test(`printing: ${name}`, () => assertEquals(String(make()), text));
}

test("console.log shows the text", () => {
  const x = tensor([1, 2]) as unknown as Record<symbol, () => unknown>;
  assertEquals(x[Symbol.for("nodejs.util.inspect.custom")](), "tensor([1, 2])");
  assertEquals(x[Symbol.for("Deno.customInspect")](), "tensor([1, 2])");
});

test("operators that would concatenate text are refused", () => {
  const x: unknown = tensor(2);
  const uses: (() => unknown)[] = [
    () => (0 as unknown as string) + x,
    () => (x as string) + x,
    () => x == 2,
    () => (x as string) + "",
  ];
  for (const use of uses) {
    assertThrowsMessage(
      use,
      ValueError,
      "Cannot use + or == on a tensor: JavaScript would join or compare texts; use add() " +
        "and eq(), or item() for the number",
    );
  }
  assertEquals(Number(x), 2);
  assertEquals(String(x), "tensor(2)");
  assertEquals((x as number) < 3, true);
  assertEquals((x as number) * 3, 6);
});
