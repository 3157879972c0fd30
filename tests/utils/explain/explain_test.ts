import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import {
  GradientError,
  noGrad,
  ones,
  randn,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import {
  explain,
  type ExplainedNode,
  type Explanation,
  named,
  type Names,
} from "../../../src/utils/explain/mod.ts";
import { assertThrowsMessage } from "../../support/assert.ts";

/** Returns a line for each node: its name, kind, inputs and module. */
function outline(graph: Explanation): string[] {
  return graph.nodes.map(({ name, kind, type, inputs, module }) => {
    const given = inputs.map((input) => typeof input === "number" ? input : input.name).join(", ");
    const text = kind === "leaf" || kind === "constant"
      ? `${name}: ${kind}`
      : `${name} = ${type}(${given})`;
    return module === "" ? text : `${text} in ${module}`;
  });
}

function node(graph: Explanation, name: string): ExplainedNode {
  const found = graph.nodes.filter((node) => node.name === name);
  assertEquals(found.length, 1, `one node "${name}" in:\n${graph}`);
  return found[0];
}

/** Checks what holds of every graph: order, unique names, and pictures of all nodes and edges. */
function checkGraph(graph: Explanation): void {
  const seen = new Set<ExplainedNode | number>();
  let edges = 0;
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      assert(typeof input === "number" || seen.has(input), `${node.name} before its inputs`);
    }
    edges += new Set(node.inputs.filter((input) => typeof input !== "number")).size;
    seen.add(node);
  }
  assertEquals(new Set(graph.nodes.map(({ name }) => name)).size, graph.nodes.length);
  const dot = graph.toDot();
  assertEquals(dot.match(/^n\d+ \[/gm)?.length, graph.nodes.length);
  assertEquals(dot.match(/ -> /g)?.length ?? 0, edges);
  assertEquals(dot.match(/\{$/gm)?.length, dot.match(/^\}$/gm)?.length);
  const mermaid = graph.toMermaid();
  assertEquals(mermaid.match(/^ *n\d+[[(]/gm)?.length, graph.nodes.length);
  assertEquals(mermaid.match(/ --> /g)?.length ?? 0, edges);
  assertEquals(mermaid.match(/ subgraph /g)?.length, mermaid.match(/^ *end$/gm)?.length);
}

function neuron(): { w: Tensor; b: Tensor; x: Tensor; y: Tensor; loss: Tensor } {
  const w = tensor([0.5, -1], { requiresGrad: true });
  const b = tensor(0.25, { requiresGrad: true });
  const x = tensor([3, 2]);
  const y = named("y", w.mul(x).sum().add(b).tanh());
  return { w, b, x, y, loss: y.sub(1).square() };
}

class MLP extends nn.Module {
  fc1 = new nn.Linear(6, 4);
  fc2 = new nn.Linear(4, 3);
  relu = new nn.ReLU();
  override forward(x: Tensor): Tensor {
    return this.relu(this.fc2(this.relu(this.fc1(x))));
  }
}

class Block extends nn.Module {
  conv1: nn.Conv2d;
  bn1: nn.BatchNorm2d;
  relu = new nn.ReLU();
  constructor(channels: number) {
    super();
    this.conv1 = new nn.Conv2d(channels, channels, 3, { padding: 1, bias: false });
    this.bn1 = new nn.BatchNorm2d(channels);
  }
  override forward(x: Tensor): Tensor {
    return this.relu(this.bn1(this.conv1(x)).add(x));
  }
}

test("a neuron is explained with its values, and after backward() with its gradients", () => {
  const { w, b, x, loss } = neuron();
  const names = { w, b, x };
  const before = explain(loss, { names });
  checkGraph(before);
  assertEquals(outline(before), [
    "w: leaf",
    "x: constant",
    "mul = mul(w, x)",
    "sum = sum(mul)",
    "b: leaf",
    "add = add(sum, b)",
    "y = tanh(add)",
    "sub = sub(y, 1)",
    "square = square(sub)",
  ]);
  assertEquals(node(before, "mul").value, "[1.5, -2]");
  assertEquals(node(before, "w").gradient, null);
  assertEquals(node(before, "y").freed, false);
  // tanh reads its result, square its input.
  assertEquals([before.heldBytes, node(before, "y").heldBytes], [8, 4]);
  loss.backward();
  const after = explain(loss, { names });
  assertEquals(outline(after), outline(before));
  assertEquals([after.heldBytes, node(after, "y").freed], [0, true]);
  const [g, h] = w.grad!.toArray() as number[];
  const shown = `[${[g, h].map((n) => Number(n.toPrecision(4))).join(", ")}]`;
  assertEquals(node(after, "w").gradient, shown);
  assertEquals(node(before, "w").gradient, null);
});

test("a graph prints as a table", () => {
  const { w, b, x, loss } = neuron();
  assertEquals(
    explain(named("loss", loss), { names: { w, b, x } }).toString(),
    `\
                           result       value      keeps
────────────────────────────────────────────────────────
w                          float32 [2]  [0.5, -1]
x                          float32 [2]  [3, 2]
mul = mul(w, x)            float32 [2]  [1.5, -2]
sum = sum(mul, axes: [0])  float32 []   -0.5
b                          float32 []   0.25
add = add(sum, b)          float32 []   -0.25
y = tanh(add)              float32 []   -0.2449    4 B
sub = sub(y, 1)            float32 []   -1.245
loss = square(sub)         float32 []   1.55       4 B
────────────────────────────────────────────────────────
6 ops over 3 elements that require a gradient; the graph keeps 8 B for backward()`,
  );
});

test("ops stand in the modules that recorded them, also if one is called twice", () => {
  const model = new MLP();
  const x = randn([5, 6]);
  const loss = new nn.MSELoss()(model(x), zeros([5, 3]));
  const graph = explain(loss, { names: { x, model } });
  checkGraph(graph);
  assertEquals(outline(graph).slice(0, 9), [
    "x: constant",
    "model.fc1.weight: leaf in model.fc1",
    "model.fc1.bias: leaf in model.fc1",
    "model.fc1 = linear(x, model.fc1.weight, model.fc1.bias) in model.fc1",
    "model.relu = ReLU(model.fc1) in model",
    "model.fc2.weight: leaf in model.fc2",
    "model.fc2.bias: leaf in model.fc2",
    "model.fc2 = linear(model.relu, model.fc2.weight, model.fc2.bias) in model.fc2",
    "model.relu#2 = ReLU(model.fc2) in model",
  ]);
  assertEquals(node(graph, "model.relu").results, [node(graph, "model.relu").results[0]]);
  assertEquals(node(graph, "model.relu").results[0].shape, [5, 4]);
  // Without names, modules are known by their classes.
  assertEquals(explain(loss).nodes.map(({ module }) => module).includes("MLP"), true);
});

test("a folded module counts what is in it", () => {
  const model = new MLP();
  const graph = explain(model(randn([5, 6])), { names: model, depth: 0 });
  checkGraph(graph);
  const [x, whole] = graph.nodes;
  assertEquals(outline(graph), ["constant: constant", "MLP = MLP(constant)"]);
  assertEquals([x.ops, whole.ops, whole.parameters], [0, 4, 6 * 4 + 4 + 4 * 3 + 3]);
  assertEquals(whole.heldBytes, graph.heldBytes);
  assertEquals(whole.results[0].shape, [5, 3]);
  assertStringIncludes(`${graph}`, "1 module is folded");
});

test("a parameter of two modules stands in the one around both, and tensors from outside outside", () => {
  class Tied extends nn.Module {
    encoder = new nn.Linear(3, 3);
    decoder: nn.Linear = this.encoder.clone();
    constructor() {
      super();
      this.decoder.weight = this.encoder.weight;
    }
    override forward(x: Tensor): Tensor {
      return this.decoder(this.encoder(x));
    }
  }
  const model = new Tied();
  const x = named("x", ones([2, 3], { requiresGrad: true }));
  const graph = explain(model(x).sum(), { names: model });
  checkGraph(graph);
  assertEquals(node(graph, "encoder.weight").module, "Tied");
  assertEquals(node(graph, "encoder.bias").module, "encoder");
  assertEquals(node(graph, "x").module, "");
});

test("constants that a module makes stand inside of it, and views of one tensor are one constant", () => {
  const layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, dropout: 0 });
  const x = named("x", randn([4, 2, 8]));
  const graph = explain(layer(x).sum(), { names: layer });
  checkGraph(graph);
  const constants = graph.nodes.filter(({ kind }) => kind === "constant");
  assertEquals(constants.filter(({ module }) => module === "").map(({ name }) => name), ["x"]);
  assertEquals(node(graph, "x").results[0].shape, [4, 2, 8]);
  const names = [...layer.namedParameters()].map(([name]) => name);
  const full = explain(layer(x).sum(), { names: layer, depth: 9 });
  checkGraph(full);
  const leaves = full.nodes.filter(({ kind }) => kind === "leaf").map(({ name }) => name);
  assertEquals(leaves.sort(), names.sort());
});

