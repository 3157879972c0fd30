/** Formulas are printed as programs that compute the same, and compiled to text. */

import { test } from "node:test";
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import {
  DTypeError,
  KernelError,
  kernelNames,
  setKernels,
  tensor,
  ValueError,
} from "../../../mod.ts";
import { numbers } from "../../../src/kernels/numbers.ts";
import { ops } from "../../../src/ops/table.ts";
import {
  type ExplainedFormula,
  explainFormula,
  explainOp,
} from "../../../src/utils/explain/mod.ts";
import { assertThrowsMessage } from "../../support/assert.ts";

const elementwise = Object.entries(ops).filter(([, op]) => op.formulas !== undefined)
  .map(([name]) => name);

/** Runs the text of a formula as a program. */
function run(formula: ExplainedFormula, values: readonly number[]): number {
  const lines = `${formula}`.split("\n");
  const last = lines.pop();
  const body = [...lines.map((line) => `const ${line};`), `return ${last};`].join("\n");
  const names = [...formula.inputs, ...Object.keys(numbers)];
  const result = new Function(...names, body)(...values, ...Object.values(numbers));
  // && and || return an operand.
  return /&&|\|\|/.test(last!) && !last!.includes("?") ? Number(Boolean(result)) : Number(result);
}

test("the formulas of all elementwise ops are printed as programs that compute the same", () => {
  assert(elementwise.length > 70);
  for (const name of elementwise) {
    const { forward, gradients } = explainOp(name);
    for (const formula of [forward, ...gradients]) {
      for (const seed of [0.3, 0.7, 1.4, -0.6]) {
        const values = formula.inputs.map((_, i) => Math.abs(seed) + 0.1 * i);
        values[0] *= Math.sign(seed);
        const [actual, expected] = [run(formula, values), formula.evaluate(...values)];
        if (Number.isNaN(expected)) assert(Number.isNaN(actual), `${name}: ${formula}`);
        else assertAlmostEquals(actual, expected, 1e-12, `${name}: ${formula}`);
      }
    }
  }
});

test("an op prints its result and its gradients", () => {
  const lines = (name: string) => `${explainOp(name)}`.split("\n");
  assertEquals(lines("sigmoid"), ["y = sigmoid(x)", "g = ∂L/∂y", "∂L/∂x = g * (y * (1 - y))"]);
  assertEquals(lines("div").slice(2), ["∂L/∂a = g / b", "∂L/∂b = -(g * (y / b))"]);
  assertEquals(lines("lt"), ["y = a < b"]);
  assertEquals(explainOp("tanh").name, "tanh");
});

test("operators bind as in a program, and parts that are used twice are printed once", () => {
  const formula = explainFormula("mine", ["a", "b"], (k, [a, b]) => {
    const t = k.exp(k.sub(a, k.sub(b, -2)));
    const u = k.mul(k.add(t, 1), t);
    return k.add(k.pow(k.neg(u), k.pow(-3, b)), k.where(k.logicalNot(u), k.neg(k.neg(b)), -0));
  });
  assertEquals(`${formula}`.split("\n"), [
    "t1 = exp(a - (b - -2))",
    "t2 = (t1 + 1) * t1",
    "(-t2) ** ((-3) ** b) + (!t2 ? -(-b) : -0)",
  ]);
});

test("the text of a kernel names the instructions of the formula", () => {
  const { forward, gradients: [gradient] } = explainOp("mul");
  const text = forward.toWAT();
  assertStringIncludes(text, '(import "env" "memory" (memory ');
  assertStringIncludes(text, '(func $run (export "run") (param $i0 i32)');
  assertEquals(text.match(/\(f32x4\.mul \(local/g)?.length, 2); // a vector, and the last ones
  assertStringIncludes(gradient.toWAT({ dtype: "float64" }), "f64x2.mul");
  assertEquals(text.replaceAll(/[^()]/g, "").replaceAll("()", "").length % 2, 0);
});

test("every elementwise op can be compiled to text, or says why not", () => {
  const refused = new Set<string>();
  for (const name of elementwise) {
    const { forward, gradients } = explainOp(name);
    for (const formula of [forward, ...gradients]) {
      try {
        assertStringIncludes(formula.toWAT(), "(module");
      } catch (error) {
        assert(error instanceof KernelError, `${name}: ${error}`);
        refused.add(name);
      }
    }
  }
  assertEquals([...refused], []);
});

test("a formula of one's own computes what the ops compute", () => {
  const formula = explainFormula("gate", ["x", "h"], (k, [x, h]) => k.mul(k.sigmoid(x), h));
  const x = tensor([0.5], { dtype: "float64" });
  assertEquals(formula.evaluate(0.5, 3), x.sigmoid().mul(3).item());
});

test("misuse is refused", () => {
  assertThrowsMessage(
    () => explainOp("sigmod"),
    ValueError,
    'Cannot explain the op "sigmod": there is none; docs/ops.md lists all ops',
  );
  assertThrowsMessage(
    () => explainOp("matmul"),
    ValueError,
    'Cannot explain the op "matmul": it is not elementwise, so it has no formula; docs/ops.md ' +
      "lists all ops",
  );
  const { forward } = explainOp("add");
  assertThrowsMessage(
    () => forward.evaluate(1),
    ValueError,
    "Cannot evaluate add for 1 numbers: its inputs are a, b; pass a number for each",
  );
  assertThrowsMessage(
    () => forward.toWAT({ dtype: "int32" as "float32" }),
    DTypeError,
    'Cannot show the WebAssembly for int32: only "float32" and "float64" are shown',
  );
  setKernels("reference");
  try {
    assertThrowsMessage(
      () => forward.toWAT(),
      KernelError,
      'Cannot show the WebAssembly of add: the kernels "reference" are plain loops; call ' +
        'setKernels("wasm") first',
    );
  } finally {
    setKernels(kernelNames()[0]);
  }
});
