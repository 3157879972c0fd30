/**
 * Everything that users can call refuses arguments that it does not take, and options that it does
 * not know: JavaScript itself would drop them. Layers, losses and `nn.functional` are walked in
 * nn/options_test.ts.
 */

import { assert, assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as gradus from "../mod.ts";
import { ones, Tensor, ValueError, zeros } from "../mod.ts";
import { countParameters } from "../src/checks.ts";
import * as nn from "../src/nn/mod.ts";
import * as data from "../src/utils/data/mod.ts";
import * as checkpoint from "../src/utils/checkpoint.ts";
import * as optim from "../src/optim/mod.ts";
import * as utils from "../src/utils/mod.ts";
import * as numpy from "../src/utils/numpy/mod.ts";
import * as torch from "../src/utils/torch/mod.ts";
import * as safetensors from "../src/utils/safetensors/mod.ts";
import { assertThrowsMessage } from "./support/assert.ts";

type Callable = (...values: unknown[]) => unknown;

const x = ones([4, 4]);
const row = ones([4]);
const index = zeros([4], { dtype: "int32" });
const FILE = new URL("fixtures/pytorch.safetensors", import.meta.url);
const model = new nn.Linear(2, 2);

/** Arguments in front of the options of methods, and of functions by their module. */
const BEFORE: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  Tensor: {
    backward: [null],
    split: [2],
    chunk: [2],
    tensorSplit: [2],
    unfold: [0],
    repeatInterleave: [2],
    roll: [1],
    pad: [[1, 1]],
    slice: [0, 2],
    takeAlongDim: [zeros([4, 4], { dtype: "int32" })],
    scatter: [zeros([4, 4], { dtype: "int32" }), x],
    scatterAdd: [zeros([4, 4], { dtype: "int32" }), x],
    scatterReduce: [zeros([4, 4], { dtype: "int32" }), x],
    indexAdd: [index, x],
    indexCopy: [index, x],
    indexFill: [index, 1],
    div: [x],
    addcmul: [x, x],
    addcdiv: [x, x],
    quantile: [0.5],
    isclose: [x],
    allclose: [x],
    topk: [1],
    kthvalue: [1],
    bucketize: [row],
    addmm: [x, x],
    cross: [ones([4, 3])],
  },
  gradus: {
    cat: [[x]],
    cdist: [x, x],
    empty: [[2]],
    emptyLike: [x],
    eye: [2, 2],
    full: [[2], 1],
    fullLike: [x, 1],
    grad: [ones([], { requiresGrad: true }).square(), [x]],
    gradCheck: [() => x, [x]],
    linspace: [0, 1],
    meshgrid: [[row]],
    multinomial: [row, 2],
    ones: [[2]],
    onesLike: [x],
    rand: [[2]],
    randLike: [x],
    randint: [0, 2],
    randn: [[2]],
    randnLike: [x],
    randperm: [2],
    stack: [[x]],
    tensor: [[1]],
    zeros: [[2]],
    zerosLike: [x],
    bernoulli: [x],
  },
  linalg: { matrixNorm: [x] },
  init: {
    dirac_: [ones([2, 2, 3])],
    orthogonal_: [model.weight],
    truncNormal_: [model.weight],
    kaimingNormal_: [model.weight],
    kaimingUniform_: [model.weight],
    normal_: [model.weight],
    uniform_: [model.weight],
    xavierNormal_: [model.weight],
    xavierUniform_: [model.weight],
  },
  nn: {
    functionalCall: [model, {}, [ones([1, 2])]],
    clipGradNorm_: [model.parameters(), 1],
    load: [model, FILE],
    packPaddedSequence: [x, [4, 4, 4, 4]],
    padPackedSequence: [nn.packPaddedSequence(x, [4, 4, 4, 4])],
    padSequence: [[row]],
    save: [model, "unwritten.safetensors"],
  },
  data: {
    download: [["http://127.0.0.1:1"], "unwritten"],
    randomSplit: [new data.TensorDataset(row), [1, 3]],
  },
  torch: { deserialize: [new Uint8Array(8)], load: [FILE] },
  utils: { lrFind: [model, new optim.SGD(model.parameters()), () => 1] },
  numpy: {
    deserialize: [new Uint8Array(8)],
    deserializez: [new Uint8Array(8)],
    load: [FILE],
    loadz: [FILE],
    savez: [{ x }, "unwritten.npz"],
    serializez: [{ x }],
  },
  safetensors: {
    deserialize: [new Uint8Array(8)],
    load: [FILE],
    loadSharded: [FILE],
    save: [{ x }, "unwritten.safetensors"],
    serialize: [{ x }],
  },
};

const MODULES = {
  gradus,
  linalg: gradus.linalg,
  functional: nn.functional,
  init: nn.init,
  nn,
  data,
  optim,
  utils,
  numpy,
  torch,
  safetensors,
  checkpoint,
};

