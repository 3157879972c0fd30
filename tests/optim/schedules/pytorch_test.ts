/** Every schedule, alone and one after the other, against PyTorch's learning rates and momenta. */

import { assert, assertStrictEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { tensor } from "../../../mod.ts";
import * as optim from "../../../src/optim/mod.ts";
import { assertSame } from "../../support/assert.ts";

type Named = readonly [name: string, settings: Readonly<Record<string, unknown>>];

/** A case of tools/oracle/make_schedule_fixtures.py. */
interface Case {
  readonly optimizer: "SGD" | "Adam";
  readonly chain: readonly Named[];
  readonly metrics: readonly (number | null)[] | null;
  readonly rows: readonly (readonly number[])[];
}

/** Also a schedule that is stepped with a metric. */
interface Schedule {
  step(metric: number): void;
  getLastLr(): number[];
  stateDict(): unknown;
  loadStateDict(state: unknown): void;
}

const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL("../../fixtures/schedules.json", import.meta.url), "utf8"),
);

const LAMBDAS: Record<string, (t: number) => number> = {
  inverse: (t) => 1 / (1 + t),
  flat: (t) => (t % 3 === 0 ? 1.05 : 0.9),
};

function optimizerOf(name: "SGD" | "Adam"): optim.Optimizer {
  const groups = [1, 0.5].map((lr) => ({ params: [tensor([0], { requiresGrad: true })], lr }));
  return new optim[name](groups, { lr: 1 });
}

/** The schedule, with options in camel case: `T_max` → `tMax`, and functions for their names. */
function make(optimizer: optim.Optimizer, [name, settings]: Named): Schedule {
  const options = Object.entries(settings).map(([key, value]) => {
    if (key === "lr_lambda") value = [value].flat().map((name) => LAMBDAS[name as string]);
    if (key === "lr_lambda" && !Array.isArray(settings[key])) [value] = value as unknown[];
    if (key === "schedulers") value = (value as Named[]).map((inner) => make(optimizer, inner));
    const camel = key.replace(/^T/, "t")
      .replace(/_([a-z0])/g, (_, letter: string) => letter.toUpperCase());
    return [camel, value];
  });
  const kind = optim as unknown as Record<string, new (o: unknown, options: unknown) => Schedule>;
  return new kind[name](optimizer, Object.fromEntries(options));
}

/** The rates and the momenta of the groups. */
function rowOf(optimizer: optim.Optimizer): number[] {
  const groups = optimizer.paramGroups as { lr: number; momentum?: number; betas?: number[] }[];
  return [...groups.map(({ lr }) => lr), ...groups.map((g) => g.betas?.[0] ?? g.momentum!)];
}

function checkRow(optimizer: optim.Optimizer, expected: readonly number[], step: number): void {
  rowOf(optimizer).forEach((value, i) =>
    assert(Math.abs(value - expected[i]) < 1e-12, `step ${step}, ${i}: ${value}, ${expected[i]}`)
  );
}

function advance(schedule: ReturnType<typeof make>, metric: number): void {
  if (schedule instanceof optim.ReduceLROnPlateau) schedule.step(metric);
  else (schedule as optim.LRScheduler).step();
}

for (const { optimizer: name, chain, metrics, rows } of cases) {
  const title = chain.map(([name, settings]) => `${name} ${JSON.stringify(settings)}`).join(", ");
  const metric = (step: number): number => metrics?.[step - 1] ?? NaN;

  test(`${name} with ${title} has PyTorch's rates`, () => {
    const optimizer = optimizerOf(name);
    const schedules = chain.map((named) => make(optimizer, named));
    checkRow(optimizer, rows[0], 0);
    for (let step = 1; step < rows.length; step++) {
      schedules.forEach((schedule) => advance(schedule, metric(step)));
      checkRow(optimizer, rows[step], step);
    }
    const { lr } = optimizer.paramGroups[1];
    assertStrictEquals(schedules[schedules.length - 1].getLastLr()[1], lr);
  });

  test(`${name} with ${title} continues from a state saved as JSON`, () => {
    const optimizer = optimizerOf(name);
    const schedules = chain.map((named) => make(optimizer, named));
    const half = Math.floor(rows.length / 2);
    for (let step = 1; step <= half; step++) {
      schedules.forEach((schedule) => advance(schedule, metric(step)));
    }
    const saved = JSON.parse(JSON.stringify(schedules.map((s) => s.stateDict())));
    const savedOptimizer = JSON.parse(JSON.stringify(optimizer.stateDict()));

    const other = optimizerOf(name);
    const resumed = chain.map((named) => make(other, named));
    other.loadStateDict(savedOptimizer);
    resumed.forEach((schedule, i) => schedule.loadStateDict(saved[i]));
    assertSame(rowOf(other), rowOf(optimizer));
    for (let step = half + 1; step < rows.length; step++) {
      resumed.forEach((schedule) => advance(schedule, metric(step)));
      checkRow(other, rows[step], step);
    }
  });
}
