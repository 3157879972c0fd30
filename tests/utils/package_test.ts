import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { FileFormatError, LibraryError } from "../../mod.ts";
import { importPackage, loadPackage } from "../../src/utils/package.ts";
import { RUNTIME } from "../support/runtime.ts";

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

test("a package that an import does not find is an error that tells how to get it", async () => {
  const message = "Cannot find package 'fast-png'\nRequire stack: …";
  // Bun's is no Error.
  for (const cause of [new Error(message), { message }]) {
    const load = loadPackage("fast-png", "decode PNG", () => Promise.reject(cause));
    const error = await assertRejects(() => load, LibraryError);
    assertMatch(error.message, /^Cannot decode PNG without fast-png: Cannot find [^\n]+'; [^\n]+$/);
    assertEquals(error.cause, cause);
  }
});

/** Reads a table and two pictures, and prints the errors. */
const READER = `
  import { CSVDataset } from "${resolve("src/utils/data/mod.ts")}";
  import { datasets } from "${resolve("vision/mod.ts")}";
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47), jpeg = Uint8Array.of(0xff, 0xd8, 0xff);
  const jobs = [
    () => CSVDataset.parse("a,b\\n1,2\\n", { target: "b" }),
    () => datasets.decodeImage(png),
    () => datasets.decodeImage(jpeg),
  ];
  for (const job of jobs) console.log(await job().then(() => "done", (error) => String(error)));`;

const skip = RUNTIME !== "deno";

test(
  "a program outside of the clone is told of the import map, and works with it",
  { skip },
  () => {
    const folder = mkdtempSync(join(tmpdir(), "gradus-outside-"));
    try {
      const program = join(folder, "program.ts");
      writeFileSync(program, READER);
      const run = (...flags: string[]): string[] => {
        const all = [
          "run",
          "--quiet",
          "--no-prompt",
          "--no-lock",
          "--allow-read",
          ...flags,
          program,
        ];
        return execFileSync(process.execPath, all, { encoding: "utf8" }).trim().split("\n");
      };
      const refused = run();
      const names = ["read CSV without @std/csv", "decode PNG without fast-png"];
      for (const [i, name] of [...names, "decode JPEG without @jsquash/jpeg"].entries()) {
        assertMatch(
          refused[i],
          new RegExp(`^${LibraryError.name}: Cannot ${name}: .*--import-map=`),
        );
      }
      const [csv, ...pictures] = run(`--import-map=${resolve("import_map.json")}`);
      assertEquals([csv, pictures.length], ["done", 2]);
      for (const error of pictures) {
        assertMatch(
          error,
          new RegExp(`^${FileFormatError.name}: .*size`),
        );
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test("a page in the clone can be bundled", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "gradus-bundle-"));
  try {
    const [map, out] = ["--import-map=import_map.json", join(folder, "page.js")];
    const flags = ["--quiet", "--no-config", map, "--platform", "browser", "-o", out];
    execFileSync(process.execPath, ["bundle", ...flags, "vision/mod.ts"]);
    assert(read(out).length > 100_000);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
