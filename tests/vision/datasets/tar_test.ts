import { assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { FileFormatError } from "../../../src/errors.ts";
import { readTar } from "../../../vision/datasets/tar.ts";
import { tarFile, type TarMember } from "../../support/tar_file.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const A = { name: "set/a.bin", content: bytesOf("a".repeat(700)) };
const B = { name: "set/b.bin", content: bytesOf("b") };
const FOLDER = { name: "set/", type: "5" };

const refused = (bytes: Uint8Array, reason: string, wanted = ["set/a.bin"]): void => {
  assertThrows(() => readTar(bytes, "x.tar", wanted), FileFormatError, reason);
};

test("files are found by name, in any order, beside folders and files that nobody wants", () => {
  const archive = tarFile([FOLDER, B, { name: "set/empty" }, { ...A, name: "./set/a.bin" }]);
  const found = readTar(archive, "x.tar", ["set/a.bin", "set/b.bin", "set/empty"]);
  assertEquals([...found.keys()], ["set/b.bin", "set/empty", "set/a.bin"]);
  assertEquals(found.get("set/a.bin"), A.content);
  assertEquals(found.get("set/empty")!.length, 0);
});

test("POSIX archives may keep the folder of a long name apart", () => {
  const archive = tarFile([{ ...A, name: "a.bin" }]);
  archive.set(bytesOf("ustar\x0000"), 257);
  archive.set(bytesOf("set"), 345);
  archive.set(bytesOf("        "), 148);
  const sum = archive.subarray(0, 512).reduce((a, b) => a + b, 0);
  archive.set(bytesOf(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  assertEquals(readTar(archive, "x.tar", ["set/a.bin"]).get("set/a.bin"), A.content);
});

test("archives that are cut short, damaged or incomplete are refused", () => {
  const archive = tarFile([FOLDER, A, B]);
  const cut = (length: number): Uint8Array => archive.subarray(0, length);
  refused(cut(0), "Cannot read x.tar as a tar archive: it is cut short, at 0 bytes");
  refused(cut(300), "it is cut short, at 300 bytes, before the end mark; download the file again");
  refused(cut(1100), '"set/a.bin" has 700 bytes, of which 76 are there');
  refused(cut(512 * 6), "it is cut short, at 3072 bytes, before the end mark");
  const damaged = archive.slice();
  damaged[600] ^= 1;
  refused(damaged, "the checksum of the header at byte 512 is wrong");
  refused(bytesOf("<html>".repeat(200)), "the checksum of the header at byte 0 is wrong");
  refused(tarFile([FOLDER, B]), "it lacks set/a.bin");
  refused(tarFile([{ ...A, name: "other/a.bin" }]), "it lacks set/a.bin");
  refused(tarFile([A, A]), '"set/a.bin" is there twice');
  refused(tarFile([{ ...A, size: 2 ** 33 - 1 }]), '"set/a.bin" has 8589934591 bytes');
});

test("names that lead out of the archive's folder, and links, are refused", () => {
  const names = ["../a.bin", "set/../../a.bin", "/etc/passwd", "set\\..\\a.bin", "C:/a.bin"];
  for (const name of names) {
    refused(
      tarFile([A, { ...B, name }]),
      `the name ${JSON.stringify(name)} leads out of its folder`,
    );
  }
  const link: TarMember = { name: "set/a.bin", type: "2" };
  refused(tarFile([link]), '"set/a.bin" is no ordinary file');
});

test("an archive that is cut anywhere is refused", () => {
  const archive = tarFile([FOLDER, A, B]);
  // The last block of zeros may be missing, as some programs leave it out.
  for (let length = 0; length < archive.length - 512; length += 37) {
    refused(archive.subarray(0, length), "it is cut short");
  }
});
