import { test } from "node:test";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { DTypeError, FileFormatError, ValueError } from "../../../mod.ts";
import { DTYPES } from "../../../src/dtype.ts";
import { decode } from "../../../src/utils/safetensors/decode.ts";
import {
  type Conversions,
  FILE_DTYPE_OF,
  toTypedArray,
} from "../../../src/utils/safetensors/convert.ts";
import { type Entry, FILE_DTYPES, type FileDType } from "../../../src/utils/safetensors/format.ts";
import { encode } from "../../../src/utils/safetensors/encode.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const FILE_DTYPE_NAMES = Object.keys(FILE_DTYPES) as FileDType[];

/** The entry that is read after the elements of `array` are saved as `dtype`. */
function saved(dtype: FileDType, array: ArrayBufferView): Entry {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const shape = [bytes.length / FILE_DTYPES[dtype].bytes];
  return decode(encode([["w", { dtype, shape, bytes }]])).entries.get("w")!;
}

const WIDER_OR_NARROWER: FileDType[] = ["F16", "BF16", "I64", "I16", "I8"];

const ALL_HALVES = Uint16Array.from({ length: 65536 }, (_, i) => i);

/** The value of a binary float, from the definition of IEEE 754. */
function floatValue(bits: number, exponentBits: number, mantissaBits: number): number {
  const sign = bits >> (exponentBits + mantissaBits) ? -1 : 1;
  const exponent = (bits >> mantissaBits) % 2 ** exponentBits;
  const fraction = (bits % 2 ** mantissaBits) / 2 ** mantissaBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias);
  return sign * (1 + fraction) * 2 ** (exponent - bias);
}

/** Checks every element with `Object.is`, so that -0 is not 0. */
function assertSameFloats(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assertStrictEquals(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert(Object.is(actual[i], expected[i]), `${i}: ${actual[i]}, expected ${expected[i]}`);
  }
}

test("the dtypes of tensors are read as they were saved, without asking", () => {
  const arrays = {
    F32: new Float32Array([0, -0, 1.5, -1e-45, 3.4e38, Infinity, NaN]),
    F64: new Float64Array([0, -0, Math.PI, 5e-324, -Infinity, NaN]),
    I32: new Int32Array([0, 1, -1, 2147483647, -2147483648]),
    U8: new Uint8Array([0, 1, 127, 128, 255]),
    BOOL: new Uint8Array([0, 1, 1, 0]),
  };
  for (const [dtype, array] of Object.entries(arrays)) {
    const entry = saved(dtype as FileDType, array);
    assertSame(toTypedArray(entry, "w"), array);
    assertSame(toTypedArray(entry, "w", true), array);
  }
});

test("every dtype is read as the array of the dtype that FILE_DTYPES names", () => {
  for (const dtype of FILE_DTYPE_NAMES) {
    for (const length of [0, 3]) {
      const entry = saved(dtype, new Uint8Array(length * FILE_DTYPES[dtype].bytes));
      const array = toTypedArray(entry, "w", true);
      assertStrictEquals(array.constructor, DTYPES[FILE_DTYPES[dtype].dtype].array);
      assertStrictEquals(array.length, length);
    }
  }
  for (const [dtype, fileDType] of Object.entries(FILE_DTYPE_OF)) {
    assertStrictEquals(FILE_DTYPES[fileDType].dtype, dtype);
  }
});

test("other dtypes are refused without convert, even when every value would fit", () => {
  for (const dtype of WIDER_OR_NARROWER) {
    const entry = saved(dtype, new Uint8Array(FILE_DTYPES[dtype].bytes));
    for (const convert of [undefined, false]) {
      assertThrowsMessage(
        () => toTypedArray(entry, "fc.weight", convert),
        DTypeError,
        `Cannot load tensor "fc.weight" as it is: tensors have no dtype ${dtype}; ` +
          `pass { convert: true } to load it as ${FILE_DTYPES[dtype].dtype}`,
      );
    }
  }
});

test("F16 converts exactly: all 65,536 values", () => {
  const floats = toTypedArray(saved("F16", ALL_HALVES), "w", true);
  assertSameFloats(floats, Array.from(ALL_HALVES, (bits) => floatValue(bits, 5, 10)));
  // 2^-24, 1/3 rounded, 65504, from the table of IEEE 754 binary16.
  assertSameFloats(
    [floats[0x0001], floats[0x3555], floats[0x7bff]],
    [5.960464477539063e-8, 0.333251953125, 65504],
  );
});

test("BF16 converts exactly: all 65,536 values", () => {
  const floats = toTypedArray(saved("BF16", ALL_HALVES), "w", true);
  assertSameFloats(floats, Array.from(ALL_HALVES, (bits) => floatValue(bits, 8, 7)));
  assertSameFloats([floats[0x3f80], floats[0x4049], floats[0xc000]], [1, 3.140625, -2]);
});

test("F16 and BF16 keep the sign and payload of NaN", () => {
  const bitsOf = (dtype: FileDType, half: number) =>
    new Uint32Array(
      toTypedArray(saved(dtype, new Uint16Array([half])), "w", true).buffer,
    )[0];
  assertEquals(bitsOf("F16", 0xfe01), 0xffc02000);
  assertEquals(bitsOf("BF16", 0xffc1), 0xffc10000);
});

test("I8 and I16 convert to int32 with their sign", () => {
  const bytes = new Int8Array([0, 1, -1, 127, -128]);
  assertSame(toTypedArray(saved("I8", bytes), "w", true), new Int32Array([0, 1, -1, 127, -128]));
  const words = new Int16Array([0, 1, -1, 32767, -32768]);
  assertSame(
    toTypedArray(saved("I16", words), "w", true),
    new Int32Array([0, 1, -1, 32767, -32768]),
  );
});

