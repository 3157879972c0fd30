/** Web pages and pointers of Git LFS in the place of files, in every format. */

import { assertMatch, assertRejects } from "@std/assert";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { FileFormatError } from "../../mod.ts";
import * as checkpoint from "../../src/utils/checkpoint.ts";
import { CSVDataset } from "../../src/utils/data/mod.ts";
import { gunzip } from "../../src/utils/gunzip.ts";
import * as numpy from "../../src/utils/numpy/mod.ts";
import * as safetensors from "../../src/utils/safetensors/mod.ts";
import * as torch from "../../src/utils/torch/mod.ts";
import { decodeImage } from "../../vision/datasets/decode_image.ts";
import { parseIdx } from "../../vision/datasets/idx.ts";

const folder = mkdtempSync(join(tmpdir(), "gradus-stand-in-"));
after(() => rmSync(folder, { recursive: true }));

const STAND_INS: readonly (readonly [name: string, text: string, state: RegExp])[] = [
  [
    "page",
    "<!DOCTYPE html><html><body>404</body></html>",
    /it (is|starts with '<', so it is) a web page/,
  ],
  ["blank", "\n\n  <html lang=en></html>", /it (is|starts with '<', so it is) a web page/],
  [
    "pointer",
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    /it is a pointer of Git LFS, not the file that it stands for; get the file with git lfs pull/,
  ],
];

const READERS: Readonly<
  Record<string, (path: string, bytes: Uint8Array, text: string) => unknown>
> = {
  "safetensors.load": (path) => safetensors.load(path),
  "safetensors.deserialize": (_, bytes) => safetensors.deserialize(bytes),
  "safetensors.loadSharded": (path) => safetensors.loadSharded(path),
  "checkpoint.load": (path) => checkpoint.load(path),
  "numpy.load": (path) => numpy.load(path),
  "numpy.deserialize": (_, bytes) => numpy.deserialize(bytes),
  "numpy.loadz": (path) => numpy.loadz(path),
  "numpy.deserializez": (_, bytes) => numpy.deserializez(bytes),
  "torch.load": (path) => torch.load(path),
  "torch.deserialize": (_, bytes) => torch.deserialize(bytes),
  "CSVDataset.load": (path) => CSVDataset.load(path, { target: "a" }),
  "CSVDataset.parse": (_path, _bytes, text) => CSVDataset.parse(text, { target: "a" }),
  "decodeImage": (_, bytes) => decodeImage(bytes),
  "parseIdx": (path, bytes) => parseIdx(bytes, path),
  "gunzip": (name, bytes) => gunzip(bytes, { name, maxBytes: 1000 }),
};

for (const [name, text, state] of STAND_INS) {
  test(`a ${name} in the place of a file is recognised by every reader`, async () => {
    const path = join(folder, name);
    writeFileSync(path, text);
    for (const [reader, read] of Object.entries(READERS)) {
      const call = async () => await read(path, new TextEncoder().encode(text), text);
      const { message } = await assertRejects(call, FileFormatError, "", reader);
      assertMatch(message, /^Cannot (read|gunzip|decode) /, reader);
      assertMatch(message, state, reader);
    }
  });
}
