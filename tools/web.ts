/**
 * Builds the page of `web/` as static files in `web/dist/`, and serves it.
 *
 * ```sh
 * deno task web:build    # for any host
 * deno task web          # builds, and serves on http://localhost:8000, or on --port N
 * ```
 *
 * The server isolates the page from other origins, so that it may use threads; `--no-isolation`
 * serves it as most hosts do.
 *
 * The networks of the page are trained here, unless their files are newer than `web/model.ts`.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { manualSeed, noGrad } from "../mod.ts";
import { DataLoader } from "../src/utils/data/mod.ts";
import { serialize } from "../src/utils/safetensors/mod.ts";
import { datasets, transforms } from "../vision/mod.ts";
import type { Kind } from "../web/messages.ts";
import { BATCH_SIZE, makeOptimizer, NETWORKS, step } from "../web/model.ts";

const { values } = parseArgs({
  options: {
    build: { type: "boolean", default: false },
    port: { type: "string", default: "8000" },
    "no-isolation": { type: "boolean", default: false },
  },
});

const DIST = "web/dist";
const EPOCHS = 6;

/** Returns a network that has seen the sample of MNIST a few times, as a safetensors file. */
async function pretrain(kind: Kind): Promise<Uint8Array> {
  manualSeed(0);
  const transform = new transforms.ToTensor();
  const digits = await datasets.MNISTSample.load({ transform });
  const test = await datasets.MNISTSample.load({ train: false, transform });
  const network = new NETWORKS[kind]();
  const optimizer = makeOptimizer(network);
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    for (
      const [images, labels] of new DataLoader(digits, { batchSize: BATCH_SIZE, shuffle: true })
    ) {
      step(network, optimizer, images, labels);
    }
  }
  const [images, labels] = test.getBatch([...Array(test.length).keys()]);
  const correct = noGrad(() => network.forward(images).argmax(1).eq(labels).sum().item());
  console.log(`${kind}: ${correct} of ${test.length} test digits after ${EPOCHS} epochs`);
  return serialize(network.stateDict());
}

/** Returns when a file was written, or 0 if there is none. */
function writtenAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

async function build(): Promise<void> {
  mkdirSync(DIST, { recursive: true });
  for (const file of ["index.html", "style.css"]) cpSync(`web/${file}`, `${DIST}/${file}`);
  for (const file of readdirSync("data").filter((file) => file.endsWith(".gz"))) {
    cpSync(`data/${file}`, `${DIST}/data/${file}`);
  }
  for (const script of ["main", "worker"]) {
    const paths = [`web/${script}.ts`, "-o", `${DIST}/${script}.js`];
    // deno.json would leave out what is imported only when it is needed.
    const config = ["--no-config", "--import-map=import_map.json"];
    // Only downloads use streams, and a page cannot keep files.
    const flags = [
      "--quiet",
      "--minify",
      "--platform=browser",
      "--external=@std/streams",
      ...config,
    ];
    execFileSync(Deno.execPath(), ["bundle", ...flags, ...paths]);
  }
  for (const kind of ["cnn", "mlp"] as const) {
    const path = `${DIST}/${kind}.safetensors`;
    if (writtenAt(path) < writtenAt("web/model.ts")) writeFileSync(path, await pretrain(kind));
  }
  let total = 0;
  for (const file of ["index.html", "style.css", "main.js", "worker.js"]) {
    const { length } = gzipSync(readFileSync(`${DIST}/${file}`), { level: 9 });
    console.log(`${file}: ${(length / 1000).toFixed(1)} kB by gzip`);
    total += length;
  }
  console.log(`together: ${(total / 1000).toFixed(1)} kB by gzip, without networks and digits`);
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".gz": "application/gzip",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
};

/** Makes a server of the built page; `isolated` allows pages shared memory, and so threads. */
function makeServer(isolated: boolean): Server {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    if (isolated) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    try {
      const path = join(DIST, pathname === "/" ? "index.html" : pathname);
      const type = TYPES[extname(path)] ?? "application/octet-stream";
      response.setHeader("Content-Type", type).end(readFileSync(path));
    } catch {
      response.writeHead(404).end();
    }
  });
}

await build();
if (!values.build) {
  const server = makeServer(!values["no-isolation"]).listen(
    Number(values.port),
    "localhost",
    () => {
      console.log(`http://localhost:${(server.address() as AddressInfo).port}`);
    },
  );
}
