/**
 * CIFAR-10 and CIFAR-100 by way of a server on this machine, with archives of the publisher's layout.
 */

import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { DownloadError, FileAccessError, FileFormatError, ValueError } from "../../../mod.ts";
import { datasets, transforms } from "../../../vision/mod.ts";
import { send, withServer } from "../../support/local_server.ts";
import { tarFile, type TarMember } from "../../support/tar_file.ts";

const FOLDER = "cifar-10-batches-bin";
const ARCHIVE = "cifar-10-binary.tar.gz";
const BATCHES = [3, 1, 5, 2, 4].map((i) => `data_batch_${i}.bin`);
const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

/**
 * Records whose image `i` of file `file` has red pixels of `i`, green of `file` and blue that grow; the
 * label is `i mod classes`.
 */
function records(file: number, count: number, labels: number, classes: number): Uint8Array {
  const size = labels + 3072;
  const bytes = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    const start = i * size + labels;
    bytes[start - 1] = i % classes;
    bytes.fill(i, start, start + 1024);
    bytes.fill(file, start + 1024, start + 2048);
    for (let k = 0; k < 32; k++) bytes[start + 2048 + k] = k;
  }
  return bytes;
}

/** The members of the real archive, with `count` images in each file. */
function members(count: number): TarMember[] {
  return [
    { name: `${FOLDER}/`, type: "5" },
    ...BATCHES.map((file) => ({
      name: `${FOLDER}/${file}`,
      content: records(Number(/\d/.exec(file)![0]), count, 1, 10),
    })),
    { name: `${FOLDER}/test_batch.bin`, content: records(9, count, 1, 10) },
    { name: `${FOLDER}/batches.meta.txt`, content: new TextEncoder().encode("airplane\n") },
    { name: `${FOLDER}/readme.html`, content: new TextEncoder().encode("<html></html>") },
  ];
}

test("CIFAR-10 of full size is downloaded, unpacked and read, once", async () => {
  const packed = gzipSync(tarFile(members(10_000)), { level: 1 });
  const asked: string[] = [];
  await withServer((request, response) => {
    asked.push(request.url!);
    request.url === `/kriz/${ARCHIVE}` ? send(response, packed) : send(response, "none", 404);
  }, async (base, root) => {
    const options = {
      root,
      download: true,
      progress: false,
      mirrors: [`${base}/none/`, `${base}/kriz/`],
      checksums: { [ARCHIVE]: md5(packed) },
    };
    const set = await datasets.CIFAR10.load(options);
    assertEquals([set.length, set.data.shape], [50_000, [50_000, 32, 32, 3]]);
    // The batches come in their order, the channels last, the rows first.
    for (const [index, batch] of [[0, 1], [10_003, 2], [49_999, 5]]) {
      const [image, target] = set.get(index);
      assertEquals(image.at(0, 31).toArray(), [index % 10_000 % 256, batch, 31]);
      assertEquals(image.at(31, 0).toArray(), [index % 10_000 % 256, batch, 0]);
      assertEquals(target.item(), index % 10_000 % 10);
    }
    assertEquals(asked, [`/none/${ARCHIVE}`, `/kriz/${ARCHIVE}`]);
    assertEquals(readdirSync(root).sort(), [FOLDER, ARCHIVE]);
    assertEquals(readdirSync(join(root, FOLDER)).sort(), [...BATCHES, "test_batch.bin"].sort());

    const transform = new transforms.ToTensor();
    const test = await datasets.CIFAR10.load({ ...options, train: false, transform });
    const [images] = test.getBatch([7, 1]);
    assertEquals(images.shape, [2, 3, 32, 32]);
    assertEquals(images.at(0, ":", 0, 1).mul(255).round().toArray(), [7, 9, 1]);
    assertEquals(asked.length, 2, "the test part was in the archive");
  });
});

/** Runs a test in a folder with a server that has one archive. */
function withArchive(
  archive: Uint8Array,
  run: (
    load: (options?: datasets.DatasetOptions) => Promise<datasets.CIFAR10>,
    root: string,
  ) => Promise<
    void
  >,
): Promise<void> {
  return withServer(
    (_, response) => send(response, archive),
    (base, root) =>
      run((options) =>
        datasets.CIFAR10.load({
          root,
          download: true,
          progress: false,
          mirrors: [base],
          checksum: false,
          ...options,
        }), root),
  );
}

