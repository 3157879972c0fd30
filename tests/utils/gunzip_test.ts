import {
  assert,
  assertEquals,
  assertIsError,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { FileFormatError } from "../../src/errors.ts";
import * as byZlib from "../../src/utils/gunzip.ts";
import { assertSame } from "../support/assert.ts";

const text = (s: string): Uint8Array => new TextEncoder().encode(s);
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((p) => [...p]));
const changed = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[at < 0 ? copy.length + at : at] ^= 0xff;
  return copy;
};

const HELLO = Uint8Array.from(gzipSync(text("hello, hello, hello")));
const NOTHING = Uint8Array.from(gzipSync(new Uint8Array(0)));
const OPTIONS = { name: "hello.gz", maxBytes: 100 };

/** A second copy of the module, loaded as in a browser. */
async function loadByFflate(): Promise<typeof byZlib> {
  const { process } = globalThis;
  const found = Object.getOwnPropertyDescriptor(process, "getBuiltinModule")!;
  Object.defineProperty(process, "getBuiltinModule", { configurable: true, value: undefined });
  try {
    const module = await import(`../../src/utils/gunzip.ts?${"fflate"}`);
    await module.loadGunzip();
    return module;
  } finally {
    Object.defineProperty(process, "getBuiltinModule", found);
  }
}

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

for (
  const [engine, { gunzip, gunzipStart }] of [
    ["node:zlib", byZlib],
    ["fflate", await loadByFflate()],
  ] as const
) {
  test(`gunzip by ${engine} restores the bytes as a plain Uint8Array`, () => {
    const bytes = gunzip(HELLO, OPTIONS);
    assertEquals(bytes, text("hello, hello, hello"));
    assertStrictEquals(bytes.constructor, Uint8Array);
    assertStrictEquals(gunzip(NOTHING, OPTIONS).length, 0);
  });

  test(`gunzip by ${engine} joins members and ignores zero padding`, () => {
    assertEquals(gunzip(join(HELLO, HELLO), OPTIONS).length, 38);
    for (let zeros = 1; zeros <= 512; zeros += zeros < 12 ? 1 : 100) {
      assertEquals(gunzip(join(HELLO, new Uint8Array(zeros)), OPTIONS).length, 19);
      assertEquals(gunzip(join(NOTHING, new Uint8Array(zeros)), OPTIONS).length, 0);
    }
    const pieces = Array.from({ length: 50 }, (_, i) => text(`${i};`.repeat(i * i)));
    const all = join(...pieces);
    const members = join(...pieces.map((piece) => gzipSync(piece)));
    assertEquals(gunzip(members, { name: "x", maxBytes: all.length }), all);
  });

  for (const [what, bytes, message] of MALFORMED) {
    test(`gunzip by ${engine} refuses ${what}`, () => {
      const error = assertThrows(() => gunzip(bytes, OPTIONS), FileFormatError);
      assertMatch(error.message, message);
      assertMatch(error.message, /^Cannot gunzip hello\.gz: .*; download the file again$/);
    });
  }

  test(`gunzip by ${engine} stops at maxBytes, within one member and across several`, () => {
    assertEquals(gunzip(HELLO, { name: "x", maxBytes: 19 }).length, 19);
    const bomb = gzipSync(new Uint8Array(10_000_000));
    for (const bytes of [HELLO, bomb, join(gzipSync(text("a")), HELLO)]) {
      assertThrows(
        () => gunzip(bytes, { name: "x", maxBytes: 18 }),
        Error,
        "more than the 18 bytes",
      );
    }
  });

  test(`gunzipStart by ${engine} reads the start of a long file, even one that is cut short`, () => {
    // A linear congruential generator: deflate cannot squeeze its bytes, but halves those below 16.
    let state = 1;
    const noise = Uint8Array.from({ length: 100_000 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    });
    const small = noise.map((byte) => byte % 16);
    for (const [data, end] of [[noise, undefined], [small, undefined], [small, 8192]] as const) {
      const start = gunzipStart(gzipSync(data).subarray(0, end), "noise.gz");
      assert(start.length >= 1024 && start.length < data.length);
      assertSame(start, data.subarray(0, start.length));
    }
  });

  test(`gunzipStart by ${engine} checks short files whole`, () => {
    assertEquals(gunzipStart(HELLO, "x"), text("hello, hello, hello"));
    assertThrows(() => gunzipStart(HELLO.subarray(0, -1), "x"), Error, "cut short");
    assertThrows(() => gunzipStart(changed(HELLO, -8), "x"), Error, "damaged");
  });

  test(`gunzipStart by ${engine} refuses what is not gzip, however long`, () => {
    assertThrows(() => gunzipStart(new Uint8Array(9000), "x"), Error, "starts with 00 00");
    assertThrows(() => gunzipStart(text("<html>".repeat(2000)), "x"), Error, "HTML");
  });

  test(`gunzip by ${engine} refuses a file that is cut anywhere, or has a wrong byte`, () => {
    const file = join(HELLO, gzipSync(text("a second member")));
    const options = { name: "x", maxBytes: 1000 };
    const right = gunzip(file, options);
    for (let at = 0; at < file.length; at++) {
      // After the first member there is a whole file.
      if (at !== HELLO.length) {
        assertThrows(() => gunzip(file.subarray(0, at), options), FileFormatError);
      }
      let read: Uint8Array;
      try {
        read = gunzip(changed(file, at), options);
      } catch (error) {
        assertIsError(error, FileFormatError);
        continue;
      }
      // Times and systems stand in the header, and change nothing.
      assertEquals(read, right);
    }
  });
}
