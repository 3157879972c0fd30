/**
 * A strict scanner for the header of a safetensors file: one JSON object in UTF-8 (RFC 8259).
 *
 * `JSON.parse` does not serve: of two equal keys it keeps the last without a word, it rounds
 * integers above 2^53, and it cannot tell `1.0` from `1`.
 *
 * @module
 */

import { quote, refuse } from "./format.ts";

/** A number as the file writes it, digits and all. */
export class NumberLiteral {
  /** The characters of the number. */
  readonly text: string;

  /** @param text the characters of the number */
  constructor(text: string) {
    this.text = text;
  }
}

/** A JSON object; a Map, since keys come from strangers and any key may occur. */
export type JsonObject = Map<string, Json>;

/** A JSON value. */
export type Json = string | NumberLiteral | boolean | null | Json[] | JsonObject;

/** Objects and arrays may be nested this deep, the header itself included. */
const MAX_DEPTH = 128;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const HEX4 = /[0-9a-fA-F]{4}/y;

const KEYWORDS: readonly (readonly [string, boolean | null])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

/** The characters of escapes, by the letter after the backslash; `u` is apart. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/**
 * Returns the header as an object whose keys are in the order of the file.
 *
 * @param bytes the header without the length in front of it
 * @throws {FileFormatError} if the bytes are not UTF-8, start with a byte order mark, are not
 *   exactly one JSON object (whitespace may follow, nothing may precede), name a key twice, or
 *   nest deeper than 128
 */
export function parseHeader(bytes: Uint8Array): JsonObject {
  return new Scanner(decodeUtf8(bytes)).header();
}

function decodeUtf8(bytes: Uint8Array): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    refuse("the header starts with a byte order mark", "write it as UTF-8 without one");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    refuse("the header is not valid UTF-8");
  }
}

/** A cursor over the header: each method reads the construct it is named after. */
class Scanner {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  header(): JsonObject {
    // The format asks for `{` as the very first character, so that a file is known by it.
    if (this.#text !== "" && this.#text[0] !== "{") {
      refuse(`the header is not a JSON object: it starts with ${this.#character()}, not "{"`);
    }
    const header = this.#object();
    if (this.#peek() !== "") {
      refuse(`${this.#character()} at character ${this.#at} follows the end of the header`);
    }
    return header;
  }

  #value(): Json {
    const next = this.#peek();
    if (next === "{") return this.#object();
    if (next === "[") return this.#array();
    if (next === '"') return this.#string();
    for (const [word, value] of KEYWORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return new NumberLiteral(this.#match(NUMBER) ?? this.#unexpected("a value"));
  }

  #object(): JsonObject {
    const object: JsonObject = new Map();
    this.#list("{", "}", () => {
      if (this.#peek() !== '"') this.#unexpected("a key in quotes");
      const key = this.#string();
      if (object.has(key)) refuse(`the header has the key ${quote(key)} twice in one object`);
      if (!this.#take(":")) this.#unexpected('":"');
      object.set(key, this.#value());
    });
    return object;
  }

  #array(): Json[] {
    const array: Json[] = [];
    this.#list("[", "]", () => array.push(this.#value()));
    return array;
  }

  /** Reads an object or an array: elements between brackets, with commas between them. */
  #list(open: string, close: string, element: () => void): void {
    if (!this.#take(open)) this.#unexpected(`"${open}"`);
    if (++this.#depth > MAX_DEPTH) refuse(`the header is nested deeper than ${MAX_DEPTH} levels`);
    if (this.#peek() !== close) {
      do element(); while (this.#take(","));
    }
    if (!this.#take(close)) this.#unexpected(`"," or "${close}"`);
    this.#depth--;
  }

  #string(): string {
    const text = this.#text;
    let value = "";
    let start = ++this.#at;
    for (;;) {
      const character = text[this.#at];
      if (character === '"') break;
      if (character === "\\") {
        value += text.slice(start, this.#at) + this.#escape();
        start = this.#at;
      } else if (character === undefined) {
        this.#unexpected("the end of a string");
      } else if (character < " ") {
        refuse(`the header has the raw control character ${this.#character()} in a string`);
      } else {
        this.#at++;
      }
    }
    value += text.slice(start, this.#at++);
    // Valid UTF-8 holds no lone surrogate, but an escape can write one.
    if (!value.isWellFormed()) refuse(`${quote(value)} in the header has half a surrogate pair`);
    return value;
  }

  #escape(): string {
    this.#at++;
    if (this.#text[this.#at] === "u") {
      this.#at++;
      const digits = this.#match(HEX4) ?? this.#unexpected("four hexadecimal digits");
      return String.fromCharCode(parseInt(digits, 16));
    }
    const value = ESCAPES.get(this.#text[this.#at]) ?? this.#unexpected("an escape of JSON");
    this.#at++;
    return value;
  }

  /** Moves over whitespace to the next character and returns it; `""` at the end. */
  #peek(): string {
    const text = this.#text;
    for (; this.#at < text.length; this.#at++) {
      const character = text[this.#at];
      if (character !== " " && character !== "\n" && character !== "\r" && character !== "\t") {
        return character;
      }
    }
    return "";
  }

  /** Moves over `character` if it comes next. */
  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  /** Moves over the match of a sticky `pattern` here. */
  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** Returns the character at the cursor, whole even when it takes a surrogate pair. */
  #character(): string {
    return quote(String.fromCodePoint(this.#text.codePointAt(this.#at)!));
  }

  #unexpected(expected: string): never {
    if (this.#at >= this.#text.length) {
      refuse(`the JSON of the header stops after ${this.#at} characters, before ${expected}`);
    }
    refuse(`the header has ${this.#character()} at character ${this.#at} instead of ${expected}`);
  }
}
