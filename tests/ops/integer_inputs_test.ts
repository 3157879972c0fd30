/** Functions of analysis take integers and booleans as the floats that they are. */

import { test } from "node:test";
import assert from "node:assert/strict";
import { apply } from "../../src/autograd/apply.ts";
import type { Op } from "../../src/ops/op.ts";
import { ops } from "../../src/ops/table.ts";
import { kernelNames, setKernels, type Tensor, tensor } from "../../mod.ts";

const FUNCTIONS: readonly (keyof typeof ops)[] = [
  ...["acos", "asin", "atan", "cos", "cosh", "sin", "sinh", "tan", "tanh"] as const,
  ...["erf", "erfc", "exp", "expm1", "log", "log10", "log1p", "log2", "logit"] as const,
  ...["frac", "reciprocal", "rsqrt", "sigmoid", "sqrt"] as const,
  ...["gelu", "geluTanh", "hardsigmoid", "hardswish", "logSigmoid", "mish"] as const,
  ...["selu", "silu", "softsign"] as const,
  ...["atan2", "div", "hypot", "logaddexp", "xlogy", "leakyRelu", "elu", "celu"] as const,
];

const INTEGERS = [[3, 1, 2, 0], [1, 2, 5, 7]] as const;

for (const kernels of kernelNames()) {
  for (const name of FUNCTIONS) {
    test(`${name} of integers on ${kernels} is that of floats`, () => {
      setKernels(kernels);
      try {
        const op: Op = ops[name];
        for (const dtype of ["int32", "bool"] as const) {
          const inputs = INTEGERS.slice(0, op.arity).map((values) =>
            tensor([...values], { dtype })
          );
          const actual = apply(op, inputs, undefined) as Tensor;
          assert.equal(actual.dtype, "float32");
          const floats = inputs.map((x) => x.to("float32"));
          assert.deepEqual(actual.data, (apply(op, floats, undefined) as Tensor).data, dtype);
        }
      } finally {
        setKernels(kernelNames()[0]);
      }
    });
  }
}