test("a deep network is folded until its picture can be read, and nothing is lost", () => {
  const blocks = Array.from({ length: 16 }, () => new Block(4));
  const model = new nn.Sequential(new nn.Conv2d(3, 4, 3), new nn.Sequential(...blocks));
  const loss = model(randn([1, 3, 8, 8])).mean();
  const total = [...model.parameters()].reduce((n, parameter) => n + parameter.numel(), 0);
  const folded = explain(loss, { names: model });
  const full = explain(loss, { names: model, depth: 9 });
  for (const graph of [folded, full]) {
    checkGraph(graph);
    assertEquals(graph.nodes.reduce((n, { parameters }) => n + parameters, 0), total);
  }
  assert(folded.nodes.length <= 48 && full.nodes.length > 100);
  const sum = (graph: Explanation) => graph.nodes.reduce((n, { ops }) => n + ops, 0);
  assertEquals(sum(folded), sum(full));
  assertEquals(folded.heldBytes, full.heldBytes);
  assertEquals(node(folded, "1.3").inputs.map((x) => (x as ExplainedNode).name), ["1.2"]);
});

test("a module may hand on several results", () => {
  const lstm = new nn.LSTM(3, 4);
  const [y, [h]] = lstm(randn([5, 2, 3]));
  const graph = explain(y.sum().add(h.sum()), { names: { lstm }, depth: 0 });
  checkGraph(graph);
  assertEquals(node(graph, "lstm").results.map(({ shape }) => shape), [[5, 2, 4], [1, 2, 4]]);
});

