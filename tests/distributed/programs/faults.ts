/**
 * Goes wrong in the way that its argument names.
 *
 * @module
 */

import process from "node:process";
import { ones, type Tensor, zeros } from "../../../mod.ts";
import {
  allReduce,
  barrier,
  broadcast,
  DistributedDataParallel,
  init,
  rank,
  recv,
} from "../../../src/distributed/mod.ts";
import * as nn from "../../../src/nn/mod.ts";

const [fault, argument] = process.argv.slice(2);

if (fault === "library") init({ library: argument });
else init({ timeout: 2 });

barrier();
if (fault === "throw" && rank() === 1) throw new Error("the data are gone");
if (fault === "cause" && rank() === 1) {
  throw new Error("no epoch", { cause: new Error("the data are gone") });
}
if (fault === "reject" && rank() === 1) Promise.reject(new Error("the data are gone"));
if (fault === "memory" && rank() === 1) zeros([2 ** 30]);
if (fault === "exit" && rank() === 1) process.exit(3);
if (fault === "runtime-exit" && rank() === 1) {
  (globalThis as unknown as { Deno: { exit(code: number): never } }).Deno.exit(Number(argument));
}
if (fault === "leave" && rank() === 1) process.exit(0);
if (fault === "signal" && rank() === 1) process.kill(process.pid, argument);
if (fault === "calls" && rank() === 1) barrier();
if (fault === "hang" && rank() === Number(argument)) {
  while (performance.now() > 0) { /* forever */ }
}
if (fault === "receive") {
  if (rank() === 1) process.exit(0);
  recv(zeros([1]), 1);
}
if (fault === "late") {
  process.on("exit", () => barrier());
  process.exit(0);
}
if (fault === "catch") {
  // Rank 1 writes to memory that rank 0 no longer waits for, and must not use for anything else.
  const begin = performance.now();
  while (rank() === 1 && performance.now() - begin < 5000) { /* busy */ }
  try {
    broadcast(ones([1000]), 1);
  } catch { /* "it goes on" */ }
}
if (fault === "models") train(argument);

/** Makes a mistake with models. */
function train(mistake: string): void {
  const isFirst = rank() === 0;
  const first = new nn.Linear(2, 2);
  const model = new nn.Sequential(first, new nn.Linear(2, 1));
  if (mistake === "unfreeze") first.requiresGrad_(false);
  const [a, b] = [model, new nn.Linear(2, 1)].map((each) => new DistributedDataParallel(each));
  if (mistake === "unfreeze") first.requiresGrad_(true);
  const run = (which: typeof a): Tensor => which(ones([3, 2])).sum();
  if (mistake === "batches") {
    for (let batch = 0; batch < (isFirst ? 3 : 2); batch++) run(a).backward();
  } else if (mistake === "order") {
    const losses = [run(a), run(b)];
    for (const loss of isFirst ? losses : losses.reverse()) loss.backward();
  } else if (mistake === "modes") {
    if (isFirst) a.noSync(() => run(a).backward());
    else run(a).backward();
  } else if (mistake === "catch") {
    first.weight.registerHook(() => {
      throw new Error("a bad batch");
    });
    try {
      run(a).backward();
    } catch { /* the next batch may be better */ }
  } else run(a).backward();
}

if (fault === "wait") await new Promise((resolve) => setTimeout(resolve, rank() === 1 ? 1500 : 0));
await new Promise((resolve) => setTimeout(resolve, 0));
allReduce(zeros([fault === "shapes" ? 3 + rank() : 3]));
if (rank() === 0) console.log(JSON.stringify("done"));
