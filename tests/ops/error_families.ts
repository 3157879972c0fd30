/**
 * Mistakes that families of ops share.
 *
 * @module
 */

import { GradientError, ReleasedError, type Tensor, zeros } from "../../mod.ts";
import * as F from "../../src/nn/functional.ts";
import { type ConvOptions, type GRU, type LSTM, Parameter, type RNN } from "../../src/nn/mod.ts";
import { apply } from "../../src/autograd/apply.ts";
import type { Op } from "../../src/ops/op.ts";
import { ops } from "../../src/ops/table.ts";
import {
  array,
  dtype,
  empty,
  type ErrorInput,
  image,
  int,
  ints,
  kernel,
  mistake,
  row,
  shape,
  square,
  text,
  value,
  x,
  z,
} from "./mistakes.ts";
import { inputOf } from "./sample_inputs.ts";
import { input, methodOf, type OpName, useOf } from "./uses.ts";

function leaf(name: OpName): Tensor {
  return input(...useOf(name)[0]).requiresGrad_();
}

function ones(y: Tensor): Tensor {
  return zeros(y.shape, { dtype: y.dtype }).add(1);
}

/** Reads, so that views are found out as well. */
export function freed(name: OpName): ErrorInput {
  return mistake(ReleasedError, /^Cannot read .*: it was disposed; do not dispose/, () => {
    const x = leaf(name).detach();
    x[Symbol.dispose]();
    return useOf(name)[1](x).data;
  });
}

/** Mistakes with every op that has a gradient. */
export function ofGradients(name: OpName): ErrorInput[] {
  const [, call] = useOf(name);
  return [
    mistake(GradientError, /^Cannot call backward\(\) through \w+ again: .* retainGraph/, () => {
      const y = call(leaf(name));
      for (let i = 0; i < 2; i++) y.backward(ones(y));
    }),
    shape(/^Cannot call backward\(\) on shape .* with a starting gradient of shape \[7\]/, () => {
      const y = call(leaf(name));
      y.backward(zeros([7], { dtype: y.dtype }));
    }),
    mistake(GradientError, /^Cannot \w+ a view of shape .*; take the view again$/, () => {
      const base = leaf(name).mul(1);
      const view = base.at("...");
      base.mul_(0.5);
      call(view);
    }),
    ...(ops[name] as Op).reads(0).includes(0) ? [overwritten(name)] : [],
    ...isView(name) ? [] : [late(name)],
  ];
}

function isView(name: OpName): boolean {
  const op: Op = ops[name];
  const [{ inputs, attrs }] = op.samples;
  return apply(op, inputs.map((s, j) => inputOf(s, j, "float32")), attrs).isView;
}

function overwritten(name: OpName): ErrorInput {
  return mistake(
    GradientError,
    /^Cannot compute the gradient of \w+: .* overwritten in place/,
    () => {
      const x = leaf(name).mul(1);
      const y = useOf(name)[1](x);
      x.mul_(2);
      y.backward(ones(y));
    },
  );
}

function late(name: OpName): ErrorInput {
  return mistake(ReleasedError, /^Cannot read .*: its graph was freed by a later backward/, () => {
    const y = useOf(name)[1](leaf(name));
    y.mul(1).sum().backward();
    leaf(name).sum().backward();
    return y.data;
  });
}

/** Mistakes with results that have no gradient: conditions, counts and places. */
export function ofConstants(name: OpName): ErrorInput[] {
  const result = (): Tensor => useOf(name)[1](leaf(name));
  return [
    mistake(GradientError, /^Cannot call backward\(\) .* it has no graph/, () => {
      result().backward();
    }),
    dtype(/^Cannot require the gradient of a tensor of (bool|int32): only floating-point/, () => {
      result().requiresGrad_();
    }),
    dtype(/^Cannot take the mean of (bool|int32): convert it with/, () => result().mean()),
  ];
}

/** Mistakes with operands of arithmetic; these make no tensors of their own. */
export function ofOperands(name: OpName): ErrorInput[] {
  const call = methodOf(name);
  const { arity } = ops[name];
  if (arity < 2) return [];
  const rest = new Array<Tensor>(arity - 2).fill(x);
  return [
    shape(`Cannot ${name} [2, 3] with [4]: sizes 3 and 4 at axis -1`, () => call(x, row, ...rest)),
    dtype(`Cannot ${name} with a value of type array: it must be a tensor or a number`, () => {
      call(x, array, ...rest);
    }),
    dtype(`Cannot ${name} with a value of type string`, () => call(x, text, ...rest)),
  ];
}

