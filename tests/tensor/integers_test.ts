/**
 * Integers: totals, products and what is written are exact or refused; dtypes are PyTorch's.
 *
 * @module
 */

import {
  dot,
  type DType,
  DTypeError,
  einsum,
  outer,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";
import { kernelNames, setKernels } from "../support/kernels.ts";
import * as F from "../../src/nn/functional.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

const MOST = 2 ** 31 - 1;
const int = (values: number | number[] | number[][], dtype: DType = "int32"): Tensor =>
  tensor(values, { dtype });

/** Runs `body` on every backend. */
function onEach(name: string, body: () => void): void {
  for (const kernels of kernelNames()) {
    test(`${name}, with ${kernels} kernels`, () => {
      setKernels(kernels);
      try {
        body();
      } finally {
        setKernels(kernelNames()[0]);
      }
    });
  }
}

function refused(use: () => unknown, message: string): void {
  assertThrowsMessage(use, ValueError, message);
}

function misfit(action: string, value: number, dtype = "int32"): string {
  return `Cannot ${action} ${dtype}: the result ${value} does not fit ${dtype}; convert with ` +
    `.to("float64") first`;
}

onEach("totals of integers are exact or refused", () => {
  refused(() => int([MOST, 1]).sum(), misfit("sum", 2 ** 31));
  refused(() => int([-MOST, -2]).sum(), misfit("sum", -(2 ** 31) - 1));
  assertStrictEquals(int([MOST, 1, -1]).sum().item(), MOST);
  assertStrictEquals(int([-MOST, -1]).sum().item(), -(2 ** 31));
  assertEquals(int([[MOST, -1], [1, 2]]).sum(1).toArray(), [MOST - 1, 3]);
  refused(() => int([[1, 2], [MOST, 1]]).sum({ axis: 1, keepDims: true }), misfit("sum", 2 ** 31));
  assertStrictEquals(int([MOST, 1]).to("float64").sum().item(), 2 ** 31);
  // More than 2²² elements may leave the whole numbers of float64 on the way.
  const n = 2 ** 22 + 3;
  const all = zeros([2 * n], { dtype: "int32" }).set([[0, n]], MOST).set([[n]], -MOST);
  assertEquals(all.set([5], MOST - 7).sum().item(), -7);
  refused(() => int(MOST).expand(n).sum(), misfit("sum", MOST * n));
});

onEach("sums of bytes and booleans are int32", () => {
  const bytes = int([200, 100], "uint8");
  assertEquals([bytes.sum().item(), bytes.sum().dtype], [300, "int32"]);
  assertEquals(bytes.cumsum(0).toArray(), [200, 300]);
  assertEquals(bytes.prod().item(), 20000);
  const many = int([255], "uint8").expand(2 ** 23 + 2 ** 16);
  refused(() => many.sum(), misfit("sum", 255 * (2 ** 23 + 2 ** 16)));
  refused(() => many.cumsum(0), misfit("cumsum", 255 * Math.ceil(MOST / 255)));
  assertEquals(int([1, 1, 0], "bool").cumsum(0).toArray(), [1, 2, 2]);
  assertStrictEquals(int([1, 0], "bool").prod().item(), 0);
});

onEach("products and running totals of integers are exact or refused", () => {
  refused(() => int([65536, 32768]).prod(), misfit("prod", 2 ** 31));
  assertStrictEquals(int([65536, -32768]).prod().item(), -(2 ** 31));
  assertStrictEquals(int(new Array(2000).fill(MOST).with(7, 0)).prod().item(), 0);
  refused(() => int(new Array(2000).fill(MOST)).prod(), misfit("prod", Infinity));
  assertEquals(int([MOST, -1, 1]).cumsum(0).toArray(), [MOST, MOST - 1, MOST]);
  refused(() => int([MOST, 1, -1]).cumsum(0), misfit("cumsum", 2 ** 31));
  refused(() => int([65536, 65536, 0]).cumprod(0), misfit("cumprod", 2 ** 32));
  assertEquals(int([3, -4, 5]).cumprod(0).toArray(), [3, -12, -60]);
  assertEquals(int(7).cumsum(0).toArray(), 7);
});

onEach("matrix products of integers are exact or refused, of vectors too", () => {
  const [a, b] = [int([MOST, 1]), int([2, 3])];
  const total = 2 * MOST + 3;
  refused(() => dot(a, b), misfit("dot", total));
  refused(() => a.matmul(b), misfit("dot", total));
  refused(() => a.reshape(1, 2).mm(b.reshape(2, 1)), misfit("matmul", total));
  refused(() => F.linear(a.reshape(1, 2), b.reshape(1, 2)), misfit("linear", total));
  assertStrictEquals(a.dot(int([1, -1])).item(), MOST - 1);
  // The products are beyond 2⁵³, their sum is not.
  const large = int([MOST, MOST, 3]);
  assertEquals(large.dot(int([MOST, -MOST, 5])).item(), 15);
  assertStrictEquals(large.dot(int([MOST, 1 - MOST, -1])).item(), MOST - 3);
  refused(() => large.dot(int([MOST, 0, 0])), misfit("dot", MOST * MOST));
  const least = int([MOST, MOST, 1]).dot(int([MOST, -MOST - 1, -1]));
  assertStrictEquals(least.item(), -(2 ** 31));
  const bytes = int([[200, 200]], "uint8");
  // In float64, 2^62 - 2^32 + MOST is one too large.
  for (const sign of [1, -1]) {
    const exact = int([[MOST, sign * MOST, -MOST]]).mm(int([[MOST], [1], [MOST]]));
    assertEquals(exact.toArray(), [[sign * MOST]]);
  }
  refused(() => bytes.mm(int([[2], [1]], "uint8")), misfit("matmul", 600, "uint8"));
  assertEquals(bytes.mm(int([[1], [0]], "uint8")).toArray(), [[200]]);
  const batch = int([1, 2, 3, 4]).reshape(2, 1, 2).matmul(int([[5], [6]]));
  assertEquals(batch.toArray(), [[[17]], [[39]]]);
  assertEquals(F.linear(int([[1, 2]]), int([[3, 4]]), { bias: int([5]) }).toArray(), [[16]]);
});

onEach("convolutions and einsum of integers are exact or refused", () => {
  const [image, kernel] = [[MOST, 1, 1, 1], [1, 1, 1, 1]].map((v) => int(v).reshape(1, 1, 2, 2));
  refused(() => F.conv2d(image, kernel), misfit("conv2d", MOST + 3));
  refused(() => F.convTranspose2d(image, kernel), misfit("conv2dInputGradient", 2 ** 31));
  assertStrictEquals(F.conv2d(image.sub(3), kernel).item(), MOST - 9);
  assertThrows(() => F.avgPool2d(image, 2), Error, "Cannot avgPool2d int32: convert it");
  const bytes = tensor([[6, 8, 4], [3, 6, 9]], { dtype: "uint8" });
  const sums = einsum("ik,j->ij", bytes, tensor([4, 9], { dtype: "uint8" }));
  assertEquals([sums.dtype, sums.toArray()], ["int32", [[72, 162], [72, 162]]]);
  refused(() => einsum("i,i->", int([MOST, 1]), int([2, 3])), misfit("matmul", 2 * MOST + 3));
  assertStrictEquals(einsum("i,i->", int([MOST, 1]), int([1, -3])).item(), MOST - 3);
});

onEach("outer, cross and einsum's products of integers are exact or refused", () => {
  const large = int([65536, 1]);
  refused(() => outer(large, large), misfit("outer", 2 ** 32));
  assertSame(outer(large, int([-32768, 3])).toArray(), [[-(2 ** 31), 196608], [-32768, 3]]);
  assertEquals(outer(int([2], "uint8"), int([9])).dtype, "int32");
  refused(() => outer(int([16], "uint8"), int([16], "uint8")), misfit("outer", 256, "uint8"));
  refused(() => einsum("i,j->ij", large, large), misfit("matmul", 2 ** 32));
  refused(() => einsum("i,i->i", large, large), misfit("matmul", 2 ** 32));
  assertSame(einsum("i,j->ij", large, int([2, 3])).toArray(), [[131072, 196608], [2, 3]]);
  assertSame(einsum("i,i->i", large, int([2, 3])).toArray(), [131072, 3]);
  const [a, b] = [int([65536, 1, 2]), int([3, 65536, 5])];
  refused(() => a.cross(b), misfit("cross", 2 ** 32 - 3));
  assertSame(int([1, 2, 3]).cross(int([4, -5, 6])).toArray(), [27, 6, -13]);
  // Products beyond int32 whose difference fits are exact; those beyond 2⁵³ are refused.
  assertSame(int([0, 65536, 65537]).cross(int([0, 65535, 65536])).toArray(), [1, 0, 0]);
  const near = [int([0, MOST, MOST - 1]), int([0, MOST, MOST - 1])];
  assertThrows(() => near[0].cross(near[1]), ValueError, "Cannot cross int32");
});

onEach("sums of products and of scaled integers are exact or refused", () => {
  const x = int([-1, 7]);
  refused(() => x.addcmul(int([65536, 1]), int([32769, 1])), misfit("addcmul", 2 ** 31 + 65535));
  assertSame(x.addcmul(int([65536, 1]), int([32768, 1])).toArray(), [MOST, 8]);
  const [row, column] = [int([[65536, 1]]), int([[16384], [1]])];
  const options = { alpha: 2 };
  refused(() => int([[-1]]).addmm(row, column, options), misfit("addmm", 2 ** 31 + 1));
  assertSame(int([[-3]]).addmm(row, column, options).toArray(), [[MOST]]);
  assertThrows(() => int([[2]]).addmm(row, column, { alpha: 2 ** 40 }), ValueError);
  // 321 · 28,059,810,762,433 is 2⁵³ + 1, which float64 rounds to 2⁵³.
  const odd = { alpha: 28_059_810_762_433, beta: -(2 ** 23) };
  assertThrows(() => int([[2 ** 30]]).addmm(int([[321]]), int([[1]]), odd), ValueError);
});

test("axes that int32 cannot count have no indices", () => {
  const x = zeros([1], { dtype: "bool" }).expand(2 ** 31 + 1);
  for (const use of [() => x.argmax(0), () => x.argmin(0), () => x.argsort()]) {
    assertThrows(use, Error, "shape [2147483649]: indices are int32; split the axis");
  }
});

onEach("sums by index are exact or refused", () => {
  const index = int([0, 0]);
  const x = int([MOST - 3, 1]);
  assertEquals(x.indexAdd(index, int([1, 2])).toArray(), [MOST, 1]);
  refused(() => x.indexAdd(index, int([2, 2])), misfit("indexAdd", 2 ** 31));
  refused(() => x.scatterAdd(index, int([2, 2])), misfit("scatterAdd", 2 ** 31));
  refused(() => index.bincount({ weights: int([MOST, 1]) }), misfit("bincount", 2 ** 31));
  const bytes = int([250, 0], "uint8");
  refused(() => bytes.scatterAdd(index, bytes), misfit("scatterAdd", 500, "uint8"));
  refused(
    () => bytes.scatterReduce(index, bytes, { reduce: "sum" }),
    misfit("scatterReduce", 500, "uint8"),
  );
  assertSame(bytes.scatterReduce(index, bytes, { reduce: "amax" }).toArray(), [250, 0]);
  assertThrows(() => x.scatterAdd(index, tensor([0.5, 1])), DTypeError);
});

onEach("powers of integers are exact or refused", () => {
  const message = 'Cannot pow int32 with a negative exponent: convert it with .to("float32")';
  refused(() => int([2]).pow(-1), message);
  refused(() => int([2]).pow(int([-1])), message);
  refused(() => int([2]).pow(31), misfit("pow", 2 ** 31));
  assertEquals(int([-2, 3, 5]).pow(int([31, 19, 0])).toArray(), [-(2 ** 31), 1162261467, 1]);
  refused(() => int([16], "uint8").pow(3), misfit("pow", 4096, "uint8"));
  refused(() => int([65536]).pow(2), misfit("pow", 2 ** 32));
  refused(() => int([3, 65536]).square(), misfit("square", 2 ** 32));
  assertSame(int([-46340, 3]).square().toArray(), [2147395600, 9]);
  const x = int([2, 65536]);
  refused(() => x.pow_(2), misfit("pow", 2 ** 32));
  refused(() => x.pow_(31), misfit("pow", 2 ** 31));
  assertSame(x.toArray(), [2, 65536]);
  assertSame(int([2, 3]).pow_(int([30, 19])).toArray(), [2 ** 30, 1162261467]);
  assertEquals(tensor([2]).pow(-1).item(), 0.5);
  assertEquals(int([2]).pow(0.5).dtype, "float32");
});

onEach("numbers that integers cannot hold are refused, and compared as they are", () => {
  refused(
    () => int([1]).add(3e9),
    "Cannot add with 3000000000 as int32: it holds whole numbers from -2147483648 to 2147483647; " +
      "use float64, or round and clamp first",
  );
  for (
    const use of [(x: Tensor) => x.mul(300), (x: Tensor) => x.clamp(-1), (x: Tensor) => x.sub(-1)]
  ) {
    assertThrows(() => use(int([1], "uint8")), ValueError);
  }
  const bytes = int([1, 200], "uint8");
  assertEquals(bytes.lt(300).toArray(), [1, 1]);
  assertSame(bytes.eq(-56).toArray(), [0, 0]);
  assertEquals(int([5]).lt(3e9).toArray(), [1]);
  assertEquals(int([5]).ge(-3e9).toArray(), [1]);
});

onEach("what is written keeps the dtype, and fits it or is refused", () => {
  const mask = tensor([true, false]);
  const [flags, ints] = [tensor([false, true]), int([1, 2])];
  const written: [Tensor, DType, number[]][] = [
    [flags.maskedFill(mask, 1), "bool", [1, 1]],
    [ints.maskedFill(mask, 7), "int32", [7, 2]],
    [ints.maskedFill(mask, int([7, 8], "uint8")), "int32", [7, 2]],
    [tensor([1, 2]).maskedFill(mask, tensor(2.5, { dtype: "float64" })), "float32", [2.5, 2]],
    [zeros([2], { dtype: "bool" }).pad([1, 0], { value: 1 }), "bool", [1, 0, 0]],
    [ints.pad([1, 0], { value: 3 }), "int32", [3, 1, 2]],
    [ints.scatter(int([1]), 3), "int32", [1, 3]],
    [flags.scatter(int([0]), 1), "bool", [1, 1]],
    [ints.indexFill(int([1]), 9), "int32", [1, 9]],
    [zeros([2], { dtype: "int32" }).fill_(3), "int32", [3, 3]],
    [zeros([2], { dtype: "bool" }).fill_(1), "bool", [1, 1]],
    [zeros([2], { dtype: "bool" }).set([0], 1), "bool", [1, 0]],
  ];
  for (const [y, dtype, values] of written) {
    assertStrictEquals(y.dtype, dtype);
    assertSame(y.toArray(), values);
  }
  const uses: ((x: Tensor, value: number) => Tensor)[] = [
    (x, value) => x.fill_(value),
    (x, value) => x.set([0], value),
    (x, value) => x.set([int([0])], value),
    (x, value) => x.copy_(value),
    (x, value) => x.maskedFill(mask, value),
    (x, value) => x.maskedFill_(mask, value),
    (x, value) => x.scatter(int([0]), value),
    (x, value) => x.indexFill(int([0]), value),
    (x, value) => x.pad([1, 0], { value }),
  ];
  for (const use of uses) {
    for (const value of [3e9, NaN, -Infinity, 1.5]) {
      const x = int([1, 2]);
      assertThrows(() => use(x, value), ValueError, "as int32: it holds", `${use} ${value}`);
      assertSame(x.toArray(), [1, 2]);
    }
    assertThrows(() => use(int([1, 2], "uint8"), -1), ValueError, "as uint8", `${use}`);
    for (const value of [2, -1, 0.5, NaN]) {
      assertThrows(() => use(tensor([true, false]), value), ValueError, "as bool", `${use}`);
    }
    assert(Number.isNaN(use(tensor([1, 2]), NaN).sum().item()));
  }
  assertThrowsMessage(
    () => ints.maskedFill(mask, tensor(2.5)),
    DTypeError,
    'Cannot maskedFill float32 into int32: convert one of them with .to("float32") or ' +
      '.to("int32")',
  );
  assertThrows(() => ints.scatter(int([0]), tensor([2.5])), DTypeError);
});

onEach("booleans stay booleans where PyTorch keeps them, and become integers elsewhere", () => {
  const flags = tensor([true, false]);
  assertSame([flags.square().dtype, flags.square().toArray()], ["int32", [1, 0]]);
  assertSame([flags.pow(2).dtype, flags.pow(3).toArray()], ["int32", [1, 0]]);
  assertEquals([flags.clamp(0, 1).dtype, flags.clamp(1).toArray()], ["int32", [1, 1]]);
  const bound = tensor([false, true]);
  assertEquals([flags.clamp(bound).dtype, flags.clamp(bound).toArray()], ["bool", [1, 1]]);
  assertSame(flags.clamp(null, bound).toArray(), [0, 0]);
  assertEquals(int([1, 5]).clamp(0, 2.5).toArray(), [1, 2.5]);
  assertEquals(int([1, 5], "uint8").clamp(2).toArray(), [2, 5]);
  refused(
    () => flags.clamp(null),
    "Cannot clamp without bounds: pass a lower or an upper bound",
  );
});

test("factors of addmm of integers are whole numbers", () => {
  const [x, a, b] = [int([[1]]), int([[2]]), int([[3]])];
  assertEquals(x.addmm(a, b, { alpha: 2, beta: 3 }).item(), 15);
  for (const options of [{ alpha: 0.5 }, { beta: 0.5 }]) {
    refused(
      () => x.addmm(a, b, options),
      "Cannot addmm int32 with the factor 0.5: use a whole number, or convert the tensors with " +
        '.to("float32")',
    );
  }
});
