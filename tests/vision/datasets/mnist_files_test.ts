import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  DownloadError,
  FileAccessError,
  FileFormatError,
  ValueError,
} from "../../../src/errors.ts";
import {
  MNIST_SOURCES,
  type MnistFilesOptions,
  readMnistFiles,
} from "../../../vision/datasets/mnist_files.ts";
import type { MnistSplit } from "../../../vision/datasets/mnist_format.ts";
import { idxFile } from "../../support/idx_file.ts";
import { send, withServer } from "../../support/local_server.ts";
import { assertRejectsMessage, assertSame } from "../../support/assert.ts";

const IMAGES = "train-images-idx3-ubyte";
const LABELS = "train-labels-idx1-ubyte";

const PIXELS = Uint8Array.from({ length: 3 * 784 }, (_, i) => (i * 31) % 256);
const RAW = { [IMAGES]: idxFile([3, 28, 28], PIXELS), [LABELS]: idxFile([3], [7, 0, 9]) };
const GZ = { [IMAGES]: gzipSync(RAW[IMAGES]), [LABELS]: gzipSync(RAW[LABELS]) };
const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
const CHECKSUMS = { [`${IMAGES}.gz`]: md5(GZ[IMAGES]), [`${LABELS}.gz`]: md5(GZ[LABELS]) };

interface World {
  /** Reads the training split from the folder, with the server as the only mirror. */
  read(options?: Partial<MnistFilesOptions>): Promise<MnistSplit>;
  /** Answers of the server by path; at first the good files under `/good/`. */
  readonly files: Map<string, Uint8Array>;
  /** The paths asked for, in order. */
  readonly asked: string[];
  readonly base: string;
  readonly root: string;
  readonly raw: string;
  /** Puts a file into the folder. */
  put(name: string, bytes: Uint8Array | string): void;
}

function inWorld(run: (world: World) => Promise<void>): Promise<void> {
  const files = new Map<string, Uint8Array>();
  for (const name of [IMAGES, LABELS] as const) files.set(`/good/${name}.gz`, GZ[name]);
  const asked: string[] = [];
  return withServer((request, response) => {
    asked.push(request.url!);
    const body = files.get(request.url!);
    body === undefined ? send(response, "<html>none</html>", 404) : send(response, body);
  }, (base, root) => {
    const raw = join(root, "MNIST", "raw");
    const read = (options: Partial<MnistFilesOptions> = {}): Promise<MnistSplit> =>
      readMnistFiles({
        root,
        folder: "MNIST",
        split: "train",
        download: true,
        mirrors: [`${base}/good/`],
        checksums: CHECKSUMS,
        network: { idleTimeout: 300, retries: 0 },
        ...options,
      });
    const put = (name: string, bytes: Uint8Array | string): void => {
      mkdirSync(raw, { recursive: true });
      writeFileSync(join(raw, name), bytes);
    };
    return run({ read, files, asked, base, root, raw, put });
  });
}

function assertGood({ images, labels }: MnistSplit): void {
  assertEquals([images.count, images.height, images.width], [3, 28, 28]);
  assertSame(images.data, PIXELS);
  assertSame(labels, Uint8Array.of(7, 0, 9));
}

/** The folder holds the four sound files and nothing else. */
function assertComplete(raw: string): void {
  const names = [IMAGES, `${IMAGES}.gz`, LABELS, `${LABELS}.gz`];
  assertEquals(readdirSync(raw).sort(), names.sort());
  for (const name of [IMAGES, LABELS] as const) {
    assertStrictEquals(md5(readFileSync(join(raw, name))), md5(RAW[name]));
    assertStrictEquals(md5(readFileSync(join(raw, `${name}.gz`))), CHECKSUMS[`${name}.gz`]);
  }
}

test("an empty root is filled once, and never asks the network again", async () => {
  await inWorld(async ({ read, asked, raw }) => {
    const seen = new Set<string>();
    assertGood(await read({ onProgress: (file, n, total) => n === total && seen.add(file) }));
    assertComplete(raw);
    assertEquals([...seen], [`${IMAGES}.gz`, `${LABELS}.gz`]);
    assertEquals(asked, [`/good/${IMAGES}.gz`, `/good/${LABELS}.gz`]);
    assertGood(await read());
    assertGood(await read({ download: false }));
    assertEquals(asked.length, 2);
  });
});