test("I64 converts to int32 when every value fits", () => {
  const longs = new BigInt64Array([0n, 1n, -1n, 2147483647n, -2147483648n]);
  assertSame(
    toTypedArray(saved("I64", longs), "w", true),
    new Int32Array([0, 1, -1, 2147483647, -2147483648]),
  );
});

test("the counter of batch normalization, I64 in PyTorch, needs no conversion", () => {
  const longs = new BigInt64Array([7n]);
  assertEquals(toTypedArray(saved("I64", longs), "1.num_batches_tracked"), new Int32Array([7]));
});

test("I64 names the first value that does not fit in int32", () => {
  const tooLarge = [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 32n, 2n ** 63n - 1n, -(2n ** 63n)];
  for (const value of tooLarge) {
    const entry = saved("I64", new BigInt64Array([5n, value, 2n ** 40n]));
    const wayOut = value === 2n ** 63n - 1n
      ? "save it with another dtype"
      : 'convert it to another dtype with { convert: { I64: "float64" } }';
    assertThrowsMessage(
      () => toTypedArray(entry, "ids", true),
      ValueError,
      `Cannot convert tensor "ids" from I64 to int32: element 1 is ${value}, which ` +
        `int32 cannot hold exactly; ${wayOut}`,
    );
  }
});

test("BOOL refuses bytes other than 0 and 1", () => {
  const entry = saved("BOOL", new Uint8Array([0, 1, 2]));
  assertThrowsMessage(
    () => toTypedArray(entry, "mask"),
    FileFormatError,
    'Cannot read safetensors: tensor "mask" is BOOL, but its byte 2 is 2, not 0 or 1; ' +
      "the file is damaged, download or save it again",
  );
});

test("values survive a file whose data is misaligned", () => {
  const floats = new Float32Array([1.5, -2.25, 1e-20]);
  const file = encode([["w", { dtype: "F32", shape: [3], bytes: new Uint8Array(floats.buffer) }]]);
  const shifted = new Uint8Array(file.length + 1);
  shifted.set(file, 1);
  const entry = decode(shifted.subarray(1)).entries.get("w")!;
  assertEquals(toTypedArray(entry, "w"), floats);
});

test("types that tensors lack become the chosen dtype, if it holds every element", () => {
  const longs = new BigInt64Array([3_000_000_000n, -(2n ** 53n), 2n ** 60n]);
  assertEquals(
    toTypedArray(saved("I64", longs), "ids", { I64: "float64" }),
    Float64Array.of(3e9, -(2 ** 53), 2 ** 60),
  );
  const counts = new BigUint64Array([2n ** 63n, 5n]);
  assertEquals(
    toTypedArray(saved("U64", counts), "n", { U64: "float32" }),
    Float32Array.of(2 ** 63, 5),
  );
  assertEquals(
    toTypedArray(saved("U32", Uint32Array.of(2 ** 32 - 1)), "n", { U32: "float64" }),
    Float64Array.of(2 ** 32 - 1),
  );
  assertEquals(toTypedArray(saved("U16", Uint16Array.of(65535)), "n", true), Int32Array.of(65535));
  assertEquals(toTypedArray(saved("I8", Int8Array.of(7)), "n", { I8: "uint8" }), Uint8Array.of(7));
  const faults: [FileDType, ArrayBufferView, Conversions, number | bigint, string][] = [
    ["I64", new BigInt64Array([2n ** 53n + 1n]), { I64: "float64" }, 2n ** 53n + 1n, "float64"],
    ["U64", new BigUint64Array([2n ** 64n - 1n]), { U64: "float32" }, 2n ** 64n - 1n, "float32"],
    ["U32", Uint32Array.of(2 ** 31), { U32: "int32" }, 2 ** 31, "int32"],
    ["I16", Int16Array.of(-1), { I16: "uint8" }, -1, "uint8"],
    ["F16", Uint16Array.of(0x3800), { F16: "int32" }, 0.5, "int32"],
  ];
  for (const [type, array, convert, value, dtype] of faults) {
    const error = assertThrows(() => toTypedArray(saved(type, array), "w", convert), ValueError);
    const text =
      `Cannot convert tensor "w" from ${type} to ${dtype}: element 0 is ${value}, which `;
    assert(error.message.startsWith(text), error.message);
  }
  // A choice for one type is none for another.
  assertThrows(
    () => toTypedArray(saved("I16", Int16Array.of(1)), "w", { I8: "int32" }),
    DTypeError,
  );
});

test("numbers of 8 bits are those of their formats", () => {
  // Micikevicius et al., "FP8 formats for deep learning" (2022), table 1.
  const e4m3 = Uint8Array.of(0x00, 0x80, 0x01, 0x07, 0x08, 0x38, 0xb8, 0x7e, 0x7f, 0xff);
  assertSame(
    toTypedArray(saved("F8_E4M3", e4m3), "w", true),
    Float32Array.of(0, -0, 2 ** -9, 0.875 * 2 ** -6, 2 ** -6, 1, -1, 448, NaN, NaN),
  );
  const e5m2 = Uint8Array.of(0x00, 0x80, 0x01, 0x03, 0x04, 0x3c, 0xbc, 0x7b, 0x7c, 0xfc, 0x7e);
  assertSame(
    toTypedArray(saved("F8_E5M2", e5m2), "w", true),
    Float32Array.of(
      0,
      -0,
      2 ** -16,
      3 * 2 ** -16,
      2 ** -14,
      1,
      -1,
      57344,
      Infinity,
      -Infinity,
      NaN,
    ),
  );
});
