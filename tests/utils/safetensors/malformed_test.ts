import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { FileFormatError } from "../../../src/errors.ts";
import { decode } from "../../../src/utils/safetensors/decode.ts";
import { fileOf } from "./fixtures.ts";
import { headerOf, MALFORMED, nested } from "./malformed_files.ts";
import { assertThrowsMessage } from "../../support/assert.ts";

for (const [i, [file, state]] of MALFORMED.entries()) {
  test(`decode refuses malformed file ${i}: ${state}`, () => {
    assertThrowsMessage(() => decode(file), FileFormatError, `Cannot read safetensors: ${state}`);
  });
}

test("decode refuses every kind of bad UTF-8", () => {
  const sequences = [
    [0x80], // a continuation without a start
    [0xc3], // cut short
    [0xe2, 0x82], // cut short
    [0xc0, 0xaf], // overlong
    [0xe0, 0x80, 0xaf], // overlong
    [0xed, 0xa0, 0x80], // a surrogate
    [0xf4, 0x90, 0x80, 0x80], // above U+10FFFF
    [0xfe],
  ];
  for (const sequence of sequences) {
    // In the middle, and where the header ends: decoders that stream may keep the latter back.
    for (const after of [[0x22, 0x7d], []]) {
      const header = new Uint8Array([0x7b, 0x22, ...sequence, ...after]);
      assertThrows(() => decode(fileOf(header)), FileFormatError, "the header is not valid UTF-8");
    }
  }
});

test("decode refuses a valid header cut at any character, and says where", () => {
  const header = '{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
  decode(fileOf(header, 8));
  for (let length = 0; length < header.length; length++) {
    assertThrowsMessage(
      () => decode(fileOf(header.slice(0, length))),
      FileFormatError,
      new RegExp(`the JSON of the header stops after ${length} characters`),
    );
  }
});

test("messages stay short when a hostile file has long names, shapes and numbers", () => {
  const long = "9".repeat(100_000);
  for (
    const file of [
      fileOf(`{"${long}":1}`),
      fileOf(headerOf({ dtype: `"${long}"` })),
      fileOf(headerOf({ shape: `[${long}]` })),
      fileOf(headerOf({ shape: `[${"1,".repeat(50_000)}2]` })),
    ]
  ) {
    const error = assertThrows(() => decode(file), FileFormatError);
    assert(error.message.length < 500, `${error.message.length} characters`);
  }
});

test("decode accepts nesting of exactly 128 levels in a field it does not know", () => {
  assertEquals([...decode(fileOf(nested(128), 4)).entries.keys()], ["w"]);
});
