/** The programs of `docs/from_pytorch.md` print what the page says. */

import { assert, assertEquals } from "@std/assert";
import { test } from "node:test";
import { readPrograms, runTypeScript, tokensOf } from "../../tools/oracle/programs.ts";

test("numbers are compared to five digits, words without case", () => {
  assertEquals(tokensOf("[1.0, True] lr -0.79999995"), ["1", "true", "lr", "-0.8"]);
  assertEquals(tokensOf("[ 1, true ] lr -0.8"), ["1", "true", "lr", "-0.8"]);
});

const programs = readPrograms();

test("there are ten programs, each in both languages", () => {
  assertEquals(programs.length, 10);
  assert(programs.every(({ python, printed }) => python !== "" && tokensOf(printed).length > 0));
});

// In Node the name of the library resolves to a package that must be built first.
const skip = !("Deno" in globalThis || "Bun" in globalThis);

for (const { title, typescript, printed } of programs) {
  test(`${title} prints what the page says`, { skip }, () => {
    assertEquals(tokensOf(runTypeScript(typescript)), tokensOf(printed));
  });
}
