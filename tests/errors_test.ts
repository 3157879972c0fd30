import assert from "node:assert/strict";
import { test } from "node:test";
import * as errors from "../src/errors.ts";
import { nameClasses } from "../src/names.ts";

test("every error extends GradusError, and is named after its class in message and stack", () => {
  const { GradusError, ...classes } = errors;
  const entries = Object.entries(classes) as [string, new (...args: unknown[]) => Error][];
  assert.ok(entries.length >= 10);
  for (const [name, Class] of entries) {
    const error = new Class("m", []);
    assert.ok(error instanceof GradusError, name);
    assert.ok(error instanceof Error);
    assert.equal(error.name, name);
    assert.ok(String(error).startsWith(`${name}: `), String(error));
    assert.ok(error.stack!.startsWith(`${name}: `), error.stack!);
    assert.ok(!Object.keys(error).includes("name"), "the name is not a field of each error");
  }
});

test("the name of an error does not depend on the name of its class, which minifiers change", () => {
  for (const [name, Class] of Object.entries(errors)) {
    assert.ok(Object.hasOwn(Class.prototype, "name"), name);
  }
});

test("the names of classes in messages do not depend on their names in the source", () => {
  const exported = { Linear: class e {}, length: 3 };
  nameClasses(exported);
  assert.equal(exported.Linear.name, "Linear");
});

test("errors carry fields with the facts of their messages", () => {
  const shape = new errors.ShapeError("m", [2, 3], []);
  assert.deepEqual(shape.shapes, [[2, 3], []]);
  const state = new errors.StateDictError("Linear", ['missing "bias"', "a"]);
  assert.equal(state.message, 'Cannot load state into Linear: missing "bias"; a');
  assert.deepEqual(state.faults, ['missing "bias"', "a"]);
  const cause = new Error("ENOENT");
  const file = new errors.FileAccessError("m", { path: "a/b", cause });
  assert.deepEqual([file.path, file.cause], ["a/b", cause]);
  assert.equal(new errors.FileAccessError("m").path, undefined);
  const download = new errors.DownloadError("x.gz", ["a: HTTP 404"]);
  assert.match(download.message, /^Cannot download x\.gz:\n {2}a: HTTP 404\ncheck the network/);
  assert.deepEqual(download.failures, ["a: HTTP 404"]);
  const memory = new errors.OutOfMemoryError(3, 2, 4);
  assert.deepEqual([memory.asked, memory.used, memory.limit], [3, 2, 4]);
});
