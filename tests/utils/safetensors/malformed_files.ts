/**
 * Files that are not safetensors files, each in its own way.
 *
 * @module
 */

import { fileOf } from "./fixtures.ts";

const DAMAGED = "; the file is damaged, download or save it again";
const CUT = "; the file is cut short, download or save it again";

/** A header of one tensor "w", four bytes of F32 unless `fields` say otherwise. */
export function headerOf(
  fields: { dtype?: string; shape?: string; offsets?: string } = {},
): string {
  const { dtype = '"F32"', shape = "[1]", offsets = "[0,4]" } = fields;
  return `{"w":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`;
}

/** A file of float32 vectors "a", "b", … that claim the given bytes. */
function layoutOf(offsets: [number, number][], dataBytes: number): Uint8Array {
  const fields = offsets.map(([begin, end], i) =>
    `"${"abc"[i]}":{"dtype":"F32","shape":[${(end - begin) / 4}],"data_offsets":[${begin},${end}]}`
  );
  return fileOf(`{${fields.join(",")}}`, dataBytes);
}

function lengthOnly(length: bigint, rest: number): Uint8Array {
  const file = new Uint8Array(8 + rest);
  new DataView(file.buffer).setBigUint64(0, length, true);
  return file;
}

export function nested(depth: number): string {
  // The header and the tensor are two levels already.
  const inner = "[".repeat(depth - 2) + "]".repeat(depth - 2);
  return `{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":${inner}}}`;
}

const bytes = (...values: number[]) => new Uint8Array(values);