/** Mistakes with axes. */
export function ofAxes(name: OpName): ErrorInput[] {
  const call = methodOf(name);
  return [
    shape(/^Cannot \w+ over axis 2 of shape \[2, 3\]: axes go from -2 to 1/, () => call(x, 2)),
    shape(/^Cannot \w+ over axis 0\.5 of shape \[2, 3\]/, () => call(x, 0.5)),
  ];
}

/** Mistakes with conditions on one element. */
export function ofMasks(name: OpName): ErrorInput[] {
  const mask = (): Tensor => methodOf(name)(x);
  return [
    dtype(/^Cannot neg booleans: .*logicalNot\(\)/, () => mask().neg()),
    shape("Cannot index with a mask of shape [2, 3]: the axes that it covers", () => {
      square.at(mask());
    }),
  ];
}

/** Mistakes where a target stands beside an input. */
export function ofLosses(
  loss: (x: Tensor, target: Tensor, reduction?: "sum") => Tensor,
): ErrorInput[] {
  return [
    shape(/^Cannot compute \w+ of shape \[2, 3\] with a target \[2\]/, () => loss(x, z(2))),
    dtype(/^Cannot compute \w+ with a value of type array/, () => loss(x, array)),
    value(/^Cannot reduce \w+ by "total": use "mean", "sum"/, () => loss(x, x, "total" as "sum")),
  ];
}

/** Mistakes with a matrix. */
export function ofMatrices(name: OpName, call: (x: Tensor) => unknown): ErrorInput[] {
  const square = shape(/^Cannot .* shape \[2, 3\]: the last two axes must be equal/, () => call(x));
  return [
    shape(/^Cannot .* shape \[3\]: a matrix has two axes/, () => call(z(3))),
    dtype(/^Cannot .* int32: convert it/, () => call(int([[1, 0], [0, 1]]))),
    ...["qr", "svd", "svdvals"].includes(name) ? [] : [square],
  ];
}

/** Mistakes with an index. */
export function ofIndices(call: (index: Tensor) => unknown): ErrorInput[] {
  return [
    shape(/^Cannot \w+ index 9 from axis 1 of shape \[2, 3\]: indices go from 0 to 2/, () => {
      call(int([[9, 9], [9, 9]]));
    }),
    shape(/^Cannot \w+ index -1 from axis 1/, () => call(int([[-1, 0], [0, 0]]))),
    dtype(/^Cannot \w+ with an index of dtype float32: convert it/, () => call(z(2, 2))),
    dtype(/^Cannot \w+ with a value of type array: it must be a tensor/, () => call(array)),
    shape(/^Cannot \w+ with an index of shape \[2\] over shape/, () => call(int([0, 1]))),
  ];
}

/** Mistakes with a layer that normalizes. */
export const ofNormalization: readonly ErrorInput[] = [
  shape("Cannot layerNorm shape [2, 3] over [4]: the input must end", () => F.layerNorm(x, 4)),
  dtype("Cannot normalize int32: convert it", () => F.layerNorm(ints, 3)),
  shape("Cannot layerNorm shape [2, 3] with a weight, bias or statistic [2]", () => {
    F.layerNorm(x, 3, { weight: z(2) });
  }),
];

/** Mistakes with a recurrent layer, whose op is `op`. */
export function ofRecurrent(
  op: OpName,
  make: (inputSize: number, hiddenSize: number) => RNN | LSTM | GRU,
): ErrorInput[] {
  const run = (x: Tensor, weights: Record<string, Parameter> = {}) =>
    (Object.assign(make(3, 2), weights) as RNN)(x);
  const { name } = make(3, 2).constructor;
  return [
    shape(`Cannot apply ${name}(3, 2) to shape [2, 1, 4]`, () => run(z(2, 1, 4))),
    shape(new RegExp(`^Cannot start ${name} on shape .* with a state of shape \\[2, 3\\]`), () => {
      (make(3, 2) as LSTM)(z(2, 1, 3), name === "LSTM" ? [z(2, 3), z(2, 3)] : z(2, 3) as never);
    }),
    shape(`Cannot ${op} with a weight of the state of shape [3, 3]: beside an output of`, () => {
      run(z(2, 1, 3), { weight_hh_l0: new Parameter(z(3, 3)) });
    }),
    shape(`Cannot ${op} with a weight [`, () => {
      run(z(2, 1, 3), { bias_hh_l0: new Parameter(z(3)) });
    }),
    dtype(`Cannot ${op} float64 with a float32 weight of the input: convert one with`, () => {
      run(z(2, 1, 3).to("float64"));
    }),
    dtype(`Cannot ${op} int32: convert it`, () => run(z(2, 1, 3).to("int32"))),
    dtype(`Cannot ${op} float32 with a float64 output: convert one with`, () => {
      const state = z(1, 1, 2).to("float64");
      (make(3, 2) as LSTM)(z(2, 1, 3), name === "LSTM" ? [state, z(1, 1, 2)] : state as never);
    }),
  ];
}

