/**
 * Builds the package for npm in the folder `npm/`: JavaScript and declarations of the same source.
 *
 * `deno pack` does most of it. It leaves names of the import map as they are, which npm does not
 * know, and puts in what only readers of the repository want.
 *
 * Run with `deno task npm`; `npm pack ./npm` makes a file of it that any project can install.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const OUT = "npm";
const IGNORED = ["examples", "docs", "CONTRIBUTING.md"];

const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"));

/** Unpacks what `deno pack` makes into the folder `to`. */
function pack(to: string): void {
  const temporary = mkdtempSync(join(tmpdir(), "gradus-npm-"));
  const archive = join(temporary, "package.tgz");
  const ignored = IGNORED.map((path) => `--ignore=${path}`);
  const flags = ["--allow-dirty", "--no-source-maps", "--quiet", ...ignored, `--output=${archive}`];
  execFileSync(process.execPath, ["pack", ...flags], { stdio: ["ignore", "inherit", "ignore"] });
  execFileSync("tar", ["xzf", archive, "-C", temporary]);
  rmSync(to, { recursive: true, force: true });
  renameSync(join(temporary, "package"), to);
  rmSync(temporary, { recursive: true });
}

/** Writes the packages that the import map names in place of their names. */
function replaceNames(folder: string, names: Readonly<Record<string, string>>): void {
  for (const file of globSync(`${folder}/**/*.{js,d.ts}`)) {
    const text = readFileSync(file, "utf8");
    const replaced = text.replace(
      /^(?! *\*)(.*(?:\bfrom |\bimport\())"([^"]+)"/gm,
      (whole, start, name) => Object.hasOwn(names, name) ? `${start}"${names[name]}"` : whole,
    );
    if (replaced !== text) writeFileSync(file, replaced);
  }
}

pack(OUT);
const { imports } = readJson("import_map.json");
const names = Object.entries<string>(imports).map(([name, target]) =>
  // npm:deno-std@1.4.0/streams/mod.js
  [name, target.replace(/^npm:(@?[^@]+)@[^/]+/, "$1")] as const
);
replaceNames(OUT, Object.fromEntries(names));
const packed = readJson(join(OUT, "package.json"));
const { description, optionalDependencies } = readJson("package.json");
// Of the packages that the repository uses, those that the packed files import.
const dependencies = Object.fromEntries(
  Object.keys(packed.dependencies).map((name) => [name, optionalDependencies[name]]),
);
const engines = { node: ">=22" };
const manifest = { ...packed, description, engines, dependencies };
writeFileSync(join(OUT, "package.json"), JSON.stringify(manifest, null, 2) + "\n");
console.log(`${manifest.name}@${manifest.version} is in ${OUT}/`);
