/**
 * Installs the package of `npm/` as a user would, and uses it: with the compiler of TypeScript, in
 * runtimes, and in Chromium, as three bundlers make pages of it. The same program must give the same
 * numbers everywhere.
 *
 * Run with Node, after `deno task npm`. Each argument is a command that runs a JavaScript file:
 *
 * ```sh
 * node tools/check_package.ts "node" "deno run --allow-read" "bun"
 * ```
 *
 * @module
 */

import { execSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import process from "node:process";
import { type Browser, launchChromium } from "./chromium.ts";

const { DENO = "deno", BUN = "bun" } = process.env;

/** The report of `tests/package/main.ts`. */
interface Outcome {
  readonly loss: number;
  readonly accuracy: number;
  readonly kernels: string;
  readonly threads: number;
}

const folder = mkdtempSync(join(tmpdir(), "gradus-package-"));

/** Runs a command in the folder, and returns its output. */
function run(command: string): string {
  return execSync(command, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

/** Installs the package, and the tools of `tests/package/`, beside the programs there. */
function install(): void {
  cpSync("tests/package", folder, { recursive: true });
  const [{ filename }] = JSON.parse(run(`npm pack --json "${join(process.cwd(), "npm")}"`));
  run(`npm install --no-audit --no-fund --no-package-lock ./${filename}`);
}

/** Compiles against the declarations as strictly as users may ask for; the last one runs. */
function compile(): void {
  const { exports } = JSON.parse(readFileSync("npm/package.json", "utf8"));
  const entries = Object.keys(exports).map((entry) => `@gradus/gradus${entry.slice(1)}`);
  writeFileSync(
    join(folder, "entries.ts"),
    entries.map((entry, i) => `export * as entry${i} from "${entry}";\n`).join(""),
  );
  const strict = "--strict --target es2024 --lib es2024,dom,dom.iterable,esnext.disposable";
  for (const modules of ["nodenext", "esnext --moduleResolution bundler"]) {
    for (const more of ["", "--exactOptionalPropertyTypes --noUncheckedIndexedAccess"]) {
      const flags = `${strict} --module ${modules} ${more}`;
      run(`npx tsc ${flags} --rewriteRelativeImportExtensions --outDir js main.ts entries.ts`);
      console.log(`tsc --module ${modules} ${more}: no errors`);
    }
  }
}

/** Looks for a package that the project lacks: in the project, whatever the runtime. */
function checkMissing(command: string): void {
  const program = `import * as plots from "@gradus/gradus/plots";
    plots.line({ loss: [1, 2] }).catch((error) => console.log(error.message));`;
  writeFileSync(join(folder, "missing.mjs"), program);
  const text = run(`${command} missing.mjs`);
  const found =
    /^Cannot draw a plot without \S+: (Cannot|Could not) find package .+ add the package to the/;
  if (!found.test(text)) throw new Error(`${command}: ${text}`);
}

/** Compiles the program to one file, which first lacks the sample and says so. */
function checkCompiled(expected: Outcome): void {
  run(`${BUN} build --compile js/main.js --outfile compiled/program`);
  const text = run("compiled/program");
  if (!text.includes('copy the folder "data"')) throw new Error(`A compiled program: ${text}`);
  cpSync("data", join(folder, "compiled", "data"), { recursive: true });
  compare("compiled by Bun", run("compiled/program"), expected);
}

/** Makes pages of the program; returns the script of each, and whether it is a module. */
function bundle(): [script: string, type: "module" | "classic"][] {
  run(`${DENO} bundle --quiet --platform browser js/main.js -o deno/main.js`);
  run(
    "npx esbuild js/main.js --bundle --minify --format=esm --log-level=error --outfile=esbuild/main.js",
  );
  // A classic script does not know where it is.
  run("npx esbuild js/main.js --bundle --log-level=error --outfile=classic/main.js");
  run("npx vite build");
  // vite copies the sample by itself.
  for (const name of ["deno", "esbuild", "classic"]) {
    cpSync("data", join(folder, name, "data"), { recursive: true });
  }
  // Of the scripts there, this one imports the others.
  const entry = /src="\.\/([^"]+)"/.exec(readFileSync(join(folder, "vite/index.html"), "utf8"))![1];
  return [
    ["deno/main.js", "module"],
    ["esbuild/main.js", "module"],
    ["classic/main.js", "classic"],
    [`vite/${entry}`, "module"],
  ];
}

const TYPES: Readonly<Record<string, string>> = {
  ".gz": "application/gzip",
  ".html": "text/html",
  ".js": "text/javascript",
};

/** Serves the folder; below `/isolated` with the headers that allow shared memory. */
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url!, "http://host");
  if (pathname.startsWith("/isolated/")) {
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  }
  try {
    const body = readFileSync(join(folder, pathname.replace("/isolated", "")));
    response.setHeader("Content-Type", TYPES[extname(pathname)] ?? "text/plain").end(body);
  } catch {
    response.writeHead(404).end();
  }
});

