/** Files that are not of torch.save(), or ask for what must not be done. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { test } from "node:test";
import { zipSync } from "fflate";
import { FileFormatError, memory, type Tensor } from "../../../mod.ts";
import { deserialize, load } from "../../../src/utils/torch/mod.ts";

const encoder = new TextEncoder();
/** Concatenates codes, as letters or bytes, and texts of a line each. */
const code = (...parts: (string | number | readonly number[])[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => typeof part === "string" ? [...encoder.encode(part)] : part),
  );
const text = (value: string) => code("X", [value.length, 0, 0, 0], value);
const global = (module: string, name: string) => code(`c${module}\n${name}\n`);

/** An archive as torch.save() writes it. */
function archive(pickle: Uint8Array, more: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
  return zipSync({ "archive/data.pkl": pickle, "archive/data/0": new Uint8Array(16), ...more }, {
    level: 0,
  });
}

/** A program between the version and the end. */
const program = (...parts: Uint8Array[]) =>
  archive(code([0x80, 2], ...parts.map((part) => [...part]), "."));

interface Fields {
  readonly type?: Uint8Array;
  readonly key?: string;
  readonly count?: number;
  readonly offset?: Uint8Array;
  readonly shape?: readonly number[];
  readonly strides?: readonly number[];
}

const list = (values: readonly number[]) => code("(", ...values.map((v) => [0x4b, v]), "t");

/** A tensor [2, 2] of four floats, unless fields say otherwise. */
function tensorCode(fields: Fields = {}): Uint8Array {
  const { type = global("torch", "FloatStorage"), key = "0", count = 4 } = fields;
  const { offset = code("K", [0]), shape = [2, 2], strides = [2, 1] } = fields;
  const parts = [
    global("torch._utils", "_rebuild_tensor_v2"),
    code("(("),
    text("storage"),
    type,
    text(key),
    text("cpu"),
    code("K", [count], "tQ"),
    offset,
    list(shape),
    list(strides),
    code([0x89]),
    global("collections", "OrderedDict"),
    code(")RtR"),
  ];
  return code(...parts.map((part) => [...part]));
}

const ESCAPED = "tests/escaped.txt";
const calls = (module: string, name: string) =>
  program(global(module, name), text(`touch ${ESCAPED}`), code([0x85], "R"));

const FILES: readonly (readonly [bytes: Uint8Array, message: string])[] = [
  [new Uint8Array(), "not a zip archive"],
  [encoder.encode("<html></html>"), "it is a web page"],
  [code([0x80, 2], "}q", [0], "."), "a bare pickle, as PyTorch wrote before version 1.6"],
  [code([8, 0, 0, 0, 0, 0, 0, 0], '{"a":{}}'), "it is a safetensors file"],
  [zipSync({ "x.npy": new Uint8Array(1) }), "with 0 files data.pkl"],
  [archive(code("N."), { "b/data.pkl": code("N.") }), "with 2 files data.pkl"],
  [archive(code("N."), { "archive/constants.pkl": code("N.") }), "it is a TorchScript program"],
  [archive(code("N."), { "archive/code/x.py": code("") }), "it is a TorchScript program"],
  [archive(code("N."), { "archive/byteorder": code("big") }), "not little-endian"],
  [archive(code("")), "pickle is cut short"],
  [archive(code("X", [200, 0, 0, 0], "abc.")), "pickle is cut short"],
  [archive(code([0x8d, 255, 255, 255, 255, 255, 255, 255, 255], ".")), "pickle is cut short"],
  [archive(code("cos")), "pickle is cut short"],
  [archive(code([0x80, 9], "N.")), "version 9"],
  [program(code([0xff])), "unknown code 255 at byte 2"],
  [program(code("NN")), "leaves values behind"],
  [program(code("")), "takes a value that is not there"],
  [program(code("t")), "ends a list that has no begin"],
  [program(code("h", [3])), "has not remembered value 3"],
  [program(code("N(Ne")), "appends to what is no list"],
  [program(code("](K", [1], "Nu")), "sets an item of what is no dict"],
  [program(code("}(Nu")), "key without a value"],
  [program(code("})Ns")), "keys are neither texts nor whole numbers"],
  [program(code("}(K", [1], "N", [...text("1")], "Nu")), 'keys 1 and "1"'],
  [program(code("X", [1, 0, 0, 0, 255])), "not valid UTF-8"],
  [program(code([0x8b, 0, 0, 1, 0])), "a number of 65536 bytes"],
  [program(code("N)R")), "calls what is no function"],
  [program(global("torch", "FloatStorage")), "is a class or a storage"],
  [program(global("collections", "OrderedDict")), "is a class or a storage"],
  [program(code("NQ")), "refers to what is no storage"],
  [program(tensorCode({ key: "1" })), 'the elements "1" are missing'],
  [program(tensorCode({ count: 5 })), "have 16 bytes, not 20"],
  [program(tensorCode({ type: global("torch", "DoubleStorage") })), "have 16 bytes, not 32"],
  [program(tensorCode({ type: code("N") })), "refers to what is no storage"],
  [
    program(tensorCode({ type: global("torch.storage", "UntypedStorage"), count: 16 })),
    "has no dtype",
  ],
  [program(tensorCode({ shape: [3, 2] })), "shape [3, 2] and strides [2, 1] does not lie within"],
  [program(tensorCode({ strides: [3, 1] })), "does not lie within its 4 elements"],
  [program(tensorCode({ strides: [1] })), "does not lie within its 4 elements"],
  [program(tensorCode({ offset: code("K", [1]) })), "does not lie within its 4 elements"],
  [program(tensorCode({ offset: code("J", [255, 255, 255, 255]) })), "no list of whole numbers"],
  [program(tensorCode({ offset: code("N") })), "no list of whole numbers"],
  [program(tensorCode(), code("}b")), "a tensor, or another object, with attributes"],
  [program(code("(", [...tensorCode()], [0x91])), "a set of tensors or containers"],
  [program(code("]".repeat(600)), code("a".repeat(599))), "nested deeper than 500 levels"],
  [calls("os", "system"), 'an object of "os.system", which only Python can make, by running code'],
  [calls("posix", "system"), '"posix.system"'],
  [calls("builtins", "eval"), '"builtins.eval"'],
  [calls("__builtin__", "exec"), '"__builtin__.exec"'],
  [calls("torch._utils", "_rebuild_sparse_tensor"), '"torch._utils._rebuild_sparse_tensor"'],
  [calls("__main__", "Net"), '"__main__.Net"'],
  [calls("constructor", "prototype"), '"constructor.prototype"'],
  [program(text("os"), text("system"), code([0x93])), '"os.system"'],
  [program(text("__proto__"), text("x"), code([0x93])), '"__proto__.x"'],
];

