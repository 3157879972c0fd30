/** The example `own_data.ts`: an interrupted run resumes as if nothing had happened. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { predict, run } from "../../examples/own_data.ts";
import { assertThrowsMessage } from "../support/assert.ts";

test("a run that was interrupted goes on, stops early, and answers", () => {
  const folder = mkdtempSync(join(tmpdir(), "gradus-own-data-"));
  try {
    const train = (name: string, onEpoch: (line: string) => void) =>
      run({
        path: join(folder, `${name}.run`),
        bestPath: join(folder, `${name}.best`),
        epochs: 300,
        patience: 20,
        onEpoch,
      });
    const whole: string[] = [];
    train("whole", (line) => whole.push(line));

    const parts: string[] = [];
    assertThrowsMessage(
      () =>
        train("parts", (line) => {
          parts.push(line);
          if (parts.length === 7) throw new Error("interrupted");
        }),
      Error,
      "interrupted",
    );
    const model = train("parts", (line) => parts.push(line));
    assertEquals(parts, whole);
    assert(whole.length > 20 && whole.length < 300);
    assertMatch(whole.at(-1)!, /right 100\.0 %$/);
    assertMatch(predict(model, [0.1, 0.25]), /^inner \(9\d\.\d %\)$/);
    assertEquals(readdirSync(folder).sort(), ["parts.best", "whole.best"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
