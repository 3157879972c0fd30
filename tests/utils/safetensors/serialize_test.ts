import { assert, assertEquals, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { DTypeError, FileAccessError, FileFormatError, tensor, ValueError } from "../../../mod.ts";
import { type DType, memory, type Tensor, zeros } from "../../../mod.ts";
import { decode } from "../../../src/utils/safetensors/decode.ts";
import {
  deserialize,
  load,
  loadMetadata,
  type LoadOptions,
  save,
  serialize,
} from "../../../src/utils/safetensors/mod.ts";
import { fileOf, REFERENCE_FILE } from "./fixtures.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "gradus-safetensors-"));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function checkSame(actual: Tensor | undefined, expected: Tensor): void {
  assertSame(actual?.shape, expected.shape);
  assertStrictEquals(actual?.dtype, expected.dtype);
  assertSame(actual?.data, expected.data);
}

const EVERY_DTYPE: DType[] = ["float32", "float64", "int32", "uint8", "bool"];

test("tensors of every dtype and shape come back as they were", () => {
  inFolder((folder) => {
    const tensors = new Map<string, Tensor>();
    for (const dtype of EVERY_DTYPE) {
      tensors.set(`${dtype} matrix`, tensor([[1, 0, 1], [0, 1, 1]], { dtype }));
      tensors.set(`${dtype} scalar`, tensor(1, { dtype }));
      tensors.set(`${dtype} empty`, zeros([0, 3], { dtype }));
    }
    tensors.set("view", tensor([[1, 2, 3], [4, 5, 6]]).T.slice(1, 3));
    tensors.set("odd values", tensor([NaN, -0, Infinity, 1e-45]));
    tensors.set("__proto__", tensor([7]));
    tensors.set("../a/b", tensor([8]));
    const path = join(folder, "all.safetensors");
    save(tensors, path);
    const loaded = load(path);
    assertEquals(new Set(loaded.keys()), new Set(tensors.keys()));
    for (const [name, expected] of tensors) checkSame(loaded.get(name), expected);
    assertEquals(readdirSync(folder), ["all.safetensors"]);
  });
});

test("a record serves as well as a map, and metadata is written", () => {
  const bytes = serialize({ b: tensor([1]), a: tensor([2]) }, { metadata: { format: "pt" } });
  assertSame(
    bytes,
    serialize(new Map([["a", tensor([2])], ["b", tensor([1])]]), {
      metadata: { format: "pt" },
    }),
  );
  assertEquals([...decode(bytes).metadata], [["format", "pt"]]);
  assertEquals([...deserialize(bytes).keys()], ["a", "b"]);
});

test("what is loaded shares no memory with the bytes", () => {
  const bytes = serialize({ w: tensor([1, 2]) });
  const loaded = deserialize(bytes).get("w")!;
  bytes.fill(0);
  assertEquals(loaded.toArray(), [1, 2]);
});

test("dtypes that tensors lack are converted only on request", () => {
  assertThrows(
    () => deserialize(REFERENCE_FILE),
    DTypeError,
    "tensors have no dtype I64; pass { convert: true }",
  );
  const header = '{"n":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},' +
    '"h":{"dtype":"F16","shape":[],"data_offsets":[16,18]}}';
  const data = new Uint8Array(18);
  new DataView(data.buffer).setBigInt64(0, -3n, true);
  new DataView(data.buffer).setBigInt64(8, 2147483647n, true);
  new DataView(data.buffer).setUint16(16, 0x3e00, true);
  const loaded = deserialize(fileOf(header, data), { convert: true });
  checkSame(loaded.get("n"), tensor([-3, 2147483647], { dtype: "int32" }));
  checkSame(loaded.get("h"), tensor(1.5));
});

/** A float32, one of a type that does not exist here, an int64 that is too large, and a half. */
const MIXED = fileOf(
  '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},' +
    '"c":{"dtype":"C64","shape":[1],"data_offsets":[4,12]},' +
    '"n":{"dtype":"I64","shape":[1],"data_offsets":[12,20]},' +
    '"h":{"dtype":"F16","shape":[],"data_offsets":[20,22]}}',
  // 1, 0, 2^40, 1.5
  Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 62),
);