/** The messages, where they are not DAMAGED. */
const FAULTS: readonly (readonly [Uint8Array, string])[] = [
  // The length.
  [bytes(), "the file has 0 bytes, fewer than the 8 of the header length" + CUT],
  [bytes(1, 2, 3), "the file has 3 bytes, fewer than the 8 of the header length" + CUT],
  [
    lengthOnly(100_000_001n, 0),
    "the header length is 100000001 bytes, above the 100000000 that the format allows; " +
    "the file is damaged or not a safetensors file, download or save it again",
  ],
  [
    lengthOnly(2n ** 64n - 1n, 0),
    "the header length is 18446744073709551615 bytes, above the 100000000 that the format " +
    "allows; the file is damaged or not a safetensors file, download or save it again",
  ],
  [
    lengthOnly(100_000_000n, 4),
    "the header says 100000000 bytes but the file has 4 after the length" + CUT,
  ],
  [lengthOnly(120n, 40), "the header says 120 bytes but the file has 40 after the length" + CUT],

  // The text of the header.
  [
    fileOf(bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d)),
    "the header starts with a byte order mark; write it as UTF-8 without one",
  ],
  [fileOf(bytes(0x7b, 0xff, 0x7d)), "the header is not valid UTF-8"],
  [fileOf(""), 'the JSON of the header stops after 0 characters, before "{"'],
  [fileOf("["), 'the header is not a JSON object: it starts with "[", not "{"'],
  [fileOf("null"), 'the header is not a JSON object: it starts with "n", not "{"'],
  [fileOf(" {}"), 'the header is not a JSON object: it starts with " ", not "{"'],
  [
    fileOf("\ufffe{}"),
    'the header is not a JSON object: it starts with "\ufffe", not "{"',
  ],
  [fileOf("{} x"), '"x" at character 3 follows the end of the header'],
  [fileOf("{}{}"), '"{" at character 2 follows the end of the header'],
  [fileOf("{}\0"), '"\\u0000" at character 2 follows the end of the header'],

  // JSON that stops.
  [fileOf("{"), "the JSON of the header stops after 1 characters, before a key in quotes"],
  [fileOf('{"'), "the JSON of the header stops after 2 characters, before the end of a string"],
  [fileOf('{"a"'), 'the JSON of the header stops after 4 characters, before ":"'],
  [fileOf('{"a":'), "the JSON of the header stops after 5 characters, before a value"],
  [fileOf('{"a":1'), 'the JSON of the header stops after 6 characters, before "," or "}"'],
  [fileOf('{"a":[1'), 'the JSON of the header stops after 7 characters, before "," or "]"'],
  [fileOf('{"a\\'), "the JSON of the header stops after 4 characters, before an escape of JSON"],
  [
    fileOf('{"a\\u'),
    "the JSON of the header stops after 5 characters, before four hexadecimal digits",
  ],

  // JSON that is wrong.
  [fileOf("{w:1}"), 'the header has "w" at character 1 instead of a key in quotes'],
  [fileOf('{"a":1,}'), 'the header has "}" at character 7 instead of a key in quotes'],
  [fileOf('{"a" 1}'), 'the header has "1" at character 5 instead of ":"'],
  [fileOf('{"a":tru}'), 'the header has "t" at character 5 instead of a value'],
  [fileOf('{"a":NaN}'), 'the header has "N" at character 5 instead of a value'],
  [fileOf('{"a":+1}'), 'the header has "+" at character 5 instead of a value'],
  [fileOf('{"a":01}'), 'the header has "1" at character 6 instead of "," or "}"'],
  [fileOf('{"a":1.}'), 'the header has "." at character 6 instead of "," or "}"'],
  [fileOf('{"a":[1 2]}'), 'the header has "2" at character 8 instead of "," or "]"'],
  [fileOf('{"a":[1}'), 'the header has "}" at character 7 instead of "," or "]"'],
  [fileOf('{"a":[1,]}'), 'the header has "]" at character 8 instead of a value'],
  [fileOf('{"\\x":1}'), 'the header has "x" at character 3 instead of an escape of JSON'],
  [
    fileOf('{"\\u12g4":1}'),
    'the header has "1" at character 4 instead of four hexadecimal digits',
  ],
  [fileOf('{"a\tb":1}'), 'the header has the raw control character "\\t" in a string'],
  [fileOf('{"\\ud83d":1}'), '"\\ud83d" in the header has half a surrogate pair'],
  [fileOf('{"\\ude00\\ud83d":1}'), '"\\ude00\\ud83d" in the header has half a surrogate pair'],
  [fileOf(nested(129), 4), "the header is nested deeper than 128 levels"],
  [fileOf('{"a":1,"a":1}'), 'the header has the key "a" twice in one object'],
  [
    fileOf('{"b":1,"\\u0062":1}'),
    'the header has the key "b" twice in one object',
  ],
  [
    fileOf('{"__proto__":1,"__proto__":1}'),
    'the header has the key "__proto__" twice in one object',
  ],
  [
    fileOf('{"__metadata__":{"k":"1","k":"2"}}'),
    'the header has the key "k" twice in one object',
  ],
  [
    fileOf('{"w":{"dtype":"F32","dtype":"I32"}}'),
    'the header has the key "dtype" twice in one object',
  ],

  // Metadata.
  [fileOf('{"__metadata__":["a"]}'), "__metadata__ is not an object"],
  [fileOf('{"__metadata__":{"n":1}}'), '"n" of __metadata__ is not a string'],

  // The fields of a tensor.
  [fileOf('{"w":[]}'), 'tensor "w" is an array in the header, not an object'],
  [fileOf('{"w":7}'), 'tensor "w" is the number 7 in the header, not an object'],
  [fileOf('{"w":{}}'), 'tensor "w" has no "dtype"'],
  [fileOf('{"w":{"dtype":"F32"}}'), 'tensor "w" has no "shape"'],
  [fileOf('{"w":{"dtype":"F32","shape":[]}}'), 'tensor "w" has no "data_offsets"'],
  [fileOf(headerOf({ dtype: "null" }), 4), 'tensor "w" has null as "dtype"'],
  [
    fileOf(headerOf({ dtype: "4" }), 4),
    'the dtype of tensor "w" is the number 4, not a string',
  ],
  [
    fileOf(headerOf({ shape: "{}" }), 4),
    'the shape of tensor "w" is an object, not an array',
  ],
  [
    fileOf(headerOf({ offsets: '"0,4"' }), 4),
    'the data_offsets of tensor "w" is the string "0,4", not an array',
  ],
  [
    fileOf(headerOf({ offsets: "[0]" }), 4),
    'tensor "w" has 1 data_offsets, not the two of its begin and end',
  ],
  [
    fileOf(headerOf({ offsets: "[0,4,8]" }), 4),
    'tensor "w" has 3 data_offsets, not the two of its begin and end',
  ],
  ...notWholeNumbers(),

  // Sizes.
  [
    fileOf(headerOf({ shape: "[2]" }), 4),
    'tensor "w" is F32 [2], which takes 8 bytes, but its data_offsets span 4',
  ],
  [
    fileOf(headerOf({ shape: "[0]" }), 4),
    'tensor "w" is F32 [0], which takes 0 bytes, but its data_offsets span 4',
  ],
  [
    fileOf(headerOf({ shape: "[134217728, 67108864]" }), 4),
    'tensor "w" is F32 [134217728, 67108864], which is 2^53 bytes or more',
  ],
  [
    // 2^52 elements are exact, their bytes are not.
    fileOf(headerOf({ shape: "[4503599627370496]" }), 4),
    'tensor "w" is F32 [4503599627370496], which is 2^53 bytes or more',
  ],
  [
    // 2^64 + 1 elements would wrap around to 1 in 64-bit arithmetic: 274177 * 67280421310721.
    fileOf(headerOf({ dtype: '"U8"', shape: "[274177, 67280421310721]", offsets: "[0,1]" }), 1),
    'tensor "w" is U8 [274177, 67280421310721], which is 2^53 bytes or more',
  ],
  [
    fileOf(headerOf({ offsets: "[4,0]" }), 4),
    'tensor "w" begins at byte 4, after its end at byte 0',
  ],

  // The layout.
  [layoutOf([[4, 8]], 8), 'bytes 0 to 4 of the data, before tensor "a", are a hole'],
  [
    layoutOf([[0, 4], [8, 12]], 12),
    'bytes 4 to 8 of the data, before tensor "b", are a hole',
  ],
  [
    layoutOf([[4, 12], [0, 8]], 12),
    'tensors "b" and "a" overlap: one ends at byte 8 of the data, the other begins at byte 4',
  ],
  [
    layoutOf([[0, 4], [0, 4]], 4),
    'tensors "a" and "b" overlap: one ends at byte 4 of the data, the other begins at byte 0',
  ],
  [
    layoutOf([[0, 4], [2, 2]], 4),
    'tensors "a" and "b" overlap: one ends at byte 4 of the data, the other begins at byte 2',
  ],
  [layoutOf([[0, 4]], 3), "the tensors take 4 bytes but the file has 3 after the header" + CUT],
  [layoutOf([[0, 4]], 9), "5 bytes follow the last tensor"],
  [fileOf("{}", 1), "1 bytes follow the last tensor"],
];

