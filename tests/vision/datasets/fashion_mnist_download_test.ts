/**
 * The whole way of a real data set, 60,000 and 10,000 images: download, check, unpack, read.
 *
 * The files come from Debian's package `dataset-fashion-mnist`, or from the folder in the
 * environment variable `GRADUS_FASHION_DIR`, by way of a server on this machine. In Deno this needs
 * `--allow-read --allow-write --allow-net=127.0.0.1 --allow-env --allow-sys`.
 */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import {
  MNIST_FILES,
  type MnistFileName,
  type MnistSplitName,
  readMnistFiles,
} from "../../../vision/datasets/mnist_files.ts";
import { type Handler, send, withServer } from "../../support/local_server.ts";
import { assertSame } from "../../support/assert.ts";

const SOURCE = process.env.GRADUS_FASHION_DIR ?? "/usr/share/datasets/fashion-mnist";
const NAMES = Object.values(MNIST_FILES).flatMap((files): MnistFileName[] => Object.values(files));
const missing = NAMES.filter((name) => !existsSync(join(SOURCE, `${name}.gz`)));
// Continuous integration has the package; a skip there would hide that it is gone.
const skip = missing.length > 0 && process.env.CI !== "true"
  ? `no Fashion-MNIST in ${SOURCE}: apt-get install dataset-fashion-mnist`
  : false;

/** Serves the real files below /real/, breaks off below /broken/, and knows nothing else. */
const serve: Handler = (request, response) => {
  const path = join(SOURCE, basename(request.url!));
  if (request.url!.startsWith("/real/") && existsSync(path)) {
    response.writeHead(200, { "Content-Length": statSync(path).size });
    createReadStream(path).pipe(response);
  } else if (request.url!.startsWith("/broken/")) {
    response.writeHead(200, { "Content-Length": 1_000_000 });
    response.write(new Uint8Array(1000), () => response.destroy());
  } else {
    send(response, "<html>not found</html>", 404);
  }
};

const title = "Fashion-MNIST is downloaded past failing mirrors and is whole";

// The reason is part of the name, because not every runner prints it.
test(skip ? `${title} (skipped: ${skip})` : title, { skip }, async () => {
  assertEquals(missing, [], `files missing in ${SOURCE}`);
  const checksums = Object.fromEntries(NAMES.map((name) => {
    const bytes = readFileSync(join(SOURCE, `${name}.gz`));
    return [`${name}.gz`, createHash("md5").update(bytes).digest("hex")];
  }));
  await withServer(serve, async (base, root) => {
    const mirrors = ["none", "broken", "real"].map((name) => `${base}/${name}/`);
    const read = (split: MnistSplitName, download: boolean) =>
      readMnistFiles({
        root,
        folder: "FashionMNIST",
        split,
        download,
        mirrors,
        checksums,
        network: { retries: 1, backoff: 10 },
      });
    for (const [split, count] of [["train", 60_000], ["test", 10_000]] as const) {
      const { images, labels } = await read(split, true);
      assertEquals([images.count, images.height, images.width], [count, 28, 28]);
      assertStrictEquals(images.data.length, count * 784);
      const histogram = Array(10).fill(0);
      for (const label of labels) histogram[label]++;
      assertEquals(histogram, Array(10).fill(count / 10));
      assertSame(await read(split, false), { images, labels }, "read again from disk");
    }
    const { images, labels } = await read("train", false);
    // Published for the training split: mean 0.2860, standard deviation 0.3530.
    let [sum, squares] = [0, 0];
    for (const value of images.data) sum += value, squares += value * value;
    const mean = sum / images.data.length / 255;
    const deviation = Math.sqrt(squares / images.data.length / 255 ** 2 - mean ** 2);
    assert(Math.abs(mean - 0.286) < 1e-4, String(mean));
    assert(Math.abs(deviation - 0.353) < 1e-4, String(deviation));
    assertSame([...labels.subarray(0, 5)], [9, 0, 0, 3, 0]);
  });
});
