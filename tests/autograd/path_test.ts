/**
 * Compares the path of `backward()` in `docs/design.md` with the path that a call takes.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { kernelNames, setKernels, tensor } from "../../mod.ts";
import { singles } from "../../src/kernels/numbers.ts";

/** Returns the files of the project on the stack, from the caller down, each once. */
function filesOnStack(stack: string): string[] {
  const files = Array.from(stack.matchAll(/\/src\/([\w/]+\.ts):/g), ([, file]) => `src/${file}`);
  return [...new Set(files.reverse())];
}

/** Returns the files from `y.backward()` to the first multiplication, with reference kernels. */
function filesToMultiplication(): string[] {
  const { mul } = singles;
  let stack = "";
  const [usual] = kernelNames();
  setKernels("reference");
  const y = tensor(0.5, { requiresGrad: true }).tanh();
  Object.assign(singles, {
    mul: (a: number, b: number) => {
      stack ||= new Error("here").stack!;
      return mul(a, b);
    },
  });
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  try {
    y.backward();
  } finally {
    Error.stackTraceLimit = depth;
    Object.assign(singles, { mul });
    setKernels(usual);
  }
  // In front of each method, `guardMembers` counts the arguments.
  return filesOnStack(stack).filter((file) => file !== "src/checks.ts");
}

test("the path from backward() to a multiplication is the one that the design page lists", () => {
  const page = readFileSync(new URL("../../docs/design.md", import.meta.url), "utf8");
  const [, path] = page.split(/<!-- path of loss.backward\(\).*-->|<!-- end of the path -->/);
  const listed = Array.from(path.matchAll(/^src\/\S+/gm), ([file]) => file);
  assert(listed.length <= 7, `${listed.length} files`);
  // The last file holds `mul`, which the test replaces.
  const found = [...filesToMultiplication(), "src/kernels/numbers.ts"];
  if (!("Bun" in globalThis)) assertEquals(found, listed);
  // JavaScriptCore drops the frames of tail calls, so that some files are missing or come later.
  else assertEquals(found.filter((file) => !listed.includes(file)), []);
});
