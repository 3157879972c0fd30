/**
 * The kernels `"native"`, with each library that this machine has. Other tests run their cases with
 * them as well (`tests/support/kernels.ts`).
 *
 * `GRADUS_REQUIRED_LIBRARIES=OpenBLAS,BLIS,BLAS` makes it an error that one of these is missing, the
 * last of which is the reference BLAS, to be refused.
 *
 * @module
 */

import { test } from "node:test";
import { assert, assertEquals, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  describeKernels,
  KernelError,
  LibraryError,
  manualSeed,
  randint,
  randn,
  setKernels,
  tensor,
  ValueError,
} from "../../../mod.ts";
import { reference } from "../../../src/kernels/reference/mod.ts";
import type { Kernels } from "../../../src/kernels/kernels.ts";
import { checkInside } from "../../../src/kernels/native/matmul.ts";
import * as nn from "../../../src/nn/mod.ts";
import * as optim from "../../../src/optim/mod.ts";
import { arena } from "../../../src/storage/arena.ts";
import { NDArray } from "../../../src/storage/ndarray.ts";
import { viewExpand, viewPermute, viewSlice } from "../../../src/storage/views.ts";
import { backends, libraries, setKernels as choose } from "../../support/kernels.ts";
import { assertThrowsMessage } from "../../support/assert.ts";
import { runArguments, RUNTIME } from "../../support/runtime.ts";
import { useThreads } from "../../support/threads.ts";
import { assertClose, list, noise } from "../arrays.ts";

// Node cannot call libraries at all, and says so.
const skip = RUNTIME === "node";

const NATIVE = backends.filter(({ library }) => library !== undefined);
const FOUND = libraries.map(({ name, path, architecture }) => `${name} (${path}, ${architecture})`);
const REQUIRED = process.env.GRADUS_REQUIRED_LIBRARIES?.split(",") ?? [];

test(`the kernels "native" are tested with ${FOUND.join(" and ") || "no library: none is here"}`, {
  skip,
}, () => {
  for (const name of REQUIRED.filter((name) => /^(OpenBLAS|BLIS)$/.test(name))) {
    assert(
      libraries.some((library) => library.name.startsWith(`${name} `)),
      `${name} is missing`,
    );
  }
});

/** Every layout that a product may meet: by rows, by columns, parts, steps, turned, repeated. */
const LAYOUTS: Record<string, (m: number, n: number) => NDArray> = {
  rows: (m, n) => noise([m, n]),
  columns: (m, n) => viewPermute(noise([n, m]), [1, 0]),
  "part of rows": (m, n) => part(noise([m + 3, n + 5]), m, n, 1),
  "part of columns": (m, n) => part(viewPermute(noise([n + 5, m + 3]), [1, 0]), m, n, 1),
  "every second": (m, n) => part(noise([2 * m, 2 * n]), m, n, 2),
  turned: (m, n) => {
    const spans = [m, n].map((length) => ({ start: length - 1, step: -1, length }));
    return viewSlice(noise([m, n]), spans);
  },
  "repeated row": (m, n) => viewExpand(noise([1, n]), [m, n]),
  "repeated element": (m, n) => viewExpand(noise([1, 1]), [m, n]),
};

function part(x: NDArray, m: number, n: number, step: number): NDArray {
  return viewSlice(x, [m, n].map((length) => ({ start: 0, step, length })));
}

function assertProduct(kernels: Kernels, a: NDArray, b: NDArray, bias: NDArray | null): void {
  const what = `${kernels.name}: [${a.shape}] by ${a.strides} · [${b.shape}] by ${b.strides}`;
  const expected = list(reference.matmul(a, b, bias));
  assertClose(list(kernels.matmul(a, b, bias)), expected, 1e-4, what);
}

