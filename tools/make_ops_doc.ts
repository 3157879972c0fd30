/**
 * Writes `docs/ops.md` from the op table, or with `--check` checks that it is up to date.
 *
 * Nothing in it is written by hand: the tool calls each op to find its dtypes, its gradients and the
 * kernels that compute it, and runs the cases of the oracle's fixture. The calls beside PyTorch's are
 * the source text of those that `bench/ops.ts` measures.
 *
 * Run with `deno task docs:ops`.
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { type Case as Call, CASES } from "../bench/ops_table.ts";
import { grad, Tensor } from "../mod.ts";
import { apply } from "../src/autograd/apply.ts";
import { sharesStorage } from "../src/autograd/node.ts";
import { type DType, DTYPES, isFloat } from "../src/dtype.ts";
import { DTypeError } from "../src/errors.ts";
import type { Kernels } from "../src/kernels/kernels.ts";
import { reference } from "../src/kernels/reference/mod.ts";
import { compiled } from "../src/kernels/wasm/kernels/map_cache.ts";
import { wasm } from "../src/kernels/wasm/mod.ts";
import { specialize } from "../src/kernels/wasm/simd/specialize.ts";
import type { Op, SampleInput } from "../src/ops/op.ts";
import { ops } from "../src/ops/table.ts";
import { sizeOf } from "../src/shape.ts";
import { NDArray } from "../src/storage/ndarray.ts";
import { build, call, type Case, parseCase, replay } from "./oracle/replay.ts";

const PATH = new URL("../docs/ops.md", import.meta.url);
const FIXTURE = new URL("../tests/fixtures/oracle.jsonl", import.meta.url);

/** A sample input; values of a range are spread over it, and integers are not 0. */
function inputOf(sample: SampleInput, dtype: DType): NDArray | number {
  if (typeof sample === "number") return sample;
  const { shape } = sample;
  if ("values" in sample) {
    const own = isFloat(sample.dtype) ? dtype : sample.dtype;
    return NDArray.from([...sample.values], shape, own);
  }
  const { from, to } = sample;
  const place = (i: number): number => from + (to - from) * (((i + 1) * 0.618034) % 1);
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => place(i));
  return NDArray.from(isFloat(dtype) ? values : values.map(() => 1), shape, dtype);
}

/** Runs the forward on the first sample; returns true if the result is a view of an input. */
function forward(op: Op, kernels: Kernels, dtype: DType): boolean {
  const [{ inputs: samples, attrs }] = op.samples;
  const inputs = samples.map((sample) => inputOf(sample, dtype));
  const result = op.forward(kernels, inputs, attrs);
  return sharesStorage(result instanceof NDArray ? result : result[0], inputs);
}

function takes(op: Op, dtype: DType): boolean {
  try {
    forward(op, reference, dtype);
  } catch (error) {
    return !(error instanceof DTypeError);
  }
  return true;
}

/** Finds out if the first sample gives gradients, and gradients of gradients: yes, – or 0. */
function gradientsOf(op: Op): [first: string, second: string] {
  if (op.backward === undefined) return ["–", "–"];
  const [{ inputs, attrs }] = op.samples;
  const leaves = inputs.map((sample) => {
    const raw = inputOf(sample, "float64");
    if (typeof raw === "number") return raw;
    const leaf = new Tensor(raw);
    return isFloat(raw.dtype) ? leaf.requiresGrad_() : leaf;
  });
  const wanted = leaves.filter((x) => typeof x !== "number" && x.requiresGrad) as Tensor[];
  const output = apply(op, leaves, attrs) as Tensor;
  if (!output.requiresGrad) return ["–", "–"];
  const firsts = grad(output.square().sum(), wanted, { createGraph: true });
  const recorded = firsts.filter((g) => g !== null && g.requiresGrad) as Tensor[];
  if (recorded.length === 0) return ["yes", "0"];
  grad(recorded.map((g) => g.sum()), wanted);
  return ["yes", "yes"];
}

/** Names the backends whose kernels compute the forward of `dtype`: it watches all kernels. */
function kernelsOf(op: Op, dtype: DType): string {
  const found = new Set<string>();
  const watched = new Proxy(wasm, {
    get(_, name: keyof Kernels) {
      const kernel = wasm[name];
      if (typeof kernel !== "function") return kernel;
      return (...args: unknown[]) => {
        const isOwn = name === "map"
          ? isCompiled(...args as Parameters<Kernels["map"]>)
          : kernel !== reference[name];
        found.add(isOwn ? "wasm" : "reference");
        return (kernel as (...args: unknown[]) => unknown)(...args);
      };
    },
  });
  if (!takes(op, dtype)) return "–";
  const isView = forward(op, watched, dtype);
  if (found.size === 0) return isView ? "view" : "JavaScript";
  return [...found].sort().join(" + ");
}

