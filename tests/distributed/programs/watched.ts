/**
 * Waits in C for longer than is allowed, or for as long as is allowed.
 *
 *     watched.ts MILLISECONDS
 *
 * @module
 */

import process from "node:process";
import { watch } from "../../../src/distributed/watchdog.ts";
import { openLibrary } from "../../../src/storage/foreign.ts";

const { usleep } = openLibrary(process.platform === "darwin" ? "libSystem.B.dylib" : "libc.so.6", {
  usleep: { parameters: ["i32"], result: "i32" },
});
const stop = watch(Number(process.argv[2]), "it takes too long");
usleep(3_000_000);
stop();
console.log(JSON.stringify("done"));
