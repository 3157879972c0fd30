/**
 * Whatever a program passes, what it is told is an error of the library: everything that users can
 * call is called with values that make no sense.
 */

import { assert, assertEquals, assertThrows, fail } from "@std/assert";
import { test } from "node:test";
import { inspect } from "node:util";
import * as gradus from "../mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import * as distributed from "../src/distributed/mod.ts";
import * as distributions from "../src/distributions/mod.ts";
import * as metrics from "../src/metrics/mod.ts";
import * as checkpoint from "../src/utils/checkpoint.ts";
import * as data from "../src/utils/data/mod.ts";
import * as numpy from "../src/utils/numpy/mod.ts";
import * as torch from "../src/utils/torch/mod.ts";
import * as safetensors from "../src/utils/safetensors/mod.ts";
import * as vision from "../vision/mod.ts";
import { assertThrowsMessage } from "./support/assert.ts";

const { GradusError, ones, Tensor } = gradus;
const x = ones([2, 3]);

/** An object that the language cannot turn into text. */
const BARE = Object.create(null);
const ODD = [Symbol("x"), 1e15, BARE, [Symbol("x")], [BARE]];

const ARGUMENTS: readonly (readonly unknown[])[] = [
  ...[[], [undefined], [null], ["x"], [3], [-1], [1.5], [NaN], [{}], [[]], [() => 1], [x]],
  ...[null, "x", 3, {}, [], x].map((second) => [x, second]),
  ...[null, "x", []].map((second) => [3, second]),
  ...[[[x], null], [[x], "x"], [x, x, null], [x, x, "x"], [null, null, null]],
  ...ODD.flatMap((odd) => [[odd], [x, odd], [3, odd], [x, x, odd], [odd, odd]]),
];

const MODULES = {
  Tensor: Tensor.prototype,
  gradus,
  linalg: gradus.linalg,
  functional: nn.functional,
  init: nn.init,
  nn,
  optim,
  data,
  safetensors,
  numpy,
  torch,
  checkpoint,
  distributed,
  distributions,
  metrics,
  transforms: vision.transforms,
  datasets: vision.datasets,
};

/** Files, large models, and settings that the next tests would see. */
const LEFT_OUT =
  /^(constructor|savez?|Transformer|set(DefaultDtype|FastMath|GradEnabled)|.*Error)$/;

type Callable = (...values: unknown[]) => unknown;

for (const [module, owner] of Object.entries<object>(MODULES)) {
  test(`${module}: calls that make no sense end in errors of the library`, async () => {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      if (typeof value !== "function" || LEFT_OUT.test(name)) continue;
      for (const given of ARGUMENTS) {
        try {
          const self = module === "Tensor" ? x.clone() : undefined;
          if (/^[A-Z]/.test(name)) Reflect.construct(value, given);
          else {
            const result = await (value as Callable).apply(self, [...given]);
            // `noGrad()` holds until it is disposed, in Bun for the tests of the next files, too.
            if (name.endsWith("Grad")) (result as Partial<Disposable>)?.[Symbol.dispose]?.();
          }
        } catch (error) {
          if (!(error instanceof GradusError)) fail(`${name}(${inspect(given)}): ${error}`);
        }
      }
    }
  });
}

/** Arguments with which most layers can be made. */
const SIZES = [[4, 2], [2], [], [4, 4, 1], [1, 4], [{ axis: 1 }], [1, 2, 1], [[1, 2]], [0.5, 0.1]];

test("calls of layers that make no sense end in errors of the library", () => {
  let count = 0;
  for (const [name, Layer] of Object.entries(nn as Readonly<Record<string, unknown>>)) {
    if (typeof Layer !== "function" || !(Layer.prototype instanceof nn.Module)) continue;
    const layer = madeOf(Layer as unknown as new (...sizes: unknown[]) => Callable);
    if (layer === null) continue;
    count++;
    for (const given of [...ARGUMENTS, [x, { strange: 1 }], [x, x, { strange: 1 }], [x, x, x, x]]) {
      try {
        layer(...given);
      } catch (error) {
        if (!(error instanceof GradusError)) fail(`${name}()(${inspect(given)}): ${error}`);
      }
    }
  }
  assert(count > 90, `${count}`);
});

