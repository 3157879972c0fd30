/**
 * Goes wrong in the way that its argument names.
 *
 * @module
 */

import { writeSync } from "node:fs";
import process from "node:process";
import { zeros } from "../../../mod.ts";
import { allReduce, barrier, init, rank } from "../../../src/distributed/mod.ts";

const [fault, argument] = process.argv.slice(2);

if (fault === "library") init({ library: argument });
else init({ timeout: 2 });

barrier();
if (fault === "throw" && rank() === 1) throw new Error("the data are gone");
if (fault === "reject" && rank() === 1) Promise.reject(new Error("the data are gone"));
if (fault === "memory" && rank() === 1) zeros([2 ** 30]);
if (fault === "exit" && rank() === 1) process.exit(3);
if (fault === "leave" && rank() === 1) process.exit(0);
if (fault === "signal" && rank() === 1) {
  writeSync(1, `${process.pid}`);
  process.kill(process.pid, argument);
}
if (fault === "calls" && rank() === 1) barrier();
if (fault === "hang" && rank() === Number(argument)) {
  while (performance.now() > 0) { /* forever */ }
}
if (fault === "wait") await new Promise((resolve) => setTimeout(resolve, rank() === 1 ? 1500 : 0));
await new Promise((resolve) => setTimeout(resolve, 0));
allReduce(zeros([fault === "shapes" ? 3 + rank() : 3]));
if (rank() === 0) console.log(JSON.stringify("done"));
