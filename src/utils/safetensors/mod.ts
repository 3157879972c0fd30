/**
 * The safetensors format at the level of bytes.
 *
 * @module
 */

export type { Entry, FileDType } from "./entry.ts";
export { ELEMENT_BYTES, FILE_DTYPES } from "./entry.ts";
export { decode, type DecodedFile } from "./decode.ts";
export { encode } from "./encode.ts";
export { type ConvertOptions, DTYPE_OF, FILE_DTYPE_OF, toTypedArray } from "./convert.ts";
export { quote, refuse } from "./refuse.ts";
export { readFile } from "./read_file.ts";
export { narrow, NARROW_DTYPES, type NarrowDType } from "./narrow.ts";