function madeOf<L>(Layer: new (...sizes: unknown[]) => L): L | null {
  for (const sizes of SIZES) {
    try {
      return new Layer(...sizes);
    } catch {
      // the next ones may fit
    }
  }
  return null;
}

test("what shapes, offsets and dtypes cannot hold is refused under the name that was called", () => {
  const F = nn.functional;
  const promise = Promise.resolve(1);
  const faults: [() => unknown, RegExp][] = [
    [() => x.diagonal({ offset: 0.5 }), /take the diagonal at offset 0.5/],
    [() => x.diagonal({ offset: NaN }), /take the diagonal at offset NaN/],
    [() => x.diagEmbed({ offset: NaN }), /diagEmbed at offset NaN/],
    [() => gradus.randint(-5, 5, { shape: [2], dtype: "uint8" }), /randint\(\) with -5 as uint8/],
    [() => gradus.randint(0, 300, { shape: [2], dtype: "uint8" }), /randint\(\) with 299 as uint8/],
    [() => gradus.randperm(300, { dtype: "uint8" }), /randperm\(\) with 299 as uint8/],
    [() => new nn.Dropout2d(0.5).eval()(x), /Cannot dropout2d shape \[2, 3\]/],
    [() => new nn.Dropout1d(0.5).eval()(ones([3])), /Cannot dropout1d shape \[3\]/],
    [() => F.smoothL1Loss(ones([2]), ones([3])), /Cannot compute smoothL1Loss of shape \[2\]/],
    ...Object.entries({
      maxPool1d: () => F.maxPool1d(ones([1, 2, 3]), 5),
      avgPool1d: () => F.avgPool1d(ones([1, 2, 3]), 5),
      conv1d: () => F.conv1d(ones([1, 2, 3]), ones([1, 2, 5])),
    }).map(([name, use]): [() => unknown, RegExp] => [
      use,
      new RegExp(`^Cannot ${name} shape \\[1, 2, 3\\]: the window reaches .* but axis 2 has 3 `),
    ]),
    [() => F.maxPool2d(ones([1, 2, 3]), 3), /maxPool2d shape \[1, 2, 3\]: .* axis 1 has 2 /],
    [() => F.avgPool1d(ones([2, 3]).to("int32"), 2), /^Cannot avgPool1d int32: convert it/],
    [() => F.adaptiveAvgPool1d(ones([2, 5]).to("int32"), 2), /^Cannot adaptiveAvgPool1d int32/],
    [() => F.maxPool1d(ones([2, 3]), 2, { padding: 2 }), /^Cannot maxPool1d with padding 2 and/],
    [
      () => F.conv1d(ones([1, 3]), ones([1, 2, 2])),
      /^Cannot conv1d \[1, 3\] with a weight \[1, 2, 2\]/,
    ],
    [
      () => F.conv1d(ones([1, 3]), ones([1, 1, 2]), { stride: 0 }),
      /^Cannot conv1d with stride 0: /,
    ],
    [
      () => F.conv1d(ones([1, 3]), ones([1, 1, 2]), { padding: "same", stride: 2 }),
      /^Cannot conv1d with padding "same" and stride 2:/,
    ],
    [
      () => F.convTranspose1d(ones([1, 3]), ones([1, 1, 2]), { padding: 9 }),
      /^Cannot convTranspose1d \[1, 3\] with a weight \[1, 1, 2\]: the result would be \[1, -14\];/,
    ],
    [
      () => F.convTranspose1d(ones([1, 3]), ones([1, 1, 2]), { outputPadding: 1 }),
      /^Cannot convTranspose1d with outputPadding 1, stride 1/,
    ],
    [() => gradus.hstack([ones([2, 2]), ones([3, 2])]), /Cannot hstack \[2, 2\] and \[3, 2\]/],
    [() => gradus.vstack([ones([2]), ones([2, 3])]), /Cannot vstack \[1, 2\] and \[2, 3\]/],
    [() => gradus.noGrad(() => [promise]), /a function that returns a promise/],
    [() => gradus.noGrad(() => ({ promise })), /a function that returns a promise/],
  ];
  for (const [use, message] of faults) assertThrowsMessage(use, Error, message);
});

