import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { ValueError } from "../../mod.ts";
import { ProgressBar, TerminalCurve } from "../../src/utils/mod.ts";
import { cellStream } from "../../src/utils/progress.ts";
import { assertThrowsMessage } from "../support/assert.ts";

function curveOf(...values: number[]): TerminalCurve {
  const curve = new TerminalCurve();
  for (const value of values) curve.add(value);
  return curve;
}

test("a straight line falls from the top left to the bottom right", () => {
  assertEquals(
    curveOf(4, 3, 2, 1, 0).draw({ columns: 18, rows: 4 }),
    [
      "     4 ┤⠑⠤⡀",
      "       │  ⠈⠢⢄",
      "       │     ⠑⠢⡀",
      "     0 ┤       ⠈⠒⢄",
      "       └──────────",
      "        1        5",
    ].join("\n"),
  );
});

test("a step is drawn without a hole", () => {
  const values = Array.from({ length: 20 }, (_, i) => i < 10 ? 0 : 1);
  const drawn = curveOf(...values).draw({ columns: 18, rows: 3 }).split("\n").slice(0, 3);
  assertEquals(drawn, ["     1 ┤     ⡏⠉⠉⠉⠉", "       │     ⡇", "     0 ┤⣀⣀⣀⣀⣀⠇"]);
});

test("a drawing is as wide and as high as was asked, also of a long curve", () => {
  const curve = new TerminalCurve();
  for (let i = 0; i < 100_000; i++) curve.add(Math.sin(i / 10_000));
  const lines = curve.draw({ columns: 60, rows: 12 }).split("\n");
  assertEquals(lines.length, 14);
  assertEquals(Math.max(...lines.map((line) => line.length)), 60);
  assert(lines.at(-1)!.endsWith(" 100000"));
  // Means of many values: the extremes of a slow wave remain.
  assertEquals([lines[0].trim().slice(0, 3), lines[11].trim().slice(0, 4)], ["1 ┤", "-1 ┤"]);
});

test("what is drawn without options fits into 80 columns", () => {
  const lines = `${curveOf(12_345_678, 0.000012)}`.split("\n");
  assertEquals(lines.length, 10);
  assert(lines.every((line) => line.length <= 79));
  assert(lines[0].startsWith("1.2e+7 ┤") && lines[7].startsWith("1.2e-5 ┤"), lines.join("\n"));
});

test("labels have as many digits as tell them apart", () => {
  const lines = curveOf(2.3012, 2.3024).draw().split("\n");
  const labels = [0, 4, 7].map((row) => lines[row].split("┤")[0].trim());
  assertEquals(labels, ["2.3024", "2.30172", "2.3012"]);
});

test("equal values have a line in the middle, values that are not finite leave a gap", () => {
  assertEquals(curveOf(2, 2).draw({ columns: 16, rows: 3 }).split("\n").slice(0, 3), [
    "       │",
    "     2 ┤⠤⠤⠤⠤⠤⠤⠤⠤",
    "       │",
  ]);
  const gap = curveOf(1, 1, NaN, Infinity, 2, 2).draw({ columns: 18, rows: 2 }).split("\n");
  assertEquals(gap.slice(0, 2), ["     2 ┤        ⠉⠉", "     1 ┤⣀⣀"]);
  assertEquals(curveOf().draw(), "");
  assertEquals(curveOf(NaN).draw(), "");
});

test("a bar draws a curve below it, over the old one, and takes both away", () => {
  const text: string[] = [];
  const bar = new ProgressBar({ isTTY: true, columns: 40, write: (part) => text.push(part) });
  const erase = "\r\x1b[2K";
  bar.update(1, undefined, () => "loss\na\nb");
  assertEquals(text.pop(), `${erase}loss\n${erase}a\n${erase}b\x1b[2A`);
  bar.update(2, 2, "loss\na");
  assertEquals(text.pop(), `${erase}${"█".repeat(24)} 100%  loss\n${erase}a\x1b[J\x1b[1A`);
  bar.clear();
  assertEquals(text.pop(), `${erase}\x1b[J`);
});

test("a notebook shows the curve below the bar, without sequences for terminals", () => {
  const shown: unknown[] = [];
  const stream = cellStream((_, { data }) => Promise.resolve(shown.push(data)));
  const bar = new ProgressBar(stream);
  bar.update(1, undefined, "loss 0.5\n1 ┤⣀\n  └─");
  bar.update(2, 2, "loss 0.4\n1 ┤⣀");
  bar.clear();
  assertEquals(shown, [
    { "text/plain": "loss 0.5\n1 ┤⣀\n  └─" },
    { "text/plain": `${"█".repeat(24)} 100%  loss 0.4\n1 ┤⣀` },
    { "text/plain": "" },
  ]);
});

test("the text of a bar is made if it is drawn, and never without a terminal", () => {
  let calls = 0;
  const draw = (isTTY: boolean): void => {
    const bar = new ProgressBar({ isTTY, write: () => {} });
    for (let i = 0; i < 1000; i++) bar.update(i, 2000, () => `${++calls}`);
  };
  draw(false);
  assertEquals(calls, 0);
  draw(true);
  assert(calls > 0 && calls < 100, `${calls}`);
});

test("a curve refuses what is no number, and sizes that are none", () => {
  const curve = curveOf(1) as unknown as Record<string, (...values: unknown[]) => unknown>;
  const refused = (action: () => unknown, message: string | RegExp): void =>
    assertThrowsMessage(action, ValueError, message);
  refused(() => curve.add("1"), "Cannot call add() with value of type string: pass a number");
  refused(() => curve.draw({ rows: 1 }), /^Cannot draw a curve of 1 rows/);
  refused(() => curve.draw({ width: 9 }), /^Cannot call draw\(\) with option "width"/);
});
