import { assertEquals, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { memory, ones, type Tensor, zeros } from "../../mod.ts";
import * as nn from "../../src/nn/mod.ts";
import { assertSame } from "../support/assert.ts";

test("a summary tells shapes, parameters and work of every module, as a table", () => {
  const model = new nn.Sequential(
    new nn.Conv2d(1, 4, 3),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(16, 1000, { bias: false }),
  );
  model.at(1).requiresGrad_(false);
  assertEquals(
    nn.summary(model, [2, 1, 4, 4]).toString(),
    `\
layer             output        parameters  multiply-adds
─────────────────────────────────────────────────────────
Sequential        [2, 1000]
  0: Conv2d       [2, 4, 2, 2]          40            288
  1: BatchNorm2d  [2, 4, 2, 2]           8
  2: ReLU         [2, 4, 2, 2]
  3: Flatten      [2, 16]
  4: Linear       [2, 1000]         16,000         32,000
─────────────────────────────────────────────────────────
total                               16,048         32,288
8 parameters are frozen`,
  );
});

test("the work of layers is that of the products in their definitions", () => {
  const work = (layer: nn.Module, ...inputs: Tensor[]) => nn.summary(layer, inputs).multiplyAdds;
  assertStrictEquals(work(new nn.Linear(3, 5), ones([2, 7, 3])), 2 * 7 * 3 * 5);
  assertStrictEquals(
    work(new nn.Conv2d(4, 6, [3, 2], { groups: 2 }), ones([1, 4, 5, 5])),
    6 * 3 * 4 * 2 * 6,
  );
  assertStrictEquals(work(new nn.Conv1d(2, 3, 4), ones([2, 2, 7])), 2 * 3 * 4 * 2 * 4);
  assertStrictEquals(
    work(new nn.ConvTranspose2d(2, 3, 2, { stride: 2 }), ones([1, 2, 5, 5])),
    25 * 2 * 3 * 4,
  );
  // x1 W x2: W first with x1, then with x2.
  assertStrictEquals(work(new nn.Bilinear(2, 3, 4), ones([5, 2]), ones([5, 3])), 5 * 4 * (6 + 3));
  assertStrictEquals(work(new nn.LSTM(3, 2), ones([7, 5, 3])), 35 * 4 * 2 * (3 + 2));
  const projected = new nn.LSTM(3, 4, { projSize: 2 });
  assertStrictEquals(work(projected, ones([7, 5, 3])), 35 * (4 * 4 * (3 + 2) + 4 * 2));
  assertStrictEquals(work(new nn.GRUCell(3, 2), ones([5, 3])), 5 * 3 * 2 * (3 + 2));
  const x = ones([7, 5, 4]);
  const attention = 3 * 35 * 16 + 2 * 5 * 7 * 7 * 4;
  assertStrictEquals(work(new nn.MultiheadAttention(4, 2), x, x, x), attention + 35 * 16);
  const added = new nn.MultiheadAttention(4, 2, { kdim: 3, addBiasKv: true, addZeroAttn: true });
  const [key, value] = [ones([6, 5, 3]), ones([6, 5, 4])];
  const projections = 35 * 16 + 30 * 12 + 30 * 16 + 35 * 16;
  assertStrictEquals(work(added, x, key, value), projections + 2 * 5 * 7 * 8 * 4);
  // Both stacks, with attention of 2 to 3 in the decoder.
  const whole = new nn.Transformer(4, 2, {
    numEncoderLayers: 2,
    numDecoderLayers: 1,
    dimFeedforward: 6,
  });
  const self = (l: number) => 4 * l * 16 + 2 * l * l * 4;
  const network = (l: number) => 2 * l * 4 * 6;
  const across = 2 * 2 * 16 + 2 * 3 * 16 + 2 * 2 * 3 * 4;
  assertStrictEquals(
    work(whole, ones([3, 4]), ones([2, 4])),
    2 * (self(3) + network(3)) + self(2) + across + network(2),
  );
});

test("shared parameters count once, and modules that are called twice work twice", () => {
  class Twice extends nn.Module {
    layer = new nn.Linear(3, 3);
    same = this.layer;
    tied = new nn.Linear(3, 3);

    constructor() {
      super();
      this.tied.weight = this.layer.weight;
    }

    override forward(x: Tensor): Tensor {
      return this.tied(this.same(this.layer(x)));
    }
  }
  const { parameters, trainableParameters, multiplyAdds, layers } = nn.summary(new Twice(), [2, 3]);
  assertStrictEquals(parameters, 9 + 3 + 3);
  assertEquals(trainableParameters, 15);
  assertStrictEquals(multiplyAdds, 3 * 2 * 9);
  assertEquals(layers.map((layer) => layer.name), ["", "layer", "tied"]);
});

test("a summary changes nothing, also when the model throws", () => {
  const model = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2), new nn.Dropout());
  model.at(2).eval();
  const before = [...model.stateDict().values()].map((x) => x.toArray());
  const modes = () => [...model.modules()].map((module) => module.training);
  const trainings = modes();
  nn.summary(model, [1, 2]);
  assertThrows(() => nn.summary(model, [1, 3]), Error, "last axis must have size 2");
  assertEquals(modes(), trainings);
  assertSame([...model.stateDict().values()].map((x) => x.toArray()), before);
  const { storages } = memory.stats();
  nn.summary(model, [4, 2]);
  assertStrictEquals(memory.stats().storages, storages);
});