test("files of one's own may have any number of images", async () => {
  await withArchive(gzipSync(tarFile(members(3))), async (load, root) => {
    const set = await load();
    assertEquals(set.length, 15);
    assertEquals(set.targets.at([0, 4]).toArray(), [0, 1, 2, 0]);
    await assertRejects(
      () => load({ checksum: true, download: false }),
      FileFormatError,
      "found 9219 bytes, expected 10000 images of 3073",
    );
    // Missing and damaged files come from the archive again.
    rmSync(join(root, FOLDER, "data_batch_4.bin"));
    truncateSync(join(root, FOLDER, "data_batch_2.bin"), 3000);
    const again = await load({ download: false });
    assertEquals(again.data.at(4, 0, 31).toArray(), [1, 2, 31]);
    assertEquals(readFileSync(join(root, FOLDER, "data_batch_2.bin")).length, 9219);
    rmSync(join(root, ARCHIVE));
    assertEquals((await load({ download: false })).length, 15);
    writeFileSync(join(root, FOLDER, "test_batch.bin"), "");
    await assertRejects(
      () => load({ train: false, download: false }),
      FileFormatError,
      "found 0 bytes",
    );
  });
});

const good = members(2);
const gz = (list: readonly TarMember[]): Uint8Array => gzipSync(tarFile(list));
const swap = (name: string, content: Uint8Array): TarMember[] =>
  good.map((member) => member.name === `${FOLDER}/${name}` ? { ...member, content } : member);
const MALFORMED: [what: string, archive: Uint8Array, reason: string][] = [
  ["an empty file", new Uint8Array(0), "it is empty"],
  ["a web page", new TextEncoder().encode("<html>moved</html>"), "it is a web page (HTML)"],
  ["no gzip", tarFile(good), "but gzip starts with 1f 8b"],
  ["half an archive", gz(good).subarray(0, 300), "it is cut short, at 300 bytes"],
  ["half a tar file", gzipSync(tarFile(good).subarray(0, 20_000)), "it is cut short"],
  ["a damaged byte", gz(good).map((byte, i) => i === 200 ? byte ^ 255 : byte), "it is damaged"],
  ["a bomb", gzipSync(new Uint8Array(400_000_000), { level: 1 }), "it holds more than the 1854"],
  ["another data set", gz([{ name: "cifar-100-binary/train.bin" }]), "it lacks cifar-10-batches"],
  ["a missing batch", gz(good.filter(({ name }) => !name.endsWith("_3.bin"))), "it lacks"],
  [
    "the version for Python",
    gz(good.map((m) => ({ ...m, name: m.name.replace("-bin/", "-py/") }))),
    "lacks",
  ],
  ["a way out of the folder", gz([...good, { name: "../../evil" }]), "leads out of its folder"],
  ["a link", gz(good.map((m) => m.name.endsWith("_3.bin") ? { ...m, type: "2" } : m)), "ordinary"],
  [
    "a cut batch",
    gz(swap("data_batch_5.bin", new Uint8Array(3000))),
    "found 3000 bytes, expected a",
  ],
  [
    "a wrong label",
    gz(swap("test_batch.bin", new Uint8Array(3073).fill(10))),
    "label 0 is 10, exp",
  ],
];

for (const [what, archive, reason] of MALFORMED) {
  test(`a malformed archive is refused and leaves nothing behind: ${what}`, async () => {
    await withArchive(archive, async (load, root) => {
      const error = await assertRejects(() => load(), DownloadError);
      assertStringIncludes(error.message, reason);
      assertEquals(readdirSync(root), []);
      writeFileSync(join(root, ARCHIVE), archive);
      const found = await assertRejects(() => load({ download: false }), FileFormatError);
      assertStringIncludes(found.message, reason);
      assertStringIncludes(found.message, "pass { download: true }");
      assertEquals(readdirSync(root), [ARCHIVE]);
    });
  });
}

test("a sound archive that is not the published one is refused, and kept", async () => {
  const own = gz(members(10_000).map((member) => ({ ...member })));
  await withArchive(own, async (load, root) => {
    writeFileSync(join(root, ARCHIVE), own);
    const error = await assertRejects(() => load({ checksum: true }), ValueError);
    assertStringIncludes(error.message, `found MD5 ${md5(own)}, expected c32a1d4a`);
    assertEquals(readdirSync(root), [ARCHIVE]);
    const unknown = { "cifar.tgz": md5(own) };
    await assertRejects(
      () => load({ checksum: true, checksums: unknown }),
      ValueError,
      'Cannot compare the checksum of "cifar.tgz": the files are cifar-10-binary.tar.gz',
    );
  });
});

