/**
 * Reads event files as TensorBoard does, written apart from the library: checksums bit by bit, messages
 * by the numbers of their fields.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The fields of a message by their numbers; a field that repeats has several values. */
export type Message = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = ((crc ^ (byte >> bit)) & 1) === 1;
      crc = (crc >>> 1) ^ (isOdd ? 0x82f63b78 : 0);
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Undoes the mask of a checksum. */
function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** Returns the data of the whole records of `file`; a record that was cut ends the list. */
export function recordsIn(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Uint8Array[] = [];
  for (let at = 0; at + 12 <= file.length;) {
    const length = Number(view.getBigUint64(at, true));
    if (crc32c(file.subarray(at, at + 8)) !== unmask(view.getUint32(at + 8, true))) {
      throw new Error(`the length at ${at} has another checksum`);
    }
    const end = at + 12 + length;
    if (end + 4 > file.length) break;
    const data = file.subarray(at + 12, end);
    if (crc32c(data) !== unmask(view.getUint32(end, true))) throw new Error(`data at ${at}`);
    records.push(data);
    at = end + 4;
  }
  return records;
}

/** Decodes the fields of a message. */
export function decode(data: Uint8Array): Message {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const fields = new Map<number, (number | Uint8Array)[]>();
  let at = 0;
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (;; factor *= 128) {
      const byte = data[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const read: Readonly<Record<number, () => number | Uint8Array>> = {
    0: varint,
    1: () => view.getFloat64((at += 8) - 8, true),
    2: () => {
      const length = varint();
      return data.subarray(at, at += length);
    },
    5: () => view.getFloat32((at += 4) - 4, true),
  };
  while (at < data.length) {
    const tag = varint();
    const values = fields.get(Math.floor(tag / 8)) ?? [];
    values.push(read[tag % 8]());
    fields.set(Math.floor(tag / 8), values);
  }
  if (at !== data.length) throw new Error("a field ends after its message");
  return fields;
}

/** Returns the message in a field, or further inside. */
export function inside(message: Message, ...path: readonly number[]): Message {
  return path.reduce((found, field) => decode(found.get(field)![0] as Uint8Array), message);
}

/** Returns the messages of a field that repeats. */
export function all(message: Message, field: number): Message[] {
  return (message.get(field) ?? []).map((data) => decode(data as Uint8Array));
}

/** Returns a number. */
export function number(message: Message, field: number): number {
  return message.get(field)![0] as number;
}

/** Returns a text. */
export function text(message: Message, field: number): string {
  return new TextDecoder().decode(message.get(field)![0] as Uint8Array);
}

/** Returns a list of numbers of 64 bits. */
export function doubles(message: Message, field: number): number[] {
  const data = message.get(field)![0] as Uint8Array;
  return [...new Float64Array(Uint8Array.from(data).buffer)];
}

/** Returns the path of the one event file in `folder`. */
export function eventFile(folder: string): string {
  const names = readdirSync(folder).filter((name) => name.startsWith("events.out.tfevents."));
  if (names.length !== 1) throw new Error(`${names.length} event files in ${folder}`);
  return join(folder, names[0]);
}

/** Returns the events in the one event file of `folder`, without that of the version. */
export function eventsIn(folder: string): Message[] {
  const [first, ...events] = recordsIn(readFileSync(eventFile(folder))).map(decode);
  if (text(first, 3) !== "brain.Event:2") throw new Error("no version");
  return events;
}
