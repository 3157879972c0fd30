/** The programs in `examples/` as people meet them: their help, their refusals, Ctrl-C. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadImages } from "../../examples/support/images.ts";
import { load } from "../../src/utils/safetensors/mod.ts";
import { datasets, transforms } from "../../vision/mod.ts";
import { NO_PERMISSION, runArguments, RUNTIME } from "../support/runtime.ts";

const FOLDER = fileURLToPath(new URL("../../examples", import.meta.url));
const PROGRAMS = readdirSync(FOLDER).filter((file) => file.endsWith(".ts"));

/** Runs an example to its end. */
function run(program: string, args: string[], permission = NO_PERMISSION) {
  const command = [...runArguments(join(FOLDER, program), permission), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
  return { status, stdout, stderr };
}

/** Runs `action` with the path of an empty folder, which is removed after it. */
async function withFolder(action: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "gradus-examples-"));
  try {
    await action(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const program of PROGRAMS) {
  test(`${program} explains itself, and knows what was meant`, () => {
    const help = run(program, ["--help"]);
    assertEquals([help.status, help.stderr], [0, ""]);
    assertMatch(help.stdout, /^[A-Z].+\.\n\n( {2}--.+\n)* {2}--help +this text\n$/);

    const slip = run(program, ["--hepl"]);
    assertEquals(slip, {
      status: 2,
      stdout: "",
      stderr: "Cannot use --hepl: did you mean --help?\n",
    });
    if (RUNTIME === "deno" && help.stdout.includes("--kernels")) {
      const native = run(program, ["--kernels", "native"], "--allow-read");
      assertEquals([native.status, native.stdout], [1, ""]);
      assertMatch(native.stderr, /--allow-ffi|MPI.+--allow-env/); // MPI is looked for before
    }
    if (!help.stdout.includes("--save")) return;

    const save = run(program, ["--save", join(FOLDER, "missing", "x")], "--allow-read");
    assertEquals([save.status, save.stdout], [2, ""]);
    assertMatch(
      save.stderr,
      RUNTIME === "deno" ? /^Cannot write .+--allow-write/ : /^Cannot write .+no such folder/,
    );
  });
}

test("--plot draws the curve once, at the end, where there is no terminal", () => {
  const args = ["--dataset", "sample", "--epochs", "1", "--batch-size", "500", "--plot"];
  const { status, stdout, stderr } = run("mnist.ts", args, "--allow-read");
  assertEquals([status, stderr], [0, ""]);
  const lines = stdout.split("\n");
  assertMatch(lines[0], /^epoch 1\/1 /);
  assertMatch(lines.at(-2)!, /^test accuracy: 0\.\d+$/);
  const curve = lines.slice(2, -3);
  assertEquals(curve.length, 10);
  assert(curve.every((line) => line.length <= 79), stdout);
  assertMatch(curve.join("\n"), /^ +\d\.\d+ ┤.+\n[^]+└─+\n +1 +16$/);
});

test("values that an option cannot have are refused before anything else", () => {
  const refusals: [args: string[], message: RegExp][] = [
    [["--batch_size", "3"], /did you mean --batch-size\?/],
    [["--depth", "3"], /^Cannot use --depth: choose --dataset, --root, /],
    [["5"], /^Cannot use 5: choose --dataset/],
    [["--model", "cnnn"], /^Cannot use --model cnnn: did you mean cnn\?/],
    [["--dataset", "imagenet"], /^Cannot use --dataset imagenet: choose mnist, fashion, sample\n/],
    [["--epochs"], /^Cannot use --epochs: it needs a value/],
    [["--save", "--epochs", "3"], /^Cannot use --save: it needs a value|^Cannot use 3: /],
    [["--epochs", "two"], /^Cannot use --epochs two: it must be a whole number, at least 1\n/],
    [["--epochs", "2.5"], /a whole number/],
    [["--epochs", "0"], /at least 1/],
    [["--seed", "-1"], /a whole number, at least 0/],
    [["--lr", "Infinity"], /^Cannot use --lr Infinity: it must be a number, at least 0\n/],
    [["--lr="], /it must be a number/],
    [["--no-download=yes"], /^Cannot use --no-download=yes: it takes no value/],
  ];
  for (const [args, message] of refusals) {
    const { status, stdout, stderr } = run("mnist.ts", args);
    assertEquals([status, stdout], [2, ""], args.join(" "));
    assertMatch(stderr, message);
  }
});

test("files and folders that cannot be read are named, with the permission that is missing", () =>
  withFolder((folder) => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const refusals: [program: string, args: string[], message: RegExp][] = [
      ["mnist.ts", ["--root", file], /^Cannot read .+not a directory/],
      ["char_lstm.ts", ["--file", `${file}s`], /^Cannot read .+no such file/],
    ];
    for (const [program, args, message] of refusals) {
      const { status, stdout, stderr } = run(program, args, "--allow-read");
      assertEquals([status, stdout], [2, ""]);
      assertMatch(stderr, message);
      if (RUNTIME === "deno") assertMatch(run(program, args).stderr, /^Cannot read .+--allow-read/);
    }
  }));

