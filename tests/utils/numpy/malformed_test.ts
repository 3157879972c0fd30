/** Files that are no `.npy` and `.npz` files, each in its own way. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { test } from "node:test";
import { zipSync } from "fflate";
import { FileFormatError, memory, tensor } from "../../../mod.ts";
import { deserialize, deserializez, serialize, serializez } from "../../../src/utils/numpy/mod.ts";

const DATA = new Uint8Array(8);

/** A file with a header of its own, and `data` behind it. */
function npy(header: string, data: Uint8Array = DATA, version = [1, 0], length?: number) {
  const text = new TextEncoder().encode(`${header}\n`);
  const n = length ?? text.length;
  const size = version[0] === 1 ? [n & 255, n >> 8] : [n & 255, n >> 8, 0, 0];
  return new Uint8Array([
    0x93,
    ...new TextEncoder().encode("NUMPY"),
    ...version,
    ...size,
    ...text,
    ...data,
  ]);
}

function dict(descr: string, order = "False", shape = "(2,)"): string {
  return `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
}

const good = npy(dict("'<f4'"));

/** Files, and what the message says. */
const NPY: readonly (readonly [bytes: Uint8Array, message: string])[] = [
  [new Uint8Array(), "does not begin as one does"],
  [new TextEncoder().encode("<html></html>"), "it is a web page"],
  [new TextEncoder().encode("PK\x03\x04 and more of it"), "an archive, as an .npz is"],
  [good.slice(0, 8), "has only 8 bytes"],
  [npy(dict("'<f4'"), DATA, [4, 0]), "version 4.0"],
  [npy(dict("'<f4'"), DATA, [1, 1]), "version 1.1"],
  [npy(dict("'<f4'"), DATA, [1, 0], 5000), "header is longer than the file"],
  [npy("not a dictionary"), "header is not a dictionary"],
  [npy("{'descr': '<f4', 'shape': (2,), }"), 'has the keys "descr shape"'],
  [npy(`${dict("'<f4'").slice(0, -1)} 'more': (1,), }`), 'keys "descr fortran_order more shape"'],
  [npy(`{'descr': '<f4', ${dict("'<f4'").slice(1)}`), 'key "descr" twice'],
  [npy(dict("'<f4'", "1")), "no plain dictionary from character"],
  [npy(dict("'<f4'", "'True'")), "neither True nor False"],
  [npy(dict("'<f4'", "False", "'2'")), "shape is not a tuple"],
  [npy(dict("'<f4'", "False", "(-2,)")), "no plain dictionary"],
  [npy(dict("'<f4'", "False", "(2.0,)")), "no plain dictionary"],
  [npy(dict("'<f4'", "False", "(1e1,)")), "no plain dictionary"],
  [npy(dict("'<f4'", "False", "(__import__('os'),)")), "no plain dictionary"],
  [npy(dict("True")), "descr is not a type"],
  [npy(dict("'|O'")), "objects of Python, as a pickle that could run code"],
  [npy(dict("[('a', '<f4'), ('b', '<f4')]")), "records of several fields"],
  [npy(dict("'<U2'")), 'type "<U2"'],
  [npy(dict("'<c8'")), 'type "<c8"'],
  [npy(dict("'<M8[ns]'")), 'type "<M8[ns]"'],
  [npy(dict("'<f3'")), 'type "<f3"'],
  [npy(dict("'|b1'"), new Uint8Array([0, 2])), "is BOOL, but its byte 1 is 2"],
  [good.slice(0, -1), "has 8 bytes, but 7 follow"],
  [new Uint8Array([...good, 0]), "has 8 bytes, but 9 follow"],
  [npy(dict("'<f8'", "False", "(3, 2)")), "of shape [3, 2] has 48 bytes, but 8 follow"],
  [npy(dict("'<f4'", "False", "(99999999, 99999999, 99999999)")), "is too large"],
  [npy(dict("'<f4'", "False", "(100000000,)")), "has 400000000 bytes, but 8 follow"],
];

for (const [i, [bytes, message]] of NPY.entries()) {
  test(`malformed .npy ${i} is refused: ${message}`, () => {
    const error = assertThrows(() => deserialize(bytes), FileFormatError, message);
    assert(/^Cannot read npy: .+; .+$/.test(error.message), error.message);
  });
}

test("headers of other writers are read: any order, quotes, spaces, long integers", () => {
  for (
    const header of [
      `{"shape": (2L, ), "descr": "<f4", "fortran_order": False}`,
      `  {  'fortran_order':False,'descr':'=f4','shape':( 2 ,)}   `,
    ]
  ) {
    assertEquals(deserialize(npy(header)).shape, [2]);
  }
});

const archive = serializez({ x: tensor([1, 2]), y: tensor([3]) });
const packed = serializez({ x: tensor(new Array(100).fill(1)) }, { compressed: true });

/** Returns a copy with bytes written over it, at a place from the front or, below 0, from the end. */
function edit(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(values, at < 0 ? copy.length + at : at);
  return copy;
}

function find(bytes: Uint8Array, ...signature: number[]): number {
  return bytes.findIndex((_, i) => signature.every((byte, j) => bytes[i + j] === byte));
}

const central = find(archive, 0x50, 0x4b, 1, 2);
const packedCentral = find(packed, 0x50, 0x4b, 1, 2);
const firstData = 30 + 5;

const NPZ: readonly (readonly [bytes: Uint8Array, message: string])[] = [
  [new Uint8Array(), "not a zip archive"],
  [new TextEncoder().encode("<html></html>"), "it is a web page"],
  [serialize(tensor([1])), "it is a single array"],
  [archive.slice(0, -1), "not a zip archive"],
  [archive.slice(0, 100), "not a zip archive"],
  [edit(archive, -22, 0), "not a zip archive"],
  [new Uint8Array([...archive, 1]), "not a zip archive"],
  [archive.slice(10), "lies behind its end"],
  [edit(archive, -12, 9), "ends after 2 of 9 files"],
  [edit(archive, -12, 3), "ends after 2 of 3 files"],
  [edit(archive, -6, 255, 255, 255, 0), "lies behind its end"],
  [edit(archive, -12, 0xff, 0xff), "lacks its end of 64 bits"],
  [edit(archive, -10, 255, 255, 255, 0), "lies behind its end"],
  [edit(archive, central, 0), "ends after 0 of 2 files"],
  [edit(archive, central + 8, 1), '"x.npy" is encrypted'],
  [edit(archive, central + 10, 14), "compressed by method 14"],
  [edit(archive, central + 16, 0), 'checksum of "x.npy" is wrong'],
  [edit(archive, central + 20, 1), "does not have the size that it says"],
  [edit(archive, central + 24, 1), "does not have the size that it says"],
  [edit(archive, central + 24, 0xff, 0xff, 0xff, 0xff), 'lacks the size or place of "x.npy"'],
  [edit(archive, central + 28, 0xff, 0xff), "directory of the archive is cut short"],
  [edit(archive, central + 42, 1), "is not where the directory of the archive says"],
  [edit(archive, central + 42, 0xff, 0xff, 0xff, 0x7f), "lies behind the end"],
  [edit(archive, central + 46, 0x7a), "has another name inside of the archive"],
  [edit(archive, central + 46, 0xff), "not valid UTF-8"],
  [edit(archive, firstData + 130, 99), "checksum"],
  [edit(packed, 60, 0xff, 0xff, 0xff), "x.npy"],
  [edit(packed, packedCentral + 24, 1, 0), "is larger than it says"],
  [edit(packed, packedCentral + 24, 0, 4), "is smaller than it says"],
  [edit(packed, packedCentral + 24, 0, 0, 0, 0x70), "cannot become as large as it says"],
  [zipSync({ "readme.txt": DATA }), '"readme.txt", which is no .npy file'],
  [zipSync({ "x.npy": DATA }), 'array "x": it does not begin as one does'],
  [zipSync({ "x.npy": npy(dict("'|O'")) }), "could run code"],
  [zipSync({ "x.npy": good, "X.npy": good.slice(0, -1) }), 'array "X": an array of shape [2]'],
];

for (const [i, [bytes, message]] of NPZ.entries()) {
  test(`malformed .npz ${i} is refused: ${message}`, () => {
    const error = assertThrows(() => deserializez(bytes), FileFormatError, message);
    assert(/^Cannot read npz: .+; .+$/.test(error.message), error.message);
  });
}

test("an archive that names a file twice is refused", () => {
  const twice = zipSync({ "x.npy": good, "y.npy": good });
  const places = [...twice.keys()].filter((i) => twice[i] === 0x79 && twice[i + 1] === 0x2e);
  assertEquals(places.length, 2);
  for (const place of places) twice[place] = 0x78;
  assertThrows(() => deserializez(twice), FileFormatError, 'holds the file "x.npy" twice');
});

test("any byte that changes is noticed, or makes no difference", () => {
  const usual = [...deserializez(packed).get("x")!.data];
  let refused = 0;
  for (let i = 0; i < packed.length; i++) {
    try {
      const found = deserializez(edit(packed, i, packed[i] ^ 0x55));
      // Times, attributes and the like are not read.
      for (const x of found.values()) assertEquals([...x.data], usual);
    } catch (error) {
      assert(error instanceof FileFormatError, `byte ${i}: ${error}`);
      refused++;
    }
  }
  assert(refused > packed.length / 2);
});

test("a refused archive leaves nothing in memory", () => {
  const before = memory.stats().storages;
  for (let i = 0; i < 20; i++) {
    assertThrows(() => deserializez(zipSync({ "x.npy": good, "y.npy": good.slice(0, -1) })));
  }
  assertEquals(memory.stats().storages, before);
});
