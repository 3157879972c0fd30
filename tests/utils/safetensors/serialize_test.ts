import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DTypeError, FileAccessError, FileFormatError, tensor, ValueError } from "../../../mod.ts";
import { type DType, memory, type Tensor, zeros } from "../../../mod.ts";
import { decode } from "../../../src/utils/safetensors/decode.ts";
import { deserialize, load, save, serialize } from "../../../src/utils/safetensors/mod.ts";
import { fileOf, REFERENCE_FILE } from "./fixtures.ts";

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "gradus-safetensors-"));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function requireSame(actual: Tensor | undefined, expected: Tensor): void {
  assert.ok(actual !== undefined);
  assert.deepEqual(actual.shape, expected.shape);
  assert.equal(actual.dtype, expected.dtype);
  assert.deepEqual(actual.data, expected.data);
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
    assert.deepEqual(new Set(loaded.keys()), new Set(tensors.keys()));
    for (const [name, expected] of tensors) requireSame(loaded.get(name), expected);
    assert.deepEqual(readdirSync(folder), ["all.safetensors"]);
  });
});

test("a record serves as well as a map, and metadata is written", () => {
  const bytes = serialize({ b: tensor([1]), a: tensor([2]) }, { metadata: { format: "pt" } });
  assert.deepEqual(
    bytes,
    serialize(new Map([["a", tensor([2])], ["b", tensor([1])]]), {
      metadata: { format: "pt" },
    }),
  );
  assert.deepEqual([...decode(bytes).metadata], [["format", "pt"]]);
  assert.deepEqual([...deserialize(bytes).keys()], ["a", "b"]);
});

test("what is loaded shares no memory with the bytes", () => {
  const bytes = serialize({ w: tensor([1, 2]) });
  const loaded = deserialize(bytes).get("w")!;
  bytes.fill(0);
  assert.deepEqual(loaded.toArray(), [1, 2]);
});

test("dtypes that tensors lack are converted only on request", () => {
  assert.throws(() => deserialize(REFERENCE_FILE), (error: Error) => {
    assert.match(error.message, /tensors have no dtype I64; pass \{ convert: true \}/);
    return error instanceof DTypeError;
  });
  const header = '{"n":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},' +
    '"h":{"dtype":"F16","shape":[],"data_offsets":[16,18]}}';
  const data = new Uint8Array(18);
  new DataView(data.buffer).setBigInt64(0, -3n, true);
  new DataView(data.buffer).setBigInt64(8, 2147483647n, true);
  new DataView(data.buffer).setUint16(16, 0x3e00, true);
  const loaded = deserialize(fileOf(header, data), { convert: true });
  requireSame(loaded.get("n"), tensor([-3, 2147483647], { dtype: "int32" }));
  requireSame(loaded.get("h"), tensor(1.5));
});

test("a file that is wrong is named, makes no tensor, and says what to do", () => {
  inFolder((folder) => {
    const path = join(folder, "cut.safetensors");
    writeFileSync(path, serialize({ w: tensor([1, 2, 3]) }).subarray(0, -1));
    const before = memory.stats().storages;
    assert.throws(() => load(path), (error: Error) => {
      assert.ok(error.message.startsWith(`Cannot read ${path}: the tensors take 12 bytes but`));
      assert.match(error.message, /the file is cut short, download or save it again$/);
      return error instanceof FileFormatError;
    });
    assert.equal(memory.stats().storages, before);
  });
});

test("a missing file, and a folder, are named with the way out", () => {
  inFolder((folder) => {
    const path = join(folder, "none.safetensors");
    assert.throws(() => load(path), (error: Error) => {
      assert.equal(
        error.message,
        `Cannot read ${path}: there is no such file; check the path, or save a model there first`,
      );
      return error instanceof FileAccessError && error.cause instanceof Error;
    });
    mkdirSync(path);
    assert.throws(() => load(path), (error: Error) => {
      assert.ok(error.message.startsWith(`Cannot read ${path}: `), error.message);
      return error instanceof FileAccessError;
    });
  });
});

test("a save that is refused leaves the old file", () => {
  inFolder((folder) => {
    const path = join(folder, "w.safetensors");
    save({ w: tensor([1]) }, path);
    assert.throws(() => save({ __metadata__: tensor([2]) }, path), ValueError);
    assert.deepEqual(load(path).get("w")!.toArray(), [1]);
    assert.deepEqual(readdirSync(folder), ["w.safetensors"]);
  });
});

test("without a file system, bytes still work, and files say so", () => {
  const host = globalThis as { process?: unknown };
  const found = Object.getOwnPropertyDescriptor(host, "process")!;
  Object.defineProperty(host, "process", { value: undefined, configurable: true });
  try {
    assert.deepEqual(deserialize(serialize({ w: tensor([1]) })).get("w")!.toArray(), [1]);
    for (const run of [() => load("w.safetensors"), () => save({}, "w.safetensors")]) {
      assert.throws(run, (error: Error) => {
        assert.match(
          error.message,
          /^Cannot (read|write) w\.safetensors: this runtime has no files/,
        );
        assert.match(error.message, /use serialize\(\) and deserialize\(\)$/);
        return error instanceof FileAccessError;
      });
    }
  } finally {
    Object.defineProperty(host, "process", found);
  }
});

test("saving and loading refuse options that they do not have", () => {
  const tensors = { x: tensor([1]) };
  const bytes = serialize(tensors);
  assert.throws(() => serialize(tensors, { meta: {} } as never), {
    name: "ValueError",
    message: 'Cannot save safetensors with option "meta": it takes "dtype", "metadata"',
  });
  assert.throws(() => save(tensors, "unwritten.safetensors", { Dtype: "float16" } as never), {
    message: 'Cannot save safetensors with option "Dtype": its name is "dtype" here',
  });
  assert.throws(() => deserialize(bytes, { device: "cpu" } as never), {
    message: 'Cannot load safetensors with option "device": it takes "convert"',
  });
});
