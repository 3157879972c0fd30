/** Values of other types than the documented ones are refused, as programs without types pass them. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  arange,
  cdist,
  einsum,
  GradientError,
  linalg,
  linspace,
  meshgrid,
  noGrad,
  ones,
  setFastMath,
  setGradEnabled,
  tensor,
  ValueError,
} from "../mod.ts";
import { DataLoader, randomSplit, TensorDataset } from "../src/utils/data/mod.ts";
import { lrFind, ProgressBar } from "../src/utils/mod.ts";
import * as metrics from "../src/metrics/mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { FakeData } from "../vision/datasets/mod.ts";
import { Compose, Lambda, MixUp, RandomApply } from "../vision/transforms/mod.ts";
import { assertThrowsMessage } from "./support/assert.ts";

/** Stands for a value of any type. */
const any = <T>(value: unknown) => value as T;

const x = ones([2, 3]);
const classes = tensor([0, 1], { dtype: "int32" });
const scalar = () => ones([], { requiresGrad: true }).square();
const pool = new nn.MaxPool2d(2, { stride: 1, padding: 1 });

const USES: Readonly<Record<string, readonly [use: () => unknown, message: RegExp]>> = {
  "a class as options": [() => new nn.Linear(2, 3, any(nn.ReLU)), /Linear with options of type f/],
  "a function as options": [() => x.sum(any(() => 1)), /options of type function/],
  "a class as options of an optimizer": [
    () => new optim.SGD([new nn.Parameter(x)], any(nn.ReLU)),
    /options of type function/,
  ],
  "a module with other fields as options": [
    () => new nn.Conv2d(1, 2, 3, any(pool)),
    /Conv2d with options of type function/,
  ],
  "a convolution as options of another": [
    () => new nn.Conv2d(1, 2, 3, any(new nn.Conv2d(1, 2, 3, { stride: 2 }))),
    /Conv2d with (options|bias) of type/,
  ],
  "a string as a boolean option": [() => x.sum({ keepDims: any("false") }), /keepDims of type str/],
  "options twice": [
    () => scalar().backward(any({ bogus: 1 }), { retainGraph: true }),
    /call backward\(\) with a value of type object/,
  ],
  "text for retainGraph": [
    () => scalar().backward({ retainGraph: any("false") }),
    /backward\(\) with retainGraph of type string: pass a boolean/,
  ],
  "a dropout between layers that are not there": [
    () => new nn.LSTM(2, 2, { dropout: 0.5 }),
    /make LSTM with dropout 0\.5 and one layer: it drops between layers only/,
  ],
  "no square to invert": [() => linalg.inv(x), /^Cannot invert shape \[2, 3\]/],
  "a number to prepend": [
    () => x.diff({ prepend: any(3) }),
    /Cannot diff with a value of type num/,
  ],
  "clamp of undefined": [() => x.clamp(any(undefined)), /clamp without bounds/],
  "integers for batch normalization": [
    () => new nn.BatchNorm1d(2)(tensor([[1, 2], [3, 4]], { dtype: "int32" })),
    /Cannot batchNorm int32: convert it with/,
  ],
  "bytes for batch normalization": [
    () => nn.functional.batchNorm(tensor([[1, 2], [3, 4]], { dtype: "uint8" }), { training: true }),
    /Cannot batchNorm uint8: convert it with/,
  ],
  "known options twice": [
    () => scalar().backward(any({ retainGraph: true }), { createGraph: true }),
    /call backward\(\) with a value of type object/,
  ],
  "options of Parameter": [
    () => new nn.Parameter(x, any({ requiresGrad: false })),
    /requiresGrad with a value of type object: pass a boolean/,
  ],
  "options of train": [() => new nn.ReLU().train(any({ mode: false })), /train\(\) with a mode of/],
  "options of requiresGrad_": [() => ones([1]).requiresGrad_(any({ value: false })), /type object/],
  "options of a module's requiresGrad_": [
    () => new nn.Linear(1, 1).requiresGrad_(any({ value: false })),
    /type object/,
  ],
  "text for setGradEnabled": [() => setGradEnabled(any("false")), /a mode of type string/],
  "text for setFastMath": [() => setFastMath(any("false")), /a value of type string/],
  "an object for noGrad": [
    () => noGrad(any({ body: 1 })),
    /noGrad\(\) with a value of type object/,
  ],
  "options of ConstantPad1d": [
    () => new nn.ConstantPad1d(1, any({ value: 3 })),
    /make ConstantPad1d with value of type object: pass a number/,
  ],
  "options of ZeroPad2d": [
    () => new nn.ZeroPad2d(any({ padding: 1 })),
    /make ZeroPad2d with padding of type object/,
  ],
  "options of AdaptiveAvgPool2d": [
    () => new nn.AdaptiveAvgPool2d(any({ outputSize: 2 })),
    /AdaptiveAvgPool2d with an object as outputSize/,
  ],
  "options of adaptiveAvgPool2d": [
    () => nn.functional.adaptiveAvgPool2d(ones([1, 4, 4]), any({ outputSize: 2 })),
    /sizes must be whole numbers/,
  ],
  "options of calculateGain": [
    () => nn.init.calculateGain("leakyRelu", any({ negativeSlope: 0.2 })),
    /negativeSlope of type object/,
  ],
  "options of diag": [() => arange(3).diag(any({ offset: 1 })), /use a whole number/],
  "options of TensorDataset": [
    () => new TensorDataset(any<typeof x>({ tensors: [x] })),
    /of type object/,
  ],
  ...Object.fromEntries(
    ["0", 1.5, true, null, NaN].flatMap((ignoreIndex) => {
      const message = /with ignoreIndex (of type|1\.5|NaN)/;
      const options = any<{ ignoreIndex: number }>({ ignoreIndex });
      const uses: [string, () => unknown][] = [
        ["crossEntropy", () => nn.functional.crossEntropy(ones([2, 2]), classes, options)],
        ["nllLoss", () => nn.functional.nllLoss(ones([2, 2]), classes, options)],
        ["CrossEntropyLoss", () => new nn.CrossEntropyLoss(options)],
        ["NLLLoss", () => new nn.NLLLoss(options)],
        ["Accuracy", () => new metrics.Accuracy(options)],
        ["ConfusionMatrix", () => new metrics.ConfusionMatrix(2, options)],
        ["F1Score", () => new metrics.F1Score(2, options)],
        ["Perplexity", () => new metrics.Perplexity(options)],
      ];
      // Metrics take null for no class.
      return uses.slice(0, ignoreIndex === null ? 4 : 8).map(([name, use]) =>
        [`${typeof ignoreIndex} ${ignoreIndex} as ignoreIndex of ${name}`, [use, message]] as const
      );
    }),
  ),
  "digits as a numeric option": [
    () => nn.functional.crossEntropy(ones([2, 2]), classes, { labelSmoothing: any("0.5") }),
    /crossEntropy\(\) with labelSmoothing of type string: pass a number/,
  ],
  "true as a numeric option": [() => x.round({ decimals: any(true) }), /decimals of type boolean/],
  "digits as the number of a layer": [() => new nn.Dropout(any("0.5")), /Dropout with p of type s/],
  "null as the number of a layer": [() => new nn.Dropout(any(null)), /Dropout with p of type null/],
  "null for clipGradNorm_": [() => nn.clipGradNorm_([x], any(null)), /maxNorm of type null/],
  "digits for clipGradNorm_": [() => nn.clipGradNorm_([x], any("0.1")), /maxNorm of type string/],
  "digits as the order of clipGradNorm_": [
    () => nn.clipGradNorm_([x], 1, { p: any("2") }),
    /with p of type string/,
  ],
  "null for clipGradValue_": [() => nn.clipGradValue_([x], any(null)), /clipValue of type null/],
  "a negative exponent of cdist": [
    () => cdist(x, x, { p: -1 }),
    /Cannot cdist with p -1: use a num/,
  ],
  "half a class": [() => nn.functional.oneHot(classes, 1.5), /one-hot vectors of 1\.5 classes/],
  "digits for oneHot": [
    () => nn.functional.oneHot(classes, any("2")),
    /oneHot\(\) with classes of type string/,
  ],
  "a number as forward hook": [
    () => new nn.ReLU().registerForwardHook(any<() => void>(3)),
    /^Cannot register a hook with a value of type number: it must be a function/,
  ],
  "null as forward pre-hook": [
    () => new nn.ReLU().registerForwardPreHook(any<() => void>(null)),
    /Cannot register a hook with a value of type null/,
  ],
  "text as backward hook": [
    () => new nn.ReLU().registerFullBackwardHook(any("print")),
    /Cannot register a hook with a value of type string/,
  ],
  "a number as backward pre-hook": [
    () => new nn.ReLU().registerFullBackwardPreHook(any(3)),
    /Cannot register a hook with a value of type number/,
  ],
  "a number as hook of a tensor": [
    () => ones([1], { requiresGrad: true }).registerHook(any(3)),
    /Cannot register a hook with a value of type number/,
  ],
  "a number to apply": [
    () => new nn.ReLU().apply(any(3)),
    /Cannot apply to modules with a value of/,
  ],
  "a list as prefixes": [
    () => nn.renameKeys({ a: x }, any(["b"])),
    /choose new keys .* type array/,
  ],
  "a map as prefixes": [
    () => nn.renameKeys({ a: x }, any(new Map([["a", "b"]]))),
    /choose new keys with a value of type object/,
  ],
  "a number as new prefix": [() => nn.renameKeys({ a: x }, any({ a: 1 })), /choose new keys with/],
  "a function of names that returns nothing": [
    () => nn.renameKeys({ a: x }, any(() => {})),
    /Cannot rename key "a" with a value of type undefined: it must be a text/,
  ],
  "a list of tensors to rename": [() => nn.renameKeys(any([x]), { a: "b" }), /tensors by name/],
  "numbers to rename": [() => nn.renameKeys(any({ a: 1 }), { a: "b" }), /must be a tensor/],
  "a number in Compose": [() => new Compose(any([1])), /Cannot use a transform with a value of/],
  "a number in RandomApply": [() => new RandomApply(any([1])), /Cannot use a transform with a val/],
  "a number as transform of a data set": [
    () => new FakeData(any({ transform: 3 })),
    /Cannot use a transform with a value of type number/,
  ],
  "a number as Lambda": [
    () => new Lambda(any(3)),
    /Cannot make Lambda with a value of type number/,
  ],
  "a number as batch of Lambda": [
    () => new Lambda((x) => x, any({ batch: 3 })),
    /Cannot make Lambda with a value of type number: it must be a function, as the option batch/,
  ],
  "a number as norm": [
    () => new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2), 1, any({ norm: 3 })),
    /Cannot make TransformerEncoder with a value of type number: it must be a module/,
  ],
  "a number as avgFn": [
    () => new optim.AveragedModel(new nn.Linear(1, 1), any({ avgFn: 3 })),
    /Cannot make AveragedModel with a value of type number/,
  ],
  "a border of text": [
    () => x.pad([1, 0], { value: any("1") }),
    /pad with a value of type|value of/,
  ],
  "null as a numeric option": [
    () => nn.functional.layerNorm(x, 3, { eps: any(null) }),
    /layerNorm\(\) with eps of type null: pass a number/,
  ],
  "a list as a numeric option": [
    () => x.var({ correction: any([1]) }),
    /correction of type array: pass a number/,
  ],
  "an object as a numeric option": [
    () => nn.functional.groupNorm(ones([1, 2]), 1, { eps: any(Object(1)) }),
    /eps of type object: pass a number/,
  ],
  ...Object.fromEntries(
    ["weight", "bias"].map((name) => [
      `a number as ${name}`,
      [
        () => nn.functional.layerNorm(x, 3, any({ [name]: 1 })),
        new RegExp(`with ${name} of type num`),
      ],
    ]),
  ),
  ...Object.fromEntries(
    [new Map([["axis", 1]]), new Set([1]), new Date(0), Promise.resolve({ axis: 1 }), /x/].map(
      (options) => [
        `${Object.prototype.toString.call(options)} as options`,
        [
          () => x.sum(any(options)),
          /call sum\(\) with options of type object: pass an object that/,
        ],
      ],
    ),
  ),
  "text as an end of linspace": [
    () => linspace(any("1"), 2, { steps: 5 }),
    /Cannot make a linspace with an end of type string: pass a number/,
  ],
  "null as the end of arange": [() => arange(2, any(null)), /a range with a bound of type null/],
  "an unknown indexing of meshgrid": [
    () => meshgrid([arange(2), arange(3)], { indexing: any("yx") }),
    /^Cannot make a grid with indexing "yx": use "ij" or "xy"$/,
  ],
  "text as an axis of a scalar": [() => ones([]).flatten(any("0")), /an axis of type string/],
  "null as the index of select": [() => x.select(0, any(null)), /an index of type null/],
  "a list as the index of select": [() => x.select(0, any([1])), /an index of type array/],
  "parts of split that are no numbers": [
    () => x.split(any([true, 1])),
    /into \[true, 1\]: the parts must be whole numbers that add up to 2/,
  ],
  "halves as parts of split": [() => x.split([0.5, 1.5]), /into \[0.5, 1.5\]: the parts must be/],
  "a big integer as quantile": [
    () => x.quantile(any(1n)),
    /Cannot take quantile 1n: quantiles are/,
  ],
  "an endless minLength": [
    () => classes.bincount({ minLength: Infinity }),
    /^Cannot bincount with minLength Infinity: use a whole number from 0 to/,
  ],
  "text as an end of a histogram": [
    () => x.histogram({ min: any("0") }),
    /Cannot make a histogram with min of type string: pass a number/,
  ],
  "half a group": [() => nn.functional.groupNorm(ones([1, 3]), 1.5), /in 1.5 groups/],
  "a big integer as factor of pixelShuffle": [
    () => nn.functional.pixelShuffle(ones([1, 1, 1]), any(1n)),
    /Cannot pixelShuffle shape \[1, 1, 1\] by 1n:/,
  ],
  "one axis of a matrix norm": [
    () => linalg.matrixNorm(x, { axis: any(0) }),
    /take a matrix norm with a value of type number: it must be a list of two axes/,
  ],
  "a list as the slope of a layer": [
    () => new nn.LeakyReLU(any([1])),
    /make LeakyReLU with negativeSlope of type array: pass a number/,
  ],
  "a list as channels": [
    () => new nn.Conv2d(any([1]), 2, 3),
    /make Conv2d with inChannels of type array/,
  ],
  "endless heads": [
    () => new nn.MultiheadAttention(4, Infinity),
    /Cannot make MultiheadAttention of size 4 with Infinity heads/,
  ],
  "text as totals": [
    () => new metrics.Accuracy().setTotals(any(["1", 2])),
    /set the totals of Accuracy with a total of type string/,
  ],
  "a big integer as a length": [
    () => randomSplit(new TensorDataset(x), any([1n, 1])),
    /call randomSplit\(\) with a length of type bigint/,
  ],
  "a big integer as an index": [
    () => [...new DataLoader(new TensorDataset(x), { sampler: any([1n]) })],
    /Cannot make a batch with sample 1n: indices are whole numbers/,
  ],
  "a big integer as a factor": [
    () => nn.functional.interpolate(ones([1, 1, 2]), { scaleFactor: any(1n) }),
    /interpolate\(\) with a size or factor of type bigint: pass a number/,
  ],
  "a list with a symbol as a power": [
    () => linalg.matrixPower(ones([2, 2]), any([Symbol("x")])),
    /take power \[Symbol\(x\)\] of shape \[2, 2\]: use a whole number/,
  ],
  "a list as a rate to begin with": [
    () =>
      lrFind(new nn.Linear(1, 1), new optim.SGD([new nn.Parameter(x)]), () => 1, {
        minLr: any([1e-5]),
      }),
    /call lrFind\(\) with a rate of type array: pass a number/,
  ],
  "two rates for one group": [
    () =>
      new optim.OneCycleLR(new optim.SGD([new nn.Parameter(x)]), {
        maxLr: [0.1, 0.2],
        totalSteps: 5,
        cycleMomentum: false,
      }),
    /maxLr is \[0.1, 0.2\], and must be 1 number, one for each group/,
  ],
  "a big integer as a bound": [
    () => ones([1]).uniform_(any(1n), 2),
    /call uniform_\(\) with a bound of type bigint/,
  ],
  "an object as the stream of a bar": [
    () => new ProgressBar(any({})),
    /Cannot make ProgressBar with a value of type object: it must be a stream/,
  ],
  "text as classes to mix": [
    () => new MixUp({ numClasses: any("2") }),
    /Cannot mix 2 classes: use a whole number, 1 or more, not one of type string/,
  ],
  "null as operand of einsum": [() => einsum("i", any(null)), /einsum with a value of type null/],
  "text as the state of a cell": [
    () => new nn.GRUCell(3, 2)(ones([3]), any("x")),
    /start GRUCell with a value of type string/,
  ],
  "nested axes of squeeze": [() => x.squeeze(any({ axis: { axis: 1 } })), /axes of type object/],
  "nested axes of flip": [() => x.flip(any({ axis: { axis: 1 } })), /axes of type object/],
};

