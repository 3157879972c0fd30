/** Distributions against PyTorch: densities, entropies, divergences, and their gradients. */

import { assert } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Tensor, tensor } from "../../mod.ts";
import {
  Bernoulli,
  Categorical,
  type Distribution,
  klDivergence,
  Normal,
  Uniform,
} from "../../src/distributions/mod.ts";
import { assertSame } from "../support/assert.ts";

type Numbers = number | string | readonly Numbers[];
type Parameters = Readonly<Record<string, Numbers>>;

interface Result {
  readonly result: Numbers;
  readonly grads: Readonly<Record<string, Numbers | null>>;
}

interface Single {
  readonly name: string;
  readonly params: Parameters;
  readonly value: Numbers;
  readonly logProb: Result;
  readonly entropy: Result;
  readonly mean: Numbers;
  readonly variance: Numbers;
}

interface Divergence {
  readonly name: string;
  readonly p: Parameters;
  readonly q: Parameters;
  readonly kl: Result;
}

const { singles, divergences } = JSON.parse(
  readFileSync(new URL("../fixtures/distributions.json", import.meta.url), "utf8"),
) as { singles: Single[]; divergences: Divergence[] };

const float64 = { dtype: "float64" } as const;

function made(values: Numbers): Tensor {
  const parse = (v: Numbers): number | number[] =>
    Array.isArray(v) ? v.map(parse) as number[] : v === "inf" ? Infinity : Number(v);
  return tensor(parse(values), float64);
}

function leaves(params: Parameters): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(params).map(([name, v]) => [name, made(v).requiresGrad_()]),
  );
}

function distribution(name: string, params: Record<string, Tensor>): Distribution {
  if (name === "Normal") return new Normal(params.loc, params.scale);
  if (name === "Uniform") return new Uniform(params.low, params.high);
  return name === "Bernoulli" ? new Bernoulli(params) : new Categorical(params);
}

function near(actual: Tensor, expected: Numbers): void {
  const wanted = made(expected);
  assertSame(actual.shape, wanted.shape);
  const isClose = actual.isclose(wanted, { rtol: 1e-11, atol: 1e-12, equalNan: true });
  assert(isClose.all().item(), `${actual} is not ${wanted}`);
}

function check(
  compute: () => Tensor,
  params: Record<string, Tensor>,
  { result, grads }: Result,
): void {
  Object.values(params).forEach((p) => p.grad = null);
  const found = compute();
  near(found, result);
  const finite = found.maskedSelect(found.detach().isfinite()).sum();
  if (finite.requiresGrad) finite.backward();
  for (const [name, expected] of Object.entries(grads)) {
    const grad = params[name].grad;
    const isZero = expected === null || made(expected).eq(0).all().item() === 1;
    if (grad === null) assert(isZero, `${name} has no gradient`);
    else near(grad, expected ?? grad.mul(0).toArray());
  }
}

for (const c of singles) {
  test(`${c.name} ${JSON.stringify(c.params)} is PyTorch's`, () => {
    const params = leaves(c.params);
    const make = () => distribution(c.name, params);
    check(() => make().logProb(made(c.value)), params, c.logProb);
    check(() => make().entropy(), params, c.entropy);
    near(make().mean.detach(), c.mean);
    near(make().variance.detach(), c.variance);
  });
}

for (const c of divergences) {
  test(`the divergence of ${c.name} ${JSON.stringify([c.p, c.q])} is PyTorch's`, () => {
    const [p, q] = [leaves(c.p), leaves(c.q)];
    const prefixed = (params: Record<string, Tensor>, prefix: string) =>
      Object.entries(params).map(([name, x]) => [`${prefix}.${name}`, x] as const);
    const every = Object.fromEntries([...prefixed(p, "p"), ...prefixed(q, "q")]);
    check(() => klDivergence(distribution(c.name, p), distribution(c.name, q)), every, c.kl);
  });
}
