import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { isTemporaryOf, temporaryPath, writeAtomic } from "../../src/utils/files.ts";

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "gradus-atomic-"));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("writeAtomic creates a file and replaces it, shorter or longer", () => {
  inFolder((folder) => {
    const path = join(folder, "weights.bin");
    for (const content of [[1, 2, 3], [], [4], Array.from({ length: 3e5 }, (_, i) => i % 251)]) {
      writeAtomic(path, Uint8Array.from(content));
      assert.deepEqual([...readFileSync(path)], content);
    }
    assert.deepEqual(readdirSync(folder), ["weights.bin"]);
  });
});

test("writeAtomic writes a view into a larger buffer, shared or not", () => {
  inFolder((folder) => {
    for (const buffer of [new ArrayBuffer(8), new SharedArrayBuffer(8)]) {
      new Uint8Array(buffer).set([0, 1, 2, 3, 4, 5, 6, 7]);
      const path = join(folder, "view.bin");
      writeAtomic(path, new Uint8Array(buffer, 2, 3));
      assert.deepEqual([...readFileSync(path)], [2, 3, 4]);
    }
  });
});

test("writeAtomic that fails names the path, keeps the old file and leaves no temporary", () => {
  inFolder((folder) => {
    // A folder cannot be replaced by a file: the write succeeds and the rename fails.
    const path = join(folder, "taken");
    mkdirSync(path);
    writeFileSync(join(path, "old"), "old");
    assert.throws(() => writeAtomic(path, new Uint8Array(8)), (error: Error) => {
      assert.ok(error.message.startsWith(`Cannot write ${path}: `), error.message);
      assert.ok(error.cause instanceof Error);
      return true;
    });
    assert.deepEqual(readdirSync(folder), ["taken"]);
    assert.equal(readFileSync(join(path, "old"), "utf8"), "old");
  });
});

test("writeAtomic into a missing folder names the path and the system's reason", () => {
  inFolder((folder) => {
    const path = join(folder, "none", "x.bin");
    assert.throws(() => writeAtomic(path, new Uint8Array(1)), (error: Error) => {
      assert.match(error.message, /ENOENT/);
      assert.ok(error.message.includes(path));
      return true;
    });
  });
});

test("temporary names are unique and are recognised for their own file only", () => {
  const first = basename(temporaryPath("/data/a.gz"));
  assert.notEqual(first, basename(temporaryPath("/data/a.gz")));
  assert.ok(isTemporaryOf(first, "/data/a.gz"));
  assert.ok(!isTemporaryOf(first, "/data/b.gz"));
  assert.ok(!isTemporaryOf(".a.gz.notes.tmp", "/data/a.gz"));
  assert.ok(!isTemporaryOf("a.gz", "/data/a.gz"));
});