/** Functions that take any number of values, and one that is below the checks. */
const VARIADIC = [
  ...["reshape", "view", "expand", "permute", "repeat", "tile", "at"],
  ...["broadcastTensors", "einsum", "setDefaultDtype", "checkpoint"],
];

/** Functions called by others with more than they take. */
const CALLED_BACK = ["defaultCollate"];

/** Lists the functions, with their names, that are neither classes nor without parameters. */
function functionsOf(owner: object): [name: string, f: Callable][] {
  return Object.entries(Object.getOwnPropertyDescriptors(owner)).flatMap(([name, { value }]) =>
    typeof value !== "function" || /^[A-Z]|^constructor$/.test(name) ? [] : [[name, value]]
  );
}

/** Calls `f` with `given`, and returns the message of its error. */
async function refusal(name: string, f: Callable, owner: unknown, given: readonly unknown[]) {
  const call = async () => await f.apply(owner, [...given]);
  const detail = `${name} with ${given.length} arguments`;
  const { message } = await assertRejects(call, ValueError, "", detail);
  return message as string;
}

test("methods of tensors refuse more arguments than they take", async () => {
  const methods = functionsOf(Tensor.prototype).filter(([name]) => !VARIADIC.includes(name));
  assert(methods.length > 180);
  for (const [name, method] of methods) {
    const message = await refusal(name, method, x, new Array(9).fill(undefined));
    assertMatch(message, new RegExp(`^Cannot call ${name}\\(\\) with 9 arguments: it takes \\d; `));
  }
});

test("functions refuse more arguments than they take, or options that they do not know", async () => {
  for (const [module, owner] of Object.entries({ Tensor: Tensor.prototype, ...MODULES })) {
    for (const [name, f] of functionsOf(owner)) {
      const before = new Map(Object.entries(BEFORE[module] ?? {})).get(name);
      if (before !== undefined) {
        const message = await refusal(name, f, x, [...before, { strange: 1 }]);
        assertMatch(message, /with option "strange": it(s name is| takes) "/, name);
        continue;
      }
      const text = Function.prototype.toString.call(f);
      const parameters = /\(([^)]*)\)/.exec(text)![1];
      if (
        module === "Tensor" || module === "functional" && /options/.test(parameters) ||
        parameters === "" || VARIADIC.includes(name) || CALLED_BACK.includes(name)
      ) continue;
      const given = new Array(parameters.split(",").length + 1).fill(undefined);
      const message = await refusal(name, f, undefined, name.endsWith("stack") ? [[x], 1] : given);
      assertMatch(message, /^Cannot call \w+\(\) with \d arguments: it takes \d; /, name);
    }
  }
});

test("methods that take options alone refuse unknown ones", async () => {
  // Their only parameter is an object of options, or what stands for it.
  const source = readFileSync(new URL("../src/tensor/tensor.ts", import.meta.url), "utf8");
  const names = [...source.matchAll(/^ {2}(\w+)\(options\??:/gm)].map(([, name]) => name);
  assert(names.length > 35);
  for (const name of names) {
    const method = (x as unknown as Record<string, Callable>)[name];
    const receiver = ["where", "diagEmbed"].includes(name) ? row : name === "bincount" ? index : x;
    const message = await refusal(name, method, receiver, [{ strange: 1 }]);
    assertMatch(message, /with option "strange": it(s name is| takes) "/, name);
  }
});

test("layers refuse more arguments than they take", () => {
  const call = (name: string, ...values: unknown[]) =>
    Reflect.construct((nn as unknown as Record<string, Callable>)[name], values);
  const surplus: readonly (readonly [name: string, ...values: unknown[]])[] = [
    ["ReLU", { inplace: true }],
    ["LeakyReLU", 0.1, true],
    ["ELU", 1, true],
    ["Hardtanh", -1, 1, true],
    ["Threshold", 0, 1, true],
    ["AdaptiveAvgPool1d", 1, 2],
    ["AdaptiveMaxPool2d", 1, 2],
    ["Flatten", 1, 2, 3],
    ["PixelShuffle", 2, 2],
    ["ZeroPad2d", 1, 1, 1, 1],
    ["ConstantPad1d", 1, 0, 1],
    ["Parameter", row, true, true],
    ["ModuleDict", {}, {}],
  ];
  for (const [name, ...values] of surplus) {
    assertThrowsMessage(
      () => call(name, ...values),
      ValueError,
      new RegExp(`^Cannot make ${name} with (\\d )?arguments: it takes `),
      name,
    );
  }
});

test("the number of parameters is read from the text of a function", () => {
  assertEquals(countParameters((_a: unknown, _b = 1, _c = {}) => 0), 3);
  assertStrictEquals(countParameters(() => 0), 0);
  assertEquals(countParameters((..._values: unknown[]) => 0), Infinity);
  assertEquals(countParameters(([_a, _b]: number[]) => 0), Infinity);
});
