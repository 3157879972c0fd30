/**
 * The bytes of a `.npy` file: one array.
 *
 * ```text
 * 6 bytes   "\x93NUMPY"
 * 2 bytes   the version of the format: 1.0, 2.0 or 3.0
 * 2 bytes   N, the length of the header, little-endian; 4 bytes from version 2.0 on
 * N bytes   a dictionary of Python: dtype, order and shape
 * the rest  the elements
 * ```
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @module
 */

import type { DType } from "../../dtype.ts";
import { formatShape, sizeOf } from "../../shape.ts";
import { tensor } from "../../tensor/create.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type Conversions, dtypeFor, toTypedArray } from "../safetensors/convert.ts";
import { FILE_DTYPES, type FileDType, shorten } from "../safetensors/format.ts";
import { refuseStandIn } from "../stand_in.ts";
import type { Refusal } from "../zip.ts";

const MAGIC = "\x93NUMPY";
/** The header ends at a multiple of this, so that elements can be mapped. */
const ALIGNMENT = 64;

/** The element type of NumPy for each dtype, little-endian. */
const DESCRIPTIONS: Readonly<Record<DType, string>> = {
  float32: "<f4",
  float64: "<f8",
  int32: "<i4",
  uint8: "|u1",
  bool: "|b1",
};

/** The element types that are read, by NumPy's letter and size. */
const TYPES: ReadonlyMap<string, FileDType> = new Map([
  ["b1", "BOOL"],
  ["u1", "U8"],
  ["i1", "I8"],
  ["i2", "I16"],
  ["u2", "U16"],
  ["i4", "I32"],
  ["u4", "U32"],
  ["i8", "I64"],
  ["u8", "U64"],
  ["f2", "F16"],
  ["f4", "F32"],
  ["f8", "F64"],
]);

/** Returns the bytes of a file with `x`. */
export function encodeNpy(x: Tensor): Uint8Array<ArrayBuffer> {
  const { data, dtype, shape } = x;
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const header = `{'descr': '${
    DESCRIPTIONS[dtype]
  }', 'fortran_order': False, 'shape': (${sizes}), }`;
  const start = MAGIC.length + 4;
  const end = Math.ceil((start + header.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(end + data.byteLength);
  const text = `${header.padEnd(end - start - 1)}\n`;
  bytes.set(Array.from(MAGIC, (letter) => letter.charCodeAt(0)));
  bytes.set([1, 0, (end - start) & 255, (end - start) >> 8], MAGIC.length);
  bytes.set(new TextEncoder().encode(text), start);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), end);
  return bytes;
}

/**
 * Returns the array in the bytes of a file.
 *
 * @param bytes the whole file
 * @param name names the array in errors
 * @param convert as in `LoadOptions` of safetensors
 * @param refuse names the format in errors
 */
export function decodeNpy(
  bytes: Uint8Array,
  name: string,
  convert: boolean | Conversions,
  refuse: Refusal,
): Tensor {
  const { dtype, isBig, isFortran, shape, start } = readHeader(bytes, refuse);
  const { bytes: width } = FILE_DTYPES[dtype];
  const length = sizeOf(shape) * width;
  if (!Number.isSafeInteger(length)) refuse(`its shape ${formatShape(shape)} is too large`);
  if (bytes.length - start !== length) {
    refuse(
      `an array of shape ${shorten(formatShape(shape))} has ${length} bytes, but ${
        bytes.length - start
      } follow the header`,
    );
  }
  const view = bytes.subarray(start);
  const aligned = view.byteOffset % width === 0 && !isBig ? view : view.slice();
  if (isBig) { for (let i = 0; i < length; i += width) aligned.subarray(i, i + width).reverse(); }
  const entry = { dtype, shape, bytes: aligned };
  const x = tensor(toTypedArray(entry, name, convert), { dtype: dtypeFor(entry, name, convert) });
  if (!isFortran || shape.length < 2) return x.reshape(shape);
  return x.reshape(shape.toReversed()).T.contiguous();
}