test("what no memory can hold is refused before anything is listed for it", () => {
  const F = nn.functional;
  const [image, labels] = [ones([1, 1, 4, 4]), gradus.zeros([2], { dtype: "int32" })];
  const none = ones([0, 1, 4]);
  for (const many of [2 ** 31, 1e15, 2 ** 50]) {
    const uses: Record<string, () => unknown> = {
      interpolate: () => F.interpolate(image, { size: many }),
      "linear interpolate": () => F.interpolate(ones([1, 1, 4]), { size: many, mode: "linear" }),
      "interpolate of nothing": () => F.interpolate(none, { size: many }),
      adaptiveAvgPool2d: () => F.adaptiveAvgPool2d(image, many),
      adaptiveMaxPool1d: () => F.adaptiveMaxPool1d(image.at(0), many),
      "adaptiveAvgPool1d of nothing": () => F.adaptiveAvgPool1d(none, many),
      histogram: () => ones([3]).histogram({ bins: many - 1 }),
      bincount: () => labels.bincount({ minLength: 2 ** 31 - 1 }),
      tensorSplit: () => x.tensorSplit(many),
      chunk: () => ones([0]).chunk(many),
      repeatInterleave: () => x.repeatInterleave([many, 1], { axis: 0 }),
      multinomial: () => gradus.multinomial(ones([3]), many, { replacement: true }),
      "layers of an RNN": () => new nn.RNN(1, 1, { numLayers: many }),
      "layers of a Transformer": () =>
        new nn.TransformerEncoder(new nn.TransformerEncoderLayer(2, 1), many),
      "classes of a metric": () => new metrics.F1Score(many),
      "fake images": () =>
        new vision.datasets.FakeData({ size: 1, imageSize: [1, many, 1] }).get(0),
      "classes of spirals": () => vision.datasets.makeSpirals(3, { numClasses: many }),
      "an embedding": () => new nn.Embedding(many, 2),
    };
    for (const [name, use] of Object.entries(uses)) {
      assertThrows(use, gradus.OutOfMemoryError, "Cannot allocate ", `${name} of ${many}`);
    }
  }
});

test("numbers as text, Python's indexing, and pairs used as numbers are refused", () => {
  const [one, pair] = [gradus.tensor([1, 2]), x.max(1)] as unknown as [number[], number];
  const text = "0.5" as unknown as number;
  const sampler = data.WeightedRandomSampler;
  const faults: [() => unknown, string][] = [
    [() => x.quantile(text), 'Cannot take quantile "0.5": quantiles are shares from 0 to 1'],
    [() => x.quantile([text]), 'Cannot take quantile "0.5": quantiles are shares from 0 to 1'],
    [() => gradus.arange(text), "Cannot make a range with a bound of type string: pass a number"],
    [
      () => new sampler([text, text], 1),
      "Cannot make WeightedRandomSampler with a weight of type string: pass a number",
    ],
    [
      () => gradus.randint(5, { shape: [2] } as never, undefined as never),
      "Cannot call randint() with high of type object: pass a number",
    ],
    [
      () => x.transpose(...(["0", "1"] as unknown as [number, number])),
      "Cannot call transpose() with an axis of type string: pass a number",
    ],
    [() => one[0], 'Cannot read "0" of a Tensor: use x.at(0) to read, x.set([0], value) to write'],
    [() => one[0] = 5, 'Cannot assign "0" of a Tensor: use x.at(0) to read'],
    [() => one.length, 'Cannot read "length" of a Tensor: use x.shape[0] for the size of an axis'],
    [
      () => pair > 3,
      "Cannot use values and indices as one number or text: take one of them, as in x.max(1).values",
    ],
    [() => `${pair}`, "Cannot use values and indices as one number or text"],
  ];
  for (const [use, message] of faults) assertThrows(use, GradusError, message);
});

