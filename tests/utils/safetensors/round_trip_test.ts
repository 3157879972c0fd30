import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { DTypeError, ShapeError, ValueError } from "../../../src/errors.ts";
import { decode } from "../../../src/utils/safetensors/decode.ts";
import { type Entry, FILE_DTYPES, type FileDType } from "../../../src/utils/safetensors/format.ts";
import { encode } from "../../../src/utils/safetensors/encode.ts";
import { fileOf, REFERENCE_FILE } from "./fixtures.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const FILE_DTYPE_NAMES = Object.keys(FILE_DTYPES) as FileDType[];

/** An entry whose bytes count up from `first`. */
function entryOf(dtype: Entry["dtype"], shape: number[], first = 0): Entry {
  const length = shape.reduce((a, b) => a * b, 1) * FILE_DTYPES[dtype].bytes;
  return { dtype, shape, bytes: Uint8Array.from({ length }, (_, i) => first + i) };
}

/** An entry with its elements read. */
function read(entry: Entry | undefined): Entry | undefined {
  return entry && { dtype: entry.dtype, shape: entry.shape, bytes: entry.bytes };
}

/** A file as a string, for comparisons that print well. */
function textOf(file: Uint8Array): string {
  return new TextDecoder("latin1").decode(file);
}

test("encode writes the bytes of the reference implementation, and decode reads them", () => {
  const { metadata, entries } = decode(REFERENCE_FILE);
  assertEquals(metadata, new Map([["a", "b"]]));
  assertEquals(entries.size, 13);
  assertEquals(read(entries.get("f32")), {
    dtype: "F32",
    shape: [1],
    bytes: new Uint8Array([1, 2, 3, 4]),
  });
  assertEquals(entries.get("\u{1f600}")!.shape, []);
  assertSame(entries.get('q"\\\n\u0001\u007f\u2028é/')!.shape, [0]);
  assertStrictEquals(textOf(encode(entries, metadata)), textOf(REFERENCE_FILE));
});

test("encode of no tensors is the reference's 16 bytes, with or without empty metadata", () => {
  const expected = [8, 0, 0, 0, 0, 0, 0, 0, 123, 125, 32, 32, 32, 32, 32, 32];
  assertSame([...encode([])], expected);
  assertSame([...encode(new Map(), new Map())], expected);
  for (const part of Object.values(decode(encode([])))) assertStrictEquals(part.size, 0);
});

test("every dtype survives encode and decode in every kind of shape", () => {
  for (const dtype of FILE_DTYPE_NAMES) {
    for (const shape of [[], [0], [3, 0, 2], [1], [5], [2, 3], [1, 2, 1, 4]]) {
      const entry = entryOf(dtype, shape, 7);
      const { entries } = decode(encode([["w", entry], ["pad", entryOf("U8", [3])]]));
      assertSame(read(entries.get("w")), entry);
    }
  }
});

test("names are keys: __proto__, empty, unicode and path-like ones come back as they are", () => {
  const names = [
    "__proto__",
    "constructor",
    "",
    " ",
    "../../etc/passwd",
    'quote"back\\slash',
    "tab\tnul\0",
    "é",
    "e\u0301",
    "层.权重",
    "\u{1f600}",
    "\u2028",
    "\ufeff",
  ];
  const input = new Map(names.map((name, i) => [name, entryOf("U8", [1], i)]));
  const { entries } = decode(encode(input));
  assertEquals(new Set(entries.keys()), new Set(names));
  for (const name of names) assertSame(read(entries.get(name)), input.get(name));
});

test("metadata comes back as it is, whatever its keys", () => {
  const metadata = new Map([["__proto__", "p"], ["format", "pt"], ["é", "\u{1f600}\n"], ["", ""]]);
  const decoded = decode(encode([["w", entryOf("F32", [2])]], metadata));
  assertEquals(decoded.metadata, metadata);
});

test("decode understands every escape of JSON, and whitespace between tokens", () => {
  const header = '{ "\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\ud83d\\uDE00" :\r\n{\t"data_offsets" : ' +
    '[ 0 , 4 ], "shape":[ ],"later":{"x":[true,false,null,-1.5e+3,"s",{},[]]},"dtype":"F32"} } \n';
  const { entries } = decode(fileOf(header, 4));
  assertEquals([...entries.keys()], ['"\\/\b\f\n\r\tA\u{1f600}']);
});

test("decode takes tensors in the order of the header, wherever their bytes are", () => {
  const header = '{"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},' +
    '"none":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},' +
    '"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
  const { entries } = decode(fileOf(header, new Uint8Array([1, 2, 3])));
  assertEquals([...entries].map(([name, { bytes }]) => [name, ...bytes]), [
    ["b", 2, 3],
    ["none"],
    ["a", 1],
  ]);
});

test("decode reads a file at any offset of a larger buffer", () => {
  const input = new Map(FILE_DTYPE_NAMES.map((dtype, i) => [dtype, entryOf(dtype, [3], i)]));
  const file = encode(input);
  for (let offset = 0; offset < 9; offset++) {
    const buffer = new Uint8Array(offset + file.length + 5).fill(0xff);
    buffer.set(file, offset);
    const { entries } = decode(buffer.subarray(offset, offset + file.length));
    for (const [name, entry] of input) {
      const { bytes } = entries.get(name)!;
      assertSame(bytes, entry.bytes);
      assertStrictEquals(bytes.byteOffset % FILE_DTYPES[entry.dtype].bytes, 0);
    }
  }
});

