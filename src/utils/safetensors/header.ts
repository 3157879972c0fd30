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

// deno-lint-ignore no-control-regex -- strings may hold these only as escapes
const SPECIAL = /[\\\x00-\x1f]/;

/** The words that are values, by their first letter. */
const KEYWORDS: Readonly<Record<string, boolean | null>> = { t: true, f: false, n: null };

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
 * Returns what `read` makes of each value of the header, with the keys in the order of the file.
 *
 * Each value is read as soon as it is parsed, so that a header of very many needs little memory.
 *
 * @param bytes the header without the length in front of it
 * @param read makes the result for a key and its value
 * @throws {FileFormatError} if the bytes are not UTF-8, start with a byte order mark, are not
 *   exactly one JSON object (whitespace may follow, nothing may precede), name a key twice, or
 *   nest deeper than 128
 */
export function parseHeader<T>(
  bytes: Uint8Array,
  read: (key: string, value: Json) => T,
): Map<string, T> {
  return new Scanner(decodeUtf8(bytes)).header(read);
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

  header<T>(read: (key: string, value: Json) => T): Map<string, T> {
    // The format asks for `{` as the very first character, so that a file is known by it.
    if (this.#text !== "" && this.#text[0] !== "{") {
      refuse(`the header is not a JSON object: it starts with ${this.#character()}, not "{"`);
    }
    const header = this.#object(read);
    if (this.#peek() !== "") {
      refuse(`${this.#character()} at character ${this.#at} follows the end of the header`);
    }
    return header;
  }

  #value(): Json {
    const next = this.#peek();
    if (next === '"') return this.#string();
    if (next === "[") return this.#array();
    if (next === "{") return this.#object((_, value) => value);
    const keyword = KEYWORDS[next];
    if (keyword !== undefined && this.#text.startsWith(`${keyword}`, this.#at)) {
      this.#at += `${keyword}`.length;
      return keyword;
    }
    return new NumberLiteral(this.#digits() ?? this.#match(NUMBER) ?? this.#unexpected("a value"));
  }

  #object<T>(read: (key: string, value: Json) => T): Map<string, T> {
    const object = new Map<string, T>();
    this.#list("{", "}", () => {
      if (this.#peek() !== '"') this.#unexpected("a key in quotes");
      const key = this.#string();
      if (object.has(key)) refuse(`the header has the key ${quote(key)} twice in one object`);
      if (!this.#take(":")) this.#unexpected('":"');
      object.set(key, read(key, this.#value()));
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

  /** Moves over a number of digits alone, without a zero in front: all that most headers have. */
  #digits(): string | undefined {
    const text = this.#text;
    let end = this.#at;
    while (isDigit(text.charCodeAt(end))) end++;
    const next = text[end];
    if (end === this.#at || next === "." || next === "e" || next === "E") return undefined;
    if (text[this.#at] === "0" && end > this.#at + 1) return undefined;
    const digits = text.slice(this.#at, end);
    this.#at = end;
    return digits;
  }

  #string(): string {
    const text = this.#text;
    let start = ++this.#at;
    const end = text.indexOf('"', start);
    const plain = text.slice(start, Math.max(end, start));
    if (end >= 0 && !SPECIAL.test(plain)) {
      this.#at = end + 1;
      return plain;
    }
    let value = "";
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

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
