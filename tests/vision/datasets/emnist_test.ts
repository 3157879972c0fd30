import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { zipSync } from "fflate";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { DownloadError, FileAccessError, FileFormatError, ValueError } from "../../../mod.ts";
import { datasets } from "../../../vision/mod.ts";
import { idxFile } from "../../support/idx_file.ts";
import { send, withServer } from "../../support/local_server.ts";

/** The files of a selection with `count` images, as they lie in the archive. */
function files(split: string, part: string, labels: number[]): Record<string, Uint8Array> {
  const prefix = `gzip/emnist-${split}-${part}`;
  const pixels = Uint8Array.from({ length: 784 * labels.length }, (_, i) => i % 251);
  return {
    [`${prefix}-images-idx3-ubyte.gz`]: gzipSync(idxFile([labels.length, 28, 28], pixels)),
    [`${prefix}-labels-idx1-ubyte.gz`]: gzipSync(idxFile([labels.length], labels)),
  };
}

const ARCHIVE = zipSync({
  gzip: {},
  ...files("letters", "train", [1, 26, 3]),
  ...files("letters", "test", [2]),
  ...files("balanced", "train", [46, 0]),
  "gzip/emnist-letters-mapping.txt": new TextEncoder().encode("1 65 97\n"),
});
const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

type Load = (options?: Partial<datasets.EMNISTOptions>) => Promise<datasets.EMNIST>;

function withArchive(
  archive: Uint8Array,
  run: (load: Load, raw: string, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  return withServer((request, response) => {
    asked.push(request.url!);
    request.url === "/gzip.zip" ? send(response, archive) : send(response, "none", 404);
  }, (base, root) => {
    const load: Load = (options) =>
      datasets.EMNIST.load({
        root,
        split: "letters",
        mirrors: [`${base}/none`, base],
        checksums: { "gzip.zip": md5(archive) },
        download: true,
        progress: false,
        ...options,
      });
    return run(load, join(root, "EMNIST", "raw"), asked);
  });
}

test("EMNIST is downloaded once for all selections, into torchvision's folder", async () => {
  await withArchive(ARCHIVE, async (load, raw, asked) => {
    const letters = await load();
    assertEquals([letters.data.shape, letters.targets.toArray()], [[3, 28, 28], [1, 26, 3]]);
    assertEquals(letters.classes[26], "z");
    assertEquals(letters.data.at(0, 1, 0).item(), 28);
    const names = [
      "emnist-letters-train-images-idx3-ubyte",
      "emnist-letters-train-labels-idx1-ubyte",
    ];
    assertEquals(readdirSync(raw).sort(), [...names, "gzip.zip"]);
    assertEquals((await load({ train: false })).targets.toArray(), [2]);
    const balanced = await load({ split: "balanced", download: false });
    assertEquals(Array.from(balanced.targets.data, (label) => balanced.classes[label]), ["t", "0"]);
    assertEquals(asked, ["/none/gzip.zip", "/gzip.zip"]);
    // Without the archive, as PyTorch's users may have it, what was unpacked is enough.
    writeFileSync(join(raw, "gzip.zip"), "");
    assertEquals((await load({ download: false })).length, 3);
  });
});

test("archives that are cut short, damaged or incomplete are refused, and heal", async () => {
  const bad: [Uint8Array, string][] = [
    [ARCHIVE.subarray(0, 1000), "Cannot read"],
    [new Uint8Array(0), "Cannot read"],
    [new TextEncoder().encode("<html>moved</html>"), "it is a web page"],
    [zipSync(files("letters", "test", [2])), "it lacks gzip/emnist-letters-train-images"],
    [
      zipSync({ "gzip/emnist-letters-train-images-idx3-ubyte.gz": new Uint8Array(9) }),
      "gzip starts with 1f 8b",
    ],
  ];
  await withArchive(ARCHIVE, async (load, raw, asked) => {
    mkdirSync(raw, { recursive: true });
    for (const [bytes, reason] of bad) {
      writeFileSync(join(raw, "gzip.zip"), bytes);
      for (const name of readdirSync(raw)) {
        if (name !== "gzip.zip") writeFileSync(join(raw, name), "");
      }
      const error = await assertRejects(() => load({ download: false }), FileFormatError);
      assertStringIncludes(error.message, reason);
      asked.length = 0;
      assertEquals((await load()).length, 3);
      assertEquals(asked.length, 2, reason);
      assertEquals(md5(readFileSync(join(raw, "gzip.zip"))), md5(ARCHIVE));
    }
  });
});

test("another archive than the published one is refused", async () => {
  await withArchive(ARCHIVE, async (load, raw) => {
    const checksums = { "gzip.zip": "0".repeat(32) };
    await assertRejects(() => load({ checksums }), DownloadError, `found MD5 ${md5(ARCHIVE)}`);
    mkdirSync(raw, { recursive: true });
    writeFileSync(join(raw, "gzip.zip"), ARCHIVE);
    await assertRejects(() => load({ checksums }), ValueError, "as the published file: found MD5");
    assertEquals((await load({ checksum: false })).length, 3);
    writeFileSync(join(raw, "gzip.zip"), zipSync(files("letters", "test", [27])));
    const own = { checksum: false, download: false, train: false };
    await assertRejects(() => load(own), FileFormatError, "label 0 is 27, expected 0 to 26");
  });
});

test("unknown selections are refused, and absent files named", async () => {
  await withArchive(ARCHIVE, async (load, raw) => {
    await assertRejects(() => load({ split: "../x" as "letters" }), ValueError, 'split "../x"');
    await assertRejects(() => load({ split: undefined }), ValueError, 'without "split"');
    const error = await assertRejects(() => load({ download: false }), FileAccessError);
    assertStringIncludes(error.message, "neither it nor its gzip.zip is there");
    assertStringIncludes(error.message, join(raw, "emnist-letters-train-images-idx3-ubyte"));
  });
});

test("classes are those of the labels", () => {
  const { byclass, bymerge, balanced, letters, digits, mnist } = datasets.EMNIST.classes;
  const sizes = [byclass, bymerge, balanced, letters, digits, mnist].map(({ length }) => length);
  assertEquals(sizes, [62, 47, 47, 27, 10, 10]);
  assertEquals([byclass[10], byclass[36], balanced[36], balanced[46]], ["A", "a", "a", "t"]);
});
