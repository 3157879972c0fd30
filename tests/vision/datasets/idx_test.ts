import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { FileFormatError } from "../../../src/errors.ts";
import { gunzipIdx, parseIdx } from "../../../vision/datasets/idx.ts";
import { idxFile } from "../../support/idx_file.ts";
import { assertSame } from "../../support/assert.ts";

const idx = (type: number, shape: number[], data: ArrayLike<number>): Uint8Array =>
  idxFile(shape, data, type);

/** The same bytes at an odd offset of a larger buffer. */
function misaligned(bytes: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(bytes.length + 9).fill(0xee);
  buffer.set(bytes, 3);
  return buffer.subarray(3, 3 + bytes.length);
}

test("parseIdx reads shapes of any rank, row-major, and empty arrays", () => {
  const image = idx(8, [2, 2, 3], [...Array(12).keys()]);
  assertSame(parseIdx(misaligned(image), "x"), {
    shape: [2, 2, 3],
    data: Uint8Array.from(Array(12).keys()),
  });
  assertEquals(parseIdx(idx(8, [], [7]), "x").shape, []);
  assertSame(parseIdx(idx(8, [0, 28, 28], []), "x").data, new Uint8Array(0));
});

/** Files that `tools/oracle/make_idx_fixtures.py` has written, in base64, with NumPy's numbers. */
interface Case {
  readonly name: string;
  readonly file: string;
  readonly type: "uint8" | "int32";
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

const fixture = new URL("../../fixtures/idx.json", import.meta.url);
const cases: readonly Case[] = JSON.parse(readFileSync(fixture, "utf8"));

for (const { name, file, type, shape, values } of cases) {
  test(`a file of NumPy has the right numbers: ${name}`, () => {
    const bytes = Uint8Array.from(atob(file), (c) => c.charCodeAt(0));
    const found = parseIdx(
      misaligned(name.endsWith(".gz") ? gunzipIdx(bytes, name) : bytes),
      name,
      type,
    );
    const view = new DataView(found.data.buffer, found.data.byteOffset);
    const numbers = values.map((_, i) => type === "uint8" ? found.data[i] : view.getInt32(4 * i));
    assertEquals([found.shape, numbers], [shape, values]);
    assertEquals(found.data.length, values.length * (type === "uint8" ? 1 : 4));
  });
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const MAX = 0xffffffff;
const MALFORMED: [what: string, bytes: Uint8Array, message: RegExp][] = [
  ["an empty file", new Uint8Array(0), /found 0 bytes, expected an idx header/],
  ["a file of 3 bytes", Uint8Array.of(0, 0, 8), /found 3 bytes, expected at least the 4/],
  [
    "a wrong magic",
    Uint8Array.of(0x1f, 0x8b, 8, 1, 0, 0, 0, 0),
    /found magic 1f 8b 08 01, exp.* 00/,
  ],
  ["a little-endian magic", Uint8Array.of(3, 8, 0, 0), /found magic 03 08 00 00, expected 00 00/],
  ["element type 0a", idx(0x0a, [1], [0]), /found element type 0a, expected 08/],
  ["signed bytes", idx(0x09, [1], [0]), /found element type 09, expected 08/],
  [
    "a cut header",
    idx(8, [1, 2, 3], []).subarray(0, 11),
    /found 11 bytes, expected a header of 16/,
  ],
  [
    "too few bytes",
    idx(8, [2, 3], [1, 2, 3, 4, 5]),
    /found 17 bytes, expected 18 for shape \[2, 3\]/,
  ],
  ["too many bytes", idx(8, [2], [1, 2, 3]), /to spare: found 11 bytes, expected 10/],
  ["4 GiB announced", idx(8, [MAX], []), /found 8 bytes, expected 4294967303/],
  [
    "sizes that overflow",
    idx(8, [MAX, MAX, MAX], []),
    /\[4294967295, .*expected at most 2\^53 bytes/,
  ],
  ["a product that overflows", idx(8, [2 ** 27, 2 ** 27], []), /expected at most 2\^53/],
  ["255 huge axes", idx(8, Array(255).fill(MAX), []), /expected at most 2\^53/],
  ["one byte", Uint8Array.of(0), /found 1 bytes, expected at least the 4/],
  ["a magic alone", Uint8Array.of(0, 0, 8, 1), /found 4 bytes, expected a header of 8/],
  ["a web page", text("<html></html>"), /it is a web page; the download/],
  ["a NumPy file", text("\x93NUMPY\x01\x00"), /found magic c2 93 4e 55, expected 00 00/],
  ["a PNG file", Uint8Array.of(0x89, 0x50, 0x4e, 0x47), /found magic 89 50 4e 47/],
  ["a zip archive", text("PK\x03\x04"), /found magic 50 4b 03 04/],
  ["zeros", new Uint8Array(16), /found element type 00, expected 08/],
  ["16-bit integers", idx(0x0b, [1], [0, 1]), /found element type 0b, expected 08/],
  ["32-bit integers among images", idx(0x0c, [1], [0, 0, 0, 1]), /element type 0c, expected 08/],
  ["floats", idx(0x0d, [1], [0, 0, 0, 0]), /found element type 0d, expected 08/],
  ["doubles", idx(0x0e, [1], Array(8).fill(0)), /found element type 0e, expected 08/],
  ["a type that does not exist", idx(0xff, [1], [0]), /found element type ff, expected 08/],
  ["an element that is missing", idx(8, [], []), /found 4 bytes, expected 5 for shape \[\]/],
  ["elements of an empty shape", idx(8, [0, 28], [1]), /found 13 bytes, expected 12 for shape/],
  ["more axes than sizes", idx(8, [1], [7]).with(3, 2), /found 9 bytes, expected a header of 12/],
  ["more sizes than axes", idx(8, [1, 1], [7]).with(3, 1), /to spare: found 13 bytes, expected 9/],
  ["little-endian sizes", Uint8Array.of(0, 0, 8, 1, 2, 0, 0, 0, 5, 6), /expected 33554440 for/],
  ["a header alone", idx(8, [60_000, 28, 28], []), /found 16 bytes, expected 47040016/],
  ["a file without its last byte", idx(8, [2, 2], [1, 2, 3]), /cut short: found 15 bytes/],
];

for (const [what, bytes, message] of MALFORMED) {
  test(`parseIdx refuses ${what}`, () => {
    {
      const error = assertThrows(() => parseIdx(misaligned(bytes), "raw/train"), FileFormatError);
      assertMatch(error.message, message);
      assertMatch(error.message, /^Cannot read raw\/train as idx: .*; get the file again$/);
    }
  });
}

test("gunzipIdx decompresses just what the header announces", () => {
  const file = idx(8, [2, 3], [1, 2, 3, 4, 5, 6]);
  assertSame(gunzipIdx(gzipSync(file), "x"), file);
  const large = idx(8, [100_000], Uint8Array.from({ length: 100_000 }, (_, i) => (i ** 3) >>> 5));
  const gz = gzipSync(large);
  assert(gz.length > 4096, "longer than what is looked at for the header");
  assertSame(gunzipIdx(gz, "x"), large);
});

test("gunzipIdx stops a file that unpacks to more than its header announces", () => {
  const bomb = new Uint8Array(30_000_000);
  bomb.set(idx(8, [10], []));
  assertThrows(() => gunzipIdx(gzipSync(bomb), "x"), Error, "holds more than the 18 bytes it may");
});

test("gunzipIdx refuses a header that announces more than any data set of the family", () => {
  const file = gzipSync(idx(8, [2 ** 21, 28, 28], new Uint8Array(100)));
  assertThrows(
    () => gunzipIdx(file, "x"),
    Error,
    "announces 1644167184 bytes, more than the limit",
  );
});

test("gunzipIdx blames the gzip file when that is what is damaged", () => {
  const gz = gzipSync(idx(8, [2, 3], [1, 2, 3, 4, 5, 6]));
  assertThrows(() => gunzipIdx(gz.subarray(0, 20), "x"), Error, "Cannot gunzip x: it is cut short");
});