test("a summary takes inputs of any type and number", () => {
  const index = zeros([2, 5], { dtype: "int32" });
  assertEquals(nn.summary(new nn.Embedding(10, 3), index).layers[0].outputShapes, [[2, 5, 3]]);
  const lstm = nn.summary(new nn.LSTM(3, 4), [7, 2, 3]);
  assertEquals(lstm.layers[0].outputShapes, [[7, 2, 4], [1, 2, 4], [1, 2, 4]]);
});

test("without an input a summary lists parameters, and the model does not run", () => {
  class Idle extends nn.Module {
    first = new nn.Linear(3, 2);
    second = new nn.Linear(3, 2, { bias: false });
    scale = new nn.Parameter(ones([4]), false);

    constructor() {
      super();
      this.second.weight = this.first.weight;
    }

    override forward(): Tensor {
      throw new Error("it ran");
    }
  }
  const summary = nn.summary(new Idle());
  assertEquals([summary.parameters, summary.trainableParameters], [12, 8]);
  assertStrictEquals(summary.multiplyAdds, NaN);
  assertEquals(summary.layers.map((layer) => layer.multiplyAdds), [NaN, NaN, NaN]);
  assertEquals(summary.layers[2].weights, [
    { name: "weight", shape: [2, 3], isFrozen: false, isShared: true },
  ]);
  assertEquals(
    summary.toString(),
    `\
layer             weights                  parameters
─────────────────────────────────────────────────────
Idle              scale [4] (frozen)                4
  first: Linear   weight [2, 3], bias [2]           8
  second: Linear  weight [2, 3] (shared)
─────────────────────────────────────────────────────
total                                              12
4 parameters are frozen`,
  );
});

/** Returns the cells of a table of HTML, row by row, as they stand there. */
function cellsOf(html: string): string[][] {
  return Array.from(
    html.matchAll(/<tr>(.*?)<\/tr>/g),
    ([, row]) => Array.from(row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/g), ([, cell]) => cell),
  );
}

test("notebooks show a summary as a table, with options and shapes of weights", () => {
  const model = new nn.Sequential(new nn.Conv2d(1, 4, 3), new nn.Flatten());
  const summary = nn.summary(model, [1, 1, 4, 4]) as nn.Summary & Record<symbol, () => object>;
  const bundle = summary[Symbol.for("Jupyter.display")]() as Record<string, string>;
  assertEquals(Object.keys(bundle), ["text/plain", "text/html"]);
  assertEquals(bundle["text/plain"], summary.toString());
  assertMatch(bundle["text/html"], /^<table>\n(<tr>.*<\/tr>\n)+<\/table>$/);
  const indent = "&nbsp;".repeat(4);
  assertEquals(cellsOf(bundle["text/html"]), [
    ["layer", "output", "weights", "parameters", "multiply-adds"],
    ["Sequential()", "[1, 16]", "", "", ""],
    [
      `${indent}0: Conv2d(1, 4, 3)`,
      "[1, 4, 2, 2]",
      "weight [4, 1, 3, 3], bias [4]",
      "40",
      "144",
    ],
    [`${indent}1: Flatten()`, "[1, 16]", "", "", ""],
    ["total", "", "", "40", "144"],
  ]);
});

test("names and options that look like HTML are shown as they are", () => {
  class Marked extends nn.Module {
    "<b>&": nn.Parameter = new nn.Parameter(ones([1]));

    override extraRepr(): string {
      return `"<script>alert('1')</script>"`;
    }

    override forward(x: Tensor): Tensor {
      return x;
    }
  }
  const summary = nn.summary(new Marked()) as nn.Summary & Record<symbol, () => object>;
  const html = (summary[Symbol.for("Jupyter.display")]() as Record<string, string>)["text/html"];
  assertEquals(cellsOf(html)[1], [
    "Marked(&#34;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#34;)",
    "&#60;b&#62;&#38; [1]",
    "1",
  ]);
});