test("where a data set cannot be had, the sample is taken, with a message", async (context) => {
  const lines: string[] = [];
  context.mock.method(console, "log", (line: string) => lines.push(line));
  const options = { root: join(FOLDER, "missing"), download: false };
  const transformOf = () => new transforms.ToTensor();
  const [train, test] = await loadImages(datasets.FashionMNIST, transformOf, options);
  assertEquals([train.length, test.length], [8000, 2000]);
  assertMatch(lines.join("\n"), /^Cannot read .+\nTraining on the sample of 8,000 digits/);
});

/** Starts a training run of the digits; `act` is called in the middle of its third epoch. */
async function interrupt(
  command: string,
  args: string[],
  act: (child: ReturnType<typeof spawn>) => void,
): Promise<{ text: string; status: number | null }> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const status = new Promise<number | null>((resolve) => child.on("close", resolve));
  let [text, done] = ["", false];
  for await (const chunk of child.stdout) {
    text += chunk;
    if (done || !text.includes("epoch 2/")) continue;
    done = true;
    setTimeout(() => act(child), 50);
  }
  return { text, status: await status };
}

/** The command line of a training run that takes an hour. */
function training(save: string): string[] {
  const file = join(FOLDER, "mnist.ts");
  return [...runArguments(file, "-RW"), "--dataset", "sample", "--epochs", "9999", "--save", save];
}

/** The file has the weights of a network. */
function assertSaved(path: string): void {
  const weights = load(path);
  assertEquals(weights.get("fc1.weight")?.shape, [128, 784]);
  assert(weights.get("fc3.bias")!.isfinite().all().item());
}

test("Ctrl-C ends the training, and leaves the last epoch where --save asked for it", () =>
  withFolder(async (folder) => {
    const path = join(folder, "digits.safetensors");
    const { status } = await interrupt(
      process.execPath,
      training(path),
      // Not child.kill(), after which Deno reports no status.
      (child) => process.kill(child.pid!, "SIGINT"),
    );
    assertEquals(status, 130);
    assertSaved(path);
    assertEquals(readdirSync(folder), ["digits.safetensors"]);
  }));

// `script` of util-linux makes a terminal.
test(
  "Ctrl-C takes the progress bar off the terminal",
  { skip: process.platform !== "linux" },
  () =>
    withFolder(async (folder) => {
      const path = join(folder, "digits.safetensors");
      const command = [process.execPath, ...training(path)].map((word) => `'${word}'`).join(" ");
      const { text, status } = await interrupt(
        "script",
        ["--quiet", "--return", "--command", command, "/dev/null"],
        (child) => child.stdin!.write("\x03"),
      );
      assertEquals(status, 130);
      assert(text.includes("█"));
      assert(text.endsWith("\r\x1b[J"), JSON.stringify(text.slice(-100)));
      assertSaved(path);
    }),
);