test("CIFAR-100 has two labels, of which the fine one counts", async () => {
  const list = ["train.bin", "test.bin"].map((file, i) => ({
    name: `cifar-100-binary/${file}`,
    content: records(i, 120, 2, 100),
  }));
  await withServer((_, response) => send(response, gzipSync(tarFile(list))), async (base, root) => {
    const options = { root, progress: false, checksum: false, mirrors: [base] };
    const set = await datasets.CIFAR100.load({ ...options, download: true });
    assertEquals(set.targets.at([98, 102]).toArray(), [98, 99, 0, 1]);
    assertEquals(set.data.at(5, 0, 7).toArray(), [5, 0, 7]);
    assertEquals(readdirSync(root).sort(), ["cifar-100-binary", "cifar-100-binary.tar.gz"]);
    const test = await datasets.CIFAR100.load({ ...options, train: false });
    assertEquals(test.data.at(5, 0, 7).toArray(), [5, 1, 7]);
    assertEquals(new Set(datasets.CIFAR100.classes).size, 100);
    assertEquals(datasets.CIFAR100.classes, [...datasets.CIFAR100.classes].sort());
  });
});

test("missing files are named, and nothing is written", async () => {
  await withArchive(new Uint8Array(0), async (load, root) => {
    const error = await assertRejects(() => load({ download: false }), FileAccessError);
    assertInstanceOf(error, FileAccessError);
    assertStringIncludes(
      error.message,
      `Cannot read ${join(root, FOLDER)}: neither its files nor `,
    );
    mkdirSync(join(root, FOLDER));
    await assertRejects(() => load({ download: false }), FileAccessError);
    await assertRejects(() => load({ root: 7 as unknown as string }), ValueError, "a path");
    assertEquals(readdirSync(join(root, FOLDER)), []);
  });
});

test("the folder of PyTorch's users is read: pickles, of which nothing is executed", async () => {
  const fixture = new URL("../../fixtures/cifar_batch.pickle", import.meta.url);
  const batch = new Uint8Array(readFileSync(fixture));
  await withArchive(new Uint8Array(0), async (load, root) => {
    const folder = join(root, "cifar-10-batches-py");
    mkdirSync(folder);
    const names = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}`);
    for (const name of names.slice(1)) writeFileSync(join(folder, name), batch);
    const own = { download: false, checksum: false };
    await assertRejects(() => load(own), FileAccessError);
    const first = join(folder, names[0]);
    writeFileSync(first, batch);
    const set = await load(own);
    assertEquals([set.length, set.targets.at([0, 4]).toArray()], [15, [6, 9, 0, 6]]);
    // Channel c of the pixel at row 2, column 5 of image 1 of the second batch.
    const expected = [0, 1, 2].map((c) => (3072 + 1024 * c + 32 * 2 + 5) * 7 % 256);
    assertEquals(set.data.at(4, 2, 5).toArray(), expected);
    await assertRejects(
      () => load({ download: false, checksum: true }),
      FileFormatError,
      `Cannot read ${first}: found MD5 ${md5(batch)}, expected c99cafc1`,
    );

    const text = new TextDecoder("latin1").decode(batch);
    const replaced = (from: string, to: string): Uint8Array =>
      Uint8Array.from(text.replace(from, to), (_, i) => {
        const place = text.indexOf(from);
        return i >= place && i < place + to.length ? to.charCodeAt(i - place) : batch[i];
      });
    const bad: [Uint8Array, string][] = [
      [new Uint8Array(0), "its pickle is cut short"],
      [batch.subarray(0, 5000), "its pickle is cut short"],
      [replaced("numpy\nndarray", "posix\nsystemm"), '"posix.systemm", which only Python can make'],
      [replaced("U\x06labels", "U\x06lebals"), 'expected a dict with "data" and "labels"'],
      [replaced("U\x02u1", "U\x02f4"), "expected 3 images of 3072 bytes"],
      [replaced("K\x03M", "K\x04M"), "expected 3 images of 3072 bytes"],
      [replaced("K\x06K\x09", "K\x0aK\x09"), "label 0 is 10, expected 0 to 9"],
      [replaced("K\x06K\x09", "N.......".slice(0, 4)), "leaves values behind"],
    ];
    for (const [bytes, reason] of bad) {
      writeFileSync(first, bytes);
      const error = await assertRejects(() => load(own), FileFormatError);
      assertStringIncludes(error.message, reason);
    }
  });
});