function isCompiled(...[f, operands, , compute, dtype]: Parameters<Kernels["map"]>): boolean {
  return compiled(specialize(f, operands), compute, dtype, operands.length) !== null;
}

/** Counts the cases whose forward runs each op. */
function countCases(cases: readonly Case[]): Map<Op, number> {
  const counts = new Map<Op, number>();
  let running: Set<Op> | null = null;
  for (const op of Object.values<Op>(ops)) {
    const original = op.forward;
    op.forward = (...args) => {
      running?.add(op);
      return original(...args);
    };
  }
  for (const one of cases) {
    if ("error" in replay(one, "float64")) continue;
    const inputs = one.inputs.map((input) => build(input, "float64"));
    running = new Set();
    call(one, inputs);
    for (const op of running) counts.set(op, (counts.get(op) ?? 0) + 1);
    running = null;
  }
  return counts;
}

function row(name: string, op: Op, torch: string, cases: number): string {
  const dtypes = (Object.keys(DTYPES) as DType[]).filter((dtype) => takes(op, dtype));
  const floats = (["float32", "float64"] as const).map((dtype) => kernelsOf(op, dtype));
  const cells = [name, torch, dtypes.join(" "), ...gradientsOf(op), ...floats, cases];
  return `| ${cells.join(" | ")} |`;
}

/** Functions of the benches that are not PyTorch's, and calls of several statements. */
const NO_CALL = /^(assign|attend|attention)\(|^\{/;

/** The row of a call here and in PyTorch; one that is made by its name has no text to read. */
function callRow(name: string, { call, torch }: Call): string[] {
  const text = String(call).replaceAll(/\s+/g, " ").replace(/^.*?=> ?/, "");
  let calls = [text.replaceAll(/(?<=\[) | (?=\])|gradus\./g, ""), torch.replaceAll("i32", "i")];
  const [, snake, inputs] = torch.match(/^find\("(\w+)"\)\((.*)\)$/) ?? [];
  if (snake !== undefined) {
    const isMethod = name in Tensor.prototype;
    const [x, ...others] = inputs.split(", ");
    calls = isMethod
      ? [`${x}.${name}(${others.join(", ")})`, `torch.${snake}(${inputs})`]
      : [`F.${name}(${inputs})`, `F.${snake}(${inputs})`];
  }
  if (calls.some((one) => NO_CALL.test(one))) return [];
  return [`| ${calls.map((one) => `\`${one}\``).join(" | ")} |`];
}

function page(): string {
  const cases = readFileSync(FIXTURE, "utf8").trim().split("\n").map(parseCase);
  // A method has the name of its op; a layer has it behind "functional".
  const torch = new Map(cases.map((one) => [one.op.replace(/^function(al)?\./, ""), one.torch]));
  const table = Object.entries<Op>(ops);
  const known = table.map(([name, op]) => ({ name, op, torch: torch.get(op.name) ?? "–" }));
  const counts = countCases(cases);
  const rows = known.map(({ name, op, torch }) => row(name, op, torch, counts.get(op) ?? 0));
  return `# The ops

Made from the op table by \`deno task docs:ops\`; do not edit.

There are ${rows.length} ops. The columns:

- _PyTorch_: the method or function that computes the same; – for a part of others.
- _dtypes_: those that the first input may have.
- _gradient_ and _second_: yes if the op has a gradient, and the gradient one in turn; 0 if the
  gradient does not depend on the input.
- _float32_ and _float64_: the backends whose kernels compute the forward; view if only shape and
  strides change, JavaScript if the op computes without a kernel.
- _cases_: the number of cases in the oracle's fixture (\`tests/oracle_test.ts\`) that run the op.

| op | PyTorch | dtypes | gradient | second | float32 | float64 | cases |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

## Calls beside PyTorch's

Methods, functions and layers as \`bench/ops.ts\` calls them, \`F\` being \`nn.functional\` on both
sides. \`x\` and \`y\` hold floats, \`i\` and \`rows\` integers, \`b\` booleans; \`n\` and \`c\` are sizes.

| Gradus | PyTorch |
| --- | --- |
${[...CASES].flatMap(([name, one]) => callRow(name, one)).join("\n")}
`;
}

/** Cells of a table without the blanks that align them. */
function squeezed(text: string): string {
  return text.replaceAll(/ *\| */g, "|").replaceAll(/-{3,}/g, "---").replaceAll(/\s+/g, " ");
}

const text = page();
if (!process.argv.includes("--check")) writeFileSync(PATH, text);
else if (squeezed(readFileSync(PATH, "utf8")) !== squeezed(text)) {
  throw new Error("docs/ops.md is not up to date; run `deno task docs:ops`");
}