for (const kernels of NATIVE) {
  for (const threads of [1, 2, 3]) {
    test(`${kernels.name} on ${threads} threads multiplies operands of every layout`, async () => {
      await useThreads(threads);
      for (const [m, k, n] of [[1, 1, 1], [1, 7, 40], [40, 7, 1], [3, 1, 5], [65, 33, 50]]) {
        for (const left of Object.values(LAYOUTS)) {
          for (const right of Object.values(LAYOUTS)) {
            assertProduct(kernels, left(m, k), right(k, n), null);
          }
        }
        const bias = viewSlice(noise([2 * n]), [{ start: 0, step: 2, length: n }]);
        assertProduct(kernels, noise([m, k]), noise([k, n]), bias);
        assertProduct(kernels, noise([m, k]), noise([k, n]), viewExpand(noise([1]), [n]));
      }
      // Threads share the rows of the first, and the columns of the second.
      for (const [m, k, n] of [[100, 40, 160], [17, 200, 180]]) {
        assertProduct(kernels, noise([m, k]), noise([k, n]), noise([n]));
        assertProduct(kernels, viewPermute(noise([k, m]), [1, 0]), noise([k, n]), null);
      }
    });

    test(`${kernels.name} on ${threads} threads multiplies batches`, async () => {
      await useThreads(threads);
      for (const batch of [1, 2, 5, 50]) {
        const heads = viewPermute(noise([batch, 9, 4, 8]), [0, 2, 1, 3]);
        assertProduct(kernels, heads, viewPermute(heads, [0, 1, 3, 2]), null);
        assertProduct(kernels, heads, viewExpand(noise([8, 6]), [batch, 4, 8, 6]), noise([6]));
      }
    });
  }

  test(`${kernels.name} writes nothing beside its result`, () => {
    const [a, b] = [noise([37, 21]), noise([21, 19])];
    const around = [0, 1].map(() => noise([37 * 19]));
    const before = around.map(list);
    kernels.matmul(a, b, null);
    assertEquals(around.map(list), before);
  });

  test(`${kernels.name} finds the memory when it has grown`, () => {
    const [a, b] = [noise([64, 64]), noise([64, 64])];
    assertProduct(kernels, a, b, null);
    const large = arena.allocate(64e6);
    assertProduct(kernels, a, b, null);
    arena.free(large, "temporary");
  });

  test(`${kernels.name} gives the same bits, whether threads are free or not`, async () => {
    const train = (): number[] => {
      manualSeed(3);
      const model = new nn.Sequential(
        ...[new nn.Conv2d(2, 9, 3, { padding: 1 }), new nn.ReLU(), new nn.Flatten()],
        ...[new nn.Linear(9 * 12 * 12, 70), new nn.Tanh(), new nn.Linear(70, 10)],
      );
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.05 });
      const [x, y] = [randn([37, 2, 12, 12]), randint(0, 10, { shape: [37] })];
      for (let step = 0; step < 5; step++) {
        optimizer.zeroGrad();
        new nn.CrossEntropyLoss()(model(x), y).backward();
        optimizer.step();
      }
      return [...model.parameters()].flatMap((parameter) => [...parameter.data]);
    };
    choose(kernels.name);
    try {
      await useThreads(3);
      const together = train();
      // Steps that follow one another without a pause find workers busy or asleep.
      for (let repeat = 0; repeat < 3; repeat++) assertEquals(train(), together);
    } finally {
      setKernels("wasm");
    }
  });

  test(`${kernels.name} tells what computes`, () => {
    choose(kernels.name);
    try {
      const { name, threads, library } = describeKernels();
      assertStrictEquals(name, "native");
      assert(threads >= 1);
      assertEquals(library, kernels.library);
      assertMatch(library!.name, /^\w+( \d+\.\d+)?/);
    } finally {
      setKernels("wasm");
    }
    assertStrictEquals(describeKernels().library, null);
  });
}

/** The kernels of OpenBLAS for the widest vectors of this processor, by what the system says of it. */
function widestCore(): string | undefined {
  const flags = readFileSync("/proc/cpuinfo", "utf8").match(/^flags.*$/m)?.[0].split(" ") ?? [];
  const has = (...names: string[]) => names.every((name) => flags.includes(name));
  if (has("avx512f", "avx512dq", "avx512cd", "avx512bw", "avx512vl")) return "SkylakeX";
  return has("avx2", "fma") ? "Haswell" : undefined;
}

const openblas = libraries.find(({ name }) => name.startsWith("OpenBLAS"));
const widest = process.platform === "linux" ? widestCore() : undefined;

/** The URL of a file of the project, as a string in a program. */
const url = (path: string): string =>
  JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);

/** Returns what a program prints in a process of its own. */
function runAlone(program: string, permission = "--allow-all", env = process.env): string {
  const args = RUNTIME === "bun" ? ["run", "-"] : runArguments("-", permission);
  const cwd = fileURLToPath(new URL("../../..", import.meta.url));
  const options = { input: program, encoding: "utf8", cwd, env } as const;
  const { stdout, stderr } = spawnSync(process.execPath, args, options);
  assert(stdout !== "", stderr);
  return stdout;
}

