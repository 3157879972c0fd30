/**
 * Encodes messages of protocol buffers: a message is its fields in a row.
 *
 * See https://protobuf.dev/programming-guides/encoding/
 *
 * @module
 */

/** The ways in which fields are written. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Returns a message of these fields. */
export function message(...fields: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(fields.reduce((size, { length }) => size + length, 0));
  let end = 0;
  for (const field of fields) {
    whole.set(field, end);
    end += field.length;
  }
  return whole;
}

/** Returns a whole number from 0 as 7 bits a byte, the lowest first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  // Bit operations would keep 32 bits.
  for (; value > 127; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
  return Uint8Array.of(...bytes, value);
}

function tag(field: number, wire: number): Uint8Array {
  return varint(field * 8 + wire);
}

/** Returns a field with a whole number from 0, an enumerator or a boolean. */
export function whole(field: number, value: number): Uint8Array {
  return message(tag(field, VARINT), varint(value));
}

/** Returns a field with a number of 32 bits. */
export function float(field: number, value: number): Uint8Array {
  return message(tag(field, FIXED32), little(4, (view) => view.setFloat32(0, value, true)));
}

/** Returns a field with a number of 64 bits. */
export function double(field: number, value: number): Uint8Array {
  return message(tag(field, FIXED64), little(8, (view) => view.setFloat64(0, value, true)));
}

/** Returns a field with a list of numbers of 64 bits. */
export function doubles(field: number, values: readonly number[]): Uint8Array {
  const list = little(8 * values.length, (view) => {
    values.forEach((value, i) => view.setFloat64(8 * i, value, true));
  });
  return bytes(field, list);
}

/** Returns a field with bytes, a text or a message. */
export function bytes(field: number, content: Uint8Array | string): Uint8Array {
  const data = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return message(tag(field, BYTES), varint(data.length), data);
}

/** Returns `length` bytes into which `write` has written. */
export function little(length: number, write: (view: DataView) => void): Uint8Array {
  const data = new Uint8Array(length);
  write(new DataView(data.buffer));
  return data;
}
