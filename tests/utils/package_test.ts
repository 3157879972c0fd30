import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { LibraryError } from "../../mod.ts";
import { importPackage } from "../../src/utils/package.ts";

const read = (path: string): string => readFileSync(path, "utf8");

test("a package that is not there is an error with two ways out", async () => {
  const load = importPackage("Not A Name@1.0.0", "draw a cat", "draw it by hand");
  const error = await assertRejects(() => load, LibraryError);
  assert(error.message.startsWith("Cannot draw a cat without Not A Name@1.0.0: "), error.message);
  assert(error.message.endsWith("; add the package to the project, or draw it by hand"));
  assertInstanceOf(error.cause, Error);
});

test("all places name the same versions of packages", () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read("package.json"));
  // `deno task` would install these on a fresh clone.
  assertEquals([dependencies, devDependencies], [undefined, undefined]);
  const { imports } = JSON.parse(read("import_map.json"));
  const names = new Set<string>();
  const check = (where: string, text: string): void => {
    for (const [, name, version] of text.matchAll(/((?:@[a-z-]+\/)?[a-z-]+)@(\d+\.\d+\.\d+)/g)) {
      assertEquals(version, optionalDependencies[name], `${name} in ${where}`);
      names.add(name);
    }
  };
  // Tools that only Deno runs have packages that no other place names.
  const shared = Object.values<string>(imports).filter((target) =>
    Object.keys(optionalDependencies).some((name) => target.includes(`${name}@`))
  );
  check("import_map.json", shared.join("\n"));
  for (const file of globSync("src/**/*.ts")) {
    const text = read(file);
    if (file.endsWith("package.ts") || !text.includes("importPackage")) continue;
    for (const [, spec] of text.matchAll(/"([^"\s]+@\d[^"\s]*)"/g)) check(file, spec);
  }
  assertEquals([...names].sort(), Object.keys(optionalDependencies).sort());
});
