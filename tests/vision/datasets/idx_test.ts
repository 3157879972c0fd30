import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
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