test("the test split and the other data sets have their own files and folders", async () => {
  await inWorld(async ({ read, files, asked, root }) => {
    files.set("/good/t10k-images-idx3-ubyte.gz", GZ[IMAGES]);
    files.set("/good/t10k-labels-idx1-ubyte.gz", GZ[LABELS]);
    for (const folder of ["FashionMNIST", "KMNIST"] as const) {
      assertGood(await read({ folder, split: "test", checksum: false }));
      assert(existsSync(join(root, folder, "raw", "t10k-images-idx3-ubyte")));
    }
    assertEquals(new Set(asked), new Set([...files.keys()].filter((f) => f.includes("t10k"))));
  });
});

test("mirrors work with and without a slash at their end, in their order", async () => {
  await inWorld(async ({ read, asked, base, raw }) => {
    assertGood(await read({ mirrors: [`${base}/none`, `${base}/good`] }));
    assertComplete(raw);
    assertEquals(asked.slice(0, 2), [`/none/${IMAGES}.gz`, `/good/${IMAGES}.gz`]);
  });
});

test("without download, missing files are an error that names the path and the way out", async () => {
  await inWorld(async ({ read, raw, put, asked }) => {
    const assertMissing = async (detail?: string): Promise<void> => {
      const load = () => read({ download: false });
      const { message } = await assertRejects(load, FileAccessError, join(raw, IMAGES), detail);
      assertMatch(message, /neither it nor its \.gz is there; pass \{ download: true \}/, detail);
    };
    await assertMissing();
    mkdirSync(raw, { recursive: true });
    await assertMissing("an empty folder is not a data set");
    put(IMAGES, RAW[IMAGES]);
    await assertRejectsMessage(
      () => read({ download: false }),
      Error,
      /Cannot read .*labels.*neither/,
    );
    assertEquals(asked, []);
  });
});

test("a .gz alone is unpacked once, without the network", async () => {
  await inWorld(async ({ read, raw, put, asked }) => {
    for (const name of [IMAGES, LABELS] as const) put(`${name}.gz`, GZ[name]);
    assertGood(await read({ download: false }));
    assertComplete(raw);
    const { mtimeMs } = statSync(join(raw, IMAGES));
    assertGood(await read({ download: false }));
    assertStrictEquals(statSync(join(raw, IMAGES)).mtimeMs, mtimeMs);
    assertEquals(asked, []);
  });
});

const damage = (bytes: Uint8Array): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[copy.length >> 1] ^= 0xff;
  return copy;
};
const bomb = new Uint8Array(20_000_000);
bomb.set(RAW[IMAGES]);

const DAMAGED: [what: string, name: string, bytes: Uint8Array | string, reason: RegExp][] = [
  ["empty raw file", IMAGES, "", /found 0 bytes/],
  ["half raw file", IMAGES, RAW[IMAGES].subarray(0, 1500), /found 1500 bytes, expected 2368/],
  ["raw file of another size", IMAGES, idxFile([1, 2, 2], [1, 2, 3, 4]), /found shape \[1, 2, 2\]/],
  ["empty .gz", `${IMAGES}.gz`, "", /it is empty/],
  ["half .gz", `${IMAGES}.gz`, GZ[IMAGES].subarray(0, 100), /cut short, at 100 bytes/],
  ["damaged .gz", `${IMAGES}.gz`, damage(GZ[IMAGES]), /Cannot gunzip .*damaged/],
  ["web page as .gz", `${IMAGES}.gz`, "<html>moved</html>", /web page \(HTML\)/],
  ["gzip bomb", `${IMAGES}.gz`, gzipSync(bomb), /holds more than the 2368 bytes/],
  ["labels out of range", LABELS, idxFile([3], [1, 2, 77]), /label 2 is 77, expected 0 to 9/],
];

for (const [what, name, bytes, reason] of DAMAGED) {
  test(`a damaged cache heals when downloads are allowed: ${what}`, async () => {
    await inWorld(async ({ read, raw, put }) => {
      const other = name.startsWith(IMAGES) ? LABELS : IMAGES;
      put(other, RAW[other]);
      put(`${other}.gz`, GZ[other]);
      put(name, bytes);
      {
        const error = await assertRejects(() => read({ download: false }), FileFormatError);
        assertMatch(error.message, reason);
        assert(error.message.includes(join(raw, name)), error.message);
        assertMatch(error.message, /pass \{ download: true \}/);
      }
      assertGood(await read());
      assertComplete(raw);
    });
  });
}

