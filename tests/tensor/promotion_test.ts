import { test } from "node:test";
import assert from "node:assert/strict";
import { cat, type DType, ones, tensor } from "../../mod.ts";

const DTYPES: readonly DType[] = ["bool", "uint8", "int32", "float32", "float64"];

/** torch.result_type of two tensors with axes: the later one in `DTYPES`. */
test("tensors with axes: the wider one of the higher kind", () => {
  DTYPES.forEach((a, i) =>
    DTYPES.forEach((b, j) => {
      const expected = DTYPES[Math.max(i, j)];
      assert.equal(ones([2], { dtype: a }).add(ones([2], { dtype: b })).dtype, expected);
      assert.equal(cat([ones([2], { dtype: a }), ones([2], { dtype: b })]).dtype, expected);
      const scalars = ones([], { dtype: a }).mul(ones([], { dtype: b }));
      assert.equal(scalars.dtype, expected);
    })
  );
});

/** Rows: a tensor with axes; columns: a 0-d tensor. As torch.result_type. */
const WITH_SCALAR: Readonly<Record<DType, readonly DType[]>> = {
  bool: ["bool", "uint8", "int32", "float32", "float64"],
  uint8: ["uint8", "uint8", "uint8", "float32", "float64"],
  int32: ["int32", "int32", "int32", "float32", "float64"],
  float32: ["float32", "float32", "float32", "float32", "float32"],
  float64: ["float64", "float64", "float64", "float64", "float64"],
};

test("a 0-d tensor raises the kind of one with axes, and never its width", () => {
  for (const a of DTYPES) {
    DTYPES.forEach((b, j) => {
      const [x, scalar] = [ones([2], { dtype: a }), ones([], { dtype: b })];
      assert.equal(x.mul(scalar).dtype, WITH_SCALAR[a][j], `${a} by scalar ${b}`);
      assert.equal(scalar.mul(x).dtype, WITH_SCALAR[a][j], `scalar ${b} by ${a}`);
    });
  }
});

test("numbers raise the kind only where they must", () => {
  for (const shape of [[2], []]) {
    const withNumber = (dtype: DType, n: number) => ones(shape, { dtype }).mul(n).dtype;
    assert.deepEqual(DTYPES.map((d) => withNumber(d, 2)), [
      "int32",
      "uint8",
      "int32",
      "float32",
      "float64",
    ]);
    assert.deepEqual(DTYPES.map((d) => withNumber(d, 2.5)), [
      "float32",
      "float32",
      "float32",
      "float32",
      "float64",
    ]);
  }
});

test("division and functions of analysis make floats, comparisons make booleans", () => {
  const x = ones([2], { dtype: "int32" });
  assert.deepEqual([x.div(x).dtype, x.exp().dtype, x.sqrt().dtype, x.sigmoid().dtype], [
    "float32",
    "float32",
    "float32",
    "float32",
  ]);
  assert.equal(ones([1], { dtype: "float64" }).exp().dtype, "float64");
  assert.deepEqual([x.lt(2).dtype, x.eq(x).dtype, x.logicalNot().dtype, x.any().dtype], [
    "bool",
    "bool",
    "bool",
    "bool",
  ]);
});

test("reductions widen small integers; means need floats", () => {
  const sums = DTYPES.map((dtype) => ones([300], { dtype }).sum());
  assert.deepEqual(sums.map((s) => s.dtype), ["int32", "int32", "int32", "float32", "float64"]);
  assert.deepEqual(sums.map((s) => s.item()), [300, 300, 300, 300, 300]);
  assert.equal(ones([2], { dtype: "uint8" }).amax().dtype, "uint8");
  assert.equal(ones([2], { dtype: "uint8" }).argmax().dtype, "int32");
  assert.throws(() => ones([2], { dtype: "int32" }).mean(), /Cannot take the mean of int32/);
  assert.throws(() => ones([2], { dtype: "int32" }).softmax(0), /Cannot softmax int32/);
});

test("integers wrap, and comparisons of mixed dtypes are exact", () => {
  assert.deepEqual(tensor([250], { dtype: "uint8" }).add(10).toArray(), [4]);
  assert.deepEqual(tensor([2 ** 31 - 1], { dtype: "int32" }).add(1).toArray(), [-(2 ** 31)]);
  assert.deepEqual(tensor([46341], { dtype: "int32" }).square().toArray(), [-2147479015]);
  assert.deepEqual(
    tensor([255], { dtype: "uint8" }).gt(tensor([-1], { dtype: "int32" })).toArray(),
    [
      1,
    ],
  );
});

test("booleans have no difference and no sign", () => {
  const x = tensor([true, false]);
  assert.throws(() => x.sub(x), /Cannot sub booleans: .*\.to\("int32"\)/);
  assert.throws(() => x.neg(), /Cannot neg booleans/);
  assert.deepEqual([x.add(x).dtype, x.mul(x).toArray()], ["bool", [1, 0]]);
});

test("conversions cut fractions, and end at the bounds", () => {
  const x = tensor([1.9, -1.9, NaN, 1e20, -1e20]);
  assert.deepEqual(x.to("int32").toArray(), [1, -1, 0, 2 ** 31 - 1, -(2 ** 31)]);
  assert.deepEqual(x.to("bool").toArray(), [1, 1, 1, 1, 1]);
  assert.deepEqual(tensor([0, 3]).to("bool").toArray(), [0, 1]);
  assert.equal(x.to("float32"), x);
});
