/**
 * What the header says about one tensor, and the rules that it must keep by itself.
 *
 * @module
 */

import { formatShape } from "../../shape.ts";
import { ELEMENT_BYTES, FILE_DTYPES, type FileDType, isFileDType } from "./entry.ts";
import { type Json, type JsonObject, NumberLiteral } from "./header.ts";
import { quote, refuse, shorten } from "./refuse.ts";

/** The header of one tensor: its elements are the bytes `begin <= i < end` of the data. */
export interface TensorInfo {
  readonly dtype: FileDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads `{"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}`.
 *
 * Further fields are ignored, as the reference implementation does, so that the format can grow.
 *
 * @param name the name of the tensor, for the messages
 * @param json what the header has under that name
 * @throws {FileFormatError} if a field is missing or malformed, the dtype is unknown, the end
 *   comes before the beginning, or the bytes between them are not those of the shape
 */
export function readTensorInfo(name: string, json: Json): TensorInfo {
  const tensor = `tensor ${quote(name)}`;
  if (!(json instanceof Map)) refuse(`${tensor} is ${describe(json)} in the header, not an object`);
  const dtype = readDType(tensor, field(tensor, json, "dtype"));
  const shape = readWholeNumbers(tensor, "shape", field(tensor, json, "shape"));
  const offsets = readWholeNumbers(tensor, "data_offsets", field(tensor, json, "data_offsets"));
  if (offsets.length !== 2) {
    refuse(`${tensor} has ${offsets.length} data_offsets, not the two of its begin and end`);
  }
  const [begin, end] = offsets;
  if (begin > end) refuse(`${tensor} begins at byte ${begin}, after its end at byte ${end}`);
  const bytes = byteLength(tensor, dtype, shape);
  if (end - begin !== bytes) {
    refuse(
      `${tensor} is ${dtype} ${shorten(formatShape(shape))}, which takes ${bytes} bytes, but its ` +
        `data_offsets span ${end - begin}`,
    );
  }
  return { dtype, shape, begin, end };
}

function field(tensor: string, json: JsonObject, key: string): Json {
  return json.get(key) ?? refuse(`${tensor} has ${json.has(key) ? "null as" : "no"} "${key}"`);
}

function readDType(tensor: string, json: Json): FileDType {
  if (typeof json !== "string") refuse(`the dtype of ${tensor} is ${describe(json)}, not a string`);
  if (!isFileDType(json)) {
    refuse(
      `${tensor} has the unknown dtype ${quote(json)}`,
      `save it as one of ${FILE_DTYPES.join(", ")}`,
    );
  }
  return json;
}

function readWholeNumbers(tensor: string, key: string, json: Json): number[] {
  if (!Array.isArray(json)) refuse(`the ${key} of ${tensor} is ${describe(json)}, not an array`);
  return json.map((item, i) => {
    const text = item instanceof NumberLiteral ? item.text : "";
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    refuse(`${key}[${i}] of ${tensor} is ${describe(item)}, not a whole number from 0 to 2^53 - 1`);
  });
}

/**
 * The bytes of `shape`: the product of its sizes times the element size, exact at every step.
 *
 * A product that is too large is refused even if a later size is 0, as the reference does.
 */
function byteLength(tensor: string, dtype: FileDType, shape: readonly number[]): number {
  let product = 1;
  for (const factor of [...shape, ELEMENT_BYTES[dtype]]) {
    product *= factor;
    if (!Number.isSafeInteger(product)) {
      refuse(`${tensor} is ${dtype} ${shorten(formatShape(shape))}, which is 2^53 bytes or more`);
    }
  }
  return product;
}

/** A value as messages speak of it: in full if it is short, else by its kind. */
function describe(json: Json): string {
  if (typeof json === "string") return `the string ${quote(json)}`;
  if (json instanceof Map) return "an object";
  if (Array.isArray(json)) return "an array";
  if (!(json instanceof NumberLiteral)) return `${json}`;
  if (json.text.startsWith("-")) return `the negative number ${shorten(json.text)}`;
  if (/^\d+$/.test(json.text)) return `the number ${shorten(json.text)}`;
  return `the number ${shorten(json.text)} with a fraction or an exponent`;
}
