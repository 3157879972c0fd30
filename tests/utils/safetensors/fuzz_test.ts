import { test } from "node:test";
import { assert, assertEquals, assertIsError, assertMatch, assertStrictEquals } from "@std/assert";
import { DTypeError, FileFormatError, ValueError } from "../../../src/errors.ts";
import { decode } from "../../../src/utils/safetensors/decode.ts";
import { FILE_DTYPES } from "../../../src/utils/safetensors/format.ts";
import { encode } from "../../../src/utils/safetensors/encode.ts";
import { toTypedArray } from "../../../src/utils/safetensors/convert.ts";
import { REFERENCE_FILE } from "./fixtures.ts";

/** Whole numbers below `limit`, the same in every run: mulberry32. */
function integers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

/** Bytes that damage often consists of, and characters that matter in the header. */
const TOKENS = ["{", "}", "[", "]", '"', ",", ":", "\\", "-", ".", "e", "0", "9", "\\u", " ", "\0"];

/**
 * Decodes `file`, which may only be refused in the words of the format or be consistent: then its
 * entries cover the data exactly, and encoded again they decode to the same.
 *
 * @returns true if it was accepted
 */
function survives(file: Uint8Array): boolean {
  let decoded;
  try {
    decoded = decode(file);
  } catch (error) {
    assertIsError(error, FileFormatError);
    assertMatch((error as Error).message, /^Cannot read safetensors: .+; .+/s);
    return false;
  }
  let covered = 0;
  for (const [name, entry] of decoded.entries) {
    const size = entry.shape.reduce((a, b) => a * b, 1) * FILE_DTYPES[entry.dtype].bytes;
    assertStrictEquals(entry.bytes.length, size);
    covered += size;
    try {
      toTypedArray(entry, name, true);
    } catch (error) {
      assert(error instanceof ValueError || error instanceof FileFormatError, `${error}`);
    }
    try {
      toTypedArray(entry, name);
    } catch (error) {
      assert(error instanceof DTypeError || error instanceof FileFormatError, `${error}`);
    }
  }
  // Those of other types have bytes, too, which nobody reads.
  if (decoded.unknown.size > 0) return true;
  const headerLength = Number(new DataView(file.buffer).getBigUint64(0, true));
  assertStrictEquals(8 + headerLength + covered, file.length);
  const again = decode(encode(decoded.entries, decoded.metadata));
  assertEquals(again.metadata, decoded.metadata);
  assertStrictEquals(again.entries.size, decoded.entries.size);
  return true;
}

test("a file with flipped bits is refused as malformed or still consistent", () => {
  const random = integers(1);
  let accepted = 0;
  for (let round = 0; round < 3000; round++) {
    const file = REFERENCE_FILE.slice();
    for (let flips = 1 + random(3); flips > 0; flips--) {
      file[random(file.length)] ^= 1 << random(8);
    }
    if (survives(file)) accepted++;
  }
  // Flips in names and data are legal, most others are not: the loop must see both outcomes.
  assert(accepted > 50 && accepted < 2950, `${accepted} accepted`);
});

test("a file with bytes overwritten, removed or inserted in the header is refused or consistent", () => {
  const random = integers(2);
  const headerLength = REFERENCE_FILE.length - 37 - 8;
  let accepted = 0;
  for (let round = 0; round < 4000; round++) {
    const header = [...REFERENCE_FILE.subarray(8, 8 + headerLength)];
    const token = new TextEncoder().encode(TOKENS[random(TOKENS.length)]);
    header.splice(random(header.length), random(4), ...token);
    const file = new Uint8Array([
      ...REFERENCE_FILE.subarray(0, 8),
      ...header,
      ...REFERENCE_FILE.subarray(-37),
    ]);
    new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
    if (survives(file)) accepted++;
  }
  assert(accepted > 50 && accepted < 3950, `${accepted} accepted`);
});

test("a file cut at any byte is refused", () => {
  for (let length = 0; length < REFERENCE_FILE.length; length++) {
    assertEquals(survives(REFERENCE_FILE.slice(0, length)), false, `${length} bytes`);
  }
  assertEquals(survives(REFERENCE_FILE), true);
});

test("random bytes behind a valid length are refused", () => {
  const random = integers(3);
  for (let round = 0; round < 2000; round++) {
    const file = Uint8Array.from({ length: 8 + random(64) }, () => random(256));
    new DataView(file.buffer).setBigUint64(0, BigInt(random(file.length - 7)), true);
    // A brace in front lets more of them past the first check.
    if (file.length > 8) file[8] = 0x7b;
    survives(file);
  }
});