/** Every value that is neither a size nor an offset, in both places. */
function notWholeNumbers(): [Uint8Array, string][] {
  const values = [
    ["-1", "the negative number -1"],
    ["-0", "the negative number -0"],
    ["1.5", "the number 1.5 with a fraction or an exponent"],
    ["1.0", "the number 1.0 with a fraction or an exponent"],
    ["1e0", "the number 1e0 with a fraction or an exponent"],
    ["9007199254740992", "the number 9007199254740992"],
    ['"4"', 'the string "4"'],
    ["null", "null"],
    ["true", "true"],
    ["[1]", "an array"],
    ["{}", "an object"],
  ];
  const rule = "not a whole number from 0 to 2^53 - 1";
  return values.flatMap(([json, named]): [Uint8Array, string][] => [
    [fileOf(headerOf({ shape: `[${json}]` }), 4), `shape[0] of tensor "w" is ${named}, ${rule}`],
    [
      fileOf(headerOf({ offsets: `[0,${json}]` }), 4),
      `data_offsets[1] of tensor "w" is ${named}, ${rule}`,
    ],
  ]);
}

/** Every way to be malformed: the file, and the message after its name. */
export const MALFORMED: readonly (readonly [file: Uint8Array, state: string])[] = FAULTS.map(
  ([file, state]) => [file, state.includes(";") ? state : state + DAMAGED] as const,
);
