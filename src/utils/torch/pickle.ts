/**
 * Reads pickles of Python without executing anything.
 *
 * A pickle is a program for a stack machine, which can call any function of Python by its name. This
 * machine knows the plain containers, and the names that its caller lists; any other name is refused
 * where it occurs.
 *
 * Source: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 *
 * @module
 */

import { quote, shorten } from "../safetensors/format.ts";
import type { Refusal } from "../zip.ts";

/** A function of Python that is known here. */
export type Known = (args: readonly unknown[]) => unknown;

/** The names and references that a pickle may use. */
export interface Context {
  /** Values of global names such as `"collections OrderedDict"`: functions, and others. */
  readonly globals: ReadonlyMap<string, unknown>;
  /** Returns the object outside of the pickle to which `id` refers. */
  readonly persistent: (id: unknown) => unknown;
  /** Sets the attributes of an object that the pickle has made. */
  readonly build: (object: unknown, state: unknown) => void;
  readonly refuse: Refusal;
}

/** A dict of Python: a plain object without a prototype, so that every text can be a key. */
export type Dict = Record<string, unknown>;

/** Returns true for a dict. */
export function isDict(value: unknown): value is Dict {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null;
}

/**
 * Returns the value of a pickle: dicts as plain objects, lists and tuples as arrays, whole numbers
 * above 2^53 as `bigint`, None as `null`.
 *
 * @throws {FileFormatError} if the pickle breaks a rule, or asks for anything that is not known
 */
export function unpickle(bytes: Uint8Array, context: Context): unknown {
  return new Machine(bytes, context).run();
}

/** Marks the begin of a list on the stack. */
const MARK = Symbol("mark");

const STOP = 0x2e; // "."

class Machine {
  readonly context: Context;
  readonly refuse: Refusal;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  /** The keys of dicts as they were, to tell 1 from "1". */
  readonly #keys = new Map<Dict, Set<unknown>>();
  #at = 0;

  constructor(bytes: Uint8Array, context: Context) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.context = context;
    this.refuse = context.refuse;
  }

  run(): unknown {
    for (let code = this.uint8(); code !== STOP; code = this.uint8()) {
      const operation = OPERATIONS.get(code);
      if (operation === undefined) {
        this.refuse(`its pickle has the unknown code ${code} at byte ${this.#at - 1}`);
      }
      operation(this);
    }
    const result = this.pop();
    return this.#stack.length === 0 ? result : this.refuse("its pickle leaves values behind");
  }

  // The bytes

  /** Moves on by `length` bytes, and returns where it stood. */
  #advance(length: number): number {
    const begin = this.#at;
    if (begin + length > this.#bytes.length) this.refuse("its pickle is cut short");
    this.#at = begin + length;
    return begin;
  }

  uint8(): number {
    return this.#bytes[this.#advance(1)];
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A length; one that is larger than the file fails when so many bytes are read. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  bytes(length: number): Uint8Array {
    const begin = this.#advance(length);
    return this.#bytes.slice(begin, begin + length);
  }

  text(length: number): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.bytes(length));
    } catch (error) {
      if (error instanceof TypeError) this.refuse("its pickle has text that is not valid UTF-8");
      throw error;
    }
  }

  /** A text of Python 2, which may also be bytes: a text if it is ASCII. */
  oldText(length: number): string | Uint8Array {
    const bytes = this.bytes(length);
    return bytes.every((byte) => byte < 0x80) ? new TextDecoder().decode(bytes) : bytes;
  }

  /** The text up to the end of the line. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.#at);
    if (end < 0) this.refuse("its pickle is cut short");
    const text = this.text(end - this.#at);
    this.#advance(1);
    return text;
  }

  /** A whole number of `length` bytes, in two's complement. */
  long(length: number): number | bigint {
    // Numbers of Python have no end; no checkpoint has such as these.
    if (length > 1024) this.refuse(`its pickle has a number of ${length} bytes`);
    const bits = this.bytes(length).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    const exact = BigInt.asIntN(8 * length, bits);
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
  }

  // The stack

  push(value: unknown): void {
    this.#stack.push(value);
  }

  pop(): unknown {
    const value = this.#stack.pop();
    if (value === MARK || value === undefined) {
      this.refuse("its pickle takes a value that is not there");
    }
    return value;
  }

  top(): unknown {
    return this.#stack.at(-1);
  }

  /** Takes the values since the last mark, and the mark. */
  marked(): unknown[] {
    const begin = this.#stack.lastIndexOf(MARK);
    if (begin < 0) this.refuse("its pickle ends a list that has no begin");
    return this.#stack.splice(begin).slice(1);
  }

  tuple(size: number): void {
    const values = Array.from({ length: size }, () => this.pop());
    this.push(values.reverse());
  }

  remember(place = this.#memo.size): void {
    this.#memo.set(place, this.top());
  }

  recall(place: number): void {
    if (!this.#memo.has(place)) this.refuse(`its pickle has not remembered value ${place}`);
    this.push(this.#memo.get(place));
  }

  // Containers

  append(values: readonly unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) this.refuse("its pickle appends to what is no list");
    for (const value of values) list.push(value);
  }

  add(values: readonly unknown[]): void {
    const set = this.top();
    if (!(set instanceof Set)) this.refuse("its pickle adds to what is no set");
    for (const value of values) set.add(value);
  }

  setItems(items: readonly unknown[]): void {
    const target = this.top();
    if (items.length % 2 !== 0) this.refuse("its pickle has a key without a value");
    for (let i = 0; i < items.length; i += 2) {
      const [key, value] = [items[i], items[i + 1]];
      if (typeof key !== "string" && !Number.isSafeInteger(key)) {
        this.refuse(
          "it holds a dict whose keys are neither texts nor whole numbers",
          "use such keys, or a list of pairs",
        );
      }
      if (target instanceof Map) target.set(key, value);
      else if (isDict(target)) this.#setItem(target, key as string | number, value);
      else this.refuse("its pickle sets an item of what is no dict");
    }
  }

  #setItem(dict: Dict, key: string | number, value: unknown): void {
    let keys = this.#keys.get(dict);
    if (keys === undefined) this.#keys.set(dict, keys = new Set());
    if (Object.hasOwn(dict, key) && !keys.has(key)) {
      this.refuse(
        `it holds a dict with the keys ${shorten(`${key}`)} and "${shorten(`${key}`)}"`,
        "use keys of one kind",
      );
    }
    keys.add(key);
    dict[key] = value;
  }

  // Names and calls

  global(module: unknown, name: unknown): void {
    const { globals } = this.context;
    const full = `${module} ${name}`;
    if (!globals.has(full)) {
      this.refuse(
        `it holds an object of ${quote(`${module}.${name}`)}, which only Python can make, by ` +
          `running code`,
        "save tensors and plain values, as in torch.save(model.state_dict(), path)",
      );
    }
    this.push(globals.get(full));
  }

  call(): void {
    const args = this.pop();
    const f = this.pop();
    if (typeof f !== "function" || !Array.isArray(args)) {
      this.refuse("its pickle calls what is no function");
    }
    this.push((f as Known)(args));
  }
}