/** The bases, what makes an object of each, and the members that each class must define. */
const BASES: readonly (readonly [base: unknown, given: readonly unknown[], members: string[]])[] = [
  [optim.Optimizer, [[leaf()], { lr: 1 }, {}], ["stateNames", "update"]],
  [metrics.Metric, [2], ["update", "compute"]],
  [metrics.AveragedMetric, [2], ["ratio"]],
  [distributions.Distribution, [], [
    "batchShape",
    "mean",
    "variance",
    "logProb",
    "entropy",
    "draw",
  ]],
  [vision.transforms.Transform, [], ["forward"]],
  [vision.transforms.BatchTransform, [], ["forwardBatch"]],
];

test("a class without what its base demands is told to define it", () => {
  for (const [base, given, members] of BASES) {
    class Unfinished extends (base as new (...values: readonly unknown[]) => object) {}
    const unfinished = new Unfinished(...given) as Record<string, unknown>;
    for (const name of members) {
      const message = `Cannot use an Unfinished: it has no ${name}; define that in the class`;
      assertThrowsMessage(() => unfinished[name], gradus.ValueError, message);
    }
    // A field will do.
    unfinished[members[0]] = 5;
    assertEquals([unfinished[members[0]], Object.keys(unfinished).at(-1)], [5, members[0]]);
  }
  const { BatchTransform, Transform } = vision.transforms;
  const sgd = new optim.SGD([leaf()], { lr: 1 });
  const make = <T>(base: unknown, ...given: unknown[]): T =>
    Reflect.construct(base as never, given);
  const distribution = make<distributions.Normal>(distributions.Distribution);
  const uses: [() => unknown, string][] = [
    [() => make<Callable>(BatchTransform)(x), "a BatchTransform: it has no forwardBatch"],
    [() => make<Callable>(Transform)(x), "a Transform: it has no forward;"],
    [() => make(optim.LRScheduler, sgd), "an LRScheduler: it has no faults"],
    [() => make<typeof sgd>(optim.Optimizer, [leaf()], { lr: 1 }).step(), "it has no stateNames"],
    [() => make<metrics.Accuracy>(metrics.Metric, 2).compute(), "a Metric: it has no compute"],
    [() => distribution.sample(), "a Distribution: it has no draw"],
    [() => distribution.stddev, "a Distribution: it has no variance"],
  ];
  for (const [use, message] of uses) assertThrows(use, gradus.ValueError, message);
});

test("messages name the function that was called, not the one that it uses", () => {
  const F = nn.functional;
  const ints = gradus.tensor([[1, 2], [3, 4]], { dtype: "int32" });
  const beyond = gradus.tensor([9], { dtype: "int32" });
  const text = "x" as unknown as gradus.Tensor;
  const uses: Record<string, () => unknown> = {
    view: () => x.view(5),
    viewAs: () => x.viewAs(ones([5])),
    reshapeAs: () => x.reshapeAs(ones([5])),
    unflatten: () => x.unflatten(1, [2, 2]),
    swapaxes: () => x.swapaxes(0, 5),
    "move axes": () => x.movedim([0, 0], [0, 1]),
    "clip with bounds as options: pass them in order, clip": () => x.clip({ min: 1 } as never),
    "clip without bounds": () => x.clip(null),
    "clamp without bounds": () => x.clamp(null),
    "tile shape [2, 3] [1, -1] times: each axis needs a whole number, 0 or more": () => x.tile(-1),
    "diag shape []": () => gradus.tensor(1).diag(),
    "apply zeros_": () => nn.init.zeros_(text),
    "apply ones_": () => nn.init.ones_(text),
    "take index 9": () => x.take(beyond),
    "take the standard deviation of int32": () => ints.std(),
    "cdist int32": () => gradus.cdist(ints, ints),
    "take the cosineSimilarity of int32": () => F.cosineSimilarity(ints, ints),
    "normalize int32": () => F.normalize(ints),
    "make TransformerDecoderLayer with undefined heads": () =>
      new (nn.TransformerDecoderLayer as unknown as new () => unknown)(),
    "make TransformerEncoderLayer of size 3 with 2 heads: dModel must be divisible by nhead": () =>
      new nn.TransformerEncoderLayer(3, 2),
  };
  for (const [action, use] of Object.entries(uses)) {
    const { message } = assertThrows(use, GradusError);
    assert(message.startsWith(`Cannot ${action}`), message);
  }
});

