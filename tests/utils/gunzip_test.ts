import { assert, assertEquals, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { FileFormatError } from "../../src/errors.ts";
import { gunzip, gunzipStart } from "../../src/utils/gunzip.ts";
import { assertSame } from "../support/assert.ts";

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((p) => [...p]));
const changed = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[at < 0 ? copy.length + at : at] ^= 0xff;
  return copy;
};

const HELLO = Uint8Array.from(gzipSync(text("hello, hello, hello")));
const OPTIONS = { name: "hello.gz", maxBytes: 100 };

test("gunzip restores the bytes as a plain Uint8Array", () => {
  const bytes = gunzip(HELLO, OPTIONS);
  assertEquals(bytes, text("hello, hello, hello"));
  assertStrictEquals(bytes.constructor, Uint8Array);
  assertStrictEquals(gunzip(gzipSync(new Uint8Array(0)), OPTIONS).length, 0);
});

test("gunzip joins members and ignores zero padding, in every runtime", () => {
  assertEquals(gunzip(join(HELLO, HELLO), OPTIONS).length, 38);
  assertEquals(gunzip(join(HELLO, new Uint8Array(512)), OPTIONS).length, 19);
});

const MALFORMED: [what: string, bytes: Uint8Array, message: RegExp][] = [
  ["empty", new Uint8Array(0), /it is empty/],
  ["one byte", HELLO.subarray(0, 1), /cut short, at 1 bytes/],
  ["a header only", HELLO.subarray(0, 10), /cut short, at 10 bytes/],
  ["half a body", HELLO.subarray(0, 16), /cut short, at 16 bytes/],
  ["no checksum", HELLO.subarray(0, -8), /cut short/],
  ["half a trailer", HELLO.subarray(0, -3), /cut short/],
  ["a wrong CRC", changed(HELLO, -8), /damaged \(incorrect data check\)/],
  ["a wrong size", changed(HELLO, -1), /damaged \(incorrect length check\)/],
  ["an unknown method", changed(HELLO, 2), /damaged/],
  ["trailing bytes", join(HELLO, text("more")), /damaged/],
  ["half a second member", join(HELLO, HELLO.subarray(0, 9)), /cut short/],
  ["a zip file", text("PK\x03\x04"), /starts with 50 4b, but gzip starts with 1f 8b/],
  ["HTML", text("<!DOCTYPE html><title>404</title>"), /starts with '<'.*HTML/],
  ["HTML after blank lines", text("\ufeff\r\n <html>"), /starts with '<'.*HTML/],
];

for (const [what, bytes, message] of MALFORMED) {
  test(`gunzip refuses ${what}`, () => {
    {
      const error = assertThrows(() => gunzip(bytes, OPTIONS), FileFormatError);
      assertMatch(error.message, message);
      assertMatch(error.message, /^Cannot gunzip hello\.gz: .*; download the file again$/);
    }
  });
}

test("gunzip stops at maxBytes, within one member and across several", () => {
  assertEquals(gunzip(HELLO, { name: "x", maxBytes: 19 }).length, 19);
  const bomb = gzipSync(new Uint8Array(10_000_000));
  for (const bytes of [HELLO, bomb, join(gzipSync(text("a")), HELLO)]) {
    assertThrows(() => gunzip(bytes, { name: "x", maxBytes: 18 }), Error, "more than the 18 bytes");
  }
});

test("gunzipStart reads the start of a long file, even one that is cut short", () => {
  // A linear congruential generator: noise that deflate cannot squeeze.
  let state = 1;
  const noise = new Uint8Array(50_000).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  const bytes = gzipSync(noise);
  assert(bytes.length > 8192, "the file is longer than the start");
  const start = gunzipStart(bytes.subarray(0, 8192), "noise.gz");
  assert(start.length >= 1024);
  assertSame(start, noise.subarray(0, start.length));
});

test("gunzipStart checks short files whole", () => {
  assertEquals(gunzipStart(HELLO, "x"), text("hello, hello, hello"));
  assertThrows(() => gunzipStart(HELLO.subarray(0, -1), "x"), Error, "cut short");
  assertThrows(() => gunzipStart(changed(HELLO, -8), "x"), Error, "damaged");
});

test("gunzipStart refuses what is not gzip, however long", () => {
  assertThrows(() => gunzipStart(new Uint8Array(9000), "x"), Error, "starts with 00 00");
  assertThrows(() => gunzipStart(text("<html>".repeat(2000)), "x"), Error, "HTML");
});