test("a tensor that cannot be loaded does not keep the others from it", () => {
  const loaded = (options: LoadOptions): [string, unknown, string][] =>
    Array.from(deserialize(MIXED, options), ([name, x]) => [name, x.toArray(), x.dtype]);
  const [w, h, n]: [string, unknown, string][] = [
    ["w", [1], "float32"],
    ["h", 1.5, "float32"],
    ["n", [2 ** 40], "float64"],
  ];
  assertEquals(loaded({ names: ["w"] }), [w]);
  assertEquals(loaded({ names: ["h", "w"], convert: true }), [h, w]);
  assertEquals(loaded({ names: [] }), []);
  assertEquals(loaded({ skip: true }), [w]);
  assertEquals(loaded({ skip: true, convert: true }), [w, h]);
  assertEquals(loaded({ skip: true, convert: { I64: "float64" } }), [w, n]);
  const names = ["w", "n", "h"];
  assertEquals(loaded({ names, convert: { I64: "float64", F16: "float32" } }), [w, n, h]);

  const before = memory.stats().storages;
  const refused = (options: LoadOptions, kind: { name: string }, message: string): void =>
    assertThrowsMessage(() => deserialize(MIXED, options), kind, message);
  refused(
    {},
    DTypeError,
    'Cannot load tensor "n" as it is: tensors have no dtype I64; pass { convert: true } to load it as ' +
      "int32",
  );
  refused(
    { convert: { I64: "float64", F16: "float32" } },
    DTypeError,
    'Cannot load tensor "c" of dtype "C64": it must be one of BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, ' +
      "U16, F16, BF16, I32, U32, F32, F64, I64, U64; leave it out with { skip: true }",
  );
  refused(
    { names: ["w", "n"], convert: true },
    ValueError,
    'Cannot convert tensor "n" from I64 to int32: element 0 is 1099511627776, which int32 cannot ' +
      'hold exactly; convert it to another dtype with { convert: { I64: "float64" } }, or leave it ' +
      "out with { skip: true }",
  );
  refused(
    { names: ["w", "b"], skip: true },
    ValueError,
    'Cannot load tensor "b": the file has no such name, but "w", "n", "h", "c"',
  );
  refused(
    { convert: { F64: "float32" } as never },
    ValueError,
    "Cannot convert F64 to float32: choose for I8, F8_E5M2, F8_E4M3, I16, U16, F16, BF16, U32, I64, " +
      "U64 one of uint8, int32, float32, float64",
  );
  refused(
    { convert: { I64: "int64" } as never },
    ValueError,
    "Cannot convert I64 to int64: choose for I8, F8_E5M2, F8_E4M3, I16, U16, F16, BF16, U32, I64, " +
      "U64 one of uint8, int32, float32, float64",
  );
  assertStrictEquals(memory.stats().storages, before);
});

test("files of 8 GiB: the header is read, and the tensors that are wanted", () => {
  inFolder((folder) => {
    const path = join(folder, "large.safetensors");
    const half = 2 ** 32;
    writeFileSync(
      path,
      fileOf(
        '{"__metadata__":{"step":"7"},' +
          `"a":{"dtype":"U8","shape":[${half}],"data_offsets":[0,${half}]},` +
          `"w":{"dtype":"F32","shape":[2],"data_offsets":[${half},${half + 8}]},` +
          `"b":{"dtype":"U8","shape":[${half}],"data_offsets":[${half + 8},${2 * half + 8}]}} `,
      ),
    );
    const dataStart = statSync(path).size;
    truncateSync(path, dataStart + 2 * half + 8); // a hole, which takes no room
    const file = openSync(path, "r+");
    writeSync(file, new Uint8Array(Float32Array.of(3, -4).buffer), 0, 8, dataStart + half);
    closeSync(file);
    assertEquals([...loadMetadata(path)], [["step", "7"]]);
    const { w } = Object.fromEntries(load(pathToFileURL(path), { names: ["w"] }));
    assertEquals(w.toArray(), [3, -4]);
    truncateSync(path, dataStart + half);
    assertThrowsMessage(
      () => loadMetadata(path),
      FileFormatError,
      /take 8589934600 bytes but the file has 4294967296 after the header.*cut short/,
    );
  });
});

test("many tensors, small and large, are read in parts of the file", () => {
  inFolder((folder) => {
    const path = join(folder, "many.safetensors");
    const sizes = [1, 3_000_000, 5, 2_000_001, 0, 7];
    const make = (size: number, i: number): Tensor =>
      tensor(Uint8Array.from({ length: size }, (_, j) => (i + 31 * j) % 251));
    const tensors = new Map(sizes.map((size, i) => [`${i}`, make(size, i)]));
    tensors.set("x", tensor([1, 2, 3]));
    save(tensors, path);
    const loaded = load(path);
    assertEquals(loaded.size, 7);
    for (const [name, expected] of tensors) assertSame(loaded.get(name)!.data, expected.data);
  });
});

test("null is not text about the file, as in the reference", () => {
  const header = '{"__metadata__":null,"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
  assertEquals([...deserialize(fileOf(header, 1)).keys()], ["w"]);
  assertStrictEquals(decode(fileOf(header, 1)).metadata.size, 0);
});

