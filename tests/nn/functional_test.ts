/** Functions have the values and gradients of PyTorch, and layers compute what their functions do. */

import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { kernelNames, setKernels } from "../support/kernels.ts";
import {
  type DType,
  Generator,
  getDefaultDtype,
  randn,
  setDefaultDtype,
  type Tensor,
  tensor,
} from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { assertSame } from "../support/assert.ts";

const { functional: F } = nn;

interface Plain {
  readonly shape: number[];
  /** JSON has no NaN: it is written as "nan". */
  readonly data: (number | string)[];
  readonly dtype: DType;
}

/** A case of tools/oracle/make_nn_fixtures.py. */
interface Case {
  readonly call: string;
  readonly options: Options;
  readonly tensors: Record<string, Plain>;
  readonly g: Plain;
  readonly output: Plain;
  readonly grads: Record<string, Plain>;
}

interface Options extends nn.ConvWindowOptions, nn.SoftmaxOptions, nn.CrossEntropyOptions {
  readonly kernelSize: nn.Size2d;
  readonly negativeSlope?: number;
}

type Tensors = Record<"x" | "weight" | "bias" | "target" | "_weight" | "_posWeight", Tensor>;

const CALLS: Record<string, (t: Tensors, options: Options) => Tensor> = {
  linear: ({ x, weight, bias }) => F.linear(x, weight, { bias }),
  conv2d: ({ x, weight, bias }, options) => F.conv2d(x, weight, { ...options, bias }),
  maxPool2d: ({ x }, { kernelSize, ...options }) => F.maxPool2d(x, kernelSize, options),
  avgPool2d: ({ x }, { kernelSize, ...options }) => F.avgPool2d(x, kernelSize, options),
  relu: ({ x }) => F.relu(x),
  sigmoid: ({ x }) => F.sigmoid(x),
  tanh: ({ x }) => F.tanh(x),
  leakyRelu: ({ x }, { negativeSlope }) => F.leakyRelu(x, negativeSlope),
  softmax: ({ x }, options) => F.softmax(x, options),
  logSoftmax: ({ x }, options) => F.logSoftmax(x, options),
  mseLoss: ({ x, target }, options) => F.mseLoss(x, target, options),
  l1Loss: ({ x, target }, options) => F.l1Loss(x, target, options),
  binaryCrossEntropyWithLogits: ({ x, target, _weight: weight, _posWeight: posWeight }, options) =>
    F.binaryCrossEntropyWithLogits(x, target, { ...options, weight, posWeight }),
  crossEntropy: ({ x, target, _weight: weight }, options) =>
    F.crossEntropy(x, target, { ...options, weight }),
  nllLoss: ({ x, target, _weight: weight }, options) =>
    F.nllLoss(x, target, { ...options, weight }),
};

function make({ shape, data, dtype }: Plain): Tensor {
  return tensor(data.map(Number), { dtype }).reshape(shape);
}

function checkClose(actual: Tensor, expected: Plain, what: string): void {
  assertSame(actual.shape, expected.shape, what);
  assertEquals(actual.dtype, "float64", what);
  const { data } = make(expected);
  actual.data.forEach((value, i) => {
    const close = Object.is(value, data[i]) || Math.abs(value - data[i]) <= 1e-11 ||
      Math.abs(value - data[i]) <= 1e-11 * Math.abs(data[i]);
    assert(close, `${what}[${i}] is ${value}, expected ${data[i]}`);
  });
}

function check({ call, options, tensors, g, output, grads }: Case): void {
  const t = Object.fromEntries(
    Object.entries(tensors).map(([name, plain]) => [name, make(plain)]),
  ) as Tensors;
  const leaves = Object.keys(grads) as (keyof Tensors)[];
  for (const name of leaves) t[name].requiresGrad_();
  const result = CALLS[call](t, options);
  const what = `${call} ${JSON.stringify(options)} of ${JSON.stringify(t.x.shape)}`;
  checkClose(result, output, what);
  result.backward(make(g));
  for (const name of leaves) checkClose(t[name].grad!, grads[name], `${what}, ${name}.grad`);
}

const cases: Case[] = JSON.parse(
  readFileSync(new URL("../fixtures/nn.json", import.meta.url), "utf8"),
);

test("every function of the fixture has cases, and every case a function", () => {
  assertEquals(new Set(cases.map((c) => c.call)), new Set(Object.keys(CALLS)));
});

for (const kernels of kernelNames()) {
  for (const call of Object.keys(CALLS)) {
    test(`${call} has the values and gradients of PyTorch, with ${kernels} kernels`, () => {
      const before = getDefaultDtype();
      setDefaultDtype("float64");
      setKernels(kernels);
      try {
        cases.filter((c) => c.call === call).forEach(check);
      } finally {
        setDefaultDtype(before);
        setKernels(kernelNames()[0]);
      }
    });
  }
}

test("layers compute what their functions do", () => {
  const x = randn([2, 4, 6, 6], { generator: new Generator(0) });
  const same = (layer: nn.Layer, expected: typeof x) =>
    assertEquals(layer(x).toArray(), expected.toArray());
  const options = { stride: [2, 1], padding: 1, dilation: 2, groups: 2 } as const;
  const conv = new nn.Conv2d(4, 6, [3, 2], options);
  same(conv, F.conv2d(x, conv.weight, { ...options, bias: conv.bias }));
  const linear = new nn.Linear(6, 2, { bias: false });
  assertEquals(linear.bias, null);
  same(linear, F.linear(x, linear.weight));
  const pool = { stride: 1, padding: 1 };
  same(new nn.MaxPool2d(3, { ...pool, dilation: 2 }), F.maxPool2d(x, 3, { ...pool, dilation: 2 }));
  same(new nn.MaxPool2d([2, 3]), F.maxPool2d(x, [2, 3]));
  same(new nn.AvgPool2d(3, pool), F.avgPool2d(x, 3, pool));
  same(new nn.Flatten(), x.reshape(2, 144));
  same(new nn.Flatten(0, 1), x.reshape(8, 6, 6));
  same(new nn.LeakyReLU(0.3), F.leakyRelu(x, 0.3));
  same(new nn.Sigmoid(), x.sigmoid());
  same(new nn.Tanh(), x.tanh());
  same(new nn.Softmax({ axis: 1 }), x.softmax(1));
  same(new nn.LogSoftmax({ axis: -1 }), x.logSoftmax(3));
});