/** The operations by their code: a letter or a byte. */
const OPERATIONS: ReadonlyMap<number, (m: Machine) => void> = new Map(
  ([
    [0x80, (m) => {
      const version = m.uint8();
      if (version > 5) m.refuse(`its pickle has version ${version}`, "save it with version 5");
    }],
    [0x95, (m) => void m.uint64()], // a frame: what is in it is read as it comes
    ["(", (m) => m.push(MARK)],
    ["0", (m) => void m.pop()],
    ["1", (m) => void m.marked()],
    ["2", (m) => m.push(m.top())],
    ["N", (m) => m.push(null)],
    [0x88, (m) => m.push(true)],
    [0x89, (m) => m.push(false)],
    ["J", (m) => m.push(m.int32())],
    ["K", (m) => m.push(m.uint8())],
    ["M", (m) => m.push(m.uint16())],
    [0x8a, (m) => m.push(m.long(m.uint8()))],
    [0x8b, (m) => m.push(m.long(m.uint32()))],
    ["G", (m) => m.push(m.float64())],
    ["X", (m) => m.push(m.text(m.uint32()))],
    [0x8c, (m) => m.push(m.text(m.uint8()))],
    [0x8d, (m) => m.push(m.text(m.uint64()))],
    ["U", (m) => m.push(m.oldText(m.uint8()))],
    ["T", (m) => m.push(m.oldText(m.uint32()))],
    ["B", (m) => m.push(m.bytes(m.uint32()))],
    ["C", (m) => m.push(m.bytes(m.uint8()))],
    [0x8e, (m) => m.push(m.bytes(m.uint64()))],
    [0x96, (m) => m.push(m.bytes(m.uint64()))],
    ["]", (m) => m.push([])],
    ["a", (m) => {
      const value = m.pop();
      m.append([value]);
    }],
    ["e", (m) => {
      const values = m.marked();
      m.append(values);
    }],
    ["l", (m) => m.push(m.marked())],
    [")", (m) => m.push([])],
    ["t", (m) => m.push(m.marked())],
    [0x85, (m) => m.tuple(1)],
    [0x86, (m) => m.tuple(2)],
    [0x87, (m) => m.tuple(3)],
    ["}", (m) => m.push(Object.create(null))],
    ["d", (m) => {
      const items = m.marked();
      m.push(Object.create(null));
      m.setItems(items);
    }],
    ["s", (m) => {
      m.tuple(2);
      m.setItems(m.pop() as unknown[]);
    }],
    ["u", (m) => {
      const items = m.marked();
      m.setItems(items);
    }],
    [0x8f, (m) => m.push(new Set())],
    [0x90, (m) => {
      const values = m.marked();
      m.add(values);
    }],
    [0x91, (m) => m.push(new Set(m.marked()))],
    ["q", (m) => m.remember(m.uint8())],
    ["r", (m) => m.remember(m.uint32())],
    [0x94, (m) => m.remember()],
    ["h", (m) => m.recall(m.uint8())],
    ["j", (m) => m.recall(m.uint32())],
    ["c", (m) => {
      const module = m.line();
      m.global(module, m.line());
    }],
    [0x93, (m) => {
      const name = m.pop();
      m.global(m.pop(), name);
    }],
    ["R", (m) => m.call()],
    [0x81, (m) => m.call()],
    ["b", (m) => {
      const state = m.pop();
      m.context.build(m.top(), state);
    }],
    ["Q", (m) => m.push(m.context.persistent(m.pop()))],
  ] as [string | number, (m: Machine) => void][]).map(([code, run]) => [
    typeof code === "string" ? code.charCodeAt(0) : code,
    run,
  ]),
);