test("a freed graph is known until the next one is freed, and a kept one keeps its memory", () => {
  const first = neuron().loss;
  first.backward({ retainGraph: true });
  assertEquals(explain(first).heldBytes, 8);
  first.backward();
  assertEquals(explain(first).nodes.length, 9);
  neuron().loss.backward();
  const [last, ...others] = explain(first).nodes;
  assertEquals([last.type, last.inputs, last.forgotten, others.length], ["square", [], true, 0]);
  assertStringIncludes(`${explain(first)}`, "square = square(…)");
  assertStringIncludes(`${explain(first)}`, "forgotten");
});

test("values that are gone are not shown", () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const doubled = x.mul(2);
  const loss = doubled.add_(1).sum();
  assertEquals(outline(explain(loss)), [
    "leaf: leaf",
    "mul = mul(leaf, 2)",
    "add = add(mul, 1)",
    "sum = sum(add)",
  ]);
  const values = explain(loss).nodes.map(({ value }) => value);
  assertEquals(values, ["[1, 2]", "overwritten", "[3, 5]", "8"]);
  class Shift extends nn.Module {
    override forward(x: Tensor): Tensor {
      return x.mul(2).add(1); // add does not read its input, so the call frees it
    }
  }
  const shifted = explain(new Shift()(x)).nodes.map(({ value }) => value);
  assertEquals(shifted, ["[1, 2]", "freed", "[3, 5]"]);
});

test("large gradients are shown by their norm, and those of results if they are kept", () => {
  const w = ones([10], { requiresGrad: true });
  const h = w.mul(3);
  h.retainGrad();
  const loss = h.square().sum();
  loss.backward();
  const graph = explain(loss, { names: { w, h } });
  // d/dh = 2h = 6, and d/dw = 18, ten times each.
  assertEquals(node(graph, "h").gradient, `norm ${Number((6 * Math.sqrt(10)).toPrecision(4))}`);
  assertEquals(node(graph, "w").gradient, `norm ${Number((18 * Math.sqrt(10)).toPrecision(4))}`);
  assertEquals(node(graph, "w").value, null);
});

