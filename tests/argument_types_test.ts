/** Values of other types than the documented ones are refused, as programs without types pass them. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { test } from "node:test";
import {
  arange,
  GradientError,
  noGrad,
  ones,
  setFastMath,
  setGradEnabled,
  ValueError,
} from "../mod.ts";
import { TensorDataset } from "../src/utils/data/mod.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { assertThrowsMessage } from "./support/assert.ts";

/** Stands for a value of any type. */
const any = <T>(value: unknown) => value as T;

const x = ones([2, 3]);
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
