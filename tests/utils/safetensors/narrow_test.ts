import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { arange, DTypeError, manualSeed, randn, tensor } from "../../../mod.ts";
import * as nn from "../../../src/nn/mod.ts";
import * as safetensors from "../../../src/utils/safetensors/mod.ts";
import { decode } from "../../../src/utils/safetensors/decode.ts";
import type { FileDType } from "../../../src/utils/safetensors/format.ts";
import { narrow, type NarrowDType, toTypedArray } from "../../../src/utils/safetensors/convert.ts";
import { assertSame, assertThrowsMessage } from "../../support/assert.ts";

const FORMATS: [NarrowDType, FileDType][] = [["float16", "F16"], ["bfloat16", "BF16"]];

function widen(bits: Uint16Array, dtype: FileDType): ArrayLike<number> {
  const bytes = new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength);
  return toTypedArray({ dtype, shape: [bits.length], bytes }, "w", true);
}

test("numbers, ties and both ends of the range are rounded as PyTorch does, bit for bit", () => {
  const { entries } = decode(
    readFileSync(new URL("../../fixtures/halves.safetensors", import.meta.url)),
  );
  const values = toTypedArray(entries.get("float32")!, "float32");
  for (const [dtype, fileDType] of FORMATS) {
    const expected = entries.get(dtype)!;
    assertStrictEquals(expected.dtype, fileDType);
    const { bytes } = expected;
    const bits = narrow(values, dtype);
    assertSame(new Uint8Array(bits.buffer), new Uint8Array(bytes));
    assert(new Set(bits).size > 64);
  }
});

test("every 16-bit number comes back as it was", () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  for (const [dtype, fileDType] of FORMATS) {
    const values = widen(all, fileDType);
    const bits = narrow(values, dtype);
    const quiet = dtype === "float16" ? 0x7e00 : 0x7fc0;
    bits.forEach((b, i) => assertStrictEquals(b, Number.isNaN(values[i]) ? quiet : i));
  }
});

test("float64 is rounded once: just above a tie goes up", () => {
  // By way of float32, 2^-30 would be lost and the tie would go down to the even 1.
  const x = [1 + 2 ** -11 + 2 ** -30, 1 + 2 ** -11];
  assertEquals([...narrow(x, "float16")], [0x3c01, 0x3c00]);
  const y = [1 + 2 ** -8 + 2 ** -40, 1 + 2 ** -8, 5e-324, -5e-324, 1e300];
  assertSame([...narrow(y, "bfloat16")], [0x3f81, 0x3f80, 0, 0x8000, 0x7f80]);
});

test("only floating-point tensors are rounded, and loading asks for the choice to convert", () => {
  const x = tensor([[1.0009765625, -2], [70000, 3e-8]], { dtype: "float64" }).T;
  const state = { x, ids: arange(3, { dtype: "int32" }), on: tensor([true]), none: randn([0, 2]) };
  const bytes = safetensors.serialize(state, { dtype: "float16", metadata: { made: "here" } });
  const { entries, metadata } = decode(bytes);
  assertEquals([...entries].map(([name, { dtype }]) => [name, dtype]), [
    ["ids", "I32"],
    ["none", "F16"],
    ["x", "F16"],
    ["on", "BOOL"],
  ]);
  assertEquals(metadata.get("made"), "here");
  assertThrowsMessage(
    () => safetensors.deserialize(bytes),
    DTypeError,
    'Cannot load tensor "none" as it is: tensors have no dtype F16; ' +
      "pass { convert: true } to load it as float32",
  );
  const back = safetensors.deserialize(bytes, { convert: true });
  assertEquals(back.get("x")!.toArray(), [[1.0009765625, Infinity], [-2, 2 ** -24]]);
  assertSame(back.get("none")!.shape, [0, 2]);
});

test("another type to round to is refused", () => {
  assertThrowsMessage(
    () => safetensors.serialize({}, { dtype: "float8" as NarrowDType }),
    DTypeError,
    "Cannot save safetensors as float8: tensors can be rounded to float16 or bfloat16; " +
      "convert them with .to() for other types",
  );
});

test("a model comes back from half the bytes, its numbers the nearest of 8 or 11 bits", () => {
  // A weight below 2^-14 would lose more of its bits in float16.
  manualSeed(0);
  const folder = mkdtempSync(join(tmpdir(), "gradus-halves-"));
  try {
    const path = join(folder, "net.safetensors");
    for (const [dtype, epsilon] of [["float16", 2 ** -11], ["bfloat16", 2 ** -8]] as const) {
      const [first, second] = [0, 1].map(() =>
        new nn.Sequential(new nn.Linear(20, 10), new nn.BatchNorm1d(10))
      );
      nn.save(first, path, { dtype });
      nn.load(second, path, { convert: true });
      const [a, b] = [first, second].map((model) => (model.at(0) as nn.Linear).weight);
      assertEquals(b.dtype, "float32");
      const error = b.sub(a).abs().div(a.abs()).max().item();
      assert(error > 0 && error <= epsilon, `${error}`);
      nn.save(second, path, { dtype });
      const again = safetensors.load(path, { convert: true });
      assertEquals(again.get("0.weight")!.toArray(), b.toArray());
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
