/**
 * Safetensors files spelled out, for the tests.
 *
 * @module
 */

/** A file of `header`, unpadded, and `data`, given as bytes or as a number of zero bytes. */
export function fileOf(header: string | Uint8Array, data: Uint8Array | number = 0): Uint8Array {
  const head = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const tail = typeof data === "number" ? new Uint8Array(data) : data;
  const file = new Uint8Array(8 + head.length + tail.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(head.length), true);
  file.set(head, 8);
  file.set(tail, 8 + head.length);
  return file;
}

const REFERENCE_HEADER = `{"__metadata__":{"a":"b"},` +
  `"i64":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},` +
  `"f64":{"dtype":"F64","shape":[1],"data_offsets":[8,16]},` +
  `"f32":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},` +
  `"q\\"\\\\\\n\\u0001\u007f\u2028\u00e9/":{"dtype":"F32","shape":[0],"data_offsets":[20,20]},` +
  `"\ue000":{"dtype":"F32","shape":[0],"data_offsets":[20,20]},` +
  `"\u{1f600}":{"dtype":"F32","shape":[],"data_offsets":[20,24]},` +
  `"i32":{"dtype":"I32","shape":[1],"data_offsets":[24,28]},` +
  `"bf16":{"dtype":"BF16","shape":[1],"data_offsets":[28,30]},` +
  `"f16":{"dtype":"F16","shape":[1],"data_offsets":[30,32]},` +
  `"i16":{"dtype":"I16","shape":[1],"data_offsets":[32,34]},` +
  `"i8":{"dtype":"I8","shape":[1],"data_offsets":[34,35]},` +
  `"u8":{"dtype":"U8","shape":[1],"data_offsets":[35,36]},` +
  `"b":{"dtype":"BOOL","shape":[1],"data_offsets":[36,37]}}      `;

/**
 * The file that `safetensors` 0.8.0 for Python writes of 13 tensors: every dtype, a scalar, empty
 * tensors, a name full of escapes, and two names that UTF-16 and UTF-8 sort differently.
 */
export const REFERENCE_FILE: Uint8Array = fileOf(
  REFERENCE_HEADER,
  // deno-fmt-ignore
  new Uint8Array([
    1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 0, 0, 0, 0, 1, 2, 3, 4,
    1, 2, 1, 2, 1, 2, 1, 1, 1,
  ]),
);
