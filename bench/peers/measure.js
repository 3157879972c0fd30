/** Runs the cases of a peer in JavaScript, as `measure.py` does for those in Python. */

import process from "node:process";
import { measure } from "../harness.ts";

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));

/** Returns the number that `--threads=` gives. */
export const threads = Number(
  process.argv.find((argument) => argument.startsWith("--threads="))?.slice(10) ?? 1,
);

/** Prints a line of JSON for each requested case, or for all. */
export async function run(cases) {
  for (const [name, prepare] of Object.entries(cases)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    try {
      const work = await prepare();
      const { median, fastest } = measure(work);
      console.log(JSON.stringify({ case: name, value: median, fastest, unit: "ms" }));
    } catch (error) {
      // Other cases may work.
      console.log(JSON.stringify({ case: name, error: String(error.message).split("\n")[0] }));
    }
  }
}
