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
import * as distributed from "../src/distributed/mod.ts";
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
  distributed: {
    allReduce: [x],
    reduceScatter: [x, [x]],
    send: [x, 0],
    recv: [x, 0],
    init: [],
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
  distributed,
};

/** They take any number of values; the default dtype and the memory are below the checks. */
const VARIADIC = [
  ...["reshape", "view", "expand", "permute", "repeat", "tile"],
  ...["at", "push", "ModuleList", "Sequential", "ParameterList", "TensorDataset"],
  ...["broadcastTensors", "einsum", "setDefaultDtype", "getDefaultDtype"],
  ...["checkpoint", "evaluate", "stats", "setLimit"],
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

/** Yields the exports of all entry points, in namespaces, too. */
async function* exported(): AsyncGenerator<[name: string, value: unknown]> {
  const { exports } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  for (const path of Object.values<string>(exports)) {
    const module: object = await import(new URL(`../${path}`, import.meta.url).href);
    for (const [name, value] of Object.entries(module)) {
      if (typeof value === "function") yield [name, value];
      else if (typeof value === "object") yield* Object.entries(value);
    }
  }
}

/** Called by the base class alone, or with each call of the module, which counts its inputs. */
const INSIDE = new Set([
  ...["stateNames", "stateNumbers", "faults", "rate", "floor", "momentum", "draw", "drawShare"],
  ...["mix", "ratio", "extraRepr", "attend", "projections", "extended", "heads", "join", "masks"],
  "check",
]);

test("methods of all classes refuse more arguments than they take, but those of users do not", async () => {
  const classes = new Set<Callable>();
  for await (const [, value] of exported()) {
    if (typeof value === "function" && /^class/.test(`${value}`)) classes.add(value as Callable);
  }
  const isInside = (owner: object, name: string): boolean =>
    INSIDE.has(name) || VARIADIC.includes(name) ||
    name === "update" && owner instanceof optim.Optimizer ||
    name === "forward" && owner instanceof nn.Module;
  let count = 0;
  for (const each of classes) {
    for (const owner of [each, each.prototype] as object[]) {
      for (const [name, method] of functionsOf(owner)) {
        if (isInside(owner, name)) continue;
        const call = () => method.apply(Object.create(each.prototype), new Array(9));
        const message = new RegExp(`^Cannot call ${name}\\(\\) with 9 arguments: it takes \\d; `);
        assertThrowsMessage(call, ValueError, message, `${each.name}.${name}`);
        count++;
      }
    }
  }
  assert(count > 360);

  class Free extends optim.SGD {
    override zeroGrad(...values: unknown[]): void {
      assertEquals(values.length, 1);
      super.zeroGrad();
    }
  }
  (new Free(model.parameters()) as { zeroGrad(options: object): void }).zeroGrad({ free: true });
});

test("functions refuse options that they do not know", async () => {
  for (const [module, owner] of Object.entries({ Tensor: Tensor.prototype, ...MODULES })) {
    for (const [name, f] of functionsOf(owner)) {
      const before = new Map(Object.entries(BEFORE[module] ?? {})).get(name);
      if (before === undefined) continue;
      const message = await refusal(name, f, x, [...before, { strange: 1 }]);
      assertMatch(message, /with option "strange": it(s name is| takes) "/, name);
    }
  }
});

test("functions refuse more arguments than they take", async () => {
  let count = 0;
  for await (const [name, value] of exported()) {
    if (typeof value !== "function" || /^class/.test(`${value}`)) continue;
    if (VARIADIC.includes(name) || CALLED_BACK.includes(name)) continue;
    const message = await refusal(name, value as Callable, undefined, new Array(9).fill([x]));
    // A function that reads its arguments could take any number.
    const text = `return ${value}`.replaceAll("arguments", "given");
    const most = countParameters(new Function(text)());
    assertStrictEquals(
      message.split(";")[0],
      `Cannot call ${name}() with 9 arguments: it takes ${most}`,
    );
    count++;
  }
  assert(count > 200, `${count}`);
});

/** Bases, whose subclasses check what they take, and classes whose objects the library makes. */
const BASES = [
  ...["Distribution", "LRScheduler", "Metric", "Optimizer", "CSVDataset", "ImageFolder"],
  ...["ExplainedFormula", "ExplainedOp", "Explanation", "PackedSequence", "Picture", "Summary"],
  "Tensor",
];

test("constructors refuse more arguments than they take", async () => {
  let count = 0;
  for await (const [name, value] of exported()) {
    if (typeof value !== "function" || !/^class/.test(`${value}`)) continue;
    if (BASES.includes(name) || VARIADIC.includes(name) || name.endsWith("Error")) continue;
    const make = () => Reflect.construct(value, new Array(9));
    assertThrowsMessage(
      make,
      ValueError,
      new RegExp(`^Cannot make ${name} with (9 )?arguments: it takes (\\d|none); `),
      name,
    );
    count++;
  }
  assert(count > 180, `${count}`);
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

test("the number of parameters is read from the text of a function", () => {
  assertEquals(countParameters((_a: unknown, _b = 1, _c = {}) => 0), 3);
  assertStrictEquals(countParameters(() => 0), 0);
  assertEquals(countParameters((..._values: unknown[]) => 0), Infinity);
  const patterns = ([_a, _b]: number[], { length: _l } = { length: 1 }) => 0;
  const generator = async function* (_a: unknown, _b = "), c") {
    yield await Promise.resolve(1);
  };
  assertEquals([patterns, generator].map((f) => countParameters(f)), [2, 2]);
  assertEquals(countParameters(nn.Linear.prototype.forward), 1);
});
