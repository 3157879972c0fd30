/** Functions of analysis and losses take integers and booleans as the floats that they are. */

import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { apply } from "../../src/autograd/apply.ts";
import type { Op } from "../../src/ops/op.ts";
import { ops } from "../../src/ops/table.ts";
import { type Tensor, tensor } from "../../mod.ts";
import { kernelNames, setKernels } from "../support/kernels.ts";
import { assertSame } from "../support/assert.ts";

/** Elementwise ops that keep integers. */
const EXACT: ReadonlySet<string> = new Set<keyof typeof ops>([
  ...["abs", "add", "addcmul", "ceil", "clamp", "floor", "floorDivide", "fmod"] as const,
  ...["hardtanh", "heaviside", "maximum", "minimum", "mul", "neg", "pow", "relu"] as const,
  ...[
    "relu6",
    "remainder",
    "round",
    "sign",
    "square",
    "sub",
    "threshold",
    "trunc",
    "truncDivide",
    "where",
  ] as const,
]);

const INTEGERS = [[3, 1, 2, 0], [1, 2, 5, 7], [1, 0, 1, 2], [2, 3, 1, 1]] as const;

/** True for elementwise ops whose result is not a condition. */
function isArithmetic(op: Op): boolean {
  if (op.into === undefined || op.name === "assign") return false;
  const ones = new Array<Tensor>(op.arity).fill(tensor([1]));
  return apply(op, ones, undefined).dtype !== "bool";
}

const ARITHMETIC = Object.entries<Op>(ops).filter(([, op]) => isArithmetic(op));

for (const kernels of kernelNames()) {
  for (const [name, op] of ARITHMETIC.filter(([name]) => !EXACT.has(name))) {
    test(`${name} of integers on ${kernels} is that of floats`, () => {
      setKernels(kernels);
      try {
        for (const dtype of ["int32", "bool"] as const) {
          const inputs = INTEGERS.slice(0, op.arity).map((values) => tensor([...values]).to(dtype));
          const actual = apply(op, inputs, undefined) as Tensor;
          assertEquals(actual.dtype, "float32");
          const floats = inputs.map((x) => x.to("float32"));
          assertSame(actual.data, (apply(op, floats, undefined) as Tensor).data, dtype);
        }
      } finally {
        setKernels(kernelNames()[0]);
      }
    });
  }
}

test("other arithmetic keeps integers", () => {
  for (const [name, op] of ARITHMETIC.filter(([name]) => EXACT.has(name))) {
    const ones = new Array<Tensor>(op.arity).fill(tensor([1], { dtype: "int32" }));
    assertEquals(apply(op, ones, undefined).dtype, "int32", name);
  }
});