test("a half raw file heals from a sound .gz without the network", async () => {
  await inWorld(async ({ read, raw, put, asked }) => {
    for (const name of [IMAGES, LABELS] as const) put(`${name}.gz`, GZ[name]);
    put(IMAGES, RAW[IMAGES].subarray(0, 100));
    assertGood(await read({ download: false }));
    assertComplete(raw);
    assertEquals(asked, []);
  });
});

test("a changed byte in an unpacked file is noticed, and nothing is overwritten", async () => {
  await inWorld(async ({ read, raw, put, asked }) => {
    assertGood(await read());
    const changed = RAW[IMAGES].slice();
    changed[500] ^= 4;
    put(IMAGES, changed);
    await assertRejectsMessage(
      () => read(),
      ValueError,
      `Cannot use ${join(raw, IMAGES)}: it differs from ${join(raw, IMAGES)}.gz, from ` +
        `which it was unpacked; delete it to unpack it again, or pass { checksum: false } to use it ` +
        `as it is`,
    );
    assertSame(new Uint8Array(readFileSync(join(raw, IMAGES))), changed);
    const { images } = await read({ checksum: false });
    assertStrictEquals(images.data[484], PIXELS[484] ^ 4);
    rmSync(join(raw, IMAGES));
    assertGood(await read({ download: false }));
    assertComplete(raw);
    assertEquals(asked.length, 2);

    // A .gz of several parts ends with the checksum of the last one.
    const parts = [RAW[IMAGES].subarray(0, 1000), RAW[IMAGES].subarray(1000)];
    put(`${IMAGES}.gz`, Buffer.concat(parts.map((part) => gzipSync(part))));
    assertGood(await read());
    put(IMAGES, changed);
    await assertRejects(() => read(), ValueError);
    // An archive that cannot be unpacked says nothing of the unpacked file.
    put(`${IMAGES}.gz`, GZ[IMAGES].subarray(0, 100));
    assertStrictEquals((await read()).images.data[484], PIXELS[484] ^ 4);
  });
});

test("checksums may be SHA-256", async () => {
  await inWorld(async ({ read, raw }) => {
    const sha256 = createHash("sha256").update(GZ[IMAGES]).digest("hex");
    const wrong = sha256.replace(/^./, (digit) => digit === "0" ? "1" : "0");
    await assertRejectsMessage(
      () => read({ checksums: { [`${IMAGES}.gz`]: wrong } }),
      DownloadError,
      new RegExp(`found SHA-256 ${sha256}, expected ${wrong}`),
    );
    assertGood(await read({ checksums: { ...CHECKSUMS, [`${IMAGES}.gz`]: sha256 } }));
    assertComplete(raw);
  });
});

test("addresses with https come first", () => {
  for (const { mirrors } of Object.values(MNIST_SOURCES)) {
    const schemes = mirrors.map((mirror) => new URL(mirror).protocol);
    assertEquals(schemes[0], "https:");
    assertEquals(schemes, schemes.toSorted().toReversed());
  }
});

test("folders and files in the wrong places are named", async () => {
  await inWorld(async ({ read, root, put }) => {
    const message = /^Cannot (read|write) .*raw/;
    mkdirSync(join(root, "MNIST", "raw", IMAGES), { recursive: true });
    await assertRejectsMessage(() => read({ download: false }), FileAccessError, message);
    rmSync(join(root, "MNIST"), { recursive: true });
    writeFileSync(join(root, "MNIST"), "");
    await assertRejectsMessage(() => read(), FileAccessError, message);
    await assertRejectsMessage(() => read({ download: false }), FileAccessError, message);
    assertThrows(() => put(IMAGES, ""));
  });
});

