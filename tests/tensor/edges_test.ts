/** Compares elementwise functions with PyTorch where their formulas meet. */

import { assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Tensor, tensor } from "../../mod.ts";
import { kernelNames, setKernels } from "../support/kernels.ts";
import { callByName } from "../../tools/oracle/replay.ts";

/** JSON has no −0, ∞ or NaN, so they are strings. */
type Numbers = readonly (number | string)[];

/** A case of tools/oracle/make_edge_fixtures.py. */
interface Case {
  readonly call: string;
  readonly inputs: readonly Numbers[];
  readonly options: Numbers;
  readonly output: Numbers;
  readonly grads: readonly (Numbers | null)[];
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL("../fixtures/edges.json", import.meta.url), "utf8"),
);

function parse(numbers: Numbers): number[] {
  return numbers.map((v) => (v === "inf" ? Infinity : v === "-inf" ? -Infinity : Number(v)));
}

function differences(found: Tensor, wanted: Numbers, inputs: readonly number[][]): string[] {
  const [got, expected] = [[...found.data], parse(wanted)];
  return expected.flatMap((value, i) => {
    const near = Object.is(got[i], value) || Math.abs(got[i] - value) <= 5e-15 * Math.abs(value);
    return near ? [] : [`at ${inputs.map((x) => x[i])}: ${got[i]}, not ${value}`];
  });
}

function check({ call, inputs, options, output, grads }: Case): void {
  const numbers = inputs.map(parse);
  const [x, ...others] = numbers.map((list) =>
    tensor(list, { dtype: "float64", requiresGrad: true })
  );
  const y = callByName(x, call, [...others, ...parse(options)]) as Tensor;
  const what = `${call} ${options}`;
  assertEquals(differences(y, output, numbers), [], what);
  if (grads[0] === null) return;
  y.sum().backward();
  [x, ...others].forEach((leaf, i) => {
    assertEquals(differences(leaf.grad!, grads[i]!, numbers), [], `${what}: gradient ${i}`);
  });
}

for (const kernels of kernelNames()) {
  for (const call of new Set(cases.map((one) => one.call))) {
    test(`${call} at its edges, on ${kernels}`, () => {
      setKernels(kernels);
      try {
        cases.filter((one) => one.call === call).forEach(check);
      } finally {
        setKernels(kernelNames()[0]);
      }
    });
  }
}