test("the way out of an error is one that can be gone", () => {
  const list = new nn.ParameterList(new nn.Parameter(ones([2])));
  const generator = new gradus.Generator(1);
  const group = (name: string) => {
    const adam = new optim.Adam([leaf()]);
    Object.assign(adam.paramGroups[0], { [name]: 5 });
    return () => adam.step();
  };
  const made: { prototype: object } = Tensor;
  const proxy = new Proxy(x, {});
  const options = { axis: 1 } as unknown as number;
  const faults: [() => unknown, string][] = [
    [() => Object.assign(list, { 0: x }), "noGrad(() => list.at(0).copy_(values))"],
    [() => x.slice(2, options), "the range [2, an object, 1] needs whole numbers"],
    [() => gradus.eye(2, options), "shape [2, an object]: sizes must be"],
    [() => generator.setState(null as never), "with a value of type null: it must be a state, as"],
    [() => generator.setState({} as never), "of type object: it must be a state, as getState()"],
    [() => safetensors.save({ x }, new URL("http://x.org/y")), "Cannot write http://x.org/y: give"],
    [() => safetensors.save({ x }, {} as never), "Cannot write a value of type object: give"],
    [() => Object.assign(x, { T: 1 }), 'Cannot assign "T" of a Tensor: it can only be read'],
    [() => proxy.add(1), "a clone or proxy of one"],
    [() => x.add(Object.create(x)), "a clone or proxy of one"],
    [() => Object.create(made.prototype).add(1), "Cannot add with a value of type object"],
    [() => x.add({ ...x } as typeof x), "a clone or proxy of one"],
    [() => new optim.SGD({} as never), "Cannot give SGD an object"],
    [group("learning_rate"), 'its name is "lr" here'],
    [
      group("nesterov"),
      'Cannot step with "nesterov" in a parameter group: the optimizer has "lr", "bet',
    ],
    [group("momentum_decay"), 'the optimizer has "lr", "betas"'],
    [
      () => new nn.Conv2d(1, 1, 3, { padding: "Same" as "same" }),
      'Cannot make Conv2d with padding "Same": use "same", "valid" or numbers',
    ],
    [
      () => new nn.Conv1d(1, 1, 3, { padding: -1 }),
      "Cannot make Conv1d with padding -1: it must be",
    ],
  ];
  for (const [use, message] of faults) assertThrows(use, GradusError, message);
  for (const note of ["name", "id", "stage"]) group(note)();
});

test("backward() in a hook says how to record there", () => {
  const [weight, other] = [leaf(), leaf()];
  const y = weight.mul(3);
  let begin = (): Disposable | undefined => undefined;
  y.registerHook(() => {
    // Node 22 has no `using`.
    const mode = begin();
    try {
      other.mul(2).sum().backward();
    } finally {
      mode?.[Symbol.dispose]();
    }
  });
  const message =
    "Cannot call backward() on shape [] in a hook: it has no graph, since hooks do not " +
    "record; begin the hook with using _ = setGradEnabled(true), or call the outer one with " +
    "{ createGraph: true }";
  assertThrowsMessage(() => y.sum().backward(), gradus.GradientError, message);
  begin = () => gradus.setGradEnabled(true);
  weight.mul(3).sum().backward();
  y.sum().backward();
  assertEquals([weight.grad!.item(), other.grad!.item()], [6, 2]);
});

function leaf(): gradus.Tensor {
  return gradus.tensor([1], { requiresGrad: true });
}

test("printing a generator shows its state", () => {
  const generator = new gradus.Generator(7);
  generator.next();
  assertEquals(inspect(generator), "Generator { seed: 7, offset: 1 }");
});
