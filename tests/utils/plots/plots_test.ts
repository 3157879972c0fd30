import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  type GradusError,
  isGradEnabled,
  manualSeed,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
} from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import * as plots from "../../../src/utils/plots/mod.ts";
import { assertThrowsMessage } from "../../support/assert.ts";

/** Returns the values of an attribute of all elements of a kind. */
function attributes(svg: string, element: string, name: string): string[] {
  const elements = svg.match(new RegExp(`<${element}\\b[^>]*`, "g")) ?? [];
  return elements.flatMap((text) => new RegExp(`\\s${name}="([^"]*)"`).exec(text)?.[1] ?? []);
}

/** Returns the coordinates of a path. */
function pathPoints(path: string): number[][] {
  return path.split(/[MLZ]/).filter(Boolean).map((pair) => pair.split(",").map(Number));
}

test("a line goes through its values, from left to right", async () => {
  const { svg } = await plots.line([0, 4, 2], { width: 300, height: 200 });
  const points = pathPoints(attributes(svg, "path", "d").at(-1)!);
  assertEquals(points.length, 3);
  const [[x0, y0], [x1, y1], [x2, y2]] = points;
  assertEquals(x1 - x0, x2 - x1);
  assertEquals(y0 - y1, 2 * (y0 - y2)); // downwards, to hundredths
  assertEquals([attributes(svg, "svg", "width"), attributes(svg, "svg", "height")], [["300"], [
    "200",
  ]]);
});

test("a series in points is drawn as points alone, in any order", async () => {
  const measured = Array.from({ length: 30 }, (_, i) => [(i * 7) % 30, i % 5] as const);
  const { svg } = await plots.line({ fit: [[0, 2], [29, 2]], measured }, { points: ["measured"] });
  const [ofFit, ofMeasured] = attributes(svg, "tspan", "fill");
  const of = (kind: string) => svg.match(new RegExp(`<g[^>]*"${kind}">`, "g"))!.join("");
  assertEquals(attributes(of("line"), "g", "stroke"), [ofFit]);
  assertEquals(attributes(of("dot"), "g", "fill"), [ofFit, ofMeasured]); // a short line shows its points
  assertEquals(attributes(svg, "circle", "r").length, 2 + 30);
});

test("several lines have a legend, labels are escaped", async () => {
  const figure = await plots.line({ "a <b> & c": tensor([1, 2]), test: new Float64Array([2, 1]) }, {
    title: 'the "title" <1>',
    xLabel: "x & y",
    yLabel: "<y>",
  });
  for (
    const text of ["a &lt;b&gt; &amp; c", "test</text>", "x &amp; y →", "↑ &lt;y&gt;"]
  ) assertStringIncludes(figure.svg, text);
  assertStringIncludes(figure.svg, "<title>the &quot;title&quot; &lt;1&gt;</title>");
  assertEquals(figure.svg.match(/●/g)?.length, 2);
});

test("a legend that is wider than the figure takes several lines", async () => {
  const names = Array.from({ length: 6 }, (_, i) => `a network of ${i} layers`);
  const series = Object.fromEntries(names.map((name) => [name, [1, 2]]));
  const { svg } = await plots.line(series);
  const lines = svg.match(/<text[^>]*><tspan.*/g)!;
  assertEquals(lines.map((line) => line.match(/●/g)!.length), [2, 2, 2]);
  assertEquals(new Set(attributes(svg, "tspan", "fill")).size, 6);
});

test("series that are measured at different places are points", async () => {
  const points: [number, number][] = [[0, 3], [2, 1]];
  const ofPairs = await plots.line({ train: [3, 2, 1], test: points });
  const ofTensor = await plots.line({ train: [3, 2, 1], test: tensor(points) });
  assertEquals(ofPairs.svg, ofTensor.svg);
  assertEquals(
    (await plots.line([1, 2], { x: [5, 7] })).svg,
    (await plots.line([[5, 1], [7, 2]])).svg,
  );
});

