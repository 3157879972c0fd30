/** The examples `csv_regression.ts`, `vae.ts` and `char_lstm.ts` learn what they say. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { test } from "node:test";
import * as lstm from "../../examples/char_lstm.ts";
import * as regression from "../../examples/csv_regression.ts";
import * as vae from "../../examples/vae.ts";
import { ValueError } from "../../mod.ts";

test("a regression stops early, and its best model is near the noise of the file", async () => {
  const lines: string[] = [];
  const text = regression.makeFile(300);
  const { best, error } = await regression.train(text, "rent", (line) => lines.push(line));
  assert(error < 30, `off by ${error}`); // the noise has a deviation of 14.4, rents one of 600
  assert(lines.length < 50);
  assertEquals([...best.parameters()].length, 4);
});

test("an LSTM learns a text by heart, and writes it", () => {
  const lines: string[] = [];
  const write = lstm.train("hello world. ".repeat(20), 30, (line) => lines.push(line));
  assertEquals(lines.length, 10);
  assertMatch(write("hello", 21), /^hello world\. hello world/);
});

test("a text that is too short to learn from is refused", () => {
  assertThrows(() => lstm.train("hello ".repeat(10), 30, () => {}), ValueError, "65 characters");
});

test("an autoencoder describes digits in few nats, and draws one", async () => {
  const bounds: number[] = [];
  const model = await vae.train(1, (line) => bounds.push(Number(line.split(" ").at(-1))));
  assert(bounds.length === 1 && bounds[0] < 260, `${bounds}`); // gray images have 543
  assertEquals(model.draw().split("\n").map((line) => line.length), new Array(28).fill(56));
});