for (const name of ["LeakyReLU", "ELU", "CELU", "Softplus", "Threshold", "PixelShuffle"] as const) {
  test(`${name} refuses an object in the place of its number`, () => {
    const Layer = nn[name] as new (...values: unknown[]) => unknown;
    assertThrowsMessage(
      () => new Layer({ value: 1 }),
      ValueError,
      new RegExp(`^Cannot make (a |an )?${name} with an object as `),
    );
  });
}

for (const [name, [use, message]] of Object.entries(USES)) {
  test(`${name}: refused`, () => {
    const error = assertThrows(use, Error);
    assert(["ValueError", "DTypeError", "ShapeError"].includes(error.name), `${error.stack}`);
    assertMatch(error.message, message);
  });
}

test("null stands for none where an option has no default, as None does", () => {
  assertEquals(x.sum({ axis: any(null) }).item(), 6);
  assertEquals(x.cov({ fweights: any(null) }).shape, [2, 2]);
  assertEquals(x.histogram({ bins: 1, min: any(null) }).counts.toArray(), [6]);
  assertEquals(new nn.BatchNorm1d(2, { momentum: null }).momentum, null);
});

test("null keeps the size of a sequence", () => {
  assertEquals(new nn.AdaptiveAvgPool1d(null)(x).shape, x.shape);
});

test("diff ends when nothing is left", () => {
  assertEquals(arange(5).diff({ n: 2 ** 40 }).shape, [0]);
  assertEquals(arange(5).diff({ n: 4 }).toArray(), [0]);
});

test("backward takes a start, options, or null and options", () => {
  const y = scalar();
  y.backward({ retainGraph: true });
  y.backward(null, { retainGraph: true });
  y.backward(ones([]), { retainGraph: true });
  y.backward(undefined);
  assertThrows(() => y.backward(), GradientError);
});

test("a layer passes its fields as options, also when forward is called directly", () => {
  const image = ones([1, 4, 4]);
  assertEquals(pool.forward(image).shape, pool(image).shape);
  assertEquals(pool(image).shape, [1, 5, 5]);
});