// The choice is for the whole process, and changes bits.
test("OpenBLAS takes wide vectors on a processor that it does not know", {
  skip: openblas === undefined || widest === undefined,
}, () => {
  const program = `
    import process from "node:process";
    import { spawnSync } from "node:child_process";
    import { openBlas } from ${url("src/kernels/native/blas.ts")};
    import { chooseAgain } from ${url("src/kernels/native/openblas.ts")};
    const path = ${JSON.stringify(openblas?.path)};
    const core = () => openBlas(path).library.architecture;
    const first = core();
    chooseAgain(path, first === "Prescott" ? "Atom" : first); // it knows the processor
    const kept = core();
    chooseAgain(path, "Prescott");
    const child = spawnSync("printenv", ["OPENBLAS_CORETYPE"], { encoding: "utf8" }).stdout;
    console.log(JSON.stringify([first === kept, core(), child.trim()]));`;
  const run = (core: string): unknown => {
    const { OPENBLAS_CORETYPE: _, ...env } = process.env;
    const all = core === "" ? env : { ...env, OPENBLAS_CORETYPE: core };
    return JSON.parse(runAlone(program, "--allow-all", all));
  };
  assertEquals(run(""), [true, widest, ""]);
  assertEquals(run("Nehalem"), [true, "Nehalem", "Nehalem"], "what the user has chosen stays");
});

test("a library that was named does not stand for the usual one", {
  skip: libraries.length < 2,
}, () => {
  const program = `
    import { describeKernels, setKernels } from ${url("mod.ts")};
    setKernels("native", { library: ${JSON.stringify(libraries.at(-1)?.path)} });
    setKernels("native");
    console.log(describeKernels().library.path);`;
  assertEquals(runAlone(program), `${libraries[0]?.path}\n`);
});

test("a view that leaves its storage never reaches a library", () => {
  const x = noise([4, 4]);
  const wrong = new NDArray(x.storage, [4, 5], [4, 1], 0, "float32");
  const before = new NDArray(x.storage, [4, 4], [4, 1], -1, "float32");
  checkInside(x);
  for (const view of [wrong, before]) {
    assertThrowsMessage(
      () => checkInside(view),
      KernelError,
      /Cannot pass elements .* to a library/,
    );
  }
});

test("where no library can be called, native is refused", { skip: RUNTIME !== "node" }, () => {
  assertThrows(
    () => setKernels("native"),
    LibraryError,
    "in this runtime: it cannot call libraries",
  );
});

test("libraries that cannot be used are refused, and the kernels stay", { skip }, () => {
  const refuse = (library: string, reason: RegExp): void => {
    const { message } = assertThrows(() => setKernels("native", { library }), LibraryError);
    assertMatch(message, reason);
    assertMatch(message, /Cannot use the kernels "native" with .*; .*setKernels/s);
    assertStrictEquals(describeKernels().name, "wasm");
    assertStrictEquals(tensor([3, 4]).square().sum().item(), 25);
  };
  refuse("no_such_library.so", /no_such_library/);
  if (process.platform === "linux") refuse("libm.so.6", /cblas_sgemm/);
});

const PLAIN = "/usr/lib/x86_64-linux-gnu/blas/libblas.so.3";
const hasPlain = existsSync(PLAIN);
test(`a reference BLAS is refused as slow${hasPlain ? "" : ": none is here"}`, { skip }, () => {
  assert(hasPlain || !REQUIRED.includes("BLAS"), `${PLAIN} is missing`);
  if (!hasPlain) return;
  const reason = /takes \d+\.\d times as long as "wasm".*install.*libopenblas0-pthread/;
  assertThrowsMessage(() => setKernels("native", { library: PLAIN }), LibraryError, reason);
});

test("only native takes a library, and options are checked", () => {
  assertThrows(() => setKernels("wasm", { library: "libopenblas.so.0" }), ValueError);
  assertThrows(() => setKernels("native", { library: 3 as unknown as string }), ValueError);
  assertThrows(() => setKernels("native", { library: "" }), ValueError, "without a name");
  assertThrows(() => setKernels("native", { path: "x" } as object), ValueError);
});

if (process.versions.deno !== undefined) {
  test("without permission, native is refused, and nothing else changes", () => {
    const program = `
      import { setKernels, tensor } from ${url("mod.ts")};
      try { setKernels("native"); } catch (error) { console.log(error.name, error.message); }
      console.log(tensor([3, 4]).square().sum().item());`;
    const stdout = runAlone(program, "--deny-ffi");
    assertMatch(
      stdout,
      /^LibraryError Cannot use the kernels "native" without permission.*--allow-ffi/,
    );
    assertMatch(stdout, /\n25\n$/);
  });
}