/** Opens a page that runs `script` itself or in a worker, and returns what it shows in the end. */
async function show(browser: Browser, address: string, content: string): Promise<string> {
  const path = new URL(address).pathname.replace("/isolated", "");
  writeFileSync(join(folder, path), `<!DOCTYPE html><meta charset="utf-8">${content}<body></body>`);
  const page = await browser.newPage();
  await page.goto(address);
  await page.waitForFunction("document.body.textContent !== ''", null, { timeout: 60_000 });
  const text = await page.textContent("body");
  await page.close();
  return text ?? "";
}

/** Rejects an outcome that differs from `expected` in more than the number of threads. */
function compare(where: string, text: string, expected: Outcome): void {
  let outcome: Outcome;
  try {
    outcome = JSON.parse(text);
  } catch {
    throw new Error(`${where}: ${text}`);
  }
  const { loss, accuracy, kernels, threads } = outcome;
  console.log(`${where}: loss ${loss}, accuracy ${accuracy}, ${kernels}, threads ${threads}`);
  if (loss !== expected.loss || accuracy !== expected.accuracy || kernels !== expected.kernels) {
    throw new Error(`${where}: the numbers differ from ${JSON.stringify(expected)}`);
  }
  if (where.includes("isolated") && (threads > 1) !== !where.includes("not isolated")) {
    throw new Error(`${where}: ${threads} threads`);
  }
}

async function checkPages(expected: Outcome): Promise<void> {
  const scripts = bundle();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const browser = await launchChromium(folder);
  try {
    for (const [script, type] of scripts) {
      const name = script.slice(script.lastIndexOf("/") + 1);
      const contents = {
        page: `<script type="${type === "module" ? type : ""}" src="${name}"></script>`,
        worker: `<script>
          new Worker("${name}", { type: "${type}" }).onmessage =
            ({ data }) => document.body.textContent = data;
          </script>`,
      };
      for (const [kind, content] of Object.entries(contents)) {
        for (const isolation of ["not isolated", "isolated"]) {
          const start = `http://127.0.0.1:${port}${isolation === "isolated" ? "/isolated" : ""}`;
          const address = `${start}/${dirname(script)}/${kind}.html`;
          const text = await show(browser, address, content);
          compare(`${script} in a ${kind}, ${isolation}`, text, expected);
        }
      }
    }
  } finally {
    await browser.close();
    server.close();
  }
}

install();
compile();
const outcomes = process.argv.slice(2).map((command) => [command, run(`${command} js/main.js`)]);
const expected: Outcome = JSON.parse(outcomes[0][1]);
for (const [command, text] of outcomes) {
  compare(command, text, expected);
  checkMissing(command);
}
checkCompiled(expected);
await checkPages(expected);
rmSync(folder, { recursive: true });
