import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import * as errors from "../src/errors.ts";
import { nameClasses } from "../src/names.ts";

test("every error extends GradusError, and is named after its class in message and stack", () => {
  const { GradusError, ...classes } = errors;
  const entries = Object.entries(classes) as [string, new (...args: unknown[]) => Error][];
  assert(entries.length >= 10);
  for (const [name, Class] of entries) {
    const error = new Class("m", []);
    assert(error instanceof GradusError, name);
    assert(error instanceof Error);
    assertStrictEquals(error.name, name);
    assert(String(error).startsWith(`${name}: `), String(error));
    assert(error.stack!.startsWith(`${name}: `), error.stack!);
    assert(!Object.keys(error).includes("name"), "the name is not a field of each error");
  }
});

test("the name of an error does not depend on the name of its class, which minifiers change", () => {
  for (const [name, Class] of Object.entries(errors)) {
    assert(Object.hasOwn(Class.prototype, "name"), name);
  }
});

test("the names of classes in messages do not depend on their names in the source", () => {
  const exported = { Linear: class e {}, length: 3 };
  nameClasses(exported);
  assertEquals(exported.Linear.name, "Linear");
});

test("errors carry fields with the facts of their messages", () => {
  const shape = new errors.ShapeError("m", [2, 3], []);
  assertEquals(shape.shapes, [[2, 3], []]);
  const state = new errors.StateDictError("Linear", ['missing "bias"', "a"]);
  assertEquals(state.message, 'Cannot load state into Linear: missing "bias"; a');
  assertEquals(state.faults, ['missing "bias"', "a"]);
  const cause = new Error("ENOENT");
  const file = new errors.FileAccessError("m", { path: "a/b", cause });
  assertEquals([file.path, file.cause], ["a/b", cause]);
  assertEquals(new errors.FileAccessError("m").path, undefined);
  const download = new errors.DownloadError("x.gz", ["a: HTTP 404"]);
  assertMatch(download.message, /^Cannot download x\.gz:\n {2}a: HTTP 404\ncheck the network/);
  assertEquals(download.failures, ["a: HTTP 404"]);
  const memory = new errors.OutOfMemoryError(3, 2, 4);
  assertEquals([memory.asked, memory.used, memory.limit], [3, 2, 4]);
});