/** Mistakes with windows on images. */
export function ofPooling(pool: typeof F.maxPool2d): ErrorInput[] {
  return [
    shape(/^Cannot \w+ shape \[4, 4\]: the input must be \[n, c, h, w\]/, () => pool(z(4, 4), 2)),
    value(/^Cannot \w+ with kernel \[0, 0\]: it must be two whole numbers/, () => pool(image, 0)),
    value(/^Cannot \w+ with stride \[1.5, 1.5\]/, () => pool(image, 2, { stride: 1.5 })),
    shape(/^Cannot \w+ shape .* the window reaches over 5 elements/, () => pool(image, 5)),
    shape(/^Cannot \w+ with padding \[2, 0\] and kernel .* half of the kernel/, () => {
      pool(image, 2, { padding: [2, 0] });
    }),
    shape(/^Cannot \w+ with padding \[0, 2\] and kernel/, () => {
      pool(image, [4, 2], { padding: [0, 2] });
    }),
    dtype(/^Cannot \w+ with a value of type array/, () => pool(array, 2)),
  ];
}

const conv = (options: ConvOptions) => () => F.conv2d(image, kernel, options);

/** Mistakes with convolutions, and so with their gradients. */
export const ofConvolution: readonly ErrorInput[] = [
  shape("Cannot conv2d [1, 3, 4, 4] with a weight [3, 2, 2, 2]: the weight is for 2 input", () => {
    F.conv2d(z(1, 3, 4, 4), kernel);
  }),
  shape("Cannot conv2d shape [4, 4]: the input must be", () => F.conv2d(z(4, 4), kernel)),
  shape("Cannot conv2d [1, 2, 4, 4] with a weight [3, 1, 2, 2]: 3 output channels", () => {
    F.conv2d(image, z(3, 1, 2, 2), { groups: 2 });
  }),
  shape(
    "Cannot conv2d with a weight of shape [3, 2, 2]: it must be [out",
    () => {
      F.conv2d(image, z(3, 2, 2));
    },
  ),
  shape("Cannot conv2d with a weight [3, 2, 2, 2]: the bias", conv({ bias: z(2) })),
  shape("Cannot conv2d shape [1, 2, 4, 4]: the window reaches over", conv({ dilation: 4 })),
  value("Cannot conv2d with stride [0, 1]: it must be", conv({ stride: [0, 1] })),
  value("Cannot conv2d with padding [-1, 0]: it must be", conv({ padding: [-1, 0] })),
  value("Cannot conv2d in 0 groups: use a whole number", conv({ groups: 0 })),
  dtype("Cannot conv2d float32 with a float64 weight: convert one", () => {
    F.conv2d(image, kernel.to("float64"));
  }),
  dtype("Cannot conv2d with a value of type array", () => F.conv2d(image, array)),
];

export const noElements = (name: OpName): ErrorInput[] => [
  shape(
    `Cannot take ${name} of shape [0, 3] over axis 0: the axis is empty`,
    () => methodOf(name)(empty, 0),
  ),
  shape(
    `Cannot take ${name} of shape [0, 0] over axis 1: the axis is empty`,
    () => methodOf(name)(zeros([0, 0]), 1),
  ),
];
export const notFloat = (name: OpName, action: string): ErrorInput[] => [
  dtype(`Cannot ${action} int32: convert it`, () => methodOf(name)(ints, 1)),
];
export const notBool = (name: OpName): ErrorInput[] => [
  dtype(`Cannot ${name} booleans: convert one`, () => {
    methodOf(name)(x.gt(0), ...new Array(ops[name].arity - 1).fill(x.gt(0)));
  }),
];
export const byZero = (name: OpName, action: string): ErrorInput[] => [
  value(`Cannot ${action} integers by 0: convert`, () => methodOf(name)(ints, 0)),
];
export const inPlace = (
  name: OpName,
  call: (x: Tensor, other: Tensor | number) => unknown,
): ErrorInput[] => [
  shape(`Cannot ${name} in place: the result has shape [2, 3], but the tensor`, () => {
    call(z(3), x);
  }),
  shape(`Cannot ${name} in place on an expanded tensor of shape [2, 3]`, () => {
    call(z(3).expand(2, 3), 2);
  }),
  dtype(`Cannot ${name} in place: the result is float32`, () => call(int([1]), 0.5)),
  mistake(GradientError, `Cannot ${name} in place on a leaf that requires a gradient`, () => {
    call(input(2).requiresGrad_(), 2);
  }),
  mistake(GradientError, `Cannot ${name} in place through a view`, () => {
    call(input(2).requiresGrad_().mul(1).at([0, 1]), 2);
  }),
];