interface Header {
  readonly dtype: FileDType;
  readonly isBig: boolean;
  readonly isFortran: boolean;
  readonly shape: readonly number[];
  readonly start: number;
}

function readHeader(bytes: Uint8Array, refuse: Refusal): Header {
  const magic = String.fromCharCode(...bytes.subarray(0, MAGIC.length));
  if (magic !== MAGIC) {
    refuseStandIn(bytes, refuse);
    refuse(
      magic.startsWith("PK") ? "it is an archive, as an .npz is" : "it does not begin as one does",
      magic.startsWith("PK") ? "read it with loadz()" : "check that it is the right file",
    );
  }
  const [major, minor] = [bytes[6], bytes[7]];
  if (bytes.length < 12) refuse(`the file has only ${bytes.length} bytes`);
  if (!(major >= 1 && major <= 3 && minor === 0)) {
    refuse(`it has version ${major}.${minor} of the format`, "save it with version 1, 2 or 3");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const begin = major === 1 ? 10 : 12;
  if (begin + length > bytes.length) refuse("the header is longer than the file");
  const text = new TextDecoder(major === 3 ? "utf-8" : "latin1")
    .decode(bytes.subarray(begin, begin + length));
  const fields = readDictionary(text, refuse);
  const names = [...fields.keys()].sort().join(" ");
  const [descr, order, shape] = ["descr", "fortran_order", "shape"].map((key) => fields.get(key));
  if (names !== "descr fortran_order shape") {
    refuse(`its header has the keys "${shorten(names)}", not descr, fortran_order and shape`);
  }
  if (typeof order !== "boolean") refuse("its fortran_order is neither True nor False");
  if (!Array.isArray(shape)) refuse("its shape is not a tuple of whole numbers");
  if (typeof descr !== "string") refuse("its descr is not a type in quotes");
  return { ...readType(descr, refuse), isFortran: order, shape, start: begin + length };
}

/** The values of the header: a text, a boolean or a tuple of whole numbers. */
type Value = string | boolean | readonly number[];

const ENTRY =
  /\s*(['"])(\w+)\1\s*:\s*(?:(['"])([^'"\\]*)\3|(True|False)|\(((?:\s*\d+L?\s*,)*\s*(?:\d+L?)?)\s*\))\s*(,|(?=\}))/y;

/** Reads the dictionary; anything but such values is refused, and nothing is evaluated. */
function readDictionary(text: string, refuse: Refusal): Map<string, Value> {
  const fields = new Map<string, Value>();
  const body = text.trim();
  if (!body.startsWith("{") || !body.endsWith("}")) refuse("its header is not a dictionary");
  if (/'descr'\s*:\s*\[/.test(body)) {
    refuse("it holds records of several fields", "save each field as an array of its own");
  }
  ENTRY.lastIndex = 1;
  while (!/^\s*\}$/.test(body.slice(ENTRY.lastIndex))) {
    const at = ENTRY.lastIndex;
    const found = ENTRY.exec(body);
    if (found === null) refuse(`its header is no plain dictionary from character ${at} on`);
    const [, , key, , string, boolean, tuple] = found;
    if (fields.has(key)) refuse(`its header has the key "${shorten(key)}" twice`);
    fields.set(key, string ?? (boolean !== undefined ? boolean === "True" : numbersIn(tuple)));
  }
  return fields;
}

function numbersIn(tuple: string): number[] {
  return Array.from(tuple.matchAll(/\d+/g), ([digits]) => Number(digits));
}

function readType(descr: string, refuse: Refusal): { dtype: FileDType; isBig: boolean } {
  const dtype = TYPES.get(descr.replace(/^[<>|=]/, ""));
  if (dtype !== undefined) return { dtype, isBig: descr.startsWith(">") };
  if (/O/.test(descr)) {
    return refuse(
      "it holds objects of Python, as a pickle that could run code",
      "save numbers alone, with allow_pickle=False",
    );
  }
  return refuse(
    `its elements are of type "${shorten(descr)}", which no tensor has`,
    "convert them in NumPy, as in x.astype('float32')",
  );
}