test("decode aligns the tensors of files that do not, also in Node's Buffer", () => {
  // The header has 63 bytes here, so that the data starts at byte 71 of the file.
  const header = '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'.padEnd(63);
  const file = fileOf(header, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));
  for (const source of [file, Buffer.from(file)]) {
    const { bytes } = decode(source).entries.get("w")!;
    assertStrictEquals(bytes.byteOffset % 4, 0);
    assertEquals(bytes, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));
  }
});

test("decode does not copy what is aligned", () => {
  const file = encode([["w", entryOf("F32", [4])]]);
  assertStrictEquals(decode(file).entries.get("w")!.bytes.buffer, file.buffer);
});

test("encode gives the same bytes in whatever order tensors and metadata come", () => {
  const entries: [string, Entry][] = [
    ["b", entryOf("F32", [2])],
    ["a", entryOf("F32", [3])],
    ["z", entryOf("I64", [1])],
    ["c", entryOf("BOOL", [5])],
    ["\ue000", entryOf("F32", [1])],
    ["\u{1f600}", entryOf("F32", [1])],
  ];
  const metadata: [string, string][] = [["k", "1"], ["j", "2"]];
  const file = encode(entries, new Map(metadata));
  const reversed = encode(new Map(entries.toReversed()), new Map(metadata.toReversed()));
  assertStrictEquals(textOf(reversed), textOf(file));
  assertEquals([...decode(file).entries.keys()], ["z", "a", "b", "\ue000", "\u{1f600}", "c"]);
});

test("encode starts every tensor at a multiple of its element size", () => {
  const entries = FILE_DTYPE_NAMES.map((dtype): [string, Entry] => [dtype, entryOf(dtype, [3])]);
  const file = encode(entries);
  for (const { dtype, bytes } of decode(file).entries.values()) {
    assertStrictEquals(bytes.byteOffset % FILE_DTYPES[dtype].bytes, 0);
    assertStrictEquals(bytes.buffer, file.buffer);
  }
});

test("encode shares no memory with what it was given", () => {
  const entry = entryOf("U8", [2], 1);
  const file = encode([["w", entry]]);
  entry.bytes.fill(99);
  assertEquals(decode(file).entries.get("w")!.bytes, new Uint8Array([1, 2]));
});

test("encode refuses names that the format cannot hold", () => {
  const entry = entryOf("U8", [1]);
  assertThrowsMessage(
    () => encode([["w", entry], ["w", entry]]),
    ValueError,
    'Cannot save safetensors: two tensors are named "w"; give each its own name',
  );
  assertThrowsMessage(
    () => encode([["__metadata__", entry]]),
    ValueError,
    /the name __metadata__ is reserved by the format; rename the tensor$/,
  );
  assertThrows(
    () => encode([["w\ud800", entry]]),
    ValueError,
    'the tensor name "w\\ud800" has half a surrogate pair',
  );
  assertThrows(
    () => encode([], new Map([["k", "\udc00"]])),
    ValueError,
    'the metadata under "k" has half a surrogate pair',
  );
  assertThrowsMessage(
    () => encode([], new Map([["epoch", 3 as unknown as string]])),
    ValueError,
    /the metadata under "epoch" is not a string; pass a string$/,
  );
});

test("encode refuses entries whose dtype, shape and bytes do not agree", () => {
  const bytes = new Uint8Array(4);
  assertThrowsMessage(
    () => encode([["w", { dtype: "F32", shape: [2], bytes }]]),
    ShapeError,
    'Cannot save safetensors: tensor "w" has 4 bytes, but F32 [2] takes 8; ' +
      "pass the bytes of exactly its elements",
  );
  assertThrows(
    () => encode([["w", { dtype: "U8", shape: [-2, -2], bytes }]]),
    ShapeError,
    'save tensor "w" with shape [-2, -2]',
  );
  const dtype = "toString" as Entry["dtype"];
  assertThrows(
    () => encode([["w", { dtype, shape: [4], bytes }]]),
    DTypeError,
    'tensor "w" has dtype toString; it must be one of BOOL, ',
  );
});

test("encode refuses a header above the cap of the format", () => {
  const metadata = new Map([["k", "v".repeat(100_000_000)]]);
  assertThrows(
    () => encode([], metadata),
    ValueError,
    "the header takes 100000032 bytes, above the 100000000 that the format allows",
  );
});

test("a header of 50,000 tensors takes time in proportion to its length", () => {
  const fileWith = (count: number) =>
    encode(Array.from({ length: count }, (_, i) => [`layers.${i}.weight`, entryOf("F32", [1], i)]));
  const time = (file: Uint8Array): number => {
    const start = performance.now();
    decode(file);
    return performance.now() - start;
  };
  const large = fileWith(50_000);
  assertEquals(decode(large).entries.size, 50_000);
  // It takes 0.2 s here; anything quadratic takes minutes.
  const elapsed = Math.min(time(large), time(large));
  assert(elapsed < 5000, `${elapsed} ms`);
});
