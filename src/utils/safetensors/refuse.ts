/**
 * How a malformed file is refused.
 *
 * @module
 */

import { FileFormatError } from "../../errors.ts";

/**
 * Refuses the file that is being read.
 *
 * @param state what the file says, beside what it should
 * @param wayOut what the reader of the message can do
 * @throws {FileFormatError} always
 */
export function refuse(
  state: string,
  wayOut = "the file is damaged, download or save it again",
): never {
  throw new FileFormatError(`Cannot read safetensors: ${state}; ${wayOut}`);
}

/** `text` cut to a length that a message can bear, since a hostile file may hold megabytes of it. */
export function shorten(text: string): string {
  const limit = 80;
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

/** Text from a file in quotes, escaped and shortened. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}