test("logarithmic axes have equal distances between equal ratios", async () => {
  const { svg } = await plots.line([0.01, 1, 100], { yScale: "log" });
  const [[, a], [, b], [, c]] = pathPoints(attributes(svg, "path", "d").at(-1)!);
  assert(Math.abs((a - b) - (b - c)) < 0.02);
  for (const label of [">0.01<", ">1<", ">100<"]) assertStringIncludes(svg, label);
});

test("a long curve keeps its extremes and stays small", async () => {
  const values = new Float64Array(100_000).map((_, i) => Math.sin(i / 1000));
  values[54_321] = 5;
  const { svg } = await plots.line(values);
  const points = pathPoints(attributes(svg, "path", "d").at(-1)!);
  assert(points.length <= 1100 && points.length > 300, `${points.length}`);
  assertEquals(Math.min(...points.map(([, y]) => y)), 14); // the margin
  assert(svg.length < 20_000, `${svg.length}`);
});

test(
  "whole numbers have no marks between them, and equal values a range around them",
  async () => {
    const labels = (svg: string) => Array.from(svg.matchAll(/em">([^<]*)</g), ([, text]) => text);
    assertEquals(labels((await plots.line([0.5, 1.5, 2.5])).svg).slice(-3), ["0", "1", "2"]);
    assertEquals(labels((await plots.line([3])).svg), ["2", "3", "4", "−1", "0", "1"]);
  },
);

test("wide labels of the axis have their room", async () => {
  const left = (svg: string) => pathPoints(attributes(svg, "path", "d").at(-1)!)[0][0];
  const [narrow, wide] = [await plots.line([0, 1]), await plots.line([0, 1_000_000])];
  assert(left(wide.svg) >= left(narrow.svg) + 50);
});

test("points have the colours of their labels", async () => {
  const points = tensor([[0, 0], [1, 2], [2, 1]]);
  const { svg } = await plots.scatter(points, { labels: [1, 0, 1] });
  const fills = attributes(svg, "circle", "fill");
  assertEquals(fills.length, 3);
  assert(fills[0] === fills[2] && fills[0] !== fills[1]);
  // The legend has numbers in their order, and names in that of their points.
  assertMatch(svg, /<\/tspan> 0.*<\/tspan> 1</);
  assertEquals(attributes(svg, "tspan", "fill"), [fills[1], fills[0]]);
  assertMatch((await plots.scatter(points, { labels: ["b", "a", "b"] })).svg, /> b.*> a</);
  const ys = attributes(svg, "circle", "cy").map(Number);
  assert(ys[1] < ys[2] && ys[2] < ys[0]);
});

test("a histogram counts values, the greatest in the last interval", async () => {
  const { svg } = await plots.histogram(tensor([[0, 0, 1], [2, 3, 4]]), { bins: 4 });
  const heights = attributes(svg, "rect", "height").slice(1).map(Number);
  assertEquals(heights.length, 4);
  assert(Math.abs(heights[0] - 2 * heights[1]) < 0.02 && heights[0] === heights[3]);
  assertStringIncludes(svg, "↑ count");
});

test("histograms of several series share their intervals", async () => {
  const { svg } = await plots.histogram({ a: [0, 1, 2, 3], b: [1.9] }, { bins: 3 });
  const lefts = attributes(svg, "rect", "x").map(Number);
  assertEquals(lefts.length, 4); // an empty interval has no bar
  assertEquals(lefts[3], lefts[1]);
});

test("bars are as long as their numbers", async () => {
  const { svg } = await plots.bars({ cat: 3, dog: 1, "a name that goes on and on and on": -1 });
  const widths = attributes(svg, "rect", "width").slice(1).map(Number);
  assert(Math.abs(widths[0] - 3 * widths[1]) < 0.05 && Math.abs(widths[1] - widths[2]) < 0.02);
  for (const text of [">cat<", ">dog<", ">a name that goes on and on …<"]) {
    assertStringIncludes(svg, text);
  }
  assertEquals((await plots.bars(tensor([3, 1]))).svg, (await plots.bars({ 0: 3, 1: 1 })).svg);
});

test("the boundary lies where the scores cross", async () => {
  const points: [number, number][] = [[0, 0], [4, 2]];
  const { svg } = await plots.decisionBoundary((x) => x.at("...", 0).sub(1), points, [0, 1]);
  const circles = attributes(svg, "circle", "cx").map(Number);
  const contours = attributes(svg, "path", "d").filter((path) => path.endsWith("Z")).map(
    pathPoints,
  );
  assertEquals(contours.length, 2);
  const boundary = circles[0] + (circles[1] - circles[0]) / 4;
  const [below, above] = contours.map((points) => points.map(([x]) => x));
  assert(Math.abs(Math.max(...below) - boundary) < 0.1, `${Math.max(...below)} ${boundary}`);
  assert(Math.abs(Math.min(...above) - boundary) < 0.1);
  // The bottom of the plane is the least y.
  const up = await plots.decisionBoundary((x) => x.at("...", 1).sub(1.5), points, [-1, 1]);
  const [, high] = attributes(up.svg, "path", "d").filter((path) => path.endsWith("Z"))
    .map(pathPoints).map((points) => points.map(([, y]) => y));
  const [y0, y1] = attributes(up.svg, "circle", "cy").map(Number);
  assert(Math.abs(Math.max(...high) - (y0 + 0.75 * (y1 - y0))) < 0.1);
  assertMatch(up.svg, /<\/tspan> -1.*<\/tspan> 1</);
});

test("a threshold of 0.5 belongs to probabilities", async () => {
  const points: [number, number][] = [[-2, 0], [2, 1]];
  const score = (x: Tensor) => x.narrow(1, 0, 1);
  assertEquals(
    (await plots.decisionBoundary((x) => score(x).mul(4).sigmoid(), points, [0, 1], {
      threshold: 0.5,
    })).svg.match(/<path/g)?.length,
    (await plots.decisionBoundary(score, points, [0, 1])).svg.match(/<path/g)?.length,
  );
  const one = await plots.decisionBoundary((x) => score(x).sigmoid(), points, [0, 1]);
  assertEquals(attributes(one.svg, "path", "d").filter((path) => path.endsWith("Z")).length, 1);
});

test("a model is asked in evaluation mode without gradients, and keeps its mode", async () => {
  const seen: boolean[] = [];
  class Model extends nn.Module {
    dropout = new nn.Dropout(0.5);
    linear = new nn.Linear(2, 3);
    override forward(x: Tensor): Tensor {
      seen.push(this.dropout.training, isGradEnabled());
      return this.linear(x);
    }
  }
  const model = new Model().to("float64");
  model.dropout.eval();
  await plots.decisionBoundary(model, randn([6, 2]), tensor([0, 1, 2, 0, 1, 2]));
  assertEquals(seen, [false, false]);
  assertEquals([model.training, model.dropout.training], [true, false]);
});

test(
  "the same numbers give the same text, with coordinates in hundredths and no names of parts",
  async () => {
    manualSeed(1);
    const points = randn([50, 2]);
    const draw = async () =>
      [
        await plots.line(points.narrow(1, 0, 1).flatten().exp(), { yScale: "log", yLabel: "a" }),
        await plots.scatter(points),
        await plots.histogram(points),
        await plots.decisionBoundary((x) => x.narrow(1, 0, 1).tanh(), points, new Float32Array(50)),
      ].map(({ svg }) => svg);
    const first = await draw();
    assertEquals(await draw(), first);
    for (const svg of first) {
      assertEquals(svg.match(/="[^"]*\d\.\d{3,}/g), null);
      assertEquals(svg.match(/\sid=|NaN|undefined|url\(/g), null);
    }
  },
);

test("each runtime draws the same", async () => {
  const train = Array.from({ length: 50 }, (_, i) => 2.3 / (1 + i) + 0.1 * (i % 3));
  const { svg } = await plots.line({ train, test: [[1, 2.2], [20, 0.3], [49, 0.25]] }, {
    title: "Learning",
    xLabel: "step",
    yLabel: "loss",
    yScale: "log",
  });
  const file = new URL("../../fixtures/plot.svg", import.meta.url);
  assertEquals(svg, readFileSync(file, "utf8"));
});

test("a figure shows itself in notebooks, and is readable on light and dark ground", async () => {
  const figure = await plots.line([1, 2]);
  const display = Symbol.for("Jupyter.display");
  assertEquals((figure as unknown as Record<symbol, () => object>)[display](), {
    "image/svg+xml": figure.svg,
  });
  assertEquals(`${figure}`, figure.svg);
  assertStringIncludes(figure.svg, "prefers-color-scheme: dark");
  assertMatch(figure.svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
});

test("a figure is saved whole, under a name that says what it is", () => {
  const folder = mkdtempSync(join(tmpdir(), "gradus-plots-"));
  try {
    const figure = new plots.Figure("<svg>é</svg>");
    figure.save(join(folder, "curve.svg"));
    assertEquals(readFileSync(join(folder, "curve.svg"), "utf8"), "<svg>é</svg>");
    assertThrowsMessage(
      () => figure.save("curve.png"),
      ValueError,
      "Cannot save a figure as curve.png: figures are written as SVG; end the name with .svg",
    );
    assertThrowsMessage(() => figure.save(join(folder, "no", "a.svg")), Error, /^Cannot write /);
    assertEquals(readdirSync(folder), ["curve.svg"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

type Call = () => Promise<unknown>;

const two = [[0, 1], [2, 3]] as const;
const untyped = plots as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>;

const MISUSES: Readonly<Record<string, readonly [Call, new (message: string) => GradusError]>> = {
  "Cannot draw a line of the values: value 1 is NaN; give finite numbers, and leave out the others":
    [() => plots.line([1, NaN]), ValueError],
  'Cannot draw a line of "loss": value 0 is Infinity; give finite numbers, and leave out the others':
    [() => plots.line({ loss: tensor([Infinity]) }), ValueError],
  "Cannot draw a line of the values: value 0 is of type string; give finite numbers, and leave out the others":
    [() => untyped.line(["1"]), ValueError],
  'Cannot draw a line of "test" with 2 values: "train" has 3; give points [x, y] for series that are measured at different places':
    [() => plots.line({ train: [1, 2, 3], test: [1, 2] }), ShapeError],
  'Cannot draw a line of the values with 2 values: "x" has 3; give points [x, y] for series that are measured at different places':
    [() => plots.line([1, 2], { x: [1, 2, 3] }), ShapeError],
  "Cannot draw a line of the values: there are none; give at least one": [
    () => plots.line([]),
    ShapeError,
  ],
  "Cannot draw a line of nothing: name at least one series": [() => plots.line({}), ValueError],
  "Cannot draw a line of the values of shape [2, 3]: points are a tensor [n, 2]": [
    () => plots.line(randn([2, 3])),
    ShapeError,
  ],
  "Cannot draw a line of the values of shape [2, 3, 2]: give one axis; flatten() makes one of several":
    [() => plots.line(randn([2, 3, 2])), ShapeError],
  "Cannot draw a line of the values: point 1 is no pair [x, y]; give two numbers for each": [
    () => untyped.line([[1, 2], [3]]),
    ShapeError,
  ],
  "Cannot draw a line with a logarithmic y axis from 0: logarithms need numbers > 0; leave out yScale":
    [() => plots.line([0, 1], { yScale: "log" }), ValueError],
  'Cannot draw the points of "tset": no series has that name; choose "train", "test"': [
    () => plots.line({ train: [1], test: [2] }, { points: ["tset"] }),
    ValueError,
  ],
  'Cannot draw a line with xScale "sqrt": use "linear" or "log"': [
    () => untyped.line([0, 1], { xScale: "sqrt" }),
    ValueError,
  ],
  'Cannot call line() with option "ylabel": its name is "yLabel" here': [
    () => untyped.line([1], { ylabel: "loss" }),
    ValueError,
  ],
  "Cannot call line() with title of type number: pass a string": [
    () => untyped.line([1], { title: 1 }),
    ValueError,
  ],
  "Cannot call line() with 3 arguments: it takes 2; several values of one kind go into a list, options into one object":
    [() => untyped.line([1], {}, 3), ValueError],
  "Cannot draw 11 lines: there are 10 colours; draw several figures": [
    () => plots.line(Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`${i}`, [1]]))),
    ValueError,
  ],
  "Cannot draw 2 points with 3 labels: give one for each point": [
    () => plots.scatter(two, { labels: [1, 2, 3] }),
    ShapeError,
  ],
  'Cannot draw "points" of shape [3]: points are a tensor [n, 2]': [
    () => plots.scatter(tensor([1, 2, 3])),
    ShapeError,
  ],
  "Cannot draw a histogram of 0 bins: use a whole number from 1 to 10000": [
    () => plots.histogram([1], { bins: 0 }),
    ValueError,
  ],
  "Cannot draw bars of the values: value 1 is NaN; give finite numbers, and leave out the others": [
    () => plots.bars({ a: 1, b: NaN }),
    ValueError,
  ],
  "Cannot draw a histogram of 1000000000 bins: use a whole number from 1 to 10000": [
    () => plots.histogram([1], { bins: 1e9 }),
    ValueError,
  ],
  "Cannot draw a line of the values with a value of type null: it must be an array, a tensor, or an object that names several":
    [() => untyped.line(null), ValueError],
  "Cannot call line() with a width of -3 pixels: use a whole number from 200 to 10000": [
    () => plots.line([1, 2, 3], { width: -3 }),
    ValueError,
  ],
  "Cannot call bars() with a height of 1000000000 pixels: use a whole number from 120 to 10000": [
    () => plots.bars([1, 2, 3], { height: 1e9 }),
    ValueError,
  ],
  "Cannot draw a point with label 2: the model has the classes 0, 1; give labels from 0": [
    () => plots.decisionBoundary((x) => x.narrow(1, 0, 1), two, [0, 2]),
    ValueError,
  ],
  "Cannot draw a decision boundary of float32 [2] for 16000 points: the model must return float scores [n, classes], [n, 1] or [n]":
    [() => plots.decisionBoundary(() => tensor([1, 2]), two, [0, 1]), ShapeError],
  "Cannot call line() with y from 1e-320 to 2e-320: float64 cannot divide the axis; scale the values":
    [() => plots.line([1e-320, 2e-320]), ValueError],
  "Cannot call scatter() with x from -1.7e+308 to 1.7e+308: float64 cannot divide the axis; scale the values":
    [() => plots.scatter([[-1.7e308, 0], [1.7e308, 1]]), ValueError],
  "Cannot draw a decision boundary with threshold NaN: use a finite number": [
    () => plots.decisionBoundary((x) => x.sum(1), two, [0, 1], { threshold: NaN }),
    ValueError,
  ],
  "Cannot draw a decision boundary of a score that is NaN": [
    () => plots.decisionBoundary((x) => x.mul(NaN), two, [0, 1]),
    ValueError,
  ],
};

test("what cannot be drawn is refused, before a package is loaded", async () => {
  for (const [message, [call, kind]] of Object.entries(MISUSES)) {
    const error = await assertRejects(call, kind);
    assertEquals(error.message, message);
  }
});
