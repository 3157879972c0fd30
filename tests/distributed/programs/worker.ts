/**
 * Calls `init()` on a thread of a rank, and answers with the error.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { init } from "../../../src/distributed/mod.ts";

try {
  init();
  parentPort!.postMessage("it has joined");
} catch (error) {
  parentPort!.postMessage(String(error));
}
