/**
 * First use compiles few modules, and none again for other
 * shapes. Times would depend on the machine; counts do not.
 */

import { assert, assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { manualSeed, ones, randint, randn, type Tensor } from "../mod.ts";
import { Formula } from "../src/kernels/formula.ts";
import * as nn from "../src/nn/mod.ts";
import * as optim from "../src/optim/mod.ts";
import { RUNTIME } from "./support/runtime.ts";

/** Returns the number of modules of WebAssembly that are compiled while `run` runs. */
function compiledBy(run: () => void): number {
  const { Module } = WebAssembly;
  let count = 0;
  WebAssembly.Module = class extends Module {
    constructor(bytes: BufferSource) {
      super(bytes);
      count++;
    }
  };
  try {
    run();
  } finally {
    WebAssembly.Module = Module;
  }
  return count;
}

function mlp(inputs: number, width: number): nn.Layer {
  return new nn.Sequential(new nn.Linear(inputs, width), new nn.ReLU(), new nn.Linear(width, 10));
}

/** A network for images of 8 × 8. */
function cnn(width: number): nn.Layer {
  return new nn.Sequential(
    new nn.Conv2d(1, width, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(16 * width, 10),
  );
}

/** Returns a function that trains a classifier on a batch of that size, for a step. */
function trainer(model: nn.Layer, shape: readonly number[]): (batch: number) => void {
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  return (batch) => {
    const labels = randint(0, 10, { shape: [batch], dtype: "int32" });
    optimizer.zeroGrad();
    nn.functional.crossEntropy(model(randn([batch, ...shape])), labels).backward();
    optimizer.step();
  };
}

/**
 * Networks by name: the most modules that the first step of a process compiles, and one of a wider
 * network. Convolutions to more than twelve channels go another way.
 */
const NETWORKS = {
  mlp: { most: 20, wider: 0, shape: [6], make: (width: number) => mlp(6, width) },
  cnn: { most: 30, wider: 1, shape: [1, 8, 8], make: cnn },
};

for (const [name, { most, wider, shape, make }] of Object.entries(NETWORKS)) {
  test(`a step of the ${name} compiles few modules, and none again`, () => {
    manualSeed(0);
    let train = (_: number): void => {};
    const first = compiledBy(() => {
      train = trainer(make(12), shape);
      train(5);
    });
    assert(first <= most, `${first} modules`);
    // The optimizer has a momentum from the second step on.
    assert(compiledBy(() => train(5)) <= 2);
    assertEquals(compiledBy(() => train(5)), 0);
    assertEquals(compiledBy(() => train(9)), 0, "another batch size");
    const other = trainer(make(20), shape);
    assert(compiledBy(() => [other(5), other(5)]) <= wider, "another width");
  });
}

test("an elementwise kernel serves all shapes of its layouts", () => {
  const apply = (x: Tensor, y: Tensor): void => {
    x.mul(y).sigmoid().sub(y);
  };
  apply(ones([3, 4]), ones([3, 4]));
  assertEquals(compiledBy(() => apply(ones([7]), ones([7]))), 0);
  assertEquals(compiledBy(() => apply(ones([2, 3, 50]), ones([2, 3, 50]))), 0);
});

test("a formula is written out when it is first needed", () => {
  let calls = 0;
  const formula = new Formula("twice", 1, (k, [x]) => {
    calls++;
    return k.add(x, x);
  });
  assertEquals(calls, 0);
  assertEquals(formula.body.kind, "apply");
  assertEquals(formula.isCondition, false);
  assertEquals(formula.reads(), [0]);
  assertEquals(calls, 1);
});

test("Node's modules are not loaded in Deno, for nothing", { skip: RUNTIME !== "deno" }, () => {
  const program = `
    let touched = 0;
    const get = () => void touched++;
    Object.defineProperty(globalThis, "process", { get, configurable: true });
    const { randn, setKernels } = await import("./mod.ts");
    const nn = await import("./src/nn/mod.ts");
    for (const name of ["wasm", "native"]) {
      try {
        setKernels(name);
      } catch (error) {
        if (error.name !== "LibraryError") throw error;
      }
      new nn.Linear(64, 64)(randn([64, 64])).sum().backward();
    }
    console.log(touched);`;
  const { stdout, stderr } = spawnSync(process.execPath, ["run", "--allow-all", "-"], {
    input: program,
    encoding: "utf8",
    cwd: fileURLToPath(new URL("..", import.meta.url)),
  });
  assertEquals(stdout.trim(), "0", stderr);
});