test("files of other kinds are recognised", () => {
  const text = (start: string): Uint8Array =>
    new TextEncoder().encode(start.padEnd(300, "\n<p>x</p>"));
  const cases: [Uint8Array, string][] = [
    [text("<!DOCTYPE html><html>"), "it is a web page"],
    [text("\n<HTML lang=en>"), "it is a web page"],
    [text('<?xml version="1.0"?><Error>'), "it is a web page"],
    [text("version https://git-lfs.github.com/spec/v1\noid sha256:"), "it is a pointer of Git LFS"],
    [text("PK\x03\x04\0\0\x08\x08"), "it is a zip file, as torch.save() writes"],
    [Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9), "it is a pickle of Python"],
    [Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1), "it is compressed with gzip"],
    [text("GGUF\x03\0\0\0"), "it is a GGUF file"],
    [Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10, 0), "it is an HDF5 file"],
  ];
  for (const [file, state] of cases) {
    const error = assertThrows(() => deserialize(file), FileFormatError);
    assert(error.message.startsWith(`Cannot read safetensors: ${state}`), error.message);
  }
});

test("a file that is wrong is named, makes no tensor, and says what to do", () => {
  inFolder((folder) => {
    const path = join(folder, "cut.safetensors");
    writeFileSync(path, serialize({ w: tensor([1, 2, 3]) }).subarray(0, -1));
    const before = memory.stats().storages;
    const error = assertThrows(() => load(path), FileFormatError);
    assert(error.message.startsWith(`Cannot read ${path}: the tensors take 12 bytes but`));
    assertMatch(error.message, /the file is cut short, download or save it again$/);
    assertStrictEquals(memory.stats().storages, before);
  });
});

test("a missing file, and a folder, are named with the way out", () => {
  inFolder((folder) => {
    const path = join(folder, "none.safetensors");
    {
      const error = assertThrows(() => load(path), Error);
      assertEquals(
        error.message,
        `Cannot read ${path}: there is no such file or folder; check the path`,
      );
      assert(error instanceof FileAccessError && error.cause instanceof Error);
    }
    mkdirSync(path);
    {
      const error = assertThrows(() => load(path), FileAccessError);
      assert(error.message.startsWith(`Cannot read ${path}: `), error.message);
    }
  });
});

test("a save that is refused leaves the old file", () => {
  inFolder((folder) => {
    const path = join(folder, "w.safetensors");
    save({ w: tensor([1]) }, path);
    assertThrows(() => save({ __metadata__: tensor([2]) }, path), ValueError);
    assertEquals(load(path).get("w")!.toArray(), [1]);
    assertEquals(readdirSync(folder), ["w.safetensors"]);
  });
});

test("without a file system, bytes still work, and files say so", () => {
  const host = globalThis as { process?: unknown };
  const found = Object.getOwnPropertyDescriptor(host, "process")!;
  Object.defineProperty(host, "process", { value: undefined, configurable: true });
  try {
    assertEquals(deserialize(serialize({ w: tensor([1]) })).get("w")!.toArray(), [1]);
    for (const run of [() => load("w.safetensors"), () => save({}, "w.safetensors")]) {
      const error = assertThrows(run, FileAccessError);
      assertMatch(error.message, /^Cannot (read|write) w\.safetensors: this runtime has no files/);
      assertMatch(error.message, /use serialize\(\) and deserialize\(\)$/);
    }
  } finally {
    Object.defineProperty(host, "process", found);
  }
});

test("saving and loading refuse options that they do not have", () => {
  const tensors = { x: tensor([1]) };
  const bytes = serialize(tensors);
  assertThrowsMessage(
    () => serialize(tensors, { meta: {} } as never),
    ValueError,
    'Cannot save safetensors with option "meta": it takes "dtype", "metadata"',
  );
  assertThrowsMessage(
    () => save(tensors, "unwritten.safetensors", { Dtype: "float16" } as never),
    Error,
    'Cannot save safetensors with option "Dtype": its name is "dtype" here',
  );
  assertThrowsMessage(
    () => deserialize(bytes, { device: "cpu" } as never),
    Error,
    'Cannot load safetensors with option "device": it takes "convert", "names", "skip"',
  );
  const odd: [() => unknown, string][] = [
    [
      () => serialize(null as never),
      "Cannot save safetensors with a value of type null: it must be",
    ],
    [
      () => serialize({}, { metadata: null as never }),
      "Cannot save safetensors with a value of type",
    ],
    [() => deserialize("x" as never), "Cannot read safetensors with a value of type string"],
    [() => deserialize(bytes, { names: "x" as never }), "Cannot load safetensors by names with a"],
  ];
  for (const [use, start] of odd) {
    const error = assertThrows(use, ValueError);
    assert(error.message.startsWith(start), error.message);
  }
});
