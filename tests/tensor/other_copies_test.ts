/**
 * Tensors of another copy of the library, and clones, are refused rather than read at their addresses
 * in this memory.
 *
 * @module
 */

import { assertEquals, assertNotStrictEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { cat, Generator, grad, memory, ones, type Tensor, tensor, ValueError } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import * as distributions from "../../src/distributions/mod.ts";
import { Accuracy, ConfusionMatrix, MeanMetric } from "../../src/metrics/mod.ts";
import * as optim from "../../src/optim/mod.ts";
import * as checkpoint from "../../src/utils/checkpoint.ts";
import { DataLoader } from "../../src/utils/data/mod.ts";
import { EarlyStopping } from "../../src/utils/mod.ts";
import { deserialize, serialize } from "../../src/utils/safetensors/mod.ts";
import { assertThrowsMessage } from "../support/assert.ts";

const folder = mkdtempSync(join(tmpdir(), "gradus-copy-"));
after(() => rmSync(folder, { recursive: true }));
for (const part of ["mod.ts", "src"]) {
  cpSync(new URL(`../../${part}`, import.meta.url), join(folder, part), { recursive: true });
}
const other: typeof import("../../mod.ts") = await import(
  pathToFileURL(join(folder, "mod.ts")).href
);

test("every way in refuses a tensor of another copy by name", () => {
  const foreign = other.tensor([3, 4]);
  const own = tensor([1, 2], { requiresGrad: true });
  assertNotStrictEquals(foreign.constructor, own.constructor);
  const linear = new nn.Linear(2, 2);
  const uses: Record<string, () => unknown> = {
    add: () => own.add(foreign),
    add_: () => tensor([1, 2]).add_(foreign),
    matmul: () => own.matmul(foreign),
    cat: () => cat([own, foreign]),
    set: () => tensor([1, 2]).set([":"], foreign),
    copy_: () => tensor([1, 2]).copy_(foreign),
    at: () => own.at(foreign),
    where: () => own.where(own.gt(1), foreign),
    backward: () => own.mul(2).backward(foreign),
    grad: () => grad(own.mul(2), own, { gradOutputs: [foreign] }),
    "grad of": () => own.grad = foreign,
    call: () => linear(foreign),
    parameter: () => new nn.Parameter(foreign),
    state: () => linear.loadStateDict({ weight: ones([2, 2]), bias: foreign }),
    optimizer: () => new optim.SGD([foreign], { lr: 1 }),
    file: () => serialize({ foreign }),
    checkpoint: () => checkpoint.serialize({ foreign }),
    batch: () => [...new DataLoader({ length: 2, get: () => ({ x: foreign }) })],
    "forward hook": () => {
      const handle = linear.registerForwardHook(() => foreign);
      try {
        linear(ones([1, 2]));
      } finally {
        handle.remove();
      }
    },
    "data set":
      () => [...new DataLoader({ length: 2, get: () => foreign, getBatch: () => foreign })],
    option: () => nn.functional.linear(own, ones([1, 2]), { bias: foreign }),
  };
  for (const [name, use] of Object.entries(uses)) {
    assertThrows(use, Error, "another copy of Gradus, or a clone", name);
  }
  assertEquals(own.toArray(), [1, 2]);
});

test("a distribution of another copy has no divergence from one of this", async () => {
  const theirs: typeof distributions = await import(
    pathToFileURL(join(folder, "src/distributions/mod.ts")).href
  );
  const [p, q] = [new distributions.Normal(0, 1), new theirs.Normal(0, 1)];
  const message =
    /^Cannot compute klDivergence with .* it must be a distribution of this copy of Gradus$/;
  assertThrowsMessage(() => distributions.klDivergence(p, q), ValueError, message);
});

test("modules and tensors of another copy are no fields", async () => {
  const copy: typeof nn = await import(pathToFileURL(join(folder, "src/nn/mod.ts")).href);
  class Mixed extends nn.Module {
    parts: Record<string, unknown> = {};
    weight: unknown = new nn.Parameter(ones([2]));
    override forward(x: Tensor): Tensor {
      return x;
    }
  }
  const foreign: [kind: string, part: unknown][] = [
    ["module", new copy.Linear(2, 2)],
    ["tensor", other.ones([2])],
    ["tensor", new copy.Parameter(other.ones([2]))],
    ["tensor", new copy.Buffer(other.ones([2]))],
  ];
  const uses: ((model: Mixed) => unknown)[] = [
    (model) => model(ones([2])),
    (model) => [...model.parameters()],
    (model) => model.stateDict(),
    (model) => model.to("float64"),
  ];
  for (const [kind, part] of foreign) {
    for (const use of uses) {
      const [early, late] = [new Mixed(), new Mixed()];
      late(ones([2]));
      for (const model of [early, late]) {
        model.parts.part = part;
        assertThrowsMessage(
          () => use(model),
          ValueError,
          new RegExp(`with a ${kind} of another copy of Gradus as its field "parts.part"`),
        );
      }
      if (kind === "tensor") assertThrows(() => late.weight = part, ValueError, "another copy");
    }
  }
});

test("clones, messages and JSON are refused with the way out", () => {
  const x = tensor([1, 2]);
  const { port1, port2 } = new MessageChannel();
  const message = /^Cannot clone or post a tensor: .* pass its data and shape, or serialize\(\)/;
  for (const value of [x, { x }, [x], new nn.Parameter(x)]) {
    assertThrowsMessage(() => structuredClone(value), ValueError, message);
    assertThrowsMessage(() => port1.postMessage(value), ValueError, message);
    assertThrowsMessage(
      () => JSON.stringify(value),
      ValueError,
      /^Cannot write a tensor as JSON: use toArray\(\)/,
    );
  }
  port1.close();
  port2.close();
  assertEquals(structuredClone(x.data), x.data);
});

test("what has private state is not copied without it", () => {
  const generator = new Generator(7);
  const message = /^Cannot clone, post or write a generator as JSON: .* pass getState\(\)/;
  for (const value of [generator, { generator }]) {
    assertThrowsMessage(() => structuredClone(value), ValueError, message);
    assertThrowsMessage(() => JSON.stringify(value), ValueError, message);
  }
  const others: readonly (readonly [value: object, message: RegExp])[] = [
    [
      new DataLoader({ length: 1, get: () => 1 }),
      /^Cannot clone, post or write a loader as JSON: .* make it where/,
    ],
    [new Accuracy(), /^Cannot clone, post or write a metric as JSON: .* pass its totals\(\)/],
    [new ConfusionMatrix(2), /^Cannot clone, post or write a metric as JSON/],
    [new MeanMetric(), /^Cannot clone, post or write a metric as JSON/],
    [new EarlyStopping(), /^Cannot clone, post or write an EarlyStopping .* its stateDict\(\)$/],
  ];
  for (const [value, message] of others) {
    assertThrowsMessage(() => structuredClone(value), ValueError, message);
    assertThrowsMessage(() => JSON.stringify({ value }), ValueError, message);
  }
  const copy = new Generator().setState(structuredClone(generator.getState()));
  assertEquals(copy.next(), generator.next());
  const model = new nn.Linear(2, 1);
  assertThrowsMessage(() => structuredClone(model), "DataCloneError", /not be cloned/);
  assertThrowsMessage(
    () => JSON.stringify({ model }),
    ValueError,
    "Cannot write Linear as JSON: save() its weights, or serialize() its stateDict()",
  );
  const renamed = nn.renameKeys(model.stateDict(), { weight: "w" });
  const loaded = deserialize(serialize(renamed));
  for (const state of [model.stateDict(), renamed, loaded]) {
    assertThrowsMessage(() => JSON.stringify(state), ValueError, /^Cannot write a tensor as JSON/);
    assertThrowsMessage(() => structuredClone(state), ValueError, /^Cannot clone or post a tensor/);
  }
  assertEquals([...model.stateDict().keys()], ["weight", "bias"]);
});

test("copies of one version share memory and threads, and read only their own tensors", () => {
  const kept = other.ones([500, 500]);
  const own = ones([500, 500]).mul(2);
  assertStrictEquals(kept.matmul(kept).sum().item(), 500 ** 3);
  assertStrictEquals(own.matmul(own).sum().item(), 4 * 500 ** 3);
  assertStrictEquals(other.memory.stats().resident, memory.stats().resident);
  assertStrictEquals(kept.sum().item(), 500 ** 2);
});
