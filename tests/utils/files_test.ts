import {
  assert,
  assertEquals,
  assertMatch,
  assertNotStrictEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { FileAccessError, ValueError } from "../../src/errors.ts";
import { temporaryPath, writeAtomic } from "../../src/utils/files.ts";
import { assertSame, assertThrowsMessage } from "../support/assert.ts";

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
      assertSame([...readFileSync(path)], content);
    }
    assertEquals(readdirSync(folder), ["weights.bin"]);
  });
});

test("writeAtomic writes a view into a larger buffer, shared or not", () => {
  inFolder((folder) => {
    for (const buffer of [new ArrayBuffer(8), new SharedArrayBuffer(8)]) {
      new Uint8Array(buffer).set([0, 1, 2, 3, 4, 5, 6, 7]);
      const path = join(folder, "view.bin");
      writeAtomic(path, new Uint8Array(buffer, 2, 3));
      assertEquals([...readFileSync(path)], [2, 3, 4]);
    }
  });
});

test("writeAtomic that fails names the path, keeps the old file and leaves no temporary", () => {
  inFolder((folder) => {
    // A folder cannot be replaced by a file: the write succeeds and the rename fails.
    const path = join(folder, "taken");
    mkdirSync(path);
    writeFileSync(join(path, "old"), "old");
    const error = assertThrows(() => writeAtomic(path, new Uint8Array(8)), Error);
    assert(error.message.startsWith(`Cannot write ${path}: `), error.message);
    assert(error.cause instanceof Error);
    assertEquals(readdirSync(folder), ["taken"]);
    assertEquals(readFileSync(join(path, "old"), "utf8"), "old");
  });
});

test("writeAtomic into a missing folder names the path that was given", () => {
  inFolder((folder) => {
    const path = join(folder, "none", "x.bin");
    const error = assertThrows(() => writeAtomic(path, new Uint8Array(1)), Error);
    assertEquals((error.cause as NodeJS.ErrnoException).code, "ENOENT");
    assertStrictEquals(
      error.message,
      `Cannot write ${path}: there is no such folder; choose a file in a folder that exists, can be ` +
        "written and has room",
    );
  });
});

test("writeAtomic keeps the permissions of the old file, and its owner if it may", () => {
  inFolder((folder) => {
    const path = join(folder, "secret.bin");
    for (const mode of [0o600, 0o640, 0o444]) {
      writeFileSync(path, "old");
      chmodSync(path, mode);
      if (process.getuid?.() === 0) chownSync(path, 12345, 54321);
      writeAtomic(path, Uint8Array.of(1));
      const { mode: kept, uid, gid } = statSync(path);
      assertStrictEquals(kept & 0o7777, mode);
      if (process.getuid?.() === 0) assertEquals([uid, gid], [12345, 54321]);
      rmSync(path);
    }
  });
});

test("writeAtomic replaces the file that a symbolic link names, and keeps the link", () => {
  inFolder((folder) => {
    mkdirSync(join(folder, "runs", "7"), { recursive: true });
    // A ".." goes up from where the linked folder is, not from where its link is.
    symlinkSync(join("runs", "7"), join(folder, "last"));
    symlinkSync(join("..", "best.bin"), join(folder, "last", "one.bin"));
    symlinkSync(join("last", "one.bin"), join(folder, "best"));
    for (const content of [1, 2]) {
      writeAtomic(join(folder, "best"), Uint8Array.of(content)); // at first, nothing is there
      assertEquals([...readFileSync(join(folder, "runs", "best.bin"))], [content]);
    }
    assertStrictEquals(readlinkSync(join(folder, "best")), join("last", "one.bin"));
    assertEquals(readdirSync(join(folder, "runs")).sort(), ["7", "best.bin"]);

    symlinkSync("circle", join(folder, "circle"));
    assertThrows(() => writeAtomic(join(folder, "circle"), Uint8Array.of(1)), FileAccessError);
  });
});

test("writeAtomic refuses what is not an ordinary file before it writes anything", () => {
  inFolder((folder) => {
    const pipe = join(folder, "pipe");
    assertStrictEquals(spawnSync("mkfifo", [pipe]).status, 0);
    symlinkSync(pipe, join(folder, "link"));
    mkdirSync(join(folder, "empty"));
    const before = readdirSync(folder);
    const faults: [string, string][] = [
      ["/dev/null", "it is a device"],
      [pipe, "it is a pipe"],
      [join(folder, "link"), "it is a pipe"],
      [join(folder, "empty"), "it is a folder"],
    ];
    for (const [path, fault] of faults) {
      assertThrowsMessage(
        () => writeAtomic(path, new Uint8Array(8)),
        FileAccessError,
        `Cannot write ${path}: ${fault}, and only an ordinary file can be replaced; ` +
          `choose a file in a folder that exists, can be written and has room`,
      );
    }
    assert(statSync("/dev/null").isCharacterDevice());
    assertEquals(readdirSync(folder), before);
  });
});

test("writeAtomic takes names of 255 bytes, and file: URLs", () => {
  inFolder((folder) => {
    const long = "ü".repeat(125) + ".gz12";
    writeAtomic(join(folder, long), Uint8Array.of(1));
    writeAtomic(pathToFileURL(join(folder, "a b%.bin")), Uint8Array.of(2));
    assertEquals(readdirSync(folder).sort(), ["a b%.bin", long]);
    for (const path of [new URL("https://example.org/x"), undefined as never, "", 3 as never]) {
      assertThrowsMessage(
        () => writeAtomic(path, Uint8Array.of(1)),
        ValueError,
        /^Cannot write .*: give a path or a file: URL; /,
      );
    }
  });
});

test("a save sweeps the temporaries of processes that are gone, and no others", () => {
  inFolder((folder) => {
    const gone = spawnSync("true").pid;
    const here = basename(temporaryPath("x"));
    const by = (pid: number, host = hostname().replace(/[^\w.]/g, "_")): string =>
      `.gradus-${host}-${pid}-0123456789ab.tmp`;
    const write = (name: string, age = 0): string => {
      const time = new Date(Date.now() - age);
      writeFileSync(join(folder, name), "half");
      utimesSync(join(folder, name), time, time);
      return name;
    };
    write(by(gone)); // killed
    write(by(process.pid), 3_600_000); // killed, before this process got its number
    write(by(gone, "other_host"), 25 * 3_600_000);
    const kept = [
      write(here), // a save in another thread
      write(by(process.ppid)),
      write(by(gone, "elsewhere")), // maybe running there
      write(".gradus-notes.tmp", 25 * 3_600_000),
    ];
    writeAtomic(join(folder, "model"), Uint8Array.of(1));
    assertEquals(readdirSync(folder).sort(), [...kept, "model"].sort());
  });
});

test("temporary names are unique, short and beside their file", () => {
  const paths = ["/data/a.gz", "/data/a.gz"].map(temporaryPath);
  assertNotStrictEquals(paths[0], paths[1]);
  for (const path of paths) {
    assertEquals(dirname(path), "/data");
    assertMatch(basename(path), /^\.gradus-[\w.]{0,64}-\d+-[0-9a-f]{12}\.tmp$/);
  }
});
