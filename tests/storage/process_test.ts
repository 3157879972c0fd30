import { assertEquals, assertStrictEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { perProcess, VERSION } from "../../src/storage/process.ts";

test("the version is that of the package", () => {
  const config = readFileSync(new URL("../../deno.json", import.meta.url), "utf8");
  assertStrictEquals(VERSION, JSON.parse(config).version);
});

test("an object of the process is made once", () => {
  const made = [1, 2].map((n) => perProcess("test", () => ({ n })));
  assertEquals(made, [{ n: 1 }, { n: 1 }]);
  assertStrictEquals(made[0], made[1]);
});
