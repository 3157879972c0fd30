/** The library as Deno imports it from a server: what it needs is what the README names. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { type Handler, send, withServer } from "./support/local_server.ts";
import { NO_PERMISSION, RUNTIME } from "./support/runtime.ts";

/** Sends files of the project as a server of source text does. */
const serve: Handler = (request, response) => {
  try {
    const body = readFileSync(new URL(`..${request.url}`, import.meta.url));
    const isScript = request.url!.endsWith(".ts");
    response.setHeader("Content-Type", isScript ? "application/typescript" : "application/gzip");
    send(response, body);
  } catch {
    send(response, "", 404);
  }
};

/** Runs a program outside of the project, with these permissions and no others. */
function run(program: string, cwd: string, permissions: readonly string[]) {
  const flags = [
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    NO_PERMISSION,
    ...permissions,
  ];
  const child = spawn(process.execPath, ["run", ...flags, "-"], { cwd });
  child.stdin.end(program);
  return new Promise<{ code: number | null; out: string; errors: string }>((resolve) => {
    let [out, errors] = ["", ""];
    child.stdout.on("data", (chunk) => out += chunk);
    child.stderr.on("data", (chunk) => errors += chunk);
    child.on("close", (code) => resolve({ code, out: out.trim(), errors }));
  });
}

const skip = RUNTIME !== "deno";

test("tensors over http need leave to import, and nothing else", { skip }, async () => {
  await withServer(serve, async (base, folder) => {
    const host = new URL(base).host;
    const program = `
      import { randn, setNumThreads } from "${base}/mod.ts";
      setNumThreads(2);
      const x = randn([300, 300], { requiresGrad: true });
      x.matmul(x).sum().backward();
      console.log(x.grad.shape.join());`;
    // First, because what Deno has once loaded needs no leave.
    const refused = await run(program, folder, []);
    assert(refused.code !== 0);
    assertStringIncludes(refused.errors, `--allow-import`);
    const { code, out, errors } = await run(program, folder, [`--allow-import=${host}`]);
    assertEquals([code, out, errors], [0, "300,300", ""]);
  });
});

test(
  "the sample over http needs leave to reach its server, and nothing else",
  { skip },
  async () => {
    await withServer(serve, async (base, folder) => {
      const host = new URL(base).host;
      const program = `
      import { datasets } from "${base}/vision/mod.ts";
      console.log((await datasets.MNISTSample.load()).length);`;
      const flags = [`--allow-import=${host}`, `--allow-net=${host}`];
      const { code, out, errors } = await run(program, folder, flags);
      assertEquals([code, out, errors], [0, "8000", ""]);
      const refused = await run(program, folder, flags.slice(0, 1));
      assert(refused.code !== 0);
      assertStringIncludes(refused.errors, "FileAccessError: Cannot read");
      assertStringIncludes(refused.errors, `--allow-net`);
    });
  },
);
