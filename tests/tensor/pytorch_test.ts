/**
 * Compares values and gradients of methods with PyTorch, especially at edges.
 *
 * @module
 */

import { callByName } from "../../tools/oracle/replay.ts";
import { test } from "node:test";
import { assert } from "@std/assert";
import { readFileSync } from "node:fs";
import { einsum, type Tensor, tensor } from "../../mod.ts";
import { kernelNames, setKernels } from "../support/kernels.ts";
import { assertSame } from "../support/assert.ts";

type Flat = readonly [shape: number[], values: (number | string)[], kind?: "int"];
type Argument = unknown;
type Case = readonly [string, Flat, Argument[], Flat, Flat | null];

const cases: Case[] = JSON.parse(
  readFileSync(new URL("../fixtures/tensor.json", import.meta.url), "utf8"),
);

const WORDS: Record<string, number> = { nan: NaN, inf: Infinity, "-inf": -Infinity, "-0": -0 };

const numberOf = (v: number | string): number => (typeof v === "string" ? WORDS[v] : v);

function tensorOf([shape, values]: Flat, kind: string | undefined): Tensor {
  const dtype = kind === undefined ? "float64" : "int32";
  return tensor(values.map(numberOf), { dtype }).reshape(shape);
}

function argumentOf(a: Argument): unknown {
  if (typeof a === "string" && a in WORDS) return WORDS[a];
  if (typeof a !== "object" || a === null || Array.isArray(a)) return a;
  if ("t" in a) return tensorOf(a.t as Flat, "int" in a ? "int" : undefined);
  return Object.fromEntries(Object.entries(a).map(([name, value]) => [name, argumentOf(value)]));
}

/** Calls `x.name(...args)`; for `name.part`, returns that part of the result. */
function call(x: Tensor, name: string, args: unknown[]): Tensor {
  if (name === "einsum") return einsum(args[0] as string, x, ...args.slice(1) as Tensor[]);
  if (name.endsWith(":second")) {
    return call(args[0] as Tensor, name.slice(0, -":second".length), [x]);
  }
  const [method, part] = name.split(".");
  const result = callByName(x, method, args);
  return (part === undefined ? result : (result as Record<string, unknown>)[part]) as Tensor;
}

/** Methods for whose gradients PyTorch uses constants rounded to float32. */
const ROUGH = /^gradient of (celu|hardsigmoid) /;

function assertClose(actual: Tensor, [shape, values]: Flat, what: string): void {
  assertSame(actual.shape, shape, what);
  const data = actual.data;
  const tolerance = ROUGH.test(what) ? 1e-7 : 1e-11;
  values.map(numberOf).forEach((wanted, i) => {
    const near = Object.is(data[i], wanted) || data[i] === wanted ||
      Math.abs(data[i] - wanted) <= tolerance * (1 + Math.abs(wanted));
    assert(near, `${what} [${i}]: ${data[i]}, not ${wanted}`);
  });
}

for (const kernels of kernelNames()) {
  for (const name of new Set(cases.map(([name]) => name))) {
    test(`${name} on ${kernels} is PyTorch's`, () => {
      setKernels(kernels);
      try {
        for (const [, x, args, output, gradient] of cases.filter((c) => c[0] === name)) {
          const what = `${name} ${JSON.stringify(x)} ${JSON.stringify(args)}`.slice(0, 200);
          const base = tensorOf(x, x[2]);
          if (gradient !== null) base.requiresGrad_();
          const y = call(base, name, args.map(argumentOf));
          assertClose(y, output, what);
          if (gradient === null) continue;
          const weights = Array.from({ length: y.numel() }, (_, i) => i * 0.1 + 0.5);
          y.backward(tensor(weights, { dtype: "float64" }).reshape(y.shape));
          assertClose(base.grad!, gradient, `gradient of ${what}`);
        }
      } finally {
        setKernels(kernelNames()[0]);
      }
    });
  }
}
