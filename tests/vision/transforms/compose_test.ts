import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { randint, ShapeError, type Tensor, tensor, zeros } from "../../../mod.ts";
import { kernelNames, setKernels } from "../../support/kernels.ts";
import { transforms } from "../../../vision/mod.ts";
import { assertSame } from "../../support/assert.ts";

const { Compose, Flatten, Lambda, Normalize, ToTensor } = transforms;

const bytes = (shape: number[]): Tensor => randint(0, 256, { shape, dtype: "uint8" });

function assertClose(actual: Tensor, expected: Tensor, tolerance = 2e-6): void {
  assertEquals(actual.shape, expected.shape);
  assertStrictEquals(actual.dtype, expected.dtype);
  const far = actual.sub(expected).abs().max().item();
  assert(far <= tolerance, `${far} apart`);
}

const pipelines: [string, transforms.Transform[], number[]][] = [
  ["gray", [new ToTensor(), new Normalize(0.1307, 0.3081)], [28, 28]],
  ["gray to vectors", [new ToTensor(), new Normalize([0.5], [0.25]), new Flatten()], [7, 5]],
  ["two normalizations", [new ToTensor(), new Normalize(1, 2), new Normalize(3, 4)], [3, 3]],
  [
    "colours",
    [new ToTensor(), new Normalize([0.1, 0.2, 0.3], [1, 2, 4]), new Flatten()],
    [4, 6, 3],
  ],
  ["a stranger between", [
    new ToTensor(),
    new Lambda((x) => x.mul(x)),
    new Normalize(0.5, 0.5),
    new Flatten(),
  ], [4, 4]],
  ["one in the other", [
    new Compose([new ToTensor(), new Normalize(0.5, 0.5)]),
    new Compose([new Normalize(2, 3), new Flatten()]),
  ], [4, 4]],
  ["nothing", [], [4, 4]],
];

test("fused transforms equal one after the other, for a sample, a batch and rows", () => {
  for (const name of kernelNames()) {
    setKernels(name);
    for (const [, list, shape] of pipelines) {
      const data = bytes([6, ...shape]);
      const fused = new Compose(list);
      const one = (x: Tensor): Tensor => list.reduce((y, transform) => transform(y), x);
      const all = (x: Tensor): Tensor => list.reduce((y, t) => t.forwardBatch(y), x);
      assertClose(fused(data.at(2)), one(data.at(2)));
      assertClose(fused.forwardBatch(data), all(data));
      const rows = Int32Array.of(5, 0, 5);
      assertClose(fused.forwardSamples(data, rows), all(data.indexSelect(0, tensor(rows))));
    }
  }
  setKernels(kernelNames()[0]);
});

test("a sample has the same bits alone and in a batch", () => {
  for (const [name, list, shape] of pipelines) {
    const data = bytes([5, ...shape]);
    const transform = new Compose(list);
    const batch = transform.forwardBatch(data);
    const rows = transform.forwardSamples(data, Int32Array.of(0, 1, 2, 3, 4));
    assertSame(rows.data, batch.data, name);
    for (let i = 0; i < 5; i++) {
      assertSame(transform(data.at(i)).data, batch.at(i).data, name);
    }
  }
});

test("neighbours are one affine form where they can be", () => {
  const kind = { shape: [28, 28], dtype: "uint8" } as const;
  const form = new Compose([new ToTensor(), new Normalize(0.5, 0.25), new Flatten()]).affine(kind)!;
  assertEquals(form, { offset: [127.5], divisor: [63.75], shape: [784], dtype: "float32" });
  assertEquals(new Compose([new ToTensor(), new Lambda((x) => x)]).affine(kind), null);
  // Two and three channels cannot both be right; the second transform says so when it comes up.
  const two = new Compose([new Normalize([1, 2], [1, 1]), new Normalize([1, 2, 3], [1, 1, 1])]);
  assertThrows(() => two(zeros([2, 4, 4])), ShapeError);
});

test("plain functions are transforms of one sample", () => {
  const seen: number[][] = [];
  const transform = new Compose([new ToTensor(), (x: Tensor) => {
    seen.push([...x.shape]);
    return x.sum();
  }]);
  assertEquals(transform.forwardBatch(bytes([3, 2, 2])).shape, [3]);
  assertEquals(seen, [[1, 2, 2], [1, 2, 2], [1, 2, 2]]);
});

test("gradients flow through fused transforms", () => {
  const x = tensor([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], { requiresGrad: true });
  new Compose([new Normalize([1, 2], [2, 4]), new Flatten()])(x).sum().backward();
  assertEquals(x.grad!.toArray(), [[[0.5, 0.5], [0.5, 0.5]], [[0.25, 0.25], [0.25, 0.25]]]);
});
