import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { test } from "node:test";
import { cellStream, ProgressBar, type ProgressStream } from "../../src/utils/progress.ts";

/** A stream that keeps its input. */
function recorder(options: { isTTY?: boolean; columns?: number }): ProgressStream & {
  text: string[];
} {
  const text: string[] = [];
  return { ...options, text, write: (line: string) => text.push(line) };
}

const ERASE = "\r\x1b[2K";

test("a bar shows its share, the percentage and the text on one redrawn line", () => {
  const stream = recorder({ isTTY: true, columns: 100 });
  const bar = new ProgressBar(stream);
  bar.update(25, 100, "loss 0.4312");
  assertEquals(stream.text, [`${ERASE}${"█".repeat(6)}${"░".repeat(18)}  25%  loss 0.4312`]);
});

test("redraws are throttled, but the end is always drawn", () => {
  const stream = recorder({ isTTY: true, columns: 100 });
  const bar = new ProgressBar(stream);
  for (let i = 0; i <= 1000; i++) bar.update(i, 1000);
  assert(stream.text.length < 20, `${stream.text.length} drawings`);
  assertEquals(stream.text.at(-1), `${ERASE}${"█".repeat(24)} 100%`);
});

test("clear erases the line once, and the next update draws at once", () => {
  const stream = recorder({ isTTY: true });
  const bar = new ProgressBar(stream);
  bar.clear();
  assertEquals(stream.text, [], "nothing was drawn, so there is nothing to erase");
  bar.update(1, 2);
  bar.clear();
  bar.clear();
  assertEquals(stream.text.slice(1), [ERASE]);
  bar.update(1, 2);
  assertEquals(stream.text.length, 3);
});

test("a line never reaches the last column, whatever the terminal says of its width", () => {
  for (const [columns, width] of [[40, 39], [0, 79], [undefined, 79]]) {
    const stream = recorder({ isTTY: true, columns });
    new ProgressBar(stream).update(1, 2, "x".repeat(200));
    assertStrictEquals(stream.text[0].length - ERASE.length, width);
  }
});

test("nothing is printed when the stream is not a terminal", () => {
  for (const isTTY of [false, undefined]) {
    const stream = recorder({ isTTY });
    const bar = new ProgressBar(stream);
    bar.update(2, 2, "done");
    bar.clear();
    assertEquals(stream.text, []);
  }
});

test("totals of zero, unknown totals and overshoot are drawn sensibly", () => {
  const drawn = (done: number, total?: number): string => {
    const stream = recorder({ isTTY: true });
    new ProgressBar(stream).update(done, total, "1.2 MB");
    return stream.text[0].slice(ERASE.length);
  };
  assertEquals(drawn(5), "1.2 MB");
  assertMatch(drawn(0, 0), /^█{24} 100% {2}1\.2 MB$/);
  assertMatch(drawn(3, 2), /^█{24} 100%/);
  assertMatch(drawn(999, 1000), /99%/, "100 % is for the end alone");
});

test("in a notebook the bar is shown once, and updated in its place", () => {
  const sent: [type: string, text: string, id: string][] = [];
  const broadcast = (type: string, content: Record<string, unknown>) => {
    const { data, transient } = content as {
      data: { "text/plain": string };
      transient: { display_id: string };
    };
    sent.push([type, data["text/plain"], transient.display_id]);
    return Promise.resolve();
  };
  const bars = [new ProgressBar(cellStream(broadcast)), new ProgressBar(cellStream(broadcast))];
  for (const bar of bars) {
    bar.update(1, 2, "loss 0.5");
    bar.update(2, 2, "loss 0.4");
    bar.clear();
  }
  assertEquals(sent.map(([type, text]) => [type, text]).slice(0, 3), [
    ["display_data", `${"█".repeat(12)}${"░".repeat(12)}  50%  loss 0.5`],
    ["update_display_data", `${"█".repeat(24)} 100%  loss 0.4`],
    ["update_display_data", ""],
  ]);
  const ids = sent.map(([, , id]) => id);
  assertEquals(ids, [ids[0], ids[0], ids[0], ids[3], ids[3], ids[3]]);
  assert(ids[0] !== ids[3], "each bar has a place of its own");
});