test("names are written so that no picture breaks", () => {
  const x = named(`a "quoted" <b> & #1`, tensor(1, { requiresGrad: true }));
  const graph = explain(x.mul(2));
  assertStringIncludes(graph.toMermaid(), "a #34;quoted#34; #60;b#62; #38; #35;1");
  assertStringIncludes(graph.toDot(), "a &#34;quoted&#34; &#60;b&#62; &#38; #1");

  // Mermaid reads directives, formulas and line breaks in labels.
  const y = named("%%{init}%% $$x$$ \\n", tensor(1, { requiresGrad: true }));
  const escaped = "#37;#37;{init}#37;#37; #36;#36;x#36;#36; #92;n";
  assertStringIncludes(explain(y.mul(2)).toMermaid(), escaped);
});

test("a name takes one line, and a class without a name is a module", () => {
  const model = new (class extends nn.Module {
    override forward(x: Tensor): Tensor {
      return x.mul(2).add(1);
    }
  })();
  const x = named("a\n\u0000b", tensor([1], { requiresGrad: true }));
  const graph = explain(model(x), { names: { "c\nd": model } });
  assertEquals(graph.nodes.map(({ name }) => name), ["a b", "c d.mul", "c d"]);
  assertEquals(graph.nodes.map(({ module }) => module), ["", "c d", "c d"]);
  assertEquals(`${graph}`.split("\n").length, 8);
  assertStringIncludes(explain(model(x)).toMermaid(), `subgraph g0["Module"]`);
});

test("what is no name, and what names nothing, is refused", () => {
  const x = tensor([1], { requiresGrad: true });
  const refuse = (names: unknown) =>
    assertThrowsMessage(
      () => explain(x.mul(2), { names: names as Names }),
      ValueError,
      /^Cannot explain with names with a value of type \w+: it must be an object that names tensors/,
    );
  for (const names of [5, "x", [x], new Map([["x", x]])]) refuse(names);
  for (const name of ["", " \n"]) {
    assertThrowsMessage(() => named(name, x), ValueError, /nobody could see it; use letters$/);
  }
});

test("Graphviz draws the graph, with a title in each box", async () => {
  const model = new MLP();
  const graph = explain(model(randn([2, 6])).sum(), { names: model });
  const svg = await graph.toSVG();
  assertStringIncludes(svg, "<svg");
  assertEquals(svg.match(/class="node"/g)?.length, graph.nodes.length);
  for (const text of ["fc1: Linear", "float32 [2, 4]"]) assertStringIncludes(svg, text);
});

test("notebooks show the drawing, or the table with the reason why there is none", async () => {
  const graph = explain(neuron().loss) as Explanation & Record<symbol, () => Promise<object>>;
  const bundle = await graph[Symbol.for("Jupyter.display")]() as Record<string, string>;
  assertStringIncludes(bundle["text/plain"], graph.toString());
  if ("image/svg+xml" in bundle) {
    assertEquals(bundle["image/svg+xml"], await graph.toSVG());
    assertEquals(bundle["text/plain"], graph.toString());
  } else {
    // Only Deno gets the package by itself.
    assert(!("Deno" in globalThis));
    assertStringIncludes(bundle["text/plain"], "\nCannot draw the graph without @viz-js/viz");
  }
});

test("explaining changes nothing: backward() works afterwards, and nothing is recorded", () => {
  const { w, loss } = neuron();
  explain(loss);
  loss.backward();
  const g = w.grad!.toArray();
  const again = neuron();
  again.loss.backward();
  assertEquals(again.w.grad!.toArray(), g);
});

test("misuse is refused", () => {
  const x = tensor([1, 2], { requiresGrad: true });
  assertEquals(outline(explain(x)), ["leaf: leaf"]);
  assertThrowsMessage(
    () => explain(noGrad(() => x.mul(2))),
    GradientError,
    "Cannot explain shape [2]: it has no graph, since no input requires a gradient or it was made " +
      "inside noGrad(); create parameters with { requiresGrad: true }",
  );
  assertThrowsMessage(
    () => explain(x.mul(2), { depth: -1 }),
    ValueError,
    "Cannot explain to a depth of -1: use a whole number, 0 or more",
  );
  assertThrowsMessage(
    () => explain(x, { names: { x: 1 as unknown as Tensor } }),
    Error,
    /Cannot explain "x" with a value of type number: it must be a tensor or a module/,
  );
  assertThrowsMessage(
    () => explain(x, { name: x } as never),
    ValueError,
    /its name is "names" here/,
  );
});
