import { test } from "node:test";
import assert from "node:assert/strict";
import { apply } from "../../src/autograd/apply.ts";
import type { Convolution, Window } from "../../src/kernels/kernels.ts";
import type { Op } from "../../src/ops/op.ts";
import { ops } from "../../src/ops/table.ts";
import {
  type DType,
  DTypeError,
  kernelNames,
  memory,
  setKernels,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../mod.ts";

const plain: Convolution = {
  kernel: [2, 2],
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  groups: 1,
};

function z(...shape: number[]): Tensor {
  return zeros(shape);
}

function index(values: number[] | number[][], dtype: DType = "int32"): Tensor {
  return tensor(values, { dtype });
}

type ErrorType = typeof ShapeError | typeof DTypeError | typeof ValueError;

/** What is called with what, and the error that it must give, up to the reason. */
type Case = readonly [Op, readonly (Tensor | number)[], unknown, ErrorType, string];

const reduceBoth = { axes: [0, 1], keepDims: false };
const image = z(1, 2, 4, 4);
const kernel = z(3, 2, 2, 2);
const with_ = (changes: Partial<Convolution>): Convolution => ({ ...plain, ...changes });

const cases: readonly Case[] = [
  [
    ops.add,
    [z(2), z(3)],
    undefined,
    ShapeError,
    "Cannot add [2] with [3]: sizes 2 and 3 at axis -1",
  ],
  [ops.mul, [z(0), z(2)], undefined, ShapeError, "Cannot mul [0] with [2]"],
  [ops.clamp, [z(2), z(3), 1], undefined, ShapeError, "Cannot clamp [2] with [3]"],
  [ops.where, [z(2), z(2, 2), z(3)], undefined, ShapeError, "Cannot where [2, 2] with [3]"],
  [ops.neg, [tensor([true])], undefined, DTypeError, "Cannot neg booleans"],
  [ops.mean, [index([1])], reduceBoth, DTypeError, "Cannot take the mean of int32"],
  [ops.softmax, [index([1])], 0, DTypeError, "Cannot softmax int32"],
  [ops.logSoftmax, [index([1])], 0, DTypeError, "Cannot logSoftmax int32"],
  [ops.amax, [z(0, 3)], reduceBoth, ShapeError, "Cannot amax over no elements: shape [0, 3]"],
  [
    ops.argmin,
    [z(2, 0)],
    { axis: 1, keepDims: false },
    ShapeError,
    "Cannot argmin over no elements",
  ],
  [
    ops.matmul,
    [z(2, 3), z(2, 3)],
    undefined,
    ShapeError,
    "Cannot matmul [2, 3] by [2, 3]: inner sizes",
  ],
  [
    ops.matmul,
    [z(3), z(3, 2)],
    undefined,
    ShapeError,
    "Cannot matmul [3] by [3, 2]: both need rows",
  ],
  [
    ops.linear,
    [z(2, 3), z(4, 2)],
    undefined,
    ShapeError,
    "Cannot linear [2, 3] by [4, 2]: inner sizes",
  ],
  [
    ops.linear,
    [z(2, 3), z(4, 3), z(3)],
    undefined,
    ShapeError,
    "Cannot linear with a weight [4, 3]: the",
  ],
  [
    ops.linear,
    [z(2, 3), z(4, 3), z(4, 1)],
    undefined,
    ShapeError,
    "Cannot linear with a weight [4, 3]",
  ],
  [
    ops.linear,
    [z(2, 3), z(4, 3), zeros([4], { dtype: "float64" })],
    undefined,
    DTypeError,
    "Cannot linear with a float32 weight and a float64 bias",
  ],
  [ops.expand, [z(2)], [3], ShapeError, "Cannot expand [2] to [3]: only axes of size 1 stretch"],
  [ops.expand, [z(2, 2)], [2], ShapeError, "Cannot expand [2, 2] to [2]"],
  [ops.cat, [z(2, 3), z(3, 2)], 0, ShapeError, "Cannot cat [2, 3] and [3, 2] along axis 0"],
  [ops.gather, [z(2, 3), index([[3]])], 1, ShapeError, "Cannot gather index 3 from axis 1 of"],
  [ops.gather, [z(2, 3), index([[-1]])], 1, ShapeError, "Cannot gather index -1 from axis 1 of"],
  [
    ops.gather,
    [z(2, 3), index([0])],
    1,
    ShapeError,
    "Cannot gather with an index of shape [1] over",
  ],
  [ops.gather, [z(2, 3), z(1, 1)], 1, DTypeError, "Cannot gather with an index of dtype float32"],
  [ops.indexSelect, [z(2, 3), index([2])], 0, ShapeError, "Cannot indexSelect index 2 from axis 0"],
  [ops.conv2d, [z(2, 4, 4), kernel], plain, ShapeError, "Cannot conv2d [2, 4, 4] with a weight"],
  [
    ops.conv2d,
    [z(1, 3, 4, 4), kernel],
    plain,
    ShapeError,
    "Cannot conv2d [1, 3, 4, 4] with a weight",
  ],
  [
    ops.conv2d,
    [image, kernel, z(2)],
    plain,
    ShapeError,
    "Cannot conv2d with a weight [3, 2, 2, 2]: the",
  ],
  [
    ops.conv2d,
    [image, kernel],
    with_({ stride: [0, 1] }),
    ValueError,
    "Cannot conv2d with stride [0, 1]",
  ],
  [
    ops.conv2d,
    [image, kernel],
    with_({ padding: [-1, 0] }),
    ValueError,
    "Cannot conv2d with padding",
  ],
  [
    ops.conv2d,
    [image, kernel],
    with_({ dilation: [4, 1] }),
    ShapeError,
    "Cannot conv2d shape [1, 2, 4, 4]",
  ],
  [
    ops.conv2d,
    [image, z(3, 1, 2, 2)],
    with_({ groups: 2 }),
    ShapeError,
    "Cannot conv2d [1, 2, 4, 4]",
  ],
  [
    ops.conv2d,
    [image, zeros([3, 2, 2, 2], { dtype: "float64" })],
    plain,
    DTypeError,
    "Cannot conv2d float32 with a float64 weight",
  ],
  [
    ops.maxPool2d,
    [z(4, 4)],
    plain,
    ShapeError,
    "Cannot maxPool2d shape [4, 4]: it must be [n, c, h, w]",
  ],
  [
    ops.maxPool2d,
    [image],
    with_({ padding: [2, 0] }),
    ShapeError,
    "Cannot maxPool2d with padding [2, 0]",
  ],
  [
    ops.avgPool2d,
    [image],
    with_({ kernel: [5, 1] }),
    ShapeError,
    "Cannot avgPool2d shape [1, 2, 4, 4]",
  ],
  [
    ops.avgPool2d,
    [image],
    with_({ kernel: [0, 1] } as Partial<Window>),
    ValueError,
    "Cannot avgPool2d with",
  ],
];

function shapesOf(inputs: readonly (Tensor | number)[]): string {
  const shapes = inputs.map((x): Shape | number => (typeof x === "number" ? x : x.shape));
  return shapes.map((shape) => `[${shape}]`).join(" ");
}

for (const kernels of kernelNames()) {
  test(`ops on ${kernels}: inputs that do not fit are refused before anything is allocated`, () => {
    setKernels(kernels);
    try {
      for (const [op, inputs, attrs, type, message] of cases) {
        const before = memory.stats();
        assert.throws(
          () => apply(op, inputs, attrs),
          (error: Error) => error instanceof type && error.message.startsWith(message),
          `${op.name} ${shapesOf(inputs)}`,
        );
        assert.equal(memory.stats().resident, before.resident, op.name);
      }
    } finally {
      setKernels(kernelNames()[0]);
    }
  });
}