for (const [i, [bytes, message]] of FILES.entries()) {
  test(`malformed .pt ${i} is refused: ${message}`, () => {
    const error = assertThrows(() => deserialize(bytes), FileFormatError, message);
    assert(/^Cannot read torch: .+; .+$/s.test(error.message), error.message);
    assert(error.message.length < 400);
  });
}

test("nothing was executed", () => {
  assert(!existsSync(ESCAPED));
});

test("the pieces that those files are made of are right", () => {
  assertEquals(deserialize<Tensor>(program(tensorCode())).toArray(), [[0, 0], [0, 0]]);
  assertEquals(deserialize<unknown>(program(code("}(K", [1], "NX", [1, 0, 0, 0], "a", "Nu"))), {
    1: null,
    a: null,
    // deno-lint-ignore no-explicit-any -- an object without a prototype
    __proto__: null as any,
  });
});

test("any byte that changes is noticed, or makes no difference", () => {
  const bytes = readFileSync(new URL("../../fixtures/torch/linear.pt", import.meta.url));
  const usual = [...deserialize(bytes)].map(([name, x]) => [name, x.toArray()]);
  for (let i = 0; i < bytes.length; i++) {
    const changed = Uint8Array.from(bytes);
    changed[i] ^= 0x55;
    try {
      assertEquals([...deserialize(changed)].map(([name, x]) => [name, x.toArray()]), usual);
    } catch (error) {
      assert(error instanceof FileFormatError, `byte ${i}: ${error}`);
    }
  }
});

test("a refused file is named, and leaves nothing in memory", () => {
  const before = memory.stats().storages;
  const wrong = archive(
    code([0x80, 2], "](", [...tensorCode()], [...tensorCode({
      type: global("torch", "BoolStorage"),
      key: "1",
      count: 2,
      shape: [2],
      strides: [1],
    })], "e."),
    { "archive/data/1": new Uint8Array([0, 7]) },
  );
  for (let i = 0; i < 10; i++) {
    assertThrows(
      () => deserialize(wrong),
      FileFormatError,
      'tensor "1" is BOOL, but its byte 1 is 7',
    );
  }
  assert(memory.stats().storages <= before + 2);
  assertThrows(
    () => load("tests/fixtures/torch/absent.pt"),
    Error,
    "there is no such file or folder",
  );
  rmSync(ESCAPED, { force: true });
});