test("bad downloads never become files: the next mirror is used, or all reasons are told", async () => {
  await inWorld(async ({ read, files, raw, base }) => {
    files.set(`/page/${IMAGES}.gz`, new TextEncoder().encode("<!DOCTYPE html>"));
    files.set(`/bomb/${IMAGES}.gz`, gzipSync(bomb));
    files.set(`/other/${IMAGES}.gz`, gzipSync(idxFile([3, 28, 28], new Uint8Array(3 * 784))));
    files.set(`/wrong/${IMAGES}.gz`, GZ[LABELS]);
    const bad = ["page", "bomb", "other", "wrong"].map((name) => `${base}/${name}/`);
    {
      const error = await assertRejects(() => read({ mirrors: bad }), DownloadError);
      const lines = error.message.split("\n");
      assertMatch(lines[1], /page.*web page/);
      assertMatch(lines[2], /bomb.*more than the 2368 bytes/);
      assertMatch(
        lines[3],
        new RegExp(`other.*found MD5 .*, expected ${CHECKSUMS[`${IMAGES}.gz`]}`),
      );
      assertMatch(lines[4], /wrong.*found shape \[3\]/);
    }
    assertEquals(readdirSync(raw), []);
    assertGood(await read({ mirrors: [...bad, `${base}/good/`] }));
    assertComplete(raw);
  });
});

test("one's own sound .gz is never overwritten: it needs { checksum: false }", async () => {
  await inWorld(async ({ read, raw, put, asked }) => {
    const own = gzipSync(RAW[IMAGES], { level: 1 });
    put(`${IMAGES}.gz`, own);
    put(LABELS, RAW[LABELS]);
    await assertRejectsMessage(
      () => read(),
      ValueError,
      /found MD5 .*pass \{ checksum: false \} to use it as it is/,
    );
    assertGood(await read({ checksum: false }));
    assertStrictEquals(md5(readFileSync(join(raw, `${IMAGES}.gz`))), md5(own));
    assertEquals(asked, []);
  });
});

test("images and labels that differ in number are refused with both numbers", async () => {
  await inWorld(async ({ read, raw, put }) => {
    put(IMAGES, RAW[IMAGES]);
    put(LABELS, idxFile([2], [1, 2]));
    {
      const error = await assertRejects(() => read(), FileFormatError);
      assert(error.message.includes(raw));
      assertMatch(error.message, /found 3 images and 2 labels/);
    }
  });
});

test("two readers that start with an empty root at once both succeed", async () => {
  await inWorld(async ({ read, raw }) => {
    const results = await Promise.all([read(), read(), read()]);
    results.forEach(assertGood);
    assertComplete(raw);
  });
});

test("a folder that cannot be written works as long as its files are sound", async () => {
  await inWorld(async ({ read, root, raw, put, asked }) => {
    put(`${IMAGES}.gz`, GZ[IMAGES]);
    put(LABELS, RAW[LABELS]);
    await asOrdinaryUser(root, raw, async () => {
      assertGood(await read());
      assertEquals(readdirSync(raw).sort(), [`${IMAGES}.gz`, LABELS], "nothing was written");
    });
    assertEquals(asked, []);
    put(LABELS, RAW[LABELS].subarray(0, 9));
    await asOrdinaryUser(root, raw, async () => {
      const error = await assertRejects(() => read(), Error);
      assert(error.message.startsWith(`Cannot write ${join(raw, LABELS)}.gz: EACCES`));
    });
  });
});

/** Runs `run` with `raw` read-only; root, who may write everywhere, becomes nobody meanwhile. */
async function asOrdinaryUser(root: string, raw: string, run: () => Promise<void>): Promise<void> {
  const NOBODY = 65534;
  const isRoot = process.getuid?.() === 0;
  for (const folder of [root, dirname(raw)]) chmodSync(folder, 0o755);
  chmodSync(raw, 0o555);
  if (isRoot) process.seteuid!(NOBODY);
  try {
    await run();
  } finally {
    if (isRoot) process.seteuid!(0);
    chmodSync(raw, 0o755);
  }
}

test("unknown data sets and splits, and tricks with paths, are refused", async () => {
  await inWorld(async ({ read, root, asked }) => {
    for (const name of ["../MNIST", "MNIST/raw", "MNIST\\raw", "..", "MNIST\0", "", "toString"]) {
      await assertRejects(() => read({ folder: name as "MNIST" }), ValueError, "", name);
      await assertRejects(() => read({ split: name as "train" }), ValueError, "", name);
    }
    await assertRejects(
      () => read({ folder: "../x" as "MNIST" }),
      Error,
      'Cannot read data set "../x": it is unknown; choose one of "MNIST", "FashionMNIST"',
    );
    assertEquals(readdirSync(root), []);
    assertEquals(asked, []);
  });
});
