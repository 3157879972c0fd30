import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { DownloadError, FileAccessError, ValueError } from "../../../mod.ts";
import { datasets } from "../../../vision/mod.ts";
import { idxFile } from "../../support/idx_file.ts";
import { send, withServer } from "../../support/local_server.ts";

/** Labels as QMNIST has them: eight big-endian numbers for each image, first the digit. */
function labels(count: number, digit = (i: number): number => i % 10): Uint8Array {
  const bytes = new Uint8Array(32 * count);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 8 * count; i++) {
    view.setInt32(4 * i, i % 8 === 0 ? digit(i / 8) : 100_000 * (i % 8) + i / 8 | 0);
  }
  return idxFile([count, 8], bytes, 0x0c);
}

/** Images whose first pixel tells their number. */
function images(count: number): Uint8Array {
  const bytes = new Uint8Array(784 * count);
  for (let i = 0; i < count; i++) bytes[784 * i] = i;
  return idxFile([count, 28, 28], bytes);
}

type Load = (options?: datasets.QMNISTOptions) => Promise<datasets.QMNIST>;

function withFiles(
  files: Readonly<Record<string, Uint8Array>>,
  run: (load: Load, root: string) => Promise<void>,
): Promise<void> {
  return withServer((request, response) => {
    const body = files[request.url!.slice(1)];
    body === undefined ? send(response, "none", 404) : send(response, gzipSync(body));
  }, (base, root) => {
    const common = { root, mirrors: [base], checksum: false, progress: false, download: true };
    return run((options) => datasets.QMNIST.load({ ...common, ...options }), root);
  });
}

test("QMNIST is downloaded into torchvision's folder, and its parts are cut out", async () => {
  await withFiles({
    "qmnist-train-images-idx3-ubyte.gz": images(3),
    "qmnist-train-labels-idx2-int.gz": labels(3, (i) => 9 - i),
    "qmnist-test-images-idx3-ubyte.gz": images(10_005),
    "qmnist-test-labels-idx2-int.gz": labels(10_005),
  }, async (load, root) => {
    const train = await load();
    assertEquals(train.targets.toArray(), [9, 8, 7]);
    assertEquals(train.data.shape, [3, 28, 28]);
    assertEquals(readdirSync(join(root, "QMNIST", "raw")).sort(), [
      "qmnist-train-images-idx3-ubyte",
      "qmnist-train-images-idx3-ubyte.gz",
      "qmnist-train-labels-idx2-int",
      "qmnist-train-labels-idx2-int.gz",
    ]);
    assertEquals((await load({ train: false })).length, 10_005);
    assertEquals((await load({ what: "test10k" })).length, 10_000);
    const rest = await load({ what: "test50k", download: false });
    assertEquals(rest.targets.toArray(), [0, 1, 2, 3, 4]);
    assertEquals(rest.data.at(1, 0, 0).item(), 10_001 % 256);
    const full = await load({ what: "test50k", compat: false });
    assertEquals(full.targets.shape, [5, 8]);
    const [, target] = full.get(1);
    assertEquals(target.toArray(), [
      1,
      110_001,
      210_001,
      310_001,
      410_001,
      510_001,
      610_001,
      710_001,
    ]);
    const [, batch] = full.getBatch([4, 1]);
    assertEquals(batch.at(":", 0).toArray(), [4, 1]);
  });
});

test("labels of another form, of unknown digits or without images are refused", async () => {
  const bad: [Uint8Array, string][] = [
    [idxFile([3], [1, 2, 3]), "found element type 08, expected 0c"],
    [idxFile([3, 2], new Uint8Array(24), 0x0c), "found shape [3, 2], expected [count, 8]"],
    [labels(3, (i) => i - 1), "label 0 is -1, expected 0 to 9"],
    [labels(3).subarray(0, 90), "found 90 bytes, expected 108"],
    [new Uint8Array(0), "found 0 bytes"],
  ];
  for (const [bytes, reason] of bad) {
    await withFiles({
      "qmnist-train-images-idx3-ubyte.gz": images(3),
      "qmnist-train-labels-idx2-int.gz": bytes,
    }, async (load) => {
      const error = await assertRejects(() => load(), DownloadError);
      assertStringIncludes(error.message, reason);
    });
  }
  await withFiles({
    "qmnist-train-images-idx3-ubyte.gz": images(3),
    "qmnist-train-labels-idx2-int.gz": labels(4),
  }, async (load) => {
    await assertRejects(() => load(), Error, "found 3 images and 4 labels");
  });
});

test("unknown parts, and files that are not there, are named", async () => {
  await withFiles({}, async (load, root) => {
    const nist = "nist" as datasets.QMNISTPart;
    await assertRejects(() => load({ what: nist }), ValueError, 'Cannot read part "nist"');
    const error = await assertRejects(() => load({ download: false }), FileAccessError);
    const path = join(root, "QMNIST", "raw", "qmnist-train-images-idx3-ubyte");
    assertEquals((error as FileAccessError).path, path);
  });
});
